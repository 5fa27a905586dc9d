//! Uploads in parts: their URLs come in pieces, and parts that are there are not sent again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::api::Api;
use crate::store::{Put, Slice, Store};
use crate::upload::{EXPIRED, RENEWALS};

/// Upload parts that are sent side by side.
const PARTS_AT_ONCE: usize = 4;

/// How the next parts are uploaded, as Muster describes it.
#[derive(Debug, Deserialize)]
struct Described {
    multipart: Multipart,
    /// Gives new URLs for the parts from a number on, which is added as `?from=N`.
    #[serde(default)]
    renew_url: String,
}

#[derive(Debug, Deserialize)]
struct Multipart {
    part_size: u64,
    parts: Vec<UploadPart>,
    complete_url: String,
    /// Gives the URLs of the parts after these; none after the last.
    #[serde(default)]
    more_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct UploadPart {
    number: u64,
    size: u64,
    url: String,
    /// Names what an earlier upload of this part left.
    #[serde(default)]
    etag: Option<String>,
}

impl Described {
    fn read(upload: &Json) -> anyhow::Result<Self> {
        Self::deserialize(upload).context("the answer does not say how the parts are uploaded")
    }
}

impl Api {
    /// Uploads a file in parts, a few at a time, and then has Muster join them.
    pub(crate) async fn upload_parts(&self, file: &Path, upload: &Json) -> anyhow::Result<()> {
        let store = Store::new(self.http.clone());
        let mut described = Described::read(upload)?;
        let mut stored: BTreeMap<u64, String> = BTreeMap::new();
        let mut renewals = 0;
        loop {
            let sent = send(&store, file, &described.multipart, &stored).await?;
            renewals = if sent.is_empty() { renewals + 1 } else { 0 };
            stored.extend(sent);
            let missing = described.multipart.parts.iter().find(|part| !stored.contains_key(&part.number));
            let next = match (missing, &described.multipart.more_url) {
                (Some(_), _) if renewals > RENEWALS => bail!(EXPIRED),
                (Some(part), _) if !described.renew_url.is_empty() => {
                    format!("{}?from={}", described.renew_url, part.number)
                }
                (Some(_), _) => String::new(),
                (None, Some(more)) => more.clone(),
                (None, None) => break,
            };
            described = Described::read(&self.renewed(&next).await?)?;
        }
        let parts: Vec<Json> = stored.iter().map(|(number, etag)| json!({ "number": number, "etag": etag })).collect();
        self.post_url(&described.multipart.complete_url, &json!({ "parts": parts })).await
    }
}

/// Sends the parts that are not stored yet. Gives the ETags of those that are there then: all of them, unless a URL expired.
async fn send(
    store: &Store,
    file: &Path,
    multipart: &Multipart,
    stored: &BTreeMap<u64, String>,
) -> anyhow::Result<BTreeMap<u64, String>> {
    // The URLs expire together, so after the first no other is tried.
    let have_expired = &AtomicBool::new(false);
    let send_one = |part: &UploadPart| {
        let (number, url, etag) = (part.number, part.url.clone(), part.etag.clone());
        let slice = Slice { file, start: number.saturating_sub(1) * multipart.part_size, size: part.size };
        async move {
            if have_expired.load(Ordering::Relaxed) {
                return Ok(None);
            }
            // An earlier command sent it. The ETag of other bytes, or of a bucket whose ETags are no MD5, is another one.
            if let Some(etag) = etag
                && slice.md5().await? == etag.trim_matches('"')
            {
                return Ok(Some((number, etag)));
            }
            match store.put(&url, &HeaderMap::new(), slice).await? {
                Put::Stored { etag } => Ok(Some((number, etag.context("the store returned no ETag")?))),
                Put::Expired => {
                    have_expired.store(true, Ordering::Relaxed);
                    anyhow::Ok(None)
                }
            }
        }
    };
    let missing: Vec<_> =
        multipart.parts.iter().filter(|part| !stored.contains_key(&part.number)).map(send_one).collect();
    let sent: Vec<Option<(u64, String)>> = stream::iter(missing).buffer_unordered(PARTS_AT_ONCE).try_collect().await?;
    Ok(sent.into_iter().flatten().collect())
}
