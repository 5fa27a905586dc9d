//! What a forecast foretells and what an undo puts back, with the ways on from there.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::Shown;
use crate::columns::words;
use crate::console::Console;
use crate::page::csrf;
use crate::pages::{count, preview, text};
use crate::root::ROOT;
use crate::show;
use crate::texts::fill;

/// Samples that a forecast has at most.
const MOST_SAMPLES: usize = 100;
/// Values that the page shows of those where nothing was before.
const NEW_VALUES: usize = 30;

impl Shown<'_> {
    /// The numbers of an undo; and of its forecast also the two ways on.
    pub(super) fn put_back(&self) -> Markup {
        let texts = self.language.texts();
        let [reverted, kept, failed] = if self.is_forecast() {
            [texts.would_revert, texts.would_keep, texts.would_not_undo]
        } else {
            [texts.reverted, texts.kept, texts.not_undone]
        };
        let tiles = [("reverted", "created", reverted), ("kept", "updated", kept), ("failed", "rejected", failed)];
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
            (self.changes(forecast))
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

    /// How many customers would change, by column, each with a link to what would change.
    fn changes(&self, forecast: &Json) -> Markup {
        let texts = self.language.texts();
        let changes = forecast["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let shown = self.shown_samples();
        html! {
            @if changes.is_empty() && count(&forecast["identifiers_changed"]) == 0 && self.counter("updated") > 0 {
                p.sub { (texts.changes_of_new) }
            }
            @if !changes.is_empty() {
                p.strong { (texts.changes_caption) }
                ul.changes aria-label=(texts.changes_caption) {
                    @for change in changes {
                        @let column = text(&change["column"]);
                        li {
                            strong.number { (show::number(self.language, count(&change["customers"]))) } " " (words(self.language, column))
                            @if replaced(&shown).any(|sample| sample["column"] == column) {
                                ": " a href=(format!("#change-{column}")) { (texts.look) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// How many memberships would change.
    fn memberships(&self, forecast: &Json) -> Markup {
        let texts = self.language.texts();
        let counted = [("segment_joins", texts.segment_joins), ("segment_leaves", texts.segment_leaves)];
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

    /// The samples that whoever looks at the page may see.
    fn shown_samples(&self) -> Vec<&Json> {
        let samples = self.import["forecast"]["samples"].as_array().into_iter().flatten();
        let may_see = Console::may_read_customers(self.member) && !self.is_undo();
        samples.filter(|_| may_see).collect()
    }

    /// Values that would change: before, and after. What replaces something is worth a look first, column by column; somebody
    /// new has nothing to lose.
    pub(super) fn samples(&self) -> Markup {
        let texts = self.language.texts();
        let samples = self.shown_samples();
        if samples.is_empty() {
            return html! {};
        }
        let mut columns: Vec<&str> = Vec::new();
        for column in replaced(&samples).map(|sample| text(&sample["column"])) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let mut new: Vec<&Json> = samples.iter().copied().filter(|sample| sample["before"].is_null()).collect();
        new.sort_by_key(|sample| count(&sample["row"]));
        let further = new.len().saturating_sub(NEW_VALUES);
        new.truncate(NEW_VALUES);
        html! {
            section.card #samples {
                h2 { (texts.samples_caption) }
                @if samples.len() >= MOST_SAMPLES { p.sub { (texts.samples_first) } }
                @for column in columns {
                    @let of_column = replaced(&samples).filter(|sample| sample["column"] == column);
                    h3 id=(format!("change-{column}")) { (words(self.language, column)) }
                    (self.before_and_after(&words(self.language, column), false, of_column))
                }
                @if !new.is_empty() {
                    h3 { (texts.samples_new) }
                    (self.before_and_after(texts.samples_new, true, new.into_iter()))
                    @if further > 0 { p.sub { (fill(texts.further_values, &[("n", &further.to_string())])) } }
                }
            }
        }
    }

    /// A table of samples. Those of one column do not name it again.
    fn before_and_after<'b>(
        &self,
        caption: &str,
        names_column: bool,
        samples: impl Iterator<Item = &'b Json>,
    ) -> Markup {
        let texts = self.language.texts();
        html! {
            div.scroll role="region" aria-label=(caption) tabindex="0" {
                table.stack {
                    caption.sr { (caption) }
                    thead { tr {
                        th scope="col" { (texts.row) }
                        @if names_column { th scope="col" { (texts.column) } } @else { th scope="col" { (texts.before) } }
                        th scope="col" { (texts.after) }
                    } }
                    tbody {
                        @for sample in samples {
                            tr {
                                th.row scope="row" data-label=(texts.row) {
                                    @if let Some(customer) = sample["customer"].as_str() {
                                        a href=(format!("{ROOT}/customers/{customer}")) { (show::number(self.language, count(&sample["row"]))) }
                                    } @else {
                                        (show::number(self.language, count(&sample["row"]))) " " span.tag { (texts.would_be_new) }
                                    }
                                }
                                @if names_column {
                                    td data-label=(texts.column) { (words(self.language, text(&sample["column"]))) }
                                } @else {
                                    td.value data-label=(texts.before) { (preview::value(self.language, &sample["before"])) }
                                }
                                td.value data-label=(texts.after) { (preview::value(self.language, &sample["after"])) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The samples in which a value takes the place of another one.
fn replaced<'a>(samples: &[&'a Json]) -> impl Iterator<Item = &'a Json> {
    samples.iter().copied().filter(|sample| !sample["before"].is_null())
}
