//! The two streams: results on standard output, everything else on standard error.

use std::io::Write as _;

use anyhow::Context as _;

/// Writes a line to standard output.
pub(crate) fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("standard output cannot be written")
}

/// Writes a line to standard error.
pub(crate) fn note(line: &str) {
    // There is nowhere left to complain when standard error is closed.
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes an error and its causes to standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    note(&format!("muster: {error:#}"));
}
