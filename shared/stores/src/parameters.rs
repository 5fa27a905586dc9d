//! Parameters, which change without a deployment: the API keys and the webhook's secret.

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;

use crate::client;
use crate::error::{StoreError, refused};

/// The parameters.
#[derive(Debug, Clone)]
pub struct Parameters {
    client: Client,
}

impl Parameters {
    /// The parameters at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { client: client::ssm(sdk) }
    }

    /// The value of a parameter, decrypted if it is a secret; none if there is no such parameter.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn get(&self, name: &str) -> Result<Option<String>, StoreError> {
        match self.client.get_parameter().name(name).with_decryption(true).send().await {
            Ok(answer) => Ok(answer.parameter.and_then(|parameter| parameter.value)),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_parameter_not_found()) => Ok(None),
            Err(error) => Err(refused("GetParameter")(error)),
        }
    }
}
