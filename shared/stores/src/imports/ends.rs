//! How imports end, and the one way back: each change of state is one conditional update.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::imports::{Failure, ImportId, State};
use jiff::Timestamp;

use super::Imports;
use super::listing::Listed;
use super::table::conditional;
use crate::dynamo::{number, text};
use crate::error::StoreError;
use crate::written::Written;

/// What every end sets. The import stays in the outbox until its end is delivered.
const ENDED: &str = "#state = :to, ended_at = :now, #open = :undelivered, announce_at = :now_ms";

impl Imports {
    /// Enters `finishing` once every page is folded. `Done` also if it is in that state already.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_finishing(&self, id: ImportId, pages: u32) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(id)
            .update_expression("SET #state = :finishing")
            .condition_expression("#state IN (:importing, :finishing) AND pages_folded = :pages")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pages", number(pages))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":finishing", text(State::Finishing.as_str()));
        conditional(update).await
    }

    /// Enters `completed`, with the report's key if there is a report. `Superseded` unless the import is `finishing`.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn complete(&self, id: ImportId, report: Option<&str>, now: Timestamp) -> Result<Written, StoreError> {
        let mut update = self.end(id, State::Completed, now);
        if let Some(report) = report {
            update = update.expression_attribute_values(":report", text(report));
        }
        let report = if report.is_some() { ", report = :report" } else { "" };
        let expression = format!("SET {ENDED}{report} REMOVE lease_owner, lease_until");
        conditional(update.update_expression(expression)).await
    }

    /// Enters `failed`. `Superseded` if the import has ended, or its rows are all counted.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fail(&self, id: ImportId, failure: &Failure, now: Timestamp) -> Result<Written, StoreError> {
        let json = serde_json::to_string(failure).map_err(|error| StoreError::malformed("failure", error))?;
        let update = self
            .end(id, State::Failed, now)
            .update_expression(format!("SET {ENDED}, failure = :failure REMOVE lease_owner, lease_until"))
            .expression_attribute_values(":failure", text(json));
        conditional(update).await
    }

    /// Enters `cancelled`. `Superseded` if the import has ended, or its rows are all counted.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn cancel(&self, id: ImportId, now: Timestamp) -> Result<Written, StoreError> {
        let update = self
            .end(id, State::Cancelled, now)
            .update_expression(format!("SET {ENDED} REMOVE lease_owner, lease_until"));
        conditional(update).await
    }

    /// Notes the report of an import that failed or was cancelled.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn attach_report(&self, id: ImportId, report: &str) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(id)
            .update_expression("SET report = :report")
            .condition_expression("#state IN (:failed, :cancelled)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":report", text(report))
            .expression_attribute_values(":failed", text(State::Failed.as_str()))
            .expression_attribute_values(":cancelled", text(State::Cancelled.as_str()));
        conditional(update).await
    }

    /// Takes an ended import up again, without its limit on rejected rows. `pages` is how many pages its ledger has.
    /// `Superseded` if all of them are folded, or no batch was ever sent. This is the only way out of an ended state.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn reopen(&self, id: ImportId, pages: u32) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(id)
            .update_expression(
                "SET #state = :importing, #open = :open \
                 REMOVE ended_at, announce_at, failure, report, dispatched, parts_done, checkpoint, lease_owner, lease_until, max_rejected, seen, seen_at",
            )
            .condition_expression("#state IN (:failed, :cancelled, :completed) AND parallel_batches > :zero AND pages_folded < :pages")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":open", text(Listed::Open.value()))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":failed", text(State::Failed.as_str()))
            .expression_attribute_values(":cancelled", text(State::Cancelled.as_str()))
            .expression_attribute_values(":completed", text(State::Completed.as_str()))
            .expression_attribute_values(":pages", number(pages));
        conditional(update).await
    }

    fn end(&self, id: ImportId, to: State, now: Timestamp) -> UpdateItemFluentBuilder {
        let from: Vec<String> = (0..to.entered_from().len()).map(|index| format!(":from{index}")).collect();
        let mut update = self
            .table
            .update_import(id)
            .condition_expression(format!("#state IN ({})", from.join(", ")))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":to", text(to.as_str()))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .expression_attribute_values(":undelivered", text(Listed::Undelivered.value()));
        for (name, state) in from.into_iter().zip(to.entered_from()) {
            update = update.expression_attribute_values(name, text(state.as_str()));
        }
        update
    }
}
