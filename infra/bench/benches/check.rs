//! How fast the check pass is, next to a parser that only finds the cells of the same bytes.

use std::hint::black_box;
use std::io::{Read as _, Write as _};

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
    let encodings = check_encodings(&mut criterion);
    criterion.final_summary();
    for kind in Kind::ALL {
        ratios::print(kind.name(), "csv-core", &["check"]);
    }
    ratios::print(ENCODINGS, encodings[0], &encodings[1..]);
}

/// The group of one file in several encodings.
const ENCODINGS: &str = "emails only, by encoding";

/// Checks the same rows in several encodings, which nothing names. Gives the encodings.
fn check_encodings(criterion: &mut Criterion) -> [&'static str; 4] {
    let (text, rows) = Kind::Emails.file(FILE);
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    let utf_16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).expect("memory takes every byte");
    let packed = packed.finish().expect("memory takes every byte");
    let unpacked = |packed: &[u8]| {
        let mut bytes = Vec::new();
        flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut bytes).expect("it was packed here");
        check(&bytes, None)
    };
    let names = ["UTF-8", "windows-1252", "UTF-16", "gzip"];
    let mut group = criterion.benchmark_group(ENCODINGS);
    group.throughput(Throughput::Elements(rows));
    for (name, bytes) in names.into_iter().zip([text.as_bytes(), &windows, &utf_16]) {
        assert_eq!(check(bytes, None), Ok(rows), "{name}");
        group.bench_function(name, |run| run.iter(|| check(black_box(bytes), None)));
    }
    assert_eq!(unpacked(&packed), Ok(rows));
    group.bench_function(names[3], |run| run.iter(|| unpacked(black_box(&packed))));
    group.finish();
    names
}
