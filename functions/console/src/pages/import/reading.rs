//! How the file was read.

use maud::{Markup, html};

use super::Shown;
use crate::columns::words;
use crate::kinds::kind;
use crate::pages::{count, text};
use crate::show;
use crate::wording::wording;

impl Shown<'_> {
    /// How the file was read: its columns, and what is strange about it.
    pub(super) fn reading(&self) -> Markup {
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
                                @if let Some(kind) = kind(self.language, text(&notice["code"])) { div.strong { (kind) } }
                                @let message = wording(self.language, text(&notice["message"]));
                                div lang=[message.lang] { (message.text) }
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
                                    td { @if let Some(name) = column["column"].as_str() { (words(self.language, name)) } @else { span.sub { (texts.left_out) } } }
                                    td.number { (show::percent(count(&column["filled"]), rows)) " %" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
