//! One address for all services, as `AWS_ENDPOINT_URL` expects. The header `X-Amz-Target` names the service; a request
//! without it goes to the object store.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::Service as _;
use s3s::service::S3Service;

use super::event_bus::EventBus;
use super::object_events::Notifier;
use super::parameters::Parameters;
use super::{objects, queues};
use crate::answers::{Body, full};
use crate::data::DataDir;
use crate::error::Error;
use crate::operation::Service;
use crate::resources::Bucket;
use crate::running::Running;

/// The largest request to the tables.
const LARGEST_TABLE_REQUEST: usize = 16 * 1024 * 1024;

/// The largest request for parameters or to the event bus: the limit of `PutEvents`.
const LARGEST_JSON_REQUEST: usize = 1024 * 1024;

/// The services behind one address.
#[derive(Clone)]
pub(crate) struct Gateway {
    objects: S3Service,
    queues: queues::Service,
    parameters: Arc<Parameters>,
    event_bus: Arc<EventBus>,
    tables_url: String,
    client: reqwest::Client,
}

impl Gateway {
    /// Opens the services over a data directory. The tables answer at their own URL already.
    pub(crate) fn open(
        data: &DataDir,
        running: &Running,
        services_port: u16,
        bucket: &Bucket,
        parameters: BTreeMap<String, String>,
        tables_url: String,
    ) -> Result<Gateway, Error> {
        let queues = queues::provider(services_port);
        let notifier = Notifier::new(Arc::clone(&queues), &bucket.notifications, &running.endpoint_url);
        Ok(Gateway {
            objects: objects::service(&data.objects(), notifier)?,
            queues: queues::service(&queues),
            parameters: Arc::new(Parameters(parameters)),
            event_bus: Arc::new(EventBus(data.events())),
            tables_url,
            client: reqwest::Client::builder().no_proxy().build().unwrap_or_default(),
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let (service, operation) = Service::from_target(target);
        let answer = match service {
            Service::Parameters | Service::Events => {
                let operation = operation.unwrap_or_default().to_owned();
                match Limited::new(request.into_body(), LARGEST_JSON_REQUEST).collect().await {
                    Ok(body) if service == Service::Parameters => self.parameters.answer(&operation, &body.to_bytes()),
                    Ok(body) => self.event_bus.answer(&operation, &body.to_bytes()),
                    Err(error) => unavailable(&error),
                }
            }
            Service::Queues => {
                let Ok(answer) = self.queues.call(request).await;
                answer.map(|body| body.map_err(Into::into).boxed_unsync())
            }
            Service::Tables => self.forward_to_tables(request).await.unwrap_or_else(|error| unavailable(&error)),
            Service::Objects => match self.objects.call(request.map(s3s::Body::from)).await {
                Ok(answer) => answer.map(|body| body.map_err(Into::into).boxed_unsync()),
                Err(error) => unavailable(&format!("{error:?}")),
            },
        };
        Ok(answer)
    }

    /// Forwards a request from outside this process to the tables.
    async fn forward_to_tables(
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

/// The headers without those that concern one connection only.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in ["connection", "content-length", "host", "transfer-encoding"] {
        headers.remove(name);
    }
    headers
}

fn unavailable(error: &dyn std::fmt::Display) -> Response<Body> {
    tracing::error!("the gateway could not answer a request: {error}");
    let mut response = Response::new(full(error.to_string()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
