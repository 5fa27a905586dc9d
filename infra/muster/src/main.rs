//! The `muster` command: imports a file, shows what became of it, and keeps the local stack running.
//!
//! `arguments` is what can be typed, `run` hands it on, and `commands` has a file for each subcommand.

mod arguments;
mod commands;
mod ended;
mod endpoint;
mod failure;
mod flags;
mod logs;
mod output;
mod place;
mod preview;
mod report;
mod run;
mod saved;
mod settings;
mod shell;
mod signals;
mod summary;
mod terminal;
mod typed;
mod wait;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;

/// The exit code of a process that SIGPIPE ended, as when `head` has read enough.
const PIPE_CLOSED: u8 = 141;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run::run(arguments)));
    result.unwrap_or_else(|error| {
        if output::is_unread(&error) {
            return ExitCode::from(PIPE_CLOSED);
        }
        output::complain(&error);
        ExitCode::from(2)
    })
}
