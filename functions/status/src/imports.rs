//! Imports: how far one is, the list of them, the report, and cancelling.

use std::collections::BTreeSet;

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use shared::batch::Lane;
use shared::catalogue::Fields;
use shared::columns::COLUMNS;
use shared::file::{Checked, FirstRow, row_rules};
use shared::http::{self, HttpProblem};
use shared::report;
use shared::row::{Change, DateFormat, ParsedRow, parse_row};
use shared::store::tasks::{Definition, Listed, Task};
use shared::task::{Counters, State, TaskId};

use crate::{Status, failed, limit};

/// How long a download link is good.
pub(crate) const DOWNLOAD_VALID: Duration = Duration::from_secs(600);

impl Status {
    pub(crate) async fn import(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let task = self.task(id).await?;
        let definition = self.progress.tasks.definition(task.id).await.map_err(failed)?;
        let mut shown = self.shown_as(&task, &definition, request).await?;
        if let Some(checked) = &definition.checked {
            let first_rows = self.progress.tasks.first_rows(task.id).await.map_err(failed)?;
            shown["check"] = summary(&task, &definition, checked, &first_rows);
        }
        Ok(http::json(200, &shown, &[]))
    }

    pub(crate) async fn imports(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let limit = limit(request)?;
        let wanted = match http::query(request, "state") {
            None => None,
            Some(word) => Some(
                State::from_word(&word)
                    .ok_or_else(|| HttpProblem::new(400, "unknown_state", format!("There is no state `{word}`.")))?,
            ),
        };
        let mut before = match http::query(request, "cursor") {
            None => None,
            Some(cursor) => Some(cursor.parse().map_err(|_| {
                HttpProblem::new(400, "invalid_cursor", "Give the `cursor` of the page before, as it was.")
            })?),
        };
        let mut shown = Vec::new();
        let mut cursor = None;
        loop {
            let ids = self.progress.tasks.list(Listed::All, limit, before).await.map_err(failed)?;
            for id in &ids {
                let Some(task) = self.progress.tasks.task(*id).await.map_err(failed)? else { continue };
                if wanted.is_none_or(|wanted| task.state == wanted) {
                    shown.push(self.shown(&task, request).await?);
                    if shown.len() == limit {
                        cursor = Some(*id);
                        break;
                    }
                }
            }
            before = ids.last().copied();
            if cursor.is_some() || ids.len() < limit {
                break;
            }
        }
        Ok(http::json(200, &json!({ "imports": shown, "cursor": cursor }), &[]))
    }

    pub(crate) async fn errors(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let task = self.task(id).await?;
        let Some(report) = &task.report else {
            let detail = match task.state {
                State::Completed => "Nothing is wrong with any row of this import, so there is no report.",
                State::Failed | State::Cancelled => {
                    "Nothing is wrong with any row that was looked at, so there is no report."
                }
                _ => "The report is made when the import is completed.",
            };
            return Err(HttpProblem::new(404, "no_report", detail));
        };
        let name = format!("{}-errors.csv", task.id);
        let url = self.progress.objects.download_url(report, &name, DOWNLOAD_VALID).await.map_err(failed)?;
        Ok(http::answer(302, "text/plain", String::new(), &[("location", url)]))
    }

    pub(crate) async fn cancel(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let task = self.task(id).await?;
        let cancelled = self.progress.tasks.cancel(task.id, self.progress.clock.now()).await.map_err(failed)?;
        let task = self.task(id).await?;
        if cancelled || task.state == State::Cancelled {
            // Sent again when cancelling is repeated: whoever dies between the two loses nothing.
            self.progress.queues.finish(&task.origin()).await.map_err(failed)?;
            self.progress.queues.announce(&task.origin()).await.map_err(failed)?;
            return Ok(http::json(200, &self.shown(&task, request).await?, &[]));
        }
        let state = task.state.as_str();
        Err(HttpProblem::new(409, "too_late", format!("The import is {state}; it cannot be cancelled any more.")))
    }

