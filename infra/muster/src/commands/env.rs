//! `muster env`: how AWS clients reach the local stack.

use std::path::Path;

use anyhow::Context as _;
use stack::{REGION, credentials, running};

use crate::output::say;
use crate::shell::quoted;

/// Prints the environment with which AWS clients reach the stack that runs on a data directory.
pub(crate) async fn env(data: &Path) -> anyhow::Result<()> {
    let running = running(data).await.with_context(|| {
        format!("no stack runs on {}: start one with `muster up`, or name its directory with --data", data.display())
    })?;
    let credentials =
        credentials(data).with_context(|| format!("{} has no credentials that can be read", data.display()))?;
    for (name, value) in [
        ("AWS_ENDPOINT_URL", running.endpoint_url.as_str()),
        ("AWS_REGION", REGION),
        // What Python's SDK reads.
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
    ] {
        say(&format!("export {name}={}", quoted(value)))?;
    }
    // A token of another account would be signed and sent as well.
    say("unset AWS_SESSION_TOKEN")
}
