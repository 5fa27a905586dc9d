//! One run: Muster's functions driven as Lambda drives them, and clients that launch, cancel and retry.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;
use futures::StreamExt as _;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use lambda_runtime::{Context, LambdaEvent};
use local::stack::functions::handler;
use local::stack::resources::{Definition, Mapping};
use local::stack::{Functions, Options};
use serde_json::{Value as Json, json};
use shared::store::Resources;
use shared::store::tasks::Tasks;
use shared::task::TaskId;
use splitter::Splitter;
use tokio::time::Instant;
use upload::Upload;

use super::case::{BadEnd, Case, Import, Story};
use super::port::{Invocation, Port};
use super::queues::Message;
use super::schedule::Fault;
use super::world::{BUCKET, STACK, SimulatedTime, World};

/// Receives of a message during which things go wrong; then it is spared, so that faults alone bring none to its end.
const FAULTY_RECEIVES: u32 = 3;
/// Receives after which a message goes to the dead letters, as in the template.
const MOST_RECEIVES: u32 = 5;
/// How long a run may last, in its own time.
const LONGEST: Duration = Duration::from_secs(3 * 86_400);
/// How often the sweep comes, as in the template.
const SWEEP_EVERY: Duration = Duration::from_secs(300);

thread_local! {
    /// The random bits of task ids: counted.
    static DRAWN: std::cell::Cell<u128> = const { std::cell::Cell::new(0) };
}

/// What one run's clients have seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The ids of the imports, in the order of the case.
    pub ids: BTreeMap<usize, TaskId>,
    /// Those that were cancelled before they were retried.
    pub cancelled: Vec<usize>,
    /// Those of which there was nothing to retry.
    pub not_retried: Vec<usize>,
}

/// A world in which everything came to its end.
#[derive(Debug)]
pub(super) struct Ended {
    /// The world.
    pub world: Arc<World>,
    /// How clients that meet no fault reach it.
    pub sdk: SdkConfig,
    /// How everything is named in it.
    pub resources: Resources,
    /// What its clients have seen.
    pub seen: Seen,
    /// Invocations until then.
    pub invocations: u64,
}

/// What a future of a run came to.
enum Done {
    /// A function worked messages off; those that failed come again.
    Worked {
        mapping: usize,
        queue: String,
        messages: Vec<Message>,
        failed: Option<HashSet<String>>,
    },
    Swept,
    Client(usize, anyhow::Result<Seen>),
}

struct Run<'a> {
    case: &'a Case,
    world: Arc<World>,
    sdk: SdkConfig,
    functions: Functions,
    definition: Definition,
    deliveries: std::cell::RefCell<BTreeMap<String, u32>>,
    invocations: AtomicU64,
    poisoned: std::cell::Cell<bool>,
}

/// Runs a case to its end. Must be called where tokio's time stands still, on one thread.
///
/// # Errors
/// When it does not come to an end, or a client does not get its answer.
pub(super) async fn run(case: &Case, world: Arc<World>) -> anyhow::Result<Ended> {
    fastrand::seed(case.seed);
    DRAWN.set(u128::from(case.seed) << 32);
    let mut definition = local::stack::template::definition(STACK)?;
    for mapping in &mut definition.mappings {
        if mapping.function == "row-processor" {
            (mapping.concurrency, mapping.batch_size) =
                (u32::try_from(case.row_processors.0).ok(), u32::try_from(case.row_processors.1)?);
        }
    }
    let sdk = sdk(&world);
    let resources = resources();
    let functions = functions(case, &sdk, &resources);
    let run = Run {
        case,
        world,
        sdk,
        functions,
        definition,
        deliveries: std::cell::RefCell::default(),
        invocations: AtomicU64::new(0),
        poisoned: std::cell::Cell::new(true),
    };
    let seen = tokio::time::timeout(LONGEST, run.drive()).await.context("the run never ends")??;
    let invocations = run.invocations.load(Ordering::Relaxed);
    Ok(Ended { world: run.world, sdk: run.sdk, resources, seen, invocations })
}

fn sdk(world: &Arc<World>) -> SdkConfig {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // The SDK shares what is left of its retries among the clients of a service and region: each run has its own.
    let region = format!("sim-{}", RUNS.fetch_add(1, Ordering::Relaxed));
    let credentials = Credentials::new("sim", "sim", None, None, "sim");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url("http://sim")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SimulatedTime(Arc::clone(world))))
        .http_client(Port(Arc::clone(world)))
        .build()
}

