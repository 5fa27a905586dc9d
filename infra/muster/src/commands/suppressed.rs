//! `muster suppressed`: whether imports leave somebody out, and letting them in again.

use client::Api;

use super::find;
use crate::output::say;

/// Says whether an identifier is suppressed, or lifts that.
pub(crate) async fn suppressed(api: &Api, identifier: &str, lift: bool) -> anyhow::Result<()> {
    let path = format!("/suppressions?{}", find::query(identifier));
    if lift {
        api.delete(&path).await?;
        return say(&format!("Imports may have {identifier} again."));
    }
    match api.get(&path).await?["suppressed"] == true {
        true => say(&format!("{identifier} is suppressed: imports reject rows that have it.")),
        false => say(&format!("{identifier} is not suppressed.")),
    }
}
