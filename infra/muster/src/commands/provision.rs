//! `muster provision`: creates what infra/template.yaml defines at an endpoint, such as LocalStack's.

use stack::{STACK_NAME, template};

use crate::endpoint::sdk_at;
use crate::output::say;

/// Creates bucket, queues and tables, and prints the environment that functions need to use them.
pub(crate) async fn provision(endpoint_url: &str) -> anyhow::Result<()> {
    let sdk = sdk_at(endpoint_url).await?;
    let definition = template::definitions(STACK_NAME)?;
    let resources = stack::provision::provision(&sdk, &definition).await?;
    for (name, value) in [
        ("MUSTER_BUCKET", &resources.bucket),
        ("MUSTER_TASKS_TABLE", &resources.tasks_table),
        ("MUSTER_CUSTOMERS_TABLE", &resources.customers_table),
        ("MUSTER_IDENTITIES_TABLE", &resources.identities_table),
        ("MUSTER_SEGMENTS_TABLE", &resources.segments_table),
        ("MUSTER_SPLIT_QUEUE_URL", &resources.split_queue_url),
        ("MUSTER_ROWS_QUEUE_URL", &resources.rows_queue_url),
        ("MUSTER_FINISH_QUEUE_URL", &resources.finish_queue_url),
    ] {
        say(&format!("export {name}={value}"))?;
    }
    // With `iam` the functions check no keys themselves, so requests made by hand at an emulator get through.
    say("export MUSTER_AUTH=iam")
}
