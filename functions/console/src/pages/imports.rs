//! The list of imports.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use runtime::http;
use serde_json::Value as Json;

use super::{count, empty, outcome_bar, text};
use crate::api::Refusal;
use crate::form::query;
use crate::page::Page;
use crate::session::Member;
use crate::texts::Language;
use crate::{Asked, Console, ROOT, show};

/// Imports of one listing.
const LIMIT: &str = "25";
/// The states, as the filter offers them.
const STATES: [&str; 7] = ["awaiting_upload", "checking", "importing", "finishing", "completed", "failed", "cancelled"];

impl Console {
    pub(crate) async fn imports(
        &self,
        asked: &Asked<'_>,
        member: &Member,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let state = http::query(asked.request, "state").filter(|state| STATES.contains(&state.as_str()));
        let cursor = http::query(asked.request, "cursor");
        let mut pairs = vec![("limit", LIMIT)];
        pairs.extend(state.as_deref().map(|state| ("state", state)));
        pairs.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let listing = self.api.get(asked, member, "/imports", &query(&pairs)).await?;
        let may_import = Self::may_import(member);
        let content = content(asked.language, &listing, state.as_deref(), cursor.is_some(), may_import);
        let page = Page::new(asked, Some(member)).titled(asked.language.texts().imports).in_section("imports");
        Ok(page.answer(200, &content))
    }
}

fn content(language: Language, listing: &Json, state: Option<&str>, is_further: bool, may_import: bool) -> Markup {
    let texts = language.texts();
    let imports = listing["imports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let new = format!("{ROOT}/imports/new");
    html! {
        div.head {
            h1 { (texts.imports) }
            @if may_import { a.button.primary href=(new) { (texts.new_import) } }
        }
        form.filter method="get" action=(format!("{ROOT}/imports")) {
            label for="state" { (texts.state) }
            select #state name="state" {
                option value="" { (texts.all_states) }
                @for name in STATES { option value=(name) selected[state == Some(name)] { (texts.state(name)) } }
            }
            button type="submit" { (texts.show) }
        }
        @if imports.is_empty() && state.is_some() {
            div.empty {
                p { (texts.no_imports_state) }
                @if let Some(cursor) = listing["cursor"].as_str() {
                    a.button href=(further(state, cursor)) { (texts.more) }
                }
            }
        } @else if imports.is_empty() && !is_further {
            (empty(texts.no_imports, texts.no_imports_text, may_import.then_some((new.as_str(), texts.new_import))))
        } @else {
            div.scroll role="region" aria-label=(texts.imports) tabindex="0" {
                table.list {
                    caption.sr { (texts.imports_caption) }
                    thead { tr {
                        th scope="col" { (texts.what) }
                        th scope="col" { (texts.state) }
                        th.wide scope="col" { (texts.outcome) }
                        th.number scope="col" { (texts.rows) }
                        th scope="col" { (texts.launched) }
                    } }
                    tbody { @for import in imports { (line(language, import)) } }
                }
            }
            nav.pages aria-label=(texts.more) {
                @if is_further { a.button href=(format!("{ROOT}/imports")) { (texts.first) } }
                @if let Some(cursor) = listing["cursor"].as_str() {
                    a.button href=(further(state, cursor)) { (texts.more) }
                }
            }
        }
    }
}

fn further(state: Option<&str>, cursor: &str) -> String {
    let mut pairs = vec![("cursor", cursor)];
    pairs.extend(state.map(|state| ("state", state)));
    format!("{ROOT}/imports?{}", query(&pairs))
}

fn line(language: Language, import: &Json) -> Markup {
    let texts = language.texts();
    let counters = &import["counters"];
    let rows = count(&counters["rows"]);
    html! {
        tr {
            th scope="row" {
                a href=(format!("{ROOT}/imports/{}", text(&import["id"]))) { (named(import)) }
                @if import["kind"] == "undo" { " " span.tag { (texts.undo_tag) } }
                @if import["dry_run"] == true { " " span.tag { (texts.forecast) } }
                @if !text(&import["description"]).is_empty() { div.sub { (text(&import["file"]["name"])) } }
            }
            td { (state_tag(language, import)) }
            td.wide { (outcome_bar(language, counters, rows)) }
            td.number { @if rows > 0 { (show::number(language, rows)) } @else { "–" } }
            td { (show::time(language, &import["created_at"])) }
        }
    }
}

/// What an import is called: its description, or else its file.
pub(super) fn named(import: &Json) -> &str {
    match text(&import["description"]) {
        "" => text(&import["file"]["name"]),
        description => description,
    }
}

/// The state, with a mark so that it does not depend on colours.
pub(super) fn state_tag(language: Language, import: &Json) -> Markup {
    let state = text(&import["state"]);
    let mark = match state {
        "completed" => "✓",
        "failed" => "✕",
        "cancelled" => "–",
        _ => "●",
    };
    html! { span class=(format!("state {state}")) { span aria-hidden="true" { (mark) } " " (language.texts().state(state)) } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_list_says_what_to_do_and_offers_it_to_whoever_may() {
        let listing = json!({ "imports": [], "cursor": null });
        let shown = content(Language::German, &listing, None, false, true).into_string();
        assert!(shown.contains("Noch keine Importe") && shown.contains("href=\"/console/imports/new\""), "{shown}");
        assert!(!content(Language::German, &listing, None, false, false).into_string().contains("/imports/new"));
    }

    #[test]
    fn a_hostile_name_stays_a_text() {
        let hostile = "\"><script>alert(1)</script><b style='x'>";
        let import = json!({
            "id": "01K", "description": hostile, "state": "completed", "counters": { "rows": 2, "created": 2 },
            "file": { "name": hostile }, "created_at": "2026-05-01T12:00:00Z",
        });
        let shown = content(Language::English, &json!({ "imports": [import] }), None, false, true).into_string();
        assert!(!shown.contains("<script>alert") && !shown.contains("<b style"), "{shown}");
        assert!(shown.contains("&lt;script&gt;"), "{shown}");
    }
}
