//! How refusals list the names that exist.

/// The names that exist, as a sentence of a refusal; of many, the first twenty.
pub fn listing<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(MOST).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "None exists yet.".to_owned(),
        count if count > MOST => format!("There are: {shown} and {} more.", count - MOST),
        _ => format!("There is: {shown}."),
    }
}
