//! The operations of the tables, called without a server: one JSON text in, a status and one JSON text out.

use dynoxide::{Database, DynoxideError};

/// Runs one operation to its end. Returns the HTTP status and the body of its answer.
pub fn run(database: &Database, operation: &str, body: &str) -> (u16, String) {
    macro_rules! call {
        ($method:ident) => {
            serde_json::from_str(body)
                .map_err(|error| DynoxideError::SerializationException(error.to_string()))
                .and_then(|request| database.$method(request))
                .and_then(|answer| {
                    serde_json::to_string(&answer)
                        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
                })
        };
    }
    let answer = match operation {
        "CreateTable" => call!(create_table),
        "DeleteTable" => call!(delete_table),
        "DescribeTable" => call!(describe_table),
        "UpdateTable" => call!(update_table),
        "ListTables" => call!(list_tables),
        "UpdateTimeToLive" => call!(update_time_to_live),
        "DescribeTimeToLive" => call!(describe_time_to_live),
        "GetItem" => call!(get_item),
        "PutItem" => call!(put_item),
        "UpdateItem" => call!(update_item),
        "DeleteItem" => call!(delete_item),
        "Query" => call!(query),
        "Scan" => call!(scan),
        "BatchGetItem" => call!(batch_get_item),
        "BatchWriteItem" => call!(batch_write_item),
        "ExecuteStatement" => call!(execute_statement),
        "BatchExecuteStatement" => call!(batch_execute_statement),
        "ExecuteTransaction" => call!(execute_transaction),
        "TransactGetItems" => call!(transact_get_items),
        "TransactWriteItems" => call!(transact_write_items),
        other => Err(DynoxideError::ValidationException(format!("the local tables do not know the operation {other}"))),
    };
    match answer {
        Ok(answer) => (200, answer),
        Err(error) => (error.status_code(), error.to_json()),
    }
}
