//! Correcting the rejected rows of an import in place. The script of the page sends them as a new import, which takes over the
//! settings of the first one because its file is a report.

use std::collections::BTreeSet;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::report::{RejectedRows, as_read, rejected_rows};
use domain::wording::quoted;
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::imports::named;
use super::text;
use super::upload::{ONE_PUT, mend, upload_progress};
use crate::answers;
use crate::console::Console;
use crate::kinds::kind_or_other;
use crate::language::Language;
use crate::member::Member;
use crate::page::{Page, csrf};
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::texts::fill;
use crate::visit::Visit;
use crate::wording::row_wording;

/// Largest report in bytes whose rows are corrected on a page. An answer of a function has 6 MB at most.
const MOST: u64 = 4 * 1024 * 1024;
/// Most characters of the first import's name in the description of the next one, which has 2,000.
const NAME: usize = 500;

impl Console {
    /// The page on which the rejected rows of an import are corrected.
    pub(crate) async fn correct(&self, visit: &Visit<'_>, id: &str) -> Result<LambdaFunctionUrlResponse, Refusal> {
        if !Self::may_import(visit.member) {
            return Err(Refusal::forbidden());
        }
        let import = self.api.get(visit, &format!("/imports/{id}"), "").await?;
        let page = Page::of(visit).titled(visit.asked.language.texts().correct_title).in_section("imports");
        let origin = self.upload_origin().await;
        let content = editor(visit.asked.language, visit.member, &import);
        Ok(page.with_script("correct.js").uploading_to(origin).answer(200, &content))
    }

    /// The rejected rows, for the script of the page.
    pub(crate) async fn rows_to_correct(
        &self,
        visit: &Visit<'_>,
        id: &str,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        if !Self::may_import(visit.member) {
            return Err(Refusal::forbidden());
        }
        let import = self.api.get(visit, &format!("/imports/{id}"), "").await?;
        let Some(report) = self.api.report(id, MOST).await? else {
            return Ok(answers::json(200, &json!({ "too_large": true, "rows": [] })));
        };
        let delimiter = text(&import["file"]["delimiter"]).chars().next().unwrap_or(',');
        let found = rejected_rows(&String::from_utf8_lossy(&report), delimiter);
        let found = found.ok_or_else(|| Refusal::new(404, "no_report", ""))?;
        Ok(answers::json(200, &rows(visit.asked.language, &found)))
    }
}

/// The rows as the script takes them. A cell is sent as the report has it, and in `shown` as a person reads it where that differs.
fn rows(language: Language, found: &RejectedRows) -> Json {
    let header: Vec<Json> = found.header.iter().map(|name| json!({ "name": name, "shown": as_read(name) })).collect();
    let names: BTreeSet<String> = found.header.iter().map(|name| quoted(&as_read(name)).into_owned()).collect();
    let rows: Vec<Json> = found
        .rows
        .iter()
        .map(|row| {
            let shown: Map<String, Json> = found
                .editable
                .iter()
                .filter(|at| as_read(&row.cells[**at]) != row.cells[**at])
                .map(|at| (at.to_string(), as_read(&row.cells[*at]).into()))
                .collect();
            let message = row_wording(language, &row.message, &names);
            let lang = message.lang.unwrap_or(language.tag());
            json!({
                "row": row.row, "line": row.line, "code": row.code, "kind": kind_or_other(language, &row.code),
                "column": row.column, "message": message.text, "lang": lang, "cells": row.cells, "shown": shown,
            })
        })
        .collect();
    json!({ "too_large": false, "header": header, "editable": found.editable, "rows": rows })
}

/// The name of the file that the corrected rows are sent as.
fn file_name(import: &Json) -> String {
    let name = text(&import["file"]["name"]);
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = stem.strip_suffix(".gz").unwrap_or(stem);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let stem: String = stem.chars().take(NAME).collect();
    format!("{stem}-corrected.csv")
}

