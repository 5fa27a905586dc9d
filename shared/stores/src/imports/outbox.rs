//! The outbox: ends that are still to be delivered to the event bus and the webhook.
//!
//! An import enters the outbox in the update that ends it, so no end is lost. It leaves once its end is delivered.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::imports::ImportId;
use jiff::Timestamp;

use super::item::Import;
use super::listing::Listed;
use super::reached::{EVENT_SENT, Reached, WEBHOOK_CALLED};
use super::table::Table;
use crate::dynamo::{number, text, update_if};
use crate::error::StoreError;
use crate::written::Written;

/// Ends that are still to be delivered.
#[derive(Debug, Clone)]
pub struct Outbox {
    table: Table,
}

impl Outbox {
    pub(super) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// Takes the end at this moment out of the outbox. `Superseded` if it is out already, or the import was taken up
    /// again.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn delivered(&self, id: ImportId, ended_at: Timestamp) -> Result<Written, StoreError> {
        let update = self.update(id).update_expression("REMOVE #open, announce_at, event_sent, webhook_called");
        let update = update.condition_expression("#open = :undelivered AND ended_at = :ended_at");
        update_if(update.expression_attribute_values(":ended_at", text(ended_at.to_string()))).await
    }

    /// Sets when the import's end is due again, and notes what was reached; the sweep leaves the import alone until then.
    /// `Superseded` if another delivery changed the time since it was read as `due`, so that copies of a message do not
    /// each go on.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn due_again(
        &self,
        import: &Import,
        due: i64,
        at: Timestamp,
        reached: Reached,
    ) -> Result<Written, StoreError> {
        let mut sets = "SET announce_at = :at".to_owned();
        let noted = [(reached.bus, EVENT_SENT), (reached.webhook, WEBHOOK_CALLED)];
        for (_, attribute) in noted.iter().filter(|(is_reached, _)| *is_reached) {
            sets.push_str(&format!(", {attribute} = ended_at"));
        }
        let update = self.update(import.id).update_expression(sets);
        let update = update.condition_expression("#open = :undelivered AND announce_at = :due");
        let update = update.expression_attribute_values(":due", number(due));
        update_if(update.expression_attribute_values(":at", number(at.as_millisecond()))).await
    }

    fn update(&self, id: ImportId) -> UpdateItemFluentBuilder {
        self.table
            .update_import(id)
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":undelivered", text(Listed::Undelivered.value()))
    }
}
