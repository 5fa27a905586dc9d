//! Counts what the SDK's clients do: attempts beyond the first, and the units that the tables say were written.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::figures;

/// The counter, which every client has.
#[derive(Debug)]
pub(super) struct Counted;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Counted {
    fn name(&self) -> &'static str {
        "Counted"
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

    #[cfg(feature = "dynamodb")]
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

#[cfg(feature = "dynamodb")]
mod consumed {
    use aws_sdk_dynamodb::operation::batch_execute_statement::BatchExecuteStatementOutput;
    use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
    use aws_sdk_dynamodb::types::ConsumedCapacity;
    use aws_smithy_runtime_api::client::interceptors::context::Output;

    use crate::figures;

    /// Counts the units of an answer of any operation of Muster's that writes.
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
