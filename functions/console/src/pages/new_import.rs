//! A new import: its file and its settings on one page. The file goes from the browser straight to the bucket.

use std::collections::BTreeMap;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::catalogue::EntryKind;
use domain::imports::DEFAULT_API_ENDPOINT;
use maud::{Markup, html};
use runtime::http;
use serde_json::{Value as Json, json};

use super::imports::named;
use super::settings::{self, BETWEEN};
use super::text;
use super::upload::{ONE_PUT, mend, upload_progress};
use crate::answers;
use crate::console::Console;
use crate::fields::{self, Field, Kind, READING, ROWS};
use crate::form::Form;
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::texts::{Texts, fill};
use crate::visit::Visit;

/// What the form offers, and what it is filled with.
struct NewImport<'a> {
    language: Language,
    member: &'a Member,
    /// The entries of the catalogue, by kind.
    names: BTreeMap<EntryKind, Vec<Json>>,
    /// The definitions that it offers.
    definitions: Vec<String>,
    /// The import whose settings are taken over; null if there is none.
    from: Json,
    /// What is said to help against what an earlier import failed for: fields, and what to fill them with.
    cures: Vec<(&'static Field, String)>,
    /// Whether the file of a forecast is chosen again, to import it.
    is_again: bool,
}

impl Console {
    pub(crate) async fn new_import(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        if !Self::may_import(visit.member) {
            return Err(Refusal::forbidden());
        }
        let mut names = BTreeMap::new();
        for kind in [
            EntryKind::ApiEndpoint,
            EntryKind::Touchpoint,
            EntryKind::SegmentGroup,
            EntryKind::Segment,
            EntryKind::SourceAction,
        ] {
            names.insert(kind, self.entries_of(visit, kind).await?);
        }
        let definitions = self.definition_names(visit).await?;
        let from = match http::query(visit.asked.request, "from") {
            Some(id) => self.api.get(visit, &format!("/imports/{id}"), "").await?,
            None => Json::Null,
        };
        let is_again = http::query(visit.asked.request, "file").as_deref() == Some("again");
        let cures =
            fields::all().filter_map(|field| Some((field, http::query(visit.asked.request, field.name)?))).collect();
        let form = NewImport {
            language: visit.asked.language,
            member: visit.member,
            names,
            definitions,
            from,
            cures,
            is_again,
        };
        let page = Page::of(visit).titled(visit.asked.language.texts().new_import).in_section("imports");
        let origin = self.upload_origin().await;
        Ok(page.with_script("new.js").uploading_to(origin).answer(200, &form.page()))
    }

    /// Launches an import, and tells the script where its file goes.
    pub(crate) async fn create_import(
        &self,
        visit: &Visit<'_>,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let body = settings::request(form).to_string().into_bytes();
        let created = self.api.post(visit, "/imports", body).await?;
        let page = format!("{ROOT}/imports/{}", text(&created["id"]));
        Ok(answers::json(201, &json!({ "page": page, "upload": created["upload"] })))
    }
}

