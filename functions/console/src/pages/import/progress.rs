//! How far an import is: its state in a sentence, its steps, and what can be done now.

use maud::{Markup, html};

use super::Shown;
use crate::console::Console;
use crate::page::csrf;
use crate::pages::imports::state_tag;
use crate::pages::{OUTCOMES, count, definitions, text};
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;

impl Shown<'_> {
    /// The state in a sentence.
    pub(super) fn sentence(&self) -> String {
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
            "completed" if self.rows() == 1 && self.counter("rejected") == 1 => texts.say_completed_rejected_one,
            "completed" if self.rows() == 1 && self.counter("rejected") == 0 => texts.say_completed_one,
            "completed" if self.counter("rejected") > 0 => texts.say_completed_rejected,
            "completed" => texts.say_completed,
            "failed" => {
                let some = OUTCOMES[..3].iter().any(|name| self.counter(name) > 0) && !self.is_forecast();
                let rest = if some { texts.say_failed_some } else { texts.say_failed_nothing };
                let first = if self.is_forecast() { texts.say_forecast_failed } else { texts.say_failed };
                return fill(&format!("{first} {rest}"), &values);
            }
            _ if self.is_forecast() => texts.say_forecast_cancelled,
            _ => texts.say_cancelled,
        };
        let sentence = fill(sentence, &values);
        let is_stopping = self.is_open() && matches!(self.state(), "failed" | "cancelled");
        if is_stopping { format!("{sentence} {}", texts.stopping) } else { sentence }
    }

    /// The state, the steps, and what can be done now.
    pub(super) fn now(&self) -> Markup {
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
                            @if let Some(pace) = self.pace(seconds) { (pace) ", " }
                            @if seconds > 90 { (fill(texts.minutes_left, &[("n", &seconds.div_ceil(60).to_string())])) }
                            @else { (fill(texts.seconds_left, &[("n", &seconds.to_string())])) }
                        }
                    }
                }
            }
        }
    }

    /// How much is done in a second, as the rest takes so many.
    fn pace(&self, seconds_left: u64) -> Option<String> {
        let texts = self.language.texts();
        let progress = &self.import["progress"];
        let rest = count(&progress["total"]).saturating_sub(count(&progress["done"]));
        let pace = rest.checked_div(seconds_left).filter(|pace| *pace > 0)?;
        Some(match text(&progress["unit"]) {
            "bytes" => fill(texts.pace_bytes, &[("n", &show::size(self.language, pace))]),
            _ => fill(texts.pace_rows, &[("n", &show::number(self.language, pace))]),
        })
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
                        (action("cancel", match (self.is_forecast(), self.is_undo()) {
                            (true, _) => texts.cancel_forecast,
                            (false, true) => texts.cancel_undo,
                            (false, false) => texts.cancel,
                        }))
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
                (definitions::save_form(self.language, self.member, id, None))
            }
        }
    }
}
