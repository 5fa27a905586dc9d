//! Hands the arguments to the command that they name.

use std::process::ExitCode;

use client::Api;

use crate::arguments::{Arguments, Command, Question};
use crate::commands::{
    cancel, catalogue, columns, create, customer, erase, export, provision, retry, segment, status, template, up,
};
use crate::logs::log_to_stderr;
use crate::output::say;

/// Runs a command. Returns the exit code of the process.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let place = arguments.place;
    match arguments.command {
        Command::Generate(generate) => generate.run()?,
        Command::Cost(cost) => {
            log_to_stderr("off");
            say(&cost.run().await?)?;
        }
        Command::Bench(bench) => {
            log_to_stderr("off");
            say(&bench.run().await?)?;
        }
        Command::Up { port, webhook } => up::up(&place.data, port, webhook).await?,
        Command::Provision { endpoint_url } => provision::provision(&endpoint_url).await?,
        Command::Import(import) => {
            let connection = place.connect().await?;
            let code = import.run(&connection.api, &place.data).await;
            connection.close().await;
            return code;
        }
        Command::Ask(question) => {
            let connection = place.connect().await?;
            let result = ask(&connection.api, question).await;
            connection.close().await;
            result?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(api: &Api, question: Question) -> anyhow::Result<()> {
    match question {
        Question::Status { id, json } => status::status(api, id.as_deref(), json).await,
        Question::Customer { identifier, json } => customer::customer(api, &identifier, json).await,
        Question::Erase { identifier, yes } => erase::erase(api, &identifier, yes).await,
        Question::Segment { name, export: None, json } => segment::segment(api, &name, json).await,
        Question::Segment { name, export: Some(file), .. } => export::export(api, &name, &file).await,
        Question::Retry { id } => retry::retry(api, &id).await,
        Question::Cancel { id } => cancel::cancel(api, &id).await,
        Question::Catalogue { json } => catalogue::catalogue(api, json).await,
        Question::Create(entry) => create::create(api, &entry).await,
        Question::Columns { json } => columns::columns(api, json).await,
        Question::Template => template::template(api).await,
    }
}
