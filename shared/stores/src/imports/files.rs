//! What is remembered of uploads and files.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::imports::{ImportId, State};
use jiff::Timestamp;

use super::Imports;
use super::table::IMPORT;
use crate::dynamo::{number, read_text, text, update_if};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Days that a file is remembered by its SHA-256.
const FILE_DAYS: i64 = 365;

impl Imports {
    /// Notes the id of the import's multipart upload, unless it has one; gives the one that it has then.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn begin_upload(&self, id: ImportId, upload: &str) -> Result<String, StoreError> {
        let answer = self
            .table
            .update_import(id)
            .update_expression("SET upload_id = if_not_exists(upload_id, :upload)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":upload", text(upload))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(refused("UpdateItem"))?;
        let item = answer.attributes.unwrap_or_default();
        read_text(&item, "upload_id").map(ToOwned::to_owned).ok_or_else(|| StoreError::malformed("import", "upload_id"))
    }

    /// Has an import await its file until a later time. `Superseded` if it awaits none.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn renew_upload(&self, id: ImportId, until: Timestamp) -> Result<Written, StoreError> {
        let update = self
            .table
            .update_import(id)
            .update_expression("SET upload_until = :until")
            .condition_expression("#state = :awaiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":until", text(until.to_string()))
            .expression_attribute_values(":awaiting", text(State::AwaitingUpload.as_str()));
        update_if(update).await
    }

    /// Remembers that this import imports a file of this SHA-256; gives the import that did so before.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn remember_file(&self, sha256: &str, id: ImportId) -> Result<Option<ImportId>, StoreError> {
        let expires = id.launched().as_second() + FILE_DAYS * 86_400;
        let answer = self
            .table
            .update(&format!("file#{sha256}"), IMPORT)
            .update_expression("SET task = :id, expires = :expires")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":expires", number(expires))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(refused("UpdateItem"))?;
        let before = answer.attributes.and_then(|item| read_text(&item, "task")?.parse().ok());
        Ok(before.filter(|before| *before != id))
    }

    /// The latest import of a file of this SHA-256.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn importer_of(&self, sha256: &str) -> Result<Option<ImportId>, StoreError> {
        let item = self.table.get(&format!("file#{sha256}"), IMPORT).await?;
        Ok(item.and_then(|item| read_text(&item, "task")?.parse().ok()))
    }
}
