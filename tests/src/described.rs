//! The API's description of itself, and whether an answer is as it says. Here, unlike for clients, a field that is not
//! described is an error: whatever the API answers must be described.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use jsonschema::Validator;
use serde_json::{Value as Json, json};

/// An answer is not as the description says.
#[derive(Debug)]
pub struct Undescribed(String);

impl std::fmt::Display for Undescribed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GET /openapi.json describes this otherwise: {}", self.0)
    }
}

impl std::error::Error for Undescribed {}

/// An answer of the API.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// Its path, with the query if it has one.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The type of its content, empty if it has none.
    pub content_type: &'a str,
    /// Its content.
    pub body: &'a str,
}

/// The API's description of itself.
#[derive(Debug)]
pub struct Description {
    paths: Json,
    components: Json,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

impl Description {
    /// Reads the answer to `GET /openapi.json`.
    pub fn new(mut description: Json) -> Self {
        let mut components = description["components"].take();
        close(&mut components);
        Self { paths: description["paths"].take(), components, validators: Mutex::new(BTreeMap::new()) }
    }

    /// Every operation with an example of a body: its method, its path, and the example.
    pub fn examples(&self) -> Vec<(String, String, Json)> {
        let paths = self.paths.as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
        });
        let with_example = operations.filter_map(|(path, method, operation)| {
            let example = &operation["requestBody"]["content"]["application/json"]["example"];
            (!example.is_null()).then(|| (method.to_uppercase(), path.clone(), example.clone()))
        });
        with_example.collect()
    }

    /// Holds an answer against the description.
    ///
    /// # Errors
    /// [`Undescribed`] when the answer is not as described.
    pub fn check(&self, answered: &Answered<'_>) -> anyhow::Result<()> {
        self.differs(answered).map_err(|error| {
            let Answered { method, path, status, body, .. } = answered;
            anyhow::Error::new(Undescribed(format!("{error:#}: {method} {path} answered {status} {body}")))
        })
    }

    fn differs(&self, answered: &Answered<'_>) -> anyhow::Result<()> {
        let path = answered.path.split('?').next().unwrap_or_default();
        let method = answered.method.to_lowercase();
        let (template, methods) = self.described(path).context("no such path")?;
        let response = &methods[&method]["responses"][answered.status.to_string()];
        if !response.is_object() {
            bail!("no such status");
        }
        let Some(content) = response["content"].as_object() else {
            if answered.body.is_empty() { return Ok(()) } else { bail!("no body is described") }
        };
        let kind = answered.content_type.split(';').next().unwrap_or_default();
        let schema = &content.get(kind).context("no such type of content")?["schema"];
        if !kind.ends_with("json") {
            return Ok(());
        }
        let body: Json = serde_json::from_str(answered.body)?;
        let place = format!("{method} {template} {} {kind}", answered.status);
        let errors: Vec<String> = self
            .validator(place, schema)?
            .iter_errors(&body)
            .map(|error| format!("{} at `{}`", error, error.instance_path()))
            .collect();
        if errors.is_empty() { Ok(()) } else { bail!("{}", errors.join("; ")) }
    }

    /// The template that a path is of, with its methods. One with a word in place beats one with a parameter there.
    fn described(&self, path: &str) -> Option<(&String, &Json)> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let template: Vec<&str> = template.split('/').collect();
            template.len() == parts.len()
                && template.iter().zip(&parts).all(|(known, part)| known.starts_with('{') || known == part)
        };
        let fitting = self.paths.as_object()?.iter().filter(|(template, _)| fits(template));
        fitting.min_by_key(|(template, _)| template.matches('{').count())
    }

    fn validator(&self, place: String, schema: &Json) -> anyhow::Result<Arc<Validator>> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = validators.get(&place) {
            return Ok(Arc::clone(known));
        }
        let mut schema = schema.clone();
        close(&mut schema);
        let whole = json!({ "allOf": [schema], "components": self.components });
        let validator = Arc::new(jsonschema::draft202012::new(&whole).map_err(|error| anyhow::anyhow!("{error}"))?);
        validators.insert(place, Arc::clone(&validator));
        Ok(validator)
    }
}

/// Lets objects have the fields that are described, and no others.
fn close(schema: &mut Json) {
    match schema {
        Json::Object(members) => {
            if members.get("type").is_some_and(|kind| kind == "object" || kind == &json!(["object", "null"]))
                && members.contains_key("properties")
            {
                members.entry("additionalProperties").or_insert(false.into());
            }
            members.values_mut().for_each(close);
        }
        Json::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_not_described_is_found() {
        let thing = json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] });
        let answer =
            json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } });
        let description = Description::new(json!({
            "paths": {
                "/things/{id}": { "get": { "responses": { "200": answer, "204": { "description": "Nothing." } } } },
                "/things/all": { "get": { "responses": { "204": { "description": "Nothing." } } } },
            },
            "components": { "schemas": { "Thing": thing } },
        }));
        let check = |path, status, content_type, body| {
            let answered = Answered { method: "GET", path, status, content_type, body };
            description.check(&answered).map_err(|error| error.to_string())
        };
        let json = "application/json";
        check("/things/1?a=b", 200, json, r#"{"id":"1"}"#).unwrap();
        check("/things/1", 204, "", "").unwrap();
        check("/things/all", 204, "", "").unwrap();
        for (path, status, content_type, body, said) in [
            ("/others", 200, json, "{}", "no such path"),
            ("/things/all", 200, json, "{}", "no such status"),
            ("/things/1", 404, json, "{}", "no such status"),
            ("/things/1", 200, "text/csv", "{}", "no such type"),
            ("/things/1", 200, json, "{}", "required"),
            ("/things/1", 200, json, r#"{"id":1}"#, "/id"),
            ("/things/1", 200, json, r#"{"id":"1","more":2}"#, "more"),
            ("/things/1", 204, json, "{}", "no body"),
        ] {
            let refused = check(path, status, content_type, body).unwrap_err();
            assert!(refused.contains(said), "{path}: {refused}");
        }
    }
}
