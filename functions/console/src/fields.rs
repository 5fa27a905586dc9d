//! The settings of an import as the form names them: one place for the form, for messages that name settings, and for what a
//! message says would help.

use domain::named_settings::{named_settings, ties_value};

use crate::language::Language;
use crate::texts::Texts;

/// A text in each language.
type Word = fn(&Texts) -> &'static str;

/// A setting of an import, which is a field of the form.
pub(crate) struct Field {
    /// Its name in the API and in the form.
    pub(crate) name: &'static str,
    /// What the form calls it.
    pub(crate) label: Word,
    /// What can be given.
    pub(crate) kind: Kind,
}

/// What can be given for a setting.
pub(crate) enum Kind {
    /// One of these values, each with its words; none if it speaks for itself. The first one holds unless another is chosen.
    Choice(&'static [(&'static str, Option<Word>)]),
    /// A text of up to so many characters, with a hint.
    Text(u16, Word),
    /// A number from 1, with a hint.
    Number(Word),
}

/// How the file is read.
pub(crate) static READING: [Field; 10] = [
    Field {
        name: "encoding",
        label: |texts| texts.encoding,
        kind: Kind::Choice(&[
            ("auto", Some(|texts| texts.found_in_file)),
            ("utf-8", None),
            ("windows-1252", None),
            ("windows-1250", None),
            ("windows-1251", None),
            ("iso-8859-15", None),
            ("macroman", None),
            ("cp850", None),
            ("utf-16le", None),
            ("shift_jis", None),
        ]),
    },
    Field {
        name: "delimiter",
        label: |texts| texts.delimiter,
        kind: Kind::Choice(&[
            ("auto", Some(|texts| texts.found_in_file)),
            (",", Some(|texts| texts.comma)),
            (";", Some(|texts| texts.semicolon)),
            ("tab", Some(|texts| texts.tab)),
            ("|", Some(|texts| texts.pipe)),
        ]),
    },
    Field { name: "header_line", label: |texts| texts.header_line, kind: Kind::Number(|texts| texts.header_line_hint) },
    Field {
        name: "date_format",
        label: |texts| texts.date_format,
        kind: Kind::Choice(&[
            ("", Some(|texts| texts.found_in_file)),
            ("DD.MM.YYYY", None),
            ("DD/MM/YYYY", None),
            ("MM/DD/YYYY", None),
            ("YYYY-MM-DD", None),
        ]),
    },
    Field {
        name: "decimal_mark",
        label: |texts| texts.decimal_mark,
        kind: Kind::Choice(&[
            ("auto", Some(|texts| texts.found_in_file)),
            (",", Some(|texts| texts.comma)),
            (".", Some(|texts| texts.point)),
        ]),
    },
    Field { name: "default_region", label: |texts| texts.region, kind: Kind::Text(60, |texts| texts.region_hint) },
    Field { name: "time_zone", label: |texts| texts.time_zone, kind: Kind::Text(50, |texts| texts.time_zone_hint) },
    Field {
        name: "null_tokens",
        label: |texts| texts.null_tokens,
        kind: Kind::Text(2_000, |texts| texts.null_tokens_hint),
    },
    Field {
        name: "quote",
        label: |texts| texts.quote,
        kind: Kind::Choice(&[
            ("auto", Some(|texts| texts.found_in_file)),
            ("\"", None),
            ("'", None),
            ("none", Some(|texts| texts.quote_none)),
        ]),
    },
    Field {
        name: "escape",
        label: |texts| texts.escape,
        kind: Kind::Choice(&[
            ("none", Some(|texts| texts.escape_doubled)),
            ("backslash", Some(|texts| texts.escape_backslash)),
        ]),
    },
];

