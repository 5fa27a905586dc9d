//! Customers read back: attributes, identifiers, segments, where each value came from, and the feed.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use serde_json::{Value as Json, json};
use shared::customer::{Customer, CustomerId, Provenance};
use shared::http::{self, HttpProblem};
use shared::row::{Identifier, Slot};

use crate::{Status, failed, limit};

/// Times that a customer is read again and erased as it is then, when imports change it meanwhile.
const ERASURES: usize = 10;

impl Status {
    pub(crate) async fn find_customer(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let raw = request.raw_query_string.as_deref().unwrap_or_default();
        let named = raw.split('&').filter_map(|pair| pair.split('=').next()).find_map(|name| {
            let slot: Slot = name.parse().ok()?;
            Some((slot, http::query(request, name)?))
        });
        let Some((slot, value)) = named else {
            return Err(HttpProblem::new(
                400,
                "missing_identifier",
                "Say whom: ?email=, ?phone=, ?external_id= or ?external_id.SYSTEM=.",
            ));
        };
        let identifier = Identifier::parse(&slot, &value, None)
            .map_err(|problem| HttpProblem::new(400, problem.code.as_str(), problem.message))?;
        let found = self.customers.find(&identifier).await.map_err(failed)?.ok_or_else(no_such_customer)?;
        Ok(http::json(200, &self.customer_json(&found).await?, &[]))
    }

    pub(crate) async fn customer(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id: CustomerId = id.parse().map_err(|_| no_such_customer())?;
        let found = self.customers.read([id]).await.map_err(failed)?.pop().ok_or_else(no_such_customer)?;
        Ok(http::json(200, &self.customer_json(&found).await?, &[]))
    }

    /// Erases a customer with all that is stored of it. Repeated after a failure, it goes on.
    pub(crate) async fn erase(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id: CustomerId = id.parse().map_err(|_| no_such_customer())?;
        for attempt in 0..ERASURES {
            let Some(customer) = self.customers.read([id]).await.map_err(failed)?.pop() else {
                return if attempt == 0 { Err(no_such_customer()) } else { Ok(erased()) };
            };
            let memberships = customer.segments.values().map(|held| (held.value.clone(), id)).collect();
            self.segments.leave(&memberships).await.map_err(failed)?;
            if self.customers.erase(&customer).await.map_err(failed)? {
                return Ok(erased());
            }
        }
        Err(HttpProblem::new(
            409,
            "customer_changing",
            "Imports keep changing this customer. Erase it when they have ended.",
        ))
    }

    pub(crate) async fn activity(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id: CustomerId = id.parse().map_err(|_| no_such_customer())?;
        let limit = limit(request)?;
        let after = http::query(request, "cursor");
        let page = i32::try_from(limit).unwrap_or(i32::MAX);
        let entries = self.customers.feed(id, page, after.as_deref()).await.map_err(failed)?;
        let cursor = entries.last().filter(|_| entries.len() >= limit).map(|entry| entry.position.clone());
        let activity: Vec<Json> = entries
            .iter()
            .map(|entry| {
                json!({
                    "action": entry.action,
                    "at": entry.at,
                    "api_endpoint": entry.api_endpoint,
                    "touchpoint": entry.touchpoint,
                    "import": entry.by.task,
                    "row": entry.by.row,
                })
            })
            .collect();
        Ok(http::json(200, &json!({ "activity": activity, "cursor": cursor }), &[]))
    }

    pub(crate) async fn customer_json(&self, customer: &Customer) -> Result<Json, HttpProblem> {
        let ids: BTreeSet<_> = customer.segments.values().map(|held| held.value.clone()).collect();
        let named = self.catalogue.segments(&ids).await.map_err(failed)?;
        let segments: Vec<Json> = customer
            .segments
            .values()
            .filter_map(|held| {
                let segment = named.iter().find(|segment| segment.id() == held.value)?;
                Some(json!({
                    "id": held.value.as_str(),
                    "group": segment.group,
                    "name": segment.name,
                    "added_at": held.by.task.launched(),
                }))
            })
            .collect();
        let mut sources = BTreeMap::new();
        let mut identifiers = BTreeMap::new();
        for (slot, held) in &customer.identifiers {
            if let Some(identifier) = &held.value {
                identifiers.insert(slot.to_string(), identifier.value().to_owned());
                sources.insert(slot.to_string(), source(held.by));
            }
        }
        let mut attributes = BTreeMap::new();
        for (name, held) in &customer.attributes {
            if let Some(value) = &held.value {
                attributes.insert(name.clone(), value.clone());
                sources.insert(name.clone(), source(held.by));
            }
        }
        Ok(json!({
            "id": customer.id.to_string(),
            "identifiers": identifiers,
            "attributes": attributes,
            "segments": segments,
            "touchpoints": customer.touchpoints,
            "created_at": customer.created_by.task.launched(),
            "created_by": source(customer.created_by),
            "set_by": sources,
        }))
    }
}

fn erased() -> LambdaFunctionUrlResponse {
    http::answer(204, "text/plain", String::new(), &[])
}

fn source(by: Provenance) -> Json {
    json!({ "import": by.task, "row": by.row })
}

fn no_such_customer() -> HttpProblem {
    HttpProblem::new(404, "no_such_customer", "There is no such customer.")
}
