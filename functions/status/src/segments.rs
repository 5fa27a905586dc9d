//! Segments and their members. A customer counts as a member only if its own profile says so.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::catalogue::Entry;
use domain::customer::CustomerId;
use domain::customer::SegmentId;
use runtime::http::{self, HttpProblem};
use serde_json::json;

use crate::export::segment_id;
use crate::listing::Listing;
use crate::{Status, invalid_cursor, limit};

/// Members that are read at a time to count them.
const MEMBERS_AT_ONCE: usize = 250;

impl Status {
    pub(crate) async fn members(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id = segment_id(id)?;
        let after: Option<CustomerId> = match http::query(request, "cursor") {
            None => None,
            Some(cursor) => Some(cursor.parse().map_err(|_| invalid_cursor())?),
        };
        self.segment(&id).await?;
        let (customers, cursor) = self.members_of(&id, limit(request)?, after).await?;
        let mut cursor = cursor;
        let mut listing = Listing::default();
        let mut shown_last = after;
        for customer in &customers {
            if !listing.add(self.customer_json(customer).await?) {
                cursor = shown_last;
                break;
            }
            shown_last = Some(customer.id);
        }
        let cursor = cursor.map(|cursor| cursor.to_string());
        let mut body = json!({ "members": listing.into_json(), "cursor": cursor });
        let is_counted = match http::query(request, "count").as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(_) => {
                return Err(HttpProblem::new(400, "invalid_count", "`count` is `true` or `false`."));
            }
        };
        if after.is_none() && is_counted {
            body["count"] = self.count(&id).await?.into();
        }
        Ok(http::json(200, &body, &[]))
    }

    pub(crate) async fn about_segment(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id = segment_id(id)?;
        let mut about = Entry::Segment(self.segment(&id).await?).to_json();
        about["count"] = self.count(&id).await?.into();
        Ok(http::json(200, &about, &[]))
    }

    /// The members of a segment, counted one by one: a customer that is only listed does not count.
    async fn count(&self, id: &SegmentId) -> Result<u64, HttpProblem> {
        let (mut count, mut after) = (0, None);
        loop {
            let (members, cursor) = self.members_of(id, MEMBERS_AT_ONCE, after).await?;
            count += members.len() as u64;
            let Some(cursor) = cursor else { return Ok(count) };
            after = Some(cursor);
        }
    }
}
