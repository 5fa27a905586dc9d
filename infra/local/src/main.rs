//! The `muster` command.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(cli::run(arguments)));
    result.unwrap_or_else(|error| {
        cli::complain(&error);
        ExitCode::from(2)
    })
}
