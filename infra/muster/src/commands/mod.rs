//! The subcommands, a file each.

pub(crate) mod cancel;
pub(crate) mod catalogue;
pub(crate) mod columns;
pub(crate) mod create;
pub(crate) mod customer;
pub(crate) mod definitions;
pub(crate) mod delete;
pub(crate) mod drive;
pub(crate) mod drop;
pub(crate) mod env;
pub(crate) mod erase;
pub(crate) mod export;
mod find;
pub(crate) mod import;
pub(crate) mod launch;
pub(crate) mod preview;
pub(crate) mod provision;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod retry;
pub(crate) mod row;
pub(crate) mod segment;
pub(crate) mod status;
pub(crate) mod suppressed;
pub(crate) mod template;
pub(crate) mod undo;
pub(crate) mod up;
