//! What can be typed: the subcommands and their flags.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tools::{Bench, Cost, Generate};

use crate::commands::create::Create;
use crate::commands::drop::Drop;
use crate::commands::import::Import;
use crate::commands::preview::Preview;
use crate::commands::status::Search;
use crate::place::Place;

/// Customer imports: a CSV goes in, customers come out, and every row that could not be applied comes back.
#[derive(Debug, Parser)]
#[command(name = "muster", version, after_help = "Example:\n  muster import customers.csv --segment \"May survey\"")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Import a file of customers; exits with 0, with 1 if rows were rejected, with 2 if it failed
    Import(Box<Import>),
    /// Show how a file would be read, before it is imported; exits with 0, or with 2 if it would be refused
    Preview(Box<Preview>),
    /// Keep the local stack running
    Up {
        /// The port of the API; the stores answer on the next one
        #[arg(long, default_value_t = 4600)]
        port: u16,
        /// A webhook to call when an import has ended
        #[arg(long, value_name = "URL")]
        webhook: Option<String>,
    },
    /// Print the environment with which AWS clients reach the stores of the local stack
    #[command(after_help = "Example:\n  eval \"$(muster env)\"")]
    Env,
    #[command(flatten)]
    Ask(Question),
    /// Create the bucket, queues and tables of infra/template.yaml at an endpoint, such as LocalStack's
    Provision {
        /// The endpoint; credentials and region come from the usual AWS environment
        #[arg(long, value_name = "URL")]
        endpoint_url: String,
    },
    /// Play the queues' event source mappings and the clock of infra/template.yaml for functions of `cargo lambda watch`
    Drive {
        /// The endpoint that has the queues, such as LocalStack's; credentials and region come from the usual AWS environment
        #[arg(long, value_name = "URL")]
        endpoint_url: String,
        /// Where `cargo lambda watch` listens
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
        invoke: String,
    },
    /// Write a made-up file of customers
    Generate(Generate),
    /// Show what an import costs at published prices, next to other designs
    Cost(Cost),
    /// Import a made-up file twice in a temporary directory, and show how fast that was and what it took
    Bench(Bench),
}

/// The commands that do nothing but send requests to the API and show its answers.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// Show the latest imports or those that are searched for, or the progress of one
    Status {
        /// The import's id
        id: Option<String>,
        #[command(flatten)]
        search: Search,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a customer by email, phone, external id or id
    Customer {
        /// Such as ann@example.com, +12015550123 or C-0001
        identifier: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Erase customers with their feeds, identifiers and memberships
    #[command(group(clap::ArgGroup::new("whom").args(["identifier", "file"]).required(true)))]
    Erase {
        /// Such as ann@example.com, +12015550123 or C-0001
        identifier: Option<String>,
        /// Erase all customers whom the rows of this CSV name by email, phone or external id
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Keep them out: later imports reject rows that have one of their identifiers
        #[arg(long)]
        suppress: bool,
        /// Erase the customers instead of only showing who it is
        #[arg(long)]
        yes: bool,
    },
    /// Show whether imports leave somebody out who was erased with --suppress
    Suppressed {
        /// Such as ann@example.com, +12015550123 or C-0001
        identifier: String,
        /// Let imports have this identifier again
        #[arg(long)]
        lift: bool,
    },
    /// Show the members of a segment
    Segment {
        /// Its name, or GROUP/NAME
        name: String,
        /// Save the members as a CSV that can be imported again
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
        /// Only count the members, however many there are
        #[arg(long, conflicts_with = "export")]
        count: bool,
        /// Overwrite that file if it exists
        #[arg(long)]
        force: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Stop an import; rows that were applied stay
    Cancel {
        /// The import's id
        id: String,
    },
    /// Take an import back: what it set and nobody changed since; exits with 1 if something stays
    Undo {
        /// The import's id
        id: String,
        /// Only count what would come back
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Import what a completed forecast foretold, without uploading the file again; exits as import does
    Launch {
        /// The forecast's id
        id: String,
        /// Print the import as JSON as the last line of standard output
        #[arg(long)]
        json: bool,
    },
    /// Send what is missing of a file whose upload was interrupted; exits as import does
    Resume {
        /// The import's id
        id: String,
        /// The file that it was launched with
        file: PathBuf,
        /// Print the import as JSON as the last line of standard output
        #[arg(long)]
        json: bool,
    },
    /// Process the rows of an import that were left unprocessed when it ended; exits as import does
    Retry {
        /// The import's id
        id: String,
    },
    /// Show what became of one row of an import
    Row {
        /// The import's id
        id: String,
        /// The number of the row: the first one after the header is 1
        row: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Save the report of an import: the rows that something was wrong with, ready to be corrected and imported
    Report {
        /// The import's id
        id: String,
        /// Where to save it; without a file it is printed
        file: Option<PathBuf>,
        /// Overwrite that file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Save what became of each row of an import that was launched with --results
    Results {
        /// The import's id
        id: String,
        /// Where to save it; without a file it is printed
        file: Option<PathBuf>,
        /// Overwrite that file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Show the columns that a file may have
    Columns {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what settings and cells may name: API endpoints, touchpoints, segments, actions and custom fields
    Catalogue {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a file into the inbox of the local stack, where it is imported with a definition; exits as import does
    Drop(Drop),
    /// Show the definitions: settings of imports under a name
    Definitions {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a definition, or a name of the catalogue that nothing uses
    #[command(
        after_help = "Examples:\n  muster delete definition \"Shop customers\"\n  muster delete segment \"Surveys/May\"\n  muster delete custom-field shoe_size\n\nImports that were launched with a definition keep its settings. A segment goes when nobody is in it, a custom field\nwhen no import had a column for it."
    )]
    Delete {
        /// What to delete
        #[arg(value_parser = ["definition", "api-endpoint", "touchpoint", "segment-group", "segment", "source-action", "custom-field"])]
        kind: String,
        /// Its name; of a segment also GROUP/NAME
        name: String,
    },
    /// Add a name to the catalogue, or keep settings as a definition
    #[command(
        after_help = "Examples:\n  muster create definition \"Shop customers\" --from-import 01K…\n  muster create api-endpoint \"Web shop\" --touchpoint shop.example\n  muster create custom-field shoe_size --type number"
    )]
    Create(Create),
    /// Print a file to begin with
    Template,
}
