//! The page of documentation on the API, made from its description.

use serde_json::{Map, Value as Json};

use super::openapi;
use super::operations::TAGS;

/// The page of documentation on the API.
fn page() -> String {
    let description = openapi("https://muster.example.com");
    let mut page = format!(
        "# The API\n\nMade from the description that `GET /openapi.json` answers (OpenAPI 3.1, in `functions/status/src/openapi`); a \
         test compares it, and the end-to-end tests hold every answer against the description. What the settings of an import mean is \
         in [settings.md](settings.md), what the codes mean in [codes.md](codes.md).\n\n{}\n",
        text(&description["info"], "description")
    );
    for (tag, about) in TAGS {
        page.push_str(&format!("\n## {tag}\n\n{about}\n"));
        for (path, methods) in members(&description["paths"]) {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                if operation["tags"][0] == tag {
                    page.push_str(&described(path, method, operation));
                }
            }
        }
    }
    page.push_str("\n## Shapes\n\nEvery field is in every answer, unless “sometimes” is said. Fields of requests are optional, unless “required” is said.\n");
    let mut shapes: Vec<_> = members(&description["components"]["schemas"]).collect();
    shapes.sort_by_key(|(name, _)| name.to_lowercase());
    for (name, schema) in shapes {
        page.push_str(&shape(name, schema));
    }
    page
}

fn described(path: &str, method: &str, operation: &Json) -> String {
    let mut section = format!("\n### `{} {path}`\n\n{}", method.to_uppercase(), text(operation, "summary"));
    let about = text(operation, "description").replace("\n\n", " ");
    section.push_str(&if about.is_empty() { "\n".to_owned() } else { format!(" {about}\n") });
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut parameters = parameters.filter(|parameter| parameter["in"] != "path").peekable();
    if parameters.peek().is_some() {
        section.push_str("\n| parameter | values | |\n| --- | --- | --- |\n");
    }
    for parameter in parameters {
        let (name, place) = (text(parameter, "name"), text(parameter, "in"));
        let place = if place == "header" { " (header)" } else { "" };
        let values = values(&parameter["schema"]);
        section.push_str(&format!("| `{name}`{place} | {values} | {} |\n", text(parameter, "description")));
    }
    let body = &operation["requestBody"]["content"]["application/json"];
    if body.is_object() {
        let kind = if body["schema"]["$ref"].is_string() || body["schema"]["properties"]["sample"].is_null() {
            values(&body["schema"])
        } else {
            "[ImportRequest](#importrequest) with `sample`, the first bytes of the file in base64, up to 256 KiB of them".to_owned()
        };
        let example = serde_json::to_string_pretty(&body["example"]).unwrap_or_default();
        section.push_str(&format!("\nTakes {kind}:\n\n```json\n{example}\n```\n"));
    }
    section.push_str("\n| answer | |\n| --- | --- |\n");
    for (status, answer) in members(&operation["responses"]) {
        let contents: Vec<_> = members(&answer["content"]).collect();
        let shown = match contents.first() {
            Some((kind, content)) if kind.as_str() == "application/problem+json" => codes(&content["schema"]),
            Some((kind, content)) if kind.as_str() == "application/json" => {
                format!("{} {}", text(answer, "description"), values(&content["schema"]))
            }
            _ => text(answer, "description").to_owned(),
        };
        section.push_str(&format!("| {status} | {shown} |\n"));
    }
    section
}

/// The codes of a refusal.
fn codes(schema: &Json) -> String {
    let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array().into_iter().flatten();
    codes.filter_map(Json::as_str).map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
}

/// A shape of its own section.
fn shape(name: &str, schema: &Json) -> String {
    let mut section = format!("\n### {name}\n");
    let about = one_line(text(schema, "description"));
    if !about.is_empty() {
        section.push_str(&format!("\n{about}\n"));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        section.push_str("\n| value | |\n| --- | --- |\n");
        for choice in choices {
            section.push_str(&format!("| `{}` | {} |\n", text(choice, "const"), one_line(text(choice, "description"))));
        }
    } else if schema["properties"].is_object() {
        section.push_str(&fields(schema));
    } else {
        section.push_str(&format!("\n{}\n", values(schema)));
    }
    section
}

/// The fields of an object, and of the objects in it.
fn fields(schema: &Json) -> String {
    let mut table = String::from("\n| field | values | |\n| --- | --- | --- |\n");
    add_fields(&mut table, "", schema);
    table
}

fn add_fields(table: &mut String, above: &str, schema: &Json) {
    let is_sent = schema["additionalProperties"] == false;
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    for (name, field) in members(&schema["properties"]) {
        let mut about = one_line(text(field, "description"));
        let is_required = required.contains(&name.as_str());
        if is_sent == is_required {
            let word = if is_sent { "Required." } else { "Sometimes." };
            about = [about.as_str(), word].join(" ").trim().to_owned();
        }
        if let Some(default) = field.get("default").filter(|default| !default.is_null()) {
            about = format!("{about} Default: `{default}`.");
        }
        let path = format!("{above}{name}");
        table.push_str(&format!("| `{path}` | {} | {about} |\n", values(field)));
        let inner = if field["items"].is_object() { &field["items"] } else { field };
        let mark = if field["items"].is_object() { "[]" } else { "" };
        if inner["properties"].is_object() {
            add_fields(table, &format!("{path}{mark}."), inner);
        }
    }
}

/// The values that a schema lets through, in words.
fn values(schema: &Json) -> String {
    if let Some(name) = text(schema, "$ref").strip_prefix("#/components/schemas/") {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(values).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Json::as_str).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("`{word}`");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    kinds.into_iter().map(|kind| of_kind(kind, schema)).collect::<Vec<_>>().join(" or ")
}

fn of_kind(kind: &str, schema: &Json) -> String {
    let range = match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        _ => String::new(),
    };
    match (kind, text(schema, "format")) {
        ("string", "date-time") => "time".to_owned(),
        ("string", "uri") => "URL".to_owned(),
        ("string", _) => "text".to_owned(),
        ("null", _) => "`null`".to_owned(),
        ("boolean", _) => "`true`, `false`".to_owned(),
        ("array", _) => format!("list of {}", values(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("object, by name: {}", values(&schema["additionalProperties"]))
        }
        ("object", _) => "object".to_owned(),
        (number, _) => format!("{number}{range}"),
    }
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn members(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flat_map(Map::iter)
}

#[test]
fn the_page_on_the_api_is_made_from_its_description() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/api.md is not up to date: UPDATE_GOLDEN=1 cargo test --workspace --lib api writes it"
    );
}
