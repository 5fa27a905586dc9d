//! A customer's feed.

use jiff::Timestamp;

use super::id::CustomerId;
use super::provenance::Provenance;

/// One entry of a customer's feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Whose feed.
    pub customer: CustomerId,
    /// The action's name.
    pub action: String,
    /// When it happened. This is never the worker's clock, so a redelivery writes the same item.
    pub at: Timestamp,
    /// What it is attributed to.
    pub api_endpoint: String,
    /// Where it happened.
    pub touchpoint: String,
    /// The row that noted it.
    pub by: Provenance,
}
