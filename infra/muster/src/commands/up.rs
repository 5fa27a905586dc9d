//! `muster up`: keeps the local stack running.

use std::path::Path;

use stack::{Options, Stack};

use crate::logs::log_to_stderr;
use crate::output::say;
use crate::signals::interrupted;
use crate::typed::Typed;

/// Runs the stack until Ctrl-C or SIGTERM.
pub(crate) async fn up(data: &Path, port: u16, webhook: Option<String>, typed: &Typed) -> anyhow::Result<()> {
    // The row processor would tell of every batch that comes too late for an import that was stopped.
    log_to_stderr("warn,splitter=info,finisher=info");
    let has_webhook = webhook.is_some();
    let stack = Stack::start(Options { port, webhook, key_name: account(), ..Options::new(data) }).await?;
    say(&format!("Muster answers at {}; Ctrl-C stops it.", stack.api_url()))?;
    say(&format!("The console, where people import in a browser: {}", stack.console_link().await?))?;
    say("That link signs in once, within a day; afterwards the console asks for the key.")?;
    say("`muster` finds it by itself where it has the same --data; elsewhere give it --url and --key.")?;
    say(&format!("Its key, for other clients: Authorization: Bearer {}", stack.api_key()))?;
    say(&format!(
        "AWS clients reach its stores at {} after: eval \"$({})\"",
        stack.endpoint_url(),
        typed.other(&["env"])
    ))?;
    if has_webhook {
        say(&format!("The secret that signs calls of the webhook is in {}.", data.join("webhook-secret").display()))?;
    }
    interrupted().await?;
    stack.stop().await;
    Ok(())
}

/// The name of the account that runs the stack: imports say that they were launched by it. Empty if it is not known, or has
/// signs that the name of a key may not have.
fn account() -> String {
    let name = ["USER", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let is_plain = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
    if name.chars().count() <= 100 && name.chars().all(is_plain) { name } else { String::new() }
}
