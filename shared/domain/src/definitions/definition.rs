//! A definition, and the body of a request that makes one.

use serde_json::{Map, Value as Json, json};

use super::name::DefinitionName;
use crate::columns::{HeaderFingerprint, MAX_COLUMNS, MAX_HEADER};
use crate::imports::{DeclaredFile, ImportId, ImportRequest};
use crate::input::{FieldProblem, read_json};
use crate::plan::Checked;

/// Largest definition, in bytes of its JSON: it is stored in one item of at most 400 KB.
pub const MAX_DEFINITION: usize = 200 * 1024;
/// The field with the names of the header that the settings are made for.
const HEADER: &str = "header";
/// The field that names the import whose settings are taken.
const FROM_IMPORT: &str = "from_import";
/// What a definition shows of itself: ignored when it is sent back.
const SHOWN_ONLY: [&str; 3] = ["changed_at", "last_import", "url"];
/// Fields of a request that say something about one import, so no definition has them.
const OF_ONE_IMPORT: [&str; 3] = ["file", "definition", "undoes"];
/// Fields that a definition does not take from the import that it is made of, besides those of one import.
const NOT_TAKEN: [&str; 3] = ["task", "description", "dry_run"];

/// Settings under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The name.
    pub name: DefinitionName,
    /// The fields of `POST /imports` that it sets, as they were sent.
    pub(super) settings: Map<String, Json>,
    /// The names of the header that the settings are made for, if they are known.
    pub header: Option<Vec<String>>,
}

/// The body of a request that makes a definition.
#[derive(Debug, Clone, PartialEq)]
pub enum NewDefinition {
    /// It has settings of its own.
    Given(Definition),
    /// It has those of an import, but for what is given.
    FromImport {
        /// The import.
        import: ImportId,
        /// The name, and what differs.
        given: Definition,
    },
}

impl NewDefinition {
    /// Reads the body of `POST /definitions`, or of a `PUT` to the definition of this name.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn parse(body: &[u8], name: Option<&DefinitionName>) -> Result<Self, Vec<FieldProblem>> {
        if body.len() > MAX_DEFINITION {
            return Err(vec![too_large(body.len())]);
        }
        let Json::Object(mut settings) = read_json(body)? else {
            return Err(vec![FieldProblem::new(
                "",
                "wrong_type",
                "A definition is an object with a name and settings.",
            )]);
        };
        settings.retain(|field, _| !SHOWN_ONLY.contains(&field.as_str()));
        let mut found = Vec::new();
        let name = named(settings.remove("name"), name).map_err(|problem| found.push(problem)).ok();
        let header = names(settings.remove(HEADER)).map_err(|problem| found.push(problem)).ok();
        let import = import(settings.remove(FROM_IMPORT)).map_err(|problem| found.push(problem)).ok();
        for field in OF_ONE_IMPORT.iter().filter(|field| settings.contains_key(**field)) {
            let message = format!("`{field}` is about one import. Give it when the import is launched.");
            found.push(FieldProblem::new(field, "unknown_field", message));
        }
        let (Some(name), Some(header), Some(import)) = (name, header, import) else { return Err(found) };
        if !found.is_empty() {
            return Err(found);
        }
        let given = Definition { name, settings, header };
        // Settings that are wrong by themselves are refused before the import is looked up.
        given.request()?;
        Ok(match import {
            Some(import) => Self::FromImport { import, given },
            None => Self::Given(given),
        })
    }
}

