//! The SDK clients of the process. All their calls pass one HTTP client, which counts them and injects faults.

pub mod calls;
pub(crate) mod config;
mod consumption;
mod fault_answers;
pub mod faults;
pub(crate) mod http_client;
pub(crate) mod invocation;
pub(crate) mod meter;
pub mod usage;
