//! What a local stack counted of its services, and how little of it any design could do with.

use client::Api;
use serde_json::Value as Json;
use stack::Usage;

/// What the stack counted since it started, or `None` if this Muster does not count: only the local stack does.
pub async fn read(api: &Api) -> Option<Usage> {
    serde_json::from_value(api.get("/local/usage").await.ok()?).ok()
}

/// The fewest write units that any design needs for an import: one for each item that is new and one for each customer
/// that a row updated. The import's own items do not count, as another design could do without them.
pub fn floor(usage: &Usage, import: &Json) -> u64 {
    let about_customers = usage.items.iter().filter(|(table, _)| !table.ends_with("-tasks"));
    let new_items: u64 = about_customers.map(|(_, items)| items).sum();
    new_items + import["counters"]["updated"].as_u64().unwrap_or(0)
}
