//! The event bus, which tells others in the account that an import has ended.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::counted::Counted;
use super::{StoreError, refused};

/// Whom the events are of.
const SOURCE: &str = "muster";

/// An event bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    name: String,
}

impl EventBus {
    /// The bus of this name at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, name: &str) -> Self {
        let client = Client::from_conf(aws_sdk_eventbridge::config::Builder::from(sdk).interceptor(Counted).build());
        Self { client, name: name.to_owned() }
    }

    /// Puts an event of this type.
    ///
    /// # Errors
    /// When the bus did not take it.
    pub async fn put(&self, detail_type: &str, detail: &serde_json::Value) -> Result<(), StoreError> {
        let event = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail.to_string());
        let answer = self.client.put_events().entries(event.build()).send().await.map_err(refused("PutEvents"))?;
        match answer
            .entries
            .unwrap_or_default()
            .into_iter()
            .find_map(|entry| Some((entry.error_code?, entry.error_message)))
        {
            None => Ok(()),
            Some((code, message)) => {
                Err(StoreError::Refused { call: "PutEvents", code, message: message.unwrap_or_default() })
            }
        }
    }
}
