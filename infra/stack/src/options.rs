//! The options of a local stack: where it keeps its data, how long it waits, which faults strike.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clients::calls::CallLog;
use crate::clients::faults::Faults;
use crate::resources::ResourceDefinitions;

/// The options of a local stack.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory in which it keeps its data.
    pub data: PathBuf,
    /// The port of the API. The services answer on the next one. With 0, any two free ports are taken.
    pub port: u16,
    /// How many row processors run side by side.
    pub concurrency: usize,
    /// How long each function may run.
    pub timeouts: Timeouts,
    /// How long a received message stays invisible. Without it, six times the timeout of the queue's function.
    pub visibility: Option<Duration>,
    /// How often a message is received before it goes to the dead-letter queue.
    pub max_receives: u32,
    /// How soon a message is delivered again whose invocation died. Each further time takes twice as long.
    pub retry: Duration,
    /// How soon a message is delivered again that its function named as failed; each further time takes twice as long.
    /// Without it, when the function said, as on AWS: after seconds.
    pub retry_of_named: Option<Duration>,
    /// How often the sweep runs.
    pub sweep_every: Duration,
    /// How long an import makes no progress before the sweep takes it up.
    pub stalled: Duration,
    /// How long the stack waits for running invocations when it stops.
    pub grace: Duration,
    /// The name of the API key, or nothing. Imports that are launched with the key say so.
    pub key_name: String,
    /// The URL of a webhook that is called when an import has ended.
    pub webhook: Option<String>,
    /// How soon a webhook that did not answer is called again. Each further pause is twice as long, up to 15 minutes.
    pub webhook_pause: Duration,
    /// How long one step of counting or exporting a segment takes.
    pub job_step: Duration,
    /// The faults that strike, for tests.
    pub faults: Option<Arc<Faults>>,
    /// Collects the calls of the functions, for tests.
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
    /// The console.
    pub console: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        // Shorter than in the template, so that a killed invocation is repeated soon. A minute is enough for 1 GB.
        Timeouts {
            upload: Duration::from_secs(10),
            splitter: Duration::from_secs(60),
            row_processor: Duration::from_secs(30),
            finisher: Duration::from_secs(300),
            status: Duration::from_secs(60),
            console: Duration::from_secs(60),
        }
    }
}

impl Timeouts {
    /// The timeouts by the names of the functions' crates.
    pub(crate) fn by_name(self) -> [(&'static str, Duration); 6] {
        [
            ("upload", self.upload),
            ("splitter", self.splitter),
            ("row-processor", self.row_processor),
            ("finisher", self.finisher),
            ("status", self.status),
            ("console", self.console),
        ]
    }

    /// How long the function with this crate name may run.
    pub(crate) fn for_function(self, function: &str) -> Option<Duration> {
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
            retry_of_named: None,
            sweep_every: Duration::from_secs(60),
            stalled: Duration::from_secs(120),
            grace: Duration::from_secs(5),
            key_name: String::new(),
            webhook: None,
            webhook_pause: Duration::from_secs(5),
            job_step: Duration::from_secs(60),
            faults: None,
            calls: None,
        }
    }

    /// Changes the template's definitions as the options say: visibility timeouts, receives, and row processors.
    pub(crate) fn apply(&self, definitions: &mut ResourceDefinitions) {
        for mapping in &mut definitions.mappings {
            let Some(queue) = definitions.queues.iter_mut().find(|queue| queue.name == mapping.queue) else { continue };
            let timeout = self.timeouts.for_function(&mapping.function).unwrap_or(queue.visibility);
            // Queues count whole seconds. Zero would deliver a message again while it is being processed.
            queue.visibility = self.visibility.unwrap_or(timeout * 6).max(Duration::from_secs(1));
            if mapping.function == "row-processor" {
                mapping.concurrency = u32::try_from(self.concurrency).ok();
            }
        }
        for queue in &mut definitions.queues {
            if let Some(redrive) = &mut queue.redrive {
                redrive.max_receives = self.max_receives;
            }
        }
    }
}
