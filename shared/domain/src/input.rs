//! JSON bodies of requests: read into a type, or refused with a problem at the path of its field.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::row::{composed, trimmed};
use crate::wording::cut;

/// Longest name of a segment, action, endpoint, touchpoint or file, in characters. Lower case takes at most four bytes a
/// character, so a name fits into a sort key of DynamoDB, which has at most 1,024 bytes.
pub const MAX_NAME: usize = 200;
/// Longest path and message of a problem that quote the request, in bytes of JSON.
const MAX_SHOWN: (usize, usize) = (300, 1_000);

/// Something wrong with one field of a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldProblem {
    /// The path of the field, such as `settings.segment.name`.
    pub path: String,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl FieldProblem {
    /// A problem at a path, which is cut if the request has a key of any length in it.
    pub fn new(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: cut(path, MAX_SHOWN.0).into_owned(), code, message: message.into() }
    }
}

/// Reads a JSON body.
///
/// # Errors
/// The first problem with the body's form, at the path of its field.
pub fn read_json<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Vec<FieldProblem>> {
    let json: Json = serde_json::from_slice(body)
        .map_err(|error| vec![FieldProblem::new("", "invalid_json", format!("The body is not JSON: {error}."))])?;
    from_json(&json)
}

/// Reads a body that is JSON already.
///
/// # Errors
/// The first problem with its form, at the path of its field.
pub fn from_json<T: for<'de> Deserialize<'de>>(json: &Json) -> Result<T, Vec<FieldProblem>> {
    serde_path_to_error::deserialize(json).map_err(|error| {
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
        let path = if path == "." { "" } else { &path };
        vec![FieldProblem::new(path, code, format!("{}.", cut(&capitalised(&message), MAX_SHOWN.1)))]
    })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// Why a text cannot be the name of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadName {
    /// It is empty.
    Empty,
    /// It has so many characters, more than [`MAX_NAME`].
    TooLong(usize),
    /// It has a control character.
    ControlCharacter,
}

impl BadName {
    /// The stable code, in problems of a request.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong(_) => "too_long",
            Self::ControlCharacter => "control_character",
        }
    }

    /// What is wrong and what to do about it.
    pub fn message(self) -> String {
        match self {
            Self::Empty => "A name cannot be empty.".to_owned(),
            Self::TooLong(length) => {
                format!("The name has {length} characters; a name has at most {MAX_NAME}. Shorten it.")
            }
            Self::ControlCharacter => {
                "A name cannot have control characters, such as line breaks and tabs. Remove them.".to_owned()
            }
        }
    }
}

/// Whether a text can be a name. Settings, cells and the catalogue all ask this, so a name that one of them takes is
/// one that the others take.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), BadName> {
    let length = composed(name).chars().count();
    if trimmed(name).is_empty() {
        Err(BadName::Empty)
    } else if length > MAX_NAME {
        Err(BadName::TooLong(length))
    } else if name.chars().any(char::is_control) {
        Err(BadName::ControlCharacter)
    } else {
        Ok(())
    }
}

/// Adds a problem if a name that a person chose is empty, too long, or has control characters.
pub fn name_problems(path: &str, name: &str, found: &mut Vec<FieldProblem>) {
    if let Err(bad) = check_name(name) {
        found.push(FieldProblem::new(path, bad.code(), bad.message()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::EntryKind;
    use crate::customer::folded;

    #[test]
    fn names_are_bounded_and_have_no_control_characters() {
        for (name, expected) in [
            ("a".to_owned(), Ok(())),
            ("é".repeat(MAX_NAME), Ok(())),
            (" \t".to_owned(), Err(BadName::Empty)),
            ("a".repeat(MAX_NAME + 1), Err(BadName::TooLong(MAX_NAME + 1))),
            ("a\nb".to_owned(), Err(BadName::ControlCharacter)),
            ("a\u{7f}".to_owned(), Err(BadName::ControlCharacter)),
            ("a\u{85}b".to_owned(), Err(BadName::ControlCharacter)),
        ] {
            assert_eq!(check_name(&name), expected, "{name:?}");
        }
    }

    #[test]
    fn no_character_takes_more_than_four_bytes_in_lower_case() {
        for letter in '\0'..=char::MAX {
            let bytes: usize = letter.to_lowercase().map(char::len_utf8).sum();
            assert!(bytes <= 4, "{letter:?} takes {bytes}");
        }
    }

    #[test]
    fn what_a_problem_quotes_of_a_request_is_cut() {
        let long = "k".repeat(100_000);
        let body = format!(r#"{{"{long}":1}}"#);
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let problems = read_json::<Nothing>(body.as_bytes()).unwrap_err();
        let size = problems[0].path.len() + problems[0].message.len();
        assert!(problems[0].code == "unknown_field" && size < 1_400, "{size}");
    }

    proptest! {
        #[test]
        fn a_name_fits_into_a_sort_key_of_the_catalogue(name in "\\PC{1,220}") {
            if check_name(&name).is_ok() {
                for kind in EntryKind::ALL {
                    prop_assert!(kind.word().len() + 1 + folded(&name).len() <= 1_024);
                }
            }
        }
    }
}
