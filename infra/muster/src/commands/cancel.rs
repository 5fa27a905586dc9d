//! `muster cancel`: stops an import.

use client::{Api, encoded, text};

use crate::output::say;

pub(crate) async fn cancel(api: &Api, id: &str) -> anyhow::Result<()> {
    let import = api.post(&format!("/imports/{}/cancel", encoded(id)), None, None).await?;
    say(&format!("Import {id} is {}; rows that were applied stay.", text(&import, "state")))
}
