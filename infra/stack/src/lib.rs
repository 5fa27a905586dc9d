//! Muster in one process: the AWS services on loopback ports, and the functions, invoked as Lambda invokes them.
//!
//! ```text
//! client ── HTTP ──> api ──────┐                        ┌──> gateway ──> objects, queues, parameters, event bus
//!                              ├──> runner: functions ──┤        │          │
//! queues ── poll ──> pollers ──┤    (SDK clients over   │        │          └── an event for each object ──> queues
//! clock ───────────> schedule ─┘     one HTTP client)   └────────┴──> tables, which have no port
//! ```
//!
//! Both ports refuse what a foreign web page sends (`door`). The API asks for the key, and the gateway for the signature of
//! each call, made with the credentials of the data directory (`secrets`).
//!
//! | folder | what is in it |
//! | --- | --- |
//! | `services` | the object store (`s3s`), queues (`rustack`), tables (`dynoxide`), parameters and the event bus |
//! | `lambda` | what invokes the functions: HTTP requests, messages of queues, the clock |
//! | `clients` | the functions' SDK clients: configuration, usage, faults on purpose |
//! | `drive.rs` | the queues of a deployment elsewhere, for functions of `cargo lambda watch` |
//! | `template` | reads infra/template.yaml: which tables, queues and functions there are |

mod account;
mod answers;
mod bodies;
mod clients;
mod data;
mod door;
mod drive;
mod error;
pub mod inbox;
mod lambda;
mod listen;
pub mod operation;
mod options;
pub mod provision;
pub mod resources;
mod running;
mod secrets;
mod services;
pub mod table_operations;
pub mod template;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use runtime::access::Access;
use runtime::deployment::{BadEnvironment, Deployment, OutboxTargets, WebhookTarget};
use runtime::keys::{Role, entry, fingerprint};
use stores::Resources;
use stores::StoreError;
use stores::imports::{Session, Sessions, TokenKind};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use account::{ACCOUNT, REGION, STACK_NAME};
pub use clients::faults::Faults;
pub use clients::usage::{FunctionUsage, QueueUsage, Usage};
pub use clients::{calls, faults, usage};
pub use drive::{Drive, DriveError};
pub use error::Error;
pub use lambda::functions;
pub use lambda::functions::Functions;
pub use options::{Options, Timeouts};
pub use running::{Running, find_running, running};
pub use secrets::{api_key, credentials};

use clients::config::sdk_config;
use clients::http_client::{MeteredClient, Wiring};
use clients::meter::Meter;
use data::DataDir;
use door::Door;
use lambda::api::Api;
use lambda::pollers::pollers;
use lambda::runner::Runner;
use lambda::schedule::{self, Sweep};
use services::gateway::{self, Gateway};
use services::objects::lifecycle::Lifecycle;
use services::tables::Tables;

/// The name of the parameter that holds the valid API keys.
const API_KEYS: &str = "/muster/api-keys";
/// The name of the parameter that holds the webhook's secret.
const WEBHOOK_SECRET: &str = "/muster/webhook-secret";

/// A running local stack. Dropping it has the effect of killing it; [`Stack::stop`] lets running invocations end.
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
    /// Servers and clocks, which run until they are dropped.
    background: JoinSet<()>,
    tables: Tables,
    // The last field, so that it is dropped last: the directory is free only when nothing uses it any more.
    data: DataDir,
}

impl Stack {
    /// Starts the stack with Muster's functions.
    ///
    /// # Errors
    /// When the data directory or a port is taken, a store cannot be opened, or the webhook's URL is refused.
    pub async fn start(options: Options) -> Result<Stack, Error> {
        let of_functions = options.clone();
        Stack::start_with(options, move |sdk, deployment| Functions::new(sdk, deployment, &of_functions)).await
    }

