//! Whether every message that the core can make has a German one: its sources are read, and real messages are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::columns::COLUMNS;

use super::LISTS;
use super::real::german;

/// Where the messages of the API are made.
const SOURCES: [&str; 18] = [
    "shared/domain/src/catalogue.rs",
    "shared/domain/src/columns/header.rs",
    "shared/domain/src/columns/table.rs",
    "shared/domain/src/decide",
    "shared/domain/src/definitions/completion.rs",
    "shared/domain/src/definitions/name.rs",
    "shared/domain/src/file",
    "shared/domain/src/imports/failure.rs",
    "shared/domain/src/imports/search.rs",
    "shared/domain/src/imports/validation.rs",
    "shared/domain/src/input.rs",
    "shared/domain/src/plan",
    "shared/domain/src/preview/mod.rs",
    "shared/domain/src/report/line.rs",
    "shared/domain/src/row",
    "shared/domain/src/undo",
    "shared/domain/src/wording.rs",
    "shared/steps/src",
];
/// Messages of other functions, which have more that no page asks for.
const FUNCTIONS: [&str; 13] = [
    "functions/finisher/src/lib.rs",
    "functions/finisher/src/sweep.rs",
    "functions/finisher/src/undo_file.rs",
    "functions/splitter/src",
    "functions/status/src/catalogue.rs",
    "functions/status/src/columns.rs",
    "functions/status/src/definitions.rs",
    "functions/status/src/deletion.rs",
    "functions/status/src/launch.rs",
    "functions/status/src/segment_jobs.rs",
    "functions/status/src/stop_and_retry.rs",
    "functions/status/src/undo.rs",
    "functions/status/src/upload.rs",
];

/// Messages that only clients of the API get: a form of the console sends nothing that they are about, and its pages have words
/// of their own for what does not exist.
const FOR_CLIENTS: &[&str] = &[
    "Entries of the kind {} have no `{}`.",
    "A definition is given by its name, a text.",
    "The only kind of task is `customer_import`.",
    "An import is taken back by POST /imports/ID/undo.",
    "Say the file's size: an upload in parts is cut by it.",
    "Give the SHA-256 in base64: 44 characters.",
    "The body is not JSON: {}.",
    "There is no such definition. GET /definitions lists those that exist.",
    "The body is empty, or an object that has `dry_run` at most.",
    "`from` is the number of a part, from 1 to {}.",
    "The file of this import is uploaded by one PUT, so there are no parts to join.",
    "These are not the parts that were uploaded. Give the number and the ETag of each, as the uploads answered.",
    "The segment was not counted yet, or long ago.",
    "The segment was not exported yet, or long ago.",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            rust_files(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
        found.push(path.to_owned());
    }
}

/// The texts in quotes of a source, without those of its comments and tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut literals = Vec::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '/' if letters.peek() == Some(&'/') => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '\'' => {
                // A character, which may be a quote; or a lifetime.
                let mut ahead = letters.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('\\'), Some(_)) => {
                        letters.by_ref().nth(1);
                        letters.by_ref().find(|letter| *letter == '\'');
                    }
                    (Some(_), Some('\'')) => {
                        letters.by_ref().nth(1);
                    }
                    _ => {}
                }
            }
            '"' => {
                let mut literal = String::new();
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    match letter {
                        '\\' => match letters.next() {
                            Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                            Some('n') => literal.push('\n'),
                            Some(escaped) => literal.push(escaped),
                            None => {}
                        },
                        letter => literal.push(letter),
                    }
                }
                literals.push(literal);
            }
            _ => {}
        }
    }
    literals
}

/// A message with nothing in its braces, so that those of Rust and those of a template are alike.
fn bare(message: &str) -> String {
    let mut bare = String::new();
    for (at, piece) in message.split('{').enumerate() {
        match piece.split_once('}') {
            Some((_, text)) if at > 0 => {
                // A sentence that is not always said begins or ends with a blank.
                if bare.ends_with(['.', '?']) {
                    bare.push(' ');
                }
                if !bare.ends_with("{}") {
                    bare.push_str("{}");
                }
                bare.push_str(text);
            }
            _ => bare.push_str(piece),
        }
    }
    bare
}

/// Whether a bare text is sentences for a reader, and no part of one, no code and no log.
fn is_message(bare: &str) -> bool {
    let begins = bare.starts_with(|c: char| c.is_uppercase() || "“`%{".contains(c));
    let ends = bare.trim_end_matches("{}").trim_end().ends_with(['.', '?']);
    begins && ends && bare.contains(' ') && !bare.contains('\n') && bare.chars().any(char::is_lowercase)
}

/// Whether a bare text is known messages, one after the other, with values between them.
fn is_known(bare: &str, known: &BTreeSet<String>) -> bool {
    let is_one = |text: &str| known.contains(text) || !text.contains(char::is_alphabetic);
    let bare = bare.trim();
    let blanks = bare.match_indices(' ').map(|(end, _)| bare.split_at(end));
    is_one(bare) || blanks.into_iter().any(|(first, further)| is_one(first) && is_known(further, known))
}

#[test]
fn every_message_of_the_sources_has_a_german_one() {
    let known: BTreeSet<String> = LISTS.into_iter().flatten().map(|(english, _)| bare(english)).collect();
    let mut files = Vec::new();
    for path in SOURCES.iter().chain(&FUNCTIONS) {
        rust_files(&root().join(path), &mut files);
    }
    let mut messages = 0;
    let mut missing = Vec::new();
    for file in files {
        for literal in literals(&fs::read_to_string(&file).unwrap()) {
            let bare = bare(literal.trim());
            if is_message(&bare) && !FOR_CLIENTS.contains(&bare.as_str()) {
                messages += 1;
                if !is_known(&bare, &known) {
                    missing.push(format!("{}: {literal}", file.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "These have no German message, or another one:\n{}", missing.join("\n"));
    assert!(messages > 250, "only {messages} messages were found");
}

#[test]
fn every_hint_of_the_column_reference_is_german() {
    for column in COLUMNS {
        assert!(german(column.hint).is_some(), "{}", column.hint);
    }
}
