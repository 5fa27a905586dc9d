//! The domain of Muster and its ports to the outside, in the order a row meets them.

pub mod task;

pub mod settings;

pub mod columns;

pub mod catalogue;

pub mod file;

pub mod batch;

pub mod ledger;

pub mod trace;

#[cfg(feature = "dynamodb")]
pub mod records;

pub mod row;

pub mod segment;

pub mod customer;

pub mod decide;

pub mod outcome;

pub mod report;

#[cfg(feature = "aws")]
pub mod clock;

#[cfg(feature = "aws")]
pub mod store;

#[cfg(all(feature = "dynamodb", feature = "s3", feature = "sqs"))]
pub mod progress;

pub mod figures;

#[cfg(feature = "lambda")]
pub mod lambda;

pub mod access;

#[cfg(feature = "http")]
pub mod http;

#[cfg(feature = "http")]
pub mod gate;
