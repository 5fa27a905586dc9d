//! Whole imports through the API of a local stack.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod customers;
mod definitions;
mod deletions;
mod description;
mod files;
mod forecasts;
mod inbox;
mod interrupted;
mod launches;
mod per_column;
mod previews;
mod requests;
mod results;
mod rows;
mod searches;
mod undo;
mod uploads;

use stack::Options;
use tests::muster::Muster;

/// A Muster with the options of a laptop, and the folder of its data.
async fn muster() -> (Muster, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Muster::start(Options::new(folder.path())).await.unwrap(), folder)
}
