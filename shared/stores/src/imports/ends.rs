//! How imports end, and the one way back: each change of state is one conditional update.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::imports::{Failure, ImportId, State};
use jiff::Timestamp;

use super::Imports;
use super::item::{Import, read_import};
use super::listing::Listed;
use super::table::failed_condition;
use crate::dynamo::{number, text, update_if};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// What every end sets. The import stays in the outbox until its end is delivered.
const ENDED: &str = "ended_at = :now, #open = :undelivered, announce_at = :now_ms";

/// The keys of the files that were made at the end of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndFiles {
    /// The report, if something is wrong with a row.
    pub report: Option<String>,
    /// The results, if they were asked for.
    pub results: Option<String>,
}

/// What became of a request to stop an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It has ended: no batch of it was ever sent.
    Ended,
    /// It is stopped, and ends once the batches that are half-way are counted.
    Stopping,
    /// It had ended or was stopped before, or its rows are all counted.
    TooLate,
}

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
            .condition_expression("#state IN (:importing, :finishing) AND size(folded) = :pages")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pages", number(pages))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":finishing", text(State::Finishing.as_str()));
        update_if(update).await
    }

    /// Enters `completed`, with the files that were made. `Superseded` unless the import is `finishing` and as it was read.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn complete(&self, import: &Import, files: &EndFiles, now: Timestamp) -> Result<Written, StoreError> {
        let update = self
            .ended(import, files, now)
            .condition_expression("#state = :finishing AND #run = :run")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":finishing", text(State::Finishing.as_str()))
            .expression_attribute_values(":to", text(State::Completed.as_str()));
        update_if(update.update_expression(ended_expression("#state = :to, ", files))).await
    }

    /// Ends an import that was stopped, with the files that were made. Its counters are final. `Superseded` unless the
    /// import is as it was read.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn end_stopped(&self, import: &Import, files: &EndFiles, now: Timestamp) -> Result<Written, StoreError> {
        let update = self
            .ended(import, files, now)
            .condition_expression("#state = :stopped AND attribute_not_exists(ended_at) AND #run = :run")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":stopped", text(import.state.as_str()));
        update_if(update.update_expression(ended_expression("", files))).await
    }

    fn ended(&self, import: &Import, files: &EndFiles, now: Timestamp) -> UpdateItemFluentBuilder {
        let update = self.with_end(self.table.update_import(import.id), now);
        let mut update =
            update.expression_attribute_names("#run", "run").expression_attribute_values(":run", number(import.run));
        for (name, key) in files.named() {
            update = update.expression_attribute_values(format!(":{name}"), text(key));
        }
        update
    }

    /// Notes which batches of a stopped import may be half-way, unless that is noted. Gives the import after that.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn settle(&self, import: &Import, half_way: &BTreeSet<u32>) -> Result<Option<Import>, StoreError> {
        let half_way: Vec<String> = half_way.iter().map(ToString::to_string).collect();
        let answer = self
            .table
            .update_import(import.id)
            .update_expression("SET settling = if_not_exists(settling, :settling)")
            .condition_expression("#state = :stopped AND attribute_not_exists(ended_at) AND #run = :run")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#run", "run")
            .expression_attribute_values(":stopped", text(import.state.as_str()))
            .expression_attribute_values(":run", number(import.run))
            .expression_attribute_values(":settling", text(half_way.join(",")))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(read_import(&answer.attributes.unwrap_or_default())?)),
            Err(error) if failed_condition(&error) => Ok(None),
            Err(error) => Err(refused("UpdateItem")(error)),
        }
    }

    /// Enters `failed`, for this reason.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn fail(&self, id: ImportId, failure: &Failure, now: Timestamp) -> Result<Stopped, StoreError> {
        self.stop(id, State::Failed, Some(failure), now).await
    }

    /// Enters `cancelled`.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn cancel(&self, id: ImportId, now: Timestamp) -> Result<Stopped, StoreError> {
        self.stop(id, State::Cancelled, None, now).await
    }

    /// Stops an import. Before its first batch is sent nothing can be half-way, so it ends at once.
    async fn stop(
        &self,
        id: ImportId,
        to: State,
        failure: Option<&Failure>,
        now: Timestamp,
    ) -> Result<Stopped, StoreError> {
        let json = failure.map(serde_json::to_string).transpose();
        let json = json.map_err(|error| StoreError::malformed("failure", error))?;
        let reason = if json.is_some() { ", failure = :failure" } else { "" };
        let stop = |from: &[State], sets: &str| {
            let names: Vec<String> = (0..from.len()).map(|index| format!(":from{index}")).collect();
            let mut update = self
                .table
                .update_import(id)
                .update_expression(format!("SET #state = :to{sets}{reason} REMOVE lease_owner, lease_until"))
                .condition_expression(format!("#state IN ({})", names.join(", ")))
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":to", text(to.as_str()));
            for (name, state) in names.into_iter().zip(from) {
                update = update.expression_attribute_values(name, text(state.as_str()));
            }
            match &json {
                Some(json) => update.expression_attribute_values(":failure", text(json)),
                None => update,
            }
        };
        let (sending, before): (Vec<State>, Vec<State>) =
            to.entered_from().iter().partition(|state| **state == State::Importing);
        let ended = self.with_end(stop(&before, &format!(", {ENDED}")), now);
        if update_if(ended).await?.is_done() {
            return Ok(Stopped::Ended);
        }
        let is_stopping = update_if(stop(&sending, "")).await?.is_done();
        Ok(if is_stopping { Stopped::Stopping } else { Stopped::TooLate })
    }

    /// The values of [`ENDED`].
    fn with_end(&self, update: UpdateItemFluentBuilder, now: Timestamp) -> UpdateItemFluentBuilder {
        update
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .expression_attribute_values(":undelivered", text(Listed::Undelivered.value()))
    }

    /// Takes an ended import up again, without its limit on rejected rows, from its first wave on: at this moment, when so many
    /// rows are counted. `Superseded` if all
    /// of its batches are counted, or no batch was ever sent. This is the only way out of an ended state.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn reopen(&self, import: &Import, now: Timestamp, counted: u64) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(import.id)
            .update_expression(
                "SET #state = :importing, #open = :open, wave = :wave, importing_since = :now, counted_before = :counted ADD #run :one \
                 REMOVE ended_at, announce_at, failure, report, results, dispatched, parts_done, settling, checkpoint, lease_owner, lease_until, max_rejected, seen, seen_at, taken_up",
            )
            .condition_expression(
                "attribute_exists(ended_at) AND attribute_exists(batches) AND #run = :run \
                 AND (attribute_not_exists(folded) OR size(folded) < :pages)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#run", "run")
            .expression_attribute_values(":open", text(Listed::Open.value()))
            .expression_attribute_values(":wave", number(u8::from(import.numbers.first_wave())))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":counted", number(counted))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":run", number(import.run))
            .expression_attribute_values(":importing", text(State::Importing.as_str()))
            .expression_attribute_values(":pages", number(import.numbers.pages()));
        update_if(update).await
    }
}

impl EndFiles {
    /// The files that there are, by the names of their attributes.
    fn named(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [("report", &self.report), ("results", &self.results)]
            .into_iter()
            .filter_map(|(name, key)| Some((name, key.as_ref()?)))
    }
}

/// Sets the end, whatever else is set, and the files that there are. The lease that they were made under is over.
fn ended_expression(sets: &str, files: &EndFiles) -> String {
    let files: String = files.named().map(|(name, _)| format!(", {name} = :{name}")).collect();
    format!("SET {sets}{ENDED}{files} REMOVE lease_owner, lease_until")
}
