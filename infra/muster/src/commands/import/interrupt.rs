//! Ctrl-C while a file is imported: what becomes of the import then, and how it goes on.

use std::process::ExitCode;

use client::encoded;

use crate::output::note;
use crate::place::Connection;
use crate::typed::Typed;

/// The exit code of a process that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Leaves an import alone and says what becomes of it. Without its file it is cancelled, because nobody would ever
/// upload that.
pub(super) async fn leave(connection: &Connection, typed: &Typed, id: &str, is_uploaded: bool) -> ExitCode {
    if !is_uploaded {
        // If this fails too, the import fails by itself once its upload URL has expired.
        let _ = connection.api.post(&format!("/imports/{}/cancel", encoded(id)), None, None).await;
        note(
            "The file was not uploaded to its end, so nothing is imported. The same command uploads it again from its start.",
        );
        return ExitCode::from(INTERRUPTED);
    }
    for line in lines(connection.is_own(), typed, id) {
        note(&line);
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