impl NewImport<'_> {
    fn entries(&self, kind: EntryKind) -> &[Json] {
        self.names.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }

    fn page(&self) -> Markup {
        let texts = self.language.texts();
        html! {
            nav.crumbs { a href=(format!("{ROOT}/imports")) { "← " (texts.imports) } }
            h1 { (texts.new_import) }
            @if self.is_again { p.notice role="status" { (texts.launch_gone) } }
            @else if !self.from.is_null() {
                p.notice { (texts.settings_of) " " a href=(format!("{ROOT}/imports/{}", text(&self.from["id"]))) { (named(&self.from)) } }
            }
            noscript { p.notice.wrong { (texts.no_script) } }
            p.notice hidden #under-way { (texts.upload_under_way) " " a href="" { (texts.upload_go_on) } }
            form.new #new method="post" action=(format!("{ROOT}/imports")) novalidate
                data-preview=(format!("{ROOT}/preview")) data-one-put=(ONE_PUT)
                data-failed=(texts.upload_failed)
                data-missing=(texts.file_missing) data-looking=(texts.looking)
                data-no-segment=(fill(texts.no_such_column, &[("column", "segment")]))
                data-no-action=(fill(texts.no_such_column, &[("column", "source_action")])) data-unseen=(texts.preview_failed) data-stale=(texts.preview_stale) data-again=(texts.choose_file_again) data-nameless=(texts.name_missing) data-lang=(self.language.tag()) {
                (csrf(self.member))
                @let kept = &self.from["request"]["columns"];
                @if kept.is_object() { input type="hidden" name="columns" value=(kept.to_string()); }
                (mend(texts))
                (self.file())
                p.sr role="status" #looking {}
                section.card hidden #preview aria-live="polite" tabindex="-1" {}
                (self.fields(&READING, texts.reading, "reading"))
                (self.definition())
                (self.settings())
                (self.buttons())
            }
        }
    }

    fn file(&self) -> Markup {
        let texts = self.language.texts();
        html! {
            section.card {
                h2 { (texts.file) }
                p { (texts.new_intro) }
                p.links {
                    a href=(format!("{ROOT}/template.csv")) download { (texts.template) }
                    a href=(format!("{ROOT}/columns")) target="_blank" rel="noopener" { (texts.column_reference) }
                }
                div.drop #drop {
                    input.sr #file type="file" accept=".csv,.txt,.tsv,.gz,text/csv" aria-describedby="kinds chosen";
                    label.button.primary for="file" { (texts.choose_file) }
                    span.sub { (texts.drop_here) }
                    p.hint #kinds { (texts.file_kinds) }
                    p.chosen #chosen role="status" {}
                }
            }
        }
    }

    /// The choice of a definition. With one, the script hides the other settings, and none of them is sent.
    fn definition(&self) -> Markup {
        let texts = self.language.texts();
        let chosen = text(&self.from["definition"]);
        html! {
            @if !self.definitions.is_empty() {
                section.card {
                    div.field {
                        label for="definition" { (texts.definition) }
                        select #definition name="definition" aria-describedby="definition-hint" {
                            option value="" { (texts.no_definition) }
                            @for name in &self.definitions { option value=(name) selected[name == chosen] { (name) } }
                        }
                        p.hint #definition-hint { (texts.definition_hint) }
                    }
                }
            }
        }
    }

    fn settings(&self) -> Markup {
        let texts = self.language.texts();
        let settings = &self.from["settings"];
        let endpoint = settings["api_endpoint"].as_str().unwrap_or(DEFAULT_API_ENDPOINT);
        let touchpoint = text(&settings["touchpoint"]);
        html! {
            section.card {
                h2 { (texts.settings) }
                div.field {
                    label for="description" { (texts.description) }
                    input #description name="description" maxlength="2000" autocomplete="off" value=(text(&self.from["description"])) aria-describedby="description-hint";
                    p.hint #description-hint { (texts.description_hint) }
                }
                div data-own {
                div.two {
                    div.field {
                        label for="api_endpoint" { (texts.api_endpoint) }
                        select #api_endpoint name="api_endpoint" aria-describedby="endpoint-hint" {
                            @for entry in self.entries(EntryKind::ApiEndpoint) {
                                @let name = text(&entry["name"]);
                                option value=(name) selected[name == endpoint] { (name) }
                            }
                        }
                        p.hint #endpoint-hint { (texts.api_endpoint_hint) }
                    }
                    div.field {
                        label for="touchpoint" { (texts.touchpoint) }
                        select #touchpoint name="touchpoint" aria-describedby="touchpoint-hint" {
                            option value="" { (texts.touchpoint_found) }
                            @for entry in self.entries(EntryKind::Touchpoint) {
                                @let name = text(&entry["name"]);
                                option value=(name) selected[name == touchpoint] { (name) }
                            }
                        }
                        p.hint #touchpoint-hint { (texts.touchpoint_hint) }
                    }
                }
                (self.segment())
                (self.action())
                }
            }
            (self.fields(&ROWS, texts.more_settings, "more"))
        }
    }

    /// Fields, folded until somebody wants to change one, or one is filled.
    fn fields(&self, fields: &[Field], title: &str, id: &str) -> Markup {
        let texts = self.language.texts();
        let is_filled = fields.iter().any(|field| self.is_given(field));
        html! {
            details.card data-own #(id) open[is_filled] {
                summary { h2 { (title) } }
                div.two { @for field in fields { (self.field(texts, field)) } }
            }
        }
    }

    /// What a field is filled with, unless it is left as it is.
    fn given(&self, field: &Field) -> String {
        match self.cures.iter().find(|(cured, _)| cured.name == field.name) {
            Some((_, value)) => value.clone(),
            None => settings::as_written(&self.from["request"][field.name]),
        }
    }

    fn is_given(&self, field: &Field) -> bool {
        !self.given(field).is_empty()
    }

    fn field(&self, texts: &Texts, field: &Field) -> Markup {
        let given = self.given(field);
        let hint_id = format!("{}-hint", field.name);
        html! {
            div.field {
                label for=(field.name) { ((field.label)(texts)) }
                @match field.kind {
                    Kind::Choice(choices) => select id=(field.name) name=(field.name) {
                        @if !given.is_empty() && !choices.iter().any(|(value, _)| *value == given) { option value=(given) selected { (given) } }
                        @for (value, _) in choices { option value=(value) selected[*value == given] { (field.in_words(texts, value)) } }
                    },
                    Kind::Number(hint) => {
                        input id=(field.name) name=(field.name) type="number" min="1" step="1" inputmode="numeric" value=(given) aria-describedby=(hint_id);
                        p.hint id=(hint_id) { (hint(texts)) }
                    }
                    Kind::Text(longest, hint) => {
                        input id=(field.name) name=(field.name) maxlength=(longest) autocomplete="off" spellcheck="false" value=(given) aria-describedby=(hint_id);
                        p.hint id=(hint_id) { (hint(texts)) }
                    }
                }
            }
        }
    }

    fn segment(&self) -> Markup {
        let texts = self.language.texts();
        let setting = &self.from["settings"]["segment"];
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for segment in self.entries(EntryKind::Segment) {
            groups.entry(text(&segment["group"])).or_default().push(text(&segment["name"]));
        }
        let given = (text(&setting["group"]), text(&setting["name"]));
        let exists = groups.get(given.0).is_some_and(|names| names.contains(&given.1));
        let existing = html! {
            @for (group, names) in &groups {
                optgroup label=(group) {
                    @for name in names { option value=(format!("{group}{BETWEEN}{name}")) selected[given == (*group, *name)] { (name) } }
                }
            }
        };
        let new = html! {
            div.field {
                label for="segment-name" { (texts.name) }
                input #segment-name name="segment.name" maxlength="200" autocomplete="off" value=(given.1);
            }
            div.field {
                label for="segment-group" { (texts.group) }
                input #segment-group name="segment.group" maxlength="200" autocomplete="off" list="groups" value=(given.0) placeholder=(domain::imports::DEFAULT_SEGMENT_GROUP);
                datalist #groups { @for group in self.entries(EntryKind::SegmentGroup) { option value=(text(&group["name"])) {} } }
            }
        };
        let named = Named { name: "segment", column: "segment", legend: texts.segment, hint: texts.segment_hint };
        self.one_of(&named, chosen(setting, exists), (!groups.is_empty()).then_some(&existing), &new, &html! {})
    }

    fn action(&self) -> Markup {
        let texts = self.language.texts();
        let setting = &self.from["settings"]["source_action"];
        let given = text(&setting["name"]);
        let entries = self.entries(EntryKind::SourceAction);
        let exists = entries.iter().any(|entry| text(&entry["name"]) == given);
        let existing = html! {
            @for entry in entries {
                @let name = text(&entry["name"]);
                option value=(name) selected[name == given] { (name) }
            }
        };
        let new = html! {
            div.field {
                label for="action-name" { (texts.name) }
                input #action-name name="action.name" maxlength="200" autocomplete="off" value=(given);
            }
        };
        let of_whom = html! {
            div.field.inline {
                label for="action-for" { (texts.action_for) }
                select #action-for name="action.for" {
                    option value="all" { (texts.for_all) }
                    option value="created" selected[setting["for"] == "created"] { (texts.for_created) }
                }
            }
        };
        let named = Named {
            name: "action",
            column: "source_action",
            legend: texts.source_action,
            hint: texts.source_action_hint,
        };
        self.one_of(&named, chosen(setting, exists), (!entries.is_empty()).then_some(&existing), &new, &of_whom)
    }

    /// The choice of something that has a name: none, an existing one, a new one, or that of each row. `existing` are the options
    /// of those that exist, if there are any; `new` are the fields of a new one.
    fn one_of(&self, named: &Named, chosen: &str, existing: Option<&Markup>, new: &Markup, further: &Markup) -> Markup {
        let texts = self.language.texts();
        let choice = format!("{}.choice", named.name);
        html! {
            fieldset.choice {
                legend { (named.legend) }
                p.hint { (named.hint) }
                (radio(&choice, "none", texts.choice_none, chosen))
                @if let Some(options) = existing {
                    (radio(&choice, "existing", texts.choice_existing, chosen))
                    div.dependent data-of="existing" {
                        select name=(format!("{}.existing", named.name)) aria-label=(named.legend) { (options) }
                    }
                }
                (radio(&choice, "new", texts.choice_new, chosen))
                div.dependent.two data-of="new" { (new) }
                (radio(&choice, "file", &fill(texts.choice_file, &[("column", named.column)]), chosen))
                (further)
            }
        }
    }

    fn buttons(&self) -> Markup {
        let texts = self.language.texts();
        html! {
            div.send hidden #send {
                @if self.is_again {
                    button.primary.large type="submit" name="dry_run" value="false" { (texts.choose_again) }
                } @else {
                    div {
                        button.primary.large type="submit" name="dry_run" value="true" aria-describedby="check-hint" { (texts.check_first) }
                        p.hint #check-hint { (texts.check_first_hint) }
                    }
                    button.large type="submit" name="dry_run" value="false" { (texts.import_at_once) }
                }
            }
            (upload_progress(texts))
        }
    }
}

