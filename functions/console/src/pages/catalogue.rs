//! The catalogue: the names that files and settings may use. And the reference of columns.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::catalogue::EntryKind;
use domain::imports::DEFAULT_API_ENDPOINT;
use maud::{Markup, html};
use runtime::http;
use serde_json::{Value as Json, json};

use super::text;
use crate::answers;
use crate::columns::words;
use crate::console::Console;
use crate::form::Form;
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::texts::Texts;
use crate::visit::Visit;
use crate::wording::plain_wording;

/// The kinds that the page lists; segments have a page of their own.
const KINDS: [EntryKind; 5] = [
    EntryKind::ApiEndpoint,
    EntryKind::Touchpoint,
    EntryKind::SegmentGroup,
    EntryKind::SourceAction,
    EntryKind::CustomField,
];
/// The types of custom fields.
const TYPES: [&str; 6] = ["text", "number", "date", "datetime", "yes_no", "list"];

/// What was asked of a list of the catalogue and refused.
struct Refused {
    kind: EntryKind,
    /// The name that was to be added; empty if an entry was to be deleted.
    name: String,
    refusal: Refusal,
}

impl Console {
    pub(crate) async fn catalogue(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        self.catalogue_with(visit, None).await
    }

    /// The catalogue; what was refused stands at its list, so that it can be mended there.
    async fn catalogue_with(
        &self,
        visit: &Visit<'_>,
        refused: Option<Refused>,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let mut lists = Vec::new();
        for kind in KINDS {
            lists.push((kind, self.entries_of(visit, kind).await?));
        }
        let texts = visit.asked.language.texts();
        let content = html! {
            h1 { (texts.catalogue) }
            p.sub { (texts.catalogue_intro) " " a href=(format!("{ROOT}/columns")) { (texts.column_reference) } " · " a href=(format!("{ROOT}/definitions")) { (texts.definitions) } }
            div.columns { @for (kind, entries) in &lists {
                @let refused = refused.as_ref().filter(|refused| refused.kind == *kind);
                (list(visit.asked.language, visit.member, *kind, entries, refused))
            } }
        };
        let page = Page::of(visit).titled(texts.catalogue).in_section("catalogue");
        Ok(page.answer(refused.map_or(200, |refused| refused.refusal.status), &content))
    }

    /// Shows what was refused at its list, unless it is no matter of that list.
    async fn at_its_list(&self, visit: &Visit<'_>, refused: Refused) -> Result<LambdaFunctionUrlResponse, Refusal> {
        match refused.refusal.status {
            400 | 409 => self.catalogue_with(visit, Some(refused)).await,
            _ => Err(refused.refusal),
        }
    }

    /// All entries of a kind, as the API lists them.
    pub(super) async fn entries_of(&self, visit: &Visit<'_>, kind: EntryKind) -> Result<Vec<Json>, Refusal> {
        self.api.list(visit, &format!("/{}s", kind.word()), &kind.member()).await
    }

    pub(crate) async fn add_entry(
        &self,
        visit: &Visit<'_>,
        kind: &str,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let Some(kind) = EntryKind::listed_at(kind).filter(|kind| KINDS.contains(kind)) else {
            return Err(Refusal::no_such_page());
        };
        let mut entry = json!({ "name": form.get("name").unwrap_or_default() });
        if let Some(holds) = form.get("type") {
            entry["type"] = holds.into();
        }
        match self.api.post(visit, &format!("/{}s", kind.word()), entry.to_string().into_bytes()).await {
            Ok(_) => Ok(answers::redirect(&format!("{ROOT}/catalogue#{}s", kind.word()))),
            Err(refusal) => {
                let name = form.get("name").unwrap_or_default().to_owned();
                self.at_its_list(visit, Refused { kind, name, refusal }).await
            }
        }
    }

    /// Deletes an entry that nothing uses.
    pub(crate) async fn delete_entry(
        &self,
        visit: &Visit<'_>,
        kind: &str,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let kind = EntryKind::listed_at(kind).filter(|kind| KINDS.contains(kind)).ok_or_else(Refusal::no_such_page)?;
        let (path, name) = (format!("{}s", kind.word()), form.get("name").unwrap_or_default());
        let (entry, list) = (format!("/{path}/{}", http::segment(name)), format!("{ROOT}/catalogue#{path}"));
        match self.delete(visit, &entry, &list).await {
            Err(refusal) => self.at_its_list(visit, Refused { kind, name: String::new(), refusal }).await,
            deleted => deleted,
        }
    }

