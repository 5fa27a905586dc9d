//! The columns that a file may have: a template to fill in, and the reference.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::columns::{COLUMNS, Fields};
use runtime::http;
use serde_json::{Value as Json, json};

/// A file to start from: the names of the columns and an example of each.
pub(crate) fn template() -> LambdaFunctionUrlResponse {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let examples: Vec<String> = COLUMNS.iter().map(|column| quoted(column.example)).collect();
    let body = format!("\u{feff}{}\r\n{}\r\n", names.join(","), examples.join(","));
    let disposition = "attachment; filename=\"customers.csv\"".to_owned();
    http::answer(200, "text/csv; charset=utf-8", body, &[("content-disposition", disposition)])
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// The reference of columns, with the project's custom fields.
pub(crate) fn columns(fields: &Fields) -> LambdaFunctionUrlResponse {
    let custom = fields.iter().map(|(name, holds)| {
        json!({ "name": format!("custom.{name}"), "type": holds, "aliases": [], "hint": "A custom field.", "example": "" })
    });
    let columns: Vec<Json> = COLUMNS
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "type": column.kind.word(),
                "aliases": column.other_names().collect::<Vec<_>>(),
                "hint": column.hint,
                "example": column.example,
            })
        })
        .chain(custom)
        .collect();
    http::json(200, &json!({ "columns": columns }), &[])
}
