//! The two streams: results on standard output, everything else on standard error. Whatever is printed passes here and is
//! made safe to show.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;
use client::Refusal;
use serde_json::Value as Json;

use crate::{flags, terminal};

/// Writes a line to standard output.
pub(crate) fn say(line: &str) -> anyhow::Result<()> {
    write(&terminal::line(line))
}

/// Writes JSON to standard output.
pub(crate) fn say_json(json: &Json) -> anyhow::Result<()> {
    write(&terminal::json(&json.to_string()))
}

/// Writes a text of several lines to standard output. A program that reads it gets it as it is.
pub(crate) fn say_page(page: &str) -> anyhow::Result<()> {
    if std::io::stdout().is_terminal() { write(&terminal::page(page)) } else { write(page) }
}

fn write(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("standard output cannot be written")
}

/// Whether an error says only that nobody reads standard output any more.
pub(crate) fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Writes a line to standard error.
pub(crate) fn note(line: &str) {
    // There is nowhere left to complain when standard error is closed.
    let _closed = writeln!(std::io::stderr().lock(), "{}", terminal::line(line));
}

/// Writes an error and its causes to standard error. A refusal of the API is put into the words of the command.
pub(crate) fn complain(error: &anyhow::Error) {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => refused(refusal).iter().for_each(|line| note(line)),
        None => note(&format!("muster: {error:#}")),
    }
}

/// A refusal as lines, one for each problem.
fn refused(refusal: &Refusal) -> Vec<String> {
    let mut lines = match refusal.code.as_str() {
        "unauthorized" => vec!["the key is not known there: give a valid one with --key or in MUSTER_KEY".to_owned()],
        _ if refusal.problems.is_empty() => vec![flags::translated(&refusal.detail)],
        _ => {
            let problems = refusal.problems.iter().map(|problem| {
                let message = flags::translated(&problem.message);
                flags::of_path(&problem.path).map_or_else(|| message.clone(), |flag| format!("{flag}: {message}"))
            });
            problems.collect()
        }
    };
    for (at, line) in lines.iter_mut().enumerate() {
        line.insert_str(0, if at == 0 { "muster: " } else { "  " });
    }
    if let (Some(last), false) = (lines.last_mut(), refusal.code.is_empty()) {
        last.push_str(&format!(" [{}]", refusal.code));
    }
    lines
}

/// A number with commas between thousands.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// A number of things: `1 row`, `2,000 rows`.
pub(crate) fn count(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(value), if value == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use client::BadField;

    use super::*;

    #[test]
    fn a_refusal_names_flags() {
        let field = |path: &str, message: &str| BadField { path: path.to_owned(), message: message.to_owned() };
        let refusal = |code: &str, detail: &str, problems| Refusal {
            status: 400,
            code: code.to_owned(),
            detail: detail.to_owned(),
            problems,
        };
        for (refusal, expected) in [
            (
                refusal(
                    "invalid_request",
                    "default_region: Give two letters.",
                    vec![field("default_region", "Give two letters."), field("columns.Ref", "There is no column `x`.")],
                ),
                vec![
                    "muster: --region: Give two letters.",
                    "  --map Ref=COLUMN: There is no column `x`. [invalid_request]",
                ],
            ),
            (
                refusal("invalid_request", "file.size: It is empty.", vec![field("file.size", "It is empty.")]),
                vec!["muster: It is empty. [invalid_request]"],
            ),
            (refusal("", "the answer was 502", Vec::new()), vec!["muster: the answer was 502"]),
            (
                refusal("unauthorized", "Send a valid key: `Authorization: Bearer KEY`.", Vec::new()),
                vec!["muster: the key is not known there: give a valid one with --key or in MUSTER_KEY [unauthorized]"],
            ),
        ] {
            assert_eq!(refused(&refusal), expected);
        }
    }

    #[test]
    fn numbers_have_commas_between_thousands() {
        for (value, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(number(value), expected);
        }
        assert_eq!((count(1, "row", "rows"), count(2_000, "row", "rows")), ("1 row".into(), "2,000 rows".into()));
    }
}
