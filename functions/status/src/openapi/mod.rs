//! The API described in OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1.html>). Requests, problems and previews are
//! described by their own types; the tests hold every answer against the rest.
//!
//! ```text
//! operations   every path and method                operation   how one is described
//! schemas      the shapes of what is answered       requests    the shapes of what is sent
//! page         docs/api.md, made from it
//! ```

mod operation;
mod operations;
#[cfg(test)]
mod page;
mod requests;
mod schemas;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value as Json, json};

/// What is said of the API as a whole.
const ABOUT: &str = "Imports of customers from CSV files: look at a file, forecast what would happen, import, watch, correct, take back.\n\nTimes are RFC 3339 in UTC. Errors are problem details (RFC 9457) with a stable `code`, and for bad input `problems` with the path of each field. Fields are added to answers without notice, and none is changed or dropped. On AWS, imports are launched and files previewed at the upload function's URL, and everything else is asked of the status function's; on a laptop both are one.";

/// The description of the API at this address.
pub(crate) fn openapi(base: &str) -> Json {
    let mut sent = generator(SchemaSettings::draft2020_12());
    let mut shown = generator(SchemaSettings::draft2020_12().for_serialize());
    let mut paths = Map::new();
    for operation in operations::operations(&mut sent, &mut shown) {
        let (path, method) = (operation.path, operation.method.to_ascii_lowercase());
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = operation.described();
    }
    let mut named = schemas::schemas(&mut shown);
    named.extend(shown.take_definitions(true));
    named.extend(sent.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": base }],
        "security": [{ "key": [] }],
        "tags": operations::TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer KEY`." },
            },
            "schemas": named,
        },
    })
}

/// The methods that are described of a path.
pub(crate) fn methods(path: &[&str]) -> Vec<&'static str> {
    let mut unused = generator(SchemaSettings::draft2020_12());
    let mut shown = generator(SchemaSettings::draft2020_12());
    let operations = operations::operations(&mut unused, &mut shown);
    let fitting: Vec<_> = operations.iter().filter(|operation| operation.is_at(path)).collect();
    // A word in place beats a parameter: `template.csv` is no import.
    let fewest = fitting.iter().map(|operation| operation.path.matches('{').count()).min();
    let closest = fitting.iter().filter(|operation| Some(operation.path.matches('{').count()) == fewest);
    closest.map(|operation| operation.method).collect()
}

fn generator(settings: SchemaSettings) -> SchemaGenerator {
    settings
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .into_generator()
}

/// A schema by its name.
fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
