//! Headers of columns that say who does not want to be written to.

/// What headers of columns that say who does not want to be written to have in them, in lower case and without blanks
/// and marks.
const OPT_OUT: [&str; 20] = [
    "optout",
    "optedout",
    "unsubscri",
    "blacklist",
    "blocklist",
    "denylist",
    "donotemail",
    "donotcontact",
    "donotcall",
    "donotmail",
    "donottext",
    "donotsms",
    "donotsend",
    "suppress",
    "abgemeldet",
    "abbestellt",
    "désabonn",
    "désinscri",
    "disiscritt",
    "отписа",
];

/// Whether a header reads like a column that says who does not want to be written to.
pub(crate) fn is_opt_out(header: &str) -> bool {
    let letters: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    OPT_OUT.iter().any(|word| letters.contains(word))
}
