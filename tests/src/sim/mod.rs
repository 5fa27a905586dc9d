//! The simulator: Muster's own functions against services in memory, with time and chance drawn from a seed.
//!
//! ```text
//! case         the imports that a seed draws: their files, their settings and what happens to them
//! schedule     which calls and deliveries go wrong, drawn from the seed or listed to replay a run
//! world        the services, the time and the schedule      (objects, queues, tables; hot partitions, lagging indexes)
//! calls        the HTTP client of the functions' SDK clients: here calls take time, fail, or kill their function
//! deployment   Muster as it is deployed in a run: its names, its SDK clients and its functions
//! run          drives functions and clients until every import has ended     clients: launch, upload, cancel, retry
//! found        what is stored at the end       verdict   compares that with the model
//! shrink       the shortest list of faults with which a case still fails
//! ```
//! A run takes one thread and tokio's paused time, so a seed gives the same course of events every time.

mod calls;
pub mod case;
mod clients;
mod deployment;
mod found;
mod hot;
mod lag;
mod objects;
mod queues;
mod run;
pub mod schedule;
mod shrink;
mod tables;
mod verdict;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Once};

pub use shrink::shrink;

use case::Case;
use schedule::{Fault, FaultList, FaultPlan, Schedule};
use tracing::subscriber::{NoSubscriber, set_global_default};
use world::World;

/// How a simulated run went.
#[derive(Debug)]
pub struct SimulatedRun {
    /// How its end differs from what the model says, if it does.
    pub failure: Option<String>,
    /// The faults that struck.
    pub faults: FaultList,
    /// The kinds of fault that each call met, by function and operation.
    pub faults_by_call: BTreeMap<(String, String), BTreeSet<Fault>>,
    /// A hash of everything that happened, in order.
    pub trace: u64,
    /// How often functions were invoked.
    pub invocations: u64,
    /// Invocations that were killed, or had no time left.
    pub unended: u64,
}

/// Runs a case with faults, and compares its end with the model.
///
/// # Panics
/// When the runtime or the services in memory cannot be made.
pub fn simulate(case: &Case, plan: FaultPlan) -> SimulatedRun {
    ensure_subscriber();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without threads");
    runtime.block_on(async {
        let world = match World::new(Schedule::new(case.seed, plan), case.clocks_set_back) {
            Ok(world) => world,
            Err(error) => panic!("the services in memory cannot be made: {error:#}"),
        };
        let (failure, invocations, unended) = match run::run(case, Arc::clone(&world)).await {
            Err(error) => (Some(error), 0, 0),
            Ok(finished) => (verdict::judge(case, &finished).await.err(), finished.invocations, finished.unended),
        };
        let schedule = world.schedule();
        SimulatedRun {
            failure: failure.map(|error| format!("{error:#}")),
            faults: schedule.faults().clone(),
            faults_by_call: schedule.faults_by_call().clone(),
            trace: schedule.trace(),
            invocations,
            unended,
        }
    })
}

/// Installs a subscriber that drops everything, unless there is one already. Without any, SDK calls draw random numbers
/// to name their spans (through tracing's feature `log`), and retries then draw other pauses: a seed would take one
/// course with `muster-sim --trace` and another without.
fn ensure_subscriber() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // If this fails, there is one already.
        let _ = set_global_default(NoSubscriber::default());
    });
}
