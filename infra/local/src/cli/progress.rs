//! Progress where one waits: a bar on a terminal, plain lines elsewhere; always on standard error.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value as Json;

use super::api::text;
use super::note;

/// The progress of one import.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    shown: String,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style =
                ProgressStyle::with_template("{msg:10} {wide_bar} {percent:>3} % {human_pos}/{human_len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, shown: String::new() }
    }

    /// Shows how far an import is.
    pub(crate) fn show(&mut self, task: &Json) {
        let progress = &task["progress"];
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

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
