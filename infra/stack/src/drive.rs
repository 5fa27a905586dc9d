//! Plays the event sources of a deployment for functions that run elsewhere, as those of `cargo lambda watch` do: the
//! mappings between its queues and functions, and its clock.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::types::QueueAttributeName;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::lambda::endpoint::InvokeEndpoint;
use crate::lambda::poller::Poller;
use crate::lambda::schedule::ticks;
use crate::lambda::target::Target;
use crate::resources::{ResourceDefinitions, Schedule};

/// How soon a message is delivered again whose invocation gave no list of failures; each further time takes twice as
/// long. On AWS its visibility timeout holds, which is up to an hour and a half.
const RETRY: Duration = Duration::from_secs(1);

/// The event sources cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// A queue is not at the endpoint.
    #[error("the queue {queue} cannot be found: {why}")]
    Queue {
        /// Its name.
        queue: String,
        /// What the endpoint said.
        why: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the functions cannot be invoked: {0}")]
    Client(#[from] reqwest::Error),
}

/// Event sources that are ready to be played.
pub struct Drive {
    pollers: Vec<Poller>,
    schedules: Vec<Schedule>,
    endpoint: InvokeEndpoint,
}

impl Drive {
    /// The mappings and schedules of these definitions, over the queues at the endpoint of `sdk`, for functions behind
    /// the invoke endpoint at a URL.
    ///
    /// # Errors
    /// When a queue does not exist.
    pub async fn new(sdk: &SdkConfig, definitions: &ResourceDefinitions, invoke_url: &str) -> Result<Self, DriveError> {
        let queues = aws_sdk_sqs::Client::new(sdk);
        let endpoint = InvokeEndpoint::new(invoke_url)?;
        let mut pollers = Vec::new();
        for mapping in &definitions.mappings {
            let queue = find(&queues, &mapping.queue).await?;
            pollers.push(Poller::new(mapping, queue, Target::Endpoint(endpoint.clone()), &queues, RETRY));
        }
        Ok(Self { pollers, schedules: definitions.schedules.clone(), endpoint })
    }

    /// Plays them until stopped, and then waits for running invocations.
    pub async fn run(self, stop: CancellationToken) {
        let mut playing = JoinSet::new();
        for schedule in self.schedules {
            let (endpoint, stop) = (self.endpoint.clone(), stop.clone());
            playing.spawn(async move {
                let mut ticks = ticks(schedule.every);
                while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                    // If it fails, that is logged, and the next one tries again.
                    let _: Result<serde_json::Value, _> = endpoint.invoke(&schedule.function, &schedule.input).await;
                }
            });
        }
        for poller in self.pollers {
            playing.spawn(poller.run(stop.clone()));
        }
        while playing.join_next().await.is_some() {}
    }
}

/// The URL and the ARN of a queue.
async fn find(queues: &aws_sdk_sqs::Client, queue: &str) -> Result<(String, String), DriveError> {
    let missing = |why: String| DriveError::Queue { queue: queue.to_owned(), why };
    let found = queues.get_queue_url().queue_name(queue).send().await;
    let url = found.map_err(|error| missing(crate::provision::reason(&error)))?.queue_url.unwrap_or_default();
    let about = queues.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let about = about.send().await.map_err(|error| missing(crate::provision::reason(&error)))?;
    let arn = about.attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
    Ok((url, arn.ok_or_else(|| missing("it has no ARN".to_owned()))?))
}
