//! `muster columns`: the columns that a file may have.

use client::{Api, text};

use crate::output::{say, say_json};

pub(crate) async fn columns(api: &Api, json: bool) -> anyhow::Result<()> {
    let reference = api.get("/columns").await?;
    if json {
        return say_json(&reference);
    }
    for column in reference["columns"].as_array().into_iter().flatten() {
        say(&format!("{:<18} {}", text(column, "name"), text(column, "hint")))?;
    }
    Ok(())
}
