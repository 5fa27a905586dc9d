//! Runs the simulator over many seeds, or replays one, and says what it found.
#![allow(clippy::print_stdout, reason = "what it finds is its output")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use clap::Parser;
use tests::sim::case::Case;
use tests::sim::schedule::{Fault, Named, Plan};
use tests::sim::{Outcome, shrink, simulate};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Runs Muster's functions in simulated time against services in memory, with faults drawn from seeds, and compares the
/// end of each run with the sequential model.
#[derive(Parser)]
#[command(
    name = "muster-sim",
    after_help = "Example:\n  muster-sim --seeds 1000\n  muster-sim --seed 17\n  muster-sim --seed 17 --faults row-processor/t0.batch3/1#5=kill_after"
)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Runs this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// With a seed: these faults and no others, each as PLACE=FAULT, with commas between; `none` for none at all.
    #[arg(long, requires = "seed")]
    faults: Option<String>,
    /// With a seed: prints every delivery, every call and what the functions log, to standard error.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Runs at a time.
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
    let all = Mutex::new(All::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let outcome = simulate(&Case::of_seed(seed), Plan::of_seed(seed));
                    if let Ok(mut all) = all.lock() {
                        all.add(seed, outcome);
                    }
                }
            });
        }
    });
    let all = all.into_inner().ok().context("a run panicked")?;
    all.print();
    Ok(if all.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn replay(seed: u64, faults: Option<&str>) -> anyhow::Result<ExitCode> {
    let case = Case::of_seed(seed);
    println!("seed {seed}: {:?}, {} imports, batches of {} rows", case.story, case.imports.len(), case.batch_rows);
    let plan = match faults {
        None => Plan::of_seed(seed),
        Some("none") => Plan::Named(Named::new()),
        Some(text) => Plan::Named(text.split(',').map(named).collect::<anyhow::Result<_>>()?),
    };
    let outcome = simulate(&case, plan);
    println!("{} invocations, {} faults, trace {:016x}", outcome.invocations, outcome.struck.len(), outcome.trace);
    if let Some(wrong) = &outcome.wrong {
        explain(seed, wrong, &outcome.struck);
        return Ok(ExitCode::FAILURE);
    }
    println!("as the model has it");
    Ok(ExitCode::SUCCESS)
}

fn named(text: &str) -> anyhow::Result<(String, Fault)> {
    let (place, name) = text.rsplit_once('=').with_context(|| format!("{text}: PLACE=FAULT is wanted"))?;
    let fault = Fault::ALL.into_iter().find(|fault| fault.as_str() == name);
    Ok((place.to_owned(), fault.with_context(|| format!("{name} is no fault"))?))
}

/// Prints what went wrong, and the shortest schedule that makes it go wrong.
fn explain(seed: u64, wrong: &str, struck: &Named) {
    println!("seed {seed} fails: {wrong}");
    let least = shrink(&Case::of_seed(seed), struck);
    let again = simulate(&Case::of_seed(seed), Plan::Named(least.clone()));
    println!("the shortest schedule that fails has {} of its {} faults:", least.len(), struck.len());
    for (place, fault) in &least {
        println!("  {place} {fault}");
    }
    println!("with these: {}", again.wrong.unwrap_or_default());
    let faults: Vec<String> = least.iter().map(|(place, fault)| format!("{place}={fault}")).collect();
    let faults = if faults.is_empty() { "none".to_owned() } else { faults.join(",") };
    println!("replay: cargo run --release -p tests --bin muster-sim -- --seed {seed} --faults '{faults}'");
}

/// What all runs came to.
#[derive(Default)]
struct All {
    runs: u64,
    invocations: u64,
    faults: BTreeMap<Fault, u64>,
    stories: BTreeMap<String, u64>,
    met: BTreeMap<(String, String), BTreeSet<Fault>>,
    failed: Vec<(u64, String, Named)>,
}

impl All {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.runs += 1;
        self.invocations += outcome.invocations;
        let story = format!("{:?}", Case::of_seed(seed).story);
        *self.stories.entry(story).or_default() += 1;
        for fault in outcome.struck.values() {
            *self.faults.entry(*fault).or_default() += 1;
        }
        for (path, faults) in outcome.met {
            self.met.entry(path).or_default().extend(faults);
        }
        if let Some(wrong) = outcome.wrong {
            println!("seed {seed} fails: {}", wrong.lines().next().unwrap_or_default());
            self.failed.push((seed, wrong, outcome.struck));
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
        let spared = self.met.iter().filter(|(_, faults)| faults.is_empty());
        let spared: Vec<String> = spared.map(|((function, operation), _)| format!("{function} {operation}")).collect();
        println!(
            "calls that never met a fault: {}",
            if spared.is_empty() { "none".to_owned() } else { spared.join(", ") }
        );
        println!("calls by function, and the kinds of fault that each met:");
        for ((function, operation), faults) in &self.met {
            println!("  {function:<14} {operation:<32} {}", faults.len());
        }
        if let Some((seed, wrong, struck)) = self.failed.first() {
            explain(*seed, wrong, struck);
        }
        println!("{} failed", self.failed.len());
    }
}
