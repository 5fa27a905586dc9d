//! Wires the row-processor function to the Lambda runtime.

use anyhow::Context as _;
use lambda_runtime::{LambdaEvent, service_fn};
use shared::lambda;
use shared::store::Resources;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let figures = lambda::begin("row-processor")?;
    let resources = Resources::from_env().context("the row-processor function cannot start")?;
    let function = row_processor::RowProcessor::new(&aws_config::load_from_env().await, &resources);
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| figures.of(function.handle(event)))).await
}
