//! `muster-bench plan`: the check pass over made-up rows, of which nothing is stored.

use std::fmt;
use std::time::Instant;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use domain::plan::{BatchNumbers, FILE_PART_BYTES, LaterRowsObject, Planner, Wave};
use serde_json::{Value as Json, json};

use bench::read_options::{options, request};
use bench::rows::{MAX_PEOPLE, Rows};

/// Bytes of a chunk, about as many as a read of an object gives.
const CHUNK: usize = 256 * 1024;
/// Batches that run at a time: those of ten row processors.
const AT_A_TIME: u32 = 50;
/// Seconds of a batch, as docs/limits.md assumes.
const SECONDS_A_BATCH: f64 = 1.0;

/// Arguments of `muster-bench plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  muster-bench plan --rows 1000000
  muster-bench plan --rows 1200000 --people 300000

The last line is JSON. waves: the batches of each wave, the tail last. plan_bytes: the plan as it is stored. peak_bytes:
the most memory that the process had. rounds: 50 batches of a wave at a time, and one of the tail at a time.
simulated_seconds: a second for each round.")]
pub(crate) struct PlanBench {
    /// Rows of the file
    #[arg(long, value_parser = RangedU64ValueParser::<u64>::new().range(1..=MAX_PEOPLE))]
    rows: u64,
    /// People whom the rows are about, each row about one of them at random; without it, each row is about another one
    #[arg(long, value_parser = RangedU64ValueParser::<u64>::new().range(1..=MAX_PEOPLE))]
    people: Option<u64>,
    /// Seed of the rows: the same seed makes the same rows
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What a check pass came to.
#[derive(Debug)]
pub(crate) struct Measured {
    rows: u64,
    file_bytes: u64,
    parts: usize,
    outside_wave_0: u64,
    numbers: BatchNumbers,
    plan_bytes: u64,
    link_bytes: u64,
    peak_bytes: u64,
    seconds: f64,
}

impl PlanBench {
    /// Checks the rows.
    pub(crate) fn run(&self) -> Result<Measured, String> {
        let begun = Instant::now();
        let rows = Rows { rows: self.rows, people: self.people, seed: self.seed };
        let mut planner = Planner::new(options(&request(), rows.bytes()));
        let mut plan_bytes = 0;
        let mut note = |object: Option<LaterRowsObject>| {
            plan_bytes += object.map_or(0, |object| object.bytes.len() as u64);
        };
        rows.chunks(CHUNK, |chunk| {
            planner.push(chunk);
            note(planner.begin_part(FILE_PART_BYTES, later_rows_key));
        });
        let link_bytes = planner.link_bytes();
        let (checked, object) =
            planner.finish(later_rows_key).map_err(|failed| format!("the file is not sound: {:?}", failed.problems))?;
        note(object);
        let parts = serde_json::to_vec(&checked.parts).map_err(|error| error.to_string())?;
        Ok(Measured {
            rows: checked.rows,
            file_bytes: checked.bytes,
            parts: checked.parts.len(),
            outside_wave_0: checked.repeated,
            numbers: checked.numbers,
            plan_bytes: plan_bytes + parts.len() as u64,
            link_bytes,
            peak_bytes: peak_bytes().ok_or("this system does not say how much memory the process had at most")?,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }
}

/// A key as long as the splitter's.
fn later_rows_key(part: u32) -> String {
    let owner = "00000000-0000-0000-0000-000000000000".to_owned();
    ObjectKey::LaterRows { import: ImportId::from_bytes([0; 16]), owner, part }.to_string()
}

/// The most memory that this process had at a time, as Linux counts it.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

impl Measured {
    /// Batches of each wave, the tail last.
    fn waves(&self) -> Vec<u32> {
        Wave::all().map(|wave| self.numbers.of(wave)).collect()
    }

    /// How often a row processor begins a batch, with as many of them at a time as may run.
    fn rounds(&self) -> u64 {
        let of_wave = |wave: Wave| match wave {
            Wave::TAIL => self.numbers.of(wave),
            wave => self.numbers.of(wave).div_ceil(AT_A_TIME),
        };
        Wave::all().map(|wave| u64::from(of_wave(wave))).sum()
    }

    fn simulated_seconds(&self) -> f64 {
        self.rounds() as f64 * SECONDS_A_BATCH
    }

    /// It as JSON.
    pub(crate) fn json(&self) -> Json {
        json!({
            "rows": self.rows,
            "outside_wave_0": self.outside_wave_0,
            "waves": self.waves(),
            "plan_bytes": self.plan_bytes,
            "peak_bytes": self.peak_bytes,
            "seconds": (self.seconds * 1e3).round() / 1e3,
            "rounds": self.rounds(),
            "simulated_seconds": self.simulated_seconds(),
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
        let share = self.outside_wave_0 as f64 / self.rows as f64 * 100.0;
        let Self { rows, file_bytes, parts, outside_wave_0, plan_bytes, seconds, .. } = self;
        writeln!(f, "file               {rows} rows, {file_bytes} bytes in {parts} parts")?;
        writeln!(f, "outside wave 0     {outside_wave_0} rows, {share:.3} %")?;
        for wave in Wave::all().filter(|wave| self.numbers.of(*wave) > 0) {
            let name = if wave == Wave::TAIL { "tail".to_owned() } else { format!("wave {wave}") };
            writeln!(f, "{name:<19}{} batches", self.numbers.of(wave))?;
        }
        writeln!(f, "plan               {plan_bytes} bytes")?;
        let (links, peak) = (mib(self.link_bytes), mib(self.peak_bytes));
        writeln!(f, "memory             {peak:.0} MiB at most, {links:.0} MiB of it for identifiers at the end")?;
        writeln!(f, "time               {seconds:.1} seconds, {:.0} rows a second", *rows as f64 / seconds)?;
        let (rounds, simulated) = (self.rounds(), self.simulated_seconds());
        write!(f, "import             {rounds} rounds, {simulated:.0} seconds at a second a batch")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn measured(rows: u64, people: Option<u64>) -> Measured {
        PlanBench { rows, people, seed: 1 }.run().unwrap()
    }

    #[test]
    fn rows_about_few_people_are_in_several_waves() {
        let json = measured(20_000, Some(5_000)).json();
        let number = |name: &str| json[name].as_u64().unwrap();
        assert_eq!(number("rows"), 20_000);
        // A person has no row with a chance of 1 - 1/5000 to the power of 20,000, which is 1.8 %.
        assert!((14_900..=15_300).contains(&number("outside_wave_0")), "{json}");
        let waves: Vec<u64> = json["waves"].as_array().unwrap().iter().map(|wave| wave.as_u64().unwrap()).collect();
        assert_eq!(waves.len(), 9, "eight waves and the tail");
        assert_eq!(waves[0], 25, "4,900 rows and a few");
        assert!(waves[..8].is_sorted_by(|earlier, later| earlier >= later), "{json}");
        let rounds = waves[..8].iter().map(|batches| batches.div_ceil(50)).sum::<u64>() + waves[8];
        assert_eq!(number("rounds"), rounds);
        assert_eq!(json["simulated_seconds"].as_f64().unwrap(), rounds as f64);
        assert!(number("plan_bytes") > 15_000 && number("plan_bytes") < 40_000, "{json}");
        assert!(number("peak_bytes") > 1_000_000);
    }

    #[test]
    fn a_file_without_repeats_is_one_wave_and_has_a_small_plan() {
        let measured = measured(100_000, None);
        assert_eq!(measured.outside_wave_0, 0);
        assert_eq!(measured.waves(), [500, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(measured.rounds(), 10);
        assert!(measured.plan_bytes < 1_000, "{} bytes", measured.plan_bytes);
    }
}
