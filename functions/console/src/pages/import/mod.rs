//! The page of an import: its state, what became of the rows, what is wrong, and what can be done.

mod forecast;
mod outcomes;
mod problems;
mod progress;
mod reading;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::imports::named;
use super::{count, settings, text, upload};
use crate::answers;
use crate::console::Console;
use crate::form::Form;
use crate::language::Language;
use crate::member::Member;
use crate::page::Page;
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;
use crate::visit::Visit;

/// Seconds after which the page loads itself again where there are no scripts.
const RELOAD: u32 = 5;

/// An import, and what it takes to show it.
struct Shown<'a> {
    language: Language,
    member: &'a Member,
    import: &'a Json,
    /// How many rows of its report are of each kind, with an example, once there is a report.
    summary: Option<&'a Json>,
    /// The country that the reader's browser names.
    region: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(visit: &Visit<'a>, import: &'a Json, summary: Option<&'a Json>, region: Option<&'a str>) -> Self {
        Self { language: visit.asked.language, member: visit.member, import, summary, region }
    }
}

impl Console {
    pub(crate) async fn import(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let (import, summary) = self.read_import(visit, id).await?;
        let region = Language::region(visit.asked.request);
        let shown = Shown::of(visit, &import, summary.as_ref(), region.as_deref());
        let page = Page::of(visit).titled(&shown.title()).in_section("imports").with_script("live.js");
        let page = match shown.may_send_file() {
            true => page.with_script("resume.js").uploading_to(self.upload_origin().await),
            false => page,
        };
        Ok(page.reloading(shown.is_open().then_some(RELOAD)).answer(200, &shown.page()))
    }

    /// The part of the page that changes, for the script that keeps it up to date.
    pub(crate) async fn live(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let (import, summary) = self.read_import(visit, id).await?;
        let region = Language::region(visit.asked.request);
        let shown = Shown::of(visit, &import, summary.as_ref(), region.as_deref());
        Ok(answers::fragment(shown.live()))
    }

    async fn read_import(&self, visit: &Visit<'_>, id: &str) -> Result<(Json, Option<Json>), Refusal> {
        let import = self.api.get(visit, &format!("/imports/{id}"), "").await?;
        if import["links"]["errors_summary"].is_null() {
            return Ok((import, None));
        }
        // Reports expire before imports do; the page then has the counts alone.
        let summary = self.api.get(visit, &format!("/imports/{id}/errors/summary"), "").await.ok();
        Ok((import, summary))
    }

    /// Takes an import back, or forecasts that.
    pub(crate) async fn undo(
        &self,
        visit: &Visit<'_>,
        id: &str,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let body = format!("{{\"dry_run\":{}}}", form.get("dry_run") == Some("yes"));
        let undo = self.api.post(visit, &format!("/imports/{id}/undo"), body.into_bytes()).await?;
        Ok(answers::redirect(&format!("{ROOT}/imports/{}", text(&undo["id"]))))
    }

