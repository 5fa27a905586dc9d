//! The simulation beside what can be computed.

use super::super::fixtures::{footprint, million, pace};
use super::super::model;
use super::super::plan::Plan;
use super::super::workload::Workload;
use super::{Deployment, Outcome, simulate};

fn deployment(concurrency: u32, write_rate: f64) -> Deployment {
    Deployment {
        concurrency,
        write_rate,
        row_memory: 512.0,
        splitter_memory: 1_769.0,
        row_cpu_ms: 100.0,
        split_cpu_ms: 100.0,
        call_ms: 5.0,
    }
}

fn simulated(work: &Workload, deployment: &Deployment) -> Outcome {
    let counts = model::muster(work, &pace(), &footprint());
    simulate(work, &Plan::for_workload(work), &counts.write_units, deployment)
}

#[test]
fn an_import_that_its_tables_bound_takes_what_their_units_take() {
    let work = million();
    let counts = model::muster(&work, &pace(), &footprint());
    let (_, units) = counts.busiest();
    for rate in [1_000.0, 4_000.0] {
        let outcome = simulated(&work, &deployment(20, rate));
        let writing = outcome.seconds - outcome.check_seconds;
        let floor = units / rate;
        assert!((floor..floor * 1.05).contains(&writing), "{writing} s, and the units alone take {floor}");
        assert_eq!(outcome.bound, "write units of identities");
    }
}

#[test]
fn twice_the_row_processors_take_half_the_time_while_they_are_what_bounds_it() {
    let work = million();
    let [one, two] = [2, 4].map(|concurrency| simulated(&work, &deployment(concurrency, 40_000.0)));
    let ratio = (one.seconds - one.check_seconds) / (two.seconds - two.check_seconds);
    assert!((1.9..2.1).contains(&ratio), "{ratio}: {one:?} {two:?}");
}

#[test]
fn the_same_import_takes_the_same_time() {
    let work = Workload { rows: 20_000, repeated: 0.1, ..million() };
    assert_eq!(simulated(&work, &deployment(10, 4_000.0)), simulated(&work, &deployment(10, 4_000.0)));
}

#[test]
fn every_batch_is_counted_once_in_every_wave() {
    // Each counted batch has written its identifiers, so the table was busy for all of them.
    let work = Workload { rows: 100_000, repeated: 0.2, ..million() };
    let outcome = simulated(&work, &deployment(50, 1_000.0));
    let writing = outcome.seconds - outcome.check_seconds;
    assert!(outcome.busy > 0.8 && writing > 300.0, "{outcome:?}");
}
