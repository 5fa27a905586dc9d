//! Which flag sets which setting of an import: the one place where the words of the API become those of the command.

use domain::columns::ColumnId;
use domain::named_settings::{named_settings, ties_value};

use crate::shell::quoted;

/// How a setting is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    /// A flag and the value of the setting.
    Value(&'static str),
    /// A flag that gives the setting this value.
    Switch(&'static str, &'static str),
    /// A flag for each header.
    Headers,
}

/// How a column is named for a header.
const MAP: &str = "--map HEADER=COLUMN";
/// What messages say of settings without naming one, and what the command calls it.
const PHRASES: [(&str, &str); 1] = [("by mapping it to nothing", "with `--skip HEADER`")];
/// What is done to a setting, and what is done to a flag.
const TYPED: [(&str, &str); 3] = [("set the import's ", "use "), (" set ", " use "), ("Set ", "Use ")];

/// The settings of the API, by path, and their flags.
const FLAGS: &[(&str, Flag)] = &[
    ("definition", Flag::Value("--definition")),
    ("description", Flag::Value("--description")),
    ("encoding", Flag::Value("--encoding")),
    ("delimiter", Flag::Value("--delimiter")),
    ("quote", Flag::Value("--quote")),
    ("escape", Flag::Value("--escape")),
    ("header_line", Flag::Value("--header-line")),
    ("mode", Flag::Value("--mode")),
    ("dry_run", Flag::Switch("--dry-run", "true")),
    ("columns", Flag::Headers),
    ("default_region", Flag::Value("--region")),
    ("date_format", Flag::Value("--date-format")),
    ("decimal_mark", Flag::Value("--decimal-mark")),
    ("time_zone", Flag::Value("--time-zone")),
    ("null_tokens", Flag::Value("--null-tokens")),
    ("on_empty_cell", Flag::Value("--on-empty-cell")),
    ("on_conflict", Flag::Value("--on-conflict")),
    ("on_invalid_value", Flag::Value("--on-invalid-value")),
    ("on_empty_column", Flag::Value("--on-empty-column")),
    ("on_unknown_column", Flag::Switch("--skip-unknown", "ignore")),
    ("on_unreadable_column", Flag::Value("--on-unreadable-column")),
    ("on_weak_match", Flag::Value("--on-weak-match")),
    ("on_placeholder", Flag::Value("--on-placeholder")),
    ("max_rejected_ratio", Flag::Value("--max-rejected-ratio")),
    ("results", Flag::Switch("--results", "true")),
    ("settings.api_endpoint", Flag::Value("--api-endpoint")),
    ("settings.touchpoint", Flag::Value("--touchpoint")),
    ("settings.segment", Flag::Value("--segment")),
    ("settings.source_action", Flag::Value("--source-action")),
    ("file.multipart", Flag::Switch("--multipart", "true")),
];

/// The flag of a setting.
fn flag(setting: &str) -> Option<Flag> {
    FLAGS.iter().find(|(path, _)| *path == setting).map(|(_, flag)| *flag)
}

/// The words to type for a setting with this value; none if no flag sets it so.
pub(crate) fn words(setting: &str, value: &str) -> Option<Vec<String>> {
    match flag(setting)? {
        // Behind a blank it would be taken for another flag; a dash alone is not.
        Flag::Value(flag) if value.len() > 1 && value.starts_with('-') => Some(vec![format!("{flag}={value}")]),
        Flag::Value(flag) => Some(vec![flag.to_owned(), value.to_owned()]),
        Flag::Switch(flag, on) => (value == on).then(|| vec![flag.to_owned()]),
        Flag::Headers => None,
    }
}

