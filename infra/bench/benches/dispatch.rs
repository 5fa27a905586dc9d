//! How fast a checked file is cut into messages, next to a program that writes its lines into messages as they are.

use std::hint::black_box;

use bench::files::Kind;
use bench::ratios;
use bench::work::{body, checked, dispatch};
use criterion::{Criterion, Throughput};
use domain::plan::{BatchText, MAX_ROWS, MAX_TEXT, Run};

/// Bytes of the file.
const FILE: usize = 8 * 1024 * 1024;

/// Writes the lines below the first one into messages of as many rows and bytes, and gives their bytes.
fn lines(text: &str) -> usize {
    let (mut sent, mut batch, mut row) = (0, 0, 0);
    let mut rows = BatchText::default();
    let mut send = |rows: &mut BatchText, batch: &mut u32| {
        sent += body(*batch, std::mem::take(rows));
        *batch += 1;
    };
    for line in text.lines().skip(1) {
        if rows.count == MAX_ROWS || rows.text.len() + line.len() + 1 > MAX_TEXT {
            send(&mut rows, &mut batch);
        }
        row += 1;
        if rows.count == 0 {
            rows.runs.push(Run { at: 0, row, line: row + 1 });
        }
        rows.count += 1;
        rows.text.push_str(line);
        rows.text.push('\n');
    }
    send(&mut rows, &mut batch);
    sent
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let (text, _) = Kind::Emails.file(FILE);
    let Some(checked) = checked(&text, None) else { panic!("the file is not sound") };
    assert_eq!(dispatch(&checked, text.as_bytes()), lines(&text), "both write the same messages");
    let mut group = criterion.benchmark_group("dispatch");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("lines", |run| run.iter(|| lines(black_box(&text))));
    group.bench_function("dispatch", |run| run.iter(|| dispatch(&checked, black_box(text.as_bytes()))));
    group.finish();
    criterion.final_summary();
    ratios::print("dispatch", "lines", &["dispatch"]);
}
