//! How long a preview takes: the request read, the sample checked twice if need be, and the answer written.

use std::fmt;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use domain::columns::FieldKind;
use domain::imports::{CatalogueAtLaunch, ImportId, read_options};
use domain::preview::{MAX_SAMPLE, PreviewRequest, preview};
use serde_json::{Value as Json, json};

/// The header of 20 columns.
const HEADER: &str = "external_id,email,phone,first_name,last_name,middle_name,sex,birth_date,language,country,region,city,\
                      postal_code,address,company,subscribed,subscribed.email,discount_card,custom.size,custom.joined\n";
/// Words that the cells are made of, more than one of them beyond ASCII.
const WORDS: [&str; 8] = ["Köln", "Maria", "Łódź", "Peter", "Straße", "Laura", "Orléans", "Simon"];

/// Measures the preview of a file of 20 columns.
#[derive(Debug, Args)]
pub(crate) struct PreviewBench {
    /// Bytes of the sample, at most 256 KiB
    #[arg(long, default_value_t = MAX_SAMPLE)]
    bytes: usize,
    /// How often it is measured
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// Leave a header unknown, so that the sample is looked at a second time
    #[arg(long)]
    unknown_header: bool,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    bytes: usize,
    columns: usize,
    rows: u64,
    ready: bool,
    answer_bytes: usize,
    /// The time of each round, the shortest first.
    times: Vec<Duration>,
}

impl PreviewBench {
    /// Measures it.
    ///
    /// # Errors
    /// When the made-up file is not read as it should be.
    pub(crate) fn run(&self) -> Result<Measured, String> {
        let sample = self.sample();
        let body = json!({
            "file": { "name": "customers.csv", "size": 100_000_000 },
            "default_region": "DE",
            "sample": STANDARD.encode(&sample),
        });
        let body = body.to_string();
        let mut measured =
            Measured { bytes: sample.len(), columns: 0, rows: 0, ready: false, answer_bytes: 0, times: Vec::new() };
        for _ in 0..self.rounds.max(1) {
            let begun = Instant::now();
            let asked = PreviewRequest::parse(body.as_bytes()).map_err(|problems| format!("{problems:?}"))?;
            let fields = [("size".to_owned(), FieldKind::Number), ("joined".to_owned(), FieldKind::Date)];
            let catalogue = CatalogueAtLaunch { fields: fields.into(), ..CatalogueAtLaunch::default() };
            // Birth dates of made-up people lie before it.
            let launched = ImportId::from_bytes([1; 16]).launched();
            let options = read_options(&asked.request, &catalogue, launched, sample.len() as u64);
            let seen = preview(&asked.sample, options, &asked.request.columns).map_err(|problem| problem.message)?;
            let answer = serde_json::to_string(&seen).map_err(|error| error.to_string())?;
            measured.times.push(begun.elapsed());
            (measured.columns, measured.rows, measured.ready) = (seen.columns.len(), seen.rows_seen, seen.ready);
            measured.answer_bytes = answer.len();
        }
        measured.times.sort_unstable();
        if measured.columns != 20 || measured.ready == self.unknown_header {
            return Err(format!("the made-up file is read wrongly: {measured:?}"));
        }
        Ok(measured)
    }

    /// The beginning of a made-up file.
    fn sample(&self) -> Vec<u8> {
        let header = if self.unknown_header { HEADER.replace("company", "Arbeitgeber") } else { HEADER.to_owned() };
        let mut text = header;
        let mut row = 0_usize;
        while text.len() < self.bytes.min(MAX_SAMPLE) {
            let word = |shift: usize| WORDS[(row * 31 + shift * 7) % WORDS.len()];
            text.push_str(&format!(
                "C-{row:06},p{row}@mail.example,0151 {:08},{},{},,{},{:02}.{:02}.{},de,DE,{},{},{:05},{} {},{},{},{},D{row},\"{},{}\",2020-01-{:02}\n",
                10_000_000 + row,
                word(0),
                word(1),
                if row.is_multiple_of(2) { "f" } else { "m" },
                1 + row % 28,
                1 + row % 12,
                1950 + row % 50,
                word(2),
                word(3),
                row % 100_000,
                word(4),
                row % 200,
                word(5),
                if row.is_multiple_of(3) { "ja" } else { "nein" },
                if row.is_multiple_of(5) { "yes" } else { "no" },
                row % 60,
                row % 10,
                1 + row % 28,
            ));
            row += 1;
        }
        let mut bytes = text.into_bytes();
        bytes.truncate(self.bytes.min(MAX_SAMPLE));
        bytes
    }
}

impl Measured {
    fn median(&self) -> f64 {
        self.times.get(self.times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }

    fn longest(&self) -> f64 {
        self.times.last().map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }

    /// What was measured, as JSON.
    pub(crate) fn json(&self) -> Json {
        json!({
            "bytes": self.bytes,
            "columns": self.columns,
            "rows": self.rows,
            "ready": self.ready,
            "answer_bytes": self.answer_bytes,
            "rounds": self.times.len(),
            "median_ms": self.median(),
            "longest_ms": self.longest(),
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, columns, rows) = (self.bytes, self.columns, self.rows);
        let (median, longest, rounds) = (self.median(), self.longest(), self.times.len());
        write!(
            f,
            "{bytes} bytes, {columns} columns, {rows} rows: a preview takes {median:.1} ms, at most {longest:.1} ms in {rounds} rounds"
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_file_is_read_as_it_is_meant() {
        for unknown_header in [false, true] {
            let bench = PreviewBench { bytes: 80_000, rounds: 1, unknown_header };
            let measured = bench.run().unwrap();
            assert!(measured.rows > 300 && measured.bytes == 80_000, "{measured}");
        }
    }
}
