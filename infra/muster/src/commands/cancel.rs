//! `muster cancel`: stops an import, and waits until its counters are final.

use client::{Api, encoded, text};

use crate::output::say;
use crate::wait::wait;

pub(crate) async fn cancel(api: &Api, id: &str) -> anyhow::Result<()> {
    api.post(&format!("/imports/{}/cancel", encoded(id)), None, None).await?;
    let import = wait(api, id).await?;
    let rows = |counter: &str| import["counters"][counter].as_u64().unwrap_or(0);
    let applied = rows("created") + rows("updated") + rows("unchanged");
    say(&format!(
        "Import {id} is {}. Its {applied} rows that were applied stay; {} were not processed.",
        text(&import, "state"),
        rows("unprocessed")
    ))
}
