//! Signatures (SigV4) for a deployed Muster whose function URLs admit IAM principals, made with the credentials of the
//! usual AWS environment. <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use std::time::SystemTime;

use anyhow::{Context as _, anyhow};
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::Request;
use reqwest::header::{HeaderName, HeaderValue};

/// The service name that the signature of a request to a function URL covers.
const SERVICE: &str = "lambda";

/// Signs requests to the function URLs of one region.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    credentials: Credentials,
    region: String,
}

impl Signer {
    /// The signer for a function URL, or `None` for any other URL.
    pub(crate) async fn for_url(url: &str) -> anyhow::Result<Option<Self>> {
        let Some(region) = region(url) else { return Ok(None) };
        let sdk = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let provider = sdk.credentials_provider().context("AWS credentials are not set up")?;
        let credentials = provider.provide_credentials().await.map_err(|_| {
            anyhow!("no AWS credentials were found to sign requests with: set AWS_PROFILE, or give a key with --key")
        })?;
        Ok(Some(Self { credentials, region: region.to_owned() }))
    }

    /// Adds the headers of a signature, which AWS accepts for minutes around `now`.
    pub(crate) fn sign(&self, request: &mut Request, now: SystemTime) -> anyhow::Result<()> {
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
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
fn region(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://")?.split('/').next()?;
    let region = host.split_once(".lambda-url.")?.1.strip_suffix(".on.aws")?;
    (!region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn requests_are_signed_only_for_function_urls() {
        assert_eq!(region("https://abc123.lambda-url.eu-central-1.on.aws/"), Some("eu-central-1"));
        for url in [
            "http://abc123.lambda-url.eu-central-1.on.aws",
            "http://127.0.0.1:4600",
            "https://example.com/.lambda-url.eu-central-1.on.aws",
            "https://abc.lambda-url..on.aws",
        ] {
            assert_eq!(region(url), None, "{url}");
        }
    }

    /// botocore computes the expected signature for the same request, credentials and time.
    #[test]
    fn a_request_has_the_signature_that_aws_computes() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
        let signer = Signer { credentials, region: "eu-central-1".to_owned() };
        let url = "https://abc.lambda-url.eu-central-1.on.aws/customers?email=ann%40example.com";
        let mut request = Request::new(reqwest::Method::GET, url.parse().unwrap());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_600_000);
        signer.sign(&mut request, now).unwrap();
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
}
