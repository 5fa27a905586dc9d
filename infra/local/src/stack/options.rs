//! How a local stack runs: where it keeps its data, how patient it is, what goes wrong.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::calls::CallLog;
use super::faults::Faults;
use super::resources::Definition;

/// How a local stack runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory of its data.
    pub data: PathBuf,
    /// The port of the API; the services answer on the next one. 0 takes any free ones.
    pub port: u16,
    /// How many row processors run at a time.
    pub concurrency: usize,
    /// How long each function may run.
    pub timeouts: Timeouts,
    /// How long a received message stays invisible; without it, six times the timeout of the queue's function.
    pub visibility: Option<Duration>,
    /// How often a message is received before it goes to the dead-letter queue.
    pub max_receives: u32,
    /// How soon a failed message is delivered again, the first time; each further time takes twice as long.
    pub retry: Duration,
    /// How often the sweep runs.
    pub sweep_every: Duration,
    /// How long a task stands still before the sweep looks at it.
    pub stalled: Duration,
    /// How long running invocations have to end when the stack stops.
    pub grace: Duration,
    /// A webhook that is called when an import has ended.
    pub webhook: Option<String>,
    /// How soon a webhook that did not answer is called again, the first time.
    pub webhook_pause: Duration,
    /// What goes wrong, for tests.
    pub faults: Option<Arc<Faults>>,
    /// Where the calls of functions are noted, for tests.
    pub calls: Option<Arc<CallLog>>,
}

/// How long each function may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The upload function.
    pub upload: Duration,
    /// The splitter.
    pub splitter: Duration,
    /// The row processor.
    pub row_processor: Duration,
    /// The finisher.
    pub finisher: Duration,
    /// The status function.
    pub status: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        // Shorter than in the template: a laptop has less patience, and a minute is long enough for 1 GB there.
        Timeouts {
            upload: Duration::from_secs(10),
            splitter: Duration::from_secs(60),
            row_processor: Duration::from_secs(30),
            finisher: Duration::from_secs(300),
            status: Duration::from_secs(60),
        }
    }
}

impl Timeouts {
    /// The timeouts by the name of the function's crate.
    pub(crate) fn by_name(self) -> [(&'static str, Duration); 5] {
        [
            ("upload", self.upload),
            ("splitter", self.splitter),
            ("row-processor", self.row_processor),
            ("finisher", self.finisher),
            ("status", self.status),
        ]
    }

    /// The time that a function is given.
    pub(crate) fn of(self, function: &str) -> Option<Duration> {
        self.by_name().into_iter().find(|(name, _)| *name == function).map(|(_, timeout)| timeout)
    }
}

impl Options {
    /// The defaults for a laptop.
    pub fn new(data: impl Into<PathBuf>) -> Options {
        Options {
            data: data.into(),
            port: 0,
            concurrency: 4,
            timeouts: Timeouts::default(),
            visibility: None,
            max_receives: 5,
            retry: Duration::from_millis(500),
            sweep_every: Duration::from_secs(60),
            stalled: Duration::from_secs(120),
            grace: Duration::from_secs(5),
            webhook: None,
            webhook_pause: Duration::from_secs(5),
            faults: None,
            calls: None,
        }
    }

    /// Fits a definition to this machine: its patience, and as many row processors as it can run.
    pub(crate) fn fit(&self, definition: &mut Definition) {
        for mapping in &mut definition.mappings {
            let Some(queue) = definition.queues.iter_mut().find(|queue| queue.name == mapping.queue) else { continue };
            let timeout = self.timeouts.of(&mapping.function).unwrap_or(queue.visibility);
            // Queues count in whole seconds, and zero would deliver a message again while it is worked on.
            queue.visibility = self.visibility.unwrap_or(timeout * 6).max(Duration::from_secs(1));
            if mapping.function == "row-processor" {
                mapping.concurrency = u32::try_from(self.concurrency).ok();
            }
        }
        for queue in &mut definition.queues {
            if let Some(redrive) = &mut queue.redrive {
                redrive.max_receives = self.max_receives;
            }
        }
    }
}
