//! What became of one row of an import. Nothing is kept for this: the row's batch is found as it was dispatched, and the
//! ledger and the batch's intent say the rest.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::codes::Outcome;
use domain::decide::{Row, counted_fates, problems};
use domain::imports::row_rules;
use domain::plan::{BatchNumbers, BatchRecords, Checked, LaterRows, RowSearch};
use domain::problems::RowProblem;
use runtime::http::{self, HttpProblem};
use serde_json::{Value as Json, json};
use stores::StoreError;
use stores::imports::{Import, Setup};

use crate::{Status, failed};

/// How far a row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It is not processed yet.
    Waiting,
    /// It was processed, or given up.
    Processed,
    /// The import was stopped before it came to the row.
    LeftOut,
    /// What became of it is no longer kept.
    Expired,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Processed => "processed",
            Self::LeftOut => "left_out",
            Self::Expired => "expired",
        }
    }
}

/// The batch of a row.
struct BatchOfRow {
    number: u32,
    records: BatchRecords,
    /// The row's place in it.
    at: usize,
}

impl Status {
    /// What became of a row.
    pub(crate) async fn row(&self, id: &str, number: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        let number: u64 = number.parse().ok().filter(|row| *row > 0).ok_or_else(no_such_row)?;
        let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
        let shown = match &setup.checked {
            Some(checked) if number > checked.rows => return Err(no_such_row()),
            Some(checked) => self.shown_row(&import, &setup, checked, number).await?,
            None if import.ended_at.is_some() => {
                let detail = "The import ended before its file was found sound, so no row of it was looked at.";
                return Err(HttpProblem::new(404, "no_such_row", detail));
            }
            None => without_fate(&import, &setup, (number, None), Stage::Waiting),
        };
        Ok(http::json(200, &shown, &[]))
    }

    async fn shown_row(
        &self,
        import: &Import,
        setup: &Setup,
        checked: &Checked,
        number: u64,
    ) -> Result<Json, HttpProblem> {
        let expired = || without_fate(import, setup, (number, None), Stage::Expired);
        let Some(batch) = self.batch_of_row(import, checked, number).await? else { return Ok(expired()) };
        let (_, line, _) = batch.records.record(batch.at);
        let page = self.stores.ledger.page(import.id, BatchNumbers::page(batch.number)).await.map_err(failed)?;
        if !page.done.contains(&batch.number) {
            let stage = if import.ended_at.is_some() { Stage::LeftOut } else { Stage::Waiting };
            return Ok(without_fate(import, setup, (number, Some(line)), stage));
        }
        let numbers = batch.records.numbers();
        let noted = self.stores.intents.get(import.id, batch.number, &numbers).await.map_err(failed)?;
        let Some(intent) = noted else {
            return Ok(without_fate(import, setup, (number, Some(line)), Stage::Expired));
        };
        let fates = counted_fates(&intent.fates, &intent.given_up);
        let rows = Row::parse_all(&batch.records, checked, &row_rules(&setup.request, import.id.launched(), checked));
        let (Some(row), Some(fate)) = (rows.get(batch.at), fates.get(batch.at)) else { return Ok(expired()) };
        let mut shown = without_fate(import, setup, (number, Some(line)), Stage::Processed);
        shown["outcome"] = outcome(fate.outcome, setup).into();
        // A forecast writes nobody, so a customer that it created is only its own.
        let customer = fate.customer.filter(|customer| !(setup.request.dry_run && customer.may_be_of(import.id)));
        shown["customer"] = json!(customer.map(|customer| customer.to_string()));
        shown["problems"] = problems(row, fate).map(|problem| shown_problem(problem, checked)).collect();
        Ok(shown)
    }

    /// The batch of a row, cut from the row's part of the file as it was dispatched; none once the file is gone.
    async fn batch_of_row(
        &self,
        import: &Import,
        checked: &Checked,
        row: u64,
    ) -> Result<Option<BatchOfRow>, HttpProblem> {
        let part = checked.part_of(row);
        let (Some(begin), Some(etag)) = (checked.parts.get(part as usize), &import.etag) else { return Ok(None) };
        let bucket = &self.stores.bucket;
        let later_rows = match &begin.later_rows {
            Some(key) => match present(bucket.get(key).await)? {
                Some(bytes) => LaterRows::read(&bytes, begin.row).map_err(unreadable)?,
                None => return Ok(None),
            },
            None => LaterRows::default(),
        };
        let Some(mut search) = RowSearch::new(checked, part, row, later_rows) else { return Ok(None) };
        let opened = bucket.read(&import.object_key, etag, begin.offset, checked.end_of_part(part)).await;
        let Some(mut body) = present(opened)? else { return Ok(None) };
        while let Some(chunk) = body.next().await.map_err(failed)? {
            if search.push(&chunk).map_err(unreadable)? {
                break;
            }
        }
        let Some(batch) = search.finish().map_err(unreadable)? else { return Ok(None) };
        let records = BatchRecords::read(&batch.rows, checked).map_err(unreadable)?;
        let at = batch.rows.places().position(|(number, _)| number == row);
        let number = checked.numbers.number(batch.wave, batch.index);
        Ok(at.map(|at| BatchOfRow { number, records, at }))
    }
}

/// What is there; none if the object is gone, or is another one by now.
fn present<T>(read: Result<T, StoreError>) -> Result<Option<T>, HttpProblem> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::ObjectMissing | StoreError::ObjectChanged) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

fn unreadable(error: impl std::fmt::Display) -> HttpProblem {
    tracing::error!(%error, "the batch of a row could not be read as it was checked");
    HttpProblem::unavailable()
}

/// A row without a known fate. Rows that a stopped import did not come to are counted as unprocessed.
fn without_fate(import: &Import, setup: &Setup, (row, line): (u64, Option<u64>), stage: Stage) -> Json {
    json!({
        "import": import.id,
        "row": row,
        "line": line,
        "state": stage.as_str(),
        "forecast": setup.request.dry_run,
        "outcome": (stage == Stage::LeftOut).then(|| outcome(Outcome::Unprocessed, setup)),
        "customer": null,
        "problems": [],
    })
}

/// The word for an outcome. Of an undo it is one of those that its counters have.
fn outcome(outcome: Outcome, setup: &Setup) -> &'static str {
    match outcome {
        _ if setup.request.undoes.is_none() => outcome.as_str(),
        Outcome::Created | Outcome::Updated => "reverted",
        Outcome::Unchanged => "kept",
        Outcome::Rejected | Outcome::Unprocessed => "failed",
    }
}

fn shown_problem(problem: &RowProblem, checked: &Checked) -> Json {
    let column = problem.cell.and_then(|cell| checked.layout.header.get(usize::from(cell)));
    json!({
        "severity": problem.severity,
        "code": problem.code,
        "column": column,
        "message": problem.message,
    })
}

fn no_such_row() -> HttpProblem {
    HttpProblem::new(404, "no_such_row", "The import has no row of this number. The first row after the header is 1.")
}
