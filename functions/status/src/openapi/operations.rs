//! Every path and method of the API.

use domain::catalogue::EntryKind;
use domain::imports::{ImportRequest, State};
use domain::preview::Preview;
use schemars::generate::SchemaGenerator;
use serde_json::{Value as Json, json};

use super::operation::Operation;
use super::reference;
use super::requests::{definition, new_entry, preview_request};
use super::schemas::page;
use crate::catalogue::MAX_ENTRIES;
use crate::segments::MOST_COUNTED;
use crate::undo::UndoBody;
use crate::upload::Uploaded;
use crate::{LIMIT, MAX_LIMIT};

/// What operations are about.
pub(super) const TAGS: [(&str, &str); 7] = [
    ("Look", "What a file would become."),
    ("Imports", "Launching imports, and uploading their files."),
    ("Definitions", "Settings under a name, for imports that come again."),
    ("Watch", "How far imports are, and what became of their rows."),
    ("Customers", "Customers, their feeds, and erasing them."),
    ("Segments", "Segments and their members."),
    ("Catalogue", "What settings and cells may name."),
];

/// Every operation.
pub(super) fn operations(sent: &mut SchemaGenerator, shown: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = look(sent, shown);
    all.extend(launch(sent));
    all.extend(definitions(sent));
    all.extend(watch());
    all.extend(customers());
    all.extend(segments());
    all.extend(catalogue(sent));
    all
}

fn look(sent: &mut SchemaGenerator, shown: &mut SchemaGenerator) -> Vec<Operation> {
    let columns = json!({ "type": "object", "properties": { "columns": { "type": "array", "items": reference("Column") } }, "required": ["columns"] });
    vec![
        Operation::new("POST", "/imports/preview", "Look", "preview_import", "Looks at the beginning of a file.")
            .about("Says what an import with these settings would read, by the code of the check. Nothing is stored.")
            .takes(
                preview_request(sent),
                json!({
                    "file": { "name": "customers.csv", "size": 42 },
                    "sample": "ZW1haWwsZmlyc3RfbmFtZQphbm5hQGV4YW1wbGUuY29tLEFubmEK",
                }),
            )
            .answers(200, "What would be read.", json!(shown.subschema_for::<Preview>()))
            .refuses(400, &["invalid_request", "invalid_body"]),
        Operation::new("GET", "/columns", "Look", "list_columns", "Lists the columns that a file may have.").answers(
            200,
            "The columns, with custom fields.",
            columns,
        ),
        Operation::new("GET", "/imports/template.csv", "Look", "get_template", "Gives a file to start from.")
            .about("A CSV with the header of all columns, and an example of each.")
            .answers_as(200, "The file.", "text/csv", json!({ "type": "string" })),
        Operation::new("GET", "/openapi.json", "Look", "get_description", "Gives this description.").answers(
            200,
            "OpenAPI 3.1.",
            json!({ "type": "object" }),
        ),
    ]
}

