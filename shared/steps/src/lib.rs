//! What happens to an import next, a step a file.
//!
//! ```text
//! batch counted ──> advance ──> page full: fold ──> wave done: next wave ──> all counted: finishing ──> completed
//!      │                └── too many rejected: stop ──> settle ──> failed           │
//!      └── always dies: give up                              every end: deliver to bus and webhook
//! ```
//! Before the first step the names in the settings are looked up ([`at_launch`]).
//!
//! Each step may run twice, late, or in two workers at once: its effect is one conditional write, and what follows is
//! tried again by every delivery that comes after.

mod advance;
mod batch_records;
mod cancel;
mod count;
mod deliver;
mod erase;
mod error;
mod fail;
mod finish;
mod former;
mod give_up;
mod may_apply;
mod names;
mod report_part;
mod retry;
mod settle;
mod tail;
mod totals;

pub use advance::{Delivery, Resumed, advance, resume};
pub use batch_records::batch_records;
pub use cancel::{Cancelled, cancel};
pub use count::{ReadBatch, count};
pub use deliver::deliver_end;
pub use erase::{Afterwards, Erased, Erasing};
pub use error::StepError;
pub use fail::{fail, stop_with};
pub use finish::{begin_finishing, complete, end_stopped};
pub use former::former_of;
pub use give_up::give_up;
pub use may_apply::{MayApply, may_apply};
pub use names::at_launch;
pub use report_part::put_report_part;
pub use retry::{Retried, retry};
pub use settle::{Settled, settle};
pub use tail::send_tail_batch;
pub use totals::{counters, counters_so_far};
