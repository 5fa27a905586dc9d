//! Function URL requests and answers: JSON, and problem details (RFC 9457) for everything that goes wrong.

mod answer;
mod problem;
mod request;

pub use answer::{answer, json};
pub use problem::HttpProblem;
pub use request::{body, header, method, path, query, query_pairs, segment, trace};
