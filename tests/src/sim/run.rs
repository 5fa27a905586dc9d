//! One run: invokes Muster's functions as Lambda does, until every import has ended.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::StreamExt as _;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use jiff::SignedDuration;
use lambda_runtime::{Context, LambdaEvent};
use rand::Rng as _;
use serde_json::json;
use stack::Functions;
use stack::resources::{Mapping, ResourceDefinitions};
use stores::clock::Clock;
use stores::imports::Imports;
use tokio::time::Instant;

use super::calls::Invocation;
use super::case::{BadEnd, Case, Story};
use super::clients::{ClientLog, Launches};
use super::deployment::{definitions, functions, resources, sdk, seed_randomness};
use super::queues::Message;
use super::schedule::Fault;
use super::world::World;

/// Receives of a message that drawn faults may strike. It is spared from then on, so that faults alone never send a
/// message to the dead letters.
pub(super) const FAULTY_RECEIVES: u32 = 3;
/// How long a run may take, in its own time, for each of its imports: with many faults, one that follows another begins days
/// later.
const MAX_DURATION: Duration = Duration::from_secs(3 * 86_400);
/// Invocations after which a run is taken for endless.
const MAX_INVOCATIONS: u64 = 60_000;
/// How often the sweep runs, as in the template.
const SWEEP_INTERVAL: Duration = Duration::from_secs(300);
/// How far the clock of an invocation is ahead or behind at most, in seconds.
const MAX_CLOCK_OFFSET: i64 = 300;
/// Invocations of a function that may run at the same time, if its mapping sets no limit.
const DEFAULT_CONCURRENCY: u32 = 5;

/// A run in which every import has ended.
#[derive(Debug)]
pub(super) struct FinishedRun {
    /// The services.
    pub world: Arc<World>,
    /// The SDK configuration that reaches them.
    pub sdk: SdkConfig,
    /// What its clients did and saw.
    pub log: ClientLog,
    /// How often functions were invoked.
    pub invocations: u64,
    pub unended: u64,
}

/// Something in a run that has come to its end.
enum Completed {
    /// An invocation for messages.
    Delivery {
        mapping: usize,
        queue: String,
        messages: Vec<Message>,
        /// The messages that failed and will be delivered again; without a list, that is all of them.
        failed: Option<HashSet<String>>,
    },
    Sweep,
    Client(String, anyhow::Result<ClientLog>),
}

type Running<'a> = FuturesUnordered<LocalBoxFuture<'a, Completed>>;

pub(super) struct Run<'a> {
    pub(super) case: &'a Case,
    pub(super) world: Arc<World>,
    pub(super) sdk: SdkConfig,
    pub(super) functions: Functions,
    /// Whether one batch kills every row-processor that receives it.
    pub(super) is_poisoned: Cell<bool>,
    definitions: ResourceDefinitions,
    /// Deliveries so far, by function and messages.
    deliveries: RefCell<BTreeMap<String, u32>>,
    invocations: AtomicU64,
    /// Invocations that were killed, or had no time left.
    unended: AtomicU64,
    /// The imports whose launch was requested, and those whose launch was answered.
    pub(super) launches: RefCell<Launches>,
}

/// Runs a case to its end. Must be called on the only thread of a runtime whose time is paused.
///
/// # Errors
/// When an import does not end, or a client gets no answer.
pub(super) async fn run(case: &Case, world: Arc<World>) -> anyhow::Result<FinishedRun> {
    let sdk = sdk(&world);
    let functions = functions(case, &sdk)?;
    // Each SDK client draws a number when it is made. How many clients there are must not change the course of a seed.
    seed_randomness(case.seed);
    let run = Run {
        case,
        world,
        functions,
        sdk,
        is_poisoned: Cell::new(matches!(case.story, Story::Poison | Story::Retried)),
        definitions: definitions(case)?,
        deliveries: RefCell::default(),
        invocations: AtomicU64::new(0),
        unended: AtomicU64::new(0),
        launches: RefCell::default(),
    };
    run.world.refuse_row(case.failing_row);
    let log = tokio::time::timeout(MAX_DURATION * u32::try_from(case.imports.len())?, run.drive())
        .await
        .context("the run never ends")??;
    let (invocations, unended) = (run.invocations.load(Ordering::Relaxed), run.unended.load(Ordering::Relaxed));
    Ok(FinishedRun { world: run.world, sdk: run.sdk, log, invocations, unended })
}