/// What is typed for the field at a path of the request, such as `--segment` for `settings.segment.name`.
pub(crate) fn of_path(path: &str) -> Option<String> {
    if let Some(header) = path.strip_prefix("columns.") {
        return Some(format!("--map {}", quoted(&format!("{header}=COLUMN"))));
    }
    let setting = FLAGS.iter().find(|(setting, _)| {
        path.strip_prefix(setting).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    setting.map(|(_, flag)| shown(*flag))
}

fn shown(flag: Flag) -> String {
    match flag {
        Flag::Value(flag) | Flag::Switch(flag, _) => flag.to_owned(),
        Flag::Headers => MAP.to_owned(),
    }
}

/// The settings that a message names with a value.
pub(crate) fn named(message: &str) -> Vec<(&str, &str)> {
    named_settings(message, |word| flag(word).is_some())
}

/// A message of the API in the words of the command: each setting in backticks, with its value if that follows, becomes
/// the flag that sets it.
pub(crate) fn translated(message: &str) -> String {
    let message =
        PHRASES.iter().fold(without_requests(message), |message, (api, command)| message.replace(api, command));
    let spans: Vec<&str> = message.split('`').collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(span) = spans.get(at) {
        let is_code = at % 2 == 1 && at + 1 < spans.len();
        let with_value = spans.get(at + 2).filter(|_| is_code && at + 3 < spans.len() && ties_value(spans[at + 1]));
        if let Some(words) = with_value.and_then(|value| words(span, value)) {
            say_instead(&mut out, &TYPED);
            out.push_str(&format!("`{}`", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")));
            at += 3;
            continue;
        }
        match flag(span).filter(|_| is_code) {
            Some(Flag::Headers) => {
                say_instead(&mut out, &[(" in ", " with ")]);
                out.push_str(&format!("`{MAP}`"));
            }
            // Some settings have the name of a column, which is what a message without the word "set" is about.
            Some(flag) if ColumnId::parse(span).is_none() || is_told_to_set(&out) => {
                say_instead(&mut out, &TYPED);
                out.push_str(&format!("`{}`", shown(flag)));
            }
            _ if is_code => out.push_str(&format!("`{span}`")),
            // A backtick without another one after it.
            _ if at % 2 == 1 => out.push_str(&format!("`{span}")),
            _ => out.push_str(span),
        }
        at += 1;
    }
    out
}

/// A message without the requests of the API that it names beside a command: of `POST /touchpoints (muster create
/// touchpoint NAME)` the command is left.
fn without_requests(message: &str) -> String {
    let (mut out, mut rest) = (String::new(), message);
    while let Some((before, request)) = rest.split_once("POST /") {
        out.push_str(before);
        match request.split_once(" (muster ").and_then(|(path, behind)| Some((path, behind.split_once(')')?))) {
            Some((path, (command, after))) if !path.contains(' ') => {
                out.push_str(&format!("`muster {command}`"));
                rest = after;
            }
            _ => {
                out.push_str("POST /");
                rest = request;
            }
        }
    }
    out + rest
}

/// Replaces the end of a text, if it is one of these.
fn say_instead(text: &mut String, words: &[(&str, &str)]) {
    if let Some((end, instead)) = words.iter().find(|(end, _)| text.ends_with(end)) {
        text.truncate(text.len() - end.len());
        text.push_str(instead);
    }
}

fn is_told_to_set(before: &str) -> bool {
    ["set ", "Set ", "setting "].iter().any(|end| before.ends_with(end))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Args as _;
    use domain::imports::ImportRequest;
    use serde_json::Value as Json;

    use super::*;
    use crate::commands::import::Import;

    /// What the command says itself, or what it has no need of.
    const NO_FLAG: [&str; 6] =
        ["task", "file.name", "file.size", "file.sha256", "settings.segment.create", "settings.source_action.create"];

    fn long_flags() -> BTreeSet<String> {
        let command = Import::augment_args(clap::Command::new("import"));
        command.get_arguments().filter_map(|argument| argument.get_long()).map(|long| format!("--{long}")).collect()
    }

    #[test]
    fn every_setting_of_a_request_has_a_flag() {
        let body = r#"{
            "file": { "name": "a.csv", "size": 1, "multipart": true, "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
            "header_line": 2, "default_region": "DE", "date_format": "DD.MM.YYYY", "null_tokens": ["NULL"],
            "max_rejected_ratio": 0.5,
            "settings": { "api_endpoint": "Shop", "touchpoint": "Shop", "segment": { "name": "May" },
                          "source_action": { "name": "Joined" } } }"#;
        let request = ImportRequest::parse(body.as_bytes()).unwrap();
        let request = serde_json::to_value(&request).unwrap();
        let mut paths = Vec::new();
        for (name, value) in request.as_object().unwrap() {
            match value {
                Json::Object(inner) if ["file", "settings"].contains(&name.as_str()) => {
                    paths.extend(inner.keys().map(|inner| format!("{name}.{inner}")));
                }
                _ => paths.push(name.clone()),
            }
        }
        assert!(paths.len() > 25, "{paths:?}");
        for path in paths {
            assert!(of_path(&path).is_some() || NO_FLAG.contains(&path.as_str()), "no flag sets {path}");
        }
    }

    #[test]
    fn every_setting_of_the_documentation_has_a_flag() {
        let page = include_str!("../../../docs/settings.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        let names: Vec<&str> =
            rows.flat_map(|cell| cell.split(['`', ',', ' '])).filter(|name| !name.is_empty()).collect();
        assert!(names.len() > 15, "{names:?}");
        for name in names {
            assert!(of_path(name).is_some() || NO_FLAG.contains(&name), "no flag sets {name}");
        }
    }

    #[test]
    fn the_command_knows_every_flag() {
        let known = long_flags();
        for (setting, flag) in FLAGS {
            let typed = match flag {
                Flag::Value(flag) | Flag::Switch(flag, _) => vec![*flag],
                Flag::Headers => vec!["--map", "--skip"],
            };
            for flag in typed {
                assert!(known.contains(flag), "{setting}: {flag}");
            }
        }
    }

    #[test]
    fn a_message_names_the_flags_of_its_settings() {
        for (message, expected) in [
            ("Import with `on_empty_column` `ignore`.", "Import with `--on-empty-column ignore`."),
            ("Leave it out: `on_unknown_column` `ignore`.", "Leave it out: `--skip-unknown`."),
            (
                "Try `encoding` `windows-1252`, or `encoding` `auto`.",
                "Try `--encoding windows-1252`, or `--encoding auto`.",
            ),
            (
                "Set `decimal_mark` to `,`, or set `delimiter` to `;`.",
                "Use `--decimal-mark ,`, or use `--delimiter ';'`.",
            ),
            ("Give a `default_region`.", "Give a `--region`."),
            ("Set `null_tokens` to `--`.", "Use `--null-tokens=--`."),
            (
                "Create it with POST /touchpoints (muster create touchpoint NAME), or choose another.",
                "Create it with `muster create touchpoint NAME`, or choose another.",
            ),
            ("POST /imports (with a body) answers so.", "POST /imports (with a body) answers so."),
            ("Map it in `columns`, or leave it out.", "Map it with `--map HEADER=COLUMN`, or leave it out."),
            (
                "Map it in `columns`, or leave it out by mapping it to nothing.",
                "Map it with `--map HEADER=COLUMN`, or leave it out with `--skip HEADER`.",
            ),
            ("Set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`.", "Use `--date-format DD.MM.YYYY` or `MM/DD/YYYY`."),
            ("Write it with +, or set the import's `default_region`.", "Write it with +, or use `--region`."),
            ("Did you mean `time_zone`?", "Did you mean `time_zone`?"),
            ("A moment without a zone: set `time_zone`.", "A moment without a zone: use `--time-zone`."),
            ("The cell is `x`, not `email`.", "The cell is `x`, not `email`."),
            ("The header is “a`b”. Set `escape` to `backslash`", "The header is “a`b”. Set `escape` to `backslash`"),
            ("No setting at all", "No setting at all"),
            ("An open `encoding", "An open `encoding"),
        ] {
            assert_eq!(translated(message), expected);
        }
    }

    #[test]
    fn a_field_of_a_request_is_named_by_its_flag() {
        for (path, expected) in [
            ("encoding", Some("--encoding")),
            ("settings.segment.name", Some("--segment")),
            ("columns.E-Mail Adresse", Some("--map 'E-Mail Adresse=COLUMN'")),
            ("columns", Some(MAP)),
            ("null_tokens[3]", Some("--null-tokens")),
            ("file.size", None),
            ("", None),
        ] {
            assert_eq!(of_path(path).as_deref(), expected, "{path}");
        }
    }
}
