//! What a deployment consists of, as the environment of its functions says. infra/template.yaml sets the variables.

use stores::Resources;

use crate::access::{Access, UnknownAccess};

/// What a deployment consists of.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its tables, bucket and queues.
    pub resources: Resources,
    /// The base URL of the status function, without a slash at its end. Empty where the function learns it from
    /// requests.
    pub public_url: String,
    /// How callers of the API are known.
    pub access: Access,
    /// Where ends are delivered.
    pub outbox: OutboxTargets,
}

/// Where the ends of imports are delivered: nowhere, unless the deployment says so.
#[derive(Debug, Clone, Default)]
pub struct OutboxTargets {
    /// The event bus, if one is configured.
    pub event_bus: Option<String>,
    /// The webhook, if one is configured.
    pub webhook: Option<WebhookTarget>,
}

/// A webhook. Only who deploys can set it, so nobody with an API key can make Muster call an address.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// Its URL: `https`, or `http` on this machine.
    pub url: String,
    /// The parameter that holds the secret with which its calls are signed.
    pub secret: String,
}

impl WebhookTarget {
    /// A webhook whose calls nobody on the way can read.
    ///
    /// # Errors
    /// When the URL is not `https`, and not `http` on this machine.
    pub fn new(url: &str, secret: String) -> Result<Self, BadEnvironment> {
        let is_local = ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| url.starts_with(local));
        if url.starts_with("https://") || is_local {
            Ok(Self { url: url.to_owned(), secret })
        } else {
            Err(BadEnvironment::Webhook)
        }
    }
}

/// The environment of a function is wrong; infra/template.yaml says what its variables hold.
#[derive(Debug, thiserror::Error)]
pub enum BadEnvironment {
    /// A variable that every function needs is not set.
    #[error("the environment variable {0} is not set; infra/template.yaml says what it holds")]
    Missing(&'static str),
    /// The way of access is not one that Muster knows.
    #[error(transparent)]
    Access(#[from] UnknownAccess),
    /// The webhook's URL is not `https`.
    #[error("the webhook's address must begin with https://")]
    Webhook,
    /// No client for the webhook can be made.
    #[error("the webhook cannot be called: {0}")]
    WebhookClient(String),
}

impl Deployment {
    /// Reads the environment. Variables that a function does not use may be missing.
    ///
    /// # Errors
    /// When the bucket or the tasks table is not named, the way of access is unknown, or the webhook's URL is not
    /// `https`.
    pub fn from_env() -> Result<Self, BadEnvironment> {
        let need = |name: &'static str| std::env::var(name).map_err(|_| BadEnvironment::Missing(name));
        let may = |name: &str| std::env::var(name).unwrap_or_default();
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let secret = may("MUSTER_WEBHOOK_SECRET_PARAMETER");
        let webhook = set("MUSTER_WEBHOOK_URL").map(|url| WebhookTarget::new(&url, secret)).transpose()?;
        Ok(Self {
            resources: Resources {
                bucket: need("MUSTER_BUCKET")?,
                tasks_table: need("MUSTER_TASKS_TABLE")?,
                customers_table: may("MUSTER_CUSTOMERS_TABLE"),
                identities_table: may("MUSTER_IDENTITIES_TABLE"),
                segments_table: may("MUSTER_SEGMENTS_TABLE"),
                split_queue_url: may("MUSTER_SPLIT_QUEUE_URL"),
                rows_queue_url: may("MUSTER_ROWS_QUEUE_URL"),
                finish_queue_url: may("MUSTER_FINISH_QUEUE_URL"),
            },
            public_url: may("MUSTER_PUBLIC_URL").trim_end_matches('/').to_owned(),
            access: Access::parse(set("MUSTER_AUTH").as_deref(), may("MUSTER_API_KEYS_PARAMETER"))?,
            outbox: OutboxTargets { event_bus: set("MUSTER_EVENT_BUS"), webhook },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_called_where_nobody_can_listen() {
        for (url, is_taken) in [
            ("https://example.com/hook", true),
            ("http://127.0.0.1:8000/", true),
            ("http://localhost:8000/", true),
            ("http://example.com/hook", false),
            ("ftp://example.com", false),
            ("", false),
        ] {
            assert_eq!(WebhookTarget::new(url, "secret".to_owned()).is_ok(), is_taken, "{url}");
        }
    }
}
