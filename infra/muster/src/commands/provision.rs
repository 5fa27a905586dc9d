//! `muster provision`: creates what infra/template.yaml defines at an endpoint, such as LocalStack's.

use anyhow::bail;
use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials as _;
use stack::{STACK_NAME, template};

use crate::output::say;

/// Creates bucket, queues and tables, and prints the environment that functions need to use them.
pub(crate) async fn provision(endpoint_url: &str) -> anyhow::Result<()> {
    let sdk = aws_config::defaults(BehaviorVersion::latest()).endpoint_url(endpoint_url).load().await;
    let credentials = match sdk.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.is_ok(),
        None => false,
    };
    if !credentials {
        bail!(
            "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Emulators such as LocalStack take any, such as `test`"
        );
    }
    if sdk.region().is_none() {
        bail!("no AWS region was found: set AWS_REGION, such as eu-central-1");
    }
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
