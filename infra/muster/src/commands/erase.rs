//! `muster erase`: forgets a customer, or all whom a file names.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use client::{Api, Refusal, encoded, text};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use serde_json::{Value as Json, json};

use super::customer::customer;
use super::find;
use super::import::checksum;
use crate::ended::exit_code;
use crate::output::{count, note, number, say};
use crate::place::Connection;
use crate::summary::{Context, summarize};
use crate::typed::Typed;
use crate::wait::wait;

/// Customers who are erased at the same time.
const AT_ONCE: usize = 8;
/// What is asked of the API to keep somebody out.
const SUPPRESS: &str = "suppress=true";

/// Erases a customer once `--yes` confirms it; until then only shows who would be erased, and fails.
pub(crate) async fn erase(api: &Api, identifier: &str, suppress: bool, confirmed: bool) -> anyhow::Result<()> {
    if !confirmed {
        customer(api, identifier, false).await?;
        bail!("nothing is erased yet: add --yes to erase this customer with its feed, identifiers and memberships");
    }
    let Ok(found) = find::customer(api, identifier).await else {
        // An import may have left something of somebody whom nobody can find.
        let path = find::by_identifier(identifier);
        if suppress {
            api.delete(&format!("{path}&{SUPPRESS}")).await?;
            return say("Nothing is stored of such a customer, and imports will leave this identifier out.");
        }
        api.delete(&path).await?;
        return say("What was left of this customer is erased.");
    };
    let id = text(&found, "id");
    erase_by_id(api, id, suppress).await?;
    let later = if suppress { "no import brings" } else { "no import that is open now brings" };
    say(&format!(
        "Customer {id} is erased, and {later} the customer back. Uploads and reports that contain the customer stay until they expire."
    ))
}

/// Erases all customers whom the rows of a file name, once `--yes` confirms it. Who they are, a forecast of an import
/// says that only updates: so a file is read here as an import reads it.
pub(crate) async fn erase_file(
    connection: &Connection,
    typed: &Typed,
    file: &Path,
    suppress: bool,
    confirmed: bool,
) -> anyhow::Result<ExitCode> {
    let api = &connection.api;
    let forecast = forecast(api, file).await?;
    if forecast["state"] != "completed" {
        summarize(&forecast, Context { connection, typed, request: None, report: None }).await?;
        return Ok(exit_code(&forecast));
    }
    let id = text(&forecast, "id");
    let results = api.download(&format!("/imports/{}/results", encoded(id))).await?;
    let (rows, customers) = named(&results)?;
    let found = count(customers.len() as u64, "customer", "customers");
    let nobody = rows.nobody;
    if nobody > 0 {
        let rows = count(nobody, "row names", "rows name");
        note(&format!("{rows} nobody, or cannot be read; `{}` lists them.", typed.other(&["report", id])));
    }
    if !confirmed {
        note(&format!("{} of {} name {found}.", number(rows.all - nobody), count(rows.all, "row", "rows")));
        bail!("nothing is erased yet: add --yes to erase {found} with their feeds, identifiers and memberships");
    }
    let bar = ProgressBar::new(customers.len() as u64);
    let erased = stream::iter(&customers).map(|id| async {
        let erased = erase_by_id(api, id, suppress).await;
        bar.inc(1);
        match erased {
            Err(error) if has_code(&error, "customer_changing") => Ok(1),
            // Somebody else erased the customer meanwhile.
            Err(error) if has_code(&error, "no_such_customer") => Ok(0),
            erased => erased.map(|()| 0),
        }
    });
    let changing: u64 = erased.buffer_unordered(AT_ONCE).try_fold(0, |sum, one| async move { Ok(sum + one) }).await?;
    bar.finish_and_clear();
    if changing > 0 {
        bail!("imports kept changing {}; run this again", count(changing, "customer", "customers"));
    }
    let later = if suppress { "no import brings" } else { "no import that is open now brings" };
    say(&format!(
        "Erased {found}; {later} them back. Uploads and reports that contain them stay until they expire, and so does the upload of {}.",
        file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn erase_by_id(api: &Api, id: &str, suppress: bool) -> anyhow::Result<()> {
    let query = if suppress { format!("?{SUPPRESS}") } else { String::new() };
    api.delete(&format!("/customers/{}{query}", encoded(id))).await
}

fn has_code(error: &anyhow::Error, code: &str) -> bool {
    error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == code)
}

/// Has Muster foretell an import of the file that only updates, and waits for its end.
async fn forecast(api: &Api, file: &Path) -> anyhow::Result<Json> {
    let unreadable = || format!("{} cannot be read", file.display());
    let size = tokio::fs::metadata(file).await.with_context(unreadable)?.len();
    let name = file.file_name().and_then(|name| name.to_str()).context("the name of the file is not UTF-8")?;
    let request = json!({
        "file": { "name": name, "size": size, "sha256": checksum::sha256(file).await.with_context(unreadable)? },
        "dry_run": true,
        "mode": "update_only",
        "results": true,
        "on_unknown_column": "ignore",
        "on_empty_column": "ignore",
    });
    let launched = api.post("/imports", Some(&request), None).await?;
    api.upload(file, &launched["upload"], size).await?;
    wait(api, text(&launched, "id")).await
}

/// Rows of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rows {
    all: u64,
    /// Those that name nobody, or cannot be read.
    nobody: u64,
}

/// The customers whom the results of a forecast name.
fn named(results: &[u8]) -> anyhow::Result<(Rows, BTreeSet<String>)> {
    let mut reader = csv::Reader::from_reader(results);
    let column = reader.headers()?.iter().position(|name| name == "_customer_id").context("the results name nobody")?;
    let (mut rows, mut customers) = (Rows::default(), BTreeSet::new());
    for record in reader.records() {
        rows.all += 1;
        match record?.get(column) {
            None | Some("") => rows.nobody += 1,
            Some(id) => drop(customers.insert(id.to_owned())),
        }
    }
    Ok((rows, customers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_about_one_customer_erase_one_and_rows_about_nobody_none() {
        let results = b"_row,_line,_outcome,_customer_id\r\n1,2,updated,A\r\n2,3,rejected,\r\n3,4,unchanged,A\r\n";
        let (rows, customers) = named(results).unwrap();
        assert_eq!(rows, Rows { all: 3, nobody: 1 });
        assert_eq!(customers, BTreeSet::from(["A".to_owned()]));
    }
}