impl<'a> Run<'a> {
    async fn drive(&'a self) -> anyhow::Result<ClientLog> {
        let mut running = Running::new();
        let mut clients = 0;
        let mut log = ClientLog::default();
        let mut busy = vec![0_u32; self.definitions.mappings.len()];
        let mut next_sweep = Instant::now() + SWEEP_INTERVAL;
        let mut sweeps = 0;
        // An import that waits for the one before it is launched by the same client.
        let first_ones =
            |(index, import): &(usize, &super::case::CaseImport)| *index == 0 || !import.waits_for_previous;
        for (index, import) in self.case.imports.iter().enumerate().filter(first_ones) {
            clients += 1;
            let name = format!("the client of t{index}");
            running.push(Box::pin(async move { Completed::Client(name, self.client(index, import).await) }));
        }
        if !self.case.erasures.is_empty() {
            clients += 1;
            let name = "the client who erases".to_owned();
            running.push(Box::pin(async move { Completed::Client(name, self.erase_customers().await) }));
        }
        loop {
            for (index, mapping) in self.definitions.mappings.iter().enumerate() {
                while busy[index] < concurrency(mapping) {
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
            if idle && clients == 0 && self.all_ended(&log).await? {
                return Ok(log);
            }
            if self.invocations.load(Ordering::Relaxed) > MAX_INVOCATIONS {
                bail!("{MAX_INVOCATIONS} invocations, and no end");
            }
            let mappings = self.definitions.mappings.iter().enumerate();
            let free = mappings.filter(|(index, mapping)| busy[*index] < concurrency(mapping));
            let next = free.filter_map(|(_, mapping)| self.world.queues().next_visible(&mapping.queue)).min();
            let wake = next.map_or(next_sweep, |next| next.min(next_sweep));
            tokio::select! {
                biased;
                Some(completed) = running.next() => match completed {
                    Completed::Client(name, result) => {
                        clients -= 1;
                        let result = result.context(name)?;
                        log.ids.extend(result.ids);
                        log.nothing_to_retry.extend(result.nothing_to_retry);
                        log.erasures.extend(result.erasures);
                        log.undo = log.undo.or(result.undo);
                    }
                    Completed::Delivery { mapping, queue, messages, failed } => {
                        busy[mapping] -= 1;
                        if let Some(failed) = failed {
                            let mut queues = self.world.queues();
                            for message in messages.iter().filter(|message| !failed.contains(&message.id)) {
                                queues.delete(&queue, &message.id);
                            }
                        }
                    }
                    Completed::Sweep => {}
                },
                () = self.world.sent.notified() => {}
                () = tokio::time::sleep_until(wake) => if wake == next_sweep {
                    next_sweep += SWEEP_INTERVAL;
                    sweeps += 1;
                    running.push(Box::pin(async move { self.sweep(sweeps).await; Completed::Sweep }));
                },
            }
        }
    }

    fn is_read(&self, queue: &str) -> bool {
        self.definitions.mappings.iter().any(|mapping| mapping.queue == queue)
    }

    /// Whether every import has ended and its end is delivered, and every erasure has ended.
    async fn all_ended(&self, log: &ClientLog) -> anyhow::Result<bool> {
        let imports = Imports::new(&self.sdk, &resources());
        for id in log.ids.values().chain(&log.undo) {
            let import = imports.get(*id).await?.context("an import is gone")?;
            if import.ended_at.is_none() || import.delivery_due.is_some() {
                return Ok(false);
            }
        }
        Ok(imports.erasures().list(1, None).await?.is_empty())
    }

    /// Delivers messages: once, late, or twice at nearly the same time.
    fn deliver(
        &'a self,
        running: &mut Running<'a>,
        index: usize,
        mapping: &'a Mapping,
        messages: Vec<Message>,
        busy: &mut [u32],
    ) {
        let label = messages.iter().map(|message| message.label.as_str()).collect::<Vec<_>>().join("+");
        let spared = messages.iter().any(|message| message.receives > FAULTY_RECEIVES);
        let place = self.place(&mapping.function, &label);
        let fault = self.world.schedule().fault_at_delivery(&place, spared);
        let delay = match fault {
            Some(Fault::Late) => self.world.wait("late", &place, self.timeout(&mapping.function) * 8),
            _ => Duration::ZERO,
        };
        if fault == Some(Fault::Duplicate) {
            let soon = self.world.wait("duplicate", &place, Duration::from_millis(600));
            let (place, messages) = (self.place(&mapping.function, &label), messages.clone());
            busy[index] += 1;
            running.push(Box::pin(self.handle(index, mapping, place, messages, spared, soon)));
        }
        running.push(Box::pin(self.handle(index, mapping, place, messages, spared, delay)));
    }

    /// The place of a function's next invocation for these messages or this request.
    pub(super) fn place(&self, function: &str, label: &str) -> String {
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

    /// Waits, and has a function handle messages.
    async fn handle(
        &'a self,
        index: usize,
        mapping: &'a Mapping,
        place: String,
        messages: Vec<Message>,
        spared: bool,
        delay: Duration,
    ) -> Completed {
        tokio::time::sleep(delay).await;
        let event = event(&mapping.queue, &messages);
        let function = mapping.function.as_str();
        let handler = self.functions.message_handler(function).expect("every mapping has a function");
        let dies = match self.case.story {
            Story::BadEnd(BadEnd::DeadSplitter) => function == "splitter",
            _ => self.is_poisoned.get() && function == "row-processor" && place.contains("/t0.batch1/"),
        };
        let answer = match dies {
            true => None,
            false => self.invoke(function, place, spared, |context| handler(LambdaEvent::new(event, context))).await,
        };
        let failed = answer.map(|answer: SqsBatchResponse| {
            answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
        });
        Completed::Delivery { mapping: index, queue: mapping.queue.clone(), messages, failed }
    }

    async fn sweep(&self, number: u32) {
        let event = json!({ "source": "muster.sweep", "stalled_seconds": 600 });
        let finisher = Arc::clone(&self.functions.finisher);
        let place = format!("finisher/sweep/{number}");
        self.invoke("finisher", place, false, |context| finisher(LambdaEvent::new(event, context))).await;
    }

    /// How far the clock of an invocation is ahead, in seconds.
    fn clock_offset(&self, place: &str) -> i64 {
        let mut schedule = self.world.schedule();
        if schedule.has_wrong_clock(place) {
            schedule.dice("clock", place).random_range(-MAX_CLOCK_OFFSET..=MAX_CLOCK_OFFSET)
        } else {
            0
        }
    }

    /// Invokes a function. Returns nothing when it dies, times out or fails.
    pub(super) async fn invoke<T, F: Future<Output = Result<T, lambda_runtime::Error>>>(
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
        let clock_offset = self.clock_offset(&format!("{place}~clock"));
        let now = Clock::from_sdk(&self.sdk).now() + SignedDuration::from_secs(clock_offset);
        context.deadline = u64::try_from((now + timeout).as_millisecond()).unwrap_or(0);
        let invocation = Invocation::new(function, place, spared, timeout, clock_offset);
        let ended = invocation.run(call(context)).await;
        self.unended.fetch_add(u64::from(ended.is_none()), Ordering::Relaxed);
        ended?.ok()
    }
}

fn concurrency(mapping: &Mapping) -> u32 {
    mapping.concurrency.unwrap_or(DEFAULT_CONCURRENCY)
}

/// The event with which Lambda hands messages to a function.
fn event(queue: &str, messages: &[Message]) -> SqsEvent {
    let record = |message: &Message| {
        let mut record = SqsMessage::default();
        record.message_id = Some(message.id.clone());
        record.receipt_handle = Some(message.receipt());
        record.event_source_arn = Some(format!("arn:aws:sqs:us-east-1:123456789012:{queue}"));
        record.body = Some(message.body.clone());
        record.attributes.insert("ApproximateReceiveCount".to_owned(), message.receives.to_string());
        record
    };
    let mut event = SqsEvent::default();
    event.records = messages.iter().map(record).collect();
    event
}
