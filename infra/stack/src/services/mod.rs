//! The AWS services on loopback ports. They refuse what AWS refuses, so that a mistake shows on a laptop first.

mod aws_json;
mod event_bus;
pub(crate) mod gateway;
mod object_events;
mod objects;
mod parameters;
pub(crate) mod queues;
pub(crate) mod system_attributes;
pub(crate) mod tables;
