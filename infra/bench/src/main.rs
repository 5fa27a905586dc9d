//! `muster-bench`: measurements of single parts of Muster, without AWS and without the local stack.

mod customers;
mod dialects;
mod encodings;
mod once;
mod plan;
mod preview;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use dialects::DialectsBench;
use encodings::EncodingsBench;
use once::Once;
use plan::PlanBench;
use preview::PreviewBench;

/// Measures single parts of Muster, without AWS and without the local stack.
#[derive(Debug, Parser)]
#[command(name = "muster-bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check made-up rows as the splitter does, and show in which waves they would be imported
    Plan(PlanBench),
    /// Check files of every delimiter and quoting, sound and damaged ones, and compare what is read with what was written
    Dialects(DialectsBench),
    /// Check customers of 35 languages in every encoding that they are met in, with the encoding to be found
    Encodings(EncodingsBench),
    /// Do a piece of work once, for a tool that counts its instructions
    Once(Once),
    /// Preview a file of 20 columns, and show how long that takes
    Preview(PreviewBench),
}

fn main() -> ExitCode {
    let report = match Arguments::parse().command {
        Command::Plan(bench) => bench.run().map(|measured| format!("{measured}\n{}\n", measured.json())),
        Command::Once(work) => work.run(),
        Command::Dialects(bench) => bench.run().map(|measured| format!("{measured}\n{}\n", measured.json())),
        Command::Preview(bench) => bench.run().map(|measured| format!("{measured}\n{}\n", measured.json())),
        Command::Encodings(bench) => bench.run().map(|measured| format!("{measured}\n{}\n", measured.json())),
    };
    let written = report
        .and_then(|report| std::io::stdout().lock().write_all(report.as_bytes()).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere left to complain when standard error is closed.
            let _closed = writeln!(std::io::stderr().lock(), "muster-bench: {error}");
            ExitCode::from(2)
        }
    }
}
