//! The domain of Muster and its ports to the outside, in the order a row meets them.

pub mod outcome;

pub mod columns;

pub mod file;

pub mod row;
