//! `muster erase`: forgets a customer.

use anyhow::bail;
use client::{Api, text};

use super::customer::customer;
use super::find;
use crate::output::say;

/// Erases a customer once `--yes` confirms it; until then only shows who would be erased, and fails.
pub(crate) async fn erase(api: &Api, identifier: &str, confirmed: bool) -> anyhow::Result<()> {
    if !confirmed {
        customer(api, identifier, false).await?;
        bail!("nothing is erased yet: add --yes to erase this customer with its feed, identifiers and memberships");
    }
    let Ok(found) = find::customer(api, identifier).await else {
        // An import may have left something of somebody whom nobody can find.
        api.delete(&find::by_identifier(identifier)).await?;
        return say("What was left of this customer is erased.");
    };
    let id = text(&found, "id");
    api.delete(&format!("/customers/{id}")).await?;
    say(&format!(
        "Customer {id} is erased, and no import that is open now brings the customer back. Uploads and reports that contain the customer stay until they expire."
    ))
}
