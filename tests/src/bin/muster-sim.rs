//! Runs the simulator over many seeds, or replays one, and prints what it found.
#![allow(clippy::print_stdout, reason = "what it finds is its output")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use clap::Parser;
use tests::sim::case::Case;
use tests::sim::schedule::{Fault, FaultList, FaultPlan, parse_fault};
use tests::sim::{SimulatedRun, shrink, simulate};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Runs Muster's functions in simulated time against services in memory, with faults drawn from seeds, and compares the
/// end of each run with the sequential model.
#[derive(Parser)]
#[command(
    name = "muster-sim",
    after_help = "Example:\n  muster-sim --seeds 1000\n  muster-sim --seeds 10000 --story Launched\n  muster-sim --seed 17\n  muster-sim --seed 17 --faults row-processor/t0.batch3/1#5=kill_after"
)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Runs only the seeds that draw this story, such as Launched.
    #[arg(long, value_name = "STORY")]
    story: Option<String>,
    /// Runs this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// With --seed: the run has these faults and no others. Each is PLACE=FAULT, separated by commas; `none` means no
    /// fault.
    #[arg(long, requires = "seed")]
    faults: Option<String>,
    /// With --seed: prints every delivery, every call and what the functions log, to standard error.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// How many runs at the same time; default: one per core.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.trace {
        let level = tracing_subscriber::filter::Targets::new()
            .with_target("tests", tracing::Level::DEBUG)
            .with_target("aws", tracing::Level::ERROR)
            .with_default(tracing::Level::INFO);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time().with_filter(level);
        tracing_subscriber::registry().with(lines).init();
    }
    if let Some(seed) = arguments.seed {
        return replay(seed, arguments.faults.as_deref());
    }
    let threads = match arguments.threads {
        Some(threads) => threads.max(1),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let (next, end) = (AtomicU64::new(arguments.from), arguments.from + arguments.seeds);
    let summary = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let case = Case::from_seed(seed);
                    if arguments.story.as_ref().is_some_and(|story| format!("{:?}", case.story) != *story) {
                        continue;
                    }
                    let run = simulate(&case, FaultPlan::from_seed(seed));
                    if let Ok(mut summary) = summary.lock() {
                        summary.add(seed, run);
                    }
                }
            });
        }
    });
    let summary = summary.into_inner().ok().context("a run panicked")?;
    summary.print();
    Ok(if summary.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn replay(seed: u64, faults: Option<&str>) -> anyhow::Result<ExitCode> {
    let case = Case::from_seed(seed);
    println!("seed {seed}: {:?}, {} imports, batches of {} rows", case.story, case.imports.len(), case.batch_rows);
    let plan = match faults {
        None => FaultPlan::from_seed(seed),
        Some("none") => FaultPlan::Listed(FaultList::new()),
        Some(text) => FaultPlan::Listed(text.split(',').map(parse_fault).collect::<anyhow::Result<_>>()?),
    };
    let run = simulate(&case, plan);
    println!("{} invocations, {} faults, trace {:016x}", run.invocations, run.faults.len(), run.trace);
    if let Some(failure) = &run.failure {
        explain(seed, failure, &run.faults);
        return Ok(ExitCode::FAILURE);
    }
    println!("it ended as the model says");
    Ok(ExitCode::SUCCESS)
}

/// Prints how a seed failed, and the shortest list of faults with which it fails in the same way.
fn explain(seed: u64, failure: &str, faults: &FaultList) {
    println!("seed {seed} fails: {failure}");
    let shortest = shrink(&Case::from_seed(seed), faults);
    let again = simulate(&Case::from_seed(seed), FaultPlan::Listed(shortest.clone()));
    println!("the shortest list with which it fails has {} of its {} faults:", shortest.len(), faults.len());
    for (place, fault) in &shortest {
        println!("  {place} {fault}");
    }
    println!("with these: {}", again.failure.unwrap_or_default());
    let faults: Vec<String> = shortest.iter().map(|(place, fault)| format!("{place}={fault}")).collect();
    let faults = if faults.is_empty() { "none".to_owned() } else { faults.join(",") };
    println!("replay: cargo run --release -p tests --bin muster-sim -- --seed {seed} --faults '{faults}'");
}

/// What all runs found.
#[derive(Default)]
struct Summary {
    runs: u64,
    invocations: u64,
    faults: BTreeMap<Fault, u64>,
    stories: BTreeMap<String, u64>,
    faults_by_call: BTreeMap<(String, String), BTreeSet<Fault>>,
    failed: Vec<(u64, String, FaultList)>,
}

impl Summary {
    fn add(&mut self, seed: u64, run: SimulatedRun) {
        self.runs += 1;
        self.invocations += run.invocations;
        let story = format!("{:?}", Case::from_seed(seed).story);
        *self.stories.entry(story).or_default() += 1;
        for fault in run.faults.values() {
            *self.faults.entry(*fault).or_default() += 1;
        }
        for (call, faults) in run.faults_by_call {
            self.faults_by_call.entry(call).or_default().extend(faults);
        }
        if let Some(failure) = run.failure {
            println!("seed {seed} fails: {}", failure.lines().next().unwrap_or_default());
            self.failed.push((seed, failure, run.faults));
        }
    }

    fn print(&self) {
        println!("{} runs, {} invocations, {} faults", self.runs, self.invocations, self.faults.values().sum::<u64>());
        for (story, count) in &self.stories {
            println!("  {count:>7} {story}");
        }
        println!("faults:");
        for fault in Fault::ALL {
            println!("  {:>7} {fault}", self.faults.get(&fault).copied().unwrap_or(0));
        }
        let without = self.faults_by_call.iter().filter(|(_, faults)| faults.is_empty());
        let without: Vec<String> =
            without.map(|((function, operation), _)| format!("{function} {operation}")).collect();
        println!(
            "calls that never met a fault: {}",
            if without.is_empty() { "none".to_owned() } else { without.join(", ") }
        );
        println!("calls by function, and how many kinds of fault each met:");
        for ((function, operation), faults) in &self.faults_by_call {
            println!("  {function:<14} {operation:<32} {}", faults.len());
        }
        if let Some((seed, failure, faults)) = self.failed.first() {
            explain(*seed, failure, faults);
        }
        println!("{} failed", self.failed.len());
    }
}
