//! Segments and their members. A customer counts as a member only if its own profile says so.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use serde_json::json;
use shared::customer::CustomerId;
use shared::http::{self, HttpProblem};
use shared::segment::SegmentId;

use crate::{Status, failed, limit};

impl Status {
    pub(crate) async fn members(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id = SegmentId::from_stored(id);
        let after: Option<CustomerId> = match http::query(request, "cursor") {
            None => None,
            Some(cursor) => Some(cursor.parse().map_err(|_| {
                HttpProblem::new(400, "invalid_cursor", "Give the `cursor` of the page before, as it was.")
            })?),
        };
        let limit = limit(request)?;
        let page = i32::try_from(limit).unwrap_or(i32::MAX);
        let listed = self.segments.members(&id, page, after).await.map_err(failed)?;
        let cursor = listed.last().filter(|_| listed.len() >= limit).map(ToString::to_string);
        let mut customers = self.customers.read(listed).await.map_err(failed)?;
        customers.retain(|customer| customer.segments.values().any(|held| held.value == id));
        customers.sort_by_key(|customer| customer.id);
        let mut members = Vec::with_capacity(customers.len());
        for customer in &customers {
            members.push(self.customer_json(customer).await?);
        }
        Ok(http::json(200, &json!({ "members": members, "cursor": cursor }), &[]))
    }
}
