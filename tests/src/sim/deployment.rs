//! Muster as it is deployed in a run: its names, its SDK clients and its functions.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;
use runtime::access::Access;
use runtime::deployment::{Deployment, OutboxTargets};
use splitter::Splitter;
use stack::functions::handler;
use stack::resources::ResourceDefinitions;
use stack::template::{self, TemplateError};
use stack::{Functions, Options};
use status::Status;
use stores::Resources;
use upload::Upload;

use super::calls::SimulatedHttp;
use super::case::Case;
use super::world::{BUCKET, STACK, SimulatedTime, World};

/// Receives after which a message goes to the dead letters, as in the template.
const MAX_RECEIVES: u32 = 10;

thread_local! {
    /// The random bits of the last import id. They count up, so that a seed gives the same ids every time.
    static LAST_RANDOM: Cell<u128> = const { Cell::new(0) };
}

/// Restarts everything that is random in functions.
pub(super) fn seed_randomness(seed: u64) {
    fastrand::seed(seed);
    LAST_RANDOM.set(u128::from(seed) << 32);
}

/// The template. It is read once for all runs.
///
/// # Errors
/// When the template cannot be read.
pub(super) fn template() -> anyhow::Result<&'static ResourceDefinitions> {
    static TEMPLATE: LazyLock<Result<ResourceDefinitions, TemplateError>> =
        LazyLock::new(|| template::definitions(STACK));
    TEMPLATE.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}

/// The template, with as many row-processors as the case has.
///
/// # Errors
/// When the template cannot be read.
pub(super) fn definitions(case: &Case) -> anyhow::Result<ResourceDefinitions> {
    let mut definitions = template()?.clone();
    for mapping in definitions.mappings.iter_mut().filter(|mapping| mapping.function == "row-processor") {
        mapping.concurrency = Some(case.row_processors);
        mapping.batch_size = case.messages_per_row_processor;
    }
    Ok(definitions)
}

/// The configuration of all SDK clients of a run.
pub(super) fn sdk(world: &Arc<World>) -> SdkConfig {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // All clients of a service and region share one budget of retries, so each run has a region of its own.
    let region = format!("sim-{}", RUNS.fetch_add(1, Ordering::Relaxed));
    let credentials = Credentials::new("sim", "sim", None, None, "sim");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url("http://sim")
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // A cache draws a random number when it loads the credentials, so the course of a seed would depend on which
        // clients there are.
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::standard())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SimulatedTime(Arc::clone(world))))
        .http_client(SimulatedHttp(Arc::clone(world)))
        .build()
}

/// The names of tables, bucket and queues.
pub(super) fn resources() -> Resources {
    let table = |name: &str| format!("{STACK}-{name}");
    let queue = |name: &str| format!("http://sim/queue/{STACK}-{name}");
    Resources {
        bucket: BUCKET.to_owned(),
        tasks_table: table("tasks"),
        customers_table: table("customers"),
        identities_table: table("identities"),
        segments_table: table("segments"),
        split_queue_url: queue("split"),
        rows_queue_url: queue("rows"),
        finish_queue_url: queue("finish"),
    }
}

/// Muster's functions.
///
/// # Errors
/// When one cannot be made.
pub(super) fn functions(case: &Case, sdk: &SdkConfig) -> anyhow::Result<Functions> {
    let deployment = Deployment {
        resources: resources(),
        public_url: "http://sim".to_owned(),
        access: Access::Iam,
        outbox: OutboxTargets { event_bus: Some("default".to_owned()), webhook: None },
    };
    let next_random = || {
        LAST_RANDOM.set(LAST_RANDOM.get() + 1);
        LAST_RANDOM.get()
    };
    let upload = Arc::new(Upload::new(sdk, &deployment).drawing_from(next_random));
    let status = Arc::new(Status::new(sdk, &deployment).drawing_from(next_random));
    let splitter = Splitter::new(sdk, &deployment).drawing_from(next_random);
    let splitter = Arc::new(splitter.with_batches_of(case.batch_rows).with_file_parts_of(case.file_part_bytes));
    let options = Options { max_receives: MAX_RECEIVES, ..Options::new("") };
    Ok(Functions {
        upload: handler(move |event| {
            let upload = Arc::clone(&upload);
            async move { upload.handle(event).await }
        }),
        status: handler(move |event| {
            let status = Arc::clone(&status);
            async move { status.handle(event).await }
        }),
        splitter: handler(move |event| {
            let splitter = Arc::clone(&splitter);
            async move { splitter.handle(event).await }
        }),
        ..Functions::new(sdk, &deployment, &options)?
    })
}
