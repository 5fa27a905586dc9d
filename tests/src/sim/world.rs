//! What surrounds the functions of a run: the services, the time and the schedule. Time and chance come from the seed
//! alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::messages::Message;
use rand::Rng as _;
use serde_json::{Value as Json, json};
use stack::operation::{Operation, Service};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::calls::{ChunkedBody, Invocation};
use super::case::{FailingRow, SET_BACK};
use super::deployment::template;
use super::hot::HotPartitions;
use super::objects::{Answer, Objects};
use super::queues::Queues;
use super::schedule::{Fault, INDEX_QUERY, Schedule};
use super::tables::Tables;

/// The name of the simulated deployment.
pub(super) const STACK: &str = "sim";
/// The bucket of the simulated deployment.
pub(super) const BUCKET: &str = "files";
/// When every run begins: 2026-01-01, in seconds since 1970.
const EPOCH: u64 = 1_767_225_600;
/// The longest time that a request or its answer takes.
const MAX_LATENCY: Duration = Duration::from_millis(12);

/// What a call does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effect<'a> {
    /// All that it asks for.
    Whole,
    /// The first half of a batch call.
    FirstHalf,
    /// The statements of a batch that meet no other write; which ones do is drawn for this place.
    Conflicts(&'a str),
    /// It queries an index that lags so far behind its table.
    Lags(Duration),
}

/// The services, the time and the schedule of a run.
#[derive(Debug)]
pub(super) struct World {
    tables: Tables,
    hot: Mutex<HotPartitions>,
    /// The row whose customer the tables refuse to write, as long as they do.
    failing_row: Mutex<Option<FailingRow>>,
    /// Whether they were ever asked to.
    has_refused_row: AtomicBool,
    objects: Mutex<Objects>,
    queues: Mutex<Queues>,
    schedule: Mutex<Schedule>,
    /// What imports are called in places, by their ids.
    names: Mutex<BTreeMap<String, String>>,
    /// The details of the events on the bus.
    events: Mutex<Vec<Json>>,
    /// Notified whenever a message is sent.
    pub sent: Notify,
    began: Instant,
    clocks_set_back: Option<Duration>,
}

impl World {
    /// A world with empty services, in which clocks are set back at this moment, if at all. Must be made in a runtime whose time is paused.
    ///
    /// # Errors
    /// When a table cannot be created.
    pub(super) fn new(schedule: Schedule, clocks_set_back: Option<Duration>) -> anyhow::Result<Arc<Self>> {
        let definitions = template()?;
        Ok(Arc::new(Self {
            tables: Tables::new(&definitions.tables)?,
            hot: Mutex::default(),
            failing_row: Mutex::default(),
            has_refused_row: AtomicBool::new(false),
            objects: Mutex::default(),
            queues: Mutex::new(Queues::new(definitions)),
            schedule: Mutex::new(schedule),
            names: Mutex::default(),
            events: Mutex::default(),
            sent: Notify::new(),
            began: Instant::now(),
            clocks_set_back,
        }))
    }

