//! What became of the rows: a bar, with its numbers.

use maud::{Markup, html};

use super::Shown;
use crate::pages::{OUTCOMES, count, outcome, outcome_bar};
use crate::show;

impl Shown<'_> {
    /// The bar of outcomes, with its numbers.
    pub(super) fn outcomes(&self) -> Markup {
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
}

fn swatch(name: &str) -> Markup {
    html! { svg.swatch viewBox="0 0 10 10" width="12" height="12" aria-hidden="true" { rect class=(name) width="10" height="10" rx="2" {} } }
}
