//! A proxy between deployed functions and the table service. It adds up the write units that the answers report.
//!
//! A figure that a function reports of itself could leave a call out. The proxy cannot: every call goes through it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value as Json;
use tokio::net::TcpListener;

/// The operations that write. Muster's PartiQL statements all write: no policy in the template allows a `SELECT`.
const WRITES: [&str; 7] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
];

/// Write units that were consumed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WriteUnits {
    /// Write units by table.
    pub by_table: BTreeMap<String, f64>,
    /// Operations that wrote without asking for the consumed capacity, so that `by_table` lacks their units.
    pub unmetered: BTreeSet<String>,
}

impl WriteUnits {
    /// The write units consumed after an earlier reading of the meter.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |table: &String| earlier.by_table.get(table).copied().unwrap_or_default();
        let by_table = self.by_table.iter().map(|(table, units)| (table.clone(), units - before(table)));
        Self { by_table: by_table.collect(), unmetered: self.unmetered.clone() }
    }

    /// Adds the units that the answer to an operation reports.
    fn add(&mut self, operation: &str, answer: &[u8]) {
        let answer: Json = serde_json::from_slice(answer).unwrap_or_default();
        let consumed = match &answer["ConsumedCapacity"] {
            Json::Array(tables) => tables.as_slice(),
            Json::Object(_) => std::slice::from_ref(&answer["ConsumedCapacity"]),
            _ => {
                self.unmetered.insert(operation.to_owned());
                return;
            }
        };
        for table in consumed {
            let name = table["TableName"].as_str().unwrap_or_default();
            *self.by_table.entry(name.to_owned()).or_default() += table["CapacityUnits"].as_f64().unwrap_or_default();
        }
    }
}

/// The proxy.
#[derive(Debug, Clone)]
pub struct Meter {
    tables_url: String,
    client: reqwest::Client,
    consumed: Arc<Mutex<WriteUnits>>,
}

impl Meter {
    /// Forwards requests from a loopback port to the table service, for as long as the process lives.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: u16, tables_url: &str) -> anyhow::Result<Self> {
        let client = tls::client().no_proxy().build()?;
        let meter = Self { tables_url: tables_url.to_owned(), client, consumed: Arc::default() };
        let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        listener.set_nonblocking(true)?;
        // It has its own thread and runtime: each test has a runtime too, and functions may call between two tests.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = meter.clone();
        std::thread::spawn(move || runtime.block_on(serving.serve(listener)));
        Ok(meter)
    }

    /// The write units consumed so far.
    pub fn consumed(&self) -> WriteUnits {
        self.consumed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn serve(self, listener: std::net::TcpListener) -> std::io::Result<()> {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let meter = self.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| meter.clone().answer(request));
                // A function that times out breaks its connection off. Answers up to then are counted.
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(self.forward(request).await.unwrap_or_else(|error| {
            let mut answer = Response::new(Full::from(format!("the table service does not answer: {error}")));
            *answer.status_mut() = StatusCode::BAD_GATEWAY;
            answer
        }))
    }

    async fn forward(&self, request: Request<Incoming>) -> anyhow::Result<Response<Full<Bytes>>> {
        let (mut head, body) = request.into_parts();
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        for header_of_connection in ["connection", "content-length", "transfer-encoding"] {
            head.headers.remove(header_of_connection);
        }
        let body = body.collect().await?.to_bytes();
        let answer = self.client.post(&self.tables_url).headers(head.headers).body(body).send().await?;
        let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
        let body = answer.bytes().await?;
        if status.is_success() && WRITES.contains(&operation.as_str()) {
            self.consumed.lock().unwrap_or_else(PoisonError::into_inner).add(&operation, &body);
        }
        let mut forwarded = Response::new(Full::new(body));
        *forwarded.status_mut() = status;
        forwarded.headers_mut().extend(kind.map(|kind| (http::header::CONTENT_TYPE, kind)));
        Ok(forwarded)
    }
}
