//! The member `usage` that `--json` adds to an import, or an undo, on the local stack.

use serde_json::{Value as Json, json};
use stack::Usage;
use tools::usage::floor;

/// What the services were asked for, in all and for 1,000 rows. Of an import with the floor: the fewest write units of any
/// design.
pub(crate) fn json(usage: &Usage, import: &Json) -> Json {
    let rows = import["counters"]["rows"].as_u64().unwrap_or(0);
    let per_thousand = |count: f64| if rows == 0 { 0.0 } else { (count * 100_000.0 / rows as f64).round() / 100.0 };
    let mut shown = json!({
        "rows": rows,
        "write_units": usage.write_units,
        "read_units": usage.read_units,
        "requests": usage.requests,
        "messages": usage.messages,
        "new_items": usage.items,
        "write_units_per_1000_rows": per_thousand(usage.total_write_units()),
        "read_units_per_1000_rows": per_thousand(usage.total_read_units()),
        "requests_per_1000_rows": per_thousand(usage.total_requests() as f64),
    });
    if import["kind"] != "undo" {
        shown["write_units_floor_per_1000_rows"] = per_thousand(floor(usage, import) as f64).into();
    }
    shown
}
