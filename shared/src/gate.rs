//! Who is let through to the API: keys that lie in a parameter are read now and then, so that they change without a
//! deployment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use jiff::Timestamp;

use crate::access::{Access, Denied, Keys, Role};
use crate::clock::Clock;
use crate::http::{HttpProblem, header};
use crate::store::parameters::Parameters;
use crate::store::{Resources, StoreError};

/// How long a copy of the keys is used: so long does a key that was taken out stay good.
const COPY_GOOD: Duration = Duration::from_secs(60);
/// How old a copy is at least before a key that it lacks has the keys read again: a new key is good at once, and one that
/// is none costs no call each time.
const COPY_NEW: Duration = Duration::from_secs(5);
/// How long a copy is used when the keys cannot be read.
const COPY_LAST: Duration = Duration::from_secs(600);

/// The gate of a function that answers requests.
#[derive(Debug)]
pub struct Gate {
    access: Access,
    parameters: Parameters,
    clock: Clock,
    copy: Mutex<Option<KeysCopy>>,
}

#[derive(Debug, Clone)]
struct KeysCopy {
    keys: Arc<Keys>,
    read: Timestamp,
}

impl Gate {
    /// The gate that the deployment asks for.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self {
            access: resources.access.clone(),
            parameters: Parameters::new(sdk),
            clock: Clock::of(sdk),
            copy: Mutex::new(None),
        }
    }

    /// Lets a request through that may do what needs this role.
    ///
    /// # Errors
    /// 401 or 403; 503 when the keys cannot be read.
    pub async fn admit(&self, request: &LambdaFunctionUrlRequest, needs: Role) -> Result<(), HttpProblem> {
        let authorization = header(request, "authorization");
        let checked = match &self.access {
            Access::Iam => Ok(()),
            // Whoever shows no key need not be looked up.
            Access::KeysIn(_) if authorization.is_none() => Err(Denied::Unknown),
            Access::KeysIn(parameter) => match self.keys(parameter, COPY_GOOD).await?.check(authorization, needs) {
                Err(Denied::Unknown) => self.keys(parameter, COPY_NEW).await?.check(authorization, needs),
                checked => checked,
            },
        };
        checked.map_err(|denied| match denied {
            Denied::Unknown => {
                HttpProblem::new(401, "unauthorized", "Send a good key: `Authorization: Bearer KEY`. This one is none.")
            }
            Denied::Forbidden => {
                HttpProblem::new(403, "forbidden", "This key is for looking only. Use one that may import.")
            }
        })
    }

    /// The keys, from a copy of this age at most.
    async fn keys(&self, parameter: &str, at_most: Duration) -> Result<Arc<Keys>, HttpProblem> {
        let now = self.clock.now();
        let copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_younger = |copy: &KeysCopy, age: Duration| now < copy.read + age;
        if let Some(copy) = copy.as_ref().filter(|copy| is_younger(copy, at_most)) {
            return Ok(Arc::clone(&copy.keys));
        }
        // Boxed: a call of the SDK is a deep type, and this one stands in every request's.
        match Box::pin(self.read(parameter)).await {
            Ok(keys) => {
                let copy = KeysCopy { keys: Arc::new(keys), read: now };
                *self.copy.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy.clone());
                Ok(copy.keys)
            }
            Err(error) => {
                tracing::error!(%error, "the API keys could not be read");
                let last = copy.filter(|copy| is_younger(copy, COPY_LAST));
                last.map(|copy| copy.keys).ok_or_else(HttpProblem::unavailable)
            }
        }
    }

    async fn read(&self, parameter: &str) -> Result<Keys, StoreError> {
        let value = self.parameters.get(parameter).await?;
        let value = value.ok_or_else(|| StoreError::malformed("list of API keys", "the parameter is not there"))?;
        Keys::parse(&value).map_err(|error| StoreError::malformed("list of API keys", error))
    }
}
