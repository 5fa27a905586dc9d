//! Ctrl-C while a file is imported: what becomes of the import then, and how it goes on.

use std::process::ExitCode;

use client::encoded;

use crate::output::note;
use crate::place::Connection;
use crate::typed::Typed;

/// The exit code of a process that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// What there is of the file of an import that is left.
pub(super) enum Left<'a> {
    /// All of it.
    WholeFile,
    /// Some parts, and this says how the upload goes on.
    Parts(&'a str),
    /// Nothing: a PUT that breaks off leaves nothing.
    Nothing,
}

/// Leaves an import alone and says what becomes of it. With nothing of its file it is cancelled, because nobody would
/// ever upload that.
pub(super) async fn leave(connection: &Connection, typed: &Typed, id: &str, left: Left<'_>) -> ExitCode {
    match left {
        Left::WholeFile => lines(connection.is_own(), typed, id).iter().for_each(|line| note(line)),
        Left::Parts(resume) => {
            note("The file was not uploaded to its end, so nothing is imported yet.");
            note(resume);
        }
        Left::Nothing => {
            // If this fails too, the import fails by itself once its upload URL has expired.
            let _ = connection.api.post(&format!("/imports/{}/cancel", encoded(id)), None, None).await;
            note(
                "The file was not uploaded to its end, so nothing is imported. The same command uploads it again from its start.",
            );
        }
    }
    ExitCode::from(INTERRUPTED)
}

fn lines(is_own: bool, typed: &Typed, id: &str) -> Vec<String> {
    let status = format!("{} shows how far it is", typed.other(&["status", id]));
    if is_own {
        return vec![
            format!("Import {id} stopped half-way, because its stack ended with this command. Nothing is lost:"),
            format!("  {} lets it go on where it was", typed.other(&["up"])),
            format!("  {status}"),
        ];
    }
    vec![
        format!("Import {id} goes on without this command:"),
        format!("  {status}"),
        format!("  {} stops it", typed.other(&["cancel", id])),
    ]
}
