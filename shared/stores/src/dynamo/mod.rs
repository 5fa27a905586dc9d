//! What the stores in tables share: items, and calls on many of them.

mod calls;
mod conditional;
mod item;

pub(crate) use calls::{Statement, execute_all, get_all, query_prefix, write_all};
pub(crate) use conditional::{put_if, update_if};
pub(crate) use item::{Item, number, read_number, read_numbers, read_text, text};
