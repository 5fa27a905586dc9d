//! A simulated import: its check, its dispatch, and its batches, wave after wave.

use std::collections::VecDeque;

use super::super::counts::Amounts;
use super::super::plan::Plan;
use super::super::workload::Workload;
use super::batch::{Asked, Round, rounds};
use super::clock::Clock;
use super::services::{Call, Latencies, PARTITION_READS, Rate, cores};
use super::{Deployment, Outcome, SEGMENT_WRITES};

/// Messages of an invocation of the row processor, and of a call that sends them; calls of a splitter at once, and splitters at
/// a time, as in the template and the code.
const BATCHES_AN_INVOCATION: u64 = 5;
const BATCHES_A_SEND: u64 = 10;
const SENDS_AT_ONCE: u32 = 8;
const SPLITTERS: u64 = 3;
/// Invocations that a mapping begins with, and by how many more it may have each second: 300 a minute.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const FIRST_POLLERS: f64 = 5.0;
const POLLERS_A_SECOND: f64 = 300.0 / 60.0;
/// Bytes a second of one connection to S3.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html>
const OBJECT_BYTES_A_SECOND: f64 = 85e6;
/// Of the splitter's computing, what the check does: the dispatch reads the file once more and only cuts it (docs/limits.md).
const CHECK_SHARE: f64 = 0.85;
/// Seconds until the upload's event begins a splitter, until a poller hands messages over, and of a new environment's start.
const EVENT: f64 = 1.0;
const HANDED_OVER: f64 = 0.02;
const COLD_START: f64 = 0.15;
/// The share of its time from which on something counts as what bounds an import.
const BOUND: f64 = 0.8;

enum Event {
    /// A splitter has sent so many batches, and goes on.
    Sent { batches: u64 },
    /// More row processors may run.
    Scaled,
    /// A batch of an invocation begins to make the calls of this round.
    Round { invocation: usize, round: usize },
    /// It has made them, and they are asked for.
    Asked { invocation: usize, round: usize },
}

struct Invocation {
    began: f64,
    /// Its share of a core. The batches of an invocation take turns at it.
    cpu: Rate,
    left: u64,
}

/// A wave of batches.
#[derive(Clone, Copy)]
struct WaveOf {
    batches: u64,
    /// Whether one runs at a time, as in the tail.
    one_by_one: bool,
}

struct Run<'a> {
    deployment: &'a Deployment,
    rounds: Vec<Round>,
    /// Seconds that a whole core computes for each call.
    call_cpu: f64,
    /// Seconds that a splitter computes for each batch that it sends.
    send_cpu: f64,
    latencies: Latencies,
    clock: Clock<Event>,
    customers: Rate,
    identities: Rate,
    segments: Rate,
    tasks: Rate,
    import: Rate,
    waves: VecDeque<WaveOf>,
    wave: WaveOf,
    unsent: u64,
    queued: u64,
    counted: u64,
    running: u64,
    environments: u64,
    began: f64,
    invocations: Vec<Invocation>,
    /// Places of invocations that have ended.
    free: Vec<usize>,
    longest_wait: f64,
    row_seconds: f64,
    cpu_seconds: f64,
    split_seconds: f64,
}

