//! The settings of an import: as a form sends them, and as the page of the import lists them.

use domain::customer::Segment;
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::text;
use crate::columns::words;
use crate::fields;
use crate::form::Form;
use crate::language::Language;
use crate::root::ROOT;
use crate::texts::fill;

/// Between the names of a segment group and a segment in the value of a choice: no name has control characters.
pub(super) const BETWEEN: char = '\u{1f}';

/// The body of `POST /imports` that a form means. Fields that were left alone keep the API's defaults.
pub(super) fn request(form: &Form) -> Json {
    let mut body = Map::new();
    let mut settings = Map::new();
    let mut file = Map::from_iter([("name".to_owned(), json!(form.get("file.name").unwrap_or_default()))]);
    if let Some(size) = form.get("file.size").and_then(|size| size.parse::<u64>().ok()) {
        file.insert("size".to_owned(), size.into());
    }
    if form.get("file.multipart") == Some("true") {
        file.insert("multipart".to_owned(), true.into());
    }
    body.insert("file".to_owned(), file.into());
    if form.get("dry_run") == Some("true") {
        body.insert("dry_run".to_owned(), true.into());
    }
    let mut columns = columns(form);
    if form.get("definition").is_none() {
        leave_out_unwanted(form, &mut columns);
    }
    if !columns.is_empty() {
        body.insert("columns".to_owned(), columns.into());
    }
    if let Some(definition) = form.get("definition") {
        // What the form has besides would win over the definition.
        body.insert("definition".to_owned(), definition.into());
        body.extend(form.get("description").map(|description| ("description".to_owned(), description.into())));
        return body.into();
    }
    body.extend(form.get("description").map(|description| ("description".to_owned(), description.into())));
    for field in fields::all() {
        if let Some(value) = form.get(field.name) {
            body.insert(field.name.to_owned(), as_given(field.name, value));
        }
    }
    // The API takes UTF-8 unless it is told; a marketer's file is as often not.
    body.entry("encoding").or_insert_with(|| "auto".into());
    for name in ["api_endpoint", "touchpoint"] {
        if let Some(value) = form.get(name) {
            settings.insert(name.to_owned(), value.into());
        }
    }
    settings.extend(segment(form).map(|segment| ("segment".to_owned(), segment)));
    settings.extend(source_action(form).map(|action| ("source_action".to_owned(), action)));
    body.insert("settings".to_owned(), settings.into());
    body.into()
}

/// What is written in a field, as the API takes it. What is no number where one is needed is sent as it is, so that the API says
/// so.
pub(crate) fn as_given(field: &str, value: &str) -> Json {
    let value = value.trim();
    let as_number = || serde_json::from_str::<Json>(value).ok().filter(Json::is_number);
    match field {
        "header_line" | "max_rejected_ratio" => as_number().unwrap_or_else(|| value.into()),
        "results" => (value == "true").into(),
        "default_region" => region(value).into(),
        "null_tokens" => value.split(',').map(str::trim).filter(|word| !word.is_empty()).collect(),
        _ => value.into(),
    }
}

/// The code of a country that is named in a language of many, or by its code.
fn region(country: &str) -> String {
    match words::country(country) {
        Some(words::Country::One(code)) if country.len() != 2 => code.to_owned(),
        _ => country.to_uppercase(),
    }
}

