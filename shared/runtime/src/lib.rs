//! What every Lambda function needs once.
//!
//! ```text
//! start       logs as JSON, and figures at the end of each invocation     deployment     what the environment says
//! queue       the one loop over the messages of an event                  object_events  S3's own messages
//! http        requests and answers of function URLs                       gate, keys     who may call
//! invocation  who works, and until when                   upload         how a file is uploaded
//! ```

pub mod access;
pub mod deployment;
pub mod gate;
pub mod http;
pub mod invocation;
pub mod keys;
pub mod object_events;
pub mod queue;
pub mod start;
pub mod upload;
