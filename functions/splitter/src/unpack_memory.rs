//! How much memory unpacking takes: a small file that unpacks to a very large one, from and into a bucket that keeps
//! nothing.
//!
//! ```sh
//! cargo test --release -p splitter two_gigabytes -- --ignored --nocapture
//! ```

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use domain::codes::FileCode;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use stores::Resources;
use stores::bucket::Bucket;
use stores::clock::Clock;

use super::unpack::{NotUnpacked, Unpacking, unpack};

const ROW: &[u8] = b"0,0,0,0,0,0,0,0\n";

/// A bucket with one object. It counts the bytes that are written to it, and keeps none.
#[derive(Debug, Clone)]
struct Sink {
    object: Bytes,
    written: Arc<AtomicU64>,
    parts: Arc<AtomicU64>,
    aborted: Arc<AtomicU64>,
}

impl HttpClient for Sink {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Sink {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let sink = self.clone();
        HttpConnectorFuture::new(async move {
            let answer = |status: u16, body: SdkBody| HttpResponse::new(StatusCode::try_from(status).unwrap(), body);
            match request.method() {
                "GET" => Ok(answer(200, SdkBody::from(sink.object.clone()))),
                "POST" if request.uri().contains("?uploads") => {
                    let begun = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
                    Ok(answer(200, SdkBody::from(begun)))
                }
                "PUT" => {
                    let length = request.headers().get("x-amz-decoded-content-length").map(ToOwned::to_owned);
                    let length = length.or_else(|| request.headers().get("content-length").map(ToOwned::to_owned));
                    let mut body = request.take_body();
                    while let Some(frame) = body.frame().await {
                        frame.map_err(ConnectorError::io)?;
                    }
                    sink.written.fetch_add(length.unwrap().parse().unwrap(), Ordering::Relaxed);
                    sink.parts.fetch_add(1, Ordering::Relaxed);
                    let mut stored = answer(200, SdkBody::empty());
                    stored.headers_mut().insert("etag", "\"1\"");
                    Ok(stored)
                }
                "DELETE" => {
                    sink.aborted.fetch_add(1, Ordering::Relaxed);
                    Ok(answer(204, SdkBody::empty()))
                }
                _ => Ok(answer(200, SdkBody::from("<CompleteMultipartUploadResult/>"))),
            }
        })
    }
}

/// What unpacking came to.
struct Unpacked {
    result: Result<(), NotUnpacked>,
    /// Bytes of the compressed file.
    packed: usize,
    /// Parts that were written, and uploads that were aborted.
    parts: u64,
    aborted: u64,
    /// Whether all bytes were written.
    is_whole: bool,
}

/// Unpacks rows of zeros of so many bytes until a moment.
async fn unpack_zeros(bytes: u64, stop_at: Timestamp) -> Unpacked {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let rows = ROW.repeat(64 * 1024);
    let times = bytes / rows.len() as u64;
    for _ in 0..times {
        packed.write_all(&rows).unwrap();
    }
    let object = Bytes::from(packed.finish().unwrap());
    let length = object.len();
    let sink = Sink { object, written: Arc::default(), parts: Arc::default(), aborted: Arc::default() };
    let credentials = Credentials::new("test", "test", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("test"))
        .endpoint_url("http://test")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sink.clone())
        .build();
    let bucket = Bucket::new(&sdk, &Resources { bucket: "b".to_owned(), ..Resources::default() });
    let unpacking = Unpacking { from: "a.csv.gz", etag: "\"1\"", to: "plain", sha256: None, stop_at };
    let result = unpack(&bucket, &Clock::from_sdk(&sdk), unpacking).await;
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let is_whole = count(&sink.written) == times * rows.len() as u64;
    Unpacked { result, packed: length, parts: count(&sink.parts), aborted: count(&sink.aborted), is_whole }
}

/// The most memory that this process had at a time, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn a_file_is_unpacked_into_parts_unless_it_takes_too_long() {
    // A file that is not large is unpacked, although its time is over: the bucket was slow.
    let unpacked = unpack_zeros(12 * 1024 * 1024, Timestamp::UNIX_EPOCH).await;
    assert!(unpacked.result.is_ok() && unpacked.is_whole);
    assert_eq!((unpacked.parts, unpacked.aborted), (2, 0));
    let unpacked = unpack_zeros(40 * 1024 * 1024, Timestamp::UNIX_EPOCH).await;
    assert!(matches!(unpacked.result, Err(NotUnpacked::File(FileCode::GzipTooLarge, _))));
    assert!(unpacked.parts < 5 && unpacked.aborted == 1, "{} parts", unpacked.parts);
}

#[tokio::test]
#[ignore = "it takes a minute; run it alone and with --release, as the top of this file says"]
async fn two_gigabytes_are_unpacked_in_little_memory() {
    let before = peak_mib();
    let unpacked = unpack_zeros(2 * 1024 * 1024 * 1024, Timestamp::MAX).await;
    let (peak, packed, parts) = (peak_mib(), unpacked.packed, unpacked.parts);
    assert!(unpacked.result.is_ok() && unpacked.is_whole);
    println!("{packed} bytes unpacked to 2 GiB in {parts} parts; peak memory {peak} MiB, before {before} MiB");
    assert!(peak < 128, "{peak} MiB");
}
