//! The columns of a file: the one table, and how a header row is read with it.

mod header;
mod id;
mod kind;
mod lesser;
mod mapping;
mod meaning;
mod page;
mod table;

pub use header::{Layout, MAX_COLUMNS, MAX_HEADER, MAX_LAYOUT, read_header, read_known_headers};
pub(crate) use header::{is_opt_out, suggestion};
pub use id::ColumnId;
pub(crate) use id::is_system;
pub use kind::{FieldKind, Kind};
pub use mapping::{Fields, Mapping};
pub(crate) use mapping::{KnownHeaders, is_same_header};
pub use meaning::How;
pub(crate) use meaning::{known_columns, meanings};
pub use page::page;
pub use table::{COLUMNS, Column};
