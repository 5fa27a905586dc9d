//! The shapes of what is answered, where no type of its own says it. Every field is there in every answer, unless it says
//! otherwise.

use domain::codes::{Outcome, RowCode, Severity};
use domain::columns::{FieldKind, MappedColumn};
use domain::imports::{Failure, ImportSettings, Mode, State};
use domain::input::FieldProblem;
use domain::problems::Notice;
use schemars::JsonSchema;
use schemars::generate::SchemaGenerator;
use serde_json::{Map, Value as Json, json};

use super::reference;

/// The schemas of answers, by name.
pub(super) fn schemas(shown: &mut SchemaGenerator) -> Map<String, Json> {
    let named = [
        ("Problem", problem(shown)),
        ("Import", import(shown)),
        ("Definition", definition()),
        ("Progress", progress(shown)),
        ("Counters", counters()),
        ("UndoCounters", undo_counters()),
        ("Forecast", forecast()),
        ("Row", row(shown)),
        ("Check", check(shown)),
        ("NewImport", new_import(shown)),
        ("Upload", upload()),
        ("AwaitedUpload", awaited_upload(shown)),
        ("ReportSummary", report_summary(shown)),
        ("Column", column()),
        ("Customer", customer()),
        ("ActivityItem", activity_item()),
        (
            "Suppression",
            object(
                json!({ "suppressed": { "type": "boolean", "description": "Whether imports leave out who has it." } }),
            ),
        ),
        ("ApiEndpoint", api_endpoint()),
        ("CustomField", custom_field(shown)),
        ("Segment", segment()),
        ("SegmentJob", segment_job()),
        ("Named", object(json!({ "name": text("Its name.") }))),
        ("Source", source()),
    ];
    named.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// An object of exactly these fields.
fn object(fields: Json) -> Json {
    let required: Vec<String> = fields.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    json!({ "type": "object", "properties": fields, "required": required })
}

/// An object, with fields that are only there sometimes.
fn with_optional(mut object: Json, optional: Json) -> Json {
    for (name, schema) in optional.as_object().into_iter().flatten() {
        object["properties"][name] = schema.clone();
    }
    object
}

/// A page of a listing, and the cursor behind which it goes on.
pub(super) fn page(member: &str, entry: &str) -> Json {
    let mut fields = json!({ "cursor": or_null(text("Where the listing goes on; `null` at its end.")) });
    fields[member] = list(reference(entry));
    object(fields)
}

fn of<T: JsonSchema>(shown: &mut SchemaGenerator) -> Json {
    json!(shown.subschema_for::<T>())
}

fn text(description: &str) -> Json {
    json!({ "type": "string", "description": description })
}

fn number(description: &str) -> Json {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn flag(description: &str) -> Json {
    json!({ "type": "boolean", "description": description })
}

fn time(description: &str) -> Json {
    json!({ "type": "string", "format": "date-time", "description": description })
}

fn url(description: &str) -> Json {
    json!({ "type": "string", "format": "uri", "description": description })
}

fn id(description: &str) -> Json {
    json!({ "type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$", "description": description })
}

fn list(of: Json) -> Json {
    json!({ "type": "array", "items": of })
}

fn map_of(description: &str, of: Json) -> Json {
    json!({ "type": "object", "additionalProperties": of, "description": description })
}

fn or_null(schema: Json) -> Json {
    match schema.get("type") {
        Some(Json::String(kind)) => {
            let kinds = json!([kind, "null"]);
            let mut schema = schema;
            schema["type"] = kinds;
            schema
        }
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// A value of a customer, as it is stored.
fn value() -> Json {
    json!({ "type": ["string", "boolean", "array"], "items": { "type": "string" }, "description": "Numbers are texts, so that none is rounded." })
}

fn problem(shown: &mut SchemaGenerator) -> Json {
    object(json!({
        "type": { "const": "about:blank" },
        "title": text("The status in words."),
        "status": json!({ "type": "integer", "description": "The HTTP status." }),
        "code": text("What it is, in a word that stays."),
        "detail": text("What is wrong, and what to do about it."),
        "problems": list(of::<FieldProblem>(shown)),
    }))
}

fn definition() -> Json {
    let mut run = object(json!({ "id": id("Its id."), "created_at": time("When it was launched.") }));
    run["description"] = "The import that was launched with it last and was no forecast. It may have expired.".into();
    let fields = object(json!({
        "name": text("Its name."),
        "header": or_null(list(text("A name of the header that the settings are made for."))),
        "changed_at": time("When it was made or replaced."),
        "last_import": or_null(run),
        "url": url("Where it is."),
    }));
    let mut schema = fields;
    schema["description"] =
        "Settings under a name. Besides these fields it has those of `POST /imports` that it sets.".into();
    schema["additionalProperties"] = true.into();
    schema
}

fn progress(shown: &mut SchemaGenerator) -> Json {
    object(json!({
        "phase": of::<State>(shown),
        "done": number("How much is done."),
        "total": number("How much there is."),
        "unit": { "enum": ["bytes", "rows"], "description": "Of what." },
        "seconds_left": or_null(number("At the pace so far; `null` if nothing is done yet, or all.")),
    }))
}

fn counters() -> Json {
    object(json!({
        "rows": number("Rows of the file."),
        "created": number("Rows that created a customer."),
        "updated": number("Rows that changed a customer."),
        "unchanged": number("Rows whose customer had their values already."),
        "rejected": number("Rows that could not be applied."),
        "unprocessed": number("Rows that were not applied, because the import was stopped or could not process them."),
        "warnings": number("Values that were left out of rows that were applied."),
    }))
}

fn undo_counters() -> Json {
    object(json!({
        "rows": number("What there is to take back: what one batch of the import did to one customer is one."),
        "reverted": number("What was taken back."),
        "kept": number("What was kept, at least in part, because it was changed since."),
        "failed": number("What could not be taken back."),
    }))
}

fn import(shown: &mut SchemaGenerator) -> Json {
    let file = object(json!({
        "name": text("Its name."),
        "size": or_null(number("Its length in bytes.")),
        "encoding": text("Its encoding: as it was set, and once it is checked, as it was read."),
        "delimiter": or_null(text("What is between its cells, once it is checked.")),
        "rows": or_null(number("Its rows, once it is checked.")),
    }));
    let links = object(json!({
        "self": url("The import."),
        "errors": or_null(url("Its report.")),
        "errors_summary": or_null(url("What is in the report, by code.")),
        "results": or_null(url("What became of each row.")),
        "cancel": or_null(url("Where to stop it.")),
        "retry": or_null(url("Where to go on with what was not processed.")),
        "launch": or_null(url("Where to launch the forecast.")),
        "undo": or_null(url("Where to take it back.")),
        "undone_by": or_null(url("The undo that took it back.")),
        "undoes": or_null(url("The import that it takes back.")),
    }));
    let fields = object(json!({
        "id": id("Its id, which begins with the time of its launch."),
        "kind": { "enum": ["import", "undo"], "description": "Whether it takes another import back." },
        "undoes": or_null(id("The import that it takes back.")),
        "undone_by": or_null(id("The undo that took it back.")),
        "task": { "const": "customer_import" },
        "description": text("What its launcher wrote."),
        "state": of::<State>(shown),
        "dry_run": flag("Whether it is a forecast."),
        "based_on": or_null(id("The forecast that it was launched from.")),
        "launched_as": or_null(id("The import that was launched from it.")),
        "definition": or_null(text("The definition that it was launched with.")),
        "inbox": or_null(text("The key of the object in the inbox that it is of.")),
        "mode": of::<Mode>(shown),
        "settings": of::<ImportSettings>(shown),
        "created_at": time("When it was launched."),
        "created_by": or_null(text("The name of the key that it was launched with.")),
        "results": flag("Whether what becomes of each row is kept."),
        "started_at": or_null(time("When its check began.")),
        "ended_at": or_null(time("When it ended. From then on its counters are final.")),
        "file": file,
        "progress": reference("Progress"),
        "counters": { "anyOf": [reference("Counters"), reference("UndoCounters")] },
        "errors_by_code": map_of("How often each code was given.", number("How often.")),
        "failure": or_null(of::<Failure>(shown)),
        "links": links,
    }));
    let columns = map_of("The setting `columns`. Not in listings.", or_null(of::<MappedColumn>(shown)));
    let request = json!({
        "type": "object",
        "description": "The settings that differ from their defaults, as `POST /imports` takes them. Not in listings.",
    });
    let forecast = json!({
        "anyOf": [reference("Counters"), { "type": "null" }],
        "description": "What the forecast counted that it was launched from, once it has ended. Not in listings.",
    });
    let check = json!({
        "$ref": "#/components/schemas/Check",
        "description": "How the file was read, once it is checked. Not in listings.",
    });
    let foretold = json!({
        "$ref": "#/components/schemas/Forecast",
        "description": "Who would change, if it is a completed forecast. Not in listings.",
    });
    with_optional(
        fields,
        json!({ "columns": columns, "request": request, "forecast_counters": forecast, "check": check, "forecast": foretold }),
    )
}

fn forecast() -> Json {
    let change = object(json!({
        "column": text("A column."),
        "customers": number("Of how many customers it would change the value."),
    }));
    let sample = object(json!({
        "row": number("The row."),
        "customer": or_null(id("The customer; `null` if it would be created.")),
        "column": text("The column."),
        "before": or_null(value()),
        "after": or_null(value()),
    }));
    let mut samples = list(sample);
    samples["description"] =
        "Up to 100 values that would change. Empty for a key that may not read customers, and once they have expired."
            .into();
    object(json!({
        "at": time("When it was completed."),
        "changes": list(change),
        "identifiers_changed": number("Identifiers that would change."),
        "segment_joins": number("Customers who would join a segment."),
        "segment_leaves": number("Customers who would leave a segment."),
        "samples": samples,
    }))
}

fn row(shown: &mut SchemaGenerator) -> Json {
    let problem = object(json!({
        "severity": of::<Severity>(shown),
        "code": of::<RowCode>(shown),
        "column": or_null(text("The header of the cell; `null` if the row as a whole is meant.")),
        "message": text("What is wrong, and what to do about it."),
    }));
    let outcomes: Vec<Json> = Outcome::ALL
        .iter()
        .map(|outcome| outcome.as_str())
        .chain(["reverted", "kept", "failed"])
        .map(Json::from)
        .chain([Json::Null])
        .collect();
    let states = json!({
        "enum": ["waiting", "processed", "left_out", "expired"],
        "description": "`waiting`: it is not processed yet. `left_out`: the import was stopped before. `expired`: what became of it is no longer kept.",
    });
    object(json!({
        "import": id("The import."),
        "row": number("Its number."),
        "line": or_null(number("Its line, if it is known.")),
        "state": states,
        "forecast": flag("Whether this is only what would become of it."),
        "outcome": { "enum": outcomes, "description": "What became of it; of an undo, one of the words of its counters." },
        "customer": or_null(id("The customer.")),
        "problems": list(problem),
    }))
}

fn check(shown: &mut SchemaGenerator) -> Json {
    let unreadable = object(json!({
        "count": number("How many values cannot be read."),
        "example": or_null(text("One of them, until examples expire.")),
        "row": number("Its row."),
        "line": number("Its line."),
    }));
    let column = object(json!({
        "header": text("Its header, as written."),
        "column": or_null(text("What it becomes; `null` if it is left out.")),
        "filled": number("Rows in which it has a value."),
        "decimal_mark": or_null(text("The decimal mark of its numbers, if it was found.")),
        "unreadable": or_null(unreadable),
    }));
    let cell_problem = object(json!({
        "code": of::<RowCode>(shown),
        "column": or_null(text("The header of the cell.")),
        "message": text("What is wrong, and what to do about it."),
    }));
    let first_row = object(json!({
        "row": number("Its number, from 1."),
        "line": number("Its line."),
        "values": or_null(map_of("Its values by column, as they are stored; `null` if nothing is.", or_null(value()))),
        "problems": list(cell_problem),
    }));
    object(json!({
        "columns": list(column),
        "quote": text("What is around cells; `none` if nothing is."),
        "escape": of::<domain::file::Escape>(shown),
        "date_format": or_null(text("How dates are written, if the file has some.")),
        "time_zone": text("The time zone of moments without one."),
        "sha256": text("The SHA-256 of the file, in base64."),
        "repeated_rows": number("Rows that share an identifier with an earlier one."),
        "first_rows": list(first_row),
        "notices": list(of::<Notice>(shown)),
        "notices_total": number("How many notices there are in all."),
    }))
}

fn new_import(shown: &mut SchemaGenerator) -> Json {
    let before = object(json!({
        "id": id("Its id."),
        "url": url("Where it is."),
        "created_at": time("When it was launched."),
    }));
    let fields = object(json!({
        "id": id("Its id."),
        "url": url("Where to watch it."),
        "state": of::<State>(shown),
    }));
    let upload =
        json!({ "$ref": "#/components/schemas/Upload", "description": "How to upload the file, while it is awaited." });
    let mut before = before;
    before["description"] = "An import that had the same file before, if `file.sha256` says what it is.".into();
    with_optional(fields, json!({ "upload": upload, "imported_before": before }))
}

fn upload() -> Json {
    let part = object(json!({
        "number": number("Its number, from 1."),
        "size": number("Its length in bytes."),
        "url": url("Where to PUT it."),
    }));
    let etag = text(
        "The ETag of the part that is there already. Where it is the MD5 of the bytes, the part need not be sent again.",
    );
    let part = with_optional(part, json!({ "etag": etag }));
    let multipart = object(json!({
        "part_size": number("Bytes of each part but the last."),
        "parts": list(part),
        "more_url": or_null(url("Where to get the URLs of the next parts.")),
        "complete_url": url("Where to POST the ETags of all parts, at the end."),
    }));
    let fields = object(json!({
        "method": { "const": "PUT" },
        "headers": map_of("Headers to send with the file.", text("Its value.")),
        "expires_at": time("How long the URLs are valid."),
        "renew_url": url("Where to get new URLs."),
    }));
    let whole = url("Where to PUT the file, if it is not uploaded in parts.");
    with_optional(fields, json!({ "url": whole, "multipart": multipart }))
}

fn awaited_upload(shown: &mut SchemaGenerator) -> Json {
    object(json!({
        "id": id("The import."),
        "url": url("Where it is."),
        "state": of::<State>(shown),
        "upload": reference("Upload"),
    }))
}

fn report_summary(shown: &mut SchemaGenerator) -> Json {
    let example = object(json!({
        "row": number("The row."),
        "line": number("Its line."),
        "column": or_null(text("The header of the cell.")),
        "message": text("What is wrong, and what to do about it."),
    }));
    let code = object(json!({
        "code": of::<RowCode>(shown),
        "severity": of::<Severity>(shown),
        "rows": number("How many rows the report lists under it."),
        "example": example,
    }));
    object(json!({ "import": id("The import."), "codes": list(code) }))
}

fn column() -> Json {
    object(json!({
        "name": text("Its name: a header that is never misread."),
        "type": text("What it holds."),
        "aliases": list(text("A header that means it, too.")),
        "hint": text("What it is for."),
        "example": text("A value."),
    }))
}

fn source() -> Json {
    object(json!({ "import": id("The import."), "row": number("Its row.") }))
}

fn customer() -> Json {
    let membership = object(json!({
        "id": text("The segment."),
        "group": text("Its group."),
        "name": text("Its name."),
        "added_at": time("When the import was launched that added the customer."),
    }));
    object(json!({
        "id": id("Its id."),
        "identifiers": map_of("By slot: `email`, `phone`, `external_id`, `external_id.SYSTEM`.", text("The identifier.")),
        "attributes": map_of("By column.", value()),
        "segments": list(membership),
        "touchpoints": list(text("A channel or site that it is linked to.")),
        "created_at": time("When the import was launched that created it."),
        "created_by": reference("Source"),
        "set_by": map_of("Which row of which import set each identifier and attribute.", reference("Source")),
    }))
}

fn activity_item() -> Json {
    object(json!({
        "action": text("What happened."),
        "at": time("When."),
        "api_endpoint": text("Where the data came from."),
        "touchpoint": text("The channel or site."),
        "import": id("The import that noted it."),
        "row": number("Its row."),
    }))
}

fn api_endpoint() -> Json {
    object(json!({
        "name": text("Its name."),
        "touchpoint": or_null(text("The touchpoint that its customers are linked to; `null`: that of its name.")),
    }))
}

fn custom_field(shown: &mut SchemaGenerator) -> Json {
    object(json!({
        "name": text("Its name."),
        "type": of::<FieldKind>(shown),
        "column": text("The header that means it, `custom.NAME`."),
    }))
}

fn segment() -> Json {
    let fields = object(json!({ "id": text("Its id."), "group": text("Its group."), "name": text("Its name.") }));
    let more = flag("Whether there are more members than were counted. Not in listings.");
    with_optional(fields, json!({ "count": number("Its members. Not in listings."), "count_is_more": more }))
}

fn segment_job() -> Json {
    let state = json!({ "type": "string", "enum": ["running", "completed", "failed"], "description": "Its state." });
    let kind =
        json!({ "type": "string", "enum": ["count", "export"], "description": "What is done with the members." });
    let links = with_optional(
        object(json!({ "self": url("How far it is.") })),
        json!({ "file": or_null(url("The file, or that of the export before until there is one; `null` where neither has one.")) }),
    );
    let fields = object(json!({
        "kind": kind,
        "state": state,
        "members": number("Members that were counted so far. A completed export has so many."),
        "created_at": time("When it was begun."),
        "created_by": or_null(text("The name of the key that began it.")),
        "ended_at": or_null(time("When it ended.")),
        "links": links,
    }));
    with_optional(fields, json!({ "written": number("Members in the file so far. Only of exports.") }))
}
