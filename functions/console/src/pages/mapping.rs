//! Where the columns of a file go, with a choice for each.

use std::collections::BTreeSet;

use domain::columns::{CHANNELS, COLUMNS, Column, Kind};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{settings, text};
use crate::columns::words;
use crate::language::Language;
use crate::show;
use crate::texts::fill;

/// What there is to choose, and what was chosen before.
#[derive(Debug)]
pub(super) struct Choices<'a> {
    /// The columns of the project's own fields.
    pub(super) fields: Vec<&'a str>,
    /// The headers of the columns that somebody chose to leave out.
    pub(super) left_out: BTreeSet<&'a str>,
    /// Whether the form has settings: with a definition it sets nothing itself.
    pub(super) may_set: bool,
}

/// The columns of a file, one line each.
pub(super) fn mapping(language: Language, columns: &[Json], choices: &Choices<'_>) -> Markup {
    let texts = language.texts();
    html! {
        @if !columns.is_empty() { div.scroll role="region" aria-label=(texts.preview_caption) tabindex="0" {
            table.mapping.stack {
                caption.sr { (texts.preview_caption) }
                thead { tr {
                    th scope="col" { (texts.header) }
                    th scope="col" { (texts.goes_to) }
                    th scope="col" { (texts.write) }
                    th scope="col" { (texts.why) }
                    th.number scope="col" { (texts.filled) }
                    th scope="col" { (texts.values) }
                } }
                tbody {
                    @for (at, column) in columns.iter().enumerate() {
                        @let is_again = columns[..at].iter().any(|earlier| earlier["header"] == column["header"]);
                        (line(language, at, column, choices, is_again))
                    }
                }
            }
        } }
    }
}

/// One column of the file: where it goes, and the choice to send it elsewhere.
/// A header that is there again has the choice of the first one.
fn line(language: Language, at: usize, column: &Json, choices: &Choices<'_>, is_again: bool) -> Markup {
    let texts = language.texts();
    let header = text(&column["header"]);
    let is_left_out = choices.left_out.contains(header);
    let filled = column["filled"].as_f64().unwrap_or(0.0);
    let filled = show::percent((filled * 1_000.0) as u64, 1_000);
    let how = match text(&column["how"]) {
        "name" => texts.how_name,
        "alias" => texts.how_alias,
        "mapping" => texts.how_mapping,
        "report" => texts.how_report,
        _ if is_left_out => texts.how_mapping,
        _ => texts.how_left_out,
    };
    let write = column["write"].as_str().unwrap_or("always");
    let suggested = column["suggestion"]["column"].as_str();
    let examples = column["examples"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        tr {
            th scope="row" { (header) }
            @if is_again { td.sub colspan="2" { (texts.same_header) } } @else {
            td data-label=(texts.goes_to) { (choice(language, at, column, choices)) }
            td data-label=(texts.write) {
                select name=(format!("write.{at}")) aria-label=(format!("{}: {header}", texts.write)) {
                    @for rule in ["always", "if_blank", "never"] {
                        option value=(rule) selected[rule == write] { (texts.write_rule(rule)) }
                    }
                }
            } }
            td.sub data-label=(texts.why) {
                (how)
                @if let Some(suggested) = suggested { ", " (fill(texts.suggestion, &[("column", &words(language, suggested))])) }
            }
            td.number data-label=(texts.filled) { @if filled == 0 && !examples.is_empty() { "–" } @else { (filled) " %" } }
            td.values data-label=(texts.values) { @for example in examples { span { (text(example)) } } }
        }
    }
}