/// How long an import takes, and what bounds it.
pub(crate) fn simulate(work: &Workload, plan: &Plan, write_units: &Amounts, deployment: &Deployment) -> Outcome {
    let rate = deployment.write_rate;
    let batches = plan.batches().max(1.0);
    let rows = work.rows as f64 / batches;
    // What a batch writes into the table of tasks besides counting is its intent.
    let intent = (write_units.get("tasks").copied().unwrap_or(0.0) / batches - 1.0).max(1.0).floor();
    let rounds = rounds(work, rows, intent);
    let calls: f64 = rounds.iter().map(|round| f64::from(round.count)).sum();
    let split_cpu = work.bytes() / 1e6 * deployment.split_cpu_ms / 1e3 / cores(deployment.splitter_memory);
    let check = EVENT + (split_cpu * CHECK_SHARE).max(work.bytes() / OBJECT_BYTES_A_SECOND);
    let mut run = Run {
        deployment,
        call_cpu: rows / 1e3 * deployment.row_cpu_ms / 1e3 / calls,
        send_cpu: split_cpu * (1.0 - CHECK_SHARE) / batches,
        rounds,
        latencies: Latencies::new(deployment.call_ms),
        clock: Clock::new(),
        customers: Rate::of(rate),
        identities: Rate::of(rate),
        segments: Rate::of(rate.min(SEGMENT_WRITES)),
        tasks: Rate::of(rate),
        import: Rate::of(PARTITION_READS),
        waves: waves(work, plan),
        wave: WaveOf { batches: 0, one_by_one: false },
        unsent: 0,
        queued: 0,
        counted: 0,
        running: 0,
        environments: 0,
        began: check,
        invocations: Vec::new(),
        free: Vec::new(),
        longest_wait: 0.0,
        row_seconds: 0.0,
        cpu_seconds: 0.0,
        split_seconds: check,
    };
    let ended = run.run_waves(check);
    run.outcome(check, ended)
}

/// The waves of an import: rows that share identifiers come after the others, and those taken for such one batch at a time.
fn waves(work: &Workload, plan: &Plan) -> VecDeque<WaveOf> {
    let later = plan.later_waves.round();
    let repeated = if work.later() > 0.0 { (later * work.repeated / work.later()).round() } else { 0.0 };
    let wave = |batches: f64, one_by_one| WaveOf { batches: batches as u64, one_by_one };
    let all = [wave(plan.first_wave, false), wave(repeated, false), wave(later - repeated, true)];
    all.into_iter().filter(|wave| wave.batches > 0).collect()
}

