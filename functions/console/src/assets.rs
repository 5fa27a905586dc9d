//! Style and scripts, embedded. Their names carry a hash of what is in them, so browsers keep them for ever.

use std::sync::OnceLock;

use aws_lambda_events::http::HeaderValue;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use runtime::http;
use sha2::{Digest, Sha256};

use crate::answers::protect;
use crate::root::ROOT;

/// An embedded file.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

/// Each script is after those that it imports.
static ASSETS: [Asset; 11] = [
    Asset { name: "console.css", content_type: "text/css; charset=utf-8", text: include_str!("../assets/console.css") },
    Asset { name: "icon.svg", content_type: "image/svg+xml", text: include_str!("../assets/icon.svg") },
    Asset { name: "times.js", content_type: JAVASCRIPT, text: include_str!("../assets/times.js") },
    Asset { name: "live.js", content_type: JAVASCRIPT, text: include_str!("../assets/live.js") },
    // js-md5 0.9.2, whose license is in `md5.LICENSE.txt`: browsers have no MD5, and parts of an upload are known by theirs.
    Asset { name: "md5.js", content_type: JAVASCRIPT, text: include_str!("../assets/md5.js") },
    Asset { name: "upload.js", content_type: JAVASCRIPT, text: include_str!("../assets/upload.js") },
    Asset { name: "send.js", content_type: JAVASCRIPT, text: include_str!("../assets/send.js") },
    Asset { name: "kept.js", content_type: JAVASCRIPT, text: include_str!("../assets/kept.js") },
    Asset { name: "new.js", content_type: JAVASCRIPT, text: include_str!("../assets/new.js") },
    Asset { name: "resume.js", content_type: JAVASCRIPT, text: include_str!("../assets/resume.js") },
    Asset { name: "correct.js", content_type: JAVASCRIPT, text: include_str!("../assets/correct.js") },
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// An embedded file as it is served.
struct Served {
    /// Its name with its hash.
    name: String,
    /// Its text, in which it imports other scripts by their names with hashes.
    text: String,
}

/// The files as they are served, in their order.
fn served() -> &'static [Served] {
    static SERVED: OnceLock<Vec<Served>> = OnceLock::new();
    SERVED.get_or_init(|| {
        let mut all: Vec<Served> = Vec::with_capacity(ASSETS.len());
        for asset in &ASSETS {
            let text = ASSETS.iter().zip(&all).fold(asset.text.to_owned(), |text, (imported, served)| {
                text.replace(&format!("\"./{}\"", imported.name), &format!("\"./{}\"", served.name))
            });
            let hash: String = Sha256::digest(&text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            all.push(Served { name: format!("{hash}-{}", asset.name), text });
        }
        all
    })
}

/// The path of an embedded file.
pub(crate) fn path(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    at.map_or_else(String::new, |at| format!("{ROOT}/assets/{}", served()[at].name))
}

/// The embedded file with this name and hash.
pub(crate) fn asset(hashed_name: &str) -> Option<LambdaFunctionUrlResponse> {
    let (asset, served) = ASSETS.iter().zip(served()).find(|(_, served)| served.name == hashed_name)?;
    let mut response = http::answer(200, asset.content_type, served.text.clone(), &[]);
    protect(&mut response, None);
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
    fn scripts_import_each_other_by_names_that_are_found() {
        let mut imports = 0;
        for served in served() {
            for (_, rest) in served.text.match_indices("\"./").map(|(at, begin)| served.text.split_at(at + begin.len()))
            {
                imports += 1;
                assert!(asset(rest.split('"').next().unwrap()).is_some(), "{}: {rest:.40}", served.name);
            }
        }
        assert_eq!(imports, 9);
    }

    #[test]
    fn what_a_page_loads_is_small() {
        let bytes: usize = ASSETS.iter().map(|asset| asset.text.len()).sum();
        assert!(bytes < 100_000, "{bytes}");
    }
}
