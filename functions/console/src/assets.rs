//! Style and scripts, embedded. Their names carry a hash of what is in them, so browsers keep them for ever.

use std::sync::OnceLock;

use aws_lambda_events::http::HeaderValue;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use runtime::http;
use sha2::{Digest, Sha256};

use crate::{ROOT, page};

/// An embedded file.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

static ASSETS: [Asset; 5] = [
    Asset { name: "console.css", content_type: "text/css; charset=utf-8", text: include_str!("../assets/console.css") },
    Asset { name: "icon.svg", content_type: "image/svg+xml", text: include_str!("../assets/icon.svg") },
    Asset { name: "times.js", content_type: JAVASCRIPT, text: include_str!("../assets/times.js") },
    Asset { name: "live.js", content_type: JAVASCRIPT, text: include_str!("../assets/live.js") },
    Asset { name: "new.js", content_type: JAVASCRIPT, text: include_str!("../assets/new.js") },
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The names with their hashes, in the order of the files.
fn hashed() -> &'static [String; 5] {
    static NAMES: OnceLock<[String; 5]> = OnceLock::new();
    NAMES.get_or_init(|| {
        std::array::from_fn(|at| {
            let hash: String =
                Sha256::digest(ASSETS[at].text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("{hash}-{}", ASSETS[at].name)
        })
    })
}

/// The path of an embedded file.
pub(crate) fn path(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    at.map_or_else(String::new, |at| format!("{ROOT}/assets/{}", hashed()[at]))
}

/// The embedded file with this name and hash.
pub(crate) fn asset(hashed_name: &str) -> Option<LambdaFunctionUrlResponse> {
    let at = hashed().iter().position(|name| name == hashed_name)?;
    let asset = &ASSETS[at];
    let mut response = http::answer(200, asset.content_type, asset.text.to_owned(), &[]);
    page::protect(&mut response, None);
    response.headers.insert("cache-control", HeaderValue::from_static("public, max-age=31536000, immutable"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_hash_only_and_kept_for_ever() {
        for embedded in &ASSETS {
            let path = path(embedded.name);
            let found = asset(path.rsplit('/').next().unwrap()).unwrap();
            assert!(found.headers["cache-control"].to_str().unwrap().contains("immutable"), "{path}");
        }
        assert!(asset("console.css").is_none() && asset("0000000000000000-console.css").is_none());
    }

    #[test]
    fn what_a_page_loads_is_small() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.text.len()).sum();
        assert!(bytes < 100_000, "{bytes}");
    }
}
