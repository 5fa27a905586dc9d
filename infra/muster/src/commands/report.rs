//! `muster report` and `muster results`: the files of an import, once more.

use std::path::Path;

use anyhow::Context as _;
use client::{Api, encoded, text};

use crate::output::{note, say_page};
use crate::report::in_words_of_the_command;
use crate::saved::Target;

/// Saves the report, or prints it if no file is named.
pub(crate) async fn report(api: &Api, id: &str, file: Option<&Path>, force: bool) -> anyhow::Result<()> {
    let target = file.map(|file| Target::new(file, force)).transpose()?;
    let import = api.get(&format!("/imports/{}", encoded(id))).await?;
    let bytes = in_words_of_the_command(api.errors(id).await?, text(&import["file"], "delimiter"));
    save_or_print(target, bytes, "report", id).await
}

/// Saves the results, or prints them if no file is named.
pub(crate) async fn results(api: &Api, id: &str, file: Option<&Path>, force: bool) -> anyhow::Result<()> {
    let target = file.map(|file| Target::new(file, force)).transpose()?;
    let bytes = api.download(&format!("/imports/{}/results", encoded(id))).await?;
    save_or_print(target, bytes, "results", id).await
}

async fn save_or_print(target: Option<Target>, bytes: Vec<u8>, what: &str, id: &str) -> anyhow::Result<()> {
    let Some(target) = target else {
        return say_page(String::from_utf8(bytes).context("the file is not UTF-8")?.trim_end());
    };
    target.write(&bytes).await?;
    note(&format!("{} has the {what} of {id}.", target.path().display()));
    Ok(())
}
