//! The outside of a run: services, time and the schedule, with no clock and no chance but the seed's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use local::stack::operation::{Operation, Service};
use rand::Rng as _;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::objects::{Answer, Objects};
use super::port::{Invocation, Pieces};
use super::queues::Queues;
use super::schedule::{Fault, Schedule};
use super::tables::Tables;

/// The name of the simulated deployment.
pub(super) const STACK: &str = "sim";
/// The bucket of the simulated deployment.
pub(super) const BUCKET: &str = "files";
/// When every run begins: 2026-01-01, in seconds.
const EPOCH: u64 = 1_767_225_600;
/// How long a call is under way at most, there or back.
const WAY: Duration = Duration::from_millis(12);

/// Services, time and the schedule.
#[derive(Debug)]
pub(super) struct World {
    tables: Tables,
    objects: Mutex<Objects>,
    queues: Mutex<Queues>,
    schedule: Mutex<Schedule>,
    names: Mutex<BTreeMap<String, String>>,
    /// The details of the events on the bus.
    events: Mutex<Vec<Json>>,
    /// Told whenever a message is sent.
    pub sent: Notify,
    began: Instant,
}

impl World {
    /// An empty world in which this schedule holds. Must be made where tokio's time stands still.
    ///
    /// # Errors
    /// When a table cannot be created.
    pub(super) fn new(schedule: Schedule) -> anyhow::Result<Arc<Self>> {
        let definition = local::stack::template::definition(STACK)?;
        Ok(Arc::new(Self {
            tables: Tables::new(&definition.tables)?,
            objects: Mutex::default(),
            queues: Mutex::new(Queues::new(&definition)),
            schedule: Mutex::new(schedule),
            names: Mutex::default(),
            events: Mutex::default(),
            sent: Notify::new(),
            began: Instant::now(),
        }))
    }

    /// The bucket.
    pub(super) fn objects(&self) -> MutexGuard<'_, Objects> {
        lock(&self.objects)
    }

    /// The queues.
    pub(super) fn queues(&self) -> MutexGuard<'_, Queues> {
        lock(&self.queues)
    }

    /// The schedule.
    pub(super) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        lock(&self.schedule)
    }

    /// A duration below `longest`, for a purpose at a place.
    pub(super) fn wait(&self, purpose: &str, place: &str, longest: Duration) -> Duration {
        self.schedule().wait(purpose, place, longest)
    }

    /// How long the run has lasted.
    pub(super) fn elapsed(&self) -> Duration {
        Instant::now() - self.began
    }

    /// Gives a task the name that places have of it.
    pub(super) fn name_task(&self, id: &str, name: &str) {
        lock(&self.names).insert(id.to_owned(), name.to_owned());
    }

    /// What a call meets, and how long it is under way.
    pub(super) fn meets(
        &self,
        invocation: &Invocation,
        place: &str,
        operation: &Operation,
    ) -> (Option<Fault>, Duration) {
        let mut schedule = self.schedule();
        let fault = schedule.at_call(&invocation.function, place, &operation.name, invocation.spared);
        (fault, schedule.wait("way", place, WAY))
    }

    /// The effect of a call, and its answer.
    pub(super) fn answer(&self, request: &HttpRequest, operation: &Operation, partly: bool) -> Answer {
        let name = operation.name.split_once('.').map_or("", |(_, name)| name);
        let body = || std::str::from_utf8(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        match operation.service {
            Service::Tables => {
                let (status, answer) = self.tables.answer(name, body(), partly);
                Answer::new(status, answer)
            }
            Service::Queues => {
                let (status, answer) = Queues::answer(name, body(), partly, |queue, body| self.send(queue, body));
                Answer::new(status, answer)
            }
            Service::Events => {
                let put: Json = serde_json::from_str(body()).unwrap_or_default();
                let details =
                    put["Entries"].as_array().into_iter().flatten().filter_map(|event| event["Detail"].as_str());
                lock(&self.events).extend(details.filter_map(|detail| serde_json::from_str(detail).ok()));
                Answer::new(200, r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#)
            }
            // Access is by IAM in a run, and there is no webhook.
            Service::Parameters => Answer::new(400, r#"{"__type":"ParameterNotFound"}"#),
            Service::Objects => {
                let (answer, created) = self.objects().answer(request);
                if let Some(key) = created {
                    self.created(&key);
                }
                answer
            }
        }
    }

    /// Whether an event told of this end of a task, in this state.
    pub(super) fn was_told(&self, task: &str, ended_at: &str, state: &str) -> bool {
        lock(&self.events)
            .iter()
            .any(|event| event["id"] == task && event["ended_at"] == ended_at && event["state"] == state)
    }

    /// Puts an object from outside, as a client does with a presigned URL.
    pub(super) fn upload(&self, key: &str, bytes: &[u8]) {
        self.objects().put(key, bytes.to_vec());
        self.created(key);
    }

    fn created(&self, key: &str) {
        if key.starts_with("uploads/") {
            let event = json!({ "Records": [{
                "eventName": "ObjectCreated:Put",
                "s3": { "bucket": { "name": BUCKET }, "object": { "key": key } },
            }] });
            self.send(&format!("{STACK}-split"), event.to_string());
        }
    }

    fn send(&self, queue: &str, body: String) -> String {
        let label = self.label(&body);
        let late = self.wait("send", &format!("{queue}/{label}"), Duration::from_millis(60));
        let id = self.queues().send(queue, label, body, Instant::now() + late);
        self.sent.notify_one();
        id
    }

    /// What a message is about, in words that are the same in each run of the seed.
    fn label(&self, body: &str) -> String {
        let Ok(body) = serde_json::from_str::<Json>(body) else { return "noise".to_owned() };
        let named = |id: &Json| {
            let id = id.as_str().unwrap_or_default();
            lock(&self.names).get(id).cloned().unwrap_or_else(|| id.to_owned())
        };
        let created = body.pointer("/Records/0/s3/object/key").and_then(Json::as_str);
        if let Some(key) = created {
            let id = key.split('/').nth(1).unwrap_or_default();
            return format!("{}.created", named(&id.into()));
        }
        if let id @ Json::String(_) = &body["announce"] {
            return format!("{}.announce", named(id));
        }
        match (&body["continue"], &body["finish"], &body["task"]) {
            (id @ Json::String(_), _, _) if body["part"].is_u64() => format!("{}.part{}", named(id), body["part"]),
            (id @ Json::String(_), _, _) => format!("{}.continue", named(id)),
            (_, id @ Json::String(_), _) => format!("{}.finish", named(id)),
            (_, _, id @ Json::String(_)) => format!("{}.batch{}", named(id), body["batch"]),
            _ => "noise".to_owned(),
        }
    }

    /// The body of an object in up to eight pieces: it is there well within the time of the function that reads it.
    pub(super) fn body(&self, answer: &Answer, place: &str, breaks: bool) -> SdkBody {
        let mut dice = self.schedule().dice("body", place);
        let length = answer.body.len();
        let size = dice.random_range(length.div_ceil(8).max(1)..=length.max(1));
        let every = Duration::from_millis(dice.random_range(1..150));
        let breaks_at = breaks.then(|| dice.random_range(0..=length));
        SdkBody::from_body_1_x(Pieces::new(answer.body.clone(), size, every, breaks_at))
    }
}

/// The run's clock for SDK clients and functions.
#[derive(Debug)]
pub(super) struct SimulatedTime(pub Arc<World>);

impl TimeSource for SimulatedTime {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH) + self.0.elapsed()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
