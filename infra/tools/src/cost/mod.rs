//! `muster cost`: what an import costs at published prices, next to the floor and to other designs.

mod answer;
mod bill;
mod counted;
mod counts;
mod designs;
#[cfg(test)]
mod fixtures;
mod idle;
mod layout;
mod model;
mod on_aws;
mod plan;
mod prices;
mod rows;
mod show;
#[cfg(test)]
mod tests;
mod workload;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use stack::template::Footprint;
use stack::{STACK_NAME, template};

use crate::sample::{Phase, Sample, SampleOptions};
use answer::Answer;
use designs::Design;
use on_aws::{Deployment, Outcome};
use plan::Plan;
use prices::Prices;
use workload::{Pace, Shares, Workload};

/// Bytes of a cell with its delimiter, in files of `muster generate`: a row of 8 columns has 99.9 bytes.
const CELL_BYTES: f64 = 12.5;

/// Arguments of `muster cost`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster cost --rows 1000000 --columns 20
  muster cost --rows 1000000 --share unchanged=95,updated=4,new=1
  muster cost --measured 5000 --price write_units_million=0.7")]
pub struct Cost {
    /// Rows of the file
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Columns of the file
    #[arg(long, default_value_t = 8)]
    columns: u32,
    /// Bytes of a row [default: 12.5 for each column, as in files of `muster generate`]
    #[arg(long, value_name = "BYTES")]
    row_bytes: Option<f64>,
    /// Identifiers in each row: external id, email, phone
    #[arg(long, default_value_t = 3)]
    identifiers: u32,
    /// The import names a segment (the default)
    #[arg(long, overrides_with = "no_segment")]
    segment: bool,
    /// The import names no segment
    #[arg(long)]
    no_segment: bool,
    /// Customers who exist already join the segment too
    #[arg(long, conflicts_with = "no_segment")]
    joins: bool,
    /// The import notes an action in each customer's feed (the default)
    #[arg(long, overrides_with = "no_source_action")]
    source_action: bool,
    /// The import notes no action
    #[arg(long)]
    no_source_action: bool,
    /// Percent of rows that are new, updated, unchanged and rejected; without new, the rest is new
    #[arg(long, default_value = "new=100", value_name = "KIND=PERCENT,…")]
    share: Shares,
    /// Percent of rows that share an identifier with an earlier row of the file
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
    repeated: f64,
    /// Keep what becomes of each row, as the setting `results` does
    #[arg(long)]
    results: bool,
    /// Also show the forecast of the import
    #[arg(long)]
    forecast: bool,
    /// Also show what it costs to take the import back
    #[arg(long)]
    undo: bool,
    /// Also import this many made-up rows in a temporary directory, and count [5000 if ROWS is left out]
    #[arg(long, value_name = "ROWS", num_args = 0..=1, default_missing_value = "5000")]
    measured: Option<u64>,
    /// Milliseconds that Lambda's row processor takes for 1,000 rows [default: those of a local run, times the factor]
    #[arg(long, value_name = "MS")]
    row_ms: Option<f64>,
    /// Milliseconds that Lambda's splitter takes for a megabyte [default: those of a local run, times the factor]
    #[arg(long, value_name = "MS")]
    split_ms: Option<f64>,
    /// How many times longer Lambda takes than this machine. Nobody has measured it: on Lambda a function has part of
    /// a core and its tables are a network away; here functions and tables share the cores
    #[arg(long, default_value_t = 1.0, value_name = "TIMES")]
    lambda_factor: f64,
    /// Milliseconds of a call to a table, for designs that wait for one call after another, and for --time
    #[arg(long, default_value_t = 5.0, value_name = "MS")]
    call_ms: f64,
    /// Write units a second that a table takes
    #[arg(long, value_delimiter = ',', default_value = "4000,40000", value_name = "UNITS")]
    write_rate: Vec<f64>,
    /// Also simulate how long it takes on AWS: for each number of row processors, at each rate of write units
    #[arg(long, value_name = "ROW_PROCESSORS,…", value_delimiter = ',', num_args = 0..=1, default_missing_value = "4,10,50")]
    time: Option<Vec<u32>>,
    /// With --time: memory of the row processor in MB [default: as in the template]
    #[arg(long, value_name = "MB", value_delimiter = ',')]
    row_memory: Vec<f64>,
    /// With --time: milliseconds that a core computes for 1,000 rows in the row processor. 14 are to parse and decide
    /// (`cargo bench -p bench --bench rows`), the rest is a guess at a quarter of a millisecond for each of 320 calls
    #[arg(long, value_name = "MS", default_value_t = 94.0)]
    row_cpu_ms: f64,
    /// Show what a deployment costs while nothing is imported
    #[arg(long)]
    idle: bool,
    /// Read the prices from this file
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Replace a price, such as write_units_million=0.625
    #[arg(long, value_name = "NAME=DOLLARS")]
    price: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Cost {
    /// Computes the costs. Returns them as tables, or as JSON if that is asked for.
    ///
    /// # Errors
    /// When a price is unknown, or the sample that is to be measured cannot be imported.
    pub async fn run(&self) -> anyhow::Result<String> {
        let prices = Prices::read(self.prices.as_deref(), &self.price)?;
        let footprint = template::footprint()?;
        if self.idle {
            let lines = idle::lines(&template::definitions(STACK_NAME)?, &footprint, &prices);
            return Ok(if self.json {
                json!({ "month": lines, "prices": prices }).to_string()
            } else {
                idle::table(&lines, &prices)
            });
        }
        let work = self.workload();
        let sample = match self.measured {
            Some(rows) => Some(Sample::take(&sample_options(rows, &work)).await?),
            None => None,
        };
        let pace = self.pace(sample.as_ref());
        let mut designs = vec![Design { name: "Muster", counts: model::muster(&work, &pace, &footprint) }];
        if let Some(sample) = &sample {
            let counts = counted::scaled(sample, &work, &footprint, self.lambda_factor);
            designs.push(Design { name: "counted", counts });
        }
        if self.forecast {
            designs.push(Design { name: "its forecast", counts: model::forecast(&work, &pace, &footprint) });
        }
        if self.undo {
            designs.push(Design { name: "its undo", counts: model::undo(&work, &pace, &footprint) });
        }
        designs.extend(designs::others(&work, &pace));
        let answer = Answer {
            plan: Plan::for_workload(&work),
            work,
            pace,
            prices,
            designs,
            write_rates: self.write_rate.clone(),
            counted_rows: sample.map(|sample| sample.rows),
            outcomes: Vec::new(),
        };
        let answer = Answer { outcomes: self.outcomes(&answer, &footprint), ..answer };
        Ok(if self.json { answer.json().to_string() } else { show::answer(&answer) })
    }

    /// How the import goes on AWS, for each deployment that is asked for.
    fn outcomes(&self, answer: &Answer, footprint: &Footprint) -> Vec<Outcome> {
        let memory = |function: &str| footprint.memory.get(function).map_or(512.0, |mb| f64::from(*mb));
        let row_memory =
            if self.row_memory.is_empty() { vec![memory("row-processor")] } else { self.row_memory.clone() };
        let mut outcomes = Vec::new();
        for concurrency in self.time.iter().flatten() {
            for write_rate in &self.write_rate {
                for row_memory in &row_memory {
                    let deployment = Deployment {
                        concurrency: *concurrency,
                        write_rate: *write_rate,
                        row_memory: *row_memory,
                        splitter_memory: memory("splitter"),
                        row_cpu_ms: self.row_cpu_ms,
                        split_cpu_ms: answer.pace.split_ms,
                        call_ms: self.call_ms,
                    };
                    let units = &answer.designs[0].counts.write_units;
                    outcomes.push(on_aws::simulate(&answer.work, &answer.plan, units, &deployment));
                }
            }
        }
        outcomes
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
            results: self.results,
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
}

/// The sample that resembles a workload: one import for each kind of row in it.
fn sample_options(rows: u64, work: &Workload) -> SampleOptions {
    let mut phases = vec![Phase::New];
    phases.extend((work.share.unchanged > 0.0).then_some(Phase::Unchanged));
    phases.extend((work.share.updated > 0.0).then_some(Phase::Updated));
    SampleOptions {
        rows,
        seed: 1,
        flags: if work.columns > 8 { vec!["--all-columns".to_owned()] } else { Vec::new() },
        segment: work.segment,
        action: work.action,
        phases,
    }
}
