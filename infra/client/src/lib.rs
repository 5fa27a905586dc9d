//! Muster's HTTP API as a client speaks it: keys or AWS signatures, retries while Muster is busy, uploads, and problem
//! details as sentences.

mod address;
mod answer;
mod api;
mod http;
mod parts;
mod path;
mod pauses;
mod sign;
mod store;
mod upload;

pub use answer::{BadField, Refusal, text};
pub use api::Api;
pub use http::Resolver;
pub use path::encoded;
