//! Why an import failed, as lines for people, and the command that would do better.

use client::text;
use serde_json::Value as Json;

use crate::flags;
use crate::typed::Typed;

/// Most problems that are shown; more are only counted.
const MOST_SHOWN: usize = 20;
/// Most commands that are offered as alternatives.
const MOST_COMMANDS: usize = 4;

/// The command that launched an import, and what it asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) typed: &'a Typed,
    pub(crate) request: &'a Json,
}

/// Every problem with its place, code and cure. Headers that name no column are in one line.
pub(crate) fn lines(import: &Json) -> Vec<String> {
    let failure = &import["failure"];
    let problems = failure["problems"].as_array().map_or(&[][..], Vec::as_slice);
    let (unknown, others): (Vec<&Json>, Vec<&Json>) =
        problems.iter().partition(|problem| is_header_to_leave_out(problem, import));
    let mut shown: Vec<String> = if unknown.len() > 1 {
        std::iter::once(unknown_columns(&unknown)).chain(others.into_iter().map(line)).collect()
    } else {
        problems.iter().map(line).collect()
    };
    let total = failure["problems_total"].as_u64().unwrap_or(0);
    let hidden = shown.len().saturating_sub(MOST_SHOWN) as u64 + total.saturating_sub(problems.len() as u64);
    shown.truncate(MOST_SHOWN);
    if hidden > 0 {
        shown.push(format!("… and {hidden} more"));
    }
    if shown.is_empty() {
        shown.push(flags::translated(text(failure, "message")));
    }
    shown
}

fn line(problem: &Json) -> String {
    format!("{}{} [{}]", place(problem), flags::translated(text(problem, "message")), text(problem, "code"))
}

/// Whether a problem is a header that names no column and could be left out. One of a custom field has another cure.
fn is_header_to_leave_out(problem: &Json, import: &Json) -> bool {
    let is_header_elsewhere = flags::named(text(problem, "message")).iter().any(|(name, _)| *name == "header_line");
    let is_custom = text(problem, "column").trim_start().to_lowercase().starts_with("custom");
    text(problem, "code") == "unknown_column"
        && is_in_file(problem, import)
        && !is_header_elsewhere
        && !is_custom
        && !is_opt_out(problem)
}

/// Whether a column says who does not want to be written to. Left out with all that is unknown, its refusals are lost.
fn is_opt_out(problem: &Json) -> bool {
    text(problem, "message").contains("who opted out")
}

fn unknown_columns(problems: &[&Json]) -> String {
    let headers = problems.iter().map(|problem| {
        let header = text(problem, "column");
        match suggestion(text(problem, "message")) {
            Some(column) => format!("“{header}” (did you mean {column}?)"),
            None => format!("“{header}”"),
        }
    });
    let place = problems.first().map_or_else(String::new, |first| line_of(first));
    format!(
        "{place}{} headers name no column: {}. Rename them, map them with `--map HEADER=COLUMN`, or leave them out. [unknown_column]",
        problems.len(),
        headers.collect::<Vec<_>>().join(", ")
    )
}

/// The column that a message suggests for a header.
fn suggestion(message: &str) -> Option<&str> {
    message.split_once("Did you mean `")?.1.split('`').next()
}

/// Where a problem is, such as `row 2, line 3, column email: `, or nothing if that is unknown. The header is no row.
pub(crate) fn place(problem: &Json) -> String {
    let mut places = Vec::new();
    for name in ["row", "line"] {
        if let Some(number) = problem[name].as_u64().filter(|number| *number > 0) {
            places.push(format!("{name} {number}"));
        }
    }
    if let Some(column) = problem["column"].as_str().filter(|column| !column.is_empty()) {
        places.push(format!("column {column}"));
    }
    if places.is_empty() { String::new() } else { format!("{}: ", places.join(", ")) }
}

fn line_of(problem: &Json) -> String {
    problem["line"].as_u64().map_or_else(String::new, |line| format!("line {line}: "))
}

/// The commands that cure everything that was found wrong with the file, if settings can. Several are alternatives, of
/// which only a person can choose.
pub(crate) fn ready(import: &Json, launch: Launch<'_>) -> Vec<String> {
    let problems = import["failure"]["problems"].as_array().map_or(&[][..], Vec::as_slice);
    let mut commands: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    let mut cured: Vec<Vec<(&str, &str)>> = Vec::new();
    for problem in problems {
        let cures = cures(problem, launch.request);
        if cures.is_empty() {
            return Vec::new();
        }
        if cured.contains(&cures) {
            continue;
        }
        commands = commands
            .iter()
            .flat_map(|command| {
                cures.iter().map(|cure| {
                    let others = command.iter().filter(|(setting, _)| *setting != cure.0);
                    others.chain([cure]).copied().collect()
                })
            })
            .take(MOST_COMMANDS)
            .collect();
        cured.push(cures);
    }
    commands.iter().filter(|settings| !settings.is_empty()).map(|settings| launch.typed.with(settings)).collect()
}

