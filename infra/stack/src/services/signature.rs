//! Signatures (SigV4) of calls in the JSON protocol. The received request is signed again with the secret that both sides
//! know, for the time and the headers that its signature names, and the two signatures must be equal. The signature covers
//! the body, so what is signed cannot be changed or sent to another service. The object store checks its own, because
//! its bodies are too large to be held.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use subtle::ConstantTimeEq as _;

use crate::operation::Service;

/// How far the time of a signature may be from now, as on AWS.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// What the header begins with.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsigned {
    #[error("The request is not signed. `eval \"$(muster env)\"` sets the credentials with which AWS clients sign.")]
    Missing,
    #[error("The header Authorization is no complete signature of version 4.")]
    Incomplete,
    #[error("The access key is not the one of this stack. `eval \"$(muster env)\"` sets the right one.")]
    AccessKey,
    #[error("The signature is too old, or its time has not come yet: sign the request again, and check the clock.")]
    Expired,
    #[error("The signature does not fit the request and the secret of this stack. `eval \"$(muster env)\"` sets it.")]
    Mismatch,
}

impl Unsigned {
    /// The name of the error, as AWS gives it.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Unsigned::Missing => "MissingAuthenticationTokenException",
            Unsigned::Incomplete => "IncompleteSignatureException",
            Unsigned::AccessKey => "UnrecognizedClientException",
            Unsigned::Expired => "RequestExpired",
            Unsigned::Mismatch => "InvalidSignatureException",
        }
    }
}

/// What the header `Authorization` says.
struct Signature<'h> {
    access_key: &'h str,
    day: &'h str,
    region: &'h str,
    service: &'h str,
    headers: Vec<&'h str>,
    value: &'h str,
}