    pub(crate) async fn columns(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let columns = self.api.get(visit, "/columns", "").await?;
        let page = Page::of(visit).titled(visit.asked.language.texts().columns).in_section("catalogue");
        Ok(page.answer(200, &reference(visit.asked.language, &columns)))
    }
}

fn title(texts: &Texts, kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::ApiEndpoint => texts.api_endpoints,
        EntryKind::Touchpoint => texts.touchpoints,
        EntryKind::SegmentGroup => texts.segment_groups,
        EntryKind::Segment => texts.segments,
        EntryKind::SourceAction => texts.source_actions,
        EntryKind::CustomField => texts.custom_fields,
    }
}

fn list(language: Language, member: &Member, kind: EntryKind, entries: &[Json], refused: Option<&Refused>) -> Markup {
    let texts = language.texts();
    let path = format!("{}s", kind.word());
    let field = format!("name-{path}");
    html! {
        section.card #(path) {
            h2 { (title(texts, kind)) }
            @if let Some(Refused { refusal, .. }) = refused {
                div.notice.wrong role="alert" id=(format!("refused-{path}")) { @for message in refusal.messages(language) { p lang=[message.lang] { (message.text) } } }
            }
            @if entries.is_empty() { p.sub { (texts.no_entries) } } @else {
                ul.plain {
                    @for entry in entries {
                        li.entry {
                            span { (text(&entry["name"])) @if let Some(holds) = entry["type"].as_str() { " " span.sub { (texts.field_type(holds)) } } }
                            @if Console::may_import(member) && text(&entry["name"]) != DEFAULT_API_ENDPOINT {
                                form method="post" action=(format!("{ROOT}/catalogue/{path}/delete")) {
                                    (csrf(member))
                                    input type="hidden" name="name" value=(text(&entry["name"]));
                                    button.quiet type="submit" aria-label=(format!("{}: {}", texts.delete, text(&entry["name"]))) { (texts.delete) }
                                }
                            }
                        }
                    }
                }
            }
            @if Console::may_import(member) {
                form.add method="post" action=(format!("{ROOT}/catalogue/{path}")) {
                    (csrf(member))
                    label.sr for=(field) { (texts.add_name) }
                    @let typed = refused.map_or("", |refused| refused.name.as_str());
                    @let is_wrong = !typed.is_empty();
                    input id=(field) name="name" required maxlength="200" placeholder=(texts.add_name) autocomplete="off" value=(typed)
                        autofocus[is_wrong] aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then(|| format!("refused-{path}"))];
                    @if kind == EntryKind::CustomField {
                        select name="type" aria-label=(texts.kind) { @for name in TYPES { option value=(name) { (texts.field_type(name)) } } }
                    }
                    button type="submit" { (texts.add) }
                }
            }
        }
    }
}

fn reference(language: Language, columns: &Json) -> Markup {
    let texts = language.texts();
    html! {
        h1 { (texts.columns) }
        p.sub { (texts.columns_intro) }
        p { a.button href=(format!("{ROOT}/template.csv")) download { (texts.template) } }
        div.scroll role="region" aria-label=(texts.columns) tabindex="0" {
            table.list.reference.stack {
                caption.sr { (texts.columns_reference_caption) }
                thead { tr {
                    th scope="col" { (texts.column) } th scope="col" { (texts.hint) }
                    th scope="col" { (texts.example) } th scope="col" { (texts.other_names) }
                } }
                tbody {
                    @for column in columns["columns"].as_array().into_iter().flatten() {
                        tr {
                            @let name = text(&column["name"]);
                            th scope="row" { (words(language, name)) div.code { (name) } }
                            @let hint = plain_wording(language, text(&column["hint"]));
                            td.wide lang=[hint.lang] { (hint.text) }
                            td data-label=(texts.example) { code { (text(&column["example"])) } }
                            td.sub data-label=(texts.other_names) lang="en" {
                                @for (at, alias) in column["aliases"].as_array().into_iter().flatten().take(4).enumerate() {
                                    @if at > 0 { ", " } (text(alias))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