    /// What the report comes to: rows by code, with an example each.
    pub(crate) async fn errors_summary(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let task = self.task(id).await?;
        if task.report.is_none() {
            return Err(HttpProblem::new(404, "no_report", "There is no report on this import."));
        }
        let summary = self.progress.objects.get(&report::summary_key(task.id)).await.map_err(failed)?;
        let summary: Json = serde_json::from_slice(&summary).map_err(|_| HttpProblem::unavailable())?;
        Ok(http::json(200, &summary, &[]))
    }

    /// Takes an import up again: exactly the rows that were not processed, whether it was stopped or gave them up.
    pub(crate) async fn retry(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let task = self.task(id).await?;
        let mut given_up = BTreeSet::new();
        if task.state.is_ended() {
            for page in self.progress.tasks.pages(task.id).await.map_err(failed)? {
                let batches = page.given_up();
                if !batches.is_empty() {
                    self.progress.tasks.take_back(task.id, &page).await.map_err(failed)?;
                    given_up.extend(batches);
                }
            }
        }
        let reopened = self.progress.tasks.reopen(task.id, task.ledger.pages()).await.map_err(failed)?;
        let task = self.task(id).await?;
        if reopened || task.state == State::Importing {
            self.progress.queues.go_on(&task.origin()).await.map_err(failed)?;
            // The lane has gone on without these; the sweep would find them, later.
            for number in given_up.into_iter().filter(|number| task.ledger.place(*number).0 == Lane::Ordered) {
                self.progress.send_ordered(&task, number).await.map_err(failed)?;
            }
            return Ok(http::json(202, &self.shown(&task, request).await?, &[]));
        }
        let detail = match task.state {
            State::Completed => {
                "The import is completed, and every row was processed. Correct the rows in its report, and upload that."
            }
            State::Failed | State::Cancelled => {
                "The file was not found sound before the import ended, so no row is left to process. Correct it and start a new import."
            }
            _ => "The import is under way.",
        };
        Err(HttpProblem::new(409, "nothing_to_retry", detail))
    }

    pub(crate) async fn task(&self, id: &str) -> Result<Task, HttpProblem> {
        let id: TaskId = id.parse().map_err(|_| no_such_import())?;
        self.progress.tasks.task(id).await.map_err(failed)?.ok_or_else(no_such_import)
    }

    pub(crate) async fn shown(&self, task: &Task, asked: &LambdaFunctionUrlRequest) -> Result<Json, HttpProblem> {
        let definition = self.progress.tasks.definition(task.id).await.map_err(failed)?;
        self.shown_as(task, &definition, asked).await
    }

    /// A task whose definition was read.
    async fn shown_as(
        &self,
        task: &Task,
        definition: &Definition,
        asked: &LambdaFunctionUrlRequest,
    ) -> Result<Json, HttpProblem> {
        let counters = self.progress.counters(task).await.map_err(failed)?;
        let url = format!("{}/imports/{}", self.base(asked), task.id);
        let request = &definition.request;
        let checked = definition.checked.as_ref();
        let errors = task.report.as_ref().map(|_| format!("{url}/errors"));
        let summary = errors.as_ref().map(|errors| format!("{errors}/summary"));
        let retry = (task.state.is_ended() && task.ledger.pages() > 0 && counters.unprocessed > 0)
            .then(|| format!("{url}/retry"));
        let cancel = (!task.state.is_ended() && task.state != State::Finishing).then(|| format!("{url}/cancel"));
        Ok(json!({
            "id": task.id,
            "task": request.task,
            "description": request.description,
            "state": task.state,
            "dry_run": request.dry_run,
            "mode": request.mode,
            "settings": request.settings,
            "created_at": task.id.launched(),
            "started_at": task.started_at,
            "ended_at": task.ended_at,
            "file": {
                "name": request.file.name,
                "size": task.size.or(request.file.size),
                "encoding": checked.map_or(request.encoding.as_str(), |checked| checked.encoding.as_str()),
                "delimiter": checked.map(|checked| char::from(checked.delimiter).to_string()),
                "rows": checked.map(|checked| checked.rows),
            },
            "progress": progress(task, definition, &counters, self.progress.clock.now()),
            "counters": counters.shown(task.rows),
            "errors_by_code": counters.codes,
            "failure": task.failure,
            "links": { "self": url, "errors": errors, "errors_summary": summary, "cancel": cancel, "retry": retry },
        }))
    }
}