/// A setting of the API as it is written in its field; empty if it is not set.
pub(super) fn as_written(setting: &Json) -> String {
    match setting {
        Json::String(text) => text.clone(),
        Json::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(", "),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

fn segment(form: &Form) -> Option<Json> {
    match form.get("segment.choice")? {
        "existing" => {
            let (group, name) = form.get("segment.existing")?.split_once(BETWEEN)?;
            Some(json!({ "group": group, "name": name, "create": false }))
        }
        "new" => {
            let mut segment = json!({ "name": form.get("segment.name").unwrap_or_default(), "create": true });
            if let Some(group) = form.get("segment.group") {
                segment["group"] = group.into();
            }
            Some(segment)
        }
        _ => None,
    }
}

fn source_action(form: &Form) -> Option<Json> {
    let (name, create) = match form.get("action.choice")? {
        "existing" => (form.get("action.existing")?, false),
        "new" => (form.get("action.name").unwrap_or_default(), true),
        _ => return None,
    };
    Some(json!({ "name": name, "create": create, "for": form.get("action.for").unwrap_or("all") }))
}

/// Leaves out columns that would name a segment or an action for a row where the form says that there is to be none.
fn leave_out_unwanted(form: &Form, columns: &mut Map<String, Json>) {
    let mut unwanted: Vec<&str> = Vec::new();
    if form.get("segment.choice") == Some("none") {
        unwanted.push("segment");
    }
    if form.get("action.choice") == Some("none") {
        unwanted.extend(["source_action", "action_at"]);
    }
    for (at, header) in form.beginning("head.") {
        if form.get(&format!("map.{at}")).is_some_and(|column| unwanted.contains(&column)) {
            columns.insert(header.to_owned(), Json::Null);
        }
    }
}

/// The choice to leave a column out. No column is called so.
pub(super) const LEFT_OUT: &str = "none";

/// Where the columns of the file go, as far as that is not what the API would do by itself: `head.N` is the header of
/// column N, `map.N` the choice, `rest.N` how it goes on if it ends in a point, `was.N` what the preview proposed and `write.N` when
/// its values are written. A column for
/// which nothing is chosen yet is left to the API, so that a later look still says what it may be.
/// Before a file is looked at, those of the import whose settings are taken over, in the field `columns`.
fn columns(form: &Form) -> Map<String, Json> {
    if form.beginning("head.").next().is_none() {
        let kept = form.get("columns").and_then(|kept| serde_json::from_str(kept).ok());
        return kept.unwrap_or_default();
    }
    let mut columns = Map::new();
    for (at, header) in form.beginning("head.") {
        let Some(chosen) = form.get(&format!("map.{at}")) else { continue };
        let rest = form.get(&format!("rest.{at}")).map(|rest| rest.trim().to_lowercase().replace(' ', "_"));
        let chosen = match (chosen.ends_with('.'), rest) {
            (false, _) => chosen.to_owned(),
            (true, Some(rest)) if !rest.is_empty() => format!("{chosen}{rest}"),
            // It has no name yet.
            (true, _) => continue,
        };
        let write = form.get(&format!("write.{at}")).filter(|write| *write != "always");
        let mapped = match write {
            _ if chosen == LEFT_OUT => Json::Null,
            None if form.get(&format!("was.{at}")) == Some(&chosen) => continue,
            None => chosen.into(),
            Some(write) => json!({ "column": chosen, "write": write }),
        };
        columns.insert(header.to_owned(), mapped);
    }
    columns
}

/// The settings that an import had, in words.
pub(super) fn used(language: Language, import: &Json) -> Markup {
    let texts = language.texts();
    let settings = &import["settings"];
    let segment = &settings["segment"];
    let action = &settings["source_action"];
    let columns = import["check"]["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let goes_to = |name: &str| columns.iter().any(|column| column["column"] == name);
    html! {
        dl.facts {
            @for field in fields::all() {
                @let value = as_written(&import["request"][field.name]);
                @let value = if value.is_empty() { as_written(&import[field.name]) } else { value };
                @if field.name == "mode" || !value.is_empty() {
                    @let value = if value.is_empty() { "upsert" } else { &value };
                    dt { ((field.label)(texts)) } dd { (field.in_words(texts, value)) }
                }
            }
            dt { (texts.api_endpoint) }
            dd { @if let Some(name) = settings["api_endpoint"].as_str() { (name) } @else { (domain::imports::DEFAULT_API_ENDPOINT) } }
            dt { (texts.touchpoint) }
            dd { @if let Some(name) = settings["touchpoint"].as_str() { (name) } @else { (texts.touchpoint_found) } }
            dt { (texts.segment) }
            dd {
                @if segment.is_null() && goes_to("segment") { (fill(texts.choice_file, &[("column", "segment")])) }
                @else if segment.is_null() { (texts.none) } @else {
                    @let id = Segment::new(text(&segment["group"]), text(&segment["name"])).id();
                    a href=(format!("{ROOT}/segments/{id}")) { (text(&segment["group"])) " / " (text(&segment["name"])) }
                }
            }
            dt { (texts.source_action) }
            dd {
                @if action.is_null() && goes_to("source_action") { (fill(texts.choice_file, &[("column", "source_action")])) }
                @else if action.is_null() { (texts.none) } @else {
                    (text(&action["name"]))
                    " · " @if action["for"] == "created" { (texts.for_created) } @else { (texts.for_all) }
                }
            }
            @if let Some(columns) = import["columns"].as_object().filter(|columns| !columns.is_empty()) {
                dt { (texts.columns) }
                dd {
                    @for (header, column) in columns {
                        div {
                            (header) " → "
                            @if let Some(name) = column.as_str().or_else(|| column["column"].as_str()) { (words(language, name)) } @else { (texts.left_out) }
                            @if let Some(rule) = column["write"].as_str().filter(|rule| *rule != "always") { ", " (texts.write_rule(rule)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::imports::ImportRequest;

    use super::*;

    #[test]
    fn a_form_becomes_a_request_that_the_api_takes() {
        let form = Form::of(&[
            ("file.name", "Kunden.csv"),
            ("file.size", "120"),
            ("description", "May survey"),
            ("segment.choice", "new"),
            ("segment.group", "Surveys"),
            ("segment.name", "May"),
            ("action.choice", "new"),
            ("action.name", "Filled in"),
            ("action.for", "created"),
            ("default_region", "de"),
            ("mode", "create_only"),
            ("dry_run", "true"),
            ("head.0", "Kundennr"),
            ("map.0", "external_id"),
            ("was.0", ""),
            ("head.1", "Email"),
            ("map.1", "email"),
            ("was.1", "email"),
            ("head.2", "Notes"),
            ("map.2", LEFT_OUT),
            ("was.2", ""),
            ("head.4", "Remarks"),
            ("map.4", ""),
            ("was.4", ""),
            ("head.3", "Phone"),
            ("map.3", "phone"),
            ("was.3", "phone"),
            ("write.3", "if_blank"),
        ]);
        let body = request(&form);
        let request = ImportRequest::parse(body.to_string().as_bytes()).unwrap();
        assert!(request.dry_run && request.encoding == "auto");
        assert_eq!(request.default_region.as_deref(), Some("DE"));
        assert_eq!(
            body["columns"],
            json!({ "Kundennr": "external_id", "Notes": null, "Phone": { "column": "phone", "write": "if_blank" } })
        );
        let segment = request.settings.segment.unwrap();
        assert_eq!((segment.group.as_str(), segment.name.as_str(), segment.create), ("Surveys", "May", true));
    }

    #[test]
    fn what_each_row_names_is_no_setting_and_is_said_all_the_same() {
        let columns =
            json!([{ "header": "List", "column": "segment" }, { "header": "What", "column": "source_action" }]);
        let shown = used(Language::English, &json!({ "check": { "columns": columns } })).into_string();
        for column in ["segment", "source_action"] {
            assert!(shown.contains(&format!("From the file’s column “{column}”")), "{shown}");
        }
    }

    #[test]
    fn the_settings_say_where_each_column_goes_and_when_it_is_written() {
        let import = json!({ "columns": {
            "Mobile": { "column": "phone", "write": "if_blank" }, "Nr": { "column": "external_id", "write": "never" },
            "Mail": "email", "Notes": null,
        } });
        let shown = used(Language::English, &import).into_string();
        for expected in [
            "Mobile → Phone number, only where it is empty",
            "Nr → Your own id, never, only to find the customer",
            "Mail → E-mail address</div>",
            "Notes → left out",
        ] {
            assert!(shown.contains(expected), "{expected} in {shown}");
        }
    }

    #[test]
    fn with_a_definition_only_what_is_about_this_file_is_sent() {
        let form = Form::of(&[
            ("file.name", "a.csv"),
            ("definition", "Shop"),
            ("mode", "upsert"),
            ("encoding", "auto"),
            ("segment.choice", "new"),
            ("segment.name", "May"),
            ("dry_run", "true"),
            ("head.0", "Ort"),
            ("map.0", "city"),
            ("was.0", ""),
        ]);
        let expected = json!({
            "file": { "name": "a.csv" }, "definition": "Shop", "dry_run": true, "columns": { "Ort": "city" },
        });
        assert_eq!(request(&form), expected);
    }

    #[test]
    fn none_means_that_no_row_names_one_either() {
        let fields = |choice| {
            Form::of(&[
                ("file.name", "a.csv"),
                ("segment.choice", choice),
                ("head.0", "Segment"),
                ("map.0", "segment"),
                ("was.0", "segment"),
            ])
        };
        assert_eq!(request(&fields("none"))["columns"], json!({ "Segment": null }));
        assert_eq!(request(&fields("file")).get("columns"), None);
    }

    #[test]
    fn before_the_first_look_the_columns_are_those_of_the_import_that_is_repeated() {
        let kept = json!({ "Ort": "city", "Notiz": null }).to_string();
        let first = Form::of(&[("file.name", "a.csv"), ("columns", &kept)]);
        assert_eq!(request(&first)["columns"], json!({ "Ort": "city", "Notiz": null }));
        let later = Form::of(&[
            ("file.name", "a.csv"),
            ("columns", &kept),
            ("head.0", "Ort"),
            ("map.0", "region"),
            ("was.0", ""),
        ]);
        assert_eq!(request(&later)["columns"], json!({ "Ort": "region" }));
    }

    #[test]
    fn what_comes_from_the_file_or_is_left_alone_is_not_set() {
        let form = Form::of(&[
            ("file.name", "a.csv"),
            ("segment.choice", "file"),
            ("action.choice", "none"),
            ("touchpoint", ""),
        ]);
        assert_eq!(request(&form)["settings"], json!({}));
    }

    #[test]
    fn a_country_may_be_named() {
        for (written, code) in [
            ("de", "DE"),
            ("Schweiz", "CH"),
            ("Germany", "DE"),
            ("Japan", "JP"),
            ("UK", "UK"),
            ("Atlantis", "ATLANTIS"),
        ] {
            assert_eq!(as_given("default_region", written), code);
        }
    }

    #[test]
    fn an_existing_segment_must_exist() {
        let existing = format!("Surveys{BETWEEN}May");
        let form = Form::of(&[("file.name", "a.csv"), ("segment.choice", "existing"), ("segment.existing", &existing)]);
        assert_eq!(
            request(&form)["settings"]["segment"],
            json!({ "group": "Surveys", "name": "May", "create": false })
        );
    }
}
