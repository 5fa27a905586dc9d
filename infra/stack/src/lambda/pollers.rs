//! The pollers of a stack: one for each event source mapping of the template.

use std::sync::Arc;

use aws_config::SdkConfig;

use super::functions::Functions;
use super::poller::Poller;
use super::runner::Runner;
use crate::options::Options;
use crate::resources::{self, ResourceDefinitions};
use crate::services::queues;

/// How many invocations run side by side for a mapping that sets no limit.
const DEFAULT_CONCURRENCY: usize = 2;

/// Makes the pollers. Their queues have URLs under the endpoint of `sdk`.
pub(crate) fn pollers(
    options: &Options,
    definitions: &ResourceDefinitions,
    endpoint_url: &str,
    functions: &Functions,
    runner: &Arc<Runner>,
    sdk: &SdkConfig,
) -> Vec<Poller> {
    let queues = aws_sdk_sqs::Client::new(sdk);
    let poller = |mapping: &resources::Mapping| {
        let (function, handler) = functions.message_handler(&mapping.function)?;
        let concurrency = mapping.concurrency.and_then(|most| usize::try_from(most).ok());
        Some(Poller {
            function,
            handler,
            queue_url: queues::url(endpoint_url, &mapping.queue),
            queue_arn: queues::arn(&mapping.queue),
            batch_size: usize::try_from(mapping.batch_size).unwrap_or(1).max(1),
            window: mapping.window,
            concurrency: concurrency.unwrap_or(DEFAULT_CONCURRENCY).max(1),
            retry: options.retry,
            retry_of_named: options.retry_of_named,
            takes_leases: function == "splitter",
            runner: Arc::clone(runner),
            queues: queues.clone(),
            faults: options.faults.clone(),
        })
    };
    definitions.mappings.iter().filter_map(poller).collect()
}
