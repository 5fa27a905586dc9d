//! The whole of Muster in one process: stores and queues on loopback ports, and the functions driven as Lambda does it.
//!
//! ```text
//! client ── HTTP ──> function_url ──┐                      ┌──> gateway ──> objects (s3s), queues (rustack), tables
//!                                   ├──> invoke: functions ┤                  │
//! queues ── poll ──> mapping ───────┤    (SDK clients over │                  └── events: object created ──> queues
//! clock ───────────> schedule ──────┘     http_client)     └──> tables (dynoxide), without the gateway's hop
//! ```

mod account;
pub mod calls;
mod carried;
mod data;
mod events;
pub mod faults;
mod function_url;
pub mod functions;
mod gateway;
mod http_client;
mod invoke;
mod listen;
mod mapping;
mod objects;
pub mod operation;
mod options;
pub mod provision;
mod queues;
pub mod resources;
mod sam;
mod schedule;
mod tables;
pub mod template;
pub mod usage;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use shared::access::{self, Access, Role};
use shared::store::{Announcements, BadEnvironment, Resources, WebhookTarget};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use data::{Running, api_key, find_running, running};
pub use faults::Faults;
pub use functions::Functions;
pub use options::{Options, Timeouts};
pub use usage::{FunctionUsage, Sent, Usage};

use account::Account;
use data::DataDir;
use function_url::Api;
use gateway::Gateway;
use http_client::{Metered, Wire};
use invoke::Runner;
use mapping::Mapping;
use resources::{Definition, Notification};
use schedule::Sweep;
use tables::Tables;
use usage::Meter;

/// The name of the local deployment: its tables and queues begin with it.
pub const STACK_NAME: &str = "muster";
/// The region that the local services say they are in.
pub const REGION: &str = "us-east-1";
/// The account that the local services say they belong to.
pub const ACCOUNT: &str = "000000000000";
/// The access key that the local object store knows.
pub const ACCESS_KEY: &str = "test";
/// The secret of that access key: it guards nothing but this machine's loopback ports.
pub const SECRET_KEY: &str = "test";

/// The parameter of the good keys.
const API_KEYS: &str = "/muster/api-keys";
/// The parameter of the webhook's secret.
const WEBHOOK_SECRET: &str = "/muster/webhook-secret";

