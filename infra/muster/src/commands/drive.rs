//! `muster drive`: plays what invokes the functions of infra/template.yaml, when they run under `cargo lambda watch`.

use stack::{Drive, STACK_NAME, template};
use tokio_util::sync::CancellationToken;

use crate::endpoint::sdk_at;
use crate::logs::log_to_stderr;
use crate::output::say;
use crate::signals::interrupted;

/// Plays the queues' event source mappings and the clock until Ctrl-C or SIGTERM, and then waits for invocations.
pub(crate) async fn drive(endpoint_url: &str, invoke_url: &str) -> anyhow::Result<()> {
    log_to_stderr("warn,stack=info");
    let sdk = sdk_at(endpoint_url).await?;
    let definitions = template::definitions(STACK_NAME)?;
    let drive = Drive::new(&sdk, &definitions, invoke_url).await?;
    for mapping in &definitions.mappings {
        say(&format!("{} invokes {} with up to {} messages", mapping.queue, mapping.function, mapping.batch_size))?;
    }
    for schedule in &definitions.schedules {
        say(&format!("the clock invokes {} every {} seconds", schedule.function, schedule.every.as_secs()))?;
    }
    say("Ctrl-C stops it.")?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let (ended, ()) = tokio::join!(
        async move {
            let ended = interrupted().await;
            stopping.cancel();
            ended
        },
        drive.run(stop),
    );
    ended
}
