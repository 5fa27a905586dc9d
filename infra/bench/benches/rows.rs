//! How fast a batch's text becomes rows, and rows become decisions: rows a second of one core, and allocations a row.

use std::hint::black_box;

use allocation_counter::measure;
use bench::files::Kind;
use bench::work::{Prepared, decided};
use bench::{ratios, rows::Rows};
use criterion::{Criterion, Throughput};
use domain::plan::MAX_ROWS;

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
        let prepared = Prepared::new(text, *region).unwrap_or_else(|| panic!("{name} is not sound"));
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
