//! What the tests share: a Muster of their own, made-up files, and the sequential model.

pub mod files;
pub mod model;
pub mod muster;
pub mod sim;
