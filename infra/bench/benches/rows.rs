//! How fast a batch's text becomes rows, and rows become decisions: rows a second of one core, and allocations a row.

use std::hint::black_box;

use allocation_counter::measure;
use bench::files::Kind;
use bench::read_options::{options, request};
use bench::{ratios, rows::Rows};
use criterion::{Criterion, Throughput};
use domain::decide::{Row, Stored, Terms, decide};
use domain::imports::{CatalogueAtLaunch, ImportId, row_rules};
use domain::plan::{BatchRecords, BatchText, Checked, MAX_ROWS, Planner, Run};

/// A batch of rows of a sound file, and how they are read.
struct Prepared {
    checked: Checked,
    batch: BatchText,
}

/// The first rows of a file, as they travel.
fn prepared(text: &str, region: Option<&str>) -> Prepared {
    let mut request = request();
    request.default_region = region.map(ToOwned::to_owned);
    let mut planner = Planner::new(options(&request, text.len() as u64));
    planner.push(text.as_bytes());
    let checked = planner.finish(|part| part.to_string()).map(|(checked, _)| checked);
    let checked = checked.unwrap_or_else(|failed| panic!("the file is not sound: {:?}", failed.problems));
    let records: String = text.split_inclusive('\n').skip(1).take(MAX_ROWS as usize).collect();
    let batch = BatchText { count: MAX_ROWS, runs: vec![Run { at: 0, row: 1, line: 2 }], text: records };
    Prepared { checked, batch }
}

/// Reads the rows and decides them as those of new customers; gives how many there are.
fn decided(prepared: &Prepared, region: Option<&str>) -> usize {
    let mut request = request();
    request.default_region = region.map(ToOwned::to_owned);
    let import = ImportId::from_bytes([1; 16]);
    let Ok(records) = BatchRecords::read(&prepared.batch, &prepared.checked) else { return 0 };
    let rules = row_rules(&request, import.launched(), &prepared.checked);
    let rows = Row::parse_all(&records, &prepared.checked, &rules);
    let terms = Terms::new(import, &request, &CatalogueAtLaunch::default(), &prepared.checked);
    let decision = decide(&rows, Stored::default(), &terms, &[]);
    black_box(decision.fates.len())
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let mut eight = Vec::new();
    Rows { rows: 1_000, people: None, seed: 1 }.chunks(usize::MAX, |chunk| eight.extend_from_slice(chunk));
    let eight = String::from_utf8_lossy(&eight).into_owned();
    let files = [
        ("8 columns", eight, None),
        (Kind::Emails.name(), Kind::Emails.file(100_000).0, None),
        (Kind::NationalPhones.name(), Kind::NationalPhones.file(100_000).0, Kind::NationalPhones.region()),
        (Kind::AllColumns.name(), Kind::AllColumns.file(200_000).0, Kind::AllColumns.region()),
    ];
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(u64::from(MAX_ROWS)));
    let mut allocations = Vec::new();
    for (name, text, region) in &files {
        let prepared = prepared(text, *region);
        assert_eq!(decided(&prepared, *region), MAX_ROWS as usize, "{name}");
        let counted = measure(|| {
            decided(&prepared, *region);
        });
        allocations.push((*name, counted.count_total as f64 / f64::from(MAX_ROWS)));
        group.bench_function(*name, |run| run.iter(|| decided(black_box(&prepared), *region)));
    }
    group.finish();
    criterion.final_summary();
    let names: Vec<&str> = files.iter().map(|(name, _, _)| *name).collect();
    ratios::print("rows", names[0], &names[1..]);
    ratios::print_counts("allocations a row", &allocations);
}
