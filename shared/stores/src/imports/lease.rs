//! The lease of a splitter on an import: what one splitter at a time may do.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, State};
use domain::plan::Checked;
use jiff::Timestamp;

use super::Imports;
use super::item::{Import, read_import};
use super::table::{Table, failed_condition};
use crate::dynamo::{number, text, update_if};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Days that the first rows of a file are shown, as long as the file itself is kept unless the deployment says
/// otherwise.
const FIRST_ROWS_DAYS: i64 = 30;

/// Whether a splitter may work on an import.
#[derive(Debug)]
pub enum Leased {
    /// It may: the lease, and the import as it is.
    Yes(Lease, Box<Import>),
    /// Another splitter does, or the import is past that.
    No,
}

/// A splitter's lease on an import. Each of its writes is refused once the lease belongs to somebody else.
#[derive(Debug, Clone)]
pub struct Lease {
    table: Table,
    id: ImportId,
    owner: String,
}

/// A splitter could not go on under its lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The lease belongs to another splitter, or the import has ended. Trying again cannot help.
    #[error("the lease on the import was lost to another splitter, or the import has ended")]
    Lost,
    /// The table cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Imports {
    /// Takes the lease on an import in one of these states that has not ended until `until`, unless another owner's lease ends after `now`.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn lease(
        &self,
        id: ImportId,
        states: &[State],
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Leased, StoreError> {
        let names: Vec<String> = (0..states.len()).map(|index| format!(":state{index}")).collect();
        let mut update = self.table.update_import(id);
        for (name, state) in names.iter().zip(states) {
            update = update.expression_attribute_values(name, text(state.as_str()));
        }
        let answer = update
            .update_expression(
                "SET lease_owner = :owner, lease_until = :until, started_at = if_not_exists(started_at, :now)",
            )
            .condition_expression(format!(
                "#state IN ({}) AND attribute_not_exists(ended_at) \
                 AND (attribute_not_exists(lease_owner) OR lease_owner = :owner OR lease_until < :now_ms)",
                names.join(", ")
            ))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let import = read_import(&answer.attributes.unwrap_or_default())?;
                let lease = Lease { table: self.table.clone(), id, owner: owner.to_owned() };
                Ok(Leased::Yes(lease, Box::new(import)))
            }
            Err(error) if failed_condition(&error) => Ok(Leased::No),
            Err(error) => Err(refused("UpdateItem")(error)),
        }
    }
}

