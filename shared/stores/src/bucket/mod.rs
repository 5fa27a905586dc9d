//! The bucket: uploads and the URLs to make them, files, work in progress, report parts and reports.

mod body;
mod read;
mod upload;
mod write;

pub use body::Body;
pub use read::Head;
pub use upload::UploadUrl;
pub use write::ObjectWriter;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;

use crate::client;
use crate::resources::Resources;

/// The bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self { client: client::s3(sdk), name: resources.bucket.clone() }
    }
}

fn is_status<E>(error: &SdkError<E, HttpResponse>, status: u16) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == status)
}