    /// Starts the stack with functions of the caller's choice.
    ///
    /// # Errors
    /// When the data directory or a port is taken, a store cannot be opened, or the functions cannot be made.
    pub async fn start_with(
        options: Options,
        functions: impl FnOnce(&SdkConfig, &Deployment) -> Result<Functions, BadEnvironment>,
    ) -> Result<Stack, Error> {
        let mut definitions = template::definitions(STACK_NAME)?;
        options.apply(&mut definitions);
        let data = DataDir::acquire(&options.data)?;
        let (api_listener, api_port) = listen::bind(options.port).await?;
        let services_port = if options.port == 0 { 0 } else { options.port + 1 };
        let (services_listener, services_port) = listen::bind(services_port).await?;
        let running = Running::new(api_port, services_port);

        // The services.
        let mut background = JoinSet::new();
        let (tables, database) = Tables::open(&data.tables())?;
        background.spawn(schedule::expire(database.clone()));
        background.spawn(schedule::remove_old_objects(Lifecycle::new(data.objects(), &definitions.bucket)));
        let secret = |made: io::Result<String>| made.map_err(|source| data.failed(source));
        let api_key = secret(secrets::make_api_key(data.path()))?;
        let webhook_secret = secret(secrets::make_webhook_secret(data.path()))?;
        let parameters = parameters(&api_key, &options.key_name, webhook_secret);
        let credentials = secrets::make_credentials(data.path()).map_err(|source| data.failed(source))?;
        let wanted = gateway::Options {
            door: Door { port: services_port, pages: api_port },
            bucket: &definitions.bucket,
            parameters,
            tables: tables.caller(),
            credentials: credentials.clone(),
        };
        let gateway = Gateway::open(&data, &running, wanted)?;
        background.spawn(listen::serve(services_listener, move |request| gateway.clone().answer(request)));

        // The clients, through which the tables, the queues and the bucket are created.
        let meter = Arc::new(Meter::default());
        let wiring = Wiring {
            meter: Arc::clone(&meter),
            faults: options.faults.clone(),
            calls: options.calls.clone(),
            tables: tables.caller(),
        };
        let sdk = sdk_config(&running.endpoint_url, credentials, MeteredClient::new(wiring));
        let resources = provision::provision(&sdk, &definitions).await?;

        // The functions.
        let deployment = Deployment {
            resources: resources.clone(),
            public_url: running.api_url.clone(),
            access: Access::KeysIn(API_KEYS.to_owned()),
            outbox: outbox_targets(&options)?,
        };
        let functions = functions(&sdk, &deployment)?;
        let runner = Arc::new(Runner::new(&options.timeouts.by_name(), Arc::clone(&meter)));

        // The messages of the last process are lost and its workers are dead, whatever leases they left behind. So this
        // sweep takes up every open import. It must end before the first new worker starts.
        let sweep = Sweep { finisher: Arc::clone(&functions.finisher), runner: Arc::clone(&runner) };
        sweep.once(Duration::ZERO).await;
        background.spawn(sweep.clone().run(options.sweep_every, options.stalled));

        // What invokes the functions.
        let stop = CancellationToken::new();
        let mut polling = JoinSet::new();
        for poller in pollers(&options, &definitions, &running.endpoint_url, &functions, &runner, &sdk) {
            polling.spawn(poller.run(stop.clone()));
        }
        let api = Api {
            door: Door { port: api_port, pages: api_port },
            functions,
            runner,
            meter: Arc::clone(&meter),
            running: running.clone(),
            api_key: api_key.clone(),
            database,
        };
        let api = Arc::new(api);
        background.spawn(listen::serve(api_listener, move |request| Arc::clone(&api).answer(request)));
        data.publish(&running)?;
        let (grace, pollers) = (options.grace, polling);
        Ok(Stack { api_key, running, sdk, resources, meter, sweep, grace, stop, pollers, background, tables, data })
    }

    /// The URL of the API.
    pub fn api_url(&self) -> &str {
        &self.running.api_url
    }

    /// An API key with the role `import`.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// A link to the console that signs in whoever opens it first. It is good for a day.
    ///
    /// # Errors
    /// When the link cannot be kept.
    pub async fn console_link(&self) -> Result<String, StoreError> {
        let token = secrets::random(16);
        let until = jiff::Timestamp::now() + console::LINK_VALID;
        let session = Session { key: fingerprint(&self.api_key), until };
        Sessions::new(&self.sdk, &self.resources).put(TokenKind::Link, &token, &session).await?;
        Ok(format!("{}{}", self.running.api_url, console::link_path(&token)))
    }

    /// The URL of all services, for `AWS_ENDPOINT_URL`.
    pub fn endpoint_url(&self) -> &str {
        &self.running.endpoint_url
    }

    /// The configuration with which SDK clients reach this stack. Their calls are counted in [`Stack::usage`].
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The names of the tables, the bucket and the queues.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// What was used of the services since the start.
    pub fn usage(&self) -> Usage {
        self.meter.snapshot()
    }

    /// Sweeps now, besides the sweeps by the clock. It takes up the imports that made no progress for `stalled`; zero
    /// takes up every open import at once, which is only right when no worker runs.
    pub async fn sweep(&self, stalled: Duration) {
        self.sweep.once(stalled).await;
    }

    /// Stops the stack. No invocations begin any more, running ones have a moment to end, and then everything else
    /// stops.
    pub async fn stop(mut self) {
        self.data.withdraw();
        self.stop.cancel();
        let ended = async { while self.pollers.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            tracing::info!("stopping while invocations run; the next start takes their imports up again");
        }
        self.pollers.shutdown().await;
        self.background.shutdown().await;
        self.tables.stop().await;
    }
}

/// The parameters that the functions read, by their names.
fn parameters(api_key: &str, key_name: &str, webhook_secret: String) -> BTreeMap<String, String> {
    let key = entry(Role::Import, api_key, key_name);
    BTreeMap::from([(API_KEYS.to_owned(), key), (WEBHOOK_SECRET.to_owned(), webhook_secret)])
}

/// The event bus of the stack, and the webhook if the options name one.
fn outbox_targets(options: &Options) -> Result<OutboxTargets, BadEnvironment> {
    let webhook = options.webhook.as_deref().map(|url| WebhookTarget::new(url, WEBHOOK_SECRET.to_owned()));
    Ok(OutboxTargets { event_bus: Some("default".to_owned()), webhook: webhook.transpose()? })
}
