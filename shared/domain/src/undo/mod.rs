//! Taking an import back.
//!
//! While an import is applied, each batch keeps what it replaces ([`crate::customer::Former`]), before it writes. An undo is an import of
//! its own whose file Muster makes from that ([`crate::plan::UndoFile`]): a row for each customer and batch, last batches first. So an
//! undo is checked, dispatched, counted, cancelled and retried like any import; only what a row does is decided here.
//!
//! A value comes back only if it still carries the stamp of the import. Everything else stays, and the report says why.

mod decide;
mod merge;

pub use decide::{UndoDecision, UndoRow, UndoTerms, decide_undo};
