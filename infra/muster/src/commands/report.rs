//! `muster report`: the report of an import, once more.

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
    match target {
        Some(target) => {
            target.write(&bytes).await?;
            note(&format!("The report of {id} is in {}.", target.path().display()));
            Ok(())
        }
        None => say_page(String::from_utf8(bytes).context("the report is not UTF-8")?.trim_end()),
    }
}
