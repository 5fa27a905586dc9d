//! A segment as a CSV that can be imported again: written member by member, so memory stays flat.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::columns::COLUMNS;
use domain::customer::{Customer, CustomerId};
use domain::customer::{Segment, SegmentId};
use domain::keys::ObjectKey;
use domain::report;
use domain::row::Value;
use runtime::http::{self, HttpProblem};

use stores::customers::Customers as _;

use crate::report::DOWNLOAD_VALID;
use crate::{Status, failed};

/// Members read at a time.
const MEMBERS_AT_ONCE: usize = 200;

/// The id of a segment in a request's path.
pub(crate) fn segment_id(id: &str) -> Result<SegmentId, HttpProblem> {
    SegmentId::parse(id).ok_or_else(no_such_segment)
}

fn no_such_segment() -> HttpProblem {
    HttpProblem::new(404, "no_such_segment", "There is no segment of this id.")
}

impl Status {
    /// Writes the export and redirects to it. The first walk over the members finds the columns that have a value,
    /// because a column without one could not be imported; the second walk writes them.
    pub(crate) async fn export(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id = segment_id(id)?;
        let segment = self.segment(&id).await?;
        let mut columns = BTreeSet::new();
        let mut after = None;
        loop {
            let (members, cursor) = self.members_of(&id, MEMBERS_AT_ONCE, after).await?;
            for member in &members {
                columns.extend(values(member).into_iter().map(|(column, _)| column));
            }
            let Some(cursor) = cursor else { break };
            after = Some(cursor);
        }
        if columns.is_empty() {
            return Err(HttpProblem::new(
                404,
                "empty_segment",
                "The segment has no members, so there is nothing to export.",
            ));
        }
        let mut columns: Vec<String> = columns.into_iter().collect();
        columns.sort_by_key(|column| (place(column), column.clone()));
        let key = ObjectKey::Export { segment: id.clone(), at: self.stores.clock.now().as_millisecond() }.to_string();
        let mut writer = self.stores.bucket.writer(&key, "text/csv; charset=utf-8");
        writer.write(report::BYTE_ORDER_MARK).await.map_err(failed)?;
        let header: Vec<&str> = columns.iter().map(String::as_str).chain(["segment"]).collect();
        writer.write(&report::record(header, ',')).await.map_err(failed)?;
        let named = format!("{}/{}", segment.group, segment.name);
        let mut after = None;
        loop {
            let (members, cursor) = self.members_of(&id, MEMBERS_AT_ONCE, after).await?;
            for member in &members {
                let values = values(member);
                let cell = |column: &String| {
                    values.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value.as_str())
                };
                let cells: Vec<&str> = columns.iter().map(cell).chain([named.as_str()]).collect();
                writer.write(&report::record(cells, ',')).await.map_err(failed)?;
            }
            let Some(cursor) = cursor else { break };
            after = Some(cursor);
        }
        writer.close().await.map_err(failed)?;
        let url = self.stores.bucket.download_url(&key, "segment.csv", DOWNLOAD_VALID).await.map_err(failed)?;
        Ok(http::answer(302, "text/plain", String::new(), &[("location", url)]))
    }

    /// The segment of an id.
    pub(crate) async fn segment(&self, id: &SegmentId) -> Result<Segment, HttpProblem> {
        let found = self.catalogue.segments(&BTreeSet::from([id.clone()])).await.map_err(failed)?.pop();
        found.ok_or_else(no_such_segment)
    }

    /// A listing of the members of a segment, and the cursor after which it goes on.
    pub(crate) async fn members_of(
        &self,
        id: &SegmentId,
        limit: usize,
        after: Option<CustomerId>,
    ) -> Result<(Vec<Customer>, Option<CustomerId>), HttpProblem> {
        let listed = self.segments.members(id, limit, after).await.map_err(failed)?;
        let cursor = listed.last().filter(|_| listed.len() >= limit).copied();
        let read = self.customers.read(listed.iter().copied().collect()).await.map_err(failed)?;
        let mut read: BTreeMap<CustomerId, Customer> =
            read.into_iter().map(|customer| (customer.id, customer)).collect();
        let is_member = |customer: &Customer| customer.segments.values().any(|held| held.value == *id);
        let customers = listed.iter().filter_map(|id| read.remove(id)).filter(is_member).collect();
        Ok((customers, cursor))
    }
}

/// A customer's identifiers and attributes by column, as cells that are read back as the same values.
fn values(customer: &Customer) -> Vec<(String, String)> {
    let identifiers = customer
        .identifiers
        .iter()
        .filter_map(|(slot, held)| Some((slot.to_string(), held.value.as_ref()?.value().to_owned())));
    let attributes =
        customer.attributes.iter().filter_map(|(name, held)| Some((name.clone(), cell(held.value.as_ref()?))));
    identifiers.chain(attributes).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Flag(true) => "yes".to_owned(),
        Value::Flag(false) => "no".to_owned(),
        Value::Text(text) | Value::Number(text) | Value::Date(text) | Value::DateTime(text) => text.clone(),
        Value::List(items) => items.join(";"),
    }
}

/// The place of a column: as in the template, families after their first member, custom fields last.
fn place(column: &str) -> usize {
    let exactly = COLUMNS.iter().position(|known| known.name == column);
    let family = || COLUMNS.iter().rposition(|known| column.starts_with(known.name));
    exactly.or_else(family).unwrap_or(COLUMNS.len())
}
