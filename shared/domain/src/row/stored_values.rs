//! The values of a row as people are shown them.

use serde_json::{Map, Value as Json, json};

use super::{ParsedRow, SegmentName};

impl ParsedRow {
    /// The values by their columns, as they are stored: `null` for one that is erased. Cells without a value are left out.
    pub fn stored_values(&self) -> Map<String, Json> {
        let mut values = Map::new();
        for (slot, change) in &self.identifiers {
            let value = change.value().map_or(Json::Null, |identifier| json!(identifier.value()));
            values.insert(slot.to_string(), value);
        }
        for (name, change) in &self.attributes {
            let value = change.value().map_or(Json::Null, |value| json!(value));
            values.insert(name.clone(), value);
        }
        for (name, value) in [
            ("api_endpoint", self.api_endpoint.clone()),
            ("touchpoint", self.touchpoint.clone()),
            ("segment", self.segment.as_ref().map(SegmentName::shown)),
            ("source_action", self.source_action.clone()),
            ("action_at", self.action_at.map(|at| at.to_string())),
        ] {
            if let Some(value) = value {
                values.insert(name.to_owned(), value.into());
            }
        }
        values
    }
}