impl Definition {
    /// The definition that is stored so.
    ///
    /// # Errors
    /// When the settings are not an object of JSON.
    pub fn from_stored(
        name: DefinitionName,
        settings: &str,
        header: Option<Vec<String>>,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self { name, settings: serde_json::from_str(settings)?, header })
    }

    /// The settings as they are stored.
    pub fn stored_settings(&self) -> String {
        Json::Object(self.settings.clone()).to_string()
    }

    /// The settings of an import that differ from the defaults, under what is given here.
    ///
    /// # Errors
    /// When both together are too large.
    pub fn completed_from(self, request: &ImportRequest, checked: Option<&Checked>) -> Result<Self, Vec<FieldProblem>> {
        let mut settings = settings_of(request);
        settings.extend(self.settings);
        let of_file = checked.map(|checked| {
            let names = checked.layout.header.iter().filter(|name| !name.trim_start().starts_with('_'));
            names.cloned().collect()
        });
        let definition = Self { name: self.name, settings, header: self.header.or(of_file) };
        let bytes = definition.to_json().to_string().len();
        if bytes > MAX_DEFINITION { Err(vec![too_large(bytes)]) } else { Ok(definition) }
    }

    /// The settings as a request of a file that any name would do for.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn request(&self) -> Result<ImportRequest, Vec<FieldProblem>> {
        let mut request = self.settings.clone();
        request.insert("file".to_owned(), json!({ "name": self.name.as_str() }));
        ImportRequest::from_json(&Json::Object(request))
    }

    /// The header that the settings are made for: the one that is known, or else the headers that they map.
    pub fn fingerprint(&self) -> Option<HeaderFingerprint> {
        match &self.header {
            Some(header) => HeaderFingerprint::of(header.iter().map(String::as_str)),
            None => {
                let columns = self.settings.get("columns").and_then(Json::as_object);
                HeaderFingerprint::of(columns.into_iter().flat_map(Map::keys).map(String::as_str))
            }
        }
    }

    /// The definition as the API shows it.
    pub fn to_json(&self) -> Json {
        let mut shown = self.settings.clone();
        shown.insert("name".to_owned(), Json::String(self.name.as_str().to_owned()));
        shown.insert(HEADER.to_owned(), json!(self.header));
        Json::Object(shown)
    }
}

