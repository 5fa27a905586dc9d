//! Wires the upload function to the Lambda runtime.

use anyhow::Context as _;
use lambda_runtime::{LambdaEvent, service_fn};
use shared::store::Resources;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let resources = Resources::from_env().context("the upload function cannot start")?;
    let function = upload::Upload::new(&aws_config::load_from_env().await, &resources);
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| function.handle(event))).await
}
