//! The functions, invoked as Lambda invokes them: for HTTP requests, for messages of queues and by the clock.

pub(crate) mod api;
mod function_url;
pub mod functions;
mod poller;
pub(crate) mod pollers;
pub(crate) mod runner;
pub(crate) mod schedule;
