//! The event bus, through which others in the account learn that an import has ended.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use crate::client;
use crate::error::{StoreError, refused};

/// The source that the events name.
const SOURCE: &str = "muster";

/// An event bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    name: String,
}

impl EventBus {
    /// The bus of this name at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, name: &str) -> Self {
        Self { client: client::eventbridge(sdk), name: name.to_owned() }
    }

    /// Puts an event of this type.
    ///
    /// # Errors
    /// When the bus did not accept it.
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
            Some((code, message)) => Err(StoreError::refused_entry("PutEvents", code, message.unwrap_or_default())),
        }
    }
}
