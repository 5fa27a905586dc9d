//! `muster cancel`: stops an import, and waits until its counters are final.

use client::{Api, encoded, text};

use crate::output::{count, say};
use crate::wait::wait;

pub(crate) async fn cancel(api: &Api, id: &str) -> anyhow::Result<()> {
    api.post(&format!("/imports/{}/cancel", encoded(id)), None, None).await?;
    let import = wait(api, id).await?;
    let rows = |counter: &str| import["counters"][counter].as_u64().unwrap_or(0);
    let applied = rows("created") + rows("updated") + rows("unchanged");
    let stay = if import["dry_run"] == true {
        "It was a dry run, so nothing was written.".to_owned()
    } else {
        format!("{} applied, and that stays.", count(applied, "row was", "rows were"))
    };
    say(&format!(
        "Import {id} is {}. {stay} {} not processed.",
        text(&import, "state"),
        count(rows("unprocessed"), "row was", "rows were")
    ))
}
