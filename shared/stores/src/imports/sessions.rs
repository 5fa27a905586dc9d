//! The sessions of the console, and links that begin one: `session#HASH` and `link#HASH`.
//!
//! The table has only the hash of a token, so whoever reads it can act as nobody. An item names the key that the
//! session was begun with by the key's own hash: a key that is taken off the list ends its sessions.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValue};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::table::{IMPORT, Table};
use crate::dynamo::{Item, number, read_number, read_text, text};
use crate::error::{StoreError, refused};
use crate::resources::Resources;

/// The sessions of the console.
#[derive(Debug, Clone)]
pub struct Sessions {
    table: Table,
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A session, until it ends.
    Session,
    /// One sign-in.
    Link,
}

/// What stands behind a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The SHA-256 of the access key, as hexadecimal digits.
    pub key: String,
    /// When it ends.
    pub until: Timestamp,
}

impl Sessions {
    /// The table at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { table: Table::new(sdk, resources) }
    }

    /// Keeps what stands behind a new token.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn put(&self, kind: TokenKind, token: &str, session: &Session) -> Result<(), StoreError> {
        let mut item = Table::key(&partition(kind, token), IMPORT);
        item.insert("key".to_owned(), text(&session.key));
        item.insert("until".to_owned(), number(session.until.as_millisecond()));
        item.insert("expires".to_owned(), number(session.until.as_second()));
        self.table.put(item).await
    }

    /// What stands behind a token, unless it has ended.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn find(&self, kind: TokenKind, token: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let item = self.table.get(&partition(kind, token), IMPORT).await?;
        Ok(item.and_then(|item| read(&item)).filter(|session| now < session.until))
    }

    /// Ends a token, and gives what stood behind it. Of several callers one gets it.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn take(&self, kind: TokenKind, token: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let deleted = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(Table::key(&partition(kind, token), IMPORT)))
            .return_values(ReturnValue::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("DeleteItem"))?;
        Ok(deleted.attributes.and_then(|item| read(&item)).filter(|session| now < session.until))
    }
}

fn partition(kind: TokenKind, token: &str) -> String {
    let kind = match kind {
        TokenKind::Session => "session",
        TokenKind::Link => "link",
    };
    let hash: String = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}#{hash}")
}

fn read(item: &Item) -> Option<Session> {
    let until = i64::try_from(read_number(item, "until")?).ok()?;
    Some(Session { key: read_text(item, "key")?.to_owned(), until: Timestamp::from_millisecond(until).ok()? })
}
