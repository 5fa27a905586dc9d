//! Listings that fit into one answer.

use serde_json::Value as Json;

/// Most bytes of the entries of one answer. Lambda takes 6 MB, counted after the body has become text within JSON, and the
/// rest of the answer needs some of them.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_BYTES: usize = 5_000_000;

/// The entries of an answer, as many as fit.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    entries: Vec<Json>,
    bytes: usize,
}

impl Listing {
    /// Adds an entry; false if it does not fit any more, and the listing goes on in the next answer. The first entry
    /// always fits: no customer and no import is as large as an answer may be.
    pub(crate) fn add(&mut self, entry: Json) -> bool {
        let bytes = Json::String(entry.to_string()).to_string().len() + 1;
        if !self.entries.is_empty() && self.bytes + bytes > MAX_BYTES {
            return false;
        }
        self.bytes += bytes;
        self.entries.push(entry);
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn into_json(self) -> Json {
        Json::Array(self.entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_listing_is_cut_before_its_answer_is_too_large_for_lambda() {
        for text in ["a".repeat(300_000), "\"".repeat(300_000), "\u{1}".repeat(300_000)] {
            let mut listing = Listing::default();
            while listing.add(json!({ "name": text })) {}
            assert!(listing.len() >= 1);
            let payload = json!({ "body": json!({ "entries": listing.into_json() }).to_string() }).to_string().len();
            assert!((2_000_000..6_000_000).contains(&payload), "{payload} bytes");
        }
    }
}
