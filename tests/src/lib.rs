//! What the tests share: a Muster of their own, a client of any, made-up files, and the sequential model.

pub mod client;
pub mod files;
pub mod meter;
pub mod model;
pub mod muster;
pub mod sim;
