//! How an import ended, in a sentence for a mail.

use super::counters::Counters;
use super::failure::Failure;
use super::request::ImportRequest;
use super::state::State;

/// Longest name of a file in the sentence, in characters.
const MAX_NAME: usize = 80;

/// How an import of so many rows ended, in a sentence. It has no straight quote and no backslash, so that it can stand in a
/// text of JSON as it is; and no cell, as it leaves the account by mail.
pub fn ending(
    request: &ImportRequest,
    state: State,
    failure: Option<&Failure>,
    counters: &Counters,
    rows: u64,
) -> String {
    let what = match (request.undoes, request.dry_run) {
        (Some(_), false) => "The undo",
        (Some(_), true) => "The forecast of an undo",
        (None, true) => "The forecast",
        (None, false) => "The import",
    };
    let counted = counted(request, counters);
    let of = if request.undoes.is_some() { String::new() } else { format!(" of “{}”", plain(&request.file.name)) };
    match (state, failure) {
        (State::Failed, Some(failure)) if counters.rows() == 0 => {
            format!("{what}{of} failed with {}, and no customer was changed.", failure.code)
        }
        (State::Failed, _) => {
            let code = failure.map(|failure| format!(" with {}", failure.code)).unwrap_or_default();
            format!("{what}{of} failed{code}; before that, {counted}.")
        }
        (State::Cancelled, _) if counters.rows() == 0 => format!("{what}{of} was cancelled before its first row."),
        (State::Cancelled, _) => format!("{what}{of} was cancelled; of {rows} rows, {counted}."),
        _ => format!("{what}{of} is completed: of {rows} rows, {counted}."),
    }
}

/// What was counted, in words, without what is zero.
fn counted(request: &ImportRequest, counters: &Counters) -> String {
    let said: Vec<String> = if request.undoes.is_some() {
        vec![
            (counters.updated, "was taken back", "were taken back"),
            (counters.unchanged, "was kept", "were kept"),
            (counters.rejected + counters.unprocessed, "failed", "failed"),
        ]
    } else {
        vec![
            (counters.created, "created a customer", "created a customer"),
            (counters.updated, "updated one", "updated one"),
            (counters.unchanged, "changed nothing", "changed nothing"),
            (counters.rejected, "was rejected", "were rejected"),
            (counters.unprocessed, "was not processed", "were not processed"),
        ]
    }
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }))
    .collect();
    match said.split_last() {
        None => "none was applied".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

fn plain(name: &str) -> String {
    let name = name.chars().filter(|letter| !matches!(letter, '"' | '\\') && !letter.is_control());
    name.take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::{DeclaredFile, ImportId};

    fn request(undoes: Option<ImportId>, dry_run: bool) -> ImportRequest {
        let file = DeclaredFile { name: "May \"survey\"\\.csv".to_owned(), ..DeclaredFile::default() };
        ImportRequest { undoes, dry_run, ..ImportRequest::of_file(file) }
    }

    #[test]
    fn an_ending_is_one_sentence_that_a_person_understands() {
        let id: ImportId = "01KDVDNA0A00000297RC000001".parse().unwrap();
        let counters = Counters { created: 900, updated: 250, rejected: 10, ..Counters::default() };
        let failure = Failure { code: "no_rows".into(), message: "a@b.de".into(), problems: vec![], problems_total: 1 };
        let none = Counters::default();
        let undone = Counters { updated: 7, unchanged: 1, ..Counters::default() };
        for (request, state, failure, counters, expected) in [
            (
                request(None, false),
                State::Completed,
                None,
                &counters,
                "The import of “May survey.csv” is completed: of 2000 rows, 900 created a customer, 250 updated one and 10 were rejected.",
            ),
            (
                request(None, true),
                State::Completed,
                None,
                &Counters { unchanged: 2_000, ..Counters::default() },
                "The forecast of “May survey.csv” is completed: of 2000 rows, 2000 changed nothing.",
            ),
            (
                request(None, false),
                State::Failed,
                Some(&failure),
                &none,
                "The import of “May survey.csv” failed with no_rows, and no customer was changed.",
            ),
            (
                request(None, false),
                State::Failed,
                Some(&failure),
                &counters,
                "The import of “May survey.csv” failed with no_rows; before that, 900 created a customer, 250 updated one and 10 were rejected.",
            ),
            (
                request(None, false),
                State::Cancelled,
                None,
                &none,
                "The import of “May survey.csv” was cancelled before its first row.",
            ),
            (
                request(Some(id), false),
                State::Completed,
                None,
                &undone,
                "The undo is completed: of 2000 rows, 7 were taken back and 1 was kept.",
            ),
        ] {
            assert_eq!(ending(&request, state, failure, counters, 2_000), expected);
        }
    }
}
