//! `muster retry`: processes the rows that an import left unprocessed.

use client::{Api, encoded};

use crate::summary::summarize;
use crate::wait::wait;

pub(crate) async fn retry(api: &Api, id: &str) -> anyhow::Result<()> {
    api.post(&format!("/imports/{}/retry", encoded(id)), None, None).await?;
    let import = wait(api, id).await?;
    summarize(&import, None)
}
