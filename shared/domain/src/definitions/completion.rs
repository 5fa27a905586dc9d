//! The body of `POST /imports` before its definition is looked up, and with what the definition adds.

use serde_json::{Map, Value as Json};

use super::definition::Definition;
use super::name::DefinitionName;
use crate::columns::is_same_header;
use crate::imports::{ImportRequest, MAX_REQUEST};
use crate::input::{FieldProblem, read_json};
use crate::wording::quoted;

/// The field that names the definition.
const FIELD: &str = "definition";
/// The fields of a request whose members are merged one by one.
const COLUMNS: &str = "columns";
const SETTINGS: &str = "settings";

/// The body of `POST /imports` as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    body: Json,
    definition: Option<DefinitionName>,
}

impl SentRequest {
    /// Reads a body as far as it names a definition.
    ///
    /// # Errors
    /// When it is too large, no JSON, or names what cannot be a definition.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        if body.len() > MAX_REQUEST {
            return Err(vec![too_large(body.len())]);
        }
        Self::of(read_json(body)?).map_err(|problem| vec![problem])
    }

    /// Reads a body that is JSON already.
    ///
    /// # Errors
    /// When it names what cannot be a definition.
    pub(crate) fn of(body: Json) -> Result<Self, FieldProblem> {
        let definition = match body.get(FIELD) {
            None | Some(Json::Null) => None,
            Some(Json::String(name)) => Some(DefinitionName::parse(name).map_err(|bad| bad.problem(FIELD))?),
            Some(_) => {
                return Err(FieldProblem::new(FIELD, "wrong_type", "A definition is given by its name, a text."));
            }
        };
        Ok(Self { body, definition })
    }

    /// The definition that the request names.
    pub const fn definition(&self) -> Option<&DefinitionName> {
        self.definition.as_ref()
    }

    /// What was sent, as JSON without blanks: a request that is repeated has the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.body).unwrap_or_default()
    }

    /// The settings of the import: those that were sent, and of the definition those that were not.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field; the definition that the request names is one if it
    /// is not given here.
    pub fn complete(self, definition: Option<&Definition>) -> Result<ImportRequest, Vec<FieldProblem>> {
        match (self.definition, definition, self.body) {
            (Some(_), Some(definition), Json::Object(sent)) => {
                let mut completed = completed(definition.settings.clone(), sent);
                completed.insert(FIELD.to_owned(), Json::String(definition.name.as_str().to_owned()));
                let completed = Json::Object(completed);
                let bytes = completed.to_string().len();
                if bytes > MAX_REQUEST {
                    return Err(vec![too_large(bytes)]);
                }
                ImportRequest::from_json(&completed)
            }
            (Some(name), _, _) => Err(vec![unknown_definition(&name)]),
            (None, _, body) => ImportRequest::from_json(&body),
        }
    }
}

/// The refusal of a request for a definition that does not exist.
fn unknown_definition(name: &DefinitionName) -> FieldProblem {
    let message = format!(
        "There is no definition “{}”. `muster definitions` lists those that exist; create it with POST /definitions (muster create definition NAME).",
        quoted(name.as_str())
    );
    FieldProblem::new(FIELD, "unknown_definition", message)
}

fn too_large(bytes: usize) -> FieldProblem {
    let message = format!(
        "The settings have {bytes} bytes; {MAX_REQUEST} are the most. Map fewer headers, or shorten the longest texts."
    );
    FieldProblem::new("", "too_large", message)
}

