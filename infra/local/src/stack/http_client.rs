//! The HTTP client of every SDK client in the process: it counts, and it lets things go wrong on purpose.
//!
//! It stands below the SDK's retries, so each attempt passes it, and it runs inside the invocation's own future, so it
//! knows whose call it sees.

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
use super::invoke::Invocation;
use super::operation::{Operation, Service};
use super::usage::Meter;

/// What the connectors share.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) meter: Arc<Meter>,
    pub(crate) faults: Option<Arc<Faults>>,
    pub(crate) calls: Option<Arc<CallLog>>,
    /// Where the tables answer: calls from inside skip the gateway's extra hop.
    pub(crate) tables_url: String,
}

/// The HTTP client of the SDK clients.
#[derive(Debug, Clone)]
pub(crate) struct Metered {
    inner: SharedHttpClient,
    wire: Arc<Wire>,
}

impl Metered {
    pub(crate) fn new(wire: Wire) -> Metered {
        // Plain HTTP: it only ever talks to this machine.
        let inner = aws_smithy_http_client::Builder::new().build_http();
        Metered { inner, wire: Arc::new(wire) }
    }
}

impl HttpClient for Metered {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            wire: Arc::clone(&self.wire),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wire: Arc<Wire>,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let invocation = Invocation::current();
        let operation = Operation::of(&request);
        self.wire.meter.request(&operation.name, invocation.as_deref().map(Invocation::function));
        if invocation.is_some() {
            operation.meter_messages(&request, &self.wire.meter);
        }
        if let (Some(calls), Some(invocation)) = (&self.wire.calls, &invocation) {
            calls.add(invocation.function(), &request, &operation);
        }
        let fault = match (&self.wire.faults, &invocation) {
            (Some(faults), Some(invocation)) => invocation.next_fault(faults),
            _ => None,
        };
        if operation.service == Service::Tables && request.set_uri(self.wire.tables_url.as_str()).is_err() {
            return HttpConnectorFuture::ready(Err(ConnectorError::user("the address of the tables is no URI".into())));
        }
        let (inner, wire) = (self.inner.clone(), Arc::clone(&self.wire));
        HttpConnectorFuture::new(async move {
            match (fault, &invocation) {
                (Some(CallFault::Kill(When::Before)), Some(invocation)) => return invocation.die().await,
                (Some(CallFault::Throttle), _) => return Ok(operation.service.throttled()),
                (Some(CallFault::ServerError(When::Before)), _) => return Ok(operation.service.broken()),
                // Another call of the same invocation may have been its end while this one waited to begin.
                (_, Some(invocation)) if invocation.is_killed() => return std::future::pending().await,
                _ => {}
            }
            let mut response = inner.call(request).await?;
            if operation.service == Service::Tables {
                response = measured(response, &operation, &wire.meter).await?;
            }
            match (fault, &invocation) {
                (Some(CallFault::Kill(When::After)), Some(invocation)) => invocation.die().await,
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
