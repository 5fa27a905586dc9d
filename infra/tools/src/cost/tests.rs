//! The model's predictions, compared with what a local run counts.

use super::fixtures::{footprint, million, pace};
use super::plan::Plan;
use super::workload::{Shares, Workload};
use super::{counted, model, on_aws};
use stack::Usage;

use crate::sample::{Phase, Sample, SampleOptions};

/// Units and messages that may differ without an error: two workers that count the last batches at the same time may
/// both begin what follows.
const LEEWAY: f64 = 4.0;

/// The workload that one import of a sample was.
fn workload(sample: &Sample, options: &SampleOptions, at: usize) -> Workload {
    let run = &sample.runs[at];
    let rows = sample.rows as f64;
    let share = |name: &str| run.import["counters"][name].as_f64().unwrap() / rows;
    Workload {
        rows: sample.rows,
        columns: u32::try_from(sample.columns).unwrap(),
        row_bytes: sample.bytes as f64 / rows,
        segment: options.segment,
        action: options.action,
        share: Shares {
            new: share("created"),
            updated: share("updated"),
            unchanged: share("unchanged"),
            rejected: share("rejected"),
        },
        repeated: run.import["check"]["repeated_rows"].as_f64().unwrap_or(0.0) / rows,
        ..million()
    }
}

/// Calls to the tables for many items at once.
fn batch_calls(usage: &Usage) -> f64 {
    let calls = ["dynamodb.BatchGetItem", "dynamodb.BatchWriteItem", "dynamodb.BatchExecuteStatement"];
    calls.iter().filter_map(|operation| usage.requests.get(*operation)).sum::<u64>() as f64
}

fn assert_close(what: &str, predicted: f64, counted: f64, percent: f64) {
    let off = (predicted - counted).abs() / counted.max(1.0) * 100.0;
    println!("{what:<40}{predicted:>12.1} predicted{counted:>12.1} counted{off:>8.2} % off");
    assert!(
        off <= percent || (predicted - counted).abs() <= LEEWAY,
        "{what}: {predicted} predicted, {counted} counted"
    );
}

async fn compare(rows: u64, flags: &[&str], with_settings: bool, percent: f64) {
    let options = SampleOptions {
        rows,
        seed: 3,
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        segment: with_settings,
        action: with_settings,
        phases: vec![Phase::New, Phase::Unchanged, Phase::Updated],
    };
    let sample = Sample::take(&options).await.unwrap();
    for (at, run) in sample.runs.iter().enumerate() {
        let work = workload(&sample, &options, at);
        let predicted = model::muster(&work, &pace(), &footprint());
        let counted = counted::counted(run, &sample, &footprint(), 1.0);
        let phase = run.phase.name();
        for table in ["customers", "identities", "segments"] {
            // The first import creates a segment, its group and an action, which are items too.
            assert_close(
                &format!("{phase}: write units of {table}"),
                predicted.write_units[table] + 1.0,
                counted.write_units[table] + 1.0,
                percent,
            );
        }
        // A pass of the splitter records its progress from time to time, so on a slow machine it writes more.
        assert_close(
            &format!("{phase}: write units of tasks"),
            predicted.write_units["tasks"],
            counted.write_units["tasks"],
            20.0,
        );
        assert_close(
            &format!("{phase}: all write units"),
            predicted.total_write_units(),
            counted.total_write_units(),
            percent,
        );
        // Two workers may both begin the next wave; its rows are then read twice.
        for table in ["customers", "identities"].into_iter().filter(|_| work.repeated == 0.0) {
            assert_close(
                &format!("{phase}: read units of {table}"),
                predicted.read_units[table] + 50.0,
                counted.read_units[table] + 50.0,
                2.0 * percent,
            );
        }
        assert_close(&format!("{phase}: messages"), predicted.messages, counted.messages, 5.0);
        assert_close(&format!("{phase}: batch calls"), on_aws::batch_calls(&work), batch_calls(&run.usage), 15.0);
        assert_close(&format!("{phase}: object PUTs"), predicted.object_puts, counted.object_puts, 25.0);
        for (table, items) in &run.usage.items {
            println!("{phase}: {:.0} bytes an item of {table}", run.usage.item_bytes[table] as f64 / *items as f64);
        }
        if run.phase == Phase::New && work.repeated == 0.0 {
            assert_close("new: bytes stored", predicted.table_bytes, counted.table_bytes, 5.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_predicts_what_a_local_run_counts() {
    compare(3_000, &[], true, 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_predicts_wide_rows_and_rows_that_share_identifiers() {
    // Rows of one customer in one batch are one write, which the model does not predict.
    compare(1_500, &["--all-columns", "--duplicates=5"], false, 5.0).await;
}

#[test]
fn a_forecast_and_an_undo_write_at_most_what_the_import_does_and_results_cost_a_put_a_batch() {
    let (work, pace, footprint) = (million(), pace(), footprint());
    let import = model::muster(&work, &pace, &footprint);
    let batches = Plan::for_workload(&work).batches();
    let forecast = model::forecast(&work, &pace, &footprint);
    // Without the entries in feeds and the members.
    assert_eq!(import.total_write_units() - forecast.total_write_units(), 2e6);
    assert_eq!(forecast.write_units["customers"], 0.0);
    assert_eq!(model::undo(&work, &pace, &footprint).total_write_units(), import.total_write_units());
    let with_results = model::muster(&Workload { results: true, ..work }, &pace, &footprint);
    assert_eq!(with_results.write_units, import.write_units);
    let more = with_results.object_puts - import.object_puts;
    assert!((batches..batches + 20.0).contains(&more), "{more} PUTs for {batches} batches");
}

#[test]
fn a_wide_customer_takes_more_than_one_unit() {
    let narrow = million();
    assert_eq!(narrow.profile_units(), 1.0);
    let wide = Workload { columns: 60, row_bytes: 900.0, ..million() };
    assert_eq!(wide.profile_units(), 2.0);
    assert!(Plan::for_workload(&wide).batches() > 3.0 * Plan::for_workload(&narrow).batches());
}

#[test]
fn a_file_of_a_hundred_million_rows_has_few_rows_outside_wave_0() {
    let later = |rows: u64| Workload { rows, ..million() }.later();
    println!("rows outside wave 0 by mistake: {:?}", [1, 10, 30, 100].map(|millions| later(millions * 1_000_000)));
    assert!(later(100_000_000) < 0.005);
}
