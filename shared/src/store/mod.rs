//! The only place that calls AWS: one file a store.

#[cfg(feature = "dynamodb")]
pub mod batches;
#[cfg(feature = "dynamodb")]
pub mod catalogue;
#[cfg(feature = "aws")]
mod counted;
#[cfg(feature = "dynamodb")]
pub mod customers;
#[cfg(feature = "dynamodb")]
mod dynamo;
#[cfg(feature = "dynamodb")]
mod ends;
#[cfg(feature = "dynamodb")]
mod erase;
#[cfg(feature = "eventbridge")]
pub mod events;
#[cfg(feature = "dynamodb")]
pub mod intents;
#[cfg(feature = "s3")]
pub mod objects;
#[cfg(feature = "ssm")]
pub mod parameters;
#[cfg(feature = "dynamodb")]
mod profile;
#[cfg(feature = "sqs")]
pub mod queues;
#[cfg(feature = "dynamodb")]
pub mod segments;
#[cfg(feature = "dynamodb")]
mod shadow;
#[cfg(feature = "dynamodb")]
pub mod splits;
#[cfg(feature = "dynamodb")]
pub mod tasks;

use crate::access::{Access, InvalidAccess};

/// The names of everything outside that the functions use.
#[derive(Debug, Clone)]
pub struct Resources {
    /// The bucket of uploads, work in progress and reports.
    pub bucket: String,
    /// The table of tasks.
    pub tasks_table: String,
    /// The table of customers and their feeds.
    pub customers_table: String,
    /// The table of identifiers.
    pub identities_table: String,
    /// The table of segments and of the catalogue.
    pub segments_table: String,
    /// Where object-created events and the splitter's continuations go.
    pub split_queue_url: String,
    /// Where batches go.
    pub rows_queue_url: String,
    /// Where tasks go whose rows are all counted.
    pub finish_queue_url: String,
    /// The base URL of the status function, without a slash at its end.
    pub public_url: String,
    /// Who may call the functions that answer requests.
    pub access: Access,
    /// Whom to tell that an import has ended.
    pub announcements: Announcements,
}

/// Whom to tell that an import has ended: nobody, unless the deployment says so.
#[derive(Debug, Clone, Default)]
pub struct Announcements {
    /// The event bus that events go to.
    pub event_bus: Option<String>,
    /// The webhook that is called.
    pub webhook: Option<WebhookTarget>,
}

/// A webhook: set by whoever deploys, so that nobody with a key can have Muster call an address.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// Where it is called: `https`, or `http` on this machine.
    pub url: String,
    /// The parameter that holds the secret which its calls are signed with.
    pub secret: String,
}

impl WebhookTarget {
    /// A target whose address others cannot listen in on.
    ///
    /// # Errors
    /// When it is another one.
    pub fn new(url: &str, secret: String) -> Result<Self, BadEnvironment> {
        let is_local = ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| url.starts_with(local));
        match url.starts_with("https://") || is_local {
            true => Ok(Self { url: url.to_owned(), secret }),
            false => Err(BadEnvironment::Webhook),
        }
    }
}

/// The environment of a function is not as it has to be; infra/template.yaml says what its variables hold.
#[derive(Debug, thiserror::Error)]
pub enum BadEnvironment {
    /// A variable that it needs is not set.
    #[error("the environment variable {0} is not set; infra/template.yaml says what it holds")]
    Missing(&'static str),
    /// Nobody can tell who may call it.
    #[error(transparent)]
    Access(#[from] InvalidAccess),
    /// The webhook's address is not one.
    #[error("the webhook's address must begin with https://")]
    Webhook,
}

impl Resources {
    /// Reads the names from the environment; a queue that a function does not use may be missing.
    ///
    /// # Errors
    /// When the bucket or a table is not named, or the keys are none.
    pub fn from_env() -> Result<Self, BadEnvironment> {
        let need = |name: &'static str| std::env::var(name).map_err(|_| BadEnvironment::Missing(name));
        let may = |name: &str| std::env::var(name).unwrap_or_default();
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let secret = may("MUSTER_WEBHOOK_SECRET_PARAMETER");
        let webhook = set("MUSTER_WEBHOOK_URL").map(|url| WebhookTarget::new(&url, secret)).transpose()?;
        Ok(Self {
            bucket: need("MUSTER_BUCKET")?,
            tasks_table: need("MUSTER_TASKS_TABLE")?,
            customers_table: may("MUSTER_CUSTOMERS_TABLE"),
            identities_table: may("MUSTER_IDENTITIES_TABLE"),
            segments_table: may("MUSTER_SEGMENTS_TABLE"),
            split_queue_url: may("MUSTER_SPLIT_QUEUE_URL"),
            rows_queue_url: may("MUSTER_ROWS_QUEUE_URL"),
            finish_queue_url: may("MUSTER_FINISH_QUEUE_URL"),
            public_url: may("MUSTER_PUBLIC_URL").trim_end_matches('/').to_owned(),
            access: Access::parse(set("MUSTER_AUTH").as_deref(), may("MUSTER_API_KEYS_PARAMETER"))?,
            announcements: Announcements { event_bus: set("MUSTER_EVENT_BUS"), webhook },
        })
    }
}

/// A store could not do what it was asked; the message names the call and the service's own code, never an item.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The service refused the call or did not answer.
    #[error("{call} failed: {code}: {message}")]
    Refused {
        /// The API call.
        call: &'static str,
        /// The service's code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// Something stored is not as this version of Muster writes it.
    #[error("a stored {what} cannot be read: {why}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The object changed or went away while it was read.
    #[error("the object is not the one that was checked any more")]
    ObjectChanged,
    /// The object is not there.
    #[error("the object is not there, or may not be read")]
    ObjectMissing,
}

impl StoreError {
    pub(crate) fn malformed(what: &'static str, why: impl ToString) -> Self {
        Self::Malformed { what, why: why.to_string() }
    }
}

/// Turns an SDK error into ours: its code and message, and how it was lost when there is neither.
#[cfg(feature = "aws")]
pub(crate) fn refused<E>(call: &'static str) -> impl FnOnce(E) -> StoreError
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error,
{
    move |error| {
        let code = error.code().unwrap_or("no answer").to_owned();
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => aws_smithy_types::error::display::DisplayErrorContext(&error).to_string(),
        };
        StoreError::Refused { call, code, message }
    }
}
