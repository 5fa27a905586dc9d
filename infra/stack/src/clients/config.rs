//! The configuration of every SDK client in the process.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::http_client::MeteredClient;
use crate::account::REGION;

/// Clients reach the services at one endpoint, with credentials that are good there only, and retry quickly.
pub(crate) fn sdk_config(endpoint_url: &str, credentials: Credentials, http_client: MeteredClient) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint_url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // A local service that refuses a call does not need a second to recover.
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
        .http_client(http_client)
        .build()
}