/// What is done with rows, cells and columns.
pub(crate) static ROWS: [Field; 11] = [
    Field {
        name: "mode",
        label: |texts| texts.mode,
        kind: Kind::Choice(&[
            ("upsert", Some(|texts| texts.mode_upsert)),
            ("create_only", Some(|texts| texts.mode_create_only)),
            ("update_only", Some(|texts| texts.mode_update_only)),
        ]),
    },
    Field {
        name: "on_empty_cell",
        label: |texts| texts.on_empty_cell,
        kind: Kind::Choice(&[("keep", Some(|texts| texts.empty_keep)), ("clear", Some(|texts| texts.empty_clear))]),
    },
    Field {
        name: "on_invalid_value",
        label: |texts| texts.on_invalid_value,
        kind: Kind::Choice(&[
            ("drop_value", Some(|texts| texts.left_out_with_warning)),
            ("reject", Some(|texts| texts.makes_row_unreadable)),
        ]),
    },
    Field {
        name: "on_conflict",
        label: |texts| texts.on_conflict,
        kind: Kind::Choice(&[
            ("skip_identifier", Some(|texts| texts.left_out_with_warning)),
            ("reject", Some(|texts| texts.makes_row_unreadable)),
        ]),
    },
    Field {
        name: "on_weak_match",
        label: |texts| texts.on_weak_match,
        kind: Kind::Choice(&[
            ("separate", Some(|texts| texts.weak_separate)),
            ("update", Some(|texts| texts.weak_update)),
            ("reject", Some(|texts| texts.makes_row_unreadable)),
        ]),
    },
    Field {
        name: "on_placeholder",
        label: |texts| texts.on_placeholder,
        kind: Kind::Choice(&[
            ("drop", Some(|texts| texts.left_out_with_warning)),
            ("keep", Some(|texts| texts.placeholder_keep)),
        ]),
    },
    Field {
        name: "on_unknown_column",
        label: |texts| texts.on_unknown_column,
        kind: Kind::Choice(&[("ignore", Some(|texts| texts.is_left_out)), ("fail", Some(|texts| texts.stops_import))]),
    },
    Field {
        name: "on_empty_column",
        label: |texts| texts.on_empty_column,
        kind: Kind::Choice(&[("fail", Some(|texts| texts.stops_import)), ("ignore", Some(|texts| texts.is_left_out))]),
    },
    Field {
        name: "on_unreadable_column",
        label: |texts| texts.on_unreadable_column,
        kind: Kind::Choice(&[("fail", Some(|texts| texts.stops_import)), ("ignore", Some(|texts| texts.is_left_out))]),
    },
    Field {
        name: "max_rejected_ratio",
        label: |texts| texts.max_rejected_ratio,
        kind: Kind::Choice(&[
            ("", Some(|texts| texts.ratio_never)),
            ("0.01", Some(|texts| texts.ratio_1)),
            ("0.1", Some(|texts| texts.ratio_10)),
            ("0.5", Some(|texts| texts.ratio_50)),
        ]),
    },
    Field {
        name: "results",
        label: |texts| texts.results,
        kind: Kind::Choice(&[("false", Some(|texts| texts.results_false)), ("true", Some(|texts| texts.results_true))]),
    },
];

/// Settings that are no such field, but have a place on the page.
const PLACES: [(&str, Word); 7] = [
    ("catalogue", |texts| texts.catalogue),
    ("columns", |texts| texts.columns),
    ("write", |texts| texts.write),
    ("settings.api_endpoint", |texts| texts.api_endpoint),
    ("settings.touchpoint", |texts| texts.touchpoint),
    ("settings.segment", |texts| texts.segment),
    ("settings.source_action", |texts| texts.source_action),
];

/// Every field of the form that is a setting of its own.
pub(crate) fn all() -> impl Iterator<Item = &'static Field> {
    READING.iter().chain(&ROWS)
}

/// The field with this name.
pub(crate) fn field(name: &str) -> Option<&'static Field> {
    all().find(|field| field.name == name)
}