fn resources() -> Resources {
    let table = |name: &str| format!("{STACK}-{name}");
    let queue = |name: &str| format!("http://sim/queue/{STACK}-{name}");
    Resources {
        bucket: BUCKET.to_owned(),
        tasks_table: table("tasks"),
        customers_table: table("customers"),
        identities_table: table("identities"),
        segments_table: table("segments"),
        split_queue_url: queue("split"),
        rows_queue_url: queue("rows"),
        finish_queue_url: queue("finish"),
        public_url: "http://sim".to_owned(),
        access: shared::access::Access::Iam,
        announcements: shared::store::Announcements { event_bus: Some("default".to_owned()), webhook: None },
    }
}

fn functions(case: &Case, sdk: &SdkConfig, resources: &Resources) -> Functions {
    let drawn = || {
        DRAWN.set(DRAWN.get() + 1);
        DRAWN.get()
    };
    let upload = Arc::new(Upload::new(sdk, resources).drawing_from(drawn));
    let splitter =
        Arc::new(Splitter::new(sdk, resources).with_batches_of(case.batch_rows).with_parts_of(case.part_bytes));
    Functions {
        upload: handler(move |event| {
            let upload = Arc::clone(&upload);
            async move { upload.handle(event).await }
        }),
        splitter: handler(move |event| {
            let splitter = Arc::clone(&splitter);
            async move { splitter.handle(event).await }
        }),
        ..Functions::of_muster(sdk, resources, &Options { max_receives: MOST_RECEIVES, ..Options::new("") })
    }
}

impl<'a> Run<'a> {
    async fn drive(&'a self) -> anyhow::Result<Seen> {
        let mut running: FuturesUnordered<LocalBoxFuture<'a, Done>> = FuturesUnordered::new();
        let mut clients = 0;
        let mut seen = Seen::default();
        let mut busy = vec![0_u32; self.definition.mappings.len()];
        let mut next_sweep = Instant::now() + SWEEP_EVERY;
        let mut sweeps = 0;
        // Imports that begin after one another are one client's.
        for (index, import) in
            self.case.imports.iter().enumerate().filter(|(index, import)| *index == 0 || !import.after)
        {
            clients += 1;
            running.push(Box::pin(async move { Done::Client(index, self.client(index, import).await) }));
        }
        loop {
            for (index, mapping) in self.definition.mappings.iter().enumerate() {
                while busy[index] < mapping.concurrency.unwrap_or(5) {
                    let most = usize::try_from(mapping.batch_size)?;
                    let messages = self.world.queues().receive(&mapping.queue, most, Instant::now());
                    if messages.is_empty() {
                        break;
                    }
                    busy[index] += 1;
                    self.deliver(&mut running, index, mapping, messages, &mut busy);
                }
            }
            let idle = running.is_empty() && self.world.queues().are_empty(|queue| self.is_read(queue));
            if idle && clients == 0 && self.all_ended(&seen).await? {
                return Ok(seen);
            }
            if self.invocations.load(Ordering::Relaxed) > 60_000 {
                bail!("60,000 invocations, and no end");
            }
            let free = self
                .definition
                .mappings
                .iter()
                .enumerate()
                .filter(|(index, mapping)| busy[*index] < mapping.concurrency.unwrap_or(5));
            let next = free.filter_map(|(_, mapping)| self.world.queues().next(&mapping.queue)).min();
            let wake = next.map_or(next_sweep, |next| next.min(next_sweep));
            tokio::select! {
                biased;
                Some(done) = running.next() => match done {
                    Done::Client(index, result) => {
                        clients -= 1;
                        let result = result.with_context(|| format!("the client of t{index}"))?;
                        seen.ids.extend(result.ids);
                        seen.cancelled.extend(result.cancelled);
                        seen.not_retried.extend(result.not_retried);
                    }
                    Done::Worked { mapping, queue, messages, failed } => {
                        busy[mapping] -= 1;
                        if let Some(failed) = failed {
                            let mut queues = self.world.queues();
                            for message in messages.iter().filter(|message| !failed.contains(&message.id)) {
                                queues.delete(&queue, &message.id);
                            }
                        }
                    }
                    Done::Swept => {}
                },
                () = self.world.sent.notified() => {}
                () = tokio::time::sleep_until(wake) => if wake == next_sweep {
                    next_sweep += SWEEP_EVERY;
                    sweeps += 1;
                    running.push(Box::pin(async move { self.sweep(sweeps).await; Done::Swept }));
                },
            }
        }
    }

