//! What goes wrong in a run, and when: drawn from the seed at each point of the run, or named point by point to replay it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Something that goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The invocation dies before its call is seen.
    KillBefore,
    /// The invocation dies after its call took effect.
    KillAfter,
    /// The call is refused as one too many.
    Throttle,
    /// The call fails and has no effect.
    ErrorBefore,
    /// The call takes effect, and its answer is a failure.
    ErrorAfter,
    /// The call takes effect, and its answer never arrives: the connection breaks.
    AnswerLost,
    /// Only a part of what the call asks for is done, and the answer says so.
    Partial,
    /// The answer takes longer than the function may run, or than its messages stay invisible.
    Slow,
    /// The body of an object breaks off.
    BrokenBody,
    /// The message is delivered a second time, beside the first.
    Duplicate,
    /// The message comes late.
    Late,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 11] = [
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
    ];

    /// Its name.
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
        }
    }

    fn is_of_delivery(self) -> bool {
        matches!(self, Fault::Duplicate | Fault::Late)
    }

    /// Whether it can strike this operation.
    fn strikes(self, operation: &str) -> bool {
        match self {
            Fault::Partial => ["BatchWriteItem", "BatchGetItem", "BatchExecuteStatement", "SendMessageBatch"]
                .iter()
                .any(|name| operation.ends_with(name)),
            Fault::BrokenBody => operation == "s3.GetObject",
            fault => !fault.is_of_delivery(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What strikes, by the place where it does: `row-processor/t0.batch3/1#5` is the fifth call of the first delivery.
pub type Named = BTreeMap<String, Fault>;

/// Where faults come from.
#[derive(Debug, Clone)]
pub enum Plan {
    /// From the seed: of a hundred points, so many meet each fault.
    Drawn(BTreeMap<Fault, f64>),
    /// From a list, and nowhere else.
    Named(Named),
}

impl Plan {
    /// Some kinds of fault, each at its own rate: a run that has them all at once seldom comes far into anything.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x706c_616e);
        let often = [0.3, 1.0, 3.0, 8.0][dice.random_range(0..4)];
        let mut rates = BTreeMap::new();
        for fault in Fault::ALL {
            if dice.random_bool(0.5) {
                let rate = if fault.is_of_delivery() { often * 5.0 } else { often };
                rates.insert(fault, rate * dice.random_range(0.2..1.0));
            }
        }
        Plan::Drawn(rates)
    }
}

/// The schedule of one run.
#[derive(Debug)]
pub struct Schedule {
    seed: u64,
    plan: Plan,
    struck: Named,
    /// Operations by function, and the faults that each met.
    met: BTreeMap<(String, String), BTreeSet<Fault>>,
    /// Of everything that happened, in its order.
    trace: u64,
}

impl Schedule {
    /// What a plan makes of a seed.
    pub fn new(seed: u64, plan: Plan) -> Self {
        Self { seed, plan, struck: Named::new(), met: BTreeMap::new(), trace: 0 }
    }

    /// Numbers of this seed for a purpose at a place: the same whatever else happens.
    pub fn dice(&self, purpose: &str, place: &str) -> StdRng {
        StdRng::seed_from_u64(hash(purpose.bytes().chain(*b"/").chain(place.bytes()), self.seed))
    }

    /// What goes wrong with a call of an invocation.
    pub fn at_call(&mut self, function: &str, place: &str, operation: &str, spared: bool) -> Option<Fault> {
        self.note(place);
        self.note(operation);
        let met = self.met.entry((function.to_owned(), operation.to_owned())).or_default();
        let fault = match &self.plan {
            Plan::Named(named) => named.get(place).copied(),
            Plan::Drawn(_) if spared => None,
            Plan::Drawn(rates) => {
                let mut dice = StdRng::seed_from_u64(hash(place.bytes(), self.seed));
                draw(rates, &mut dice, |fault| fault.strikes(operation))
            }
        };
        if let Some(fault) = fault {
            met.insert(fault);
            self.struck.insert(place.to_owned(), fault);
        }
        fault
    }

    /// What goes wrong with a delivery.
    pub fn at_delivery(&mut self, place: &str, spared: bool) -> Option<Fault> {
        self.note(place);
        let fault = match &self.plan {
            Plan::Named(named) => named.get(place).copied(),
            Plan::Drawn(_) if spared => None,
            Plan::Drawn(rates) => {
                let mut dice = StdRng::seed_from_u64(hash(place.bytes(), self.seed));
                draw(rates, &mut dice, Fault::is_of_delivery)
            }
        };
        if let Some(fault) = fault {
            self.struck.insert(place.to_owned(), fault);
        }
        fault
    }

    /// A duration below `longest`, for a purpose at a place.
    pub fn wait(&self, purpose: &str, place: &str, longest: Duration) -> Duration {
        longest.mul_f64(self.dice(purpose, place).random())
    }

    /// Everything that struck.
    pub const fn struck(&self) -> &Named {
        &self.struck
    }

    /// Operations by function, and the faults that each met.
    pub const fn met(&self) -> &BTreeMap<(String, String), BTreeSet<Fault>> {
        &self.met
    }

    /// A number for the whole course of the run: two runs of the same course have the same.
    pub const fn trace(&self) -> u64 {
        self.trace
    }

    /// Adds something that happened to the trace.
    pub fn note(&mut self, what: &str) {
        tracing::debug!("{what}");
        self.trace = hash(what.bytes(), self.trace);
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

/// FNV-1a, stirred with what came before.
fn hash(bytes: impl Iterator<Item = u8>, before: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ before.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5))
}