impl Field {
    /// A value in the form's words.
    pub(crate) fn in_words<'v>(&self, texts: &Texts, value: &'v str) -> &'v str {
        match self.kind {
            Kind::Choice(choices) => choices
                .iter()
                .find(|(known, _)| *known == value)
                .and_then(|(_, word)| word.map(|word| word(texts)))
                .unwrap_or(value),
            Kind::Text(..) | Kind::Number(..) => value,
        }
    }
}

/// How a language writes the quotes around words of the form, and what it says between a setting and its values.
struct Marks {
    quotes: (char, char),
    is_between: fn(&str) -> bool,
}

const ENGLISH: Marks = Marks { quotes: ('“', '”'), is_between: |text| ties_value(text) || text == " or " };
const GERMAN: Marks =
    Marks { quotes: ('„', '“'), is_between: |text| matches!(text, " " | ": " | " auf " | " oder ") };

/// A message of the API in the words of the form: each setting in backticks by its label, and the value that follows by its own
/// words.
pub(crate) fn in_words_of_form(texts: &Texts, message: &str) -> String {
    labelled(texts, &ENGLISH, &without_requests(texts, message))
}

/// A message of the API that is German already, in the words of the form.
pub(crate) fn in_german_words_of_form(message: &str) -> String {
    labelled(Language::German.texts(), &GERMAN, message)
}

fn labelled(texts: &Texts, marks: &Marks, message: &str) -> String {
    let quoted = |text: &str| format!("{}{text}{}", marks.quotes.0, marks.quotes.1);
    let spans: Vec<&str> = message.split('`').collect();
    let mut out = String::with_capacity(message.len());
    let mut at = 0;
    while let Some(span) = spans.get(at) {
        // The text behind a backtick that is never closed is no code.
        let is_code = at % 2 == 1 && at + 1 < spans.len();
        let known = field(span).filter(|_| is_code);
        let place = PLACES.iter().find(|(name, _)| is_code && name == span);
        match (known, place) {
            (Some(field), _) => {
                out.push_str(&quoted((field.label)(texts)));
                // Further values, as in “to `.` or `,`”, follow in their own words.
                while let Some(value) = spans.get(at + 2).filter(|_| at + 3 < spans.len()) {
                    let between = spans[at + 1];
                    if !(marks.is_between)(between) || self::field(value).is_some() {
                        break;
                    }
                    out.push_str(if between == " " { ": " } else { between });
                    out.push_str(&quoted(field.in_words(texts, value)));
                    at += 2;
                }
            }
            (None, Some((_, label))) => out.push_str(&quoted(label(texts))),
            _ if is_code => out.push_str(&quoted(span)),
            _ if at % 2 == 1 => {
                out.push('`');
                out.push_str(span);
            }
            _ => out.push_str(span),
        }
        at += 1;
    }
    out
}

/// A message without the requests and commands that it names: what they add to the catalogue is added on its page.
fn without_requests(texts: &Texts, message: &str) -> String {
    let (mut out, mut rest) = (String::new(), message);
    while let Some((before, request)) = rest.split_once(" with POST /") {
        match request.split_once(" (muster ").and_then(|(path, behind)| Some((path, behind.split_once(')')?))) {
            Some((path, (_, after))) if !path.contains(' ') => {
                out.push_str(&format!("{before} in “{}”", texts.catalogue));
                rest = after;
            }
            _ => {
                out.push_str(&format!("{before} with POST /"));
                rest = request;
            }
        }
    }
    let whole = out + rest;
    whole
        .replace("by mapping it to nothing", &format!("in “{}”", texts.columns))
        .replace("the import's “", "“")
        .replace("the import's `", "`")
}

