//! `muster import`: settings, upload, progress, and what came of it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use local::stack::Usage;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::api::{Api, text};
use super::progress::Progress;
use super::{note, say};

/// How long to wait before asking again how far an import is: at first, and at most.
const POLL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster import customers.csv --segment \"May survey\" --source-action \"Filled in May survey\"
  muster import kunden.csv --encoding windows-1252 --region DE --map Kundennr=external_id --skip Notizen")]
pub(crate) struct Import {
    /// The file: CSV with a header row
    file: PathBuf,
    /// A description for the list of imports
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The file's encoding, such as windows-1252, or auto to have it found [default: utf-8, or as its byte order mark says]
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// The file's delimiter [default: found]
    #[arg(long, value_name = "C")]
    delimiter: Option<String>,
    /// The region that national phone numbers are of, such as DE
    #[arg(long, value_name = "CC")]
    region: Option<String>,
    /// How dates are written, such as DD.MM.YYYY [default: found]
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,
    /// The segment to add the customers to; it is created if need be
    #[arg(long, value_name = "[GROUP/]NAME")]
    segment: Option<String>,
    /// The action to note in the customers' feeds
    #[arg(long, value_name = "NAME")]
    source_action: Option<String>,
    /// Where the data came from
    #[arg(long, value_name = "NAME")]
    api_endpoint: Option<String>,
    /// The channel or site that customers are linked to
    #[arg(long, value_name = "NAME")]
    touchpoint: Option<String>,
    /// What a row may do to customers
    #[arg(long, value_parser = ["upsert", "create_only", "update_only"])]
    mode: Option<String>,
    /// What an empty cell does
    #[arg(long, value_parser = ["keep", "clear"])]
    on_empty_cell: Option<String>,
    /// What a value that cannot be used does
    #[arg(long, value_parser = ["drop_value", "reject"])]
    on_invalid_value: Option<String>,
    /// What an identifier of somebody else does
    #[arg(long, value_parser = ["skip_identifier", "reject"])]
    on_conflict: Option<String>,
    /// What a column without a value does
    #[arg(long, value_parser = ["fail", "ignore"])]
    on_empty_column: Option<String>,
    /// Stop when more than this share of the rows is rejected, from 0 to 1
    #[arg(long, value_name = "SHARE")]
    max_rejected_ratio: Option<f64>,
    /// A header that is a column of another name
    #[arg(long, value_name = "HEADER=COLUMN")]
    map: Vec<String>,
    /// A header that is to be left out
    #[arg(long, value_name = "HEADER")]
    skip: Vec<String>,
    /// Upload in parts, a few at a time; files over 5 GB always are
    #[arg(long)]
    multipart: bool,
    /// Only find out what would happen
    #[arg(long)]
    dry_run: bool,
    /// Where to save the report [default: errors/ID.csv under the data directory]
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Progress to standard error, and the import as JSON as the last line of standard output
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(crate) async fn run(&self, api: &Api, data: &Path) -> anyhow::Result<ExitCode> {
        let unreadable = || format!("{} cannot be read", self.file.display());
        let size = tokio::fs::metadata(&self.file).await.with_context(unreadable)?.len();
        let before = usage(api).await;
        let mut request = self.request(size)?;
        request["file"]["sha256"] = sha256(&self.file).await.with_context(unreadable)?.into();
        let launched = api.post("/imports", Some(&request), None).await?;
        let id = text(&launched, "id").to_owned();
        note(&format!("Import {}", text(&launched, "url")));
        if let Some(before) = launched["imported_before"]["id"].as_str() {
            note(&format!("This very file was imported before, as {before}."));
        }
        api.upload(&self.file, &launched["upload"], size).await?;
        let mut task = tokio::select! {
            task = wait(api, &id) => task?,
            _ = tokio::signal::ctrl_c() => {
                note(&format!("The import goes on without this command; muster status {id} tells how far it is."));
                return Ok(ExitCode::from(130));
            }
        };
        let report = self.save_report(api, data, &task).await?;
        if let (Some(before), Some(after)) = (before, usage(api).await) {
            task["usage"] = cost(&after.since(&before), &task);
        }
        if self.json {
            say(&task.to_string())?;
        } else {
            tell(&task, report.as_deref())?;
        }
        let left = ["rejected", "unprocessed"].iter().any(|name| task["counters"][name].as_u64() != Some(0));
        Ok(match (text(&task, "state"), left) {
            ("completed", false) => ExitCode::SUCCESS,
            ("completed", true) => ExitCode::from(1),
            _ => ExitCode::from(2),
        })
    }

