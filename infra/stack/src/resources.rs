//! What a deployment is made of: tables, queues, the bucket, and what invokes which function.
//!
//! The definitions are read from the SAM template by [`crate::template`], so there is no second list of them.

use std::time::Duration;

/// Everything that a deployment needs besides the code of its functions.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDefinitions {
    /// The object store's bucket.
    pub bucket: Bucket,
    /// The tables.
    pub tables: Vec<Table>,
    /// The queues, dead-letter queues among them.
    pub queues: Vec<Queue>,
    /// The event source mappings: which queue invokes which function.
    pub mappings: Vec<Mapping>,
    /// The invocations by the clock.
    pub schedules: Vec<Schedule>,
}

/// A bucket, and the queues that get an event for each new object.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// The queues, each of them for the keys under one prefix.
    pub notifications: Vec<Notification>,
    /// How long objects are kept.
    pub expirations: Vec<Expiration>,
    /// How long what was uploaded in parts is kept before the upload is complete.
    pub abandoned: Option<Duration>,
}

/// How long the objects under a prefix are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiration {
    /// The prefix of their keys.
    pub prefix: String,
    /// How long from their creation on.
    pub after: Duration,
}

/// A queue that gets the object-created events of all keys under a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The prefix of the keys.
    pub prefix: String,
    /// The name of the queue.
    pub queue: String,
}

/// A table. All its key attributes are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// Its global secondary indexes. They project only the keys.
    pub indexes: Vec<Index>,
    /// The attribute with the time at which an item expires.
    pub expires: Option<String>,
}

/// The attributes of a primary or index key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The partition key.
    pub hash: String,
    /// The sort key.
    pub range: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The index's name.
    pub name: String,
    /// Its key.
    pub key: Key,
}

/// A standard queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The queue's name.
    pub name: String,
    /// How long a received message stays invisible.
    pub visibility: Duration,
    /// How long messages are kept.
    pub retention: Option<Duration>,
    /// Where the queue sends messages that were received too often.
    pub redrive: Option<Redrive>,
}

/// When a message goes to a dead-letter queue, and to which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The name of the dead-letter queue.
    pub queue: String,
    /// How often a message is received before it goes there.
    pub max_receives: u32,
}

/// An event source mapping: a queue whose messages invoke a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The name of the queue.
    pub queue: String,
    /// The name of the function's crate.
    pub function: String,
    /// Most messages of one invocation.
    pub batch_size: u32,
    /// How long the poller waits for a batch to fill.
    pub window: Duration,
    /// Most invocations that run side by side.
    pub concurrency: Option<u32>,
}

/// An invocation by the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The name of the function's crate.
    pub function: String,
    /// The time between two invocations.
    pub every: Duration,
    /// The event with which the function is invoked.
    pub input: serde_json::Value,
}

impl ResourceDefinitions {
    /// The full name of the table that ends in `-` and this suffix.
    pub fn table(&self, suffix: &str) -> Option<&str> {
        ending_in(self.tables.iter().map(|table| table.name.as_str()), suffix)
    }

    /// The full name of the queue that ends in `-` and this suffix.
    pub fn queue(&self, suffix: &str) -> Option<&str> {
        ending_in(self.queues.iter().map(|queue| queue.name.as_str()), suffix)
    }
}

fn ending_in<'a>(mut names: impl Iterator<Item = &'a str>, suffix: &str) -> Option<&'a str> {
    names.find(|name| name.strip_suffix(suffix).is_some_and(|stem| stem.ends_with('-')))
}
