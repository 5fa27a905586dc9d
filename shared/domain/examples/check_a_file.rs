//! Checks a CSV file as the splitter does, without AWS: `cargo run -p domain --example check_a_file -- FILE`.
//! It prints what the check found, and exits with 1 if the file is not sound.

#![allow(clippy::print_stdout, reason = "what it finds is its output")]

use std::error::Error;
use std::fs::File;
use std::io::Read as _;
use std::process::ExitCode;

use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::Planner;
use jiff::Timestamp;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a CSV file")?;
    let mut file = File::open(&path)?;
    let settings = br#"{ "file": { "name": "customers.csv" }, "encoding": "auto" }"#;
    let request = ImportRequest::parse(settings).map_err(|problems| format!("{problems:?}"))?;
    let options = read_options(&request, &CatalogueAtLaunch::default(), Timestamp::now(), file.metadata()?.len());
    let mut planner = Planner::new(options);
    let mut chunk = vec![0; 256 * 1024];
    while !planner.is_over() {
        match file.read(&mut chunk)? {
            0 => break,
            length => planner.push(&chunk[..length]),
        }
    }
    match planner.finish(|_| String::new()) {
        Ok((checked, _later_rows)) => {
            println!("{path} is sound: {} rows in {}.", checked.rows, checked.encoding);
            for (header, column) in checked.layout.header.iter().zip(&checked.layout.columns) {
                let meaning = column.as_ref().map_or_else(|| "left out".to_owned(), ToString::to_string);
                println!("  {header}: {meaning}");
            }
            println!("It would travel in {} batches.", checked.numbers.numbers().count());
            Ok(ExitCode::SUCCESS)
        }
        Err(failed) => {
            println!("{path} is not sound: {} problems.", failed.total);
            for problem in failed.problems {
                let line = problem.line.map(|line| format!("line {line}: ")).unwrap_or_default();
                println!("  {line}{} ({})", problem.message, problem.code);
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
