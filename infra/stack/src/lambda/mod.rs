//! The functions, invoked as Lambda invokes them: for HTTP requests, for messages of queues and by the clock.

pub(crate) mod api;
pub(crate) mod endpoint;
mod function_url;
pub mod functions;
pub(crate) mod poller;
pub(crate) mod pollers;
pub(crate) mod runner;
pub(crate) mod schedule;
pub(crate) mod target;
