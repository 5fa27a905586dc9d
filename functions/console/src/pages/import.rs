//! The page of an import: its state, what became of the rows, what is wrong, and what can be done.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::imports::{named, state_tag};
use super::{OUTCOMES, count, definitions, outcome, outcome_bar, preview, settings, text};
use crate::api::Refusal;
use crate::form::Form;
use crate::page::{self, Page, csrf};
use crate::session::Member;
use crate::texts::{Language, fill};
use crate::{Asked, Console, ROOT, show};

/// Seconds after which the page loads itself again where there are no scripts.
const RELOAD: u32 = 5;
/// Problems of a file that the page lists; the API has up to a hundred.
const LISTED: usize = 25;

/// An import, and what it takes to show it.
struct Shown<'a> {
    language: Language,
    member: &'a Member,
    import: &'a Json,
    /// How many rows of its report are of each kind, with an example, once there is a report.
    summary: Option<&'a Json>,
}

impl Console {
    pub(crate) async fn import(
        &self,
        asked: &Asked<'_>,
        member: &Member,
        id: &str,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let (import, summary) = self.read_import(asked, member, id).await?;
        let shown = Shown { language: asked.language, member, import: &import, summary: summary.as_ref() };
        let page = Page::new(asked, Some(member)).titled(&shown.title()).in_section("imports").with_script("live.js");
        Ok(page.reloading(shown.is_open().then_some(RELOAD)).answer(200, &shown.page()))
    }

    /// The part of the page that changes, for the script that keeps it up to date.
    pub(crate) async fn live(
        &self,
        asked: &Asked<'_>,
        member: &Member,
        id: &str,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let (import, summary) = self.read_import(asked, member, id).await?;
        let shown = Shown { language: asked.language, member, import: &import, summary: summary.as_ref() };
        Ok(page::fragment(shown.live()))
    }

    async fn read_import(&self, asked: &Asked<'_>, member: &Member, id: &str) -> Result<(Json, Option<Json>), Refusal> {
        let import = self.api.get(asked, member, &format!("/imports/{id}"), "").await?;
        if import["links"]["errors_summary"].is_null() {
            return Ok((import, None));
        }
        // Reports expire before imports do; the page then has the counts alone.
        let summary = self.api.get(asked, member, &format!("/imports/{id}/errors/summary"), "").await.ok();
        Ok((import, summary))
    }

    /// Takes an import back, or forecasts that.
    pub(crate) async fn undo(
        &self,
        asked: &Asked<'_>,
        member: &Member,
        id: &str,
        form: &Form,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        let body = format!("{{\"dry_run\":{}}}", form.get("dry_run") == Some("yes"));
        let undo = self.api.post(asked, member, &format!("/imports/{id}/undo"), body.into_bytes()).await?;
        Ok(page::redirect(&format!("{ROOT}/imports/{}", text(&undo["id"]))))
    }

