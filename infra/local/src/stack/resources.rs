//! What a deployment is made of: tables, queues, the bucket, what invokes which function.
//!
//! The definitions are read from the SAM template (see [`super::template`]), so there is no second list of them.

use std::time::Duration;

/// Everything that one deployment needs besides its functions' code.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The object store's bucket.
    pub bucket: Bucket,
    /// The tables.
    pub tables: Vec<Table>,
    /// The queues, dead-letter queues among them.
    pub queues: Vec<Queue>,
    /// Which queue invokes which function.
    pub mappings: Vec<Mapping>,
    /// What is invoked by the clock.
    pub schedules: Vec<Schedule>,
}

/// A bucket and the queues that are told of new objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// The notifications, each for the keys under one prefix.
    pub notifications: Vec<Notification>,
}

/// Object-created events for the keys under a prefix go to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The keys' prefix.
    pub prefix: String,
    /// The name of the queue.
    pub queue: String,
}

/// A table; all key attributes are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// Its global secondary indexes, which project keys only.
    pub indexes: Vec<Index>,
    /// The attribute that holds the time of expiry.
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
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// The way to a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The name of the dead-letter queue.
    pub queue: String,
    /// How many times a message is received before it goes there.
    pub max_receives: u32,
}

/// An event source mapping: a queue whose messages invoke a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The name of the queue.
    pub queue: String,
    /// The name of the function's crate.
    pub function: String,
    /// The most messages of one invocation.
    pub batch_size: u32,
    /// How long to wait for a batch to fill.
    pub window: Duration,
    /// The most invocations at a time.
    pub concurrency: Option<u32>,
}

/// An invocation by the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The name of the function's crate.
    pub function: String,
    /// The time between two invocations.
    pub every: Duration,
    /// The event it is invoked with.
    pub input: serde_json::Value,
}

impl Definition {
    /// The name of the table whose name ends in `-suffix`.
    pub fn table(&self, suffix: &str) -> Option<&str> {
        named(self.tables.iter().map(|table| table.name.as_str()), suffix)
    }

    /// The name of the queue whose name ends in `-suffix`.
    pub fn queue(&self, suffix: &str) -> Option<&str> {
        named(self.queues.iter().map(|queue| queue.name.as_str()), suffix)
    }
}

fn named<'a>(mut names: impl Iterator<Item = &'a str>, suffix: &str) -> Option<&'a str> {
    names.find(|name| name.strip_suffix(suffix).is_some_and(|stem| stem.ends_with('-')))
}
