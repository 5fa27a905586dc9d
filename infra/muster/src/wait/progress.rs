//! An import's progress on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;

use client::text;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value as Json;

use crate::output::note;

/// Where the progress of one import is shown.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    /// The phase that the bar shows, or the last line.
    shown: String,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style =
                ProgressStyle::with_template("{msg:10} {wide_bar} {percent:>3} % {human_pos}/{human_len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, shown: String::new() }
    }

    /// Shows the progress that an import has made.
    pub(super) fn show(&mut self, import: &Json) {
        let progress = &import["progress"];
        let (phase, done, total) = (text(progress, "phase"), &progress["done"], &progress["total"]);
        match &self.bar {
            Some(bar) => {
                if self.shown != phase {
                    bar.reset();
                }
                bar.set_message(phase.to_owned());
                bar.set_length(total.as_u64().unwrap_or(0));
                bar.set_position(done.as_u64().unwrap_or(0));
                phase.clone_into(&mut self.shown);
            }
            None => {
                let line = format!("{phase}: {done} of {total} {}", text(progress, "unit"));
                if line != self.shown {
                    note(&line);
                    self.shown = line;
                }
            }
        }
    }

    /// Removes the bar, so that what follows begins on an empty line.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