/// The fields of a definition under those of a request. What the request has wins: a field as a whole, but of `settings`
/// each member, and of `columns` each header. `null` takes a field, or a member of `settings`, back to its default.
fn completed(mut fields: Map<String, Json>, sent: Map<String, Json>) -> Map<String, Json> {
    for (name, value) in sent {
        match (name.as_str(), fields.get_mut(&name), value) {
            (_, _, Json::Null) => {
                fields.remove(&name);
            }
            (COLUMNS, Some(Json::Object(defined)), Json::Object(sent)) => {
                defined.retain(|header, _| !sent.keys().any(|other| is_same_header(header, other)));
                defined.extend(sent);
            }
            (SETTINGS, Some(Json::Object(defined)), Json::Object(sent)) => {
                for (member, value) in sent {
                    if value.is_null() {
                        defined.remove(&member);
                    } else {
                        defined.insert(member, value);
                    }
                }
            }
            (_, _, value) => {
                fields.insert(name, value);
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definitions::NewDefinition;

    fn definition(settings: Json) -> Definition {
        let mut body = settings;
        body["name"] = json!("Shop");
        let NewDefinition::Given(definition) = NewDefinition::parse(body.to_string().as_bytes(), None).unwrap() else {
            panic!("it has settings of its own")
        };
        definition
    }

    fn request(defined: Json, mut sent: Json) -> ImportRequest {
        sent["definition"] = json!("shop");
        sent["file"] = json!({ "name": "a.csv" });
        SentRequest::parse(sent.to_string().as_bytes()).unwrap().complete(Some(&definition(defined))).unwrap()
    }

    /// The request that says the same without a definition.
    fn spelled_out(mut sent: Json) -> ImportRequest {
        sent["file"] = json!({ "name": "a.csv" });
        let plain = ImportRequest::parse(sent.to_string().as_bytes()).unwrap();
        ImportRequest { definition: Some(DefinitionName::parse("Shop").unwrap()), ..plain }
    }

    #[test]
    fn what_a_request_gives_wins_over_its_definition() {
        let defined = json!({
            "default_region": "DE", "mode": "update_only", "description": "Nightly",
            "null_tokens": ["NULL", "n/a"],
            "columns": { "Kundennr": "external_id", "Telefon": "phone" },
            "settings": { "touchpoint": "shop", "segment": { "group": "Surveys", "name": "May", "create": false } },
        });
        for (sent, expected) in [
            (json!({}), defined.clone()),
            (
                json!({ "mode": "upsert", "default_region": null, "null_tokens": ["-"], "dry_run": true }),
                json!({
                    "mode": "upsert", "description": "Nightly", "null_tokens": ["-"], "dry_run": true,
                    "columns": defined["columns"], "settings": defined["settings"],
                }),
            ),
            (json!({ "columns": { "TELEFON": null, "Mail": "email" } }), {
                let mut all = defined.clone();
                all["columns"] = json!({ "Kundennr": "external_id", "TELEFON": null, "Mail": "email" });
                all
            }),
            (json!({ "columns": null, "settings": { "segment": { "name": "June" } } }), {
                let mut all = defined.clone();
                all["columns"] = json!({});
                all["settings"] = json!({ "touchpoint": "shop", "segment": { "name": "June" } });
                all
            }),
            (json!({ "settings": { "segment": null, "api_endpoint": "Till" } }), {
                let mut all = defined.clone();
                all["settings"] = json!({ "touchpoint": "shop", "api_endpoint": "Till" });
                all
            }),
            (json!({ "settings": null }), {
                let mut all = defined.clone();
                all["settings"] = json!({});
                all
            }),
        ] {
            assert_eq!(request(defined.clone(), sent.clone()), spelled_out(expected), "{sent}");
        }
    }

    #[test]
    fn a_request_whose_definition_does_not_exist_is_refused_by_its_path() {
        let problems = |body: Json| {
            let sent = SentRequest::parse(body.to_string().as_bytes()).and_then(|sent| sent.complete(None));
            let problems = sent.err().unwrap_or_default();
            problems.into_iter().map(|problem| (problem.path, problem.code)).collect::<Vec<_>>()
        };
        let file = json!({ "name": "a.csv" });
        for (body, expected) in [
            (json!({ "file": file, "definition": "Nobody" }), Some(("definition", "unknown_definition"))),
            (json!({ "file": file, "definition": "a/b" }), Some(("definition", "invalid_name"))),
            (json!({ "file": file, "definition": 7 }), Some(("definition", "wrong_type"))),
            (json!({ "file": file, "definition": null }), None),
            (json!([]), Some(("", "wrong_type"))),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(path, code)| (path.to_owned(), code)).collect();
            assert_eq!(problems(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_by_its_path_whoever_gave_it() {
        let sent = json!({ "file": { "name": "a" }, "definition": "Shop", "quote": "xy", "columns": ["a"] });
        let sent = SentRequest::parse(sent.to_string().as_bytes()).unwrap();
        let problems = sent.complete(Some(&definition(json!({ "columns": { "a": "email" } })))).unwrap_err();
        assert_eq!((problems[0].path.as_str(), problems[0].code), ("columns", "wrong_type"));
    }
}
