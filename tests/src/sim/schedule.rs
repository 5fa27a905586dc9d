//! What goes wrong in a run, and where: drawn from the seed, or listed to replay a run.
//!
//! A place is a call or a delivery. `row-processor/t0.batch3/1#5` is the fifth call that the row-processor makes when
//! batch 3 of the first import is delivered for the first time. Chance is a function of the seed and the place, so
//! leaving out one fault changes no other draw, and renaming a place changes the course of every seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Something that goes wrong at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The function dies, and the service never sees its call.
    KillBefore,
    /// The function dies, and its call takes effect up to two seconds later.
    KillAfter,
    /// The service refuses the call as one too many.
    Throttle,
    /// The call fails and has no effect.
    ErrorBefore,
    /// The call takes effect, and its answer is a failure.
    ErrorAfter,
    /// The call takes effect, and its answer never arrives: the connection breaks.
    AnswerLost,
    /// The service does half of what a batch call asks for, and its answer says so.
    Partial,
    /// The call takes effect, and its answer takes up to twice as long as the function may run.
    Slow,
    /// The body of an object breaks off.
    BrokenBody,
    /// The messages are delivered a second time, while the first delivery is handled.
    Duplicate,
    /// The messages arrive late: after up to eight times as long as the function may run.
    Late,
    /// A write is refused, or some statements of a batch are, because another write of the item is under way.
    Conflict,
    /// An index answers a query from what its table held some seconds ago, a minute at most.
    LaggingIndex,
    /// A partition that the call touches refuses every call for some seconds: longer than the SDK tries again.
    HotPartition,
    /// The body of an object breaks off, and so do the next ones when it is asked for again.
    BreakingBody,
    /// The clock of an invocation is up to five minutes ahead or behind.
    Clock,
}

/// The calls that write an item or a few and can meet another write.
const WRITES_OF_ITEMS: [&str; 5] = [
    "dynamodb.UpdateItem",
    "dynamodb.PutItem",
    "dynamodb.DeleteItem",
    "dynamodb.TransactWriteItems",
    "dynamodb.BatchExecuteStatement",
];

/// What a query of an index is called; its index follows.
pub(super) const INDEX_QUERY: &str = "dynamodb.Query ";

impl Fault {
    /// All faults.
    pub const ALL: [Fault; 16] = [
        Fault::KillBefore,
        Fault::KillAfter,
        Fault::Throttle,
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::AnswerLost,
        Fault::Partial,
        Fault::Slow,
        Fault::BrokenBody,
        Fault::Duplicate,
        Fault::Late,
        Fault::Conflict,
        Fault::LaggingIndex,
        Fault::HotPartition,
        Fault::BreakingBody,
        Fault::Clock,
    ];

