//! The names of the tables, the bucket and the queues of a deployment.

/// The names of the tables, the bucket and the queues of a deployment. A function leaves those empty that it does not
/// use.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// The bucket of uploads, work in progress and reports.
    pub bucket: String,
    /// The table of imports.
    pub tasks_table: String,
    /// The table of customers and their feeds.
    pub customers_table: String,
    /// The table of identifiers.
    pub identities_table: String,
    /// The table of segments and of the catalogue.
    pub segments_table: String,
    /// The queue of object events and of messages to splitters.
    pub split_queue_url: String,
    /// The queue of batches.
    pub rows_queue_url: String,
    /// The queue of messages to the finisher.
    pub finish_queue_url: String,
}
