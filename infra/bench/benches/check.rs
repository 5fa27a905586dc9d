//! How fast the check pass is, next to a parser that only finds the cells of the same bytes.

use std::hint::black_box;

use bench::files::Kind;
use bench::ratios;
use bench::read_options::{options, request};
use criterion::{Criterion, Throughput};
use domain::plan::{FILE_PART_BYTES, Planner};

/// Bytes of a file.
const FILE: usize = 8 * 1024 * 1024;
/// Bytes of a chunk, about as many as a read of an object gives.
const CHUNK: usize = 256 * 1024;

/// Checks a file, and gives its rows, or what is wrong with it.
fn check(bytes: &[u8], region: Option<&str>) -> Result<u64, String> {
    let mut request = request();
    request.default_region = region.map(ToOwned::to_owned);
    let mut planner = Planner::new(options(&request, bytes.len() as u64));
    for chunk in bytes.chunks(CHUNK) {
        planner.push(chunk);
        black_box(planner.begin_part(FILE_PART_BYTES, |part| part.to_string()));
    }
    let checked = planner.finish(|part| part.to_string());
    checked.map(|(checked, _)| checked.rows).map_err(|failed| format!("{:?}", failed.problems))
}

/// Finds the cells of a file, and gives its records.
fn cells(bytes: &[u8], out: &mut [u8], ends: &mut [usize]) -> u64 {
    let mut reader = csv_core::Reader::new();
    let (mut rest, mut records) = (bytes, 0);
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, wrote, new_ends) = reader.read_record(rest, &mut out[written..], &mut ends[ended..]);
        rest = &rest[read..];
        (written, ended) = (written + wrote, ended + new_ends);
        match result {
            csv_core::ReadRecordResult::Record => {
                records += 1;
                black_box(&out[..written]);
                (written, ended) = (0, 0);
            }
            csv_core::ReadRecordResult::End => return records,
            _ => {}
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    for kind in Kind::ALL {
        let (text, rows) = kind.file(FILE);
        let bytes = text.as_bytes();
        let mut group = criterion.benchmark_group(kind.name());
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let (mut out, mut ends) = (vec![0; 1024 * 1024], vec![0; 1024]);
        group.bench_function("csv-core", |run| run.iter(|| cells(black_box(bytes), &mut out, &mut ends)));
        group.bench_function("check", |run| {
            assert_eq!(check(bytes, kind.region()), Ok(rows), "{}", kind.name());
            run.iter(|| check(black_box(bytes), kind.region()));
        });
        group.finish();
    }
    criterion.final_summary();
    for kind in Kind::ALL {
        ratios::print(kind.name(), "csv-core", &["check"]);
    }
}
