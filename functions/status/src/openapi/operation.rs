//! How one operation is described.

use serde_json::{Map, Value as Json, json};

use super::reference;
use crate::needed_role;
use runtime::keys::Role;

/// An operation: a method of a path, what it takes, and what it answers.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: Vec<String>,
    parameters: Vec<Json>,
    body: Option<Json>,
    answers: Map<String, Json>,
    refusals: Vec<(u16, Vec<&'static str>)>,
}

impl Operation {
    /// An operation of this name.
    pub(super) fn new(
        method: &'static str,
        path: &'static str,
        tag: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters = named.map(in_path).collect();
        Self {
            method,
            path,
            id,
            tag,
            summary,
            description: Vec::new(),
            parameters,
            body: None,
            answers: Map::new(),
            refusals: Vec::new(),
        }
    }

    /// Whether a path is of this operation.
    pub(super) fn is_at(&self, path: &[&str]) -> bool {
        let parts: Vec<&str> = self.path.split('/').skip(1).collect();
        parts.len() == path.len() && parts.iter().zip(path).all(|(known, part)| known.starts_with('{') || known == part)
    }

    /// Says more of it.
    pub(super) fn about(mut self, description: &str) -> Self {
        self.description.push(description.to_owned());
        self
    }

    /// It takes a parameter in the query.
    pub(super) fn query(mut self, name: &str, description: &str, schema: Json) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
        self
    }

    /// It takes a header.
    pub(super) fn header(mut self, name: &str, description: &str, schema: Json) -> Self {
        self.parameters.push(json!({ "name": name, "in": "header", "description": description, "schema": schema }));
        self
    }

    /// It answers page by page, with at most so many entries.
    pub(super) fn pages(self, usual: usize, most: usize) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual });
        self.query("limit", "Most entries of the answer.", limit)
            .query(
                "cursor",
                "The `cursor` of the answer before: the listing goes on behind it.",
                json!({ "type": "string" }),
            )
            .refuses(400, &["invalid_limit", "invalid_cursor"])
    }

    /// It takes a JSON body.
    pub(super) fn takes(mut self, schema: Json, example: Json) -> Self {
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        self.body = Some(json!({ "required": true, "content": content }));
        self
    }

    /// It takes a JSON body, or none.
    pub(super) fn may_take(mut self, schema: Json, example: Json) -> Self {
        self = self.takes(schema, example);
        if let Some(body) = &mut self.body {
            body["required"] = false.into();
        }
        self
    }

    /// It answers with JSON.
    pub(super) fn answers(self, status: u16, description: &str, schema: Json) -> Self {
        self.answers_as(status, description, "application/json", schema)
    }

    /// It answers with text of another type.
    pub(super) fn answers_as(mut self, status: u16, description: &str, kind: &str, schema: Json) -> Self {
        let answer = json!({ "description": description, "content": { kind: { "schema": schema } } });
        self.answers.insert(status.to_string(), answer);
        self
    }

    /// It answers with another address, in `Location`.
    pub(super) fn leads(mut self, description: &str) -> Self {
        let location = json!({ "description": "Valid for ten minutes.", "required": true, "schema": { "type": "string", "format": "uri" } });
        self.answers
            .insert("302".to_owned(), json!({ "description": description, "headers": { "location": location } }));
        self
    }

    /// It answers without a body.
    pub(super) fn answers_nothing(mut self, status: u16, description: &str) -> Self {
        self.answers.insert(status.to_string(), json!({ "description": description }));
        self
    }

    /// It may be refused with one of these codes.
    pub(super) fn refuses(mut self, status: u16, codes: &[&'static str]) -> Self {
        match self.refusals.iter_mut().find(|(known, _)| *known == status) {
            Some((_, known)) => known.extend(codes),
            None => self.refusals.push((status, codes.to_vec())),
        }
        self
    }

    /// The operation in the words of OpenAPI.
    pub(super) fn described(self) -> Json {
        let path: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty()).collect();
        let is_for_importers = needed_role(self.method, &path) == Role::Import;
        let mut operation = self.refuses(401, &["unauthorized"]).refuses(503, &["unavailable"]);
        if is_for_importers {
            operation = operation.about("Needs a key that may import.").refuses(403, &["forbidden"]);
        }
        if operation.method == "GET" && operation.answers.contains_key("200") {
            operation = operation
                .header("if-none-match", "The `ETag` of an earlier answer.", json!({ "type": "string" }))
                .answers_nothing(304, "Nothing changed since the answer with this `ETag`.");
        }
        operation.refusals.sort_by_key(|(status, _)| *status);
        for (status, codes) in &operation.refusals {
            operation.answers.insert(status.to_string(), refusal(codes));
        }
        let mut described = json!({
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "parameters": operation.parameters,
            "responses": operation.answers,
        });
        if !operation.description.is_empty() {
            described["description"] = operation.description.join("\n\n").into();
        }
        if let Some(body) = operation.body {
            described["requestBody"] = body;
        }
        described
    }
}

/// An answer with a problem of one of these codes.
fn refusal(codes: &[&str]) -> Json {
    let codes = json!({ "properties": { "code": { "enum": codes } } });
    let schema = json!({ "allOf": [reference("Problem"), codes] });
    json!({ "description": "It is refused.", "content": { "application/problem+json": { "schema": schema } } })
}

/// A parameter in the path.
fn in_path(name: &str) -> Json {
    let schema = match name {
        "n" => json!({ "type": "integer", "minimum": 1 }),
        _ => json!({ "type": "string", "minLength": 1 }),
    };
    let description = match name {
        "n" => "The number of a row: the first below the header is 1.",
        "name" => "The name.",
        _ => "The id.",
    };
    json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema })
}
