//! The gate of the API. Keys are read from a parameter now and then, so they change without a deployment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_lambda_events::lambda_function_urls::{
    LambdaFunctionUrlRequest, LambdaFunctionUrlRequestContextAuthorizerDescription,
    LambdaFunctionUrlRequestContextAuthorizerIamDescription,
};
use jiff::Timestamp;

use stores::StoreError;
use stores::clock::Clock;
use stores::parameters::Parameters;

use crate::access::Access;
use crate::deployment::Deployment;
use crate::http::{HttpProblem, header};
use crate::keys::{Caller, Denied, Keys, Role};

/// How long the cached keys are used. A key that was removed stays valid for so long.
const CACHE_GOOD: Duration = Duration::from_secs(60);
/// An unknown key triggers a re-read only if the cache is older than this: new keys work within seconds, and guessing
/// keys costs one call per interval at most.
const CACHE_NEW: Duration = Duration::from_secs(5);
/// How long the cached keys are used while the parameter cannot be read.
const CACHE_LAST: Duration = Duration::from_secs(600);

/// The gate of a function that answers requests.
#[derive(Debug)]
pub struct Gate {
    access: Access,
    parameters: Parameters,
    clock: Clock,
    cache: Mutex<Option<Cached>>,
}

#[derive(Debug, Clone)]
struct Cached {
    keys: Arc<Keys>,
    read: Timestamp,
}

impl Gate {
    /// The gate that the deployment asks for.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        Self {
            access: deployment.access.clone(),
            parameters: Parameters::new(sdk),
            clock: Clock::from_sdk(sdk),
            cache: Mutex::new(None),
        }
    }

    /// Lets a request through if its caller may do what needs this role, and says who that is.
    ///
    /// # Errors
    /// 401 or 403; 503 when the keys cannot be read.
    pub async fn admit(&self, request: &LambdaFunctionUrlRequest, needs: Role) -> Result<Caller, HttpProblem> {
        let authorization = header(request, "authorization");
        let checked = match &self.access {
            Access::Iam => Ok(principal(request)),
            // Without a key in the request there is nothing to look up.
            Access::KeysIn(_) if authorization.is_none() => Err(Denied::Unknown),
            Access::KeysIn(parameter) => {
                match self.keys(parameter, CACHE_GOOD).await?.check(authorization, needs).cloned() {
                    Err(Denied::Unknown) => self.keys(parameter, CACHE_NEW).await?.check(authorization, needs).cloned(),
                    checked => checked,
                }
            }
        };
        checked.map_err(|denied| match denied {
            Denied::Unknown => HttpProblem::new(
                401,
                "unauthorized",
                "Send a valid key: `Authorization: Bearer KEY`. This one is not known.",
            ),
            Denied::Forbidden => {
                HttpProblem::new(403, "forbidden", "This key is for looking only. Use one that may import.")
            }
        })
    }

    /// Who has the key with this fingerprint, if keys are used and it is one of them.
    ///
    /// # Errors
    /// 503 when the keys cannot be read.
    pub async fn holder_of(&self, fingerprint: &str) -> Result<Option<Caller>, HttpProblem> {
        let Access::KeysIn(parameter) = &self.access else { return Ok(None) };
        match self.keys(parameter, CACHE_GOOD).await?.holder_of(fingerprint).cloned() {
            None => Ok(self.keys(parameter, CACHE_NEW).await?.holder_of(fingerprint).cloned()),
            known => Ok(known),
        }
    }

    /// The keys, read again if the cache is older than this.
    async fn keys(&self, parameter: &str, at_most: Duration) -> Result<Arc<Keys>, HttpProblem> {
        let now = self.clock.now();
        let copy = self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_younger = |copy: &Cached, age: Duration| now < copy.read + age;
        if let Some(copy) = copy.as_ref().filter(|copy| is_younger(copy, at_most)) {
            return Ok(Arc::clone(&copy.keys));
        }
        // Boxed, because the future of an SDK call is large and would be part of the future of every request.
        match Box::pin(self.read(parameter)).await {
            Ok(keys) => {
                let copy = Cached { keys: Arc::new(keys), read: now };
                *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy.clone());
                Ok(copy.keys)
            }
            Err(error) => {
                tracing::error!(%error, "the API keys could not be read");
                let last = copy.filter(|copy| is_younger(copy, CACHE_LAST));
                last.map(|copy| copy.keys).ok_or_else(HttpProblem::unavailable)
            }
        }
    }

    async fn read(&self, parameter: &str) -> Result<Keys, StoreError> {
        let value = self.parameters.get(parameter).await?;
        let value = value.ok_or_else(|| StoreError::malformed("list of API keys", "the parameter does not exist"))?;
        Keys::parse(&value).map_err(|error| StoreError::malformed("list of API keys", error))
    }
}

/// Whom IAM let through: the last part of their ARN, which is the name of a user or of a role's session. Lambda sets it; no
/// client can.
fn principal(request: &LambdaFunctionUrlRequest) -> Caller {
    let iam = request.request_context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref());
    let arn = iam.and_then(|iam| iam.user_arn.as_deref()).unwrap_or_default();
    let name = arn.rsplit('/').next().filter(|name| !name.is_empty());
    Caller { role: Role::Import, name: name.map(ToOwned::to_owned) }
}

/// What `principal` takes for a request of this caller, where one function asks another one in its own process.
pub fn as_principal(request: &mut LambdaFunctionUrlRequest, caller: &Caller) {
    let mut iam = LambdaFunctionUrlRequestContextAuthorizerIamDescription::default();
    iam.user_arn.clone_from(&caller.name);
    let mut authorizer = LambdaFunctionUrlRequestContextAuthorizerDescription::default();
    authorizer.iam = Some(iam);
    request.request_context.authorizer = Some(authorizer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_iam_lets_through_has_the_name_at_the_end_of_their_arn() {
        for (arn, name) in [
            (Some("arn:aws:iam::123456789012:user/ann"), Some("ann")),
            (Some("arn:aws:sts::123456789012:assumed-role/Admin/ben@example.com"), Some("ben@example.com")),
            (None, None),
        ] {
            let mut request = LambdaFunctionUrlRequest::default();
            as_principal(&mut request, &Caller { role: Role::Import, name: arn.map(ToOwned::to_owned) });
            assert_eq!(principal(&request).name.as_deref(), name);
        }
    }
}
