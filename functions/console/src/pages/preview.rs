//! What Muster reads in the beginning of a file, with a choice for each column, before anything is uploaded.

use std::collections::BTreeSet;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::mapping::{Choices, mapping};
use super::{count, problem_of, settings, text};
use crate::answers;
use crate::columns::words;
use crate::console::Console;
use crate::fields;
use crate::form::Form;
use crate::language::Language;
use crate::refusal::Refusal;
use crate::show;
use crate::texts::{Texts, fill};
use crate::visit::Visit;

/// Notices that are shown; the page of the import has more.
const NOTICES: usize = 5;

impl Console {
    /// The answer to a script that has the beginning of a file.
    pub(crate) async fn preview(&self, visit: &Visit<'_>, form: &Form) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let mut body = settings::request(form);
        body["sample"] = form.get("sample").unwrap_or_default().into();
        let mut preview = self.look(visit, &body).await?;
        if forget_missing(&mut body, &preview) {
            preview = self.look(visit, &body).await?;
        }
        let left_out = |column: &Json| column["how"] == "left_out";
        let is_ignoring = body["on_unknown_column"] == "ignore";
        if is_ignoring && preview["columns"].as_array().is_some_and(|columns| columns.iter().any(left_out)) {
            // What an unknown header may mean is said only where one stops the import.
            body["on_unknown_column"] = "fail".into();
            suggest(&mut preview, &self.look(visit, &body).await?);
        }
        let left_out = body["columns"].as_object().into_iter().flatten().filter(|(_, goes_to)| goes_to.is_null());
        let fields = self.api.list(visit, "/custom-fields", "custom_fields").await?;
        let region = Language::region(visit.asked.request);
        let choices = Choices {
            fields: fields.iter().map(|field| text(&field["column"])).collect(),
            left_out: left_out.map(|(header, _)| header.as_str()).collect(),
            may_set: form.get("definition").is_none(),
        };
        Ok(answers::fragment(content(visit.asked.language, &preview, &choices, region.as_deref())))
    }

    async fn look(&self, visit: &Visit<'_>, body: &Json) -> Result<Json, Refusal> {
        self.api.post(visit, "/imports/preview", body.to_string().into_bytes()).await
    }
}

/// Forgets choices for columns that the file does not have, as it is read now: those of an earlier import or another file. True
/// if there were any.
fn forget_missing(body: &mut Json, preview: &Json) -> bool {
    let headers: BTreeSet<&str> =
        preview["columns"].as_array().into_iter().flatten().map(|column| text(&column["header"])).collect();
    let Some(columns) = body.get_mut("columns").and_then(Json::as_object_mut) else { return false };
    let before = columns.len();
    columns.retain(|header, _| headers.contains(header.as_str()));
    columns.len() < before
}

/// Takes the suggestions for columns over from another look at the same file.
fn suggest(preview: &mut Json, other: &Json) {
    for (at, column) in preview["columns"].as_array_mut().into_iter().flatten().enumerate() {
        let suggestion = &other["columns"][at]["suggestion"];
        if column["how"] == "left_out" && suggestion.is_object() {
            column["suggestion"] = suggestion.clone();
        }
    }
}

