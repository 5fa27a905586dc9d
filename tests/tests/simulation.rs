//! Muster's functions in simulated time, with faults drawn from seeds: each run must end as the sequential model does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tests::sim::case::{Case, Story};
use tests::sim::schedule::{Fault, FaultList, FaultPlan, parse_fault};
use tests::sim::{shrink, simulate};

/// Seeds of one run of the tests. `muster-sim --seeds N` runs any number.
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
                        let run = simulate(&Case::from_seed(seed), FaultPlan::from_seed(seed));
                        if let Some(failure) = run.failure {
                            let shortest = shrink(&Case::from_seed(seed), &run.faults);
                            let faults: Vec<String> =
                                shortest.iter().map(|(place, fault)| format!("{place}={fault}")).collect();
                            failed.push((seed, failure, faults.join(",")));
                        }
                    }
                })
            })
            .collect();
        runs.into_iter().flat_map(|run| run.join().expect("a run does not panic")).collect()
    });
    for (seed, failure, faults) in &failed {
        println!(
            "seed {seed}: {failure}\nreplay: cargo run --release -p tests --bin muster-sim -- --seed {seed} --faults '{faults}'"
        );
    }
    assert!(failed.is_empty(), "{} of {SEEDS} seeds fail", failed.len());
}

/// Runs that failed once, with the faults that made them fail. Each must stay mended.
const FAILED_ONCE: [(u64, &str); 17] = [
    // A copy of a batch took its customer off the list of a segment after a later batch had put it back.
    (69, "row-processor/t0.batch129/1=duplicate,row-processor/t0.batch129/1#13=slow"),
    (78, "row-processor/t0.batch129/1=duplicate,row-processor/t0.batch129/1#12=slow"),
    // These failed before launches were recorded in the order of their ids, rows ran in waves, and full pages were folded
    // by one update.
    (3372, "upload/t2.launch/1#2=slow"),
    (4735, "finisher/t0.finish/2#9=slow,row-processor/t0.batch13/1#11=slow"),
    (5163, "row-processor/t0.batch128/1#22=slow,row-processor/t0.batch128/1#8=answer_lost"),
    // The claims of a row that was given up kept later rows from its identifiers, although its customer was never written.
    (60_052, "row-processor/t0.batch256/1#9=answer_lost"),
    (60_589, "row-processor/t0.batch128/1#9=answer_lost"),
    // A row that was given up was retried as it was first decided, and made a double of a customer whom a later row had
    // created since. No fault is needed.
    (358, ""),
    (472, ""),
    // The later row was in the same batch.
    (3289, ""),
    (5014, ""),
    // The tables were never asked to write the row that they refuse, as a later row of its batch replaced the value.
    (5692, ""),
    (7906, ""),
    // An import took a claim over from another one, was not told, and then took its own claim for one that had lapsed.
    (
        10_564,
        "finisher/sweep/3#7=error_after,finisher/sweep/5#7=error_before,row-processor/t0.batch1/1#6=kill_after,\
         row-processor/t0.batch1/2#9=error_after,row-processor/t1.batch0/1#14=error_before,\
         row-processor/t1.batch0/1#16=kill_after,row-processor/t1.batch0/2#6=error_before,\
         splitter/t0.created/1#16=kill_after,splitter/t1.continue/1#6=error_before,splitter/t1.created/1#18=kill_before",
    ),
    // A splitter that had lost its lease removed the unpacked file that the import had from another one.
    (
        202_683,
        "finisher/sweep/3#1=kill_before,finisher/sweep/4#3=kill_before,finisher/sweep/5#1=kill_before,\
         finisher/sweep/6#4=answer_lost,splitter/t0.continue/1#8=kill_before,splitter/t0.continue/2#3=error_before,\
         splitter/t0.continue/2#4=throttle,splitter/t0.continue/2#5=answer_lost,splitter/t0.continue/2~clock=clock,\
         splitter/t0.continue/3#1=error_after,splitter/t0.continue/3#3=slow,splitter/t0.continue/4~clock=clock,\
         splitter/t0.created/1#2=answer_lost,splitter/t0.created/1#20=kill_before,splitter/t0.created/1#9=hot_partition",
    ),
    (
        203_927,
        "splitter/t1.created/1=duplicate,splitter/t1.created/1#1=conflict,splitter/t1.created/1#6=answer_lost,\
         splitter/t1.created/1#7=slow,splitter/t1.created/1~clock=clock,splitter/t1.created/2#28=slow,\
         splitter/t1.created/2#3=error_before",
    ),
    // A worker that died behind its claims left one for a customer who was erased before the batch came again. Nobody
    // would ever have deleted it.
    (403_316, "row-processor/t2.batch0/1#14=kill_after"),
];