fn editor(language: Language, member: &Member, import: &Json) -> Markup {
    let texts = language.texts();
    let id = text(&import["id"]);
    let name: String = named(import).chars().take(NAME).collect();
    html! {
        nav.crumbs { a href=(format!("{ROOT}/imports/{id}")) { "← " (name) } }
        h1 { (texts.correct_title) }
        p.sub { (texts.correct_intro) }
        noscript { p.notice.wrong { (texts.correct_no_script) } }
        form.new #correct method="post" action=(format!("{ROOT}/imports")) novalidate
            data-src=(format!("{ROOT}/imports/{id}/correct/rows")) data-one-put=(ONE_PUT) data-file-name=(file_name(import))
            data-lang=(language.tag()) data-failed=(texts.upload_failed) data-unread=(texts.report_unread) data-row=(texts.correct_row)
            data-page=(texts.correct_page) data-same=(texts.same_for_all) data-same-done=(texts.same_done)
            data-summary=(texts.correct_summary) data-all-left-out=(texts.all_left_out) data-unchanged=(texts.correct_unchanged) {
            (csrf(member))
            input type="hidden" name="description" value=(fill(texts.corrected_of, &[("name", &name)]));
            // The file is the script's own.
            input type="hidden" name="encoding" value="utf-8";
            input type="hidden" name="delimiter" value=",";
            p.sr role="status" #said {}
            (mend(texts))
            p.sub role="status" #loading { (texts.report_loading) }
            div.empty hidden #too-large {
                p.strong { (texts.report_too_large) }
                p { (texts.report_too_large_text) }
                p { a.button href=(format!("{ROOT}/imports/{id}/errors")) { (texts.report_download) } }
            }
            div.empty hidden #nothing {
                p.strong { (texts.nothing_to_correct) }
                p { (texts.nothing_to_correct_text) }
            }
            div.new hidden #editor {
                div.new #rows role="group" aria-label=(texts.correct_title) tabindex="-1" {}
                nav.pages.turn hidden #pager aria-label=(texts.pages) {
                    button type="button" { (texts.previous_page) }
                    span.number #place {}
                    button type="button" { (texts.next_page) }
                }
                div.send {
                    button.primary.large type="submit" aria-describedby="summary correct-hint" { (texts.import_corrected) }
                    p.hint #summary {}
                    p.hint #correct-hint { (texts.correct_hint) }
                }
            }
            (upload_progress(texts))
        }
        template #row-template {
            fieldset.card.rejected-row {
                legend {}
                label.tick { input type="checkbox"; " " (texts.leave_row_out) }
                (problem())
                div.cells {}
            }
        }
        template #field-template {
            div.field {
                label {}
                input type="text";
                (problem())
                button.quiet type="button" {}
            }
        }
    }
}

/// Where the script writes what is wrong. The message may be the API's, in English; its row says.
fn problem() -> Markup {
    html! { p.problem { span.kind {} " " span lang="en" {} " " span.code {} } }
}

#[cfg(test)]
mod tests {
    use domain::report::RejectedRow;
    use runtime::keys::Role;

    use super::*;

    #[test]
    fn the_script_gets_each_cell_as_the_report_has_it_and_as_a_person_reads_it() {
        let found = RejectedRows {
            header: vec!["email".to_owned(), "phone".to_owned(), "_import".to_owned()],
            editable: vec![0, 1],
            rows: vec![RejectedRow {
                row: 3,
                line: 4,
                code: "invalid_phone".to_owned(),
                column: Some(1),
                message: "phone: This moment is out of range. And 2 more problems.".to_owned(),
                cells: vec!["a@b.de".to_owned(), "'+49".to_owned(), "01K".to_owned()],
            }],
        };
        let sent = rows(Language::German, &found);
        assert_eq!(sent["rows"][0]["cells"], json!(["a@b.de", "'+49", "01K"]));
        assert_eq!(sent["rows"][0]["shown"], json!({ "1": "+49" }));
        assert_eq!(sent["rows"][0]["kind"], "Keine Telefonnummer");
        let message = "phone: Dieser Zeitpunkt liegt außerhalb des möglichen Bereichs. Und 2 weitere Probleme.";
        assert_eq!((&sent["rows"][0]["message"], &sent["rows"][0]["lang"]), (&json!(message), &json!("de")));
        assert_eq!(sent["editable"], json!([0, 1]));
    }

    #[test]
    fn the_page_says_what_it_is_for_in_both_languages_and_no_name_becomes_markup() {
        let hostile = "\"><script>alert(1)</script>.csv";
        let import = json!({ "id": "01K", "description": "", "file": { "name": hostile } });
        for language in Language::ALL {
            let page = editor(language, &Member::of_role(Role::Import), &import).into_string();
            assert!(page.contains(language.texts().import_corrected) && !page.contains("<script"), "{page}");
            assert!(!page.contains(" style="), "{page}");
        }
    }

    #[test]
    fn the_file_is_called_after_the_first_one() {
        for (name, expected) in [
            ("May.csv", "May-corrected.csv"),
            ("May.csv.gz", "May-corrected.csv"),
            ("inbox/Shop/May.csv", "May-corrected.csv"),
            ("May", "May-corrected.csv"),
        ] {
            assert_eq!(file_name(&json!({ "file": { "name": name } })), expected);
        }
    }
}
