//! The HTTP client of the functions' SDK clients. Its calls take time, fail, or kill the function that makes them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::Frame;
use rand::Rng as _;
use stack::operation::{Operation, Service};
use tokio::sync::Notify;
use tokio::time::Sleep;

use super::objects::Answer;
use super::schedule::Fault;
use super::world::{Effect, World};

tokio::task_local! {
    /// The invocation that is running.
    static INVOCATION: Arc<Invocation>;
}

/// The call of a dead invocation takes effect at most this much later.
const AFTERMATH: Duration = Duration::from_secs(2);
/// How far an index lags at most.
const LONGEST_LAG: Duration = Duration::from_secs(60);

/// How often the body of an object breaks off at most after it did: a reader tries five times without a byte.
const MOST_FURTHER_BREAKS: u32 = 4;

/// An invocation of a function.
#[derive(Debug)]
pub(super) struct Invocation {
    pub function: String,
    /// Its place: function, message and number of the delivery.
    pub place: String,
    /// Whether drawn faults spare it.
    pub spared: bool,
    /// How long it may run.
    pub timeout: Duration,
    /// How far its clock is ahead, in seconds.
    pub clock_offset: i64,
    calls: AtomicU64,
    /// How often the bodies of objects still break off, by the paths of the objects.
    breaks_left: Mutex<BTreeMap<String, u32>>,
    killed: AtomicBool,
    kill: Notify,
}

impl Invocation {
    /// An invocation that has made no call yet.
    pub(super) fn new(function: &str, place: String, spared: bool, timeout: Duration, clock_offset: i64) -> Arc<Self> {
        Arc::new(Self {
            function: function.to_owned(),
            place,
            spared,
            timeout,
            clock_offset,
            calls: AtomicU64::new(0),
            breaks_left: Mutex::default(),
            killed: AtomicBool::new(false),
            kill: Notify::new(),
        })
    }

    /// Runs the function until it ends, is killed, or times out. Returns nothing when it did not end.
    pub(super) async fn run<T>(self: Arc<Self>, function: impl Future<Output = T>) -> Option<T> {
        let running = INVOCATION.scope(Arc::clone(&self), function);
        tokio::select! {
            biased;
            () = self.kill.notified() => None,
            ended = tokio::time::timeout(self.timeout, running) => ended.ok(),
        }
    }

    /// How far the clock of the running invocation is ahead, in seconds.
    pub(super) fn current_clock_offset() -> i64 {
        INVOCATION.try_with(|invocation| invocation.clock_offset).unwrap_or(0)
    }

    /// Whether the body of an object breaks off at this read of it.
    fn body_breaks(&self, world: &World, fault: Option<Fault>, path: &str, place: &str) -> bool {
        let mut left = self.breaks_left.lock().unwrap_or_else(PoisonError::into_inner);
        match fault {
            Some(Fault::BrokenBody) => true,
            Some(Fault::BreakingBody) => {
                let more = world.schedule().dice("breaks", place).random_range(1..=MOST_FURTHER_BREAKS);
                left.insert(path.to_owned(), more);
                true
            }
            _ => left.get_mut(path).is_some_and(|left| {
                let breaks = *left > 0;
                *left = left.saturating_sub(1);
                breaks
            }),
        }
    }

    async fn die<T>(&self) -> T {
        self.killed.store(true, Ordering::Release);
        self.kill.notify_one();
        std::future::pending().await
    }
}

/// The HTTP client of all SDK clients of a run.
#[derive(Debug, Clone)]
pub(super) struct SimulatedHttp(pub Arc<World>);

impl HttpClient for SimulatedHttp {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SimulatedHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = Arc::clone(&self.0);
        let operation = Operation::from_request(&request);
        let Ok(invocation) = INVOCATION.try_with(Arc::clone) else {
            // The simulator itself reads the stores at once and without faults.
            let answer = world.answer(&request, &operation, Effect::Whole);
            return HttpConnectorFuture::ready(Ok(http_response(answer, None)));
        };
        let number = invocation.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let place = format!("{}#{number}", invocation.place);
        HttpConnectorFuture::new(async move { call(&world, &invocation, place, request, operation).await })
    }
}