impl<'h> Signature<'h> {
    fn parse(header: &'h str) -> Option<Signature<'h>> {
        let fields = header.strip_prefix(ALGORITHM)?.split(',').map(str::trim);
        let (mut scope, mut headers, mut value) = (None, None, None);
        for field in fields {
            match field.split_once('=')? {
                ("Credential", given) => scope = Some(given),
                ("SignedHeaders", given) => headers = Some(given.split(';').collect()),
                ("Signature", given) => value = Some(given),
                _ => return None,
            }
        }
        let mut scope = scope?.split('/');
        let signature = Signature {
            access_key: scope.next()?,
            day: scope.next()?,
            region: scope.next()?,
            service: scope.next()?,
            headers: headers?,
            value: value?,
        };
        (scope.next() == Some("aws4_request") && scope.next().is_none()).then_some(signature)
    }
}

/// Checks the signature of a call to a service.
pub(super) fn check(
    parts: &Parts,
    body: &[u8],
    service: Service,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<(), Unsigned> {
    let header = parts.headers.get(AUTHORIZATION).ok_or(Unsigned::Missing)?;
    let header = header.to_str().map_err(|_| Unsigned::Incomplete)?;
    let given = Signature::parse(header).ok_or(Unsigned::Incomplete)?;
    let date = parts.headers.get("x-amz-date").and_then(|date| date.to_str().ok()).ok_or(Unsigned::Incomplete)?;
    let time = time(date).ok_or(Unsigned::Incomplete)?;
    if !given.headers.contains(&"host") || !date.starts_with(given.day) {
        return Err(Unsigned::Incomplete);
    }
    let apart = now.duration_since(time).unwrap_or_else(|later| later.duration());
    if apart > WINDOW {
        return Err(Unsigned::Expired);
    }
    if !bool::from(given.access_key.as_bytes().ct_eq(credentials.access_key_id().as_bytes())) {
        return Err(Unsigned::AccessKey);
    }
    if given.service != service.signing_name() {
        return Err(Unsigned::Mismatch);
    }
    let expected = signature(parts, body, &given, credentials, time).ok_or(Unsigned::Incomplete)?;
    if bool::from(expected.as_bytes().ct_eq(given.value.as_bytes())) { Ok(()) } else { Err(Unsigned::Mismatch) }
}

/// The signature that the request has if it was signed with the right secret.
fn signature(
    parts: &Parts,
    body: &[u8],
    given: &Signature<'_>,
    credentials: &Credentials,
    time: SystemTime,
) -> Option<String> {
    let mut settings = SigningSettings::default();
    // Exactly the headers that the request names are signed.
    settings.excluded_headers = Some(Vec::<Cow<'static, str>>::new());
    let identity = credentials.clone().into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(given.region)
        .name(given.service)
        .time(time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let mut headers = Vec::with_capacity(given.headers.len());
    for name in &given.headers {
        for value in parts.headers.get_all(*name) {
            headers.push((*name, value.to_str().ok()?));
        }
    }
    let host = parts.headers.get("host")?.to_str().ok()?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("http://{host}{path}");
    let request =
        SignableRequest::new(parts.method.as_str(), &url, headers.into_iter(), SignableBody::Bytes(body)).ok()?;
    Some(sign(request, &parameters).ok()?.into_parts().1)
}

fn time(date: &str) -> Option<SystemTime> {
    let date = strtime::parse("%Y%m%dT%H%M%SZ", date).ok()?.to_datetime().ok()?;
    let seconds = TimeZone::UTC.to_timestamp(date).ok()?.as_second();
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use aws_sigv4::http_request::SigningInstructions;
    use http::Request;

    use super::*;

    const BODY: &[u8] = br#"{"QueueUrl":"q"}"#;

    fn credentials(secret: &str) -> Credentials {
        Credentials::new("MUSTER01", secret, None, None, "test")
    }

    fn request() -> Request<()> {
        let request = Request::post("http://127.0.0.1:4601/").header("host", "127.0.0.1:4601");
        request.header("x-amz-target", "AmazonSQS.SendMessage").body(()).unwrap()
    }

    /// The request, signed by an AWS client with a secret at a time.
    fn signed(secret: &str, time: SystemTime) -> Parts {
        let mut request = request();
        let identity = credentials(secret).into();
        let parameters = SigningParams::builder().identity(&identity).region("us-east-1").name("sqs").time(time);
        let parameters = parameters.settings(SigningSettings::default()).build().unwrap().into();
        let headers = [("x-amz-target", "AmazonSQS.SendMessage")].into_iter();
        let url = request.uri().to_string();
        let signable = SignableRequest::new("POST", &url, headers, SignableBody::Bytes(BODY)).unwrap();
        let (instructions, _): (SigningInstructions, String) = sign(signable, &parameters).unwrap().into_parts();
        instructions.apply_to_request_http1x(&mut request);
        request.into_parts().0
    }

    fn checked(parts: &Parts, body: &[u8], service: Service, now: SystemTime) -> Result<(), Unsigned> {
        check(parts, body, service, &credentials("right"), now)
    }

    #[test]
    fn only_what_was_signed_with_the_secret_for_this_service_and_now_passes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_600_000);
        let good = signed("right", now);
        assert_eq!(checked(&good, BODY, Service::Queues, now), Ok(()));
        let minutes = |count: u64| Duration::from_secs(count * 60);
        assert_eq!(checked(&good, BODY, Service::Queues, now + minutes(14)), Ok(()));
        assert_eq!(checked(&good, BODY, Service::Queues, now + minutes(16)), Err(Unsigned::Expired));
        assert_eq!(checked(&good, BODY, Service::Queues, now - minutes(16)), Err(Unsigned::Expired));
        assert_eq!(checked(&good, b"{}", Service::Queues, now), Err(Unsigned::Mismatch));
        assert_eq!(checked(&good, BODY, Service::Tables, now), Err(Unsigned::Mismatch));
        assert_eq!(checked(&signed("wrong", now), BODY, Service::Queues, now), Err(Unsigned::Mismatch));
        let bare = request().into_parts().0;
        assert_eq!(checked(&bare, BODY, Service::Queues, now), Err(Unsigned::Missing));
    }

    #[test]
    fn a_signature_that_was_changed_does_not_pass() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_600_000);
        for (from, to, expected) in [
            ("MUSTER01", "MUSTER02", Unsigned::AccessKey),
            ("us-east-1", "us-east-2", Unsigned::Mismatch),
            ("host;", "", Unsigned::Incomplete),
            (";x-amz-target", "", Unsigned::Mismatch),
            ("aws4_request", "aws5_request", Unsigned::Incomplete),
            (ALGORITHM, "AWS", Unsigned::Incomplete),
        ] {
            let mut parts = signed("right", now);
            let header = parts.headers[AUTHORIZATION].to_str().unwrap().replace(from, to);
            parts.headers.insert(AUTHORIZATION, header.parse().unwrap());
            assert_eq!(checked(&parts, BODY, Service::Queues, now), Err(expected), "{from} -> {to}");
        }
        let mut parts = signed("right", now);
        parts.headers.insert("x-amz-target", "AmazonSQS.PurgeQueue".parse().unwrap());
        assert_eq!(checked(&parts, BODY, Service::Queues, now), Err(Unsigned::Mismatch));
    }
}
