//! Where a header of the file goes, and when its values are written.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    column: String,
    #[serde(default)]
    write: Write,
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