    /// Its name, as `muster-sim --faults` takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fault::KillBefore => "kill_before",
            Fault::KillAfter => "kill_after",
            Fault::Throttle => "throttle",
            Fault::ErrorBefore => "error_before",
            Fault::ErrorAfter => "error_after",
            Fault::AnswerLost => "answer_lost",
            Fault::Partial => "partial",
            Fault::Slow => "slow",
            Fault::BrokenBody => "broken_body",
            Fault::Duplicate => "duplicate",
            Fault::Late => "late",
            Fault::Conflict => "conflict",
            Fault::LaggingIndex => "lagging_index",
            Fault::HotPartition => "hot_partition",
            Fault::BreakingBody => "breaking_body",
            Fault::Clock => "clock",
        }
    }

    fn strikes_deliveries(self) -> bool {
        matches!(self, Fault::Duplicate | Fault::Late)
    }

    /// Whether it can strike a call of this operation.
    fn strikes_call(self, operation: &str) -> bool {
        match self {
            Fault::Partial => ["BatchWriteItem", "BatchGetItem", "BatchExecuteStatement", "SendMessageBatch"]
                .iter()
                .any(|name| operation.ends_with(name)),
            Fault::BrokenBody | Fault::BreakingBody => operation == "s3.GetObject",
            Fault::Conflict => WRITES_OF_ITEMS.contains(&operation),
            Fault::LaggingIndex => operation.starts_with(INDEX_QUERY),
            Fault::HotPartition => operation.starts_with("dynamodb."),
            Fault::Clock => false,
            fault => !fault.strikes_deliveries(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Faults by place.
pub type FaultList = BTreeMap<String, Fault>;

/// Reads a fault in the form in which it is printed for a replay: `PLACE=FAULT`.
///
/// # Errors
/// When the text has another form, or there is no such fault.
pub fn parse_fault(text: &str) -> anyhow::Result<(String, Fault)> {
    let (place, name) = text.rsplit_once('=').with_context(|| format!("{text}: write PLACE=FAULT"))?;
    let fault = Fault::ALL.into_iter().find(|fault| fault.as_str() == name);
    Ok((place.to_owned(), fault.with_context(|| format!("there is no fault `{name}`"))?))
}

/// Where the faults of a run come from.
#[derive(Debug, Clone)]
pub enum FaultPlan {
    /// They are drawn from the seed. Each fault has the rate, in percent, at which it strikes places.
    Drawn(BTreeMap<Fault, f64>),
    /// They are exactly these.
    Listed(FaultList),
}

impl FaultPlan {
    /// Draws which kinds of fault a run has, and their rates. With all kinds at once a function would seldom get far.
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x706c_616e);
        let often = [0.3, 1.0, 3.0, 8.0][dice.random_range(0..4)];
        let mut rates = BTreeMap::new();
        for fault in Fault::ALL {
            if dice.random_bool(0.5) {
                let rate = match fault {
                    Fault::LaggingIndex | Fault::Clock => often * 20.0,
                    // It strikes calls by the dozen.
                    Fault::HotPartition => often / 3.0,
                    fault if fault.strikes_deliveries() => often * 5.0,
                    _ => often,
                };
                rates.insert(fault, rate * dice.random_range(0.2..1.0));
            }
        }
        FaultPlan::Drawn(rates)
    }
}

/// The schedule of one run.
#[derive(Debug)]
pub struct Schedule {
    seed: u64,
    plan: FaultPlan,
    faults: FaultList,
    faults_by_call: BTreeMap<(String, String), BTreeSet<Fault>>,
    trace: u64,
}

impl Schedule {
    /// A schedule in which nothing has happened yet.
    pub fn new(seed: u64, plan: FaultPlan) -> Self {
        Self { seed, plan, faults: FaultList::new(), faults_by_call: BTreeMap::new(), trace: 0 }
    }

    /// Random numbers for a purpose at a place. They do not depend on anything that happened elsewhere.
    pub fn dice(&self, purpose: &str, place: &str) -> StdRng {
        StdRng::seed_from_u64(hash(purpose.bytes().chain(*b"/").chain(place.bytes()), self.seed))
    }

    /// The fault of a call. A spared invocation has none, unless faults are listed.
    pub fn fault_at_call(&mut self, function: &str, place: &str, operation: &str, spared: bool) -> Option<Fault> {
        self.record(place);
        self.record(operation);
        let met = self.faults_by_call.entry((function.to_owned(), operation.to_owned())).or_default();
        let fault = match &self.plan {
            FaultPlan::Listed(faults) => faults.get(place).copied(),
            FaultPlan::Drawn(_) if spared => None,
            FaultPlan::Drawn(rates) => {
                let mut dice = StdRng::seed_from_u64(hash(place.bytes(), self.seed));
                draw(rates, &mut dice, |fault| fault.strikes_call(operation))
            }
        };
        if let Some(fault) = fault {
            met.insert(fault);
            self.faults.insert(place.to_owned(), fault);
        }
        fault
    }

    /// The fault of a delivery. A spared one has none, unless faults are listed.
    pub fn fault_at_delivery(&mut self, place: &str, spared: bool) -> Option<Fault> {
        self.fault_at(place, spared, Fault::strikes_deliveries)
    }

    /// Whether the clock of an invocation is wrong. Its place is that of the invocation with `~clock` after it.
    pub fn has_wrong_clock(&mut self, place: &str) -> bool {
        self.fault_at(place, false, |fault| fault == Fault::Clock).is_some()
    }

    fn fault_at(&mut self, place: &str, spared: bool, applies: impl Fn(Fault) -> bool) -> Option<Fault> {
        self.record(place);
        let fault = match &self.plan {
            FaultPlan::Listed(faults) => faults.get(place).copied(),
            FaultPlan::Drawn(_) if spared => None,
            FaultPlan::Drawn(rates) => {
                let mut dice = StdRng::seed_from_u64(hash(place.bytes(), self.seed));
                draw(rates, &mut dice, applies)
            }
        };
        if let Some(fault) = fault {
            self.faults.insert(place.to_owned(), fault);
        }
        fault
    }

    /// A random duration below `longest`, for a purpose at a place.
    pub fn wait(&self, purpose: &str, place: &str, longest: Duration) -> Duration {
        longest.mul_f64(self.dice(purpose, place).random())
    }

    /// The faults that struck so far.
    pub const fn faults(&self) -> &FaultList {
        &self.faults
    }

    /// The kinds of fault that each call met so far, by function and operation.
    pub const fn faults_by_call(&self) -> &BTreeMap<(String, String), BTreeSet<Fault>> {
        &self.faults_by_call
    }

    /// A hash of everything that happened, in order: two runs with the same course have the same trace.
    pub const fn trace(&self) -> u64 {
        self.trace
    }

    /// Adds an event to the trace.
    pub fn record(&mut self, event: &str) {
        tracing::debug!("{event}");
        self.trace = hash(event.bytes(), self.trace);
    }
}

fn draw(rates: &BTreeMap<Fault, f64>, dice: &mut StdRng, applies: impl Fn(Fault) -> bool) -> Option<Fault> {
    let mut roll = dice.random::<f64>() * 100.0;
    for (fault, rate) in rates.iter().filter(|(fault, _)| applies(**fault)) {
        roll -= rate;
        if roll < 0.0 {
            return Some(*fault);
        }
    }
    None
}

/// FNV-1a, started from an earlier hash.
fn hash(bytes: impl Iterator<Item = u8>, before: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ before.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5))
}
