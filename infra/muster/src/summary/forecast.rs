//! Who would change, as lines for people.

use client::text;
use serde_json::Value as Json;

use crate::output::count;

/// Samples that are listed; the API has up to a hundred.
const LISTED: usize = 10;

/// What a forecast says besides its counters.
pub(super) fn lines(forecast: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    let changes = forecast["changes"].as_array().map_or(&[][..], Vec::as_slice);
    if !changes.is_empty() {
        lines.push("Customers who would change:".to_owned());
    }
    for change in changes {
        let customers = count(change["customers"].as_u64().unwrap_or(0), "customer", "customers");
        lines.push(format!("  {:<20} {customers}", text(change, "column")));
    }
    let counted = |name: &str, one: &str, more: &str| {
        let times = forecast[name].as_u64().unwrap_or(0);
        (times > 0).then(|| format!("  {}", count(times, one, more)))
    };
    lines.extend(counted("segment_joins", "customer joins a segment", "customers join a segment"));
    lines.extend(counted("segment_leaves", "customer leaves another one for it", "customers leave another one for it"));
    let samples = forecast["samples"].as_array().map_or(&[][..], Vec::as_slice);
    let known = samples.iter().filter(|sample| !sample["customer"].is_null());
    lines.extend(known.take(LISTED).map(|sample| {
        let (before, after) = (shown(&sample["before"]), shown(&sample["after"]));
        format!(
            "  row {}: {} of {}: {before} → {after}",
            sample["row"],
            text(sample, "column"),
            text(sample, "customer")
        )
    }));
    lines
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_owned(),
        Json::String(text) => format!("“{text}”"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_forecast_says_who_would_change_from_what_to_what() {
        let forecast = json!({
            "changes": [{ "column": "email", "customers": 1 }, { "column": "city", "customers": 2 }], "identifiers_changed": 1, "segment_joins": 0, "segment_leaves": 0,
            "samples": [
                { "row": 3, "customer": "01K", "column": "city", "before": null, "after": "Rome" },
                { "row": 4, "customer": null, "column": "city", "before": null, "after": "Oslo" },
            ],
        });
        assert_eq!(
            lines(&forecast),
            [
                "Customers who would change:",
                "  email                1 customer",
                "  city                 2 customers",
                "  row 3: city of 01K: nothing → “Rome”",
            ]
        );
        assert_eq!(lines(&Json::Null), Vec::<String>::new());
    }
}
