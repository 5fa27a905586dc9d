//! The name of a definition.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::customer::folded;
use crate::input::{BadName, FieldProblem, MAX_NAME, check_name};
use crate::row::{composed, trimmed};

/// The name of a definition, as a person wrote it: a name like those of the catalogue that can also be one segment of a
/// path and of an object key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = MAX_NAME))]
pub struct DefinitionName(String);

/// Why a text cannot be the name of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDefinitionName {
    /// Nothing can have this name.
    #[error("{}", .0.message())]
    NoName(BadName),
    /// It has a slash, or consists of dots.
    #[error("The name of a definition is part of paths, so it has no slash and is not only dots. Choose another.")]
    NoSegment,
}

impl BadDefinitionName {
    /// The stable code, in problems of a request.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoName(bad) => bad.code(),
            Self::NoSegment => "invalid_name",
        }
    }

    /// The problem of a request that has the name at this path.
    pub fn problem(self, path: &str) -> FieldProblem {
        FieldProblem::new(path, self.code(), self.to_string())
    }
}

impl DefinitionName {
    /// Reads a name.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub fn parse(text: &str) -> Result<Self, BadDefinitionName> {
        check_name(text).map_err(BadDefinitionName::NoName)?;
        let name = composed(trimmed(text)).into_owned();
        if name.contains(['/', '\\']) || name.chars().all(|letter| letter == '.') {
            return Err(BadDefinitionName::NoSegment);
        }
        Ok(Self(name))
    }

    /// The name as a person wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What distinguishes it from other names: those that differ only by case are one.
    pub fn id(&self) -> String {
        folded(&self.0)
    }
}

impl TryFrom<String> for DefinitionName {
    type Error = BadDefinitionName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<DefinitionName> for String {
    fn from(name: DefinitionName) -> Self {
        name.0
    }
}

impl fmt::Display for DefinitionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::MAX_NAME;

    #[test]
    fn a_name_is_one_segment_of_a_path() {
        for (text, expected) in [
            ("Shop customers", Ok("Shop customers")),
            ("  Клиенты ", Ok("Клиенты")),
            ("v1.2", Ok("v1.2")),
            ("a/b", Err("invalid_name")),
            ("a\\b", Err("invalid_name")),
            ("..", Err("invalid_name")),
            (" ", Err("empty")),
            ("a\nb", Err("control_character")),
        ] {
            let name = DefinitionName::parse(text);
            let shown = name.as_ref().map(DefinitionName::as_str).map_err(|bad| bad.code());
            assert_eq!(shown, expected, "{text}");
        }
        assert!(DefinitionName::parse(&"é".repeat(MAX_NAME)).is_ok());
        assert!(DefinitionName::parse(&"é".repeat(MAX_NAME + 1)).is_err());
    }

    #[test]
    fn names_that_differ_by_case_are_one() {
        let id = |text| DefinitionName::parse(text).unwrap().id();
        assert_eq!(id("Shop"), id("SHOP "));
        assert_ne!(id("Shop"), id("Shops"));
    }
}
