//! The one table of columns.