fn launch(sent: &mut SchemaGenerator) -> Vec<Operation> {
    let key = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    vec![
        Operation::new("POST", "/imports", "Imports", "create_import", "Records an import, and says how to upload its file.")
            .about("The import begins by itself when the file is there.")
            .header("idempotency-key", "The same key again answers with the same import.", key)
            .takes(json!(sent.subschema_for::<ImportRequest>()), new_import_example())
            .answers(201, "The import, and how to upload its file.", reference("NewImport"))
            .refuses(400, &["invalid_request", "invalid_body", "invalid_idempotency_key"])
            .refuses(409, &["idempotency_key_reused"]),
        Operation::new("GET", "/imports/{id}/upload", "Imports", "renew_upload", "Gives new URLs for an upload.")
            .query("from", "The number of the first part.", json!({ "type": "integer", "minimum": 1, "default": 1 }))
            .answers(200, "How to upload the file from now on.", reference("AwaitedUpload"))
            .refuses(400, &["invalid_from"])
            .refuses(404, &["no_such_import"])
            .refuses(409, &["awaits_no_file", "upload_expired"]),
        Operation::new("POST", "/imports/{id}/upload", "Imports", "complete_upload", "Joins the parts of an upload.")
            .takes(
                json!(sent.subschema_for::<Uploaded>()),
                json!({ "parts": [{ "number": 1, "etag": "\"9bb58f26192e4ba00f01e2e7b136bbd8\"" }] }),
            )
            .answers(200, "The import.", reference("Import"))
            .refuses(400, &["invalid_request", "invalid_body", "wrong_parts"])
            .refuses(404, &["no_such_import"])
            .refuses(409, &["not_in_parts"]),
        Operation::new("POST", "/imports/{id}/launch", "Imports", "launch_import", "Launches a completed forecast.")
            .about("The import takes the file and the check of the forecast. Once: a repeat answers with the same import.")
            .answers(201, "The import.", reference("Import"))
            .answers(200, "The import that was launched before.", reference("Import"))
            .refuses(400, &["invalid_request"])
            .refuses(404, &["no_such_import"])
            .refuses(409, &["not_a_forecast", "forecast_not_completed", "file_expired", "is_undo"]),
        Operation::new("POST", "/imports/{id}/cancel", "Imports", "cancel_import", "Stops an import.")
            .about("What was applied stays. Counters are final when `ended_at` is set.")
            .answers(200, "The import.", reference("Import"))
            .refuses(404, &["no_such_import"])
            .refuses(409, &["too_late"]),
        Operation::new("POST", "/imports/{id}/retry", "Imports", "retry_import", "Goes on with the rows that were not processed.")
            .answers(202, "The import.", reference("Import"))
            .refuses(404, &["no_such_import"])
            .refuses(409, &["nothing_to_retry", "not_ended", "undone"]),
        Operation::new("POST", "/imports/{id}/undo", "Imports", "undo_import", "Takes an import back.")
            .about("The answer is an import of the kind `undo`. Once: a repeat answers with the same undo. With `dry_run` it is only counted what would come back.")
            .may_take(json!(sent.subschema_for::<UndoBody>()), json!({ "dry_run": true }))
            .answers(201, "The undo.", reference("Import"))
            .answers(200, "The undo that was begun before.", reference("Import"))
            .refuses(400, &["invalid_body"])
            .refuses(404, &["no_such_import"])
            .refuses(409, &["is_undo", "is_forecast", "not_ended", "nothing_to_undo"]),
    ]
}

fn definitions(sent: &mut SchemaGenerator) -> Vec<Operation> {
    let example = json!({
        "name": "Shop export",
        "columns": { "Kundennr": "external_id", "Mobile": { "column": "phone", "write": "if_blank" } },
        "default_region": "DE",
    });
    let unnamed = json!({ "columns": { "Kundennr": "external_id" }, "default_region": "DE" });
    vec![
        Operation::new("GET", "/definitions", "Definitions", "list_definitions", "Lists definitions by name.")
            .pages(LIMIT, MAX_LIMIT)
            .answers(200, "A page of definitions.", page("definitions", "Definition")),
        Operation::new("POST", "/definitions", "Definitions", "create_definition", "Keeps settings under a name.")
            .takes(definition(sent, false), example)
            .answers(201, "The definition.", reference("Definition"))
            .refuses(400, &["invalid_request", "invalid_body"])
            .refuses(404, &["no_such_import"])
            .refuses(409, &["definition_exists", "definition_changed", "is_undo"]),
        Operation::new("GET", "/definitions/{name}", "Definitions", "get_definition", "Gives a definition.")
            .answers(200, "The definition.", reference("Definition"))
            .refuses(404, &["no_such_definition"]),
        Operation::new(
            "PUT",
            "/definitions/{name}",
            "Definitions",
            "replace_definition",
            "Replaces a definition, or creates it.",
        )
        .about("Imports that were launched with it keep the settings that they have.")
        .takes(definition(sent, true), unnamed)
        .answers(200, "The definition, in place of another one.", reference("Definition"))
        .answers(201, "The new definition.", reference("Definition"))
        .refuses(400, &["invalid_request", "invalid_body"])
        .refuses(404, &["no_such_import"])
        .refuses(409, &["definition_changed", "is_undo"]),
        Operation::new("DELETE", "/definitions/{name}", "Definitions", "delete_definition", "Deletes a definition.")
            .about("Imports that were launched with it keep their settings.")
            .answers_nothing(204, "There is no such definition any more.")
            .refuses(404, &["no_such_definition"])
            .refuses(409, &["definition_changed"]),
    ]
}