    fn is_read(&self, queue: &str) -> bool {
        self.definition.mappings.iter().any(|mapping| mapping.queue == queue)
    }

    async fn all_ended(&self, seen: &Seen) -> anyhow::Result<bool> {
        let tasks = Tasks::new(&self.sdk, &resources());
        for id in seen.ids.values() {
            let task = tasks.task(*id).await?.context("a task is gone")?;
            // Every end must be told as well.
            if !task.state.is_ended() || task.announce_at.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Delivers messages: once, twice beside each other, or late.
    fn deliver(
        &'a self,
        running: &mut FuturesUnordered<LocalBoxFuture<'a, Done>>,
        index: usize,
        mapping: &'a Mapping,
        messages: Vec<Message>,
        busy: &mut [u32],
    ) {
        let label = messages.iter().map(|message| message.label.as_str()).collect::<Vec<_>>().join("+");
        let spared = messages.iter().any(|message| message.receives > FAULTY_RECEIVES);
        let place = self.place(&mapping.function, &label);
        let fault = self.world.schedule().at_delivery(&place, spared);
        let late = match fault {
            Some(Fault::Late) => self.world.wait("late", &place, self.timeout(&mapping.function) * 8),
            _ => Duration::ZERO,
        };
        if fault == Some(Fault::Duplicate) {
            let soon = self.world.wait("duplicate", &place, Duration::from_millis(600));
            let (place, messages) = (self.place(&mapping.function, &label), messages.clone());
            busy[index] += 1;
            running.push(Box::pin(self.work(index, mapping, place, messages, spared, soon)));
        }
        running.push(Box::pin(self.work(index, mapping, place, messages, spared, late)));
    }

    /// The place of the next delivery of this to a function.
    fn place(&self, function: &str, label: &str) -> String {
        let mut deliveries = self.deliveries.borrow_mut();
        let count = deliveries.entry(format!("{function}/{label}")).or_default();
        *count += 1;
        format!("{function}/{label}/{count}")
    }

    fn timeout(&self, function: &str) -> Duration {
        match function {
            "splitter" => self.case.splitter_timeout,
            "row-processor" => Duration::from_secs(60),
            "finisher" => Duration::from_secs(300),
            _ => Duration::from_secs(10),
        }
    }

    async fn work(
        &'a self,
        index: usize,
        mapping: &'a Mapping,
        place: String,
        messages: Vec<Message>,
        spared: bool,
        wait: Duration,
    ) -> Done {
        tokio::time::sleep(wait).await;
        let event = event(&messages);
        let (function, handler) = self.functions.of_queue(&mapping.function).expect("every mapping has a function");
        let dies = match self.case.story {
            Story::Poison | Story::Retried => {
                self.poisoned.get() && function == "row-processor" && place.contains("/t0.batch1/")
            }
            Story::BadEnd(BadEnd::DeadSplitter) => function == "splitter",
            _ => false,
        };
        let answer = match dies {
            true => None,
            false => self.invoke(function, place, spared, |context| handler(LambdaEvent::new(event, context))).await,
        };
        let failed = answer.map(|answer: SqsBatchResponse| {
            answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
        });
        Done::Worked { mapping: index, queue: mapping.queue.clone(), messages, failed }
    }

    async fn sweep(&self, number: u32) {
        let event = json!({ "source": "muster.sweep", "stalled_seconds": 600 });
        let finisher = Arc::clone(&self.functions.finisher);
        let place = format!("finisher/sweep/{number}");
        self.invoke("finisher", place, false, |context| finisher(LambdaEvent::new(event, context))).await;
    }

    /// Invokes a function; none if it died, was too slow or failed.
    async fn invoke<T, F: Future<Output = Result<T, lambda_runtime::Error>>>(
        &self,
        function: &str,
        place: String,
        spared: bool,
        call: impl FnOnce(Context) -> F,
    ) -> Option<T> {
        let number = self.invocations.fetch_add(1, Ordering::Relaxed);
        let timeout = self.timeout(function);
        let mut context = Context::default();
        context.request_id = format!("request-{number}");
        let now = shared::clock::Clock::of(&self.sdk).now();
        context.deadline = u64::try_from((now + timeout).as_millisecond()).unwrap_or(0);
        let invocation = Invocation::new(function, place, spared, timeout);
        invocation.run(call(context)).await?.ok()
    }

    /// What the client of an import does, and of those that come after it.
    async fn client(&self, index: usize, import: &Import) -> anyhow::Result<Seen> {
        let mut seen = Seen::default();
        self.import(index, import, &mut seen).await?;
        for (later, next) in self.case.imports.iter().enumerate().skip(index + 1).take_while(|(_, next)| next.after) {
            self.until_ended(seen.ids[&(later - 1)]).await?;
            self.import(later, next, &mut seen).await?;
        }
        Ok(seen)
    }

    async fn import(&self, index: usize, import: &Import, seen: &mut Seen) -> anyhow::Result<()> {
        tokio::time::sleep(import.wait).await;
        let launched = self.request("upload", &format!("t{index}.launch"), "/imports", &import.request).await?;
        let id: TaskId = launched.1["id"].as_str().with_context(|| format!("refused: {launched:?}"))?.parse()?;
        seen.ids.insert(index, id);
        self.world.name_task(&id.to_string(), &format!("t{index}"));
        let task = Tasks::new(&self.sdk, &resources()).task(id).await?.context("no task")?;
        match self.case.story {
            Story::BadEnd(BadEnd::NeverUploaded) => return Ok(()),
            Story::BadEnd(BadEnd::Denied) => self.world.objects().denied = true,
            _ => {}
        }
        self.world.upload(&task.object_key, &import.file);
        if let Some((when, other)) = &import.overwrite {
            tokio::time::sleep(*when).await;
            self.world.upload(&task.object_key, other);
        }
        if self.case.story == Story::Retried {
            self.until_ended(id).await?;
            self.poisoned.set(false);
            let retry = format!("/imports/{id}/retry");
            let retried = self.request("status", &format!("t{index}.retry"), &retry, &Json::Null).await?;
            if retried.0 != 202 {
                seen.not_retried.push(index);
            }
        }
        if let Some(when) = import.cancel {
            tokio::time::sleep(when).await;
            let cancelled = self
                .request("status", &format!("t{index}.cancel"), &format!("/imports/{id}/cancel"), &Json::Null)
                .await?;
            if cancelled.0 == 200 {
                seen.cancelled.push(index);
                tokio::time::sleep(when * 2).await;
                let retry = format!("/imports/{id}/retry");
                let retried = self.request("status", &format!("t{index}.retry"), &retry, &Json::Null).await?;
                if retried.0 != 202 {
                    seen.not_retried.push(index);
                }
            }
        }
        Ok(())
    }

    async fn until_ended(&self, id: TaskId) -> anyhow::Result<()> {
        let tasks = Tasks::new(&self.sdk, &resources());
        while !tasks.task(id).await?.context("no task")?.state.is_ended() {
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        Ok(())
    }

    /// The answer to a request, which a patient client makes again until it has one.
    async fn request(&self, function: &str, label: &str, path: &str, body: &Json) -> anyhow::Result<(i64, Json)> {
        for attempt in 0..8 {
            let mut request = LambdaFunctionUrlRequest::default();
            request.raw_path = Some(path.to_owned());
            request.request_context.http.method = Some("POST".to_owned());
            request.headers.insert("idempotency-key", label.parse()?);
            request.body = (!body.is_null()).then(|| body.to_string());
            let handler = if function == "upload" { &self.functions.upload } else { &self.functions.status };
            let place = self.place(function, label);
            let answer = self
                .invoke(function, place, attempt >= FAULTY_RECEIVES, |context| {
                    handler(LambdaEvent::new(request, context))
                })
                .await;
            if let Some(answer) = answer.filter(|answer| answer.status_code < 500) {
                let body = answer.body.as_deref().map(serde_json::from_str).transpose()?;
                return Ok((answer.status_code, body.unwrap_or_default()));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        bail!("{label}: no answer, however often it was asked")
    }
}

fn event(messages: &[Message]) -> SqsEvent {
    let record = |message: &Message| {
        let mut record = SqsMessage::default();
        record.message_id = Some(message.id.clone());
        record.body = Some(message.body.clone());
        record.attributes.insert("ApproximateReceiveCount".to_owned(), message.receives.to_string());
        record
    };
    let mut event = SqsEvent::default();
    event.records = messages.iter().map(record).collect();
    event
}
