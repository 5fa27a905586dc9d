//! The one door to all services, as `AWS_ENDPOINT_URL` expects. The header `X-Amz-Target` names the service; a request
//! without it goes to the object store. No page of another site passes, and no call without a good signature.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use s3s::service::S3Service;

use super::event_bus::EventBus;
use super::object_events::Notifier;
use super::parameters::Parameters;
use super::queues::Checked;
use super::tables::Caller;
use super::{aws_json, browsers, objects, queues, signature};
use crate::answers::{Body, answer, full};
use crate::bodies;
use crate::data::DataDir;
use crate::door::Door;
use crate::error::Error;
use crate::operation::Service;
use crate::resources::Bucket;
use crate::running::Running;

/// The largest request to the tables.
const LARGEST_TABLE_REQUEST: usize = 16 * 1024 * 1024;
/// The largest request to the queues: a full batch, whose quotes and line ends are escaped.
const LARGEST_QUEUE_REQUEST: usize = 4 * 1024 * 1024;
/// The largest request for parameters or to the event bus: the limit of `PutEvents`.
const LARGEST_JSON_REQUEST: usize = 1024 * 1024;

/// The services behind one address.
#[derive(Clone)]
pub(crate) struct Gateway {
    door: Door,
    credentials: Credentials,
    objects: S3Service,
    queues: Checked,
    parameters: Arc<Parameters>,
    event_bus: Arc<EventBus>,
    tables: Caller,
}

/// What the gateway needs besides its directory and its address.
pub(crate) struct Options<'a> {
    pub(crate) door: Door,
    pub(crate) bucket: &'a Bucket,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tables: Caller,
    pub(crate) credentials: Credentials,
}

impl Gateway {
    /// Opens the services over a data directory. The tables are open already.
    pub(crate) fn open(data: &DataDir, running: &Running, options: Options<'_>) -> Result<Gateway, Error> {
        let Options { door, bucket, parameters, tables, credentials } = options;
        let queues = queues::provider(door.port);
        let notifier = Notifier::new(Arc::clone(&queues), &bucket.notifications, &running.endpoint_url);
        Ok(Gateway {
            door,
            objects: objects::service(&data.objects(), notifier, &credentials)?,
            credentials,
            queues: Checked::new(queues),
            parameters: Arc::new(Parameters(parameters)),
            event_bus: Arc::new(EventBus(data.events())),
            tables,
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let (service, operation) = Service::from_target(target);
        let operation = operation.unwrap_or_default().to_owned();
        if let Err(stranger) = self.door.check(request.headers()) {
            return Ok(refused(service, "AccessDenied", &stranger.to_string()));
        }
        let answer = match service {
            Service::Objects => self.call_objects(request).await,
            _ => self.call(service, &operation, request).await,
        };
        Ok(answer)
    }

    /// Answers a request to the object store, which checks the signature itself.
    async fn call_objects(self, request: Request<Incoming>) -> Response<Body> {
        let page = self.door.page(request.headers());
        if let Some(page) = &page
            && let Some(allowed) = browsers::preflight(request.method(), request.uri(), request.headers(), page)
        {
            return allowed;
        }
        if !objects::is_signed(request.headers(), request.uri()) {
            let error = signature::Unsigned::Missing;
            return refused(Service::Objects, "AccessDenied", &error.to_string());
        }
        let page = page.filter(|_| request.method() == Method::PUT && objects::is_presigned(request.uri()));
        match self.objects.call(request.map(bodies::that_keeps_coming)).await {
            Ok(answer) => {
                let mut answer = answer.map(|body| body.map_err(Into::into).boxed_unsync());
                if let Some(page) = page {
                    browsers::show(&mut answer, page);
                }
                answer
            }
            Err(error) => unavailable(&format!("{error:?}")),
        }
    }

    /// Answers a request to one of the other services, once its signature is checked.
    async fn call(self, service: Service, operation: &str, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let largest = match service {
            Service::Tables => LARGEST_TABLE_REQUEST,
            Service::Queues => LARGEST_QUEUE_REQUEST,
            _ => LARGEST_JSON_REQUEST,
        };
        let body = match bodies::whole(body, largest).await {
            Ok(body) => body,
            Err(unread) => return answer(unread.status(), "text/plain", unread.to_string()),
        };
        if let Err(error) = signature::check(&parts, &body, service, &self.credentials, SystemTime::now()) {
            return refused(service, error.code(), &error.to_string());
        }
        match service {
            Service::Tables => self.call_tables(operation, body).await,
            Service::Queues => self.call_queues(&parts, body).await,
            Service::Parameters => self.parameters.answer(operation, &body),
            Service::Events => self.event_bus.answer(operation, &body),
            Service::Objects => unavailable(&"objects have no operations by target"),
        }
    }

    async fn call_tables(&self, operation: &str, body: Bytes) -> Response<Body> {
        match self.tables.call(operation, body).await {
            Ok(done) => {
                let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                answer(status, "application/x-amz-json-1.0", done.body)
            }
            Err(stopped) => unavailable(&stopped),
        }
    }

    async fn call_queues(&self, parts: &Parts, body: Bytes) -> Response<Body> {
        let answer = self.queues.answer(&parts.headers, body).await;
        answer.map(|body| body.map_err(Into::into).boxed_unsync())
    }
}

/// The answer to a request that may not be carried out, in the form of its service.
fn refused(service: Service, code: &str, message: &str) -> Response<Body> {
    match service {
        Service::Objects => objects::refused(code, message),
        _ => aws_json::refused(code, message),
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> Response<Body> {
    tracing::error!("the gateway could not answer a request: {error}");
    let mut response = Response::new(full(error.to_string()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
