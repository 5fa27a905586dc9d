//! Hands the arguments to the command that they name.

use std::path::Path;
use std::process::ExitCode;

use crate::arguments::{Arguments, Command, Question};
use crate::commands::{
    cancel, catalogue, columns, create, customer, definitions, delete, drive, drop, env, erase, export, launch,
    provision, report, resume, retry, row, segment, status, suppressed, template, undo, up,
};
use crate::logs::log_to_stderr;
use crate::output::say_page;
use crate::place::Connection;
use crate::typed::Typed;

/// Runs a command. Returns the exit code of the process.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let (place, typed) = (arguments.place, Typed::now());
    match arguments.command {
        Command::Generate(generate) => generate.run()?,
        Command::Cost(cost) => {
            log_to_stderr("off");
            say_page(&cost.run().await?)?;
        }
        Command::Bench(bench) => {
            log_to_stderr("off");
            say_page(&bench.run().await?)?;
        }
        Command::Up { port, webhook } => up::up(&place.data, port, webhook, &typed).await?,
        Command::Env => env::env(&place.data).await?,
        Command::Provision { endpoint_url } => provision::provision(&endpoint_url).await?,
        Command::Drive { endpoint_url, invoke } => drive::drive(&endpoint_url, &invoke).await?,
        Command::Import(import) => {
            // Before a stack is started: a report that may not be saved needs none.
            let target = import.target()?;
            let connection = place.connect().await?;
            let code = import.run(&connection, &place.data, target, &typed).await;
            connection.close().await;
            return code;
        }
        Command::Preview(preview) => {
            let connection = place.connect().await?;
            let code = preview.run(&connection, &typed).await;
            connection.close().await;
            return code;
        }
        Command::Ask(question) => {
            let connection = place.connect().await?;
            let code = ask(&connection, question, &place.data, &typed).await;
            connection.close().await;
            return code;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(connection: &Connection, question: Question, data: &Path, typed: &Typed) -> anyhow::Result<ExitCode> {
    let api = &connection.api;
    match question {
        Question::Status { id: None, search, json } => status::list(api, &search, json).await?,
        Question::Status { id: Some(id), json, .. } => status::status(connection, &id, json, typed).await?,
        Question::Customer { identifier, json } => customer::customer(api, &identifier, json).await?,
        Question::Erase { file: Some(file), suppress, yes, .. } => {
            return erase::erase_file(connection, typed, &file, suppress, yes).await;
        }
        Question::Erase { identifier, suppress, yes, .. } => {
            erase::erase(api, &identifier.unwrap_or_default(), suppress, yes).await?;
        }
        Question::Suppressed { identifier, lift } => suppressed::suppressed(api, &identifier, lift).await?,
        Question::Segment { name, count: true, json, .. } => segment::count(api, &name, json).await?,
        Question::Segment { name, export: None, json, .. } => segment::segment(api, &name, json).await?,
        Question::Segment { name, export: Some(file), force, .. } => export::export(api, &name, &file, force).await?,
        Question::Undo { id, dry_run, json } => return undo::undo(api, &id, dry_run, json, typed).await,
        Question::Launch { id, json } => return launch::launch(connection, data, &id, json, typed).await,
        Question::Resume { id, file, json } => {
            return resume::resume(connection, data, (&id, &file), json, typed).await;
        }
        Question::Retry { id } => return retry::retry(connection, data, &id, typed).await,
        Question::Row { id, row, json } => row::row(api, &id, row, json).await?,
        Question::Report { id, file, force } => report::report(api, &id, file.as_deref(), force).await?,
        Question::Results { id, file, force } => report::results(api, &id, file.as_deref(), force).await?,
        Question::Cancel { id } => cancel::cancel(api, &id).await?,
        Question::Catalogue { json } => catalogue::catalogue(api, json).await?,
        Question::Drop(file) => return drop::drop(connection, data, &file, typed).await,
        Question::Definitions { json } => definitions::definitions(api, json).await?,
        Question::Delete { kind, name } => delete::delete(api, &kind, &name).await?,
        Question::Create(entry) => create::create(api, &entry).await?,
        Question::Columns { json } => columns::columns(api, json).await?,
        Question::Template => template::template(api).await?,
    }
    Ok(ExitCode::SUCCESS)
}
