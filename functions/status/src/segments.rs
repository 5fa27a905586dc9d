//! Segments and their members. A customer counts as a member only if its own profile says so.

use std::collections::BTreeSet;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::catalogue::Entry;
use domain::customer::{CustomerId, Segment, SegmentId};
use domain::segment_job::Members;
use runtime::http::{self, HttpProblem};
use serde_json::json;

use crate::listing::Listing;
use crate::{Status, failed, invalid_cursor, limit};

/// Members that are read at a time to count them.
const MEMBERS_AT_ONCE: usize = 250;
/// Most members that are counted while somebody waits: each is looked at, which takes a second or two for so many. A job
/// counts more.
pub(crate) const MOST_COUNTED: u64 = 10_000;

/// The id of a segment in a request's path.
pub(crate) fn segment_id(id: &str) -> Result<SegmentId, HttpProblem> {
    SegmentId::parse(id).ok_or_else(no_such_segment)
}

fn no_such_segment() -> HttpProblem {
    HttpProblem::new(404, "no_such_segment", "There is no segment of this id.")
}

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
        let Members { customers, mut cursor } = self.members_of(&id, limit(request)?, after).await?;
        let mut listing = Listing::default();
        let mut shown_last = after;
        for (customer, shown) in customers.iter().zip(self.customers_json(&customers).await?) {
            if !listing.add(shown) {
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
            let (count, is_all) = self.count(&id, MOST_COUNTED).await?;
            body["count"] = count.into();
            body["count_is_more"] = (!is_all).into();
        }
        Ok(http::json(200, &body, &[]))
    }

    pub(crate) async fn about_segment(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let up_to = match http::query(request, "count_up_to").map(|up_to| up_to.parse::<u64>()) {
            None => MOST_COUNTED,
            Some(Ok(up_to)) if up_to > 0 => up_to.min(MOST_COUNTED),
            Some(_) => {
                let detail = "`count_up_to` is a number of members from 1.";
                return Err(HttpProblem::new(400, "invalid_count_up_to", detail));
            }
        };
        let id = segment_id(id)?;
        let mut about = Entry::Segment(self.segment(&id).await?).to_json();
        let (count, is_all) = self.count(&id, up_to).await?;
        about["count"] = count.into();
        about["count_is_more"] = (!is_all).into();
        Ok(http::json(200, &about, &[]))
    }

    /// The members of a segment, counted one by one: a customer that is only listed does not count. Counting stops at so
    /// many. Gives the count, and whether those are all.
    pub(crate) async fn count(&self, id: &SegmentId, up_to: u64) -> Result<(u64, bool), HttpProblem> {
        let (mut count, mut after) = (0, None);
        while count <= up_to {
            // One more than is counted tells whether there are more.
            let left = usize::try_from(up_to - count).unwrap_or(usize::MAX).saturating_add(1);
            let members = self.members_of(id, MEMBERS_AT_ONCE.min(left), after).await?;
            count += members.customers.len() as u64;
            let Some(cursor) = members.cursor else { return Ok((count.min(up_to), count <= up_to)) };
            after = Some(cursor);
        }
        Ok((up_to, false))
    }

    /// The segment of an id.
    pub(crate) async fn segment(&self, id: &SegmentId) -> Result<Segment, HttpProblem> {
        let found = self.catalogue.segments(&BTreeSet::from([id.clone()])).await.map_err(failed)?.pop();
        found.ok_or_else(no_such_segment)
    }

    async fn members_of(
        &self,
        id: &SegmentId,
        limit: usize,
        after: Option<CustomerId>,
    ) -> Result<Members, HttpProblem> {
        self.segments.members(&self.customers, id, limit, after).await.map_err(failed)
    }
}
