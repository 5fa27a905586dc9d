//! `muster cost`: what an import costs at published prices, beside the floor and other designs.

mod bill;
mod counted;
mod counts;
mod designs;
mod idle;
mod model;
mod prices;
mod show;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use local::stack::{STACK_NAME, template};
use serde_json::json;

use super::bench::{Phase, Sample};
use super::say;
use bill::bill;
use designs::Design;
use model::Plan;
use prices::Prices;
use workload::{Pace, Shares, Workload};

pub(crate) use show::number;

/// Bytes of a cell with its delimiter, in the files of `muster generate`: 99.9 for 8 columns.
const CELL_BYTES: f64 = 12.5;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster cost --rows 1000000 --columns 20
  muster cost --rows 1000000 --share unchanged=95,updated=4,new=1
  muster cost --measured 5000 --price write_units_million=0.7")]
pub(crate) struct Cost {
    /// Rows of the file
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Its columns
    #[arg(long, default_value_t = 8)]
    columns: u32,
    /// Bytes of a row [default: 12.5 a column, as in files of `muster generate`]
    #[arg(long, value_name = "BYTES")]
    row_bytes: Option<f64>,
    /// Identifiers of a row: external id, email, phone
    #[arg(long, default_value_t = 3)]
    identifiers: u32,
    /// The import names a segment [default]
    #[arg(long, overrides_with = "no_segment")]
    segment: bool,
    /// The import names no segment
    #[arg(long)]
    no_segment: bool,
    /// Known customers are not in that segment yet
    #[arg(long, conflicts_with = "no_segment")]
    joins: bool,
    /// The import notes an action in each customer's feed [default]
    #[arg(long, overrides_with = "no_source_action")]
    source_action: bool,
    /// The import notes no action
    #[arg(long)]
    no_source_action: bool,
    /// Percent of rows that are new, updated, unchanged and rejected; the rest is new
    #[arg(long, default_value = "new=100", value_name = "KIND=PERCENT,…")]
    share: Shares,
    /// Percent of rows that share an identifier with an earlier row of the file
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
    repeated: f64,
    /// Also import so many made-up rows in a temporary directory, and count [default: 5000 rows]
    #[arg(long, value_name = "ROWS", num_args = 0..=1, default_missing_value = "5000")]
    measured: Option<u64>,
    /// Milliseconds of Lambda's row processor for 1,000 rows [default: those of a local run times the factor]
    #[arg(long, value_name = "MS")]
    row_ms: Option<f64>,
    /// Milliseconds of Lambda's splitter for a megabyte [default: those of a local run times the factor]
    #[arg(long, value_name = "MS")]
    split_ms: Option<f64>,
    /// How many times longer than here things take on Lambda. Nobody has measured it: there a function has a part of a core
    /// and its tables are a network away, here they take the same cores
    #[arg(long, default_value_t = 1.0, value_name = "TIMES")]
    lambda_factor: f64,
    /// Milliseconds of a call of a table, for designs that await one after another
    #[arg(long, default_value_t = 5.0, value_name = "MS")]
    call_ms: f64,
    /// Seconds of an ordered batch, as those run one after another
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    ordered_seconds: f64,
    /// Write units that a table takes in a second
    #[arg(long, value_delimiter = ',', default_value = "4000,40000", value_name = "UNITS")]
    write_rate: Vec<f64>,
    /// What a deployment costs while nothing is imported
    #[arg(long)]
    idle: bool,
    /// Another table of prices
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Another price, such as write_units_million=0.625
    #[arg(long, value_name = "NAME=DOLLARS")]
    price: Vec<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What the calculator came to.
pub(crate) struct Answer {
    work: Workload,
    plan: Plan,
    pace: Pace,
    prices: Prices,
    designs: Vec<Design>,
    /// Rows of the sample, if one was taken.
    counted_rows: Option<u64>,
}

impl Cost {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let prices = Prices::read(self.prices.as_deref(), &self.price)?;
        let footprint = template::footprint()?;
        if self.idle {
            let lines = idle::idle(&template::definition(STACK_NAME)?, &footprint, &prices);
            let text = if self.json {
                json!({ "month": lines, "prices": prices }).to_string()
            } else {
                show::idle(&lines, &prices)
            };
            say(&text)?;
            return Ok(ExitCode::SUCCESS);
        }
        let work = self.workload();
        let sample = match self.measured {
            Some(rows) => Some(Sample::take(&self.sample_of(rows, &work)).await?),
            None => None,
        };
        let pace = self.pace(sample.as_ref());
        let mut designs: Vec<Design> = vec![("Muster", model::muster(&work, &pace, &footprint))];
        if let Some(sample) = &sample {
            designs.push(("counted", counted::scaled(sample, &work, &footprint, self.lambda_factor)));
        }
        designs.extend(designs::others(&work, &pace));
        let counted_rows = sample.map(|sample| sample.rows);
        let answer = Answer { plan: Plan::of(&work), work, pace, prices, designs, counted_rows };
        say(&if self.json {
            self.as_json(&answer).to_string()
        } else {
            show::answer(&answer, &self.write_rate, self.ordered_seconds)
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn workload(&self) -> Workload {
        Workload {
            rows: self.rows,
            columns: self.columns,
            row_bytes: self.row_bytes.unwrap_or(f64::from(self.columns) * CELL_BYTES),
            identifiers: self.identifiers,
            segment: !self.no_segment,
            joins: self.joins,
            action: !self.no_source_action,
            share: self.share,
            repeated: self.repeated / 100.0,
        }
    }

    /// What is to be imported to count it: the phases that the rows are in.
    fn sample_of(&self, rows: u64, work: &Workload) -> super::bench::Wanted {
        let mut phases = vec![Phase::New];
        phases.extend((work.share.unchanged > 0.0).then_some(Phase::Unchanged));
        phases.extend((work.share.updated > 0.0).then_some(Phase::Updated));
        super::bench::Wanted {
            rows,
            seed: 1,
            flags: if work.columns > 8 { vec!["--all-columns".to_owned()] } else { Vec::new() },
            segment: work.segment,
            action: work.action,
            phases,
        }
    }

    fn pace(&self, sample: Option<&Sample>) -> Pace {
        let measured = sample.map_or(counted::MEASURED, counted::pace);
        Pace {
            row_ms: self.row_ms.unwrap_or(measured.row_ms * self.lambda_factor),
            split_ms: self.split_ms.unwrap_or(measured.split_ms * self.lambda_factor),
            call_ms: self.call_ms,
        }
    }

    fn as_json(&self, answer: &Answer) -> serde_json::Value {
        let design = |(name, counts): &Design| {
            let bill = bill(counts, &answer.prices);
            let dollars: serde_json::Map<_, _> =
                bill.services.iter().map(|(service, dollars)| ((*service).to_owned(), json!(dollars))).collect();
            json!({ "design": name, "counts": counts, "write_units": counts.total_write_units(),
                "dollars": dollars, "total": bill.total, "stored_month": bill.month })
        };
        let plan = answer.plan;
        json!({
            "workload": answer.work,
            "pace": answer.pace,
            "prices": answer.prices,
            "plan": { "parallel_batches": plan.parallel, "ordered_batches": plan.ordered, "pages": plan.pages,
                "cuts": plan.cuts, "message_bytes": plan.message },
            "designs": answer.designs.iter().map(design).collect::<Vec<_>>(),
            "seconds": self.write_rate.iter().map(|rate| {
                json!({ "write_rate": rate, "seconds": answer.designs[0].1.busiest().1 / rate })
            }).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests;