    /// Launches the import that a forecast foretold.
    pub(crate) async fn launch(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        match self.api.post(visit, &format!("/imports/{id}/launch"), b"{}".to_vec()).await {
            Ok(launched) => Ok(answers::redirect(&format!("{ROOT}/imports/{}", text(&launched["id"])))),
            // The file is gone, so it is uploaded once more.
            Err(refusal) if refusal.code == "file_expired" => {
                Ok(answers::redirect(&format!("{ROOT}/imports/new?from={id}&file=again")))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

impl Shown<'_> {
    fn state(&self) -> &str {
        text(&self.import["state"])
    }

    fn is_forecast(&self) -> bool {
        self.import["dry_run"] == true
    }

    /// Whether it takes another import back.
    fn is_undo(&self) -> bool {
        self.import["kind"] == "undo"
    }

    /// Whether it still changes: its counters are final once it has ended.
    fn is_open(&self) -> bool {
        self.import["ended_at"].is_null()
    }

    /// Whether whoever looks at it may send its file, which it still awaits.
    fn may_send_file(&self) -> bool {
        self.awaits_file() && Console::may_import(self.member)
    }

    fn awaits_file(&self) -> bool {
        self.state() == "awaiting_upload" && !self.is_undo()
    }

    fn counter(&self, name: &str) -> u64 {
        count(&self.import["counters"][name])
    }

    fn number(&self, name: &str) -> String {
        show::number(self.language, self.counter(name))
    }

    fn rows(&self) -> u64 {
        self.counter("rows")
    }

    fn percent(&self) -> u64 {
        let progress = &self.import["progress"];
        show::percent(count(&progress["done"]), count(&progress["total"]))
    }

    /// The title of the window: how far it is, and what it is.
    fn title(&self) -> String {
        let name = named(self.import);
        match self.state() {
            "checking" | "importing" => format!("{} % · {name}", self.percent()),
            state => format!("{} · {name}", self.language.texts().state(state)),
        }
    }

    fn page(&self) -> Markup {
        let texts = self.language.texts();
        let import = self.import;
        html! {
            nav.crumbs { a href=(format!("{ROOT}/imports")) { "← " (texts.imports) } }
            div.head {
                h1 {
                    (named(import))
                    @if self.is_undo() { " " span.tag { (texts.undo_tag) } }
                    @if self.is_forecast() { " " span.tag { (texts.forecast) } }
                }
            }
            p.sub {
                @if !self.is_undo() && named(import) != text(&import["file"]["name"]) { (text(&import["file"]["name"])) " · " }
                @if !self.is_undo() && count(&import["file"]["size"]) > 0 { (show::size(self.language, count(&import["file"]["size"]))) " · " }
                (show::time(self.language, &import["created_at"]))
                @if let Some(name) = import["created_by"].as_str() { " · " span.by { (fill(texts.launched_by, &[("name", name)])) } }
                @if let Some(forecast) = import["based_on"].as_str() {
                    " · " a href=(format!("{ROOT}/imports/{forecast}")) { (texts.based_on) }
                }
                @if let Some(undoes) = import["undoes"].as_str() {
                    " · " a href=(format!("{ROOT}/imports/{undoes}")) { (texts.undoes) }
                }
            }
            p.sr role="status" #said {}
            p.notice.offline hidden #offline data-text=(texts.offline) {}
            @if self.may_send_file() { (upload::resume_form(self.language, self.member, import)) }
            (self.live())
        }
    }

    fn live(&self) -> Markup {
        html! {
            div.live #live data-title=(self.title()) data-open=(self.is_open()) data-awaits=(self.awaits_file()) data-said=(self.sentence())
                data-src=(format!("{ROOT}/imports/{}/live", text(&self.import["id"]))) {
                (self.now())
                (self.outcomes())
                (self.failure())
                (self.problems())
                (self.samples())
                (self.reading())
                (self.settings())
            }
        }
    }

    fn settings(&self) -> Markup {
        let texts = self.language.texts();
        html! {
            details.card #settings {
                summary { h2 { (texts.settings_used) } }
                (settings::used(self.language, self.import))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::keys::Role;
    use serde_json::json;

    use super::*;

    const HOSTILE: &str = "</title><script>alert(1)</script>\" onload=\"x";

    fn import(state: &str) -> Json {
        let ended = matches!(state, "completed" | "failed" | "cancelled");
        json!({
            "id": "01M89HQ9305MYR9GX9DG5J5FRD", "description": "", "state": state, "dry_run": false, "mode": "upsert",
            "settings": { "segment": { "group": "G", "name": HOSTILE, "create": true } },
            "created_at": "2026-05-01T12:00:00Z", "started_at": null, "ended_at": ended.then_some("2026-05-01T12:01:00Z"),
            "file": { "name": HOSTILE, "size": 48, "encoding": "utf-8", "delimiter": ",", "rows": 2000 },
            "progress": { "phase": state, "done": 1200, "total": 2000, "unit": "rows", "seconds_left": 3 },
            "counters": { "rows": 2000, "created": 900, "updated": 250, "unchanged": 40, "rejected": 10, "unprocessed": 0, "warnings": 3 },
            "errors_by_code": { "no_identifier": 10 },
            "failure": (state == "failed").then(|| json!({ "code": "unknown_column", "message": HOSTILE, "problems": [
                { "code": "unknown_column", "column": HOSTILE, "message": HOSTILE }, { "code": "unknown_column", "line": 1, "message": "b" } ], "problems_total": 40 })),
            "links": { "errors": ended.then_some("x"), "cancel": (!ended).then_some("x"), "retry": null },
            "columns": {},
            "check": { "columns": [{ "header": HOSTILE, "column": null, "filled": 3 }], "notices": [{ "column": HOSTILE, "line": 3, "message": HOSTILE }] },
        })
    }

    fn shown(import: &Json, language: Language, role: Role) -> String {
        let member = Member::of_role(role);
        Shown { language, member: &member, import, summary: None, region: Some("DE") }.page().into_string()
    }

    #[test]
    fn every_state_has_a_page_in_both_languages_and_no_name_becomes_markup() {
        for state in ["awaiting_upload", "checking", "importing", "finishing", "completed", "failed", "cancelled"] {
            for language in Language::ALL {
                let import = import(state);
                let page = shown(&import, language, Role::Import);
                assert!(page.contains(language.texts().state(state)), "{state}");
                assert!(!page.contains("<script") && !page.contains("\" onload"), "{state}: {page}");
                assert!(!page.contains(" style="), "{state}");
            }
        }
    }

    #[test]
    fn whoever_may_look_only_is_offered_no_change() {
        for state in ["importing", "completed", "failed"] {
            let import = import(state);
            assert!(!shown(&import, Language::English, Role::Read).contains("<form"), "{state}");
        }
        let running = import("importing");
        assert!(shown(&running, Language::English, Role::Import).contains("/cancel\""));
    }

    #[test]
    fn rejected_rows_of_an_import_that_has_ended_can_be_corrected() {
        let correct = "/console/imports/01M89HQ9305MYR9GX9DG5J5FRD/correct\"";
        let mut ended = import("completed");
        assert!(shown(&ended, Language::English, Role::Import).contains(correct));
        assert!(!shown(&ended, Language::English, Role::Read).contains(correct));
        assert!(!shown(&import("importing"), Language::English, Role::Import).contains(correct));
        ended["counters"]["rejected"] = 0.into();
        assert!(!shown(&ended, Language::English, Role::Import).contains(correct), "it has only warnings");
    }

    #[test]
    fn a_forecast_ends_with_its_numbers_and_two_ways_on() {
        let mut forecast = import("completed");
        forecast["dry_run"] = true.into();
        forecast["forecast"] = json!({
            "changes": [{ "column": "city", "customers": 1200 }], "identifiers_changed": 0, "segment_joins": 7, "segment_leaves": 0,
            "samples": [
                { "row": 3, "customer": "01K", "column": "city", "before": HOSTILE, "after": null },
                { "row": 1400, "customer": null, "column": "subscribed.email", "before": null, "after": true },
            ],
        });
        let page = shown(&forecast, Language::German, Role::Import);
        for expected in [
            "Neu anlegen",
            "900",
            "Ändern",
            "250",
            "/launch\"",
            "Verwerfen",
            "1.200",
            "7</strong> kommen",
            "/customers/01K",
            "1.400",
            "<a href=\"#change-city\">ansehen</a>",
            "<h3 id=\"change-city\">Ort</h3>",
            "Darf per E-Mail angeschrieben werden",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        assert!(page.contains("data-label=\"Danach\">–</td>") && !page.contains("<script"), "{page}");
    }

    #[test]
    fn an_import_shows_what_its_forecast_counted_and_who_launched_it() {
        let mut launched = import("completed");
        assert!(!shown(&launched, Language::German, Role::Read).contains("Vorausgesagt"));
        launched["forecast_counters"] = json!({ "created": 901, "updated": 249 });
        launched["created_by"] = HOSTILE.into();
        let page = shown(&launched, Language::German, Role::Read);
        assert!(page.contains("Vorausgesagt") && page.contains(">901<") && page.contains(">249<"), "{page}");
        assert!(page.contains("von &lt;/title&gt;") && !page.contains("<script"), "{page}");
    }

    #[test]
    fn an_undo_has_words_of_its_own_in_every_state() {
        for language in Language::ALL {
            for state in ["awaiting_upload", "checking", "importing", "finishing", "failed", "cancelled"] {
                let mut undo = import(state);
                undo["kind"] = "undo".into();
                undo["undoes"] = "01K".into();
                let page = shown(&undo, language, Role::Import);
                let texts = language.texts();
                for of_imports in [
                    texts.step_upload,
                    texts.say_checking,
                    texts.say_awaiting_upload,
                    texts.say_cancelled,
                    texts.cancel_hint,
                ] {
                    assert!(!page.contains(of_imports), "{state}: {of_imports}");
                }
            }
        }
    }

    #[test]
    fn the_title_says_how_far_it_is() {
        let import = import("importing");
        let member = Member::of_role(Role::Read);
        let shown =
            Shown { language: Language::English, member: &member, import: &import, summary: None, region: Some("DE") };
        assert!(shown.title().starts_with("60 % · "), "{}", shown.title());
        assert!(shown.page().into_string().contains("266 rows a second, about 3 s left"));
        assert_eq!(shown.sentence(), "1,200 of 2,000 rows are done. You may leave this page; the import goes on.");
    }
}