/// What the check pass found of a sound file: enough to see that it is read as it is meant.
fn summary(task: &Task, definition: &Definition, checked: &Checked, first_rows: &[FirstRow]) -> Json {
    let columns: Vec<Json> = checked
        .layout
        .header
        .iter()
        .zip(&checked.layout.columns)
        .zip(&checked.filled)
        .map(|((header, column), filled)| {
            json!({ "header": header, "column": column.as_ref().map(ToString::to_string), "filled": filled })
        })
        .collect();
    let rules = row_rules(&definition.request, task.id.launched(), checked);
    let first_rows: Vec<Json> = first_rows
        .iter()
        .map(|first| {
            let cells: Vec<&str> = first.cells.iter().map(String::as_str).collect();
            let (values, problems) = match parse_row(&checked.layout, &rules, &cells) {
                Ok(row) => (read_values(&row), row.warnings),
                Err(problems) => (Json::Null, problems),
            };
            let problems: Vec<Json> = problems
                .iter()
                .map(|problem| {
                    let header = problem.cell.and_then(|cell| checked.layout.header.get(usize::from(cell)));
                    json!({ "code": problem.code, "column": header, "message": problem.message })
                })
                .collect();
            json!({ "row": first.row, "line": first.line, "values": values, "problems": problems })
        })
        .collect();
    json!({
        "columns": columns,
        "quote": char::from(checked.quote).to_string(),
        "date_format": checked.date_format.map(DateFormat::pattern),
        "sha256": checked.sha256,
        "repeated_rows": checked.repeated,
        "first_rows": first_rows,
        "notices": checked.notices,
    })
}

/// What a row says, as it will be stored.
fn read_values(row: &ParsedRow) -> Json {
    let mut values = serde_json::Map::new();
    for (slot, change) in &row.identifiers {
        let value = if let Change::Set(identifier) = change { json!(identifier.value()) } else { Json::Null };
        values.insert(slot.to_string(), value);
    }
    for (name, change) in &row.attributes {
        let value = if let Change::Set(value) = change { json!(value) } else { Json::Null };
        values.insert(name.clone(), value);
    }
    Json::Object(values)
}

/// How far the task is in what it does now, and how long the rest takes at the pace so far.
fn progress(task: &Task, definition: &Definition, counters: &Counters, now: Timestamp) -> Json {
    let (done, total, unit) = match task.state {
        State::AwaitingUpload => (0, definition.request.file.size.unwrap_or(0), "bytes"),
        State::Checking => (task.bytes_done, task.size.unwrap_or(0), "bytes"),
        _ => (counters.rows(), task.rows, "rows"),
    };
    let seconds_left = task
        .started_at
        .filter(|_| done > 0 && !task.state.is_ended())
        .map(|started| now.duration_since(started).as_secs_f64() * (total.saturating_sub(done)) as f64 / done as f64)
        .map(|seconds| seconds.ceil() as u64);
    json!({ "phase": task.state, "done": done, "total": total, "unit": unit, "seconds_left": seconds_left })
}

fn no_such_import() -> HttpProblem {
    HttpProblem::new(404, "no_such_import", "There is no import of this id.")
}

/// A file to begin with: the columns' names and an example of each.
pub(crate) fn template() -> LambdaFunctionUrlResponse {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let examples: Vec<String> = COLUMNS.iter().map(|column| quoted(column.example)).collect();
    let body = format!("\u{feff}{}\r\n{}\r\n", names.join(","), examples.join(","));
    let disposition = "attachment; filename=\"customers.csv\"".to_owned();
    http::answer(200, "text/csv; charset=utf-8", body, &[("content-disposition", disposition)])
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// The reference of columns; the project's custom fields are columns too.
pub(crate) fn columns(fields: &Fields) -> LambdaFunctionUrlResponse {
    let custom = fields.iter().map(|(name, holds)| {
        json!({ "name": format!("custom.{name}"), "type": holds, "aliases": [], "hint": "A custom field.", "example": "" })
    });
    let columns: Vec<Json> = COLUMNS
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.kind.word(),
                "aliases": column.aliases,
                "hint": column.hint,
                "example": column.example,
            })
        })
        .chain(custom)
        .collect();
    http::json(200, &json!({ "columns": columns }), &[])
}