    fn request(&self, size: u64) -> anyhow::Result<Json> {
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut body = json!({ "file": { "name": name, "size": size }, "dry_run": self.dry_run, "settings": {} });
        for (field, value) in [
            ("description", &self.description),
            ("encoding", &self.encoding),
            ("delimiter", &self.delimiter),
            ("default_region", &self.region),
            ("date_format", &self.date_format),
            ("mode", &self.mode),
            ("on_empty_cell", &self.on_empty_cell),
            ("on_invalid_value", &self.on_invalid_value),
            ("on_conflict", &self.on_conflict),
            ("on_empty_column", &self.on_empty_column),
        ] {
            if let Some(value) = value {
                body[field] = value.as_str().into();
            }
        }
        if self.multipart {
            body["file"]["multipart"] = true.into();
        }
        if let Some(ratio) = self.max_rejected_ratio {
            body["max_rejected_ratio"] = ratio.into();
        }
        for (field, value) in [("api_endpoint", &self.api_endpoint), ("touchpoint", &self.touchpoint)] {
            if let Some(value) = value {
                body["settings"][field] = value.as_str().into();
            }
        }
        if let Some(segment) = &self.segment {
            body["settings"]["segment"] = match segment.split_once('/') {
                Some((group, name)) => json!({ "group": group, "name": name, "create": true }),
                None => json!({ "name": segment, "create": true }),
            };
        }
        if let Some(action) = &self.source_action {
            body["settings"]["source_action"] = json!({ "name": action, "create": true });
        }
        for pair in &self.map {
            let (header, column) =
                pair.rsplit_once('=').with_context(|| format!("--map {pair}: write HEADER=COLUMN"))?;
            body["columns"][header] = column.into();
        }
        for header in &self.skip {
            body["columns"][header] = Json::Null;
        }
        Ok(body)
    }

    async fn save_report(&self, api: &Api, data: &Path, task: &Json) -> anyhow::Result<Option<PathBuf>> {
        if task["links"]["errors"].is_null() {
            return Ok(None);
        }
        let id = text(task, "id");
        let path = self.errors.clone().unwrap_or_else(|| data.join("errors").join(format!("{id}.csv")));
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let report = api.errors(id).await?;
        tokio::fs::write(&path, report).await.with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Some(path))
    }
}

/// Asks how far the import is until it has ended.
pub(crate) async fn wait(api: &Api, id: &str) -> anyhow::Result<Json> {
    let mut progress = Progress::new();
    let (mut tag, mut pause) = (None, POLL.0);
    loop {
        if let Some(task) = api.import(id, &mut tag).await? {
            progress.show(&task);
            if matches!(text(&task, "state"), "completed" | "failed" | "cancelled") {
                progress.end();
                return Ok(task);
            }
            pause = POLL.0;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(POLL.1);
    }
}

/// The file's SHA-256 in base64, by which a damaged upload is found.
async fn sha256(path: &Path) -> std::io::Result<String> {
    let path = path.to_owned();
    let digest = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => return std::io::Result::Ok(hash.finalize()),
                length => hash.update(&buffer[..length]),
            }
        }
    });
    Ok(STANDARD.encode(digest.await.map_err(std::io::Error::other)??))
}

