//! The pollers of a stack: one for each event source mapping of the template.

use std::sync::Arc;

use aws_config::SdkConfig;

use super::functions::Functions;
use super::poller::Poller;
use super::runner::Runner;
use super::target::Target;
use crate::options::Options;
use crate::resources::{self, ResourceDefinitions};
use crate::services::queues;

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
        let handler = functions.message_handler(&mapping.function)?;
        let queue = (queues::url(endpoint_url, &mapping.queue), queues::arn(&mapping.queue));
        let target = Target::Here { handler, runner: Arc::clone(runner) };
        let poller = Poller::new(mapping, queue, target, &queues, options.retry);
        Some(Poller { retry_of_named: options.retry_of_named, faults: options.faults.clone(), ..poller })
    };
    definitions.mappings.iter().filter_map(poller).collect()
}