/// A local stack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process owns the data directory.
    #[error("{} is in use by {holder}; stop that, or choose another directory with --data", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Who has it.
        holder: String,
    },
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be used: {source}", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A port could not be taken.
    #[error("a loopback port could not be opened: {0}")]
    Listen(std::io::Error),
    /// The tables could not be opened.
    #[error("the tables could not be opened: {0}")]
    Tables(String),
    /// The object store could not be opened.
    #[error("the object store could not be opened: {0}")]
    Objects(String),
    /// The template that this was compiled with is not as expected.
    #[error(transparent)]
    Template(#[from] template::TemplateError),
    /// The webhook's address is not one.
    #[error(transparent)]
    Webhook(#[from] BadEnvironment),
    /// The tables, queues or the bucket could not be created.
    #[error(transparent)]
    Provision(#[from] provision::ProvisionError),
}

/// A running local stack. Dropping it is like killing it; [`Stack::stop`] lets running invocations end.
pub struct Stack {
    api_key: String,
    running: Running,
    sdk: SdkConfig,
    resources: Resources,
    meter: Arc<Meter>,
    sweep: Sweep,
    grace: Duration,
    stop: CancellationToken,
    pollers: JoinSet<()>,
    /// Everything that goes on until it is dropped: servers and clocks.
    background: JoinSet<()>,
    tables: Tables,
    // Last, so that the directory is free only when nothing uses it any more.
    data: DataDir,
}

impl Stack {
    /// Starts the stack with Muster's functions.
    ///
    /// # Errors
    /// When the data directory or a port is taken, or a store cannot be opened.
    pub async fn start(options: Options) -> Result<Stack, Error> {
        let patience = options.clone();
        Stack::start_with(options, move |sdk, resources| Functions::of_muster(sdk, resources, &patience)).await
    }

    /// Starts the stack with functions of the caller's choice.
    ///
    /// # Errors
    /// When the data directory or a port is taken, or a store cannot be opened.
    pub async fn start_with(
        options: Options,
        functions: impl FnOnce(&SdkConfig, &Resources) -> Functions,
    ) -> Result<Stack, Error> {
        let mut definition = template::definition(STACK_NAME)?;
        options.fit(&mut definition);
        let data = DataDir::acquire(&options.data)?;
        let (api, api_port) = listen::bind(options.port).await?;
        let (services, services_port) = listen::bind(if options.port == 0 { 0 } else { options.port + 1 }).await?;
        let running = Running {
            pid: std::process::id(),
            api_url: format!("http://127.0.0.1:{api_port}"),
            endpoint_url: format!("http://127.0.0.1:{services_port}"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: ulid::Ulid::generate().to_string(),
        };

        let mut background = JoinSet::new();
        let (tables, database) = Tables::open(&data.tables()).await?;
        background.spawn(schedule::expire(database.clone()));
        let queues = queues::provider(services_port);
        let notifier = events::Notifier::new(Arc::clone(&queues), by_url(&definition, &running.endpoint_url));
        let api_key = data.api_key()?;
        let account = Account {
            parameters: BTreeMap::from([
                (API_KEYS.to_owned(), access::entry(Role::Import, &api_key)),
                (WEBHOOK_SECRET.to_owned(), data.webhook_secret()?),
            ]),
            events: data.events(),
        };
        let gateway = Gateway {
            account: Arc::new(account),
            objects: objects::service(&data.objects(), notifier)?,
            queues: queues::service(&queues),
            tables_url: tables.url(),
            client: reqwest::Client::builder().no_proxy().build().unwrap_or_default(),
        };
        background.spawn(listen::serve(services, move |request| gateway.clone().answer(request)));

        let meter = Arc::new(Meter::default());
        let wire = Wire {
            meter: Arc::clone(&meter),
            faults: options.faults.clone(),
            calls: options.calls.clone(),
            tables_url: tables.url(),
        };
        let sdk = sdk_config(&running.endpoint_url, Metered::new(wire));
        let resources = provision::provision(&sdk, &definition).await?;
        let webhook = options.webhook.as_deref().map(|url| WebhookTarget::new(url, WEBHOOK_SECRET.to_owned()));
        let announcements = Announcements { event_bus: Some("default".to_owned()), webhook: webhook.transpose()? };
        let access = Access::KeysIn(API_KEYS.to_owned());
        let resources = Resources { public_url: running.api_url.clone(), access, announcements, ..resources };
        let functions = functions(&sdk, &resources);
        let runner = Arc::new(Runner::new(&options.timeouts.by_name(), Arc::clone(&meter)));

        // What the queues held went with the last process, and so did every worker: nobody else holds a lease, so this
        // must be over before the first new worker begins.
        let sweep = Sweep { finisher: Arc::clone(&functions.finisher), runner: Arc::clone(&runner) };
        sweep.once(Duration::ZERO).await;
        background.spawn(sweep.clone().run(options.sweep_every, options.stalled));

        let stop = CancellationToken::new();
        let mut pollers = JoinSet::new();
        for mapping in mappings(&options, &definition, &running, &functions, &runner, &sdk) {
            pollers.spawn(mapping.run(stop.clone()));
        }
        let state = Api { functions, runner, meter: Arc::clone(&meter), running: running.clone(), database };
        let state = Arc::new(state);
        background.spawn(listen::serve(api, move |request| Arc::clone(&state).answer(request)));
        data.announce(&running)?;
        let grace = options.grace;
        Ok(Stack { api_key, running, sdk, resources, meter, sweep, grace, stop, pollers, background, tables, data })
    }

    /// Where the API answers.
    pub fn api_url(&self) -> &str {
        &self.running.api_url
    }

    /// The key of the API, which may import.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Where the object store, the tables and the queues answer, as `AWS_ENDPOINT_URL` wants it.
    pub fn endpoint_url(&self) -> &str {
        &self.running.endpoint_url
    }

    /// How the SDK's clients reach this stack.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// How everything is named in this stack.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// What was asked of the services so far.
    pub fn usage(&self) -> Usage {
        self.meter.snapshot()
    }

    /// Sweeps now, as the clock does every now and then; with zero, whatever is not finished is taken up at once.
    pub async fn sweep(&self, stalled: Duration) {
        self.sweep.once(stalled).await;
    }

    /// Stops: no new invocations, a moment for those that run, then everything else.
    pub async fn stop(mut self) {
        self.data.retract();
        self.stop.cancel();
        let ended = async { while self.pollers.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            tracing::info!("stopping with invocations under way; they will be taken up at the next start");
        }
        self.pollers.shutdown().await;
        self.background.shutdown().await;
        self.tables.stop().await;
    }
}

/// The configuration of every SDK client: one endpoint, credentials that open nothing else, quick retries.
fn sdk_config(endpoint_url: &str, http_client: Metered) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint_url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // A local service that refuses needs no second to recover.
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .http_client(http_client)
        .build()
}

/// The bucket's notifications, with the queues' URLs in place of their names.
fn by_url(definition: &Definition, endpoint_url: &str) -> Vec<Notification> {
    let by_url = |notification: &Notification| Notification {
        prefix: notification.prefix.clone(),
        queue: queues::url(endpoint_url, &notification.queue),
    };
    definition.bucket.notifications.iter().map(by_url).collect()
}

fn mappings(
    options: &Options,
    definition: &Definition,
    running: &Running,
    functions: &Functions,
    runner: &Arc<Runner>,
    sdk: &SdkConfig,
) -> Vec<Mapping> {
    let queues = aws_sdk_sqs::Client::new(sdk);
    let mapping = |mapping: &resources::Mapping| {
        let (function, handler) = functions.of_queue(&mapping.function)?;
        Some(Mapping {
            function,
            handler,
            queue_url: queues::url(&running.endpoint_url, &mapping.queue),
            queue_arn: queues::arn(&mapping.queue),
            batch_size: usize::try_from(mapping.batch_size).unwrap_or(1).max(1),
            window: mapping.window,
            concurrency: mapping.concurrency.and_then(|most| usize::try_from(most).ok()).unwrap_or(2).max(1),
            retry: options.retry,
            leased: function == "splitter",
            runner: Arc::clone(runner),
            queues: queues.clone(),
            faults: options.faults.clone(),
        })
    };
    definition.mappings.iter().filter_map(mapping).collect()
}
