//! What a forecast foretells and what an undo puts back, with the ways on from there.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::Shown;
use crate::console::Console;
use crate::page::csrf;
use crate::pages::{count, preview, text};
use crate::root::ROOT;
use crate::show;

impl Shown<'_> {
    /// The numbers of an undo; and of its forecast also the two ways on.
    pub(super) fn put_back(&self) -> Markup {
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
    pub(super) fn foretold(&self) -> Markup {
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
    pub(super) fn samples(&self) -> Markup {
        let texts = self.language.texts();
        let samples = self.import["forecast"]["samples"].as_array().filter(|samples| !samples.is_empty());
        let may_read = Console::may_read_customers(self.member);
        let Some(samples) = samples.filter(|_| may_read && !self.is_undo()) else { return html! {} };
        // What replaces something is worth a look first; somebody new has nothing to lose.
        let (new, replaced): (Vec<&Json>, Vec<&Json>) = samples.iter().partition(|sample| sample["before"].is_null());
        html! {
            section.card #samples { h2 { (texts.samples_caption) } div.scroll role="region" aria-label=(texts.samples_caption) tabindex="0" {
                table {
                    caption.sr { (texts.samples_caption) }
                    thead { tr {
                        th scope="col" { (texts.row) }
                        th scope="col" { (texts.column) }
                        th scope="col" { (texts.before) }
                        th scope="col" { (texts.after) }
                    } }
                    tbody {
                        @for sample in replaced.into_iter().chain(new) {
                            tr {
                                td.row {
                                    @if let Some(customer) = sample["customer"].as_str() {
                                        a href=(format!("{ROOT}/customers/{customer}")) { (show::number(self.language, count(&sample["row"]))) }
                                    } @else {
                                        (show::number(self.language, count(&sample["row"]))) " " span.tag { (texts.would_be_new) }
                                    }
                                }
                                th scope="row" { code { (text(&sample["column"])) } }
                                td.value { (preview::value(texts, &sample["before"])) }
                                td.value { (preview::value(texts, &sample["after"])) }
                            }
                        }
                    }
                }
            } }
        }
    }
}
