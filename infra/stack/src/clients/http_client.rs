//! The HTTP client of every SDK client in the process. It counts calls, and makes some of them fail on purpose.
//!
//! It works below the SDK's retries, so it sees each attempt. It runs inside the future of the invocation, so it knows
//! which function makes the call.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::calls::CallLog;
use super::faults::{CallFault, Faults, When};
use super::invocation::Invocation;
use super::meter::Meter;
use crate::operation::{Operation, Service};
use crate::services::tables::Caller;

/// What every connection of the client uses.
#[derive(Debug)]
pub(crate) struct Wiring {
    pub(crate) meter: Arc<Meter>,
    pub(crate) faults: Option<Arc<Faults>>,
    pub(crate) calls: Option<Arc<CallLog>>,
    /// Calls the tables. From this process that takes no connection.
    pub(crate) tables: Caller,
}

/// The HTTP client of the SDK clients.
#[derive(Debug, Clone)]
pub(crate) struct MeteredClient {
    inner: SharedHttpClient,
    wiring: Arc<Wiring>,
}

impl MeteredClient {
    pub(crate) fn new(wiring: Wiring) -> MeteredClient {
        // Plain HTTP, as all services are on this machine.
        let inner = aws_smithy_http_client::Builder::new().build_http();
        MeteredClient { inner, wiring: Arc::new(wiring) }
    }
}

impl HttpClient for MeteredClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            wiring: Arc::clone(&self.wiring),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wiring: Arc<Wiring>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let invocation = Invocation::current();
        let operation = Operation::from_request(&request);
        self.wiring.meter.request(&operation.name, invocation.as_deref().map(Invocation::function));
        if invocation.is_some() {
            operation.meter_messages(&request, &self.wiring.meter);
        }
        if let (Some(calls), Some(invocation)) = (&self.wiring.calls, &invocation) {
            calls.add(invocation.function(), &request, &operation);
        }
        let fault = match (&self.wiring.faults, &invocation) {
            (Some(faults), Some(invocation)) => invocation.next_fault(faults),
            _ => None,
        };
        let (inner, wiring) = (self.inner.clone(), Arc::clone(&self.wiring));
        HttpConnectorFuture::new(async move {
            match (fault, &invocation) {
                (Some(CallFault::Kill(When::Before)), Some(invocation)) => return invocation.kill().await,
                (Some(CallFault::Throttle), _) => return Ok(operation.service.throttled()),
                (Some(CallFault::ServerError(When::Before)), _) => return Ok(operation.service.broken()),
                // Another call may have killed the invocation while this one waited to begin.
                (_, Some(invocation)) if invocation.is_killed() => return std::future::pending().await,
                _ => {}
            }
            let response = match operation.service {
                Service::Tables => call_tables(&wiring, &operation, &request).await?,
                _ => inner.call(request).await?,
            };
            match (fault, &invocation) {
                (Some(CallFault::Kill(When::After)), Some(invocation)) => invocation.kill().await,
                (Some(CallFault::ServerError(When::After)), _) => Ok(operation.service.broken()),
                _ => Ok(response),
            }
        })
    }
}

/// Calls the tables, and reads the consumed units out of their answer.
async fn call_tables(
    wiring: &Wiring,
    operation: &Operation,
    request: &HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let name = operation.name.split_once('.').map_or("", |(_, name)| name);
    let body = request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
    let answer = wiring.tables.call(name, body).await.map_err(|stopped| ConnectorError::io(stopped.into()))?;
    operation.meter_units(answer.body.as_bytes(), &wiring.meter);
    let status = StatusCode::try_from(answer.status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