/// Makes a call: it takes time both ways, and meets the fault that the schedule has for its place.
async fn call(
    world: &Arc<World>,
    invocation: &Invocation,
    place: String,
    request: HttpRequest,
    operation: Operation,
) -> Result<HttpResponse, ConnectorError> {
    let (fault, latency) = world.fault_and_latency(invocation, &place, &request, &operation);
    tokio::time::sleep(latency).await;
    if invocation.killed.load(Ordering::Acquire) {
        return std::future::pending().await;
    }
    match fault {
        Some(Fault::KillBefore) => return invocation.die().await,
        Some(Fault::Throttle) => return Ok(operation.service.throttled()),
        Some(Fault::Conflict) if operation.name != "dynamodb.BatchExecuteStatement" => {
            return Ok(Service::in_conflict(operation.name == "dynamodb.TransactWriteItems"));
        }
        Some(Fault::HotPartition) => world.heat(&request, &place),
        Some(Fault::ErrorBefore) => return Ok(operation.service.broken()),
        Some(Fault::KillAfter) => {
            // The request is already on its way, so it takes effect although its function is dead.
            let delay = world.wait("aftermath", &place, AFTERMATH);
            let world = Arc::clone(world);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                world.answer(&request, &operation, Effect::Whole);
            });
            return invocation.die().await;
        }
        _ => {}
    }
    if let Some(answer) = world.refusal_if_hot(&request, &operation, invocation) {
        tokio::time::sleep(latency).await;
        return Ok(http_response(answer, None));
    }
    let effect = match fault {
        Some(Fault::Partial) => Effect::FirstHalf,
        Some(Fault::Conflict) => Effect::Conflicts(&place),
        Some(Fault::LaggingIndex) => Effect::Lags(world.wait("lag", &place, LONGEST_LAG)),
        _ => Effect::Whole,
    };
    let answer = world.answer(&request, &operation, effect);
    tokio::time::sleep(latency).await;
    if fault == Some(Fault::Slow) {
        // The call has taken effect. Its client may give it up before the answer comes, and make it again.
        tokio::time::sleep(world.wait("slow", &place, invocation.timeout * 2)).await;
    }
    match fault {
        Some(Fault::ErrorAfter) => Ok(operation.service.broken()),
        Some(Fault::AnswerLost) => Err(ConnectorError::io("the connection was reset".into())),
        fault => {
            let streamed = operation.name == "s3.GetObject" && answer.status < 300;
            let path = request.uri().split('?').next().unwrap_or_default();
            let breaks = streamed && invocation.body_breaks(world, fault, path, &place);
            let body = streamed.then(|| world.body(&answer, &place, breaks));
            Ok(http_response(answer, body))
        }
    }
}

fn http_response(answer: Answer, body: Option<SdkBody>) -> HttpResponse {
    let status = StatusCode::try_from(answer.status).unwrap_or(StatusCode::try_from(500).expect("a status"));
    let mut response = HttpResponse::new(status, body.unwrap_or_else(|| SdkBody::from(answer.body)));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The body of an object. It arrives in chunks, with a pause before each.
pub(super) struct ChunkedBody {
    left: Bytes,
    chunk_size: usize,
    pause: Duration,
    breaks_at: Option<usize>,
    sleep: Pin<Box<Sleep>>,
}

impl ChunkedBody {
    /// A body that arrives `chunk_size` bytes at a time. It breaks off when `breaks_at` bytes or fewer are left.
    pub(super) fn new(bytes: Bytes, chunk_size: usize, pause: Duration, breaks_at: Option<usize>) -> Self {
        Self { left: bytes, chunk_size, pause, breaks_at, sleep: Box::pin(tokio::time::sleep(pause)) }
    }
}

impl http_body::Body for ChunkedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        std::task::ready!(self.sleep.as_mut().poll(context));
        let next = tokio::time::Instant::now() + self.pause;
        self.sleep.as_mut().reset(next);
        if self.breaks_at.is_some_and(|at| self.left.len() <= at) {
            return Poll::Ready(Some(Err(std::io::Error::other("the connection was reset"))));
        }
        let size = self.chunk_size.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(size)))))
    }
}
