//! The SDK's clients, each with the meter that counts its retries and its write units.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// A client of the tables.
pub(crate) fn dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(sdk).interceptor(Metering);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// A client of the bucket. With an endpoint of its own it addresses the bucket by path, as emulators need.
pub(crate) fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let has_endpoint = sdk.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(has_endpoint).interceptor(Metering);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// A client of the queues.
pub(crate) fn sqs(sdk: &SdkConfig) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::from_conf(aws_sdk_sqs::config::Builder::from(sdk).interceptor(Metering).build())
}

/// A client of the event bus.
pub(crate) fn eventbridge(sdk: &SdkConfig) -> aws_sdk_eventbridge::Client {
    let config = aws_sdk_eventbridge::config::Builder::from(sdk).interceptor(Metering);
    aws_sdk_eventbridge::Client::from_conf(config.build())
}

/// A client of the parameters.
pub(crate) fn ssm(sdk: &SdkConfig) -> aws_sdk_ssm::Client {
    aws_sdk_ssm::Client::from_conf(aws_sdk_ssm::config::Builder::from(sdk).interceptor(Metering).build())
}

/// Counts what a client does: attempts beyond the first, and the units that tables say were written.
#[derive(Debug)]
struct Metering;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Metering {
    fn name(&self) -> &'static str {
        "Metering"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if bag.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1) {
            figures::retry();
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        answer: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Ok(output) = answer.output_or_error() {
            consumed::count(output);
        }
        Ok(())
    }
}

mod consumed {
    use aws_sdk_dynamodb::operation::batch_execute_statement::BatchExecuteStatementOutput;
    use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
    use aws_sdk_dynamodb::types::ConsumedCapacity;
    use aws_smithy_runtime_api::client::interceptors::context::Output;

    /// Counts the write units of an answer, for each operation with which Muster writes.
    pub(super) fn count(output: &Output) {
        macro_rules! written_by {
            ($($operation:ty => $tables:ident),+ $(,)?) => {
                $(if let Some(answer) = output.downcast_ref::<$operation>() {
                    return $tables(&answer.consumed_capacity).iter().for_each(add);
                })+
            };
        }
        written_by!(
            PutItemOutput => one,
            UpdateItemOutput => one,
            DeleteItemOutput => one,
            BatchWriteItemOutput => several,
            // Every statement of Muster writes.
            BatchExecuteStatementOutput => several,
            TransactWriteItemsOutput => several,
        );
    }

    fn one(consumed: &Option<ConsumedCapacity>) -> &[ConsumedCapacity] {
        consumed.as_slice()
    }

    fn several(consumed: &Option<Vec<ConsumedCapacity>>) -> &[ConsumedCapacity] {
        consumed.as_deref().unwrap_or_default()
    }

    fn add(consumed: &ConsumedCapacity) {
        figures::written(
            consumed.table_name.as_deref().unwrap_or_default(),
            consumed.capacity_units.unwrap_or_default(),
        );
    }
}
