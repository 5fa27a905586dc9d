//! `muster columns`: the columns that a file may have.

use client::{Api, text};

use crate::output::say;

pub(crate) async fn columns(api: &Api, json: bool) -> anyhow::Result<()> {
    let reference = api.get("/columns").await?;
    if json {
        return say(&reference.to_string());
    }
    for column in reference["columns"].as_array().into_iter().flatten() {
        say(&format!("{:<18} {}", text(column, "name"), text(column, "hint")))?;
    }
    Ok(())
}
