//! `muster report`: the report of an import, once more.

use std::path::Path;

use anyhow::Context as _;
use client::Api;

use crate::output::{note, say_page};
use crate::saved::Target;

/// Saves the report, or prints it if no file is named.
pub(crate) async fn report(api: &Api, id: &str, file: Option<&Path>, force: bool) -> anyhow::Result<()> {
    let target = file.map(|file| Target::new(file, force)).transpose()?;
    let bytes = api.errors(id).await?;
    match target {
        Some(target) => {
            target.write(&bytes).await?;
            note(&format!("The report of {id} is in {}.", target.path().display()));
            Ok(())
        }
        None => say_page(String::from_utf8(bytes).context("the report is not UTF-8")?.trim_end()),
    }
}
