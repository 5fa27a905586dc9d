//! Wires the status function to the Lambda runtime.

use anyhow::Context as _;
use lambda_runtime::{LambdaEvent, service_fn};
use runtime::deployment::Deployment;
use runtime::start;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let figures = start::begin("status")?;
    let deployment = Deployment::from_env().context("the status function cannot start")?;
    let function = status::Status::new(&stores::sdk().load().await, &deployment);
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| figures.during(function.handle(event)))).await
}
