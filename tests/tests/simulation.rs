//! Muster's functions in simulated time, with faults drawn from seeds: each run must end as the sequential model does.

use std::sync::atomic::{AtomicU64, Ordering};

use tests::sim::case::Case;
use tests::sim::schedule::Plan;
use tests::sim::{shrink, simulate};

/// Seeds of one run of the tests; `muster-sim --seeds N` runs as many as one likes.
const SEEDS: u64 = 200;

#[test]
fn whatever_goes_wrong_an_import_ends_as_if_the_file_was_read_from_top_to_bottom() {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let failed: Vec<(u64, String, String)> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut failed = Vec::new();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= SEEDS {
                            return failed;
                        }
                        let outcome = simulate(&Case::of_seed(seed), Plan::of_seed(seed));
                        if let Some(wrong) = outcome.wrong {
                            let least = shrink(&Case::of_seed(seed), &outcome.struck);
                            let faults: Vec<String> =
                                least.iter().map(|(place, fault)| format!("{place}={fault}")).collect();
                            failed.push((seed, wrong, faults.join(",")));
                        }
                    }
                })
            })
            .collect();
        runs.into_iter().flat_map(|run| run.join().expect("a run does not panic")).collect()
    });
    for (seed, wrong, faults) in &failed {
        println!(
            "seed {seed}: {wrong}\nreplay: cargo run --release -p tests --bin muster-sim -- --seed {seed} --faults '{faults}'"
        );
    }
    assert!(failed.is_empty(), "{} of {SEEDS} seeds fail", failed.len());
}

#[test]
fn a_seed_is_one_course_of_events() {
    for seed in [2, 13, 28] {
        let run = || simulate(&Case::of_seed(seed), Plan::of_seed(seed));
        let (first, second) = (run(), run());
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.struck, second.struck, "seed {seed}");
        // A schedule that names all that struck is the same schedule.
        let named = simulate(&Case::of_seed(seed), Plan::Named(first.struck.clone()));
        assert_eq!(named.trace, first.trace, "seed {seed}");
    }
}
