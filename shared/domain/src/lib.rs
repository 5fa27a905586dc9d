//! The rules of Muster, in the order a row meets them. Everything here is a plain function on plain values: no AWS
//! type, no clock, no randomness and no I/O, so a test is a table of inputs and outputs.
//!
//! ```text
//! imports   what an import is: id, state and its arrows, counters, settings and the rules that follow from them
//! columns   the one table of columns, and how a header row is read with it
//! file      bytes -> records -> cells, and what is wrong with the file
//! plan      which rows travel together, and what comes after what
//! row       cells -> typed values
//! customer  what is stored of a customer, segment by segment and value by value
//! definitions  settings under a name, and requests that differ from them
//! decide    stored customers and rows in, outcomes and writes out: where a row's fate is decided
//! undo      what an import replaced, and how it is put back
//! preview   what a person is shown of a file before it is imported
//! segment_job  counting and exporting the members of a segment, step by step
//! report    the rows that something is wrong with, as a CSV that can be corrected and uploaded again
//! ```
//! [`codes`] holds every stable code, [`keys`] every object key, [`messages`] every queue message and [`pauses`] how long
//! to wait before something is tried again.

pub mod catalogue;
pub mod codes;
pub mod columns;
pub mod customer;
pub mod decide;
pub mod definitions;
pub mod file;
pub mod imports;
pub mod input;
pub mod keys;
pub mod messages;
pub mod named_settings;
pub mod pauses;
pub mod plan;
pub mod preview;
pub mod problems;
pub mod report;
pub mod row;
pub mod segment_job;
pub mod undo;
pub mod wording;
