//! `muster row`: what became of one row of an import.

use client::{Api, encoded, text};
use serde_json::Value as Json;

use crate::flags;
use crate::output::{say, say_json};

pub(crate) async fn row(api: &Api, id: &str, number: u64, json: bool) -> anyhow::Result<()> {
    let row = api.get(&format!("/imports/{}/rows/{number}", encoded(id))).await?;
    if json {
        return say_json(&row);
    }
    lines(&row).iter().try_for_each(|line| say(line))
}

fn lines(row: &Json) -> Vec<String> {
    let line = row["line"].as_u64().map(|line| format!(" (line {line})")).unwrap_or_default();
    let became = match (text(row, "state"), row["outcome"].as_str()) {
        ("waiting", _) => "is not processed yet".to_owned(),
        ("left_out", _) => "was not processed: the import was stopped before".to_owned(),
        ("expired", _) => "was processed; what became of it is no longer kept".to_owned(),
        (_, Some(outcome)) if row["forecast"] == true => format!("would be {outcome}"),
        (_, outcome) => outcome.unwrap_or_default().to_owned(),
    };
    let customer = row["customer"].as_str().map(|customer| format!(", customer {customer}")).unwrap_or_default();
    let mut lines = vec![format!("Row {}{line}: {became}{customer}", row["row"])];
    for problem in row["problems"].as_array().into_iter().flatten() {
        let column = problem["column"].as_str().map(|column| format!("{column}: ")).unwrap_or_default();
        let message = flags::translated(text(problem, "message"));
        lines.push(format!("  {}  {column}{message} [{}]", text(problem, "severity"), text(problem, "code")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_is_said_with_its_line_its_customer_and_its_problems() {
        let problem =
            json!({ "severity": "warning", "code": "value_dropped", "column": "Phone", "message": "Too short." });
        let row = |state: &str, outcome: Json, forecast: bool, problems: &[&Json]| {
            json!({ "row": 7, "line": 9, "state": state, "outcome": outcome, "forecast": forecast, "customer": null,
                    "problems": problems })
        };
        let mut updated = row("processed", json!("updated"), false, &[&problem]);
        updated["customer"] = json!("01M");
        for (row, expected) in [
            (updated, &["Row 7 (line 9): updated, customer 01M", "  warning  Phone: Too short. [value_dropped]"][..]),
            (row("processed", json!("created"), true, &[]), &["Row 7 (line 9): would be created"]),
            (row("waiting", Json::Null, false, &[]), &["Row 7 (line 9): is not processed yet"]),
        ] {
            assert_eq!(lines(&row), expected);
        }
    }
}
