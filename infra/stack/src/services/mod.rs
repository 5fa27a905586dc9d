//! The AWS services behind one loopback port. They refuse what AWS refuses, so that a mistake shows on a laptop first.

mod aws_json;
mod browsers;
mod event_bus;
pub(crate) mod gateway;
mod object_events;
pub(crate) mod objects;
mod parameters;
pub(crate) mod queues;
mod signature;
pub(crate) mod system_attributes;
pub(crate) mod tables;