impl Lease {
    /// The splitter that holds it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Enters `checking` and pins the object: its ETag, and its length in bytes.
    ///
    /// # Errors
    /// [`LeaseError::Lost`], or when the table cannot be written.
    pub async fn pin(&self, etag: &str, size: u64) -> Result<(), LeaseError> {
        let update = self
            .update()
            .update_expression("SET #state = :checking, etag = :etag, size_bytes = :size REMOVE bytes_done")
            .condition_expression(
                "lease_owner = :owner AND (#state = :awaiting OR (#state = :checking AND etag = :etag))",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":etag", text(etag))
            .expression_attribute_values(":size", number(size))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()));
        held(update).await
    }

    /// Lets the import go on with the unpacked file under this key.
    ///
    /// # Errors
    /// [`LeaseError::Lost`], or when the table cannot be written.
    pub async fn unpacked(&self, key: &str) -> Result<(), LeaseError> {
        let update = self
            .update()
            .update_expression("SET object_key = :key")
            .condition_expression("lease_owner = :owner AND #state = :awaiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":key", text(key))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()));
        held(update).await
    }

    /// Notes how many bytes a pass has read, and extends the lease.
    ///
    /// # Errors
    /// [`LeaseError::Lost`], or when the table cannot be written.
    pub async fn extend(&self, bytes_done: u64, until: Timestamp) -> Result<(), LeaseError> {
        let update = self
            .update()
            .update_expression("SET bytes_done = :done, lease_until = :until")
            .condition_expression("lease_owner = :owner AND #state = :checking")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":done", number(bytes_done))
            .expression_attribute_values(":until", number(until.as_millisecond()))
            .expression_attribute_values(":checking", text(State::Checking.as_str()));
        held(update).await
    }

    /// Notes the snapshot that the next splitter goes on from, and gives up the lease.
    ///
    /// # Errors
    /// [`LeaseError::Lost`], or when the table cannot be written.
    pub async fn checkpoint(&self, key: &str, bytes_done: u64) -> Result<(), LeaseError> {
        let update = self
            .update()
            .update_expression("SET checkpoint = :key, bytes_done = :done REMOVE lease_owner, lease_until")
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":key", text(key))
            .expression_attribute_values(":done", number(bytes_done));
        held(update).await
    }

    /// Enters `importing` with what the check found, and whether imports launched earlier are open. Gives up the lease:
    /// dispatching needs none. `settings` are those by which the file was checked, if they are not those that the client
    /// sent.
    ///
    /// # Errors
    /// [`LeaseError::Lost`], or when the table cannot be written.
    pub async fn begin_importing(
        &self,
        checked: &Checked,
        settings: Option<(&ImportRequest, &CatalogueAtLaunch)>,
        earlier_imports_open: bool,
        now: Timestamp,
    ) -> Result<(), LeaseError> {
        let json =
            |value: serde_json::Result<String>| value.map_err(|error| StoreError::malformed("check result", error));
        let mut without_cells = checked.clone();
        let quoted = without_cells.take_quoted_cells();
        // Each splitter has an item of its own: one whose lease is lost must not replace the plan that holds.
        let mut item = Table::key(&self.id.to_string(), &checked_key(&self.owner));
        item.insert("checked".to_owned(), text(json(serde_json::to_string(&without_cells))?));
        if let Some(settings) = settings {
            // An item of its own, because both together could be too large for one.
            let mut own = Table::key(&self.id.to_string(), &settings_key(&self.owner));
            own.insert("settings".to_owned(), text(json(serde_json::to_string(&settings))?));
            self.table.put(own).await?;
            item.insert("has_settings".to_owned(), AttributeValue::Bool(true));
        }
        self.table.put(item).await?;
        // A check that a forecast did before quotes nothing: its cells stay with the forecast, and expire there.
        if !quoted.first_rows.is_empty() || quoted.examples.iter().any(|example| !example.is_empty()) {
            // Apart from the rest, as they are of customers: they are not kept for ever.
            let mut rows = Table::key(&self.id.to_string(), "first_rows");
            rows.extend([
                ("rows".to_owned(), text(json(serde_json::to_string(&quoted.first_rows))?)),
                ("examples".to_owned(), text(json(serde_json::to_string(&quoted.examples))?)),
                ("expires".to_owned(), number(self.id.launched().as_second() + FIRST_ROWS_DAYS * 86_400)),
            ]);
            self.table.put(rows).await?;
        }
        let update = self
            .update()
            .update_expression(
                "SET #state = :importing, #rows = :rows, batches = :batches, #plan = :plan, checked_by = :owner, wave = :wave, #run = :zero, beside_earlier = :beside, importing_since = :now \
                 REMOVE bytes_done, checkpoint, lease_owner, lease_until",
            )
            .condition_expression("lease_owner = :owner AND #state = :checking")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#rows", "rows")
            .expression_attribute_values(":rows", number(checked.rows))
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_names("#run", "run")
            .expression_attribute_values(":batches", text(json(serde_json::to_string(&checked.numbers))?))
            .expression_attribute_values(":plan", number(checked.plan_id()))
            .expression_attribute_values(":wave", number(u8::from(checked.numbers.first_wave())))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":beside", AttributeValue::Bool(earlier_imports_open))
            .expression_attribute_values(":checking", text(State::Checking.as_str()))
            .expression_attribute_values(":importing", text(State::Importing.as_str()));
        held(update).await
    }

    /// Gives up the lease, so that a retry need not wait until it ends.
    ///
    /// # Errors
    /// [`LeaseError::Lost`], or when the table cannot be written.
    pub async fn release(&self) -> Result<(), LeaseError> {
        let update = self
            .update()
            .update_expression("REMOVE lease_owner, lease_until")
            .condition_expression("lease_owner = :owner");
        held(update).await
    }

    /// An update of the import, with the owner's name as `:owner`.
    fn update(&self) -> UpdateItemFluentBuilder {
        self.table.update_import(self.id).expression_attribute_values(":owner", text(&self.owner))
    }
}

/// The key of the settings by which a splitter checked a file, where those are not the client's.
pub(super) fn settings_key(owner: &str) -> String {
    format!("settings#{owner}")
}

/// The sort key of what a splitter found.
pub(super) fn checked_key(owner: &str) -> String {
    format!("checked#{owner}")
}

/// Sends an update whose condition is that the lease is held.
async fn held(update: UpdateItemFluentBuilder) -> Result<(), LeaseError> {
    match update_if(update).await? {
        Written::Done => Ok(()),
        Written::Superseded => Err(LeaseError::Lost),
    }
}