    pub(super) fn objects(&self) -> MutexGuard<'_, Objects> {
        lock(&self.objects)
    }

    pub(super) fn queues(&self) -> MutexGuard<'_, Queues> {
        lock(&self.queues)
    }

    pub(super) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        lock(&self.schedule)
    }

    /// A random duration below `longest`, for a purpose at a place.
    pub(super) fn wait(&self, purpose: &str, place: &str, longest: Duration) -> Duration {
        self.schedule().wait(purpose, place, longest)
    }

    /// How often tasks were written so far: between two calls with the same answer, no task has changed.
    pub(super) fn writes_of_tasks(&self) -> u64 {
        self.tables.logged_writes()
    }

    /// How long the run has lasted.
    pub(super) fn elapsed(&self) -> Duration {
        Instant::now() - self.began
    }

    /// Names an import for places. Its id will not do: it has the time of the launch, which faults change.
    pub(super) fn name_import(&self, id: &str, name: &str) {
        lock(&self.names).insert(id.to_owned(), name.to_owned());
    }

    /// The fault of a call, and how long its request and its answer take each.
    pub(super) fn fault_and_latency(
        &self,
        invocation: &Invocation,
        place: &str,
        request: &HttpRequest,
        operation: &Operation,
    ) -> (Option<Fault>, Duration) {
        let mut schedule = self.schedule();
        let index = (operation.name == "dynamodb.Query").then(|| index_of(text(request))).flatten();
        let name = index.map_or_else(|| operation.name.clone(), |index| format!("{INDEX_QUERY}{index}"));
        let fault = schedule.fault_at_call(&invocation.function, place, &name, invocation.spared);
        (fault, schedule.wait("way", place, MAX_LATENCY))
    }

    /// Makes a partition hot that a call to the tables touches.
    pub(super) fn heat(&self, request: &HttpRequest, place: &str) {
        let mut dice = self.schedule().dice("heat", place);
        lock(&self.hot).heat(text(request), &mut dice);
    }

    /// The refusal of a call that touches a hot partition. Invocations that are spared meet none, as the partition would
    /// take their last tries.
    pub(super) fn refusal_if_hot(
        &self,
        request: &HttpRequest,
        operation: &Operation,
        invocation: &Invocation,
    ) -> Option<Answer> {
        if operation.service != Service::Tables || invocation.spared {
            return None;
        }
        lock(&self.hot).refuse(&operation.name, text(request))
    }

    /// Has the tables refuse to write the customer of a row from now on, or of none.
    pub(super) fn refuse_row(&self, row: Option<FailingRow>) {
        *lock(&self.failing_row) = row;
    }

    /// Whether the tables ever refused to write the customer of that row.
    pub(super) fn has_refused_row(&self) -> bool {
        self.has_refused_row.load(Ordering::Relaxed)
    }

    /// Does what a call asks for, and answers it.
    pub(super) fn answer(&self, request: &HttpRequest, operation: &Operation, effect: Effect<'_>) -> Answer {
        let name = operation.name.split_once('.').map_or("", |(_, name)| name);
        let body = || text(request);
        let partly = matches!(effect, Effect::FirstHalf);
        match operation.service {
            Service::Tables => {
                let failing = *lock(&self.failing_row);
                let (status, answer) = match failing {
                    Some(failing) if failing.is_written_by(body()) => {
                        self.has_refused_row.store(true, Ordering::Relaxed);
                        self.tables.refuse_statements(name, body(), failing.refuses_call)
                    }
                    _ => match effect {
                        Effect::Conflicts(place) => {
                            self.tables.statements_in_conflict(body(), &mut self.schedule().dice("conflict", place))
                        }
                        Effect::Lags(lag) => self.tables.query_lagging(body(), lag),
                        Effect::Whole | Effect::FirstHalf => self.tables.answer(name, body(), partly),
                    },
                };
                Answer::new(status, answer)
            }
            Service::Queues if name == "GetQueueAttributes" => {
                let (status, answer) = self.queues().count(body());
                Answer::new(status, answer)
            }
            Service::Queues => {
                let send = |queue: &str, body| self.send(queue, body);
                let change = |queue: &str, receipt: &str, timeout| self.change_visibility(queue, receipt, timeout);
                let (status, answer) = Queues::answer(name, body(), partly, send, change);
                Answer::new(status, answer)
            }
            Service::Events => {
                let put: Json = serde_json::from_str(body()).unwrap_or_default();
                let details =
                    put["Entries"].as_array().into_iter().flatten().filter_map(|event| event["Detail"].as_str());
                lock(&self.events).extend(details.filter_map(|detail| serde_json::from_str(detail).ok()));
                Answer::new(200, r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#)
            }
            // Functions do not read parameters: a run has IAM for access, and no webhook.
            Service::Parameters => Answer::new(400, r#"{"__type":"ParameterNotFound"}"#),
            Service::Objects => {
                let (answer, created) = self.objects().answer(request);
                if let Some(key) = created {
                    self.send_object_event(&key);
                }
                answer
            }
        }
    }

    /// Whether the event bus got this end of an import.
    pub(super) fn delivered_end(&self, import: &str, ended_at: &str, state: &str) -> bool {
        lock(&self.events)
            .iter()
            .any(|event| event["id"] == import && event["ended_at"] == ended_at && event["state"] == state)
    }

    /// Uploads an object, as a client does with a presigned URL.
    pub(super) fn upload(&self, key: &str, bytes: &[u8]) {
        self.objects().put(key, bytes.to_vec());
        self.send_object_event(key);
    }

    /// Sends S3's event for a new object to the split queue, if it is a file that somebody sent.
    fn send_object_event(&self, key: &str) {
        if ObjectKey::is_sent_file(key) {
            let event = json!({ "Records": [{
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventTime": "2026-01-01T00:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": { "principalId": "sim" },
                "requestParameters": { "sourceIPAddress": "127.0.0.1" },
                "responseElements": {},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": { "name": BUCKET, "arn": format!("arn:aws:s3:::{BUCKET}") },
                    "object": { "key": key },
                },
            }] });
            self.send(&format!("{STACK}-split"), event.to_string());
        }
    }

    fn send(&self, queue: &str, body: String) -> String {
        let label = self.label(&body);
        let delay = self.wait("send", &format!("{queue}/{label}"), Duration::from_millis(60));
        let id = self.queues().send(queue, label, body, Instant::now() + delay);
        self.sent.notify_one();
        id
    }

    fn change_visibility(&self, queue: &str, receipt: &str, timeout: Duration) -> bool {
        let changed = self.queues().change_visibility(queue, receipt, Instant::now() + timeout);
        // It may be visible earlier than the run expects.
        self.sent.notify_one();
        changed
    }

    /// What a message is about, in words that are the same in every run of a seed. Its words are part of places.
    fn label(&self, body: &str) -> String {
        if let Ok(message) = Message::from_body(body) {
            let import = message.import().map(|import| self.name(&import.to_string())).unwrap_or_default();
            return match message {
                Message::Split { .. } => format!("{import}.continue"),
                Message::DispatchPart { part, .. } => format!("{import}.part{part}"),
                Message::Batch(batch) => format!("{import}.batch{}", batch.batch),
                Message::UndoAgain(batch) => format!("{import}.again{}", batch.batch),
                Message::EndErasure { .. } => format!("{import}.erasure"),
                Message::MakeUndoFile { .. } => format!("{import}.former"),
                Message::Finish { .. } => format!("{import}.finish"),
                Message::DeliverEnd { .. } => format!("{import}.announce"),
                Message::SegmentJob(job) => format!("segment.{}", job.kind.word()),
            };
        }
        let event: Json = serde_json::from_str(body).unwrap_or_default();
        let key = event.pointer("/Records/0/s3/object/key").and_then(Json::as_str);
        match key.and_then(import_of_upload) {
            Some(id) => format!("{}.created", self.name(&id.to_string())),
            None if key.is_some_and(ObjectKey::is_sent_file) => "inbox.created".to_owned(),
            None => "noise".to_owned(),
        }
    }

    /// What an import is called in places.
    fn name(&self, id: &str) -> String {
        lock(&self.names).get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The body of an object in up to eight chunks, so that it arrives well before the function that reads it times
    /// out.
    pub(super) fn body(&self, answer: &Answer, place: &str, breaks: bool) -> SdkBody {
        let mut dice = self.schedule().dice("body", place);
        let length = answer.body.len();
        let chunk_size = dice.random_range(length.div_ceil(8).max(1)..=length.max(1));
        let pause = Duration::from_millis(dice.random_range(1..150));
        let breaks_at = breaks.then(|| dice.random_range(0..=length));
        SdkBody::from_body_1_x(ChunkedBody::new(answer.body.clone(), chunk_size, pause, breaks_at))
    }
}

/// The clock of a run, for SDK clients and functions.
#[derive(Debug)]
pub(super) struct SimulatedTime(pub Arc<World>);

impl TimeSource for SimulatedTime {
    fn now(&self) -> SystemTime {
        let epoch = EPOCH.saturating_add_signed(Invocation::current_clock_offset());
        let elapsed = self.0.elapsed();
        let is_set_back = self.0.clocks_set_back.is_some_and(|moment| elapsed >= moment);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(epoch) + elapsed;
        if is_set_back { now - SET_BACK } else { now }
    }
}

/// The body of a request as text.
fn text(request: &HttpRequest) -> &str {
    std::str::from_utf8(request.body().bytes().unwrap_or_default()).unwrap_or_default()
}

/// The index that a query asks.
fn index_of(query: &str) -> Option<&str> {
    query.split_once("\"IndexName\":\"")?.1.split('"').next()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The import whose upload a key is, if it is an upload.
fn import_of_upload(key: &str) -> Option<ImportId> {
    match ObjectKey::parse(key)? {
        ObjectKey::Upload { import, .. } => Some(import),
        _ => None,
    }
}