/// The same, of runs in which a row is about whom its strongest identifier names.
const FAILED_SINCE: [(u64, &str); 7] = [
    // Somebody was erased, and created again by a later import without the phone. An erasure by that phone found the claim
    // of the one who was gone, and said that it had erased a customer.
    (1_000_898, ""),
    // An import claimed a phone for a customer whom another one was to create, and who was never written, because the other
    // one had by then joined the customer of the first. Nobody got the phone.
    (2_000_212, "row-processor/t2.batch0/1#6=kill_before"),
    // A batch moved a customer to another segment, was decided anew because of somebody else, and left the customer on the
    // list of the first segment, where an erasure did not find it.
    (2_002_304, ""),
    // A batch had decided a row when a phone of it was suppressed that nobody had yet, and then created the customer with it.
    (30_003_446, "row-processor/t0.batch0/1#10=kill_after"),
    // A worker died before it gave up the claim on an email address that an earlier batch had given to the customer and that
    // its own batch replaced. Nobody did so later.
    (
        40_000_049,
        "row-processor/t1.batch384/1#3=kill_before,row-processor/t1.batch384/2#2=kill_before,\
         row-processor/t1.batch384/3#10=throttle,row-processor/t1.batch384/3#15=slow,\
         row-processor/t1.batch384/3#16=kill_after,row-processor/t1.batch384/3#9=throttle",
    ),
    // A slow copy of a batch claimed an email address long after its batch was counted, when a later batch had already
    // replaced that address and given the claim up.
    (
        50_002_447,
        "row-processor/t1.batch0/2#12=slow,splitter/t1.continue/1#18=kill_before,\
         splitter/t1.continue/2#8=kill_before,splitter/t1.created/1#1=slow,splitter/t1.created/2=duplicate,\
         splitter/t1.created/2#6=error_after,splitter/t1.created/3#1=error_after,\
         upload/t1.launch/1#3=kill_before",
    ),
    // A worker of an undo died before it gave up the claim on a phone that its customer had no more.
    (
        50_052_651,
        "row-processor/undo.batch1/1#10=lagging_index,row-processor/undo.batch1/1#15=kill_before,\
         row-processor/undo.batch1/2#12=answer_lost,row-processor/undo.batch1/2#15=slow,\
         row-processor/undo.batch1/2#20=kill_before",
    ),
];

#[test]
fn runs_that_failed_once_stay_mended() {
    for (seed, faults) in FAILED_ONCE {
        let mut case = Case::from_seed(seed);
        for import in &mut case.imports {
            // They failed when a row still updated any customer whom it met by email or phone.
            import.request["on_weak_match"] = json!("update");
        }
        let run = simulate(&case, FaultPlan::Listed(listed(faults)));
        assert_eq!(run.failure, None, "seed {seed}");
    }
    for (seed, faults) in FAILED_SINCE {
        let run = simulate(&Case::from_seed(seed), FaultPlan::Listed(listed(faults)));
        assert_eq!(run.failure, None, "seed {seed}");
    }
}

fn listed(faults: &str) -> FaultList {
    let faults = faults.split(',').filter(|fault| !fault.is_empty());
    faults.map(|fault| parse_fault(fault).expect("a fault")).collect()
}

