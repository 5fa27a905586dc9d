//! The simulator: Muster's own functions against services in memory, where a seed owns time and chance.
//!
//! ```text
//! case      what a seed stands for: files, settings, and what happens to them
//! schedule  what goes wrong where, drawn from the seed or named to replay it
//! world     services, time and the schedule   (objects, queues, tables)
//! port      the HTTP client of the SDK's clients, where calls are slow, fail, or kill
//! run       functions and clients, driven until all is over
//! verdict   what there is then, beside the model
//! shrink    the shortest schedule that fails as well
//! ```
//! All of it runs on one thread, in tokio's paused time: a seed is one course of events, whenever it runs.

pub mod case;
mod objects;
mod port;
mod queues;
mod run;
pub mod schedule;
mod shrink;
mod tables;
mod verdict;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use shrink::shrink;

use case::Case;
use schedule::{Fault, Named, Plan, Schedule};
use world::World;

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// What is wrong, if anything.
    pub wrong: Option<String>,
    /// The faults that struck.
    pub struck: Named,
    /// Operations by function, and the faults that each met.
    pub met: BTreeMap<(String, String), BTreeSet<Fault>>,
    /// A number for the whole course of the run.
    pub trace: u64,
    /// Invocations of functions.
    pub invocations: u64,
}

/// Runs a case under a plan, and compares its end with the model.
///
/// # Panics
/// When no runtime can be made.
pub fn simulate(case: &Case, plan: Plan) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without threads");
    runtime.block_on(async {
        let world = match World::new(Schedule::new(case.seed, plan)) {
            Ok(world) => world,
            Err(error) => panic!("there is no world to run in: {error:#}"),
        };
        let (wrong, invocations) = match run::run(case, Arc::clone(&world)).await {
            Err(error) => (Some(error), 0),
            Ok(ended) => (verdict::judge(case, &ended).await.err(), ended.invocations),
        };
        let schedule = world.schedule();
        Outcome {
            wrong: wrong.map(|error| format!("{error:#}")),
            struck: schedule.struck().clone(),
            met: schedule.met().clone(),
            trace: schedule.trace(),
            invocations,
        }
    })
}
