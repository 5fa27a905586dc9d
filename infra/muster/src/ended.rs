//! The end of an import as the exit code of a command.

use std::process::ExitCode;

use client::text;
use serde_json::Value as Json;

/// 0 if an import completed and every row was applied, 1 if some were not, 2 if it did not complete.
pub(crate) fn exit_code(import: &Json) -> ExitCode {
    let all_applied = ["rejected", "unprocessed"].iter().all(|name| import["counters"][name].as_u64() == Some(0));
    match (text(import, "state"), all_applied) {
        ("completed", true) => ExitCode::SUCCESS,
        ("completed", false) => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}
