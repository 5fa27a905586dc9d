//! The SDK's clients: how long their calls may take, how often they are tried, and the meter that counts retries and
//! write units.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction, RetryPartition, TokenBucket};
use aws_sdk_s3::config::StalledStreamProtectionConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Tries of one call to the tables, and the pauses between them: a partition that is asked for too much recovers within
/// tens of milliseconds, or takes minutes to split. Pauses have jitter and add up to a second and a half at most.
const TABLE_ATTEMPTS: u32 = 6;
const TABLE_BACKOFF: Duration = Duration::from_millis(50);
const TABLE_LONGEST_BACKOFF: Duration = Duration::from_secs(1);
/// A retry takes 5 of these, and a success gives one back.
const TABLE_RETRY_TOKENS: usize = 5_000;
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(2);
/// How long the body of an object may bring nothing, before it is asked for again from where it is.
const STALLED: Duration = Duration::from_secs(10);

/// How the SDK finds its configuration: region, credentials and endpoints of the environment, and connections by TLS.
pub fn sdk() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest()).http_client(tls::for_sdk())
}

/// A client of the tables.
pub(crate) fn dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let retries = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let retries = retries.with_max_attempts(TABLE_ATTEMPTS).with_initial_backoff(TABLE_BACKOFF);
    // Clients share a budget of retries by region. A budget of its own keeps a table that throttles for a while from
    // using up the retries of everything else, and the reverse.
    let budget = TokenBucket::new(TABLE_RETRY_TOKENS);
    let config = aws_sdk_dynamodb::config::Builder::from(sdk)
        .timeout_config(limits(8, 24))
        .retry_config(retries.with_max_backoff(TABLE_LONGEST_BACKOFF))
        .retry_partition(RetryPartition::custom("tables").token_bucket(budget).build())
        .retry_classifier(Conflicts)
        .interceptor(Metering);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// A client of the bucket. With an endpoint of its own it addresses the bucket by path, as emulators need.
pub(crate) fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let has_endpoint = sdk.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(sdk)
        // A body that is read is not part of the call: how long it may stall is the next setting.
        .timeout_config(limits(12, 40))
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALLED).build())
        .force_path_style(has_endpoint)
        .interceptor(Metering);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// The limits of a call to the bucket that carries megabytes, or joins thousands of parts.
pub(crate) fn long_s3_call() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new().timeout_config(limits(120, 400))
}

/// A client of the queues.
pub(crate) fn sqs(sdk: &SdkConfig) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::config::Builder::from(sdk).timeout_config(limits(10, 30)).interceptor(Metering);
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// A client of the event bus.
pub(crate) fn eventbridge(sdk: &SdkConfig) -> aws_sdk_eventbridge::Client {
    let config = aws_sdk_eventbridge::config::Builder::from(sdk).timeout_config(limits(5, 15)).interceptor(Metering);
    aws_sdk_eventbridge::Client::from_conf(config.build())
}

/// A client of the parameters.
pub(crate) fn ssm(sdk: &SdkConfig) -> aws_sdk_ssm::Client {
    let config = aws_sdk_ssm::config::Builder::from(sdk).timeout_config(limits(2, 6)).interceptor(Metering);
    aws_sdk_ssm::Client::from_conf(config.build())
}

/// How long one try of a call may take, and the call with all its tries, in seconds. Without limits a connection that
/// went dead keeps its function waiting until Lambda ends it, and its message waiting for the visibility timeout. The
/// upload function has 10 seconds and the row-processor 60: one dead call leaves time to fail and to say so.
fn limits(try_seconds: u64, call_seconds: u64) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(try_seconds))
        .operation_timeout(Duration::from_secs(call_seconds))
        .build()
}

/// Has the SDK try a write again that met another write of the same item. It knows throttling, but not conflicts.
#[derive(Debug)]
struct Conflicts;

impl ClassifyRetry for Conflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        let error = error.and_then(|error| error.as_operation_error());
        if error.is_some_and(conflicts::is_conflict) {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "Conflicts"
    }
}

mod conflicts {
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
    use aws_smithy_runtime_api::client::interceptors::context::Error;

    /// Whether a write was refused only because another write of the same item was under way.
    pub(super) fn is_conflict(error: &Error) -> bool {
        macro_rules! conflict_in {
            ($($error:ty),+) => {
                $(if let Some(error) = error.downcast_ref::<$error>() {
                    return error.is_transaction_conflict_exception();
                })+
            };
        }
        conflict_in!(UpdateItemError, PutItemError, DeleteItemError);
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.downcast_ref() else {
            return false;
        };
        let reasons = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        let mut reasons = reasons.filter(|code| *code != "None").peekable();
        // A condition that does not hold now will not hold in a moment.
        reasons.peek().is_some() && reasons.all(|code| code == "TransactionConflict")
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::scripted::{Answer, Scripted};

    const FOR_EVER: Duration = Duration::from_secs(86_400);

    fn conflict() -> Answer {
        let error = json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException" });
        Answer::new(400, error.to_string())
    }

    fn cancelled(codes: &[&str]) -> Answer {
        let reasons: Vec<_> = codes.iter().map(|code| json!({ "Code": code })).collect();
        let error = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "CancellationReasons": reasons,
        });
        Answer::new(400, error.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_never_answered_ends_within_its_limit_and_is_tried_again_before() {
        let silent = || Scripted::new((0..100).map(|_| Answer::new(200, "{}").after(FOR_EVER)));
        let began = Instant::now();
        let service = silent();
        assert!(dynamodb(&service.sdk()).get_item().table_name("t").send().await.is_err());
        assert!(began.elapsed() <= Duration::from_secs(24) && service.asked().len() > 1, "{:?}", began.elapsed());
        let began = Instant::now();
        let service = silent();
        assert!(s3(&service.sdk()).get_object().bucket("b").key("k").send().await.is_err());
        assert!(began.elapsed() <= Duration::from_secs(40) && service.asked().len() > 1, "{:?}", began.elapsed());
        let began = Instant::now();
        let service = silent();
        assert!(sqs(&service.sdk()).send_message().queue_url("http://q/a/b").message_body("x").send().await.is_err());
        assert!(began.elapsed() <= Duration::from_secs(30) && service.asked().len() > 1, "{:?}", began.elapsed());
        let began = Instant::now();
        let service = silent();
        assert!(ssm(&service.sdk()).get_parameter().name("p").send().await.is_err());
        assert!(began.elapsed() <= Duration::from_secs(6) && service.asked().len() > 1, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_met_another_is_tried_again() {
        let service = Scripted::new([conflict(), conflict(), Answer::new(200, "{}")]);
        dynamodb(&service.sdk()).update_item().table_name("t").send().await.unwrap();
        let service = Scripted::new([conflict(), Answer::new(200, "{}")]);
        dynamodb(&service.sdk()).put_item().table_name("t").send().await.unwrap();
        let service = Scripted::new([cancelled(&["None", "TransactionConflict"]), Answer::new(200, "{}")]);
        dynamodb(&service.sdk()).transact_write_items().send().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_condition_that_does_not_hold_is_not_tried_again() {
        for reasons in [&["ConditionalCheckFailed", "TransactionConflict"][..], &["ConditionalCheckFailed"], &[]] {
            let service = Scripted::new([cancelled(reasons), Answer::new(200, "{}")]);
            assert!(dynamodb(&service.sdk()).transact_write_items().send().await.is_err());
            assert_eq!(service.asked().len(), 1, "{reasons:?}");
        }
    }
}