fn watch() -> Vec<Operation> {
    let states: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    vec![
        Operation::new("GET", "/imports", "Watch", "list_imports", "Lists imports, the latest first.")
            .about("A search looks at a bounded number of imports a call, so a page may have few entries, or none, and a `cursor`.")
            .query("text", "Only imports with this in their description or the name of their file.", json!({ "type": "string" }))
            .query("state", "Only imports in this state.", json!({ "enum": states }))
            .query("by", "Only imports that were launched with the key of this name.", json!({ "type": "string" }))
            .query("from", "Only imports of this day in UTC, or moment, and later.", json!({ "type": "string" }))
            .query("to", "Only imports of this day in UTC, or moment, and earlier.", json!({ "type": "string" }))
            .pages(LIMIT, MAX_LIMIT)
            .answers(200, "A page of imports.", page("imports", "Import"))
            .refuses(400, &["invalid_request"]),
        Operation::new("GET", "/imports/{id}", "Watch", "get_import", "Says how far an import is.")
            .answers(200, "The import.", reference("Import"))
            .refuses(404, &["no_such_import"]),
        Operation::new("GET", "/imports/{id}/errors", "Watch", "get_report", "Leads to the report.")
            .about("A CSV of the rows with which something is wrong: why, and the cells as they were. Corrected, it can be imported.")
            .leads("The report, for ten minutes.")
            .refuses(404, &["no_such_import", "no_report"]),
        Operation::new("GET", "/imports/{id}/rows/{n}", "Watch", "get_row", "Says what became of a row.")
            .answers(200, "The row.", reference("Row"))
            .refuses(404, &["no_such_import", "no_such_row"]),
        Operation::new("GET", "/imports/{id}/results", "Watch", "get_results", "Leads to what became of every row.")
            .about("A CSV in the order of the file, if the import was launched with `results`.")
            .leads("The results, for ten minutes.")
            .refuses(404, &["no_such_import", "no_results"]),
        Operation::new("GET", "/imports/{id}/errors/summary", "Watch", "summarize_report", "Counts the rows of the report.")
            .answers(200, "The codes, with an example each.", reference("ReportSummary"))
            .refuses(404, &["no_such_import", "no_report"]),
    ]
}

fn customers() -> Vec<Operation> {
    let named = |operation: Operation| {
        ["email", "phone", "external_id"].iter().fold(
            operation.about("Exactly one identifier says whom; `external_id.SYSTEM` names one of another system."),
            |operation, slot| operation.query(slot, "An identifier.", json!({ "type": "string" })),
        )
    };
    let unreadable =
        ["missing_identifier", "invalid_email", "invalid_phone", "invalid_external_id", "placeholder_identifier"];
    let suppress = || json!({ "type": "boolean", "default": false });
    const SUPPRESS: &str = "`true`: the identifiers are kept as keyed hashes, and imports reject rows that have one of them (`suppressed`).";
    vec![
        named(Operation::new("GET", "/customers", "Customers", "find_customer", "Finds a customer by an identifier."))
            .answers(200, "The customer.", reference("Customer"))
            .refuses(400, &unreadable)
            .refuses(404, &["no_such_customer"]),
        named(Operation::new(
            "DELETE",
            "/customers",
            "Customers",
            "erase_holder",
            "Erases a customer by an identifier.",
        ))
        .about("With feed, memberships and all identifiers, and also what is left of somebody without a profile.")
        .about("With `suppress`, an identifier that nobody has is suppressed too.")
        .query("suppress", SUPPRESS, suppress())
        .answers_nothing(204, "Nothing is stored of the customer any more.")
        .refuses(400, &[&unreadable[..], &["invalid_suppress"]].concat())
        .refuses(404, &["no_such_customer"])
        .refuses(409, &["customer_changing"]),
        Operation::new("GET", "/customers/{id}", "Customers", "get_customer", "Gives a customer.")
            .answers(200, "The customer.", reference("Customer"))
            .refuses(404, &["no_such_customer"]),
        Operation::new("DELETE", "/customers/{id}", "Customers", "erase_customer", "Erases a customer.")
            .query("suppress", SUPPRESS, suppress())
            .refuses(400, &["invalid_suppress"])
            .answers_nothing(204, "Nothing is stored of the customer any more.")
            .refuses(404, &["no_such_customer"])
            .refuses(409, &["customer_changing"]),
        Operation::new(
            "GET",
            "/customers/{id}/activity",
            "Customers",
            "list_activity",
            "Lists a customer's feed, the latest first.",
        )
        .pages(LIMIT, MAX_LIMIT)
        .answers(200, "A page of the feed.", page("activity", "ActivityItem"))
        .refuses(404, &["no_such_customer"]),
        named(Operation::new(
            "GET",
            "/suppressions",
            "Customers",
            "get_suppression",
            "Says whether imports leave somebody out who has an identifier.",
        ))
        .answers(200, "Whether it is suppressed.", reference("Suppression"))
        .refuses(400, &unreadable),
        named(Operation::new(
            "DELETE",
            "/suppressions",
            "Customers",
            "lift_suppression",
            "Lets imports bring somebody back who has an identifier.",
        ))
        .about("Only this identifier: whoever was erased with several has each suppressed.")
        .answers_nothing(204, "Imports may have the identifier again.")
        .refuses(400, &unreadable)
        .refuses(404, &["not_suppressed"]),
    ]
}