/// What the local stack counted so far; another Muster does not tell.
pub(crate) async fn usage(api: &Api) -> Option<Usage> {
    serde_json::from_value(api.get("/local/usage").await.ok()?).ok()
}

/// What the import cost, per 1,000 rows, beside the floor: one write unit for each item that had to be written.
fn cost(usage: &Usage, task: &Json) -> Json {
    let count = |name: &str| task["counters"][name].as_u64().unwrap_or(0);
    let rows = count("rows");
    let per_thousand = |count: f64| if rows == 0 { 0.0 } else { (count * 100_000.0 / rows as f64).round() / 100.0 };
    let floor = floor(usage, task);
    json!({
        "rows": rows,
        "write_units": usage.write_units,
        "read_units": usage.read_units,
        "requests": usage.requests,
        "messages": usage.messages,
        "new_items": usage.items,
        "write_units_per_1000_rows": per_thousand(usage.total_write_units()),
        "write_units_floor_per_1000_rows": per_thousand(floor as f64),
        "read_units_per_1000_rows": per_thousand(usage.total_read_units()),
        "requests_per_1000_rows": per_thousand(usage.total_requests() as f64),
    })
}

/// Write units that no design can do without: what is new had to be written, and so had each customer that a row changed.
/// The task's own items are overhead.
pub(crate) fn floor(usage: &Usage, task: &Json) -> u64 {
    let of_customers = usage.items.iter().filter(|(table, _)| !table.ends_with("-tasks"));
    let new_items: u64 = of_customers.map(|(_, items)| items).sum();
    new_items + task["counters"]["updated"].as_u64().unwrap_or(0)
}

pub(crate) fn tell(task: &Json, report: Option<&Path>) -> anyhow::Result<()> {
    let failure = &task["failure"];
    if !failure.is_null() {
        say(&format!("The import failed: {}", text(failure, "message")))?;
        let problems = failure["problems"].as_array().map_or(&[][..], Vec::as_slice);
        for problem in problems {
            say(&format!("  {}{} [{}]", place(problem), text(problem, "message"), text(problem, "code")))?;
        }
        let total = failure["problems_total"].as_u64().unwrap_or(0);
        if total > problems.len() as u64 {
            say(&format!("  … and {} more", total - problems.len() as u64))?;
        }
        if task["counters"]["rows"].as_u64() == Some(0) {
            return say("No customer was changed by a file that failed in checking.");
        }
    }
    say(&format!("Import {} is {}.", text(task, "id"), text(task, "state")))?;
    say(&format!("  read as {} with the delimiter {}", text(&task["file"], "encoding"), task["file"]["delimiter"]))?;
    for notice in task["check"]["notices"].as_array().into_iter().flatten() {
        let count = &notice["count"];
        say(&format!("  note: {}{} [{}, {count} ×]", place(notice), text(notice, "message"), text(notice, "code")))?;
    }
    for name in ["rows", "created", "updated", "unchanged", "rejected", "unprocessed", "warnings"] {
        say(&format!("  {name:<12}{:>12}", task["counters"][name].to_string()))?;
    }
    for (code, count) in task["errors_by_code"].as_object().into_iter().flatten() {
        say(&format!("  {count} × {code}"))?;
    }
    if let Some(report) = report {
        say(&format!("Correct the rows in {} and import it again as it is.", report.display()))?;
    }
    say(text(&task["links"], "self"))
}

/// `row 2, line 3, column email: `, as far as it is known.
fn place(problem: &Json) -> String {
    let mut parts = Vec::new();
    for name in ["row", "line"] {
        if let Some(number) = problem[name].as_u64() {
            parts.push(format!("{name} {number}"));
        }
    }
    if let Some(column) = problem["column"].as_str() {
        parts.push(format!("column {column}"));
    }
    if parts.is_empty() { String::new() } else { format!("{}: ", parts.join(", ")) }
}
