//! What the tests share: a Muster of their own, a client and a browser for any Muster, generated files, the sequential model and the
//! simulator.

pub mod browser;
pub mod client;
pub mod described;
pub mod files;
pub mod meter;
pub mod model;
pub mod muster;
pub mod sim;
pub mod stored;
