//! The model against what a local run counts.

use std::collections::BTreeMap;

use super::*;
use crate::cli::bench::Wanted;

pub(super) fn footprint() -> template::Footprint {
    template::footprint().unwrap()
}

pub(super) fn pace() -> Pace {
    Pace { row_ms: 1_000.0, split_ms: 50.0, call_ms: 5.0 }
}

/// A million new customers with three identifiers, a segment and an action.
pub(super) fn million() -> Workload {
    Workload {
        rows: 1_000_000,
        columns: 8,
        row_bytes: 100.0,
        identifiers: 3,
        segment: true,
        joins: false,
        action: true,
        share: Shares::NEW,
        repeated: 0.0,
    }
}

/// The workload that a phase of a sample was.
fn workload(sample: &Sample, wanted: &Wanted, at: usize) -> Workload {
    let run = &sample.runs[at];
    let rows = sample.rows as f64;
    let share = |name: &str| run.task["counters"][name].as_f64().unwrap() / rows;
    Workload {
        rows: sample.rows,
        columns: u32::try_from(sample.columns).unwrap(),
        row_bytes: sample.bytes as f64 / rows,
        segment: wanted.segment,
        action: wanted.action,
        share: Shares {
            new: share("created"),
            updated: share("updated"),
            unchanged: share("unchanged"),
            rejected: share("rejected"),
        },
        repeated: run.task["check"]["repeated_rows"].as_f64().unwrap_or(0.0) / rows,
        ..million()
    }
}

/// Two workers that count the last batches at once may both look after what follows: some units and a message more.
const BOTH: f64 = 4.0;

fn close(what: &str, foretold: f64, counted: f64, percent: f64) {
    let off = (foretold - counted).abs() / counted.max(1.0) * 100.0;
    println!("{what:<40}{foretold:>12.1} foretold{counted:>12.1} counted{off:>8.2} % off");
    assert!(off <= percent || (foretold - counted).abs() <= BOTH, "{what}: {foretold} foretold, {counted} counted");
}

async fn compare(rows: u64, flags: &[&str], with_settings: bool, percent: f64) {
    let wanted = Wanted {
        rows,
        seed: 3,
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        segment: with_settings,
        action: with_settings,
        phases: vec![Phase::New, Phase::Unchanged, Phase::Updated],
    };
    let sample = Sample::take(&wanted).await.unwrap();
    for (at, run) in sample.runs.iter().enumerate() {
        let work = workload(&sample, &wanted, at);
        let foretold = model::muster(&work, &pace(), &footprint());
        let counted = counted::counted(run, &sample, &footprint(), 1.0);
        let phase = run.phase.name();
        let of =
            |units: &counts::Amounts| units.iter().map(|(name, units)| (*name, *units)).collect::<BTreeMap<_, _>>();
        let (one, other) = (of(&foretold.write_units), of(&counted.write_units));
        for table in ["customers", "identities", "segments"] {
            // A segment, its group and an action are items too, the first time.
            close(&format!("{phase}: write units of {table}"), one[table] + 1.0, other[table] + 1.0, percent);
        }
        // A pass that takes longer says now and then how far it is.
        close(&format!("{phase}: write units of tasks"), one["tasks"], other["tasks"], 20.0);
        close(&format!("{phase}: all write units"), foretold.total_write_units(), counted.total_write_units(), percent);
        // The first ordered batch may be sent twice, as said above, and is then read twice.
        for table in ["customers", "identities"].into_iter().filter(|_| work.repeated == 0.0) {
            close(
                &format!("{phase}: read units of {table}"),
                foretold.read_units[table] + 50.0,
                counted.read_units[table] + 50.0,
                2.0 * percent,
            );
        }
        close(&format!("{phase}: messages"), foretold.messages, counted.messages, 5.0);
        for (table, items) in &run.usage.items {
            println!("{phase}: {:.0} bytes an item of {table}", run.usage.item_bytes[table] as f64 / *items as f64);
        }
        if run.phase == Phase::New && work.repeated == 0.0 {
            close("new: bytes stored", foretold.table_bytes, counted.table_bytes, 5.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_foretold_is_what_a_local_run_counts() {
    compare(3_000, &[], true, 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_for_wide_rows_and_for_rows_that_share_identifiers() {
    // Rows of one customer in one batch are one write, which the model does not foretell.
    compare(1_500, &["--all-columns", "--duplicates=5"], false, 5.0).await;
}

#[test]
fn a_wide_customer_takes_more_than_one_unit() {
    let narrow = million();
    assert_eq!(narrow.profile_units(), 1.0);
    let wide = Workload { columns: 60, row_bytes: 900.0, ..million() };
    assert_eq!(wide.profile_units(), 2.0);
    assert!(Plan::of(&wide).batches() > 3.0 * Plan::of(&narrow).batches());
}

#[test]
fn a_file_of_a_hundred_million_rows_overfills_the_filter() {
    let ordered = |rows: u64| Workload { rows, ..million() }.ordered();
    println!(
        "rows in the ordered lane by mistake: {:?}",
        [1, 10, 30, 100].map(|millions| ordered(millions * 1_000_000))
    );
    assert!(ordered(1_000_000) < 0.01 && ordered(100_000_000) > 0.5);
}
