//! `muster bench`: a made-up file, imported twice in a temporary directory, and how fast that was and what it took.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::readable::number;
use crate::sample::{Phase, Run, Sample, SampleOptions};
use crate::usage::floor;

/// Arguments of `muster bench`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster bench --rows 50000
  muster bench --rows 20000 --duplicates 5 --all-columns --json")]
pub struct Bench {
    /// Rows of the file
    #[arg(long, default_value_t = 20_000)]
    rows: u64,
    /// Seed of the rows: the same seed makes the same rows
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Percent of rows that repeat the person of an earlier row
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    duplicates: String,
    /// Add the other attributes of customers
    #[arg(long)]
    all_columns: bool,
    /// Import without a segment
    #[arg(long)]
    no_segment: bool,
    /// Import without noting an action
    #[arg(long)]
    no_source_action: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Bench {
    /// Imports the file. Returns the report as a table, or as JSON if that is asked for.
    ///
    /// # Errors
    /// When the local stack cannot be started, or an import does not complete.
    pub async fn run(&self) -> anyhow::Result<String> {
        let mut flags = vec!["--duplicates".to_owned(), self.duplicates.clone()];
        flags.extend(self.all_columns.then(|| "--all-columns".to_owned()));
        let sample = Sample::take(&SampleOptions {
            rows: self.rows,
            seed: self.seed,
            flags,
            segment: !self.no_segment,
            action: !self.no_source_action,
            phases: vec![Phase::New, Phase::Unchanged],
        })
        .await?;
        let report = report(&sample);
        Ok(if self.json { report.to_string() } else { table(&report) })
    }
}

/// The report as JSON.
fn report(sample: &Sample) -> Json {
    let runs: Vec<Json> = sample.runs.iter().map(|run| run_report(sample, run)).collect();
    json!({
        "rows": sample.rows,
        "columns": sample.columns,
        "bytes": sample.bytes,
        "parse_seconds": round(sample.parse_seconds),
        "parse_rows_per_second": (sample.rows as f64 / sample.parse_seconds).round(),
        "runs": runs,
    })
}

/// The member of the report about one import: ratios wherever a ratio depends less on the machine than a time does.
fn run_report(sample: &Sample, run: &Run) -> Json {
    let usage = &run.usage;
    let rows = sample.rows as f64;
    let per_thousand = |amount: f64| round(amount * 1e3 / rows);
    let floor = floor(usage, &run.import) as f64;
    let total: u64 = usage.functions.values().map(|function| function.milliseconds).sum();
    let functions: serde_json::Map<String, Json> = usage
        .functions
        .iter()
        .filter(|(_, function)| function.invocations > 0)
        .map(|(name, function)| {
            let shares = json!({
                "invocations": function.invocations,
                "milliseconds": function.milliseconds,
                "share": round(function.milliseconds as f64 / total.max(1) as f64),
            });
            (name.clone(), shares)
        })
        .collect();
    json!({
        "run": run.phase.name(),
        "counters": run.import["counters"],
        "seconds": round(run.seconds),
        "rows_per_second": (rows / run.seconds).round(),
        "times_parsing": round(run.seconds / sample.parse_seconds),
        "write_units_per_1000_rows": per_thousand(usage.total_write_units()),
        "floor_per_1000_rows": per_thousand(floor),
        "times_floor": if floor > 0.0 { json!(round(usage.total_write_units() / floor)) } else { Json::Null },
        "read_units_per_1000_rows": per_thousand(usage.total_read_units()),
        "requests_per_1000_rows": per_thousand(usage.total_requests() as f64),
        "messages_per_1000_rows": per_thousand(usage.total_messages() as f64),
        "functions": functions,
    })
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The report as a table for people, with a column for each import.
fn table(report: &Json) -> String {
    let value = |json: &Json, name: &str| json[name].as_f64().unwrap_or(0.0);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _written = writeln!(
        out,
        "{} rows of {} columns, {} bytes. Reading them as CSV and nothing else: {} rows a second.\n",
        number(value(report, "rows")),
        report["columns"],
        number(value(report, "bytes")),
        number(value(report, "parse_rows_per_second")),
    );
    let runs = report["runs"].as_array().map_or(&[][..], Vec::as_slice);
    let mut row = |name: &str, cell: &dyn Fn(&Json) -> String| {
        let cells: String = runs.iter().map(|run| format!("{:>14}", cell(run))).collect();
        let _written = writeln!(out, "{name:<34}{cells}");
    };
    row("", &|run| run["run"].as_str().unwrap_or_default().to_owned());
    row("rows a second", &|run| number(value(run, "rows_per_second")));
    row("time, times reading as CSV only", &|run| number(value(run, "times_parsing")));
    for (name, member) in [
        ("write units for 1,000 rows", "write_units_per_1000_rows"),
        ("  the floor", "floor_per_1000_rows"),
        ("  times the floor", "times_floor"),
        ("read units for 1,000 rows", "read_units_per_1000_rows"),
        ("requests for 1,000 rows", "requests_per_1000_rows"),
        ("messages for 1,000 rows", "messages_per_1000_rows"),
    ] {
        row(name, &|run| if run[member].is_null() { "-".to_owned() } else { format!("{:.3}", value(run, member)) });
    }
    for function in ["upload", "splitter", "row-processor", "finisher", "status"] {
        row(&format!("share of time: {function}"), &|run| {
            format!("{:.1} %", value(&run["functions"][function], "share") * 100.0)
        });
    }
    out.push_str("\nTimes depend on this machine, where stores, queues and functions share the cores: compare ratios.");
    out
}
