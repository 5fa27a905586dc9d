//! Where a header of the file goes, and when its values are written.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// Whatever the customer has.
    #[default]
    Always,
    /// Where the customer has nothing.
    IfBlank,
    /// Never: an identifier only says whom the row is about, anything else is left out.
    Never,
}

/// The column that settings map a header to. As JSON it is the column's name, or an object if its values are not always
/// written.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(with = "NameOrSpelled")]
pub struct MappedColumn {
    /// The column's name.
    pub column: String,
    /// When its values are written.
    pub write: Write,
}

impl From<String> for MappedColumn {
    fn from(column: String) -> Self {
        Self { column, write: Write::Always }
    }
}

impl From<&str> for MappedColumn {
    fn from(column: &str) -> Self {
        column.to_owned().into()
    }
}

/// A column, and when its values are written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Spelled {
    /// The column's name.
    column: String,
    /// When its values are written.
    #[serde(default)]
    write: Write,
}

/// How a mapped column may be written in JSON, for its description.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "MappedColumn")]
#[expect(dead_code, reason = "it only describes")]
enum NameOrSpelled {
    /// The column's name: its values are always written.
    Name(String),
    /// A column, and when its values are written.
    Spelled(Spelled),
}

impl Serialize for MappedColumn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.write {
            Write::Always => serializer.serialize_str(&self.column),
            write => Spelled { column: self.column.clone(), write }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for MappedColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrObject;

        impl<'de> Visitor<'de> for NameOrObject {
            type Value = MappedColumn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or an object with `column` and `write`")
            }

            fn visit_str<E: Error>(self, column: &str) -> Result<MappedColumn, E> {
                Ok(column.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MappedColumn, A::Error> {
                let Spelled { column, write } = Spelled::deserialize(MapAccessDeserializer::new(map))?;
                Ok(MappedColumn { column, write })
            }
        }

        deserializer.deserialize_any(NameOrObject)
    }
}

#[cfg(test)]
mod tests {
    use crate::columns::Mapping;

    #[test]
    fn a_column_that_is_always_written_is_its_name() {
        for (json, stored) in [
            (r#"{"a":"phone"}"#, r#"{"a":"phone"}"#),
            (r#"{"a":null}"#, r#"{"a":null}"#),
            (r#"{"a":{"column":"phone"}}"#, r#"{"a":"phone"}"#),
            (r#"{"a":{"column":"phone","write":"always"}}"#, r#"{"a":"phone"}"#),
            (r#"{"a":{"column":"phone","write":"if_blank"}}"#, r#"{"a":{"column":"phone","write":"if_blank"}}"#),
        ] {
            let mapping: Mapping = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&mapping).unwrap(), stored);
        }
        for wrong in [r#"{"a":7}"#, r#"{"a":{"write":"if_blank"}}"#, r#"{"a":{"column":"phone","when":"now"}}"#] {
            assert!(serde_json::from_str::<Mapping>(wrong).is_err(), "{wrong}");
        }
    }
}
