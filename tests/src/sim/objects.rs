//! Object storage in memory, as far as Muster uses it: whole and ranged reads, conditional writes, multipart uploads,
//! listings.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bytes::{Bytes, BytesMut};
use percent_encoding::percent_decode_str;

/// The answer of a service.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Answer {
    /// An answer without headers.
    pub(super) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    fn refused(status: u16, code: &str) -> Self {
        Self::new(status, format!("<Error><Code>{code}</Code><Message>simulated</Message></Error>"))
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

#[derive(Debug, Clone)]
struct Object {
    bytes: Bytes,
    etag: String,
}

#[derive(Debug, Default)]
struct MultipartUpload {
    key: String,
    parts: BTreeMap<u32, Bytes>,
}

/// A bucket.
#[derive(Debug, Default)]
pub(super) struct Objects {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, MultipartUpload>,
    uploads_begun: u64,
    /// Whether reads of keys under `uploads/` are refused.
    pub denied: bool,
}

impl Objects {
    /// Puts an object without any condition.
    pub(super) fn put(&mut self, key: &str, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        let etag = format!("\"{:016x}-{}\"", hash(&bytes), bytes.len());
        self.objects.insert(key.to_owned(), Object { bytes, etag });
    }

    pub(super) fn get(&self, key: &str) -> Option<Bytes> {
        self.objects.get(key).map(|object| object.bytes.clone())
    }

    /// Answers a request. Also returns the key of the object that it created, if it created one.
    pub(super) fn answer(&mut self, request: &HttpRequest) -> (Answer, Option<String>) {
        let (path, query) = request.uri().split_once('?').unwrap_or((request.uri(), ""));
        let path = path.split_once("://").map_or(path, |(_, rest)| rest);
        let key = path.splitn(3, '/').nth(2).unwrap_or_default();
        let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| {
                let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
                (found == name).then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
            })
        };
        let header = |name: &str| request.headers().get(name).map(ToOwned::to_owned);
        let body = || Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
        let only_new = header("if-none-match").is_some();
        match request.method() {
            "PUT" => match (parameter("uploadId"), parameter("partNumber")) {
                (Some(id), Some(number)) => (self.put_part(&id, number.parse().unwrap_or(0), body()), None),
                _ => self.create(&key, body(), only_new),
            },
            "POST" if parameter("uploads").is_some() => (self.begin(key), None),
            "POST" => self.complete(&parameter("uploadId").unwrap_or_default(), &body(), only_new),
            "GET" if parameter("list-type").is_some() => (self.list(&parameter), None),
            "GET" => (self.read(&key, header("range"), header("if-match"), true), None),
            "HEAD" => (self.read(&key, None, None, false), None),
            "DELETE" => {
                match parameter("uploadId") {
                    Some(id) => drop(self.uploads.remove(&id)),
                    None => drop(self.objects.remove(&key)),
                }
                (Answer::new(204, Bytes::new()), None)
            }
            _ => (Answer::refused(405, "MethodNotAllowed"), None),
        }
    }

    fn create(&mut self, key: &str, bytes: Bytes, only_new: bool) -> (Answer, Option<String>) {
        if only_new && self.objects.contains_key(key) {
            return (Answer::refused(412, "PreconditionFailed"), None);
        }
        self.put(key, bytes);
        (Answer::new(200, Bytes::new()).with("etag", &self.objects[key].etag), Some(key.to_owned()))
    }

    fn begin(&mut self, key: String) -> Answer {
        self.uploads_begun += 1;
        let id = format!("upload-{}", self.uploads_begun);
        let text = format!(
            "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        );
        self.uploads.insert(id, MultipartUpload { key, parts: BTreeMap::new() });
        Answer::new(200, text)
    }

    fn put_part(&mut self, id: &str, number: u32, bytes: Bytes) -> Answer {
        let Some(upload) = self.uploads.get_mut(id) else { return Answer::refused(404, "NoSuchUpload") };
        let etag = format!("\"{:016x}\"", hash(&bytes));
        upload.parts.insert(number, bytes);
        Answer::new(200, Bytes::new()).with("etag", etag)
    }

    fn complete(&mut self, id: &str, body: &[u8], only_new: bool) -> (Answer, Option<String>) {
        let Some(upload) = self.uploads.get(id) else { return (Answer::refused(404, "NoSuchUpload"), None) };
        let text = String::from_utf8_lossy(body);
        let mut whole = BytesMut::new();
        for part in text.split("<PartNumber>").skip(1) {
            let number = part.split('<').next().and_then(|number| number.parse::<u32>().ok());
            let Some(bytes) = number.and_then(|number| upload.parts.get(&number)) else {
                return (Answer::refused(400, "InvalidPart"), None);
            };
            whole.extend_from_slice(bytes);
        }
        let key = upload.key.clone();
        if only_new && self.objects.contains_key(&key) {
            return (Answer::refused(412, "PreconditionFailed"), None);
        }
        self.uploads.remove(id);
        self.put(&key, whole.freeze());
        let etag = &self.objects[&key].etag;
        let text = format!("<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>");
        (Answer::new(200, text), Some(key))
    }

    fn list(&self, parameter: &impl Fn(&str) -> Option<String>) -> Answer {
        let prefix = parameter("prefix").unwrap_or_default();
        let after = parameter("start-after").unwrap_or_default();
        // Listings are short, so that a report or export takes more than one.
        let keys = self.objects.keys().filter(|key| key.starts_with(&prefix) && **key > after).take(7);
        let keys: String = keys.map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
        Answer::new(200, format!("<ListBucketResult>{keys}</ListBucketResult>"))
    }

    fn read(&self, key: &str, range: Option<String>, if_match: Option<String>, with_body: bool) -> Answer {
        if self.denied && key.starts_with("uploads/") {
            return Answer::refused(403, "AccessDenied");
        }
        let Some(object) = self.objects.get(key) else { return Answer::refused(404, "NoSuchKey") };
        if if_match.is_some_and(|etag| etag != object.etag) {
            return Answer::refused(412, "PreconditionFailed");
        }
        let size = object.bytes.len();
        let range = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let range: Option<(usize, usize)> = range.and_then(|(from, to)| {
            Some((from.parse().ok()?, if to.is_empty() { size } else { (to.parse::<usize>().ok()? + 1).min(size) }))
        });
        match range {
            Some((from, _)) if from >= size => Answer::refused(416, "InvalidRange"),
            Some((from, to)) => Answer::new(206, object.bytes.slice(from..to))
                .with("etag", &object.etag)
                .with("content-length", to - from)
                .with("content-range", format!("bytes {from}-{}/{size}", to - 1)),
            None => Answer::new(200, if with_body { object.bytes.clone() } else { Bytes::new() })
                .with("etag", &object.etag)
                .with("content-length", size),
        }
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