/// The settings that cure a problem, any one of them alone: its message names them, or else its code implies them.
fn cures<'a>(problem: &'a Json, request: &Json) -> Vec<(&'a str, &'a str)> {
    let asked_for = |setting: &str| request[setting].as_str().map(ToOwned::to_owned);
    let differs = |(setting, value): &(&str, &str)| {
        flags::words(setting, value).is_some() && asked_for(setting).as_deref() != Some(*value)
    };
    let mut named: Vec<(&str, &str)> = flags::named(text(problem, "message")).into_iter().filter(differs).collect();
    named.dedup();
    if !named.is_empty() {
        return named;
    }
    let by_code: &[(&str, &str)] = match text(problem, "code") {
        "unknown_column" if is_in_file(problem, request) && !is_opt_out(problem) => &[("on_unknown_column", "ignore")],
        "empty_column" => &[("on_empty_column", "ignore")],
        "unreadable_column" => &[("on_unreadable_column", "ignore")],
        "ambiguous_dates" => &[("date_format", "DD/MM/YYYY"), ("date_format", "MM/DD/YYYY")],
        "ambiguous_numbers" => &[("decimal_mark", "."), ("decimal_mark", ",")],
        _ => &[],
    };
    by_code.iter().filter(|setting| differs(setting)).copied().collect()
}

/// Whether an unknown column is one of the file, and not one that the settings map though the file lacks it. An import
/// and the request for it both have these settings.
fn is_in_file(problem: &Json, settings: &Json) -> bool {
    problem["column"].as_str().is_some_and(|header| settings["columns"].get(header).is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(code: &str, column: Option<&str>, message: &str) -> Json {
        json!({ "code": code, "row": 0, "line": 1, "column": column, "message": message })
    }

    fn failure(problems: Vec<Json>) -> Json {
        let total = problems.len();
        json!({ "failure": { "message": problems[0]["message"], "problems_total": total, "problems": problems } })
    }

    fn commands(problems: Vec<Json>, request: &Json) -> Vec<String> {
        let typed = Typed::of("muster", &["import", "a.csv"]);
        ready(&failure(problems), Launch { typed: &typed, request })
    }

    #[test]
    fn unknown_columns_are_one_line_with_what_may_be_meant() {
        let mut problems: Vec<Json> = (1..=16)
            .map(|at| problem("unknown_column", Some(&format!("Field {at}")), "There is no such column."))
            .collect();
        problems.push(problem(
            "unknown_column",
            Some("phnoe"),
            "There is no column “phnoe”. Did you mean `phone`? Map it.",
        ));
        let lines = lines(&failure(problems));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("line 1: 17 headers name no column: “Field 1”, “Field 2”"), "{lines:?}");
        let opt_out = "“Opt-out” reads like a column that says who opted out. Turn its values round.";
        let both = [problem("unknown_column", Some("Opt-out"), opt_out), problem("unknown_column", Some("A"), "No A.")];
        let apart = self::lines(&failure(both.to_vec()));
        assert!(apart.len() == 2 && apart[0].contains("Turn its values round"), "{apart:?}");
        assert!(lines[0].contains("“phnoe” (did you mean phone?)"), "{lines:?}");
    }

    #[test]
    fn many_problems_are_cut_and_counted() {
        let problems =
            (1..=100).map(|row| json!({ "code": "wrong_cell_count", "row": row, "message": "Cells." })).collect();
        let mut failure = failure(problems);
        failure["failure"]["problems_total"] = 250.into();
        let lines = lines(&failure);
        assert_eq!((lines.len(), lines[0].as_str()), (MOST_SHOWN + 1, "row 1: Cells. [wrong_cell_count]"));
        assert_eq!(lines[MOST_SHOWN], "… and 230 more");
    }

    #[test]
    fn a_command_is_ready_if_settings_cure_everything() {
        let nothing = json!({});
        let unknown = |header: &str| problem("unknown_column", Some(header), "There is no such column.");
        for (problems, expected) in [
            (vec![unknown("A"), unknown("B")], vec!["muster import a.csv --skip-unknown"]),
            (
                vec![unknown("A"), problem("empty_column", Some("email"), "No value in any row.")],
                vec!["muster import a.csv --skip-unknown --on-empty-column ignore"],
            ),
            (
                vec![problem(
                    "undecodable_bytes",
                    None,
                    "It looks like windows-1252: import it with `encoding` `windows-1252`.",
                )],
                vec!["muster import a.csv --encoding windows-1252"],
            ),
            (
                vec![problem("unknown_column", Some("Report"), "The header is on line 5: set `header_line` to `5`.")],
                vec!["muster import a.csv --header-line 5"],
            ),
            (
                vec![problem("ambiguous_dates", Some("birth_date"), "Day first or month first.")],
                vec!["muster import a.csv --date-format DD/MM/YYYY", "muster import a.csv --date-format MM/DD/YYYY"],
            ),
            (
                vec![problem("stray_quote", Some("Note"), "Set `escape` to `backslash`, or set `quote` to `none`.")],
                vec!["muster import a.csv --escape backslash", "muster import a.csv --quote none"],
            ),
            (vec![unknown("A"), problem("no_identifier_column", None, "Nobody.")], vec![]),
            (vec![unknown("A"), problem("unknown_column", Some("Opt-out"), "It says who opted out. Turn it.")], vec![]),
            (vec![problem("wrong_cell_count", None, "Cells.")], vec![]),
        ] {
            assert_eq!(commands(problems.clone(), &nothing), expected, "{problems:?}");
        }
    }

    #[test]
    fn what_was_asked_for_already_is_no_cure() {
        let asked = json!({ "columns": { "Old name": "email" }, "encoding": "latin1", "on_unknown_column": "ignore" });
        for problem in [
            problem("unknown_column", Some("Old name"), "The file has no such header."),
            problem("unknown_column", Some("Other"), "There is no such column."),
            problem("undecodable_bytes", None, "Not with `encoding` `latin1`."),
        ] {
            assert_eq!(commands(vec![problem.clone()], &asked), Vec::<String>::new(), "{problem}");
        }
    }
}
