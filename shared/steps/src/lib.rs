//! What happens to an import next, a step a file.
//!
//! ```text
//! batch counted ──> count ──> page full: fold ──> lane done: next ordered batch ──> all counted: finishing ──> completed
//!      │                └── too many rejected: fail                                                  │
//!      └── cannot be processed: give up                                 every end: deliver to bus and webhook
//! ```
//! Each step may run twice, late, or in two workers at once: its effect is one conditional write, and what follows is
//! tried again by every delivery that comes after.

mod batch_records;
mod cancel;
mod count;
mod deliver;
mod error;
mod fail;
mod finish;
mod give_up;
mod ordered;
mod report_part;
mod retry;
mod totals;

pub use batch_records::batch_records;
pub use cancel::{Cancelled, cancel};
pub use count::{advance, count, is_due_to_fold};
pub use deliver::deliver_end;
pub use error::StepError;
pub use fail::{fail, fail_with};
pub use finish::{begin_finishing, complete, report_on_stopped};
pub use give_up::give_up;
pub use ordered::send_ordered;
pub use report_part::put_report_part;
pub use retry::{Retried, retry};
pub use totals::{counters, counters_so_far};
