//! The port between the functions' SDK clients and the simulated services: where time passes and things go wrong.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
use local::stack::operation::Operation;
use tokio::sync::Notify;
use tokio::time::Sleep;

use super::objects::Answer;
use super::schedule::Fault;
use super::world::World;

tokio::task_local! {
    /// The invocation on whose behalf a call is made.
    static INVOCATION: Arc<Invocation>;
}

/// What a late effect of a call of a dead invocation is late by at most.
const AFTERMATH: Duration = Duration::from_secs(2);

/// A running function.
#[derive(Debug)]
pub(super) struct Invocation {
    /// The function's name.
    pub function: String,
    /// Where in the run it stands: function, message and delivery.
    pub place: String,
    /// Whether faults spare it.
    pub spared: bool,
    /// Its time.
    pub timeout: Duration,
    calls: AtomicU64,
    killed: AtomicBool,
    kill: Notify,
}

impl Invocation {
    /// One that made no call yet.
    pub(super) fn new(function: &str, place: String, spared: bool, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            function: function.to_owned(),
            place,
            spared,
            timeout,
            calls: AtomicU64::new(0),
            killed: AtomicBool::new(false),
            kill: Notify::new(),
        })
    }

    /// Runs the function until it ends, is killed, or its time is up. None: it did not end.
    pub(super) async fn run<T>(self: Arc<Self>, function: impl Future<Output = T>) -> Option<T> {
        let running = INVOCATION.scope(Arc::clone(&self), function);
        tokio::select! {
            biased;
            () = self.kill.notified() => None,
            ended = tokio::time::timeout(self.timeout, running) => ended.ok(),
        }
    }

    async fn die<T>(&self) -> T {
        self.killed.store(true, Ordering::Release);
        self.kill.notify_one();
        std::future::pending().await
    }
}

/// The HTTP client of all SDK clients in a run.
#[derive(Debug, Clone)]
pub(super) struct Port(pub Arc<World>);

impl HttpClient for Port {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Port {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = Arc::clone(&self.0);
        let operation = Operation::of(&request);
        let Ok(invocation) = INVOCATION.try_with(Arc::clone) else {
            // Whoever looks from outside sees what there is, at once.
            let answer = world.answer(&request, &operation, false);
            return HttpConnectorFuture::ready(Ok(response(answer, None)));
        };
        let call = invocation.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let place = format!("{}#{call}", invocation.place);
        HttpConnectorFuture::new(async move { meet(&world, &invocation, place, request, operation).await })
    }
}

/// A call on its way there and back.
async fn meet(
    world: &Arc<World>,
    invocation: &Invocation,
    place: String,
    request: HttpRequest,
    operation: Operation,
) -> Result<HttpResponse, ConnectorError> {
    let (fault, way) = world.meets(invocation, &place, &operation);
    tokio::time::sleep(way).await;
    if invocation.killed.load(Ordering::Acquire) {
        return std::future::pending().await;
    }
    match fault {
        Some(Fault::KillBefore) => return invocation.die().await,
        Some(Fault::Throttle) => return Ok(operation.service.throttled()),
        Some(Fault::ErrorBefore) => return Ok(operation.service.broken()),
        Some(Fault::KillAfter) => {
            // The request is out, and takes effect though nobody waits for it any more.
            let late = world.wait("aftermath", &place, AFTERMATH);
            let world = Arc::clone(world);
            tokio::spawn(async move {
                tokio::time::sleep(late).await;
                world.answer(&request, &operation, false);
            });
            return invocation.die().await;
        }
        Some(Fault::Slow) => tokio::time::sleep(world.wait("slow", &place, invocation.timeout * 2)).await,
        _ => {}
    }
    let answer = world.answer(&request, &operation, fault == Some(Fault::Partial));
    tokio::time::sleep(way).await;
    match fault {
        Some(Fault::ErrorAfter) => Ok(operation.service.broken()),
        Some(Fault::AnswerLost) => Err(ConnectorError::io("the connection was reset".into())),
        fault => {
            let streamed = operation.name == "s3.GetObject" && answer.status < 300;
            let body = streamed.then(|| world.body(&answer, &place, fault == Some(Fault::BrokenBody)));
            Ok(response(answer, body))
        }
    }
}

fn response(answer: Answer, body: Option<SdkBody>) -> HttpResponse {
    let status = StatusCode::try_from(answer.status).unwrap_or(StatusCode::try_from(500).expect("a status"));
    let mut response = HttpResponse::new(status, body.unwrap_or_else(|| SdkBody::from(answer.body)));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The body of an object, which comes in pieces, each after a while.
pub(super) struct Pieces {
    left: Bytes,
    size: usize,
    every: Duration,
    breaks_at: Option<usize>,
    sleep: Pin<Box<Sleep>>,
}

impl Pieces {
    /// A body that comes `size` bytes at a time, and breaks off when fewer than `breaks_at` are left.
    pub(super) fn new(bytes: Bytes, size: usize, every: Duration, breaks_at: Option<usize>) -> Self {
        Self { left: bytes, size, every, breaks_at, sleep: Box::pin(tokio::time::sleep(every)) }
    }
}

impl http_body::Body for Pieces {
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
        let next = tokio::time::Instant::now() + self.every;
        self.sleep.as_mut().reset(next);
        if self.breaks_at.is_some_and(|at| self.left.len() <= at) {
            return Poll::Ready(Some(Err(std::io::Error::other("the connection was reset"))));
        }
        let size = self.size.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(size)))))
    }
}
