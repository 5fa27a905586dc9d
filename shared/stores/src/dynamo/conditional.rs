//! Writes that have a condition.

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use crate::error::{StoreError, refused};
use crate::written::Written;

/// Sends an update that has a condition.
///
/// # Errors
/// When the table refuses it for another reason.
pub(crate) async fn update_if(update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    match update.send().await {
        Ok(_) => Ok(Written::Done),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Ok(Written::Superseded)
        }
        Err(error) => Err(refused("UpdateItem")(error)),
    }
}

/// Sends a put that has a condition.
///
/// # Errors
/// As [`update_if`].
pub(crate) async fn put_if(put: PutItemFluentBuilder) -> Result<Written, StoreError> {
    match put.send().await {
        Ok(_) => Ok(Written::Done),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Ok(Written::Superseded)
        }
        Err(error) => Err(refused("PutItem")(error)),
    }
}
