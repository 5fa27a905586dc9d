//! `muster erase`: forgets a customer.

use anyhow::bail;
use client::{Api, text};

use super::customer::customer;
use super::find;
use crate::output::say;

/// Erases a customer once `--yes` confirms it; until then only shows who would be erased, and fails.
pub(crate) async fn erase(api: &Api, identifier: &str, confirmed: bool) -> anyhow::Result<()> {
    let found = find::customer(api, identifier).await?;
    if !confirmed {
        customer(api, identifier, false).await?;
        bail!("nothing is erased yet: add --yes to erase this customer with its feed, identifiers and memberships");
    }
    let id = text(&found, "id");
    api.delete(&format!("/customers/{id}")).await?;
    say(&format!("Customer {id} is erased. Uploads and reports that contain the customer stay until they expire."))
}
