//! The command line: what can be said, and which command says it.

mod api;
mod bench;
mod cost;
mod generate;
mod import;
mod progress;
mod show;
mod sign;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use local::stack::{Options, Stack, api_key, find_running};

use api::Api;

/// Customer imports: a CSV goes in, customers come out, and every row that could not be applied comes back.
#[derive(Debug, Parser)]
#[command(
    name = "muster",
    version,
    about,
    after_help = "Example:\n  muster import customers.csv --segment \"May survey\""
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Which Muster is spoken to.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Where the local stack keeps its data
    #[arg(long, env = "MUSTER_DATA", default_value = ".muster", global = true, value_name = "DIR")]
    data: PathBuf,
    /// Another Muster than the local one, by the URL of its API
    #[arg(long, global = true)]
    url: Option<String>,
    /// The key of that API; without one, requests to a function URL are signed with AWS credentials
    #[arg(long, env = "MUSTER_KEY", global = true, hide_env_values = true)]
    key: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import a file of customers; exits 0, 1 when rows were rejected, 2 when it failed
    Import(Box<import::Import>),
    /// Keep the local stack running
    Up {
        /// The port of the API; the stores answer on the next one
        #[arg(long, default_value_t = 4600)]
        port: u16,
        /// A webhook to call when an import has ended
        #[arg(long, value_name = "URL")]
        webhook: Option<String>,
    },
    /// Show imports, or how far one is
    Status {
        /// The import's id
        id: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a customer by email, phone, external id or id
    Customer {
        /// Such as ann@example.com, +12015550123 or C-0001
        identifier: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Erase a customer with its feed, identifiers and memberships
    Erase {
        /// Such as ann@example.com, +12015550123 or C-0001
        identifier: String,
        /// Do it, and do not only say whom it would be
        #[arg(long)]
        yes: bool,
    },
    /// Show the members of a segment
    Segment {
        /// Its name, or GROUP/NAME
        name: String,
        /// Save the members as a CSV that can be imported again
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Stop an import; rows that were applied stay
    Cancel {
        /// The import's id
        id: String,
    },
    /// Go on with an import that was stopped: exactly the rows that were not processed
    Retry {
        /// The import's id
        id: String,
    },
    /// Show the columns that a file may have
    Columns {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what settings and cells may name: API endpoints, touchpoints, segments, actions and custom fields
    Catalogue {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a name to the catalogue
    #[command(
        after_help = "Examples:\n  muster create api-endpoint \"Web shop\" --touchpoint shop.example\n  muster create custom-field shoe_size --type number"
    )]
    Create(show::Create),
    /// Print a file to begin with
    Template,
    /// Create the bucket, queues and tables of infra/template.yaml at an endpoint, such as LocalStack's
    Provision {
        /// The endpoint; credentials and region come from the usual AWS environment
        #[arg(long, value_name = "URL")]
        endpoint_url: String,
    },
    /// Write a made-up file of customers
    Generate(generate::Generate),
    /// Say what an import costs at published prices, beside other designs
    Cost(cost::Cost),
    /// Import a made-up file in a temporary directory, twice, and say how fast that was and what it took
    Bench(bench::Bench),
}

/// Runs a command.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Generate(generate) => generate.run(),
        Command::Cost(cost) => {
            log_to_stderr("off");
            cost.run().await
        }
        Command::Bench(bench) => {
            log_to_stderr("off");
            bench.run().await
        }
        Command::Up { port, webhook } => up(&arguments.place, port, webhook).await,
        Command::Provision { endpoint_url } => provision(&endpoint_url).await,
        Command::Import(import) => {
            let (api, stack) = connect(&arguments.place).await?;
            let code = import.run(&api, &arguments.place.data).await;
            stop(stack).await;
            code
        }
        command => {
            let (api, stack) = connect(&arguments.place).await?;
            let shown = match command {
                Command::Status { id, json } => show::status(&api, id.as_deref(), json).await,
                Command::Customer { identifier, json } => show::customer(&api, &identifier, json).await,
                Command::Erase { identifier, yes } => show::erase(&api, &identifier, yes).await,
                Command::Segment { name, export: None, json } => show::segment(&api, &name, json).await,
                Command::Segment { name, export: Some(file), .. } => show::export(&api, &name, &file).await,
                Command::Retry { id } => show::retry(&api, &id).await,
                Command::Cancel { id } => show::cancel(&api, &id).await,
                Command::Catalogue { json } => show::catalogue(&api, json).await,
                Command::Create(entry) => show::create(&api, &entry).await,
                Command::Columns { json } => show::columns(&api, json).await,
                _ => show::template(&api).await,
            };
            stop(stack).await;
            shown.map(|()| ExitCode::SUCCESS)
        }
    }
}

