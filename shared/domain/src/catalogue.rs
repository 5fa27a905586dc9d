//! The catalogue: the names that settings, cells and headers may use. A form offers them, and a typing error is found.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::columns::{FieldKind, is_system};
use crate::customer::{GroupId, Segment, folded};
use crate::imports::DEFAULT_SEGMENT_GROUP;
use crate::input::{FieldProblem, name_problems, read_json};
use crate::row::{composed, trimmed};

/// Most custom fields of a project. Each import stores the ones that exist in one item, beside its settings.
pub const MAX_FIELDS: usize = 1_000;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// Where data comes from.
    ApiEndpoint,
    /// A channel or site that customers are linked to.
    Touchpoint,
    /// A group of segments; a customer is in at most one of them.
    SegmentGroup,
    /// A static segment of customers.
    Segment,
    /// An action noted in customers' feeds.
    SourceAction,
    /// A field that the project added to its customers.
    CustomField,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::ApiEndpoint, Self::Touchpoint, Self::SegmentGroup, Self::Segment, Self::SourceAction, Self::CustomField];

    /// The kind in the singular, as it is stored and as the command line says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ApiEndpoint => "api-endpoint",
            Self::Touchpoint => "touchpoint",
            Self::SegmentGroup => "segment-group",
            Self::Segment => "segment",
            Self::SourceAction => "source-action",
            Self::CustomField => "custom-field",
        }
    }

    /// The kind as a sentence says it.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::ApiEndpoint => "API endpoint",
            Self::Touchpoint => "touchpoint",
            Self::SegmentGroup => "segment group",
            Self::Segment => "segment",
            Self::SourceAction => "action",
            Self::CustomField => "custom field",
        }
    }

    /// The kind that is listed under this path, such as `api-endpoints`.
    pub fn listed_at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| path.strip_suffix('s') == Some(kind.word()))
    }

    /// The member of an answer that holds the list, such as `api_endpoints`.
    pub fn member(self) -> String {
        format!("{}s", self.word().replace('-', "_"))
    }
}

/// An entry of the catalogue. Names are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Where data comes from.
    ApiEndpoint {
        /// Its system name.
        name: String,
        /// The touchpoint that its customers are linked to; without one, the touchpoint of its name.
        touchpoint: Option<String>,
    },
    /// A channel or site.
    Touchpoint(String),
    /// A group of segments.
    SegmentGroup(String),
    /// A segment.
    Segment(Segment),
    /// An action.
    SourceAction(String),
    /// A custom field.
    CustomField {
        /// Its name, as in `custom.NAME`.
        name: String,
        /// What it holds.
        holds: FieldKind,
    },
}

/// The body of a request to create an entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEntry {
    name: String,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    touchpoint: Option<String>,
    #[serde(default, rename = "type")]
    holds: Option<FieldKind>,
}

impl Entry {
    /// Reads the body of a request to create an entry.
    ///
    /// # Errors
    /// Every problem with it, by field.
    pub fn parse(kind: EntryKind, body: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        let NewEntry { name, group, touchpoint, holds } = read_json(body)?;
        let name = composed(trimmed(&name)).into_owned();
        let mut found = Vec::new();
        name_problems("name", &name, &mut found);
        for (path, other) in [("group", &group), ("touchpoint", &touchpoint)] {
            if let Some(other) = other {
                name_problems(path, other, &mut found);
            }
        }
        let misplaced = [
            ("group", group.is_some() && kind != EntryKind::Segment),
            ("touchpoint", touchpoint.is_some() && kind != EntryKind::ApiEndpoint),
            ("type", holds.is_some() && kind != EntryKind::CustomField),
        ];
        for (path, _) in misplaced.into_iter().filter(|(_, misplaced)| *misplaced) {
            let message = format!("Entries of the kind {} have no `{path}`.", kind.word());
            found.push(FieldProblem::new(path, "unknown_field", message));
        }
        let groups = group.iter().chain((kind == EntryKind::SegmentGroup).then_some(&name));
        for _ in groups.filter(|group| group.contains('/')) {
            found.push(FieldProblem::new("group", "invalid_name", "The name of a segment group cannot have a slash."));
        }
        if kind == EntryKind::CustomField && !is_system(&name) {
            let message = "A custom field's name has up to 32 of a-z, 0-9 and _.";
            found.push(FieldProblem::new("name", "invalid_name", message));
        }
        if kind == EntryKind::CustomField && holds.is_none() {
            let message = "Say what the field holds: text, number, date, datetime, yes_no or list.";
            found.push(FieldProblem::new("type", "missing_field", message));
        }
        if !found.is_empty() {
            return Err(found);
        }
        Ok(match kind {
            EntryKind::ApiEndpoint => Self::ApiEndpoint { name, touchpoint },
            EntryKind::Touchpoint => Self::Touchpoint(name),
            EntryKind::SegmentGroup => Self::SegmentGroup(name),
            EntryKind::Segment => Self::Segment(Segment::new(group.as_deref().unwrap_or(DEFAULT_SEGMENT_GROUP), &name)),
            EntryKind::SourceAction => Self::SourceAction(name),
            EntryKind::CustomField => Self::CustomField { name, holds: holds.unwrap_or(FieldKind::Text) },
        })
    }