fn content(language: Language, preview: &Json, choices: &Choices<'_>, region: Option<&str>) -> Markup {
    let texts = language.texts();
    let may_set = choices.may_set;
    let cures = |problem: &Json| cures(texts, text(&problem["message"]), may_set, region);
    let columns = preview["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let problems = preview["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let line = count(&preview["header_line"]).max(1).to_string();
    let separator = show::delimiter(text(&preview["delimiter"]));
    let found = [("encoding", text(&preview["encoding"]["label"])), ("delimiter", separator), ("line", &line)];
    html! {
        h2 { (texts.preview) }
        @if let Some(name) = preview["definition_suggested"].as_str() {
            @if may_set {
                div.notice.offer {
                    span { (fill(texts.definition_fits, &[("name", name)])) }
                    button type="button" data-definition=(name) { (texts.use_definition) }
                }
            }
        }
        @if !columns.is_empty() { p.sub { (fill(texts.preview_found, &found)) } }
        @if !problems.is_empty() {
            div.notice.wrong tabindex="-1" data-needed {
                p.strong { (texts.preview_needs) }
                ul.problems { @for problem in problems { li { (problem_of(language, problem)) (cures(problem)) } } }
            }
        }
        (notices(language, preview, &cures))
        @let suggested = columns.iter().filter(|column| column["column"].is_null() && column["suggestion"].is_object()).count();
        @if suggested > 0 {
            div.offer { button type="button" data-take-all { (fill(texts.take_suggestions, &[("n", &suggested.to_string())])) } }
        }
        @if may_set || columns.is_empty() {
            (mapping(language, columns, choices))
            (row_problems(language, preview, &cures))
            (rows(language, preview))
        } @else {
            // A definition has decided where columns go: they are shown if something is needed, or to whoever asks.
            (row_problems(language, preview, &cures))
            @let used = columns.iter().filter(|column| !column["column"].is_null()).count();
            details.fold open[!problems.is_empty()] {
                summary { (fill(texts.columns_used, &[("used", &used.to_string()), ("all", &columns.len().to_string())])) }
                (mapping(language, columns, choices))
                (rows(language, preview))
            }
        }
    }
}

/// What is worth a look in the beginning of the file.
fn notices(language: Language, preview: &Json, cures: &impl Fn(&Json) -> Markup) -> Markup {
    let texts = language.texts();
    let notices = preview["notices"].as_array().filter(|notices| !notices.is_empty());
    html! {
        @if let Some(notices) = notices {
            div.notice {
                p.strong { (texts.notices) }
                ul.problems {
                    @for notice in notices.iter().take(NOTICES) {
                        li { (problem_of(language, notice)) (cures(notice)) }
                    }
                }
            }
        }
    }
}

/// What a problem says would help, for the script to fill in. With a definition the form sets nothing itself.
fn cures(texts: &Texts, message: &str, may_set: bool, region: Option<&str>) -> Markup {
    let cures = fields::cures(message, region);
    html! {
        @if may_set && !cures.is_empty() {
            div.actions {
                span { (texts.would_help) }
                @for (field, value) in cures {
                    button type="button" data-setting=(field.name) data-value=(value) {
                        ((field.label)(texts)) @if value.is_empty() { " …" } @else { ": " (field.in_words(texts, value)) }
                    }
                }
            }
        }
    }
}

/// The first rows, as they would be stored.
fn rows(language: Language, preview: &Json) -> Markup {
    let texts = language.texts();
    let rows = preview["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(|row| row["values"].as_object()).flat_map(|values| values.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    html! {
        @if !names.is_empty() { div.scroll role="region" aria-label=(texts.preview_rows_caption) tabindex="0" {
            table.rows {
                caption { (texts.preview_rows_caption) }
                thead { tr { th.number scope="col" { (texts.line) } @for name in &names { th scope="col" { (words(language, name)) } } } }
                tbody {
                    @for row in rows.iter().take(5) {
                        tr {
                            th.number scope="row" { (show::number(language, count(&row["line"]))) }
                            @for name in &names { td { (shown(texts, &row["values"][*name])) } }
                        }
                    }
                }
            }
        } }
    }
}

/// What would be wrong with the first rows.
fn row_problems<'a>(language: Language, preview: &'a Json, cures: &impl Fn(&Json) -> Markup) -> Markup {
    let texts = language.texts();
    let rows = preview["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    let problems = rows.iter().flat_map(|row| {
        let problems = row["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
        problems.iter().map(move |problem| (count(&row["line"]), problem))
    });
    // One of each kind and column says it for all.
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let is_new = |&(_, problem): &(u64, &'a Json)| seen.insert((text(&problem["code"]), text(&problem["column"])));
    let problems: Vec<(u64, &Json)> = problems.filter(is_new).take(NOTICES).collect();
    html! {
        @if !problems.is_empty() {
            div.notice {
                p.strong { (texts.preview_row_problems) }
                ul.problems {
                    @for (line, problem) in problems {
                        li {
                            (texts.line) " " (show::number(language, line))
                            @if let Some(column) = problem["column"].as_str() { " · " (column) }
                            ": " (problem_of(language, problem)) (cures(problem)) }
                    }
                }
            }
        }
    }
}

/// A stored value, which may go on in the next line behind an @.
pub(super) fn value(language: Language, value: &Json) -> Markup {
    if let Some(moment) = value.as_str().and_then(|text| show::moment(language, text)) {
        return moment;
    }
    let text = shown(language.texts(), value);
    html! { @for (at, part) in text.split_inclusive('@').enumerate() { @if at > 0 { wbr; } (part) } }
}

/// A stored value as a reader sees it.
fn shown(texts: &Texts, value: &Json) -> String {
    match value {
        Json::Null => "–".to_owned(),
        Json::Bool(true) => texts.yes.to_owned(),
        Json::Bool(false) => texts.no.to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(|item| shown(texts, item)).collect::<Vec<_>>().join(", "),
        Json::Object(members) => members.values().map(|member| shown(texts, member)).collect::<Vec<_>>().join(", "),
        number @ Json::Number(_) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const fn chosen(may_set: bool) -> Choices<'static> {
        Choices { fields: Vec::new(), left_out: BTreeSet::new(), may_set }
    }

    #[test]
    fn each_column_shows_where_it_goes_and_what_matches_nothing_is_left_out() {
        let hostile = "<img src=x onerror=alert(1)>";
        let preview = json!({
            "encoding": { "label": "windows-1252" }, "delimiter": ";", "header_line": 1, "ready": true, "problems": [],
            "columns": [
                { "header": "E-Mail", "column": "email", "how": "alias", "filled": 1.0, "examples": ["a@b.de"] },
                { "header": hostile, "column": null, "how": "left_out", "filled": 0.04, "examples": [hostile] },
            ],
            "rows": [{ "row": 1, "line": 2, "values": { "email": "a@b.de", "note": hostile }, "problems": [] }],
        });
        let shown = content(Language::English, &preview, &chosen(true), None).into_string();
        assert!(shown.contains("Read as windows-1252, columns separated by “;”, header in line 1."), "{shown}");
        assert!(shown.contains("<option value=\"email\" selected>E-mail address</option>"), "{shown}");
        assert!(shown.contains("matches nothing") && shown.contains("4 %"), "{shown}");
        assert!(!shown.contains("<img"), "{shown}");
    }

    #[test]
    fn what_a_problem_says_would_help_is_offered_unless_a_definition_decides() {
        let preview = json!({
            "encoding": { "label": "utf-8" }, "delimiter": ",", "columns": [], "rows": [],
            "problems": [{ "code": "ambiguous_dates", "message": "Set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`." }],
        });
        let kind = crate::kinds::kind(Language::German, "ambiguous_dates").unwrap();
        let offered = content(Language::German, &preview, &chosen(true), None).into_string();
        for expected in ["data-setting=\"date_format\" data-value=\"MM/DD/YYYY\"", "Datumsangaben: DD.MM.YYYY", kind] {
            assert!(offered.contains(expected), "{offered}");
        }
        assert!(!content(Language::German, &preview, &chosen(false), None).into_string().contains("data-setting"));
    }

    #[test]
    fn choices_for_columns_that_the_file_does_not_have_are_forgotten() {
        let preview = json!({ "columns": [{ "header": "Ort" }] });
        let mut body = json!({ "columns": { "Ort": "city", "Stadt": "city", "Notiz": null } });
        assert!(forget_missing(&mut body, &preview));
        assert_eq!(body["columns"], json!({ "Ort": "city" }));
        assert!(!forget_missing(&mut body, &preview));
        let mut without = json!({});
        assert!(!forget_missing(&mut without, &preview));
        assert_eq!(without, json!({}));
    }

    #[test]
    fn a_name_that_is_there_again_has_no_choice_of_its_own() {
        let column = json!({ "header": "Ort", "column": "city", "how": "alias", "filled": 1.0, "examples": [] });
        let preview =
            json!({ "encoding": {}, "delimiter": ",", "columns": [column, column], "problems": [], "rows": [] });
        let shown = content(Language::English, &preview, &chosen(true), None).into_string();
        assert_eq!(shown.matches("name=\"map.").count(), 1);
        assert!(shown.contains("one choice for both"), "{shown}");
    }
}