/// The settings of an import that differ from the defaults and are not about it alone, as a request gives them.
pub fn settings_of(request: &ImportRequest) -> Map<String, Json> {
    let fields = |request: &ImportRequest| match serde_json::to_value(request) {
        Ok(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    let defaults = fields(&ImportRequest::of_file(DeclaredFile::default()));
    let mut settings = fields(request);
    settings.retain(|field, value| {
        let is_about_one = OF_ONE_IMPORT.contains(&field.as_str()) || NOT_TAKEN.contains(&field.as_str());
        !is_about_one && defaults.get(field) != Some(value)
    });
    settings
}

fn too_large(bytes: usize) -> FieldProblem {
    let message = format!(
        "The definition has {bytes} bytes; {MAX_DEFINITION} are the most. Map fewer headers, or shorten the longest texts."
    );
    FieldProblem::new("", "too_large", message)
}

/// The name of a body; `known` is the one that the path has.
fn named(given: Option<Json>, known: Option<&DefinitionName>) -> Result<DefinitionName, FieldProblem> {
    match (given, known) {
        (None, Some(known)) => Ok(known.clone()),
        (None, None) => Err(FieldProblem::new("", "missing_field", "Give the definition a `name`.")),
        (Some(Json::String(name)), known) => {
            let name = DefinitionName::parse(&name).map_err(|bad| bad.problem("name"))?;
            if known.is_some_and(|known| known.id() != name.id()) {
                let message =
                    "The path has another name. A definition is not renamed: create another one, and delete this.";
                return Err(FieldProblem::new("name", "invalid_name", message));
            }
            Ok(name)
        }
        (Some(_), _) => Err(FieldProblem::new("name", "wrong_type", "A name is a text.")),
    }
}

/// The names of a header.
fn names(given: Option<Json>) -> Result<Option<Vec<String>>, FieldProblem> {
    let given = match given {
        None | Some(Json::Null) => return Ok(None),
        Some(given) => given,
    };
    let Ok(names) = serde_json::from_value::<Vec<String>>(given) else {
        return Err(FieldProblem::new(HEADER, "wrong_type", "A header is a list of names."));
    };
    let bytes: usize = names.iter().map(String::len).sum();
    if names.len() > MAX_COLUMNS || bytes > MAX_HEADER {
        let message = format!("A file has at most {MAX_COLUMNS} columns, and a header of {MAX_HEADER} bytes.");
        return Err(FieldProblem::new(HEADER, "too_long", message));
    }
    Ok(Some(names))
}

fn import(given: Option<Json>) -> Result<Option<ImportId>, FieldProblem> {
    match given {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(id)) if id.parse::<ImportId>().is_ok() => Ok(id.parse().ok()),
        Some(_) => Err(FieldProblem::new(FROM_IMPORT, "unknown_value", "Give the id of an import.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(body: &Json, name: Option<&str>) -> Vec<(String, &'static str)> {
        let name = name.map(|name| DefinitionName::parse(name).unwrap());
        let problems = NewDefinition::parse(body.to_string().as_bytes(), name.as_ref()).err().unwrap_or_default();
        problems.into_iter().map(|problem| (problem.path, problem.code)).collect()
    }

    fn given(body: &Json) -> Definition {
        match NewDefinition::parse(body.to_string().as_bytes(), None).unwrap() {
            NewDefinition::Given(definition) | NewDefinition::FromImport { given: definition, .. } => definition,
        }
    }

    #[test]
    fn everything_wrong_with_a_definition_is_named_by_its_path() {
        let long = "a".repeat(MAX_DEFINITION);
        for (body, name, expected) in [
            (json!({ "name": "Shop" }), None, &[][..]),
            (json!({}), Some("Shop"), &[]),
            (json!({ "name": "SHOP" }), Some("Shop"), &[]),
            (json!({ "name": "Other" }), Some("Shop"), &[("name", "invalid_name")]),
            (json!({}), None, &[("", "missing_field")]),
            (json!([]), None, &[("", "wrong_type")]),
            (json!({ "name": "a/b", "header": 7 }), None, &[("name", "invalid_name"), ("header", "wrong_type")]),
            (json!({ "name": "Shop", "file": { "name": "a" } }), None, &[("file", "unknown_field")]),
            (json!({ "name": "Shop", "definition": "Other" }), None, &[("definition", "unknown_field")]),
            (json!({ "name": "Shop", "from_import": "7" }), None, &[("from_import", "unknown_value")]),
            (json!({ "name": "Shop", "mode": "merge" }), None, &[("mode", "unknown_value")]),
            (json!({ "name": "Shop", "columns": { "a": "nothing" } }), None, &[("columns.a", "unknown_column")]),
            (json!({ "name": "Shop", "description": long }), None, &[("", "too_large")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(path, code)| ((*path).to_owned(), *code)).collect();
            assert_eq!(problems(&body, name), expected, "{}", cut_for_show(&body));
        }
    }

    fn cut_for_show(body: &Json) -> String {
        body.to_string().chars().take(100).collect()
    }

    #[test]
    fn a_definition_is_shown_as_it_can_be_sent_back() {
        let body =
            json!({ "name": "Shop", "mode": "update_only", "columns": { "Nr": "external_id" }, "header": ["Nr"] });
        let mut shown = given(&body).to_json();
        assert_eq!(shown, body);
        shown["changed_at"] = json!("2026-11-26T12:00:00Z");
        assert_eq!(given(&shown), given(&body));
    }

    #[test]
    fn a_definition_made_from_an_import_has_what_differs_from_the_defaults() {
        let request = json!({
            "file": { "name": "a.csv", "size": 7 }, "description": "May", "dry_run": true, "encoding": "utf-8",
            "default_region": "DE", "columns": { "Nr": "external_id", "X": null },
            "settings": { "segment": { "name": "May" } },
        });
        let request = ImportRequest::parse(request.to_string().as_bytes()).unwrap();
        let made = given(&json!({ "name": "Shop", "default_region": "AT" })).completed_from(&request, None).unwrap();
        let expected = json!({
            "name": "Shop", "header": null, "default_region": "AT", "columns": { "Nr": "external_id", "X": null },
            "settings": { "segment": { "group": "Imported segments", "name": "May", "create": true } },
        });
        assert_eq!(made.to_json(), expected);
    }

    #[test]
    fn a_definition_is_made_for_its_header_or_else_for_the_headers_that_it_maps() {
        let by_columns = given(&json!({ "name": "Shop", "columns": { "Nr": "external_id", "Mail": "email" } }));
        let by_header = given(&json!({ "name": "Shop", "columns": { "Nr": "external_id" }, "header": ["mail", "nr"] }));
        assert_eq!(by_columns.fingerprint(), by_header.fingerprint());
        assert!(by_columns.fingerprint().is_some());
        assert_eq!(given(&json!({ "name": "Shop" })).fingerprint(), None);
    }
}
