//! The shapes of what is sent, where no type of its own says it.

use domain::catalogue::EntryKind;
use domain::columns::FieldKind;
use domain::imports::{DEFAULT_SEGMENT_GROUP, ImportRequest};
use domain::input::MAX_NAME;
use domain::preview::MAX_SAMPLE;
use schemars::JsonSchema;
use schemars::generate::SchemaGenerator;
use serde_json::{Value as Json, json};

/// The fields of `POST /imports`.
fn import_request(sent: &mut SchemaGenerator) -> Json {
    sent.subschema_for::<ImportRequest>();
    let name: &str = &<ImportRequest as JsonSchema>::schema_name();
    sent.definitions().get(name).cloned().unwrap_or_default()
}

/// A definition as it is sent: the fields of `POST /imports` that it sets, and its name, which a path may give in its place.
pub(super) fn definition(sent: &mut SchemaGenerator, is_named_by_path: bool) -> Json {
    let mut schema = import_request(sent);
    let fields = &mut schema["properties"];
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|field, _| field != "file" && field != "definition");
    }
    fields["name"] = name("Its name; no slash is in it.");
    fields["header"] = json!({
        "type": ["array", "null"],
        "items": { "type": "string" },
        "description": "The names of the header that the settings are made for, by which a preview finds the definition.",
    });
    fields["from_import"] = json!({
        "type": ["string", "null"],
        "description": "The id of an import: settings that are not given are its own, and so is the header.",
    });
    fields["changed_at"] = json!({ "description": "Ignored: what was answered can be sent back." });
    fields["url"] = json!({ "description": "Ignored." });
    schema["required"] = if is_named_by_path { json!([]) } else { json!(["name"]) };
    schema["description"] = "Settings under a name.".into();
    schema
}

/// The body of `POST /imports/preview`: that of `POST /imports`, and the first bytes of the file.
pub(super) fn preview_request(sent: &mut SchemaGenerator) -> Json {
    let mut schema = import_request(sent);
    schema["properties"]["sample"] = json!({
        "type": "string",
        "contentEncoding": "base64",
        "maxLength": MAX_SAMPLE.div_ceil(3) * 4,
        "description": "The first bytes of the file as it would be uploaded, up to 256 KiB of them.",
    });
    schema["required"] = json!(["file", "sample"]);
    schema["description"] = "The body of `POST /imports/preview`.".into();
    schema
}

/// The body of a request to create an entry of the catalogue.
pub(super) fn new_entry(kind: EntryKind, sent: &mut SchemaGenerator) -> Json {
    let mut properties = json!({ "name": name("Its name.") });
    let mut required = vec!["name"];
    match kind {
        EntryKind::ApiEndpoint => {
            properties["touchpoint"] = nullable(name("The touchpoint that its customers are linked to."));
        }
        EntryKind::Segment => {
            let mut group = nullable(name("Its segment group."));
            group["default"] = DEFAULT_SEGMENT_GROUP.into();
            properties["group"] = group;
        }
        EntryKind::CustomField => {
            properties["name"]["pattern"] = "^[a-z0-9_]{1,32}$".into();
            properties["type"] = json!(sent.subschema_for::<FieldKind>());
            required.push("type");
        }
        EntryKind::Touchpoint | EntryKind::SegmentGroup | EntryKind::SourceAction => {}
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A name that a person chooses.
pub(super) fn name(description: &str) -> Json {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME, "description": description })
}

fn nullable(mut schema: Json) -> Json {
    schema["type"] = json!(["string", "null"]);
    schema
}
