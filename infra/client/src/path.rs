//! Text inside a URL.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Text as one segment of a path or one value of a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
