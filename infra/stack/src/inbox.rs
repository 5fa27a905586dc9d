//! Puts a file into the inbox, by the object call that any AWS client makes.

use std::path::Path;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;

use crate::account::STACK_NAME;
use crate::template;

/// A file could not be put into the inbox.
#[derive(Debug, thiserror::Error)]
#[error("the file cannot be put into the inbox: {why}")]
pub struct NotDropped {
    why: String,
}

/// Puts a file under a key of the bucket of a local stack, which is reached so.
///
/// # Errors
/// When the file cannot be read, or the bucket not be written.
pub async fn put_file(sdk: &SdkConfig, key: &str, file: &Path) -> Result<(), NotDropped> {
    let body = ByteStream::from_path(file).await.map_err(|error| NotDropped { why: error.to_string() })?;
    put(sdk, key, body).await
}

/// Puts bytes under a key of the bucket of a local stack, which is reached so.
///
/// # Errors
/// When the bucket cannot be written.
pub async fn put(sdk: &SdkConfig, key: &str, body: ByteStream) -> Result<(), NotDropped> {
    let bucket = template::definitions(STACK_NAME).map_err(|error| NotDropped { why: error.to_string() })?.bucket.name;
    // Only on AWS does each bucket have a host name of its own.
    let client = Client::from_conf(Builder::from(sdk).force_path_style(true).build());
    let put = client.put_object().bucket(bucket).key(key).body(body).send().await;
    put.map(|_| ()).map_err(|error| NotDropped { why: DisplayErrorContext(error).to_string() })
}
