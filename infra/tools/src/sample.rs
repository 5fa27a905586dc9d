//! A made-up file, imported into a stack of its own that is deleted afterwards, with what the stack counted.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use client::{Api, text};
use serde_json::{Value as Json, json};
use stack::{Options, Stack, Timeouts, Usage};

use crate::generate::Generate;
use crate::usage;

/// Pause between two questions whether an import has ended.
const POLL: Duration = Duration::from_millis(200);
/// Time that a function may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often the file is read as CSV only; the quickest reading counts.
const READINGS: usize = 3;

/// What file to make, and how to import it.
#[derive(Debug, Clone)]
pub(crate) struct SampleOptions {
    /// Rows of the file.
    pub(crate) rows: u64,
    /// Seed of the rows.
    pub(crate) seed: u64,
    /// More flags of `muster generate`.
    pub(crate) flags: Vec<String>,
    /// Whether the imports name a segment.
    pub(crate) segment: bool,
    /// Whether the imports note an action.
    pub(crate) action: bool,
    /// The imports, one after another.
    pub(crate) phases: Vec<Phase>,
}

/// One of the imports of the file, by what most of its rows do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The file goes into an empty database.
    New,
    /// The file goes in again.
    Unchanged,
    /// The file goes in again with first and last names exchanged.
    Updated,
}

/// One import of the file, and what it took.
#[derive(Debug)]
pub(crate) struct Run {
    /// Which of the imports this was.
    pub(crate) phase: Phase,
    /// Time from launching the import to its end.
    pub(crate) seconds: f64,
    /// The import as the API showed it at its end.
    pub(crate) import: Json,
    /// What the stack counted meanwhile.
    pub(crate) usage: Usage,
}

/// A file and its imports.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Rows of the file.
    pub(crate) rows: u64,
    /// Columns of the file.
    pub(crate) columns: usize,
    /// Length of the file.
    pub(crate) bytes: u64,
    /// Time that it takes to read the file as CSV and do nothing with it.
    pub(crate) parse_seconds: f64,
    /// The imports, in their order.
    pub(crate) runs: Vec<Run>,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::New => "new",
            Phase::Unchanged => "unchanged",
            Phase::Updated => "updated",
        }
    }
}

impl Sample {
    /// Makes the file, imports it once for each phase, and leaves nothing behind.
    pub(crate) async fn take(sample: &SampleOptions) -> anyhow::Result<Sample> {
        let folder = tempfile::Builder::new().prefix("muster-").tempdir().context("no temporary directory")?;
        let path = folder.path().join("customers.csv");
        let columns = generate(sample, &path)?;
        let bytes = std::fs::metadata(&path)?.len();
        let parse_seconds = read_only(&path, sample.rows)?;
        // On a slow machine a function may take long, and whatever is tried again would be counted twice.
        let timeouts = Timeouts {
            upload: PATIENCE,
            splitter: PATIENCE,
            row_processor: PATIENCE,
            finisher: PATIENCE,
            status: PATIENCE,
            console: PATIENCE,
        };
        let options = Options { timeouts, stalled: PATIENCE, ..Options::new(folder.path().join("data")) };
        let stack = Stack::start(options).await?;
        let api = Api::new(stack.api_url(), Some(stack.api_key()))?;
        let mut runs = Vec::new();
        for phase in &sample.phases {
            runs.push(import(&api, &path, bytes, sample, *phase).await?);
        }
        stack.stop().await;
        Ok(Sample { rows: sample.rows, columns, bytes, parse_seconds, runs })
    }
}

/// Writes the file. Returns the number of its columns.
fn generate(sample: &SampleOptions, path: &Path) -> anyhow::Result<usize> {
    let flags = [format!("--rows={}", sample.rows), format!("--seed={}", sample.seed)];
    let generate = Generate::from_flags(flags.into_iter().chain(sample.flags.iter().cloned()))?;
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    generate.write(&mut file)?;
    file.flush()?;
    Ok(generate.columns())
}

/// Seconds that it takes to read all records and do nothing with them.
fn read_only(path: &Path, rows: u64) -> anyhow::Result<f64> {
    let mut quickest = f64::INFINITY;
    for _ in 0..READINGS {
        let begun = Instant::now();
        let mut reader = csv::Reader::from_path(path)?;
        let (mut record, mut count) = (csv::ByteRecord::new(), 0);
        while reader.read_byte_record(&mut record)? {
            count += 1;
        }
        if count != rows {
            bail!("the file has {count} records instead of {rows}");
        }
        quickest = quickest.min(begun.elapsed().as_secs_f64());
    }
    Ok(quickest)
}

async fn import(api: &Api, path: &Path, bytes: u64, sample: &SampleOptions, phase: Phase) -> anyhow::Result<Run> {
    let mut request = json!({ "file": { "name": "customers.csv", "size": bytes }, "settings": {} });
    if sample.segment {
        request["settings"]["segment"] = json!({ "name": "Bench" });
    }
    if sample.action {
        request["settings"]["source_action"] = json!({ "name": "Bench" });
    }
    if phase == Phase::Updated {
        request["columns"] = json!({ "first_name": "last_name", "last_name": "first_name" });
    }
    let before = usage::read(api).await.context("the stack does not count what it is asked")?;
    let begun = Instant::now();
    let launched = api.post("/imports", Some(&request), None).await.context("the import could not be launched")?;
    api.upload(path, &launched["upload"], bytes).await?;
    let mut tag = None;
    let import = loop {
        let changed = api.import(text(&launched, "id"), &mut tag).await.context("the import could not be read")?;
        if let Some(import) = changed {
            match text(&import, "state") {
                "completed" => break import,
                "failed" | "cancelled" => bail!("the import failed: {}", import["failure"]),
                _ => {}
            }
        }
        tokio::time::sleep(POLL).await;
    };
    let seconds = begun.elapsed().as_secs_f64();
    let usage = usage::read(api).await.context("the stack does not count what it is asked")?.since(&before);
    Ok(Run { phase, seconds, import, usage })
}
