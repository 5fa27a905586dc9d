//! An import's progress on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use client::text;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use serde_json::Value as Json;

use crate::output::note;
use crate::terminal;

/// Where the progress of one import is shown. Dropping it removes the bar, so that what follows begins on an empty line.
pub(super) struct Progress {
    is_terminal: bool,
    /// The bar of the phase that is shown.
    bar: Option<ProgressBar>,
    /// The phase that the bar shows, or the last line.
    shown: String,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), bar: None, shown: String::new() }
    }

    /// Shows the progress that an import has made.
    pub(super) fn show(&mut self, import: &Json) {
        let progress = &import["progress"];
        let (phase, unit) = (text(progress, "phase"), text(progress, "unit"));
        let (done, total) = (progress["done"].as_u64().unwrap_or(0), progress["total"].as_u64().unwrap_or(0));
        if !self.is_terminal {
            let line = format!("{phase}: {done} of {total} {unit}");
            if line != self.shown {
                note(&line);
                self.shown = line;
            }
            return;
        }
        if self.shown != phase {
            self.end();
            phase.clone_into(&mut self.shown);
        }
        // A bar of nothing would be full, and the end has a summary.
        if total == 0 || !import["ended_at"].is_null() {
            return;
        }
        let left = progress["seconds_left"].as_u64().filter(|seconds| *seconds > 0);
        let left =
            left.map(|seconds| format!("{} left", HumanDuration(Duration::from_secs(seconds)))).unwrap_or_default();
        let bar = self.bar.get_or_insert_with(|| bar(phase, unit, done, total));
        bar.set_prefix(left);
        bar.set_position(done);
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn bar(phase: &str, unit: &str, done: u64, total: u64) -> ProgressBar {
    let amount = if unit == "bytes" { "{bytes} of {total_bytes}" } else { "{human_pos} of {human_len} rows" };
    let style = ProgressStyle::with_template(&format!("{{msg:18}} {{wide_bar}} {{percent:>3}} % {amount} {{prefix}}"));
    let bar = ProgressBar::new(total).with_position(done).with_message(terminal::line(words(phase)).into_owned());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A state as people would say it.
fn words(phase: &str) -> &str {
    match phase {
        "awaiting_upload" => "uploaded",
        "finishing" => "making the report",
        other => other,
    }
}
