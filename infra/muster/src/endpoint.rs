//! The services of AWS at an endpoint, such as LocalStack's.

use anyhow::bail;
use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials as _;

/// How the services at an endpoint are reached, with credentials and region of the usual AWS environment.
pub(crate) async fn sdk_at(endpoint_url: &str) -> anyhow::Result<SdkConfig> {
    let sdk = stores::sdk().endpoint_url(endpoint_url).load().await;
    let credentials = match sdk.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.is_ok(),
        None => false,
    };
    if !credentials {
        bail!(
            "no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Emulators such as LocalStack take any, such as `test`"
        );
    }
    if sdk.region().is_none() {
        bail!("no AWS region was found: set AWS_REGION, such as eu-central-1");
    }
    Ok(sdk)
}
