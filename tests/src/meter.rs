//! Write units on the wire: stands between deployed functions and the table service, and adds up what its answers say.
//!
//! What a function reports of itself may leave a call out; what comes by here cannot.

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

/// The operations that write. Statements of Muster only ever do: no policy of its template lets one select.
const WRITES: [&str; 7] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
];

/// What was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// Write units by table.
    pub units: BTreeMap<String, f64>,
    /// Operations that wrote and did not ask what it cost: their units are not in the sum.
    pub unasked: BTreeSet<String>,
}

impl Written {
    /// What was written after an earlier look.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |table: &String| earlier.units.get(table).copied().unwrap_or_default();
        let units = self.units.iter().map(|(table, units)| (table.clone(), units - before(table)));
        Self { units: units.collect(), unasked: self.unasked.clone() }
    }

    /// Adds what an answer says.
    fn add(&mut self, operation: &str, answer: &[u8]) {
        let answer: Json = serde_json::from_slice(answer).unwrap_or_default();
        let consumed = match &answer["ConsumedCapacity"] {
            Json::Array(tables) => tables.as_slice(),
            Json::Object(_) => std::slice::from_ref(&answer["ConsumedCapacity"]),
            _ => {
                self.unasked.insert(operation.to_owned());
                return;
            }
        };
        for table in consumed {
            let name = table["TableName"].as_str().unwrap_or_default();
            *self.units.entry(name.to_owned()).or_default() += table["CapacityUnits"].as_f64().unwrap_or_default();
        }
    }
}

/// The one who counts.
#[derive(Debug, Clone)]
pub struct Meter {
    tables_url: String,
    client: reqwest::Client,
    written: Arc<Mutex<Written>>,
}

impl Meter {
    /// Passes what comes to a port of this machine on to the table service, for as long as the process lives.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(port: u16, tables_url: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let meter = Self { tables_url: tables_url.to_owned(), client, written: Arc::default() };
        let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        listener.set_nonblocking(true)?;
        // A thread and runtime of its own: functions may call between two tests, each of which has its own runtime.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = meter.clone();
        std::thread::spawn(move || runtime.block_on(serving.serve(listener)));
        Ok(meter)
    }

    /// What was written so far.
    pub fn written(&self) -> Written {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn serve(self, listener: std::net::TcpListener) -> std::io::Result<()> {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let meter = self.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| meter.clone().answer(request));
                // A function whose time is over breaks its connection off; whatever came by has been counted.
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(self.pass_on(request).await.unwrap_or_else(|error| {
            let mut answer = Response::new(Full::from(format!("the table service does not answer: {error}")));
            *answer.status_mut() = StatusCode::BAD_GATEWAY;
            answer
        }))
    }

    async fn pass_on(&self, request: Request<Incoming>) -> anyhow::Result<Response<Full<Bytes>>> {
        let (mut parts, body) = request.into_parts();
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        for of_a_connection in ["connection", "content-length", "transfer-encoding"] {
            parts.headers.remove(of_a_connection);
        }
        let body = body.collect().await?.to_bytes();
        let answer = self.client.post(&self.tables_url).headers(parts.headers).body(body).send().await?;
        let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
        let body = answer.bytes().await?;
        if status.is_success() && WRITES.contains(&operation.as_str()) {
            self.written.lock().unwrap_or_else(PoisonError::into_inner).add(&operation, &body);
        }
        let mut passed = Response::new(Full::new(body));
        *passed.status_mut() = status;
        passed.headers_mut().extend(kind.map(|kind| (http::header::CONTENT_TYPE, kind)));
        Ok(passed)
    }
}
