//! Definitions: what they set, and one made from an import or deleted.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use runtime::http;
use serde_json::{Value as Json, json};

use super::{settings, text};
use crate::answers;
use crate::console::Console;
use crate::form::Form;
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::show;
use crate::visit::Visit;

impl Console {
    pub(crate) async fn definitions(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let query = visit.asked.request.raw_query_string.as_deref().unwrap_or_default();
        let listing = self.api.get(visit, "/definitions", query).await?;
        let page = Page::of(visit).titled(visit.asked.language.texts().definitions).in_section("catalogue");
        Ok(page.answer(200, &list(visit.asked.language, visit.member, &listing)))
    }

    /// Keeps the settings of an import under a name.
    pub(crate) async fn save_definition(
        &self,
        visit: &Visit<'_>,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let name = form.get("name").unwrap_or_default();
        let body = json!({ "name": name, "from_import": form.get("from_import").unwrap_or_default() });
        match self.api.post(visit, "/definitions", body.to_string().into_bytes()).await {
            Ok(_) => Ok(answers::redirect(&format!("{ROOT}/definitions"))),
            // The name can be mended here.
            Err(refusal) if matches!(refusal.status, 400 | 409) => {
                let language = visit.asked.language;
                let page = Page::of(visit).titled(language.texts().save_definition).in_section("imports");
                Ok(page.answer(refusal.status, &mend_name(language, visit.member, form, &refusal)))
            }
            Err(refusal) => Err(refusal),
        }
    }

    pub(crate) async fn delete_definition(
        &self,
        visit: &Visit<'_>,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let name = form.get("name").unwrap_or_default();
        self.delete(visit, &format!("/definitions/{}", http::segment(name)), &format!("{ROOT}/definitions")).await
    }

    /// The names of the first definitions, for a form to offer.
    pub(super) async fn definition_names(&self, visit: &Visit<'_>) -> Result<Vec<String>, Refusal> {
        let all = self.api.list(visit, "/definitions", "definitions").await?;
        Ok(all.iter().map(|definition| text(&definition["name"]).to_owned()).collect())
    }
}

fn list(language: Language, member: &Member, listing: &Json) -> Markup {
    let texts = language.texts();
    let definitions = listing["definitions"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        nav.crumbs { a href=(format!("{ROOT}/catalogue")) { "← " (texts.catalogue) } }
        h1 { (texts.definitions) }
        p.sub { (texts.definitions_intro) }
        @if definitions.is_empty() { p.sub { (texts.no_definitions) } }
        @for definition in definitions {
            section.card {
                h2 { (text(&definition["name"])) }
                p.sub {
                    @match definition["last_import"]["id"].as_str() {
                        Some(id) => { (texts.last_import) " " a href=(format!("{ROOT}/imports/{id}")) { (show::time(language, &definition["last_import"]["created_at"])) } }
                        None => (texts.never_imported)
                    }
                }
                (settings::used(language, definition))
                @if let Some(header) = definition["header"].as_array() {
                    p.sub {
                        (texts.definition_header) " "
                        @for (at, name) in header.iter().enumerate() { @if at > 0 { ", " } (text(name)) }
                    }
                }
                @if Console::may_import(member) {
                    form method="post" action=(format!("{ROOT}/definitions/delete")) {
                        (csrf(member))
                        input type="hidden" name="name" value=(text(&definition["name"]));
                        button type="submit" { (texts.delete) }
                    }
                }
            }
        }
        @if let Some(cursor) = listing["cursor"].as_str() {
            p { a.button href=(format!("{ROOT}/definitions?{}", crate::form::query(&[("cursor", cursor)]))) { (texts.more) } }
        }
    }
}

/// Why the settings of an import are not kept under this name, and the form again.
fn mend_name(language: Language, member: &Member, form: &Form, refusal: &Refusal) -> Markup {
    let texts = language.texts();
    let (name, import) = (form.get("name").unwrap_or_default(), form.get("from_import").unwrap_or_default());
    html! {
        nav.crumbs { a href=(format!("{ROOT}/imports/{import}")) { "← " (texts.upload_page) } }
        h1 { (texts.save_definition) }
        div.notice.wrong role="alert" #refused { @for message in refusal.messages(language) { p lang=[message.lang] { (message.text) } } }
        section.card { (save_form(language, member, import, Some(name))) }
    }
}

/// The form with which the settings of an import are kept under a name. `refused` is a name that cannot be used.
pub(super) fn save_form(language: Language, member: &Member, import: &str, refused: Option<&str>) -> Markup {
    let texts = language.texts();
    let described = refused.map(|_| "refused");
    html! {
        form.add.apart method="post" action=(format!("{ROOT}/definitions")) {
            (csrf(member))
            input type="hidden" name="from_import" value=(import);
            label for="definition-name" { (texts.definition_name) }
            input #definition-name name="name" required maxlength="200" autocomplete="off" value=[refused]
                autofocus[refused.is_some()] aria-invalid=[refused.map(|_| "true")] aria-describedby=[described];
            button type="submit" { (texts.save_definition) }
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::keys::Role;

    use super::*;

    #[test]
    fn definitions_are_listed_in_both_languages_and_deleted_by_whoever_may_import() {
        let hostile = "\"><script>alert(1)</script>";
        let listing = json!({
            "definitions": [{ "name": hostile, "mode": "update_only", "columns": { hostile: null }, "header": [hostile],
                "last_import": { "id": "01K", "created_at": "2026-05-01T12:00:00Z" } }],
            "cursor": "next one",
        });
        for language in Language::ALL {
            let page = |role| list(language, &Member::of_role(role), &listing).into_string();
            assert!(!page(Role::Import).contains("<script"), "{}", page(Role::Import));
            assert!(page(Role::Import).contains("/definitions/delete\"") && !page(Role::Read).contains("<form"));
            assert!(page(Role::Read).contains("/console/imports/01K") && page(Role::Read).contains("2026-05-01T12:00"));
            assert!(
                page(Role::Read).contains("cursor=next+one")
                    && page(Role::Read).contains(language.texts().mode_update_only)
            );
        }
    }
}