    /// Its kind.
    pub const fn kind(&self) -> EntryKind {
        match self {
            Self::ApiEndpoint { .. } => EntryKind::ApiEndpoint,
            Self::Touchpoint(_) => EntryKind::Touchpoint,
            Self::SegmentGroup(_) => EntryKind::SegmentGroup,
            Self::Segment(_) => EntryKind::Segment,
            Self::SourceAction(_) => EntryKind::SourceAction,
            Self::CustomField { .. } => EntryKind::CustomField,
        }
    }

    /// Its name as a person wrote it.
    pub fn name(&self) -> &str {
        match self {
            Self::ApiEndpoint { name, .. } | Self::CustomField { name, .. } => name,
            Self::Touchpoint(name) | Self::SegmentGroup(name) | Self::SourceAction(name) => name,
            Self::Segment(segment) => &segment.name,
        }
    }

    /// The id by which entries of its kind are distinguished.
    pub fn id(&self) -> String {
        match self {
            Self::Segment(segment) => segment.id().to_string(),
            Self::SegmentGroup(name) => group_id(name).as_str().to_owned(),
            other => folded(other.name()),
        }
    }

    /// The entry as the API shows it.
    pub fn to_json(&self) -> Json {
        match self {
            Self::ApiEndpoint { name, touchpoint } => json!({ "name": name, "touchpoint": touchpoint }),
            Self::CustomField { name, holds } => {
                json!({ "name": name, "type": holds, "column": format!("custom.{name}") })
            }
            Self::Segment(segment) => {
                json!({ "id": segment.id().as_str(), "group": segment.group, "name": segment.name })
            }
            other => json!({ "name": other.name() }),
        }
    }
}

/// The id of the group of this name.
pub fn group_id(name: &str) -> GroupId {
    Segment::new(name, "").group_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(kind: EntryKind, body: &str) -> Vec<(String, &'static str)> {
        Entry::parse(kind, body.as_bytes()).map_or_else(
            |found| found.into_iter().map(|problem| (problem.path, problem.code)).collect(),
            |_| Vec::new(),
        )
    }

    #[test]
    fn every_problem_names_its_field() {
        use EntryKind::{ApiEndpoint, CustomField, Segment, SegmentGroup, Touchpoint};
        for (kind, body, expected) in [
            (Touchpoint, "{}", ("", "missing_field")),
            (Touchpoint, r#"{"name":" "}"#, ("name", "empty")),
            (Touchpoint, r#"{"name":"a","type":"text"}"#, ("type", "unknown_field")),
            (ApiEndpoint, r#"{"name":"a","group":"b"}"#, ("group", "unknown_field")),
            (CustomField, r#"{"name":"Shoe size","type":"number"}"#, ("name", "invalid_name")),
            (CustomField, r#"{"name":"size"}"#, ("type", "missing_field")),
            (CustomField, r#"{"name":"size","type":"colour"}"#, ("type", "unknown_value")),
            (Segment, r#"{"name":"a","group":"b/c"}"#, ("group", "invalid_name")),
            (SegmentGroup, r#"{"name":"b/c"}"#, ("group", "invalid_name")),
        ] {
            assert_eq!(codes(kind, body), [(expected.0.to_owned(), expected.1)], "{body}");
        }
    }

    #[test]
    fn a_path_names_a_kind() {
        assert_eq!(EntryKind::listed_at("api-endpoints"), Some(EntryKind::ApiEndpoint));
        assert_eq!(EntryKind::listed_at("api-endpoint"), None);
        assert_eq!(EntryKind::SourceAction.member(), "source_actions");
    }
}
