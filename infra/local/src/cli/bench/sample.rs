//! A made-up file and what became of it: imported in a directory that is gone afterwards, and counted.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use local::stack::{Options, Stack, Timeouts, Usage};
use serde_json::{Value as Json, json};

use crate::cli::api::{Api, text};
use crate::cli::generate::Generate;
use crate::cli::import::usage;

/// How often an import is asked whether it has ended.
const POLL: Duration = Duration::from_millis(200);
/// How long a function may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often a file is read as CSV only; the quickest counts.
const READINGS: usize = 3;

/// What is to be imported.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) rows: u64,
    pub(crate) seed: u64,
    /// More flags of `muster generate`.
    pub(crate) flags: Vec<String>,
    pub(crate) segment: bool,
    pub(crate) action: bool,
    pub(crate) phases: Vec<Phase>,
}

/// An import of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Into an empty database.
    New,
    /// Once more.
    Unchanged,
    /// Once more, with first and last names exchanged.
    Updated,
}

/// What one import came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) phase: Phase,
    pub(crate) seconds: f64,
    pub(crate) task: Json,
    pub(crate) usage: Usage,
}

/// A file and its imports.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) rows: u64,
    pub(crate) columns: usize,
    pub(crate) bytes: u64,
    pub(crate) parse_seconds: f64,
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
    /// Makes the file, imports it as often as is wanted, and leaves nothing behind.
    pub(crate) async fn take(wanted: &Wanted) -> anyhow::Result<Sample> {
        let folder = tempfile::Builder::new().prefix("muster-").tempdir().context("no temporary directory")?;
        let path = folder.path().join("customers.csv");
        let columns = generate(wanted, &path)?;
        let bytes = std::fs::metadata(&path)?.len();
        let parse_seconds = read_only(&path, wanted.rows)?;
        // A slow machine may take longer; what is tried again would be counted twice.
        let timeouts = Timeouts {
            upload: PATIENCE,
            splitter: PATIENCE,
            row_processor: PATIENCE,
            finisher: PATIENCE,
            status: PATIENCE,
        };
        let options = Options { timeouts, stalled: PATIENCE, ..Options::new(folder.path().join("data")) };
        let stack = Stack::start(options).await?;
        let api = Api::new(stack.api_url(), Some(stack.api_key()))?;
        let mut runs = Vec::new();
        for phase in &wanted.phases {
            runs.push(import(&api, &path, bytes, wanted, *phase).await?);
        }
        stack.stop().await;
        Ok(Sample { rows: wanted.rows, columns, bytes, parse_seconds, runs })
    }
}

fn generate(wanted: &Wanted, path: &Path) -> anyhow::Result<usize> {
    let flags = [format!("--rows={}", wanted.rows), format!("--seed={}", wanted.seed)];
    let generate = Generate::of(flags.into_iter().chain(wanted.flags.iter().cloned()))?;
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

async fn import(api: &Api, path: &Path, bytes: u64, wanted: &Wanted, phase: Phase) -> anyhow::Result<Run> {
    let mut request = json!({ "file": { "name": "customers.csv", "size": bytes }, "settings": {} });
    if wanted.segment {
        request["settings"]["segment"] = json!({ "name": "Bench" });
    }
    if wanted.action {
        request["settings"]["source_action"] = json!({ "name": "Bench" });
    }
    if phase == Phase::Updated {
        request["columns"] = json!({ "first_name": "last_name", "last_name": "first_name" });
    }
    let before = usage(api).await.context("the stack does not count")?;
    let begun = Instant::now();
    let launched = api.post("/imports", Some(&request), None).await.context("the import could not be launched")?;
    api.upload(path, &launched["upload"], bytes).await?;
    let mut tag = None;
    let task = loop {
        if let Some(task) = api.import(text(&launched, "id"), &mut tag).await.context("its state could not be read")? {
            match text(&task, "state") {
                "completed" => break task,
                "failed" | "cancelled" => bail!("the import failed: {}", task["failure"]),
                _ => {}
            }
        }
        tokio::time::sleep(POLL).await;
    };
    let seconds = begun.elapsed().as_secs_f64();
    let usage = usage(api).await.context("the stack does not count")?.since(&before);
    Ok(Run { phase, seconds, task, usage })
}
