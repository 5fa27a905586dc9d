//! One address for all services, as `AWS_ENDPOINT_URL` wants it: `X-Amz-Target` tells the others apart, and
//! everything else is the object store's.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::Service as _;
use s3s::service::S3Service;

use super::account::Account;
use super::operation::Service;
use super::queues;

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The largest request that the tables take.
const LARGEST_TABLE_REQUEST: usize = 16 * 1024 * 1024;

/// The largest request that parameters and events take: `PutEvents`' own limit.
const LARGEST_ACCOUNT_REQUEST: usize = 1024 * 1024;

/// The services behind one address.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) objects: S3Service,
    pub(crate) queues: queues::Service,
    pub(crate) account: Arc<Account>,
    pub(crate) tables_url: String,
    pub(crate) client: reqwest::Client,
}

impl Gateway {
    /// Answers one request.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let (service, operation) = Service::of_target(target);
        let answer = match service {
            Service::Parameters | Service::Events => {
                let operation = operation.unwrap_or_default().to_owned();
                match Limited::new(request.into_body(), LARGEST_ACCOUNT_REQUEST).collect().await {
                    Ok(body) => self.account.answer(&operation, &body.to_bytes()),
                    Err(error) => unavailable(&error),
                }
            }
            Service::Queues => {
                let Ok(answer) = self.queues.call(request).await;
                answer.map(|body| body.map_err(Into::into).boxed_unsync())
            }
            Service::Tables => self.ask_tables(request).await.unwrap_or_else(|error| unavailable(&error)),
            Service::Objects => match self.objects.call(request.map(s3s::Body::from)).await {
                Ok(answer) => answer.map(|body| body.map_err(Into::into).boxed_unsync()),
                Err(error) => unavailable(&format!("{error:?}")),
            },
        };
        Ok(answer)
    }

    /// Passes a request from outside on to the tables.
    async fn ask_tables(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, LARGEST_TABLE_REQUEST).collect().await?.to_bytes();
        let forward = self.client.request(parts.method, &self.tables_url).headers(end_to_end(parts.headers));
        let answer = forward.body(body).send().await?;
        let (status, headers) = (answer.status(), end_to_end(answer.headers().clone()));
        let mut response = Response::new(full(answer.bytes().await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// A body that is there already.
pub(crate) fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The headers without those that belong to one connection.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in ["connection", "content-length", "host", "transfer-encoding"] {
        headers.remove(name);
    }
    headers
}

fn unavailable(error: &dyn std::fmt::Display) -> Response<Body> {
    tracing::error!("the gateway could not answer: {error}");
    let mut response = Response::new(full(error.to_string()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