impl Run<'_> {
    /// Runs until every batch is counted. Returns when that is.
    fn run_waves(&mut self, check: f64) -> f64 {
        let mut ended = check;
        self.begin_wave(check);
        while let Some((now, event)) = self.clock.next() {
            match event {
                Event::Sent { batches } => {
                    self.queued += batches;
                    self.send(now);
                }
                Event::Scaled if self.scaled(now) < self.deployment.concurrency => {
                    self.clock.plan(now + 1.0, Event::Scaled);
                }
                Event::Scaled => {}
                Event::Round { invocation, round } => {
                    if self.round(now, invocation, round) {
                        ended = now;
                    }
                }
                Event::Asked { invocation, round } => self.ask(now, invocation, round),
            }
            if self.counted == self.wave.batches && self.unsent == 0 {
                self.begin_wave(now);
            }
            self.invoke(now);
        }
        ended
    }

    fn begin_wave(&mut self, now: f64) {
        let Some(wave) = self.waves.pop_front() else { return };
        (self.wave, self.unsent, self.counted) = (wave, wave.batches, 0);
        for _ in 0..SPLITTERS {
            self.send(now);
        }
        self.clock.plan(now + 1.0, Event::Scaled);
    }

    /// A splitter sends the next batches.
    fn send(&mut self, now: f64) {
        let batches = self.unsent.min(BATCHES_A_SEND * u64::from(SENDS_AT_ONCE));
        if batches == 0 {
            return;
        }
        self.unsent -= batches;
        let calls = u32::try_from(batches.div_ceil(BATCHES_A_SEND)).unwrap_or(SENDS_AT_ONCE);
        let takes = batches as f64 * self.send_cpu + self.latencies.slowest_of(Call::Send, calls);
        self.split_seconds += takes;
        self.clock.plan(now + takes, Event::Sent { batches });
    }

    /// Row processors that may run at this moment.
    fn most_running(&self, now: f64) -> u64 {
        if self.wave.one_by_one {
            return 1;
        }
        u64::from(self.scaled(now))
    }

    /// Row processors to which the mapping has scaled by this moment.
    fn scaled(&self, now: f64) -> u32 {
        let scaled = FIRST_POLLERS + (now - self.began).max(0.0) * POLLERS_A_SECOND;
        self.deployment.concurrency.min(scaled as u32)
    }

    fn invoke(&mut self, now: f64) {
        let most = self.most_running(now);
        while self.queued > 0 && self.running < most {
            let a_time = if self.wave.one_by_one { 1 } else { BATCHES_AN_INVOCATION };
            let batches = self.queued.min(a_time);
            self.queued -= batches;
            self.running += 1;
            let is_cold = self.running > self.environments;
            self.environments = self.environments.max(self.running);
            let began = now + HANDED_OVER + if is_cold { COLD_START } else { 0.0 };
            let invocation = Invocation { began, cpu: Rate::of(cores(self.deployment.row_memory)), left: batches };
            let place = match self.free.pop() {
                Some(place) => {
                    self.invocations[place] = invocation;
                    place
                }
                None => {
                    self.invocations.push(invocation);
                    self.invocations.len() - 1
                }
            };
            for _ in 0..batches {
                self.clock.plan(began, Event::Round { invocation: place, round: 0 });
            }
        }
    }

    /// A batch makes a round of calls. Says whether it has made all.
    fn round(&mut self, now: f64, place: usize, number: usize) -> bool {
        let Some(round) = self.rounds.get(number).copied() else {
            self.counted += 1;
            let invocation = &mut self.invocations[place];
            invocation.left -= 1;
            if invocation.left == 0 {
                self.row_seconds += now - invocation.began;
                self.cpu_seconds += invocation.cpu.busy();
                self.running -= 1;
                self.free.push(place);
            }
            return true;
        };
        let asked_at = self.invocations[place].cpu.done_at(now, f64::from(round.count) * self.call_cpu);
        self.clock.plan(asked_at, Event::Asked { invocation: place, round: number });
        false
    }

    /// The calls of a round wait for their table, and are answered.
    fn ask(&mut self, now: f64, invocation: usize, number: usize) {
        let Some(round) = self.rounds.get(number).copied() else { return };
        let table = match round.asked {
            Asked::Customers => Some(&mut self.customers),
            Asked::Identities => Some(&mut self.identities),
            Asked::Segments => Some(&mut self.segments),
            Asked::Tasks => Some(&mut self.tasks),
            Asked::Import => Some(&mut self.import),
            Asked::Nothing => None,
        };
        let served_at = table.map_or(now, |table| table.done_at(now, round.units));
        self.longest_wait = self.longest_wait.max(served_at - now);
        let answered = served_at + self.latencies.slowest_of(round.call, round.count);
        self.clock.plan(answered, Event::Round { invocation, round: number + 1 });
    }

    fn outcome(&self, check: f64, ended: f64) -> Outcome {
        let lasted = (ended - check).max(1e-6);
        let deployment = *self.deployment;
        let asked = [
            ("write units of customers", self.customers.busy() / lasted),
            ("write units of identities", self.identities.busy() / lasted),
            ("write units of segments", self.segments.busy() / lasted),
            ("write units of tasks", self.tasks.busy() / lasted),
            ("reads of the import's item", self.import.busy() / lasted),
            ("cores of the row processors", self.cpu_seconds / self.row_seconds.max(1e-6)),
            ("row processors at a time", self.row_seconds / lasted / f64::from(deployment.concurrency)),
        ];
        let busiest = asked.into_iter().find(|(_, share)| *share >= BOUND);
        let (bound, busy) = match busiest {
            Some(busiest) => busiest,
            None if check > lasted => ("the check", check / ended),
            None => (
                "the beginning: pollers and splitters",
                1.0 - self.row_seconds / lasted / f64::from(deployment.concurrency),
            ),
        };
        Outcome {
            deployment,
            seconds: ended,
            check_seconds: check,
            bound,
            busy: busy.min(1.0),
            longest_wait: self.longest_wait,
            row_gb_seconds: self.row_seconds * deployment.row_memory / 1024.0,
            split_gb_seconds: self.split_seconds * deployment.splitter_memory / 1024.0,
        }
    }
}