/// What a message says would help: values of fields, and fields that are to be filled, whose value is empty. Where a country would
/// help, it is that of the reader's browser, if that names one.
pub(crate) fn cures<'a>(message: &'a str, region: Option<&'a str>) -> Vec<(&'static Field, &'a str)> {
    let named = named_settings(message, |word| field(word).is_some());
    let mut cures: Vec<(&Field, &str)> = Vec::new();
    let or_region = |name: &str, value: &'a str| {
        if name == "default_region" && value.is_empty() { region.unwrap_or("") } else { value }
    };
    for (setting, value) in named {
        if let Some(field) = field(setting)
            && !cures.iter().any(|(known, given)| known.name == setting && *given == value)
        {
            cures.push((field, or_region(setting, value)));
        }
    }
    for word in message.split('`').skip(1).step_by(2) {
        if let Some(field) = field(word)
            && matches!(field.kind, Kind::Text(..) | Kind::Number(..))
            && !cures.iter().any(|(known, _)| known.name == word)
        {
            cures.push((field, or_region(word, "")));
        }
    }
    cures
}

#[cfg(test)]
mod tests {
    use domain::imports::ImportRequest;

    use super::*;

    #[test]
    fn a_message_speaks_of_the_fields_of_the_form() {
        let texts = Language::English.texts();
        for (message, expected) in [
            ("Set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`.", "Set “Dates” to “DD.MM.YYYY” or “MM/DD/YYYY”."),
            (
                "Import with `on_conflict` `skip_identifier` to apply the row.",
                "Import with “An identifier that somebody else has”: “is left out, with a warning” to apply the row.",
            ),
            (
                "Map it in `columns`, or leave it out by mapping it to nothing.",
                "Map it in “Columns”, or leave it out in “Columns”.",
            ),
            (
                "There is no touchpoint “a”. Create it with POST /touchpoints (muster create touchpoint NAME), or choose another.",
                "There is no touchpoint “a”. Create it in “Catalogue”, or choose another.",
            ),
            (
                "Write it with +, or set the import's `default_region`.",
                "Write it with +, or set “Country of phone numbers without +”.",
            ),
            ("An open `encoding", "An open `encoding"),
            ("No setting at all", "No setting at all"),
        ] {
            assert_eq!(in_words_of_form(texts, message), expected);
        }
    }

    #[test]
    fn a_german_message_speaks_of_the_fields_of_the_form_too() {
        for (message, expected) in [
            (
                "Setzen Sie `decimal_mark` auf `.` oder `,`.",
                "Setzen Sie „Dezimalzeichen von Zahlen“ auf „Punkt“ oder „Komma“.",
            ),
            (
                "Importieren Sie mit `on_empty_column` `ignore`.",
                "Importieren Sie mit „Eine Spalte ohne einen Wert“: „wird ausgelassen“.",
            ),
            ("Legen Sie es in `catalogue` an.", "Legen Sie es in „Katalog“ an."),
            ("Ein offenes `encoding", "Ein offenes `encoding"),
        ] {
            assert_eq!(in_german_words_of_form(message), expected);
        }
    }

    #[test]
    fn what_would_help_is_offered_once() {
        let named = |message: &'static str| {
            cures(message, Some("AT")).iter().map(|(field, value)| (field.name, *value)).collect::<Vec<_>>()
        };
        assert_eq!(
            named("Set `decimal_mark` to `.` or `,`. Or `decimal_mark` `.`, with the column `email` `x`."),
            [("decimal_mark", "."), ("decimal_mark", ",")]
        );
        assert_eq!(
            named("Write it with +, or set `default_region`. Or `on_empty_column` `ignore`."),
            [("on_empty_column", "ignore"), ("default_region", "AT")]
        );
    }

    #[test]
    fn the_api_takes_every_value_that_the_form_offers() {
        for field in all() {
            let Kind::Choice(choices) = field.kind else { continue };
            for (value, _) in choices.iter().filter(|(value, _)| !value.is_empty()) {
                let value = crate::pages::as_given(field.name, value);
                let body = serde_json::json!({ "file": { "name": "a.csv" }, field.name: value });
                assert!(ImportRequest::parse(body.to_string().as_bytes()).is_ok(), "{body}");
            }
        }
    }
}