/// Something that an import may name for all rows, and a column for each.
struct Named {
    /// What its fields are called.
    name: &'static str,
    /// The column of the file that names one.
    column: &'static str,
    legend: &'static str,
    hint: &'static str,
}

/// Which choice a setting is, if what it names exists or does not.
fn chosen(setting: &Json, exists: bool) -> &'static str {
    match (setting.is_null(), exists) {
        (true, _) => "none",
        (false, true) => "existing",
        (false, false) => "new",
    }
}

fn radio(name: &str, value: &str, label: &str, chosen: &str) -> Markup {
    html! { label.radio { input type="radio" name=(name) value=(value) checked[value == chosen]; " " (label) } }
}

#[cfg(test)]
mod tests {
    use runtime::keys::Role;

    use super::*;

    #[test]
    fn the_form_takes_over_the_settings_of_an_import_and_no_name_becomes_markup() {
        let hostile = "\"><script>alert(1)</script>";
        let member = Member::of_role(Role::Import);
        let segment = json!({ "id": "s", "group": hostile, "name": "May" });
        let names = BTreeMap::from([
            (EntryKind::Segment, vec![segment]),
            (EntryKind::SourceAction, vec![json!({ "name": hostile })]),
        ]);
        let from = json!({
            "description": hostile, "request": { "mode": "update_only", "null_tokens": ["NULL", hostile] },
            "settings": { "segment": { "group": hostile, "name": "May" }, "source_action": { "name": "Brand new", "for": "created" } },
        });
        for language in Language::ALL {
            let form = NewImport {
                language,
                member: &member,
                names: names.clone(),
                definitions: vec![hostile.to_owned()],
                from: from.clone(),
                cures: vec![(fields::field("date_format").unwrap(), hostile.to_owned())],
                is_again: true,
            };
            let page = form.page().into_string();
            assert!(!page.contains("<script"), "{page}");
            assert!(page.contains("value=\"existing\" checked") && page.contains("value=\"Brand new\""), "{page}");
            assert!(page.contains("<option value=\"update_only\" selected>"), "{page}");
        }
    }
}
