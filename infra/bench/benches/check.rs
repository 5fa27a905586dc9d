//! How fast the check pass is, next to a parser that only finds the cells of the same bytes.

use std::hint::black_box;

use bench::files::Kind;
use bench::ratios;
use bench::work::check;
use criterion::{Criterion, Throughput};

/// Bytes of a file.
const FILE: usize = 8 * 1024 * 1024;

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
