//! Systems Manager's parameters. The stack sets them when it starts; functions can only read them.

use std::collections::BTreeMap;

use http::Response;
use serde::Deserialize;
use serde_json::json;

use super::aws_json::{bad_request, success};
use crate::answers::Body;

/// The values of the parameters by their names.
#[derive(Debug)]
pub(crate) struct Parameters(pub(crate) BTreeMap<String, String>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameter {
    name: String,
}

impl Parameters {
    /// Answers one request.
    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Response<Body> {
        if operation != "GetParameter" {
            return bad_request("UnknownOperationException");
        }
        let Ok(GetParameter { name }) = serde_json::from_slice(body) else { return bad_request("ValidationException") };
        match self.0.get(&name) {
            Some(value) => success(&json!({ "Parameter": { "Name": name, "Value": value } })),
            None => bad_request("ParameterNotFound"),
        }
    }
}
