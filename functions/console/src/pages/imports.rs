//! The list of imports.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use runtime::http;
use serde_json::Value as Json;

use super::{count, empty, outcome_bar, text};
use crate::console::Console;
use crate::form::query;
use crate::language::Language;
use crate::page::Page;
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::show;
use crate::visit::Visit;
use crate::wording::plain_wording;

/// Imports of one listing.
const LIMIT: &str = "25";
/// The states, as the filter offers them.
const STATES: [&str; 7] = ["awaiting_upload", "checking", "importing", "finishing", "completed", "failed", "cancelled"];

/// What can be searched for: the members of the query, which are those of the API.
const SEARCHED: [&str; 5] = ["text", "state", "by", "from", "to"];

/// The filled fields of the search form, by name.
#[derive(Debug, Default)]
struct Search(Vec<(&'static str, String)>);

impl Search {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(member, _)| *member == name).map_or("", |(_, value)| value)
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

impl Console {
    pub(crate) async fn imports(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let given = |name| http::query(visit.asked.request, name).map(|value| value.trim().to_owned());
        let searched =
            SEARCHED.into_iter().filter_map(|name| Some((name, given(name).filter(|value| !value.is_empty())?)));
        let search = Search(searched.collect());
        let cursor = http::query(visit.asked.request, "cursor");
        let mut pairs = vec![("limit", LIMIT)];
        pairs.extend(search.pairs());
        pairs.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let may_import = Self::may_import(visit.member);
        let page = Page::of(visit).titled(visit.asked.language.texts().imports).in_section("imports");
        match self.api.get(visit, "/imports", &query(&pairs)).await {
            Ok(listing) => {
                Ok(page.answer(200, &content(visit.asked.language, &listing, &search, cursor.is_some(), may_import)))
            }
            // The search is shown again, with what is wrong with it.
            Err(refusal) if !refusal.problems.is_empty() => {
                Ok(page.answer(refusal.status, &mistaken(visit.asked.language, &refusal, &search, may_import)))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

/// The heading, and the form that searches.
fn top(language: Language, search: &Search, may_import: bool) -> Markup {
    let texts = language.texts();
    html! {
        div.head {
            h1 { (texts.imports) }
            @if may_import { a.button.primary href=(format!("{ROOT}/imports/new")) { (texts.new_import) } }
        }
        form.filter role="search" aria-label=(texts.search_imports) method="get" action=(format!("{ROOT}/imports")) {
            div.grow {
                label for="text" { (texts.search_text) }
                input #text type="search" name="text" maxlength="200" autocomplete="off" value=(search.get("text"));
            }
            div {
                label for="state" { (texts.state) }
                select #state name="state" {
                    option value="" { (texts.all_states) }
                    @for name in STATES { option value=(name) selected[search.get("state") == name] { (texts.state(name)) } }
                }
            }
            div {
                label for="by" { (texts.search_by) }
                input #by name="by" maxlength="200" autocomplete="off" value=(search.get("by"));
            }
            div {
                label for="from" { (texts.search_from) }
                input #from type="date" name="from" value=(search.get("from"));
            }
            div {
                label for="to" { (texts.search_to) }
                input #to type="date" name="to" value=(search.get("to"));
            }
            button type="submit" { (texts.find) }
        }
    }
}

fn mistaken(language: Language, refusal: &Refusal, search: &Search, may_import: bool) -> Markup {
    html! {
        (top(language, search, may_import))
        div.notice.wrong role="alert" {
            ul {
                @for problem in &refusal.problems {
                    @let message = plain_wording(language, text(&problem["message"]));
                    li lang=[message.lang] { (message.text) }
                }
            }
        }
    }
}

fn content(language: Language, listing: &Json, search: &Search, is_further: bool, may_import: bool) -> Markup {
    let texts = language.texts();
    let imports = listing["imports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = format!("{ROOT}/imports");
    let new = format!("{ROOT}/imports/new");
    let is_searched = !search.0.is_empty();
    html! {
        (top(language, search, may_import))
        @if imports.is_empty() && is_searched {
            // A search looks at so many imports at a time, so that none of them may be at the end yet.
            @if let Some(cursor) = listing["cursor"].as_str() {
                (empty(texts.no_imports_found, texts.no_imports_found_yet, Some((&further(search, cursor), texts.look_further))))
            } @else {
                (empty(texts.no_imports_found, texts.no_imports_found_text, Some((&all, texts.show_all))))
            }
        } @else if imports.is_empty() && !is_further {
            (empty(texts.no_imports, texts.no_imports_text, may_import.then_some((new.as_str(), texts.new_import))))
        } @else {
            div.scroll role="region" aria-label=(texts.imports) tabindex="0" {
                table.list.stack {
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
                @if is_further || is_searched { a.button href=(all) { @if is_searched { (texts.show_all) } @else { (texts.first) } } }
                @if let Some(cursor) = listing["cursor"].as_str() {
                    a.button href=(further(search, cursor)) { (texts.more) }
                }
            }
        }
    }
}

fn further(search: &Search, cursor: &str) -> String {
    let mut pairs = vec![("cursor", cursor)];
    pairs.extend(search.pairs());
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
                @if !import["undone_by"].is_null() { " " span.tag { (texts.taken_back) } }
                @if !text(&import["description"]).is_empty() && import["kind"] != "undo" { div.sub { (text(&import["file"]["name"])) } }
            }
            td data-label=(texts.state) { (state_tag(language, import)) }
            td.wide data-label=(texts.outcome) { (outcome_bar(language, counters, rows)) }
            td.number data-label=(texts.rows) { @if rows > 0 { (show::number(language, rows)) } @else { "–" } }
            td data-label=(texts.launched) {
                (show::time(language, &import["created_at"]))
                @if let Some(name) = import["created_by"].as_str() { div.sub { (name) } }
            }
        }
    }
}

/// What an import is called: its description, or else its file. An undo is called what it takes back, and marked beside.
pub(super) fn named(import: &Json) -> &str {
    match text(&import["description"]) {
        undo if import["kind"] == "undo" => undo.strip_prefix("Undo of ").unwrap_or(undo),
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
    let texts = language.texts();
    let word = match (state, import["dry_run"] == true, import["kind"] == "undo") {
        ("importing", true, _) => texts.state_forecasting,
        ("importing", false, true) => texts.undo_importing,
        _ => texts.state(state),
    };
    html! { span class=(format!("state {state}")) { span aria-hidden="true" { (mark) } " " (word) } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_list_says_what_to_do_and_offers_it_to_whoever_may() {
        let listing = json!({ "imports": [], "cursor": null });
        let shown = content(Language::German, &listing, &Search::default(), false, true).into_string();
        assert!(shown.contains("Noch keine Importe") && shown.contains("href=\"/console/imports/new\""), "{shown}");
        assert!(
            !content(Language::German, &listing, &Search::default(), false, false)
                .into_string()
                .contains("/imports/new")
        );
    }

    #[test]
    fn a_search_that_finds_nothing_goes_on_where_older_imports_may_match() {
        let search = Search(vec![("text", "May & June".to_owned()), ("state", "failed".to_owned())]);
        let shown = |cursor: Json| {
            content(Language::English, &json!({ "imports": [], "cursor": cursor }), &search, false, true).into_string()
        };
        let further = shown("01K".into());
        assert!(further.contains("cursor=01K&amp;text=May+%26+June&amp;state=failed"), "{further}");
        assert!(
            further.contains("value=\"May &amp; June\"") && further.contains("value=\"failed\" selected"),
            "{further}"
        );
        let over = shown(Json::Null);
        assert!(!over.contains("cursor=") && over.contains("Show all imports"), "{over}");
    }

    #[test]
    fn a_hostile_name_stays_a_text() {
        let hostile = "\"><script>alert(1)</script><b style='x'>";
        let import = json!({
            "id": "01K", "description": hostile, "state": "completed", "counters": { "rows": 2, "created": 2 },
            "file": { "name": hostile }, "created_at": "2026-05-01T12:00:00Z",
        });
        let shown =
            content(Language::English, &json!({ "imports": [import] }), &Search::default(), false, true).into_string();
        assert!(!shown.contains("<script>alert") && !shown.contains("<b style"), "{shown}");
        assert!(shown.contains("&lt;script&gt;"), "{shown}");
    }
}
