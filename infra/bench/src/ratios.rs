//! Ratios of what a benchmark measured in one run. The figures themselves are in `target/criterion`, a JSON file each.

use std::io::Write as _;
use std::path::PathBuf;

/// Prints how fast each benchmark of a group is, as a share of the first one.
pub fn print(group: &str, first: &str, others: &[&str]) {
    let Some(base) = nanoseconds(group, first) else { return };
    for other in others {
        if let Some(time) = nanoseconds(group, other) {
            line(&format!("{group}: {other} / {first} = {:.3}", base / time));
        }
    }
}

/// Prints counts of what was measured.
pub fn print_counts(what: &str, counts: &[(&str, f64)]) {
    for (name, count) in counts {
        line(&format!("{what}: {name} {count:.1}"));
    }
}

/// The median time of a benchmark; none if it was not run, because it was filtered out.
fn nanoseconds(group: &str, name: &str) -> Option<f64> {
    let file = folder()?.join(group).join(name).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

/// Where the figures are: beside the program, in the folder that cargo builds into.
fn folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    // `target/release/deps/check-…`
    Some(program.ancestors().nth(3)?.join("criterion"))
}

fn line(text: &str) {
    // Nobody reads further when standard output is closed.
    let _closed = writeln!(std::io::stdout().lock(), "{text}");
}