    /// Launches the import that a forecast foretold.
    pub(crate) async fn launch(
        &self,
        asked: &Asked<'_>,
        member: &Member,
        id: &str,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        match self.api.post(asked, member, &format!("/imports/{id}/launch"), b"{}".to_vec()).await {
            Ok(launched) => Ok(page::redirect(&format!("{ROOT}/imports/{}", text(&launched["id"])))),
            // The file is gone, so it is uploaded once more.
            Err(refusal) if refusal.code == "file_expired" => {
                Ok(page::redirect(&format!("{ROOT}/imports/new?from={id}&file=again")))
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
            p.notice.offline hidden #offline { (texts.offline) }
            (self.live())
        }
    }

    fn live(&self) -> Markup {
        html! {
            div.live #live data-title=(self.title()) data-open=(self.is_open()) data-said=(self.sentence())
                data-src=(format!("{ROOT}/imports/{}/live", text(&self.import["id"]))) {
                (self.now())
                (self.outcomes())
                (self.failure())
                (self.problems())
                (self.reading())
                (self.settings())
            }
        }
    }

    /// The state in a sentence.
    fn sentence(&self) -> String {
        let texts = self.language.texts();
        let (done, total) = (count(&self.import["progress"]["done"]), count(&self.import["progress"]["total"]));
        let (done, total) = (show::number(self.language, done), show::number(self.language, total));
        let (rejected, unprocessed) = (self.number("rejected"), self.number("unprocessed"));
        let values = [
            ("done", done.as_str()),
            ("total", total.as_str()),
            ("rejected", rejected.as_str()),
            ("unprocessed", unprocessed.as_str()),
        ];
        let sentence = match self.state() {
            "awaiting_upload" if self.is_undo() => texts.say_undo_awaiting,
            "awaiting_upload" => texts.say_awaiting_upload,
            "checking" if self.is_undo() => texts.say_undo_checking,
            "checking" => texts.say_checking,
            "failed" if self.is_undo() => texts.say_undo_failed,
            "cancelled" if self.is_undo() => texts.say_undo_cancelled,
            "importing" if self.is_undo() => texts.say_undoing,
            "completed" if self.is_undo() && self.is_forecast() => texts.say_undo_forecast,
            "completed" if self.is_undo() => texts.say_undone,
            "importing" if self.is_forecast() => texts.say_forecasting,
            "importing" => texts.say_importing,
            "finishing" => texts.say_finishing,
            "completed" if self.is_forecast() => texts.say_forecast,
            "completed" if self.counter("unprocessed") > 0 => texts.say_completed_unprocessed,
            "completed" if self.counter("rejected") > 0 => texts.say_completed_rejected,
            "completed" => texts.say_completed,
            "failed" => {
                let some = OUTCOMES[..3].iter().any(|name| self.counter(name) > 0) && !self.is_forecast();
                let rest = if some { texts.say_failed_some } else { texts.say_failed_nothing };
                return fill(&format!("{} {rest}", texts.say_failed), &values);
            }
            _ => texts.say_cancelled,
        };
        let sentence = fill(sentence, &values);
        let is_stopping = self.is_open() && matches!(self.state(), "failed" | "cancelled");
        if is_stopping { format!("{sentence} {}", texts.stopping) } else { sentence }
    }

    /// The state, the steps, and what can be done now.
    fn now(&self) -> Markup {
        let (texts, import) = (self.language.texts(), self.import);
        html! {
            section.card #now {
                p.state-line { (state_tag(self.language, self.import)) }
                p.sentence { (self.sentence()) }
                @if self.is_open() && !matches!(self.state(), "failed" | "cancelled") { (self.steps()) }
                @if self.is_undo() { (self.put_back()) }
                @else if self.is_forecast() && self.state() == "completed" { (self.foretold()) }
                @if let Some(undone_by) = import["undone_by"].as_str() {
                    p.notice { (texts.undone_by) " " a href=(format!("{ROOT}/imports/{undone_by}")) { (texts.undone_by_link) } }
                }
                @if !import["links"]["results"].is_null() {
                    p { a.button href=(format!("{ROOT}/imports/{}/results", text(&import["id"]))) { (texts.results_download) } }
                }
                (self.actions())
            }
        }
    }

    fn steps(&self) -> Markup {
        let texts = self.language.texts();
        let first = if self.is_undo() { texts.step_gather } else { texts.step_upload };
        let third = match (self.is_forecast(), self.is_undo()) {
            (true, _) => texts.step_forecast,
            (false, true) => texts.undo,
            (false, false) => texts.step_import,
        };
        let steps = [first, texts.step_check, third, texts.step_report];
        let current = ["awaiting_upload", "checking", "importing", "finishing"];
        let current = current.iter().position(|state| *state == self.state()).unwrap_or(0);
        let progress = &self.import["progress"];
        let seconds = progress["seconds_left"].as_u64();
        html! {
            ol.steps {
                @for (at, step) in steps.into_iter().enumerate() {
                    @let word = if at < current { texts.step_done } else if at == current { texts.step_now } else { texts.step_next };
                    li class=(if at < current { "done" } else if at == current { "now" } else { "next" })
                        aria-current=[(at == current).then_some("step")] {
                        span.step { (step) } " " span.sub { (word) }
                    }
                }
            }
            @if matches!(self.state(), "checking" | "importing") {
                div.meter {
                    progress max="100" value=(self.percent()) aria-label=(texts.progress) {}
                    span.number { (self.percent()) " %" }
                    @if let Some(seconds) = seconds {
                        span.sub {
                            @if seconds > 90 { (fill(texts.minutes_left, &[("n", &seconds.div_ceil(60).to_string())])) }
                            @else { (fill(texts.seconds_left, &[("n", &seconds.to_string())])) }
                        }
                    }
                }
            }
        }
    }

