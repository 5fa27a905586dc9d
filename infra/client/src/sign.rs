//! Signatures (SigV4) for a deployed Muster whose function URLs admit IAM principals, made with the credentials of the
//! usual AWS environment. <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow};
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Request, Url};
use tokio::sync::Mutex;

/// The service name that the signature of a request to a function URL covers.
const SERVICE: &str = "lambda";

/// How long before they expire credentials are fetched again, so that a request on its way does not meet their end.
const MARGIN: Duration = Duration::from_secs(60);

/// Signs requests to function URLs.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    provider: SharedCredentialsProvider,
    /// The credentials of the last request, which hold for the next unless they expire.
    last: Arc<Mutex<Option<Credentials>>>,
}

impl Signer {
    /// The signer for a function URL, or `None` for any other URL.
    pub(crate) async fn for_url(url: &Url) -> anyhow::Result<Option<Self>> {
        if region(url).is_none() {
            return Ok(None);
        }
        let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(tls::for_sdk()).load().await;
        let signer = Self::new(sdk.credentials_provider().context("AWS credentials are not set up")?);
        signer.credentials(SystemTime::now()).await?;
        Ok(Some(signer))
    }

    fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, last: Arc::default() }
    }

    /// Credentials that hold beyond `now`. Waiting for an import can take longer than a session lasts.
    async fn credentials(&self, now: SystemTime) -> anyhow::Result<Credentials> {
        let mut last = self.last.lock().await;
        let holds = |credentials: &Credentials| credentials.expiry().is_none_or(|expiry| now + MARGIN < expiry);
        if let Some(credentials) = last.as_ref().filter(|credentials| holds(credentials)) {
            return Ok(credentials.clone());
        }
        let credentials = self.provider.provide_credentials().await.map_err(|_| {
            anyhow!(
                "no AWS credentials were found to sign requests with: set AWS_PROFILE, sign in again, or give a key with --key"
            )
        })?;
        Ok(last.insert(credentials).clone())
    }

    /// Adds the headers of a signature, which AWS accepts for minutes around `now`. Other addresses than function URLs
    /// get none.
    pub(crate) async fn sign(&self, request: &mut Request, now: SystemTime) -> anyhow::Result<()> {
        let Some(region) = region(request.url()).map(ToOwned::to_owned) else { return Ok(()) };
        let identity = self.credentials(now).await?.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(SERVICE)
            .time(now)
            .settings(SigningSettings::default())
            .build()?;
        let headers: Vec<(&str, &str)> =
            request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let body = SignableBody::Bytes(request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default());
        let signable =
            SignableRequest::new(request.method().as_str(), request.url().as_str(), headers.into_iter(), body)?;
        let (instructions, _) = sign(signable, &parameters.into())?.into_parts();
        for (name, value) in instructions.headers() {
            request.headers_mut().insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
        }
        Ok(())
    }
}

/// The region in a function URL, `https://ID.lambda-url.REGION.on.aws`.
fn region(url: &Url) -> Option<&str> {
    let host = url.host_str().filter(|_| url.scheme() == "https")?;
    let region = host.split_once(".lambda-url.")?.1.strip_suffix(".on.aws")?;
    (!region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_credential_types::credential_fn::provide_credentials_fn;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn requests_are_signed_only_for_function_urls() {
        assert_eq!(region(&url("https://abc123.lambda-url.eu-central-1.on.aws/")), Some("eu-central-1"));
        for other in [
            "http://abc123.lambda-url.eu-central-1.on.aws",
            "http://127.0.0.1:4600",
            "https://example.com/.lambda-url.eu-central-1.on.aws",
            "https://abc.lambda-url..on.aws",
        ] {
            assert_eq!(region(&url(other)), None, "{other}");
        }
    }

    /// botocore computes the expected signature for the same request, credentials and time.
    #[tokio::test]
    async fn a_request_has_the_signature_that_aws_computes() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
        let signer = Signer::new(SharedCredentialsProvider::new(credentials));
        let url = url("https://abc.lambda-url.eu-central-1.on.aws/customers?email=ann%40example.com");
        let mut request = Request::new(reqwest::Method::GET, url);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_600_000);
        signer.sign(&mut request, now).await.unwrap();
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(
            (header("x-amz-date"), header("x-amz-security-token")),
            ("20261125T094640Z".to_owned(), "token".to_owned())
        );
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261125/eu-central-1/lambda/aws4_request, \
                        SignedHeaders=host;x-amz-date;x-amz-security-token, \
                        Signature=83dcd4afca4b851f8128dbf9e1cc3e026c595dc9ab36706601418718d3829d01";
        assert_eq!(header("authorization"), expected);
    }

    #[tokio::test]
    async fn credentials_are_fetched_again_before_they_expire() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_600_000);
        let fetched = Arc::new(AtomicU64::new(0));
        let provider = provide_credentials_fn({
            let fetched = Arc::clone(&fetched);
            move || {
                let times = fetched.fetch_add(1, Ordering::Relaxed) + 1;
                // The first last for an hour, the second for two.
                let expiry = start + Duration::from_secs(3_600 * times);
                std::future::ready(Ok(Credentials::new(format!("KEY{times}"), "secret", None, Some(expiry), "test")))
            }
        });
        let signer = Signer::new(SharedCredentialsProvider::new(provider));
        for (minutes, key) in [(0, "KEY1"), (58, "KEY1"), (59, "KEY2"), (118, "KEY2"), (119, "KEY3")] {
            let mut request =
                Request::new(reqwest::Method::GET, url("https://abc.lambda-url.eu-central-1.on.aws/imports"));
            signer.sign(&mut request, start + Duration::from_secs(60 * minutes)).await.unwrap();
            let authorization = request.headers()["authorization"].to_str().unwrap();
            assert!(authorization.contains(&format!("Credential={key}/")), "{minutes}: {authorization}");
        }
        assert_eq!(fetched.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn an_address_that_is_no_function_url_gets_no_signature() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
        let signer = Signer::new(SharedCredentialsProvider::new(credentials));
        let mut request = Request::new(reqwest::Method::GET, url("https://example.com/imports"));
        signer.sign(&mut request, SystemTime::now()).await.unwrap();
        assert!(request.headers().is_empty(), "{request:?}");
    }
}