fn segments() -> Vec<Operation> {
    let mut members = page("members", "Customer");
    members["properties"]["count"] =
        json!({ "type": "integer", "minimum": 0, "description": "Members. Only on the first page." });
    members["properties"]["count_is_more"] =
        json!({ "type": "boolean", "description": "There are more than were counted. Only on the first page." });
    let mut all = vec![
        Operation::new("GET", "/segments/{id}", "Segments", "get_segment", "Gives a segment, and counts its members.")
            .query(
                "count_up_to",
                "Counting stops at so many members. `POST /segments/{id}/count` counts all of a larger segment.",
                json!({ "type": "integer", "minimum": 1, "default": MOST_COUNTED, "description": format!("More than {MOST_COUNTED} counts as that.") }),
            )
            .answers(200, "The segment.", reference("Segment"))
            .refuses(400, &["invalid_count_up_to"])
            .refuses(404, &["no_such_segment"]),
        Operation::new("GET", "/segments/{id}/members", "Segments", "list_members", "Lists the members of a segment.")
            .pages(LIMIT, MAX_LIMIT)
            .query("count", "`false`: members are not counted.", json!({ "type": "boolean", "default": true }))
            .answers(200, "A page of members.", members)
            .refuses(400, &["invalid_count"])
            .refuses(404, &["no_such_segment"]),
    ];
    all.extend(segment_jobs());
    all
}

fn segment_jobs() -> Vec<Operation> {
    let job = |operation: Operation| operation.refuses(404, &["no_such_segment"]);
    let begins = |path: &'static str, id: &'static str, does: &'static str| {
        job(Operation::new("POST", path, "Segments", id, does))
            .about("It goes on by itself. While one is under way, that one is answered.")
            .answers(202, "It has begun.", reference("SegmentJob"))
            .answers(200, "One is under way.", reference("SegmentJob"))
    };
    let gets = |path: &'static str, id: &'static str, does: &'static str, none: &'static str| {
        job(Operation::new("GET", path, "Segments", id, does))
            .answers(200, "How far it is.", reference("SegmentJob"))
            .refuses(404, &[none])
    };
    let (count, export) = ("/segments/{id}/count", "/segments/{id}/export");
    vec![
        begins(count, "begin_count", "Begins to count all members of a segment."),
        gets(count, "get_count", "Says how far the last count is.", "no_count"),
        begins(export, "begin_export", "Begins to write the members of a segment as a CSV that can be imported."),
        gets(export, "get_export", "Says how far the last export is.", "no_export"),
        job(Operation::new(
            "GET",
            "/segments/{id}/export/file",
            "Segments",
            "get_export_file",
            "Leads to the file of the last export that has one.",
        ))
        .leads("The members, for ten minutes.")
        .refuses(404, &["no_export"]),
    ]
}