    /// The numbers of an undo; and of its forecast also the two ways on.
    fn put_back(&self) -> Markup {
        let texts = self.language.texts();
        let tiles = [
            ("reverted", "created", texts.reverted),
            ("kept", "updated", texts.kept),
            ("failed", "rejected", texts.not_undone),
        ];
        let undoes = text(&self.import["undoes"]);
        html! {
            @if self.rows() > 0 {
                ul.tiles.three {
                    @for (name, class, word) in tiles {
                        li class=(class) { span.figure { (self.number(name)) } span.word { (word) } }
                    }
                }
            }
            @if self.is_forecast() && self.state() == "completed" && Console::may_import(self.member) {
                div.actions {
                    form method="post" action=(format!("{ROOT}/imports/{undoes}/undo")) {
                        (csrf(self.member))
                        button.primary.large type="submit" { (texts.undo) }
                    }
                    a.button.large href=(format!("{ROOT}/imports/{undoes}")) { (texts.discard) }
                }
            }
        }
    }

    /// The numbers of a forecast, and the two ways on.
    fn foretold(&self) -> Markup {
        let texts = self.language.texts();
        let id = text(&self.import["id"]);
        let tiles = [
            ("created", texts.would_create),
            ("updated", texts.would_update),
            ("unchanged", texts.unchanged),
            ("rejected", texts.rejected),
        ];
        let forecast = &self.import["forecast"];
        html! {
            ul.tiles {
                @for (name, word) in tiles {
                    li class=(name) { span.figure { (self.number(name)) } span.word { (word) } }
                }
            }
            @if let Some(changes) = forecast["changes"].as_array().filter(|changes| !changes.is_empty()) {
                p.strong { (texts.changes_caption) }
                ul.changes aria-label=(texts.changes_caption) {
                    @for change in changes {
                        li { strong.number { (show::number(self.language, count(&change["customers"]))) } " " code { (text(&change["column"])) } }
                    }
                }
            }
            (self.memberships(forecast))
            @if Console::may_read_customers(self.member) { (self.samples(forecast)) }
            @if let Some(launched) = self.import["launched_as"].as_str() {
                p { a.button.primary href=(format!("{ROOT}/imports/{launched}")) { (texts.launched_as) } }
            } @else if Console::may_import(self.member) {
                div.actions {
                    form method="post" action=(format!("{ROOT}/imports/{id}/launch")) {
                        (csrf(self.member))
                        button.primary.large type="submit" { (texts.import_now) }
                    }
                    a.button.large href=(format!("{ROOT}/imports")) { (texts.discard) }
                }
            }
        }
    }

    /// How many identifiers and memberships would change.
    fn memberships(&self, forecast: &Json) -> Markup {
        let texts = self.language.texts();
        let counted = [
            ("identifiers_changed", texts.identifiers_changed),
            ("segment_joins", texts.segment_joins),
            ("segment_leaves", texts.segment_leaves),
        ];
        let counted = counted.map(|(name, word)| (count(&forecast[name]), word));
        html! {
            @if counted.iter().any(|(number, _)| *number > 0) {
                ul.changes {
                    @for (number, word) in counted.into_iter().filter(|(number, _)| *number > 0) {
                        li { strong.number { (show::number(self.language, number)) } " " (word) }
                    }
                }
            }
        }
    }