/// The Muster that is meant: the one at the URL, the local stack that runs, or one that runs as long as this command.
async fn connect(place: &Place) -> anyhow::Result<(Api, Option<Stack>)> {
    log_to_stderr("off");
    if let Some(url) = &place.url {
        return Ok((Api::at(url, place.key.as_deref()).await?, None));
    }
    if let Some(url) = find_running(&place.data).await {
        return Ok((Api::new(&url, api_key(&place.data).as_deref())?, None));
    }
    let stack = Stack::start(Options::new(&place.data)).await?;
    Ok((Api::new(stack.api_url(), Some(stack.api_key()))?, Some(stack)))
}

async fn stop(stack: Option<Stack>) {
    if let Some(stack) = stack {
        stack.stop().await;
    }
}

async fn up(place: &Place, port: u16, webhook: Option<String>) -> anyhow::Result<ExitCode> {
    log_to_stderr("warn,row_processor=info,splitter=info,finisher=info");
    let signed = webhook.is_some();
    let stack = Stack::start(Options { port, webhook, ..Options::new(&place.data) }).await?;
    say(&format!("Muster answers at {}/imports; Ctrl-C stops it.", stack.api_url()))?;
    say(&format!("Requests need its key, which `muster` itself finds: Authorization: Bearer {}", stack.api_key()))?;
    if signed {
        say(&format!("The secret of the webhook's signatures is in {}.", place.data.join("webhook-secret").display()))?;
    }
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("signals cannot be received")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("signals cannot be received")?,
        _ = terminate.recv() => {}
    }
    stack.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Creates what the template defines and prints the environment that the functions need there.
async fn provision(endpoint: &str) -> anyhow::Result<ExitCode> {
    let sdk = aws_config::from_env().endpoint_url(endpoint).load().await;
    let definition = local::stack::template::definition(local::stack::STACK_NAME)?;
    let made = local::stack::provision::provision(&sdk, &definition).await?;
    for (name, value) in [
        ("MUSTER_BUCKET", &made.bucket),
        ("MUSTER_TASKS_TABLE", &made.tasks_table),
        ("MUSTER_CUSTOMERS_TABLE", &made.customers_table),
        ("MUSTER_IDENTITIES_TABLE", &made.identities_table),
        ("MUSTER_SEGMENTS_TABLE", &made.segments_table),
        ("MUSTER_SPLIT_QUEUE_URL", &made.split_queue_url),
        ("MUSTER_ROWS_QUEUE_URL", &made.rows_queue_url),
        ("MUSTER_FINISH_QUEUE_URL", &made.finish_queue_url),
    ] {
        say(&format!("export {name}={value}"))?;
    }
    // Whoever runs functions by hand at an emulator is let through.
    say("export MUSTER_AUTH=iam")?;
    Ok(ExitCode::SUCCESS)
}

/// Logs of the functions, as `RUST_LOG` says, or as is usual for the command.
fn log_to_stderr(usual: &str) {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| format!("{usual},dynoxide=off"));
    let filter = tracing_subscriber::EnvFilter::new(filter);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// A line on standard output.
pub(crate) fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("standard output cannot be written")
}

/// A line on standard error.
pub(crate) fn note(line: &str) {
    // There is nowhere left to complain when standard error is closed.
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// An error and what it came from.
pub(crate) fn complain(error: &anyhow::Error) {
    note(&format!("muster: {error:#}"));
}
