//! What is stored of customers: who they are, which segments they are in, and what their feed says.

mod activity;
mod erasure;
mod former;
mod id;
mod provenance;
mod segment;
mod size;
mod stored;
mod suppression;

pub use activity::Activity;
pub use erasure::{Erasure, Traces};
pub use former::{FeedPlace, Former, NotFormer, pack_former, unpack_former};
pub use id::{CustomerId, InvalidCustomerId};
pub use provenance::{Provenance, Stamped};
pub use segment::{GroupId, Segment, SegmentId, folded};
pub use size::MAX_CUSTOMER;
pub use stored::Customer;
pub use suppression::SuppressionKey;
