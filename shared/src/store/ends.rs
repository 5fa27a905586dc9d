//! How tasks end, and the one way back: each change of state is one conditional update.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;

use super::StoreError;
use super::dynamo::{number, text};
use super::tasks::{Listed, Tasks, conditional};
use crate::task::{Failure, State, TaskId};

/// What every end sets. The task stays listed until its end was told.
const ENDED: &str = "#state = :to, ended_at = :now, #open = :unannounced, announce_at = :now_ms";

impl Tasks {
    /// Enters `finishing` once every page is folded; true when the task is in that state now.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_finishing(&self, id: TaskId, pages: u32) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET #state = :finishing")
            .condition_expression("#state IN (:importing, :finishing) AND pages_folded = :pages")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pages", number(pages))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":finishing", text(State::Finishing.as_str()));
        conditional(update).await
    }

    /// Enters `completed`, with the report's key if there is one.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn complete(&self, id: TaskId, report: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        let mut update = self.end(id, State::Completed, now);
        if let Some(report) = report {
            update = update.expression_attribute_values(":report", text(report));
        }
        let report = if report.is_some() { ", report = :report" } else { "" };
        let expression = format!("SET {ENDED}{report} REMOVE lease_owner, lease_until");
        conditional(update.update_expression(expression)).await
    }

    /// Enters `failed`; false when the task had ended, or was past that.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fail(&self, id: TaskId, failure: &Failure, now: Timestamp) -> Result<bool, StoreError> {
        let json = serde_json::to_string(failure).map_err(|error| StoreError::malformed("failure", error))?;
        let update = self
            .end(id, State::Failed, now)
            .update_expression(format!("SET {ENDED}, failure = :failure REMOVE lease_owner, lease_until"))
            .expression_attribute_values(":failure", text(json));
        conditional(update).await
    }

    /// Enters `cancelled`; false when the task had ended, or was past that.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn cancel(&self, id: TaskId, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .end(id, State::Cancelled, now)
            .update_expression(format!("SET {ENDED} REMOVE lease_owner, lease_until"));
        conditional(update).await
    }

    /// Names the report of a task that was stopped.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn attach_report(&self, id: TaskId, report: &str) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
            .update_expression("SET report = :report")
            .condition_expression("#state IN (:failed, :cancelled)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":report", text(report))
            .expression_attribute_values(":failed", text(State::Failed.as_str()))
            .expression_attribute_values(":cancelled", text(State::Cancelled.as_str()));
        conditional(update).await
    }

    /// Takes an ended task of so many pages up again, without a limit on rejected rows; false when all its pages are folded,
    /// or it never came to importing. It is the only way out of a state that a task ends in.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn reopen(&self, id: TaskId, pages: u32) -> Result<bool, StoreError> {
        let update = self
            .update(&id.to_string(), "task")
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

    /// Says that the end at this moment was told.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn announced(&self, id: TaskId, ended_at: Timestamp) -> Result<bool, StoreError> {
        let update = self.unannounced(id).update_expression("REMOVE #open, announce_at");
        let update = update.condition_expression("#open = :unannounced AND ended_at = :ended_at");
        conditional(update.expression_attribute_values(":ended_at", text(ended_at.to_string()))).await
    }

    /// Says when the end is to be told again; the sweep leaves the task alone until then. False: it was told, or another
    /// delivery has seen to it since the task was read with this time, so that copies of a message do not each go on.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn announce_again_at(&self, id: TaskId, read: i64, at: Timestamp) -> Result<bool, StoreError> {
        let update = self.unannounced(id).update_expression("SET announce_at = :at");
        let update = update.condition_expression("#open = :unannounced AND announce_at = :read");
        let update = update.expression_attribute_values(":read", number(read));
        conditional(update.expression_attribute_values(":at", number(at.as_millisecond()))).await
    }

    fn unannounced(&self, id: TaskId) -> UpdateItemFluentBuilder {
        self.update(&id.to_string(), "task")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":unannounced", text(Listed::Unannounced.value()))
    }

    fn end(&self, id: TaskId, to: State, now: Timestamp) -> UpdateItemFluentBuilder {
        let from: Vec<String> = (0..to.entered_from().len()).map(|index| format!(":from{index}")).collect();
        let mut update = self
            .update(&id.to_string(), "task")
            .condition_expression(format!("#state IN ({})", from.join(", ")))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":to", text(to.as_str()))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .expression_attribute_values(":unannounced", text(Listed::Unannounced.value()));
        for (name, state) in from.into_iter().zip(to.entered_from()) {
            update = update.expression_attribute_values(name, text(state.as_str()));
        }
        update
    }
}