/// The choice where a column goes. A choice that ends in a point goes on in the field beside it, which the script shows.
fn choice(language: Language, at: usize, column: &Json, choices: &Choices<'_>) -> Markup {
    let texts = language.texts();
    let header = text(&column["header"]);
    let is_left_out = choices.left_out.contains(header);
    let goes_to = column["column"].as_str().unwrap_or_default();
    // A mapping that was chosen before is sent again; anything else the API finds by itself.
    let proposed = if text(&column["how"]) == "mapping" { "" } else { goes_to };
    let consents = CHANNELS.map(|channel| format!("subscribed.{channel}"));
    let is_listed = COLUMNS.iter().any(|known| known.name == goes_to)
        || choices.fields.contains(&goes_to)
        || consents.iter().any(|consent| consent == goes_to);
    let option = |name: &str| {
        html! { option value=(name) selected[name == goes_to] { (words(language, name)) } }
    };
    let of = |group: Group| COLUMNS.iter().filter(move |known| Group::of(known) == group);
    html! {
        input type="hidden" name=(format!("head.{at}")) value=(header);
        input type="hidden" name=(format!("was.{at}")) value=(proposed);
        select name=(format!("map.{at}")) data-suggested=[column["suggestion"]["column"].as_str()]
            aria-label=(format!("{}: {header}", texts.goes_to)) {
            @if goes_to.is_empty() && !is_left_out { option value="" selected { (texts.nothing_chosen) } }
            option value=(settings::LEFT_OUT) selected[is_left_out] { (texts.leave_out) }
            @if !goes_to.is_empty() && !is_listed { (option(goes_to)) }
            optgroup label=(texts.identifiers) {
                @for known in of(Group::Identifiers) { (option(known.name)) }
                option value="external_id." data-rest=(texts.name_of_system) { (texts.other_system) }
            }
            optgroup label=(texts.person) { @for known in of(Group::Person) { (option(known.name)) } }
            @if !choices.fields.is_empty() {
                optgroup label=(texts.custom_fields) { @for field in &choices.fields { (option(field)) } }
            }
            optgroup label=(texts.consents) {
                (option("subscribed"))
                @for consent in &consents { (option(consent)) }
                @for consent in &consents {
                    option value=(format!("{consent}.")) data-rest=(texts.name_of_topic) {
                        (fill(texts.topic_of, &[("words", &words(language, consent))]))
                    }
                }
            }
            optgroup label=(texts.for_each_row) { @for known in of(Group::Row) { (option(known.name)) } }
        }
        input.rest name=(format!("rest.{at}")) hidden maxlength="64" autocomplete="off" spellcheck="false";
    }
}

/// Under which heading a column is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Identifiers,
    Person,
    Consents,
    Row,
}

impl Group {
    fn of(column: &Column) -> Self {
        match column.kind {
            Kind::Identifier => Self::Identifiers,
            _ if column.name.starts_with("subscribed") => Self::Consents,
            Kind::Setting | Kind::Moment => Self::Row,
            _ => Self::Person,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_may_go_to_a_field_of_the_project_and_be_left_out_by_choice() {
        let column = |header: &str| json!({ "header": header, "column": null, "how": "left_out", "examples": [] });
        let columns = [column("Size"), column("Notes")];
        let choices = Choices { fields: vec!["custom.shoe_size"], left_out: BTreeSet::from(["Notes"]), may_set: true };
        let shown = mapping(Language::English, &columns, &choices).into_string();
        let (size, notes) = shown.split_once("Notes").unwrap();
        assert!(size.contains("<option value=\"custom.shoe_size\">"), "{size}");
        assert!(
            size.contains("<option value=\"\" selected>") && notes.contains("<option value=\"none\" selected>"),
            "{shown}"
        );
    }

    #[test]
    fn a_column_may_go_to_an_id_of_another_system_and_to_a_consent_of_any_channel() {
        let column = |column: &str| json!({ "header": column, "column": column, "how": "mapping", "examples": [] });
        let columns = [column("external_id.shop"), column("subscribed.viber"), column("subscribed.email.news")];
        let choices = Choices { fields: Vec::new(), left_out: BTreeSet::new(), may_set: true };
        let shown = mapping(Language::German, &columns, &choices).into_string();
        for selected in columns.iter().map(|column| text(&column["column"])) {
            assert!(shown.contains(&format!("<option value=\"{selected}\" selected>")), "{selected}: {shown}");
        }
        assert!(shown.contains("Nummer im System „shop“") && shown.contains("value=\"subscribed.email.\""), "{shown}");
        assert_eq!(shown.matches("<option value=\"email\">").count(), columns.len(), "each column is offered once");
    }
}