    /// Values that would change: before, and after.
    fn samples(&self, forecast: &Json) -> Markup {
        let texts = self.language.texts();
        let Some(samples) = forecast["samples"].as_array().filter(|samples| !samples.is_empty()) else {
            return html! {};
        };
        html! {
            div.scroll role="region" aria-label=(texts.samples_caption) tabindex="0" {
                table #samples {
                    caption { (texts.samples_caption) }
                    thead { tr {
                        th scope="col" { (texts.row) }
                        th scope="col" { (texts.column) }
                        th scope="col" { (texts.before) }
                        th scope="col" { (texts.after) }
                    } }
                    tbody {
                        @for sample in samples {
                            tr {
                                td.row {
                                    @if let Some(customer) = sample["customer"].as_str() {
                                        a href=(format!("{ROOT}/customers/{customer}")) { (show::number(self.language, count(&sample["row"]))) }
                                    } @else {
                                        (show::number(self.language, count(&sample["row"]))) " " span.tag { (texts.would_be_new) }
                                    }
                                }
                                th scope="row" { code { (text(&sample["column"])) } }
                                td.value { (preview::shown(texts, &sample["before"])) }
                                td.value { (preview::shown(texts, &sample["after"])) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What can be done with the import now, by whoever may.
    fn actions(&self) -> Markup {
        let texts = self.language.texts();
        let id = text(&self.import["id"]);
        let links = &self.import["links"];
        let action = |name: &str, word: &str| {
            html! {
                form method="post" action=(format!("{ROOT}/imports/{id}/{name}")) {
                    (csrf(self.member))
                    button type="submit" { (word) }
                }
            }
        };
        let is_foretold = self.is_forecast() && self.state() == "completed";
        html! {
            @if Console::may_import(self.member) && !is_foretold {
                div.actions {
                    @if !links["retry"].is_null() { (action("retry", texts.retry)) }
                    @if !links["cancel"].is_null() {
                        (action("cancel", if self.is_undo() { texts.cancel_undo } else { texts.cancel }))
                        @if self.state() == "importing" && !self.is_forecast() && !self.is_undo() { span.hint { (texts.cancel_hint) } }
                    }
                    @if !self.is_open() && !self.is_undo() { a.button href=(format!("{ROOT}/imports/new?from={id}")) { (texts.again) } }
                }
                @if !links["undo"].is_null() {
                    div.actions.apart {
                        form method="post" action=(format!("{ROOT}/imports/{id}/undo")) {
                            (csrf(self.member))
                            input type="hidden" name="dry_run" value="yes";
                            button type="submit" { (texts.undo_forecast) }
                        }
                        (action("undo", texts.undo))
                        span.hint { (texts.undo_hint) }
                    }
                }
            }
            @if Console::may_import(self.member) && self.state() == "completed" && !self.is_undo() {
                (definitions::save_form(self.language, self.member, id))
            }
        }
    }

    /// The bar of outcomes, with its numbers.
    fn outcomes(&self) -> Markup {
        let texts = self.language.texts();
        if self.is_undo() || self.rows() == 0 && OUTCOMES.iter().all(|name| self.counter(name) == 0) {
            return html! {};
        }
        let caption = if self.is_forecast() { texts.outcomes_forecast_caption } else { texts.outcomes_caption };
        let whole = self.rows();
        let foretold = Some(&self.import["forecast_counters"]).filter(|counters| counters.is_object());
        html! {
            section.card #outcomes {
                h2 { (caption) }
                (outcome_bar(self.language, &self.import["counters"], whole))
                table.legend.beside[foretold.is_some()] {
                    caption.sr { (caption) }
                    // One column of numbers needs no heading for the eye; two do.
                    thead.sr[foretold.is_none()] { tr {
                        th scope="col" { (texts.outcome) }
                        th.number scope="col" { (texts.rows) }
                        th.number.share scope="col" { (texts.share) }
                        @if foretold.is_some() { th.number scope="col" { (texts.foretold) } }
                    } }
                    tbody {
                        @for name in OUTCOMES {
                            @if self.counter(name) > 0 || name != "unprocessed" {
                                tr {
                                    th scope="row" { (swatch(name)) (outcome(texts, name)) }
                                    td.number { (self.number(name)) }
                                    td.number.sub.share { (show::percent(self.counter(name), whole)) " %" }
                                    @if let Some(foretold) = foretold { td.number.sub { (show::number(self.language, count(&foretold[name]))) } }
                                }
                            }
                        }
                    }
                }
                @if self.counter("warnings") > 0 { p.sub { (texts.warnings) ": " (self.number("warnings")) } }
            }
        }
    }

    /// Why it failed, and what is wrong with the file.
    fn failure(&self) -> Markup {
        let texts = self.language.texts();
        let failure = &self.import["failure"];
        if failure.is_null() {
            return html! {};
        }
        let problems = failure["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
        let further = count(&failure["problems_total"]).saturating_sub(problems.len().min(LISTED) as u64);
        html! {
            section.card.wrong #failure {
                h2 { (texts.file_problems) }
                p lang="en" { (text(&failure["message"])) }
                p.code { (text(&failure["code"])) }
                @if problems.len() > 1 {
                    div.scroll role="region" aria-label=(texts.file_problems) tabindex="0" {
                        table {
                            caption.sr { (texts.file_problems_caption) }
                            thead { tr { th.number scope="col" { (texts.line) } th scope="col" { (texts.column) } th scope="col" { (texts.message) } } }
                            tbody {
                                @for problem in problems.iter().take(LISTED) {
                                    tr {
                                        td.number { @if let Some(line) = problem["line"].as_u64() { (show::number(self.language, line)) } @else { "–" } }
                                        td { (text(&problem["column"])) }
                                        td lang="en" { (text(&problem["message"])) " " span.code { (text(&problem["code"])) } }
                                    }
                                }
                            }
                        }
                    }
                }
                @if further > 0 && problems.len() > 1 {
                    p.sub { (fill(texts.further_problems, &[("n", &show::number(self.language, further))])) }
                }
            }
        }
    }

    /// Whether whoever looks at the page may correct rejected rows of it. Those of a forecast are not: its import rejects them too.
    fn has_rows_to_correct(&self) -> bool {
        let is_import = !self.is_undo() && !self.is_forecast() && !self.is_open();
        is_import && self.counter("rejected") > 0 && Console::may_import(self.member)
    }

    /// What is wrong with rows, by kind.
    fn problems(&self) -> Markup {
        let texts = self.language.texts();
        let summed = self.summary.and_then(|summary| summary["codes"].as_array());
        let mut kinds: Vec<(&str, u64, Option<&Json>)> = match summed {
            Some(codes) => {
                codes.iter().map(|kind| (text(&kind["code"]), count(&kind["rows"]), Some(&kind["example"]))).collect()
            }
            None => {
                let codes = self.import["errors_by_code"].as_object().into_iter().flatten();
                codes.map(|(code, rows)| (code.as_str(), count(rows), None)).collect()
            }
        };
        kinds.sort_by_key(|(_, rows, _)| std::cmp::Reverse(*rows));
        let has_report = !self.import["links"]["errors"].is_null();
        if kinds.is_empty() {
            let is_clean = self.state() == "completed" && self.rows() > 0 && !self.is_undo();
            return html! { @if is_clean { section.card #problems { p.quiet-line { "✓ " (texts.no_problems) } } } };
        }
        let id = text(&self.import["id"]);
        let heading = if self.is_undo() { texts.undo_problems } else { texts.problems };
        html! {
            section.card #problems {
                h2 { (heading) }
                div.scroll role="region" aria-label=(heading) tabindex="0" {
                    table {
                        caption.sr { (texts.problems_caption) }
                        thead { tr {
                            th scope="col" { @if self.is_undo() { (texts.why) } @else { (texts.problem) } }
                            th.number scope="col" { @if self.is_undo() { (texts.customers) } @else { (texts.rows) } }
                            @if summed.is_some() { th scope="col" { (texts.example) } }
                        } }
                        tbody {
                            @for (code, rows, example) in kinds {
                                tr {
                                    th scope="row" { (texts.problem_kind(code)) div.code { (code) } }
                                    td.number { (show::number(self.language, rows)) }
                                    @if let Some(example) = example {
                                        td {
                                            // The rows of an undo are in no file that a reader has.
                                            @if !self.is_undo() { span.sub {
                                                (texts.line) " " (show::number(self.language, count(&example["line"])))
                                                @if let Some(column) = example["column"].as_str() { " · " (column) }
                                            } }
                                            div lang="en" { (text(&example["message"])) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                @if has_report {
                    div.actions {
                        @if self.has_rows_to_correct() { a.button.primary href=(format!("{ROOT}/imports/{id}/correct")) { (texts.correct) } }
                        a.button href=(format!("{ROOT}/imports/{id}/errors")) { (texts.report_download) }
                    }
                    p.hint { @if self.is_undo() { (texts.undo_report_hint) } @else { (texts.report_hint) } }
                }
            }
        }
    }

    /// How the file was read: its columns, and what is strange about it.
    fn reading(&self) -> Markup {
        let texts = self.language.texts();
        let Some(columns) = self.import["check"]["columns"].as_array().filter(|_| !self.is_undo()) else {
            return html! {};
        };
        let file = &self.import["file"];
        let rows = count(&file["rows"]);
        let notices = self.import["check"]["notices"].as_array().map(Vec::as_slice).unwrap_or_default();
        html! {
            @if !notices.is_empty() {
                section.card #notices {
                    h2 { (texts.notices) }
                    ul.notices {
                        @for notice in notices {
                            li {
                                span.sub { (texts.column) " " (text(&notice["column"])) " · " (texts.line) " " (show::number(self.language, count(&notice["line"]))) }
                                div lang="en" { (text(&notice["message"])) }
                            }
                        }
                    }
                }
            }
            details.card #reading {
                summary { h2 { (texts.read_as) } }
                dl.facts {
                    dt { (texts.encoding) } dd { (text(&file["encoding"])) }
                    dt { (texts.delimiter) } dd { code { (show::delimiter(text(&file["delimiter"]))) } }
                    dt { (texts.rows) } dd.number { (show::number(self.language, rows)) }
                }
                div.scroll role="region" aria-label=(texts.columns_caption) tabindex="0" {
                    table {
                        caption.sr { (texts.columns_caption) }
                        thead { tr { th scope="col" { (texts.header) } th scope="col" { (texts.goes_to) } th.number scope="col" { (texts.filled) } } }
                        tbody {
                            @for column in columns {
                                tr {
                                    th scope="row" { (text(&column["header"])) }
                                    td { @if let Some(name) = column["column"].as_str() { code { (name) } } @else { span.sub { (texts.left_out) } } }
                                    td.number { (show::percent(count(&column["filled"]), rows)) " %" }
                                }
                            }
                        }
                    }
                }
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

fn swatch(name: &str) -> Markup {
    html! { svg.swatch viewBox="0 0 10 10" width="12" height="12" aria-hidden="true" { rect class=(name) width="10" height="10" rx="2" {} } }
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
        Shown { language, member: &member, import, summary: None }.page().into_string()
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
                { "row": 3, "customer": "01K", "column": "city", "before": null, "after": HOSTILE },
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
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        assert!(page.contains("<td class=\"value\">–</td>") && !page.contains("<script"), "{page}");
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
        let shown = Shown { language: Language::English, member: &member, import: &import, summary: None };
        assert!(shown.title().starts_with("60 % · "), "{}", shown.title());
        assert_eq!(shown.sentence(), "1,200 of 2,000 rows are done. You may leave this page; the import goes on.");
    }
}
