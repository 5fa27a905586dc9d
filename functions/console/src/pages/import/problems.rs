//! What is wrong: with the file, and with rows by kind.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::Shown;
use crate::console::Console;
use crate::fields;
use crate::form::query;
use crate::kinds::kind_or_other;
use crate::pages::{count, problem_of, text};
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;
use crate::wording::wording;

/// Problems of a file that the page lists; the API has up to a hundred.
const LISTED: usize = 25;

impl Shown<'_> {
    /// Why it failed, and what is wrong with the file.
    pub(super) fn failure(&self) -> Markup {
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
                (problem_of(self.language, failure))
                (self.cures(text(&failure["message"])))
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
                                        td { (problem_of(self.language, problem)) }
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

    /// Links to a new import with what the message says would help.
    fn cures(&self, message: &str) -> Markup {
        let texts = self.language.texts();
        let cures = fields::cures(message, self.region);
        html! {
            @if !cures.is_empty() && Console::may_import(self.member) && !self.is_undo() {
                div.actions {
                    span { (texts.try_again_with) }
                    @for (field, value) in cures {
                        @let again = query(&[("from", text(&self.import["id"])), (field.name, value)]);
                        a.button href=(format!("{ROOT}/imports/new?{again}")) { ((field.label)(texts)) ": " (field.in_words(texts, value)) }
                    }
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
    pub(super) fn problems(&self) -> Markup {
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
                    table.stack {
                        caption.sr { (texts.problems_caption) }
                        thead { tr {
                            th scope="col" { @if self.is_undo() { (texts.why) } @else { (texts.problem) } }
                            th.number scope="col" { @if self.is_undo() { (texts.customers) } @else { (texts.rows) } }
                            @if summed.is_some() { th scope="col" { (texts.example) } }
                        } }
                        tbody {
                            @for (code, rows, example) in kinds {
                                tr {
                                    th scope="row" { (kind_or_other(self.language, code)) div.code { (code) } }
                                    td.number data-label=(if self.is_undo() { texts.customers } else { texts.rows }) { (show::number(self.language, rows)) }
                                    @if let Some(example) = example {
                                        td {
                                            // The rows of an undo are in no file that a reader has.
                                            @if !self.is_undo() { span.sub {
                                                (texts.line) " " (show::number(self.language, count(&example["line"])))
                                                @if let Some(column) = example["column"].as_str() { " · " (column) }
                                            } }
                                            @let message = wording(self.language, text(&example["message"]));
                                            div lang=[message.lang] { (message.text) }
                                            (self.cures(text(&example["message"])))
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
}