fn catalogue(sent: &mut SchemaGenerator) -> Vec<Operation> {
    let kinds = [
        (EntryKind::ApiEndpoint, "/api-endpoints", "ApiEndpoint", "list_api_endpoints", "create_api_endpoint"),
        (EntryKind::Touchpoint, "/touchpoints", "Named", "list_touchpoints", "create_touchpoint"),
        (EntryKind::SegmentGroup, "/segment-groups", "Named", "list_segment_groups", "create_segment_group"),
        (EntryKind::Segment, "/segments", "Segment", "list_segments", "create_segment"),
        (EntryKind::SourceAction, "/source-actions", "Named", "list_source_actions", "create_source_action"),
        (EntryKind::CustomField, "/custom-fields", "CustomField", "list_custom_fields", "create_custom_field"),
    ];
    let mut all = Vec::new();
    for (kind, path, schema, list, create) in kinds {
        let listed = Operation::new("GET", path, "Catalogue", list, "Lists entries by name.")
            .pages(MAX_ENTRIES, MAX_ENTRIES)
            .answers(200, "A page of entries.", page(&kind.member(), schema));
        let mut created = Operation::new("POST", path, "Catalogue", create, "Creates an entry.")
            .takes(new_entry(kind, sent), entry_example(kind))
            .answers(201, "The new entry.", reference(schema))
            .answers(200, "The entry, which existed already.", reference(schema))
            .refuses(400, &["invalid_request", "invalid_body"]);
        if matches!(kind, EntryKind::ApiEndpoint | EntryKind::CustomField) {
            created = created.refuses(409, &["exists_differently"]);
        }
        if kind == EntryKind::CustomField {
            created = created.refuses(409, &["too_many_custom_fields"]);
        }
        all.extend([listed, created, deletion(kind)]);
    }
    all
}

fn deletion(kind: EntryKind) -> Operation {
    let (path, id, about) = match kind {
        EntryKind::ApiEndpoint => ("/api-endpoints/{name}", "delete_api_endpoint", "Feeds keep its name."),
        EntryKind::Touchpoint => {
            ("/touchpoints/{name}", "delete_touchpoint", "Not while an API endpoint links to it. Customers keep it.")
        }
        EntryKind::SegmentGroup => ("/segment-groups/{name}", "delete_segment_group", "Not while a segment is in it."),
        EntryKind::Segment => ("/segments/{id}", "delete_segment", "Not while a customer is in it."),
        EntryKind::SourceAction => ("/source-actions/{name}", "delete_source_action", "Feeds keep its name."),
        EntryKind::CustomField => {
            ("/custom-fields/{name}", "delete_custom_field", "Not once an import had a column for it.")
        }
    };
    Operation::new("DELETE", path, "Catalogue", id, "Deletes an entry that no definition and no import names.")
        .about(about)
        .answers_nothing(204, "It is deleted.")
        .refuses(404, &["no_such_entry"])
        .refuses(409, &["in_use"])
}

fn new_import_example() -> Json {
    json!({
        "description": "May survey answers",
        "file": { "name": "customers.csv", "size": 225_161 },
        "encoding": "windows-1252",
        "columns": { "Kundennr": "external_id", "Telefon": "phone", "Notes": null },
        "default_region": "DE",
        "settings": {
            "segment": { "group": "Surveys", "name": "May survey" },
            "source_action": { "name": "Filled in May survey" },
        },
    })
}

fn entry_example(kind: EntryKind) -> Json {
    match kind {
        EntryKind::ApiEndpoint => json!({ "name": "Spring survey", "touchpoint": "Website" }),
        EntryKind::Touchpoint => json!({ "name": "Website" }),
        EntryKind::SegmentGroup => json!({ "name": "Surveys" }),
        EntryKind::Segment => json!({ "group": "Surveys", "name": "May survey" }),
        EntryKind::SourceAction => json!({ "name": "Filled in May survey" }),
        EntryKind::CustomField => json!({ "name": "shoe_size", "type": "number" }),
    }
}
