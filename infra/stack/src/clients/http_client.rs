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
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;

use super::calls::CallLog;
use super::faults::{CallFault, Faults, When};
use super::invocation::Invocation;
use super::meter::Meter;
use crate::operation::{Operation, Service};

/// What every connection of the client uses.
#[derive(Debug)]
pub(crate) struct Wiring {
    pub(crate) meter: Arc<Meter>,
    pub(crate) faults: Option<Arc<Faults>>,
    pub(crate) calls: Option<Arc<CallLog>>,
    /// Where the tables answer. Calls from this process go there directly and not through the gateway.
    pub(crate) tables_url: String,
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
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
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
        if operation.service == Service::Tables && request.set_uri(self.wiring.tables_url.as_str()).is_err() {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(
                "the address of the tables is not a URI".into(),
            )));
        }
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
            let mut response = inner.call(request).await?;
            if operation.service == Service::Tables {
                response = measured(response, &operation, &wiring.meter).await?;
            }
            match (fault, &invocation) {
                (Some(CallFault::Kill(When::After)), Some(invocation)) => invocation.kill().await,
                (Some(CallFault::ServerError(When::After)), _) => Ok(operation.service.broken()),
                _ => Ok(response),
            }
        })
    }
}

/// Reads the consumed units out of a table's answer.
async fn measured(
    response: HttpResponse,
    operation: &Operation,
    meter: &Meter,
) -> Result<HttpResponse, ConnectorError> {
    let mut response = response;
    let body = std::mem::replace(response.body_mut(), SdkBody::empty());
    let bytes = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
    operation.meter_units(&bytes, meter);
    *response.body_mut() = SdkBody::from(bytes);
    Ok(response)
}