/// Of every five calls one fails, and whoever looks for the batches that a cancelled import waits for makes dozens.
#[test]
fn a_cancelled_import_ends_although_no_sweep_gets_through() {
    let run = simulate(&Case::from_seed(5043), FaultPlan::from_seed(5043));
    assert_eq!(run.failure, None);
}

/// The import has ended, and its undo has deleted the customer, when a copy of a batch comes to write it.
#[test]
fn what_slow_workers_of_an_import_write_while_it_is_taken_back_does_not_stay() {
    for (copy, call) in [1, 2].into_iter().flat_map(|copy| (8..16).map(move |call| (copy, call))) {
        let slow = (call..call + 3).map(|call| (format!("row-processor/t1.batch0/{copy}#{call}"), Fault::Slow));
        let faults = slow.chain([("row-processor/t1.batch0/1".to_owned(), Fault::Duplicate)]);
        let run = simulate(&Case::from_seed(60_000_041), FaultPlan::Listed(faults.collect()));
        assert_eq!(run.failure, None, "copy {copy}, call {call}");
    }
}

/// A finisher dies at its second call each time. A copy of its message finds the lease of the dead one, leaves, and takes
/// the message with it, so only the sweep can go on.
#[test]
fn an_import_ends_within_days_although_finishers_die_twenty_times_and_their_messages_are_lost() {
    let faults = (0..20).flat_map(|death| {
        let place = format!("finisher/t0.finish/{}", 2 * death + 1);
        [(format!("{place}#2"), Fault::KillBefore), (place, Fault::Duplicate)]
    });
    let run = simulate(&Case::from_seed(8473), FaultPlan::Listed(faults.collect()));
    assert_eq!(run.failure, None);
    assert_eq!(run.faults.len(), 40, "{:?}", run.faults);
}

/// Every few calls of a row-processor take up to two minutes while it looks for the row that the tables refuse.
#[test]
fn a_row_that_cannot_be_written_takes_no_other_with_it_when_calls_are_slow() {
    for (seed, batch, first, step) in
        [(6121, "t0.batch128", 16, 4), (6691, "t0.batch0", 16, 4), (8782, "t0.batch1", 18, 5)]
    {
        let slow = (first..64).step_by(step).map(|call| (format!("row-processor/{batch}/1#{call}"), Fault::Slow));
        let run = simulate(&Case::from_seed(seed), FaultPlan::Listed(slow.collect()));
        assert_eq!(run.failure, None, "seed {seed}");
        assert!(run.faults.len() >= 5, "seed {seed}: {:?}", run.faults);
    }
}

/// A splitter has a second, and needs many of them to send the batches of its only part.
#[test]
fn a_part_with_more_batches_than_a_splitter_has_time_to_send_is_sent_by_several_that_end_in_time() {
    let mut case = Case::from_seed(18);
    let text = (0..1_500).fold(String::from("email\n"), |text, row| format!("{text}p{row}@example.com\n"));
    let import = &mut case.imports[0];
    (import.text, import.file) = (text.clone().into_bytes(), text.clone().into_bytes());
    import.request = json!({ "file": { "name": "customers.csv", "size": text.len() } });
    case.imports.truncate(1);
    case.story = Story::One;
    (case.batch_rows, case.file_part_bytes, case.splitter_timeout) = (1, u64::MAX, Duration::from_secs(1));
    (case.row_processors, case.messages_per_row_processor) = (4, 10);
    let run = simulate(&case, FaultPlan::Listed(FaultList::default()));
    assert_eq!((run.failure, run.unended), (None, 0), "a splitter was killed at its deadline");
}

#[test]
fn a_seed_is_one_course_of_events() {
    for seed in [2, 13, 28] {
        let run = || simulate(&Case::from_seed(seed), FaultPlan::from_seed(seed));
        let (first, second) = (run(), run());
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.faults, second.faults, "seed {seed}");
        // Listing the faults that were drawn must replay the run.
        let replayed = simulate(&Case::from_seed(seed), FaultPlan::Listed(first.faults.clone()));
        assert_eq!(replayed.trace, first.trace, "seed {seed}");
    }
}
