//! JSON bodies of requests: read into a type, or refused with a problem at the path of its field.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Longest name of a segment, action, endpoint or file, in characters.
pub const MAX_NAME: usize = 200;

/// Something wrong with one field of a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The path of the field, such as `settings.segment.name`.
    pub path: String,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl FieldProblem {
    /// A problem at a path.
    pub fn new(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), code, message: message.into() }
    }
}

/// Reads a JSON body.
///
/// # Errors
/// The first problem with the body's form, at the path of its field.
pub fn read_json<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Vec<FieldProblem>> {
    let json: Json = serde_json::from_slice(body)
        .map_err(|error| vec![FieldProblem::new("", "invalid_json", format!("The body is not JSON: {error}."))])?;
    serde_path_to_error::deserialize(&json).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        let code = if message.starts_with("unknown field") {
            "unknown_field"
        } else if message.starts_with("missing field") {
            "missing_field"
        } else if message.starts_with("unknown variant") {
            "unknown_value"
        } else {
            "wrong_type"
        };
        let path = if path == "." { String::new() } else { path };
        vec![FieldProblem { path, code, message: format!("{}.", capitalised(&message)) }]
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// Adds a problem if a name that a person chose is empty, too long, or has control characters.
pub fn name_problems(path: &str, name: &str, found: &mut Vec<FieldProblem>) {
    if name.trim().is_empty() {
        found.push(FieldProblem::new(path, "empty", "A name cannot be empty."));
    } else if name.chars().count() > MAX_NAME {
        found.push(FieldProblem::new(path, "too_long", format!("A name has at most {MAX_NAME} characters.")));
    } else if name.chars().any(char::is_control) {
        found.push(FieldProblem::new(path, "control_character", "A name cannot have control characters."));
    }
}
