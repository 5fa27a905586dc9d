//! How each service answers when it refuses or fails, for faults on purpose.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;

use crate::operation::Service;

impl Service {
    /// The answer of the service when it gets too many requests.
    pub fn throttled(self) -> HttpResponse {
        match self {
            Service::Tables => {
                answer(400, json!({ "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException" }).to_string())
            }
            Service::Queues => answer(400, json!({ "__type": "com.amazonaws.sqs#RequestThrottled" }).to_string()),
            Service::Objects => answer(503, "<Error><Code>SlowDown</Code></Error>".to_owned()),
            Service::Parameters | Service::Events => {
                answer(400, json!({ "__type": "ThrottlingException" }).to_string())
            }
        }
    }

    /// The answer of the tables to a write that meets another write of the same item.
    pub fn in_conflict(is_transaction: bool) -> HttpResponse {
        let error = if is_transaction {
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "message": "Transaction cancelled, please refer cancellation reasons [TransactionConflict]",
                "CancellationReasons": [{ "Code": "TransactionConflict" }],
            })
        } else {
            json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException" })
        };
        answer(400, error.to_string())
    }

    /// The answer of the service when it fails.
    pub fn broken(self) -> HttpResponse {
        match self {
            Service::Tables => {
                answer(500, json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" }).to_string())
            }
            Service::Queues => answer(500, json!({ "__type": "com.amazonaws.sqs#InternalError" }).to_string()),
            Service::Objects => answer(500, "<Error><Code>InternalError</Code></Error>".to_owned()),
            Service::Parameters | Service::Events => answer(500, json!({ "__type": "InternalException" }).to_string()),
        }
    }
}

fn answer(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status between 100 and 999");
    HttpResponse::new(status, SdkBody::from(body))
}
