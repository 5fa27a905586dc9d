//! Customers: attributes, identifiers, segments, where each value came from, and the feed.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::customer::{Customer, CustomerId, Provenance, Segment, SegmentId, SuppressionKey};
use domain::row::{Identifier, Slot};
use runtime::http::{self, HttpProblem};
use serde_json::{Value as Json, json};
use steps::{Afterwards, Erased, Erasing};

use stores::customers::Customers as _;

use crate::{Status, failed, invalid_cursor, limit};

/// Longest cursor of a feed, in bytes: a time, an import and a row take 62, and a key of any length would be refused.
const MAX_CURSOR: usize = 100;

impl Status {
    pub(crate) async fn find_customer(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let identifier = named_identifier(request)?;
        let found = self.customers.find(&identifier).await.map_err(failed)?.ok_or_else(no_such_customer)?;
        self.show(found).await
    }

    pub(crate) async fn customer(&self, id: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id: CustomerId = id.parse().map_err(|_| no_such_customer())?;
        let found =
            self.customers.read(BTreeSet::from([id])).await.map_err(failed)?.pop().ok_or_else(no_such_customer)?;
        self.show(found).await
    }

    async fn show(&self, customer: Customer) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let shown = self.customers_json(&[customer]).await?.pop().ok_or_else(no_such_customer)?;
        Ok(http::json(200, &shown, &[]))
    }

    /// Erases the customer of this id with all that is stored of it. A repeat after a failure goes on where it stopped.
    pub(crate) async fn erase(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id: CustomerId = id.parse().map_err(|_| no_such_customer())?;
        erased(self.erasing().erase(id, self.afterwards(request)?).await.map_err(failed)?)
    }

    /// Erases the customer who has an identifier, and also what an import may have left of somebody without a profile.
    pub(crate) async fn erase_holder(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let (identifier, afterwards) = (named_identifier(request)?, self.afterwards(request)?);
        erased(self.erasing().erase_holder(&identifier, afterwards).await.map_err(failed)?)
    }

    /// Whether imports may bring the customer back whom a request erases.
    fn afterwards(&self, request: &LambdaFunctionUrlRequest) -> Result<Afterwards, HttpProblem> {
        match http::query(request, "suppress").as_deref() {
            None | Some("false") => Ok(Afterwards::MayComeBack),
            Some("true") => {
                let (first, second) = ((self.random)().to_be_bytes(), (self.random)().to_be_bytes());
                let mut fresh = [0; 32];
                fresh[..16].copy_from_slice(&first);
                fresh[16..].copy_from_slice(&second);
                Ok(Afterwards::StaysOut { fresh_key: SuppressionKey::from_bytes(fresh) })
            }
            Some(_) => Err(HttpProblem::new(400, "invalid_suppress", "`suppress` is `true` or `false`.")),
        }
    }

    /// Says whether imports are kept from an identifier.
    pub(crate) async fn suppression(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let identifier = BTreeSet::from([named_identifier(request)?.key()]);
        let stored = self.customers.stored(&identifier, BTreeSet::new()).await.map_err(failed)?;
        Ok(http::json(200, &json!({ "suppressed": !stored.suppressed.is_empty() }), &[]))
    }

    /// Lets imports have an identifier again.
    pub(crate) async fn lift_suppression(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let identifier = named_identifier(request)?.key();
        let claims = self.customers.claims(&BTreeSet::from([identifier.clone()])).await.map_err(failed)?;
        let was_suppressed = match claims.suppression {
            Some(key) => self.customers.lift(key, &identifier).await.map_err(failed)?,
            None => false,
        };
        if !was_suppressed {
            return Err(HttpProblem::new(404, "not_suppressed", "This identifier is not suppressed."));
        }
        Ok(http::answer(204, "text/plain", String::new(), &[]))
    }

    const fn erasing(&self) -> Erasing<'_> {
        Erasing { stores: &self.stores, customers: &self.customers, segments: &self.segments }
    }

    pub(crate) async fn activity(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let id: CustomerId = id.parse().map_err(|_| no_such_customer())?;
        let limit = limit(request)?;
        let after = http::query(request, "cursor");
        if after.as_ref().is_some_and(|cursor| cursor.len() > MAX_CURSOR) {
            return Err(invalid_cursor());
        }
        // While somebody is being erased, a late worker may still note something.
        if self.customers.read(BTreeSet::from([id])).await.map_err(failed)?.is_empty() {
            return Err(no_such_customer());
        }
        let most = i32::try_from(limit).unwrap_or(i32::MAX);
        let entries = self.customers.feed(id, most, after.as_deref()).await.map_err(failed)?;
        let cursor = entries.last().filter(|_| entries.len() >= limit).map(|entry| entry.position.clone());
        let activity: Vec<Json> = entries
            .iter()
            .map(|entry| {
                json!({
                    "action": entry.action,
                    "at": entry.at,
                    "api_endpoint": entry.api_endpoint,
                    "touchpoint": entry.touchpoint,
                    "import": entry.by.import,
                    "row": entry.by.row,
                })
            })
            .collect();
        Ok(http::json(200, &json!({ "activity": activity, "cursor": cursor }), &[]))
    }

    /// Customers as the API shows them, in their order. The names of all their segments are read at once.
    pub(crate) async fn customers_json(&self, customers: &[Customer]) -> Result<Vec<Json>, HttpProblem> {
        let held = customers.iter().flat_map(|customer| customer.segments.values());
        let ids: BTreeSet<SegmentId> = held.map(|held| held.value.clone()).collect();
        let named = self.catalogue.segments(&ids).await.map_err(failed)?;
        let named = named.into_iter().map(|segment| (segment.id(), segment)).collect();
        Ok(customers.iter().map(|customer| customer_json(customer, &named)).collect())
    }
}

/// A customer as the API shows one, with the segments of these names.
fn customer_json(customer: &Customer, named: &BTreeMap<SegmentId, Segment>) -> Json {
    let segments: Vec<Json> = customer
        .segments
        .values()
        .filter_map(|held| {
            let segment = named.get(&held.value)?;
            Some(json!({
                "id": held.value.as_str(),
                "group": segment.group,
                "name": segment.name,
                "added_at": held.by.import.launched(),
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
    json!({
        "id": customer.id.to_string(),
        "identifiers": identifiers,
        "attributes": attributes,
        "segments": segments,
        "touchpoints": customer.touchpoints,
        "created_at": customer.created_by.import.launched(),
        "created_by": source(customer.created_by),
        "set_by": sources,
    })
}

/// The identifier that a request names in its query.
fn named_identifier(request: &LambdaFunctionUrlRequest) -> Result<Identifier, HttpProblem> {
    let named =
        http::query_pairs(request).into_iter().find_map(|(name, value)| Some((name.parse::<Slot>().ok()?, value)));
    let Some((slot, value)) = named else {
        return Err(HttpProblem::new(
            400,
            "missing_identifier",
            "Say whom: ?email=, ?phone=, ?external_id= or ?external_id.SYSTEM=.",
        ));
    };
    Identifier::parse(&slot, &value, None)
        .map_err(|problem| HttpProblem::new(400, problem.code.as_str(), problem.message))
}

fn erased(erased: Erased) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
    match erased {
        Erased::Yes => Ok(http::answer(204, "text/plain", String::new(), &[])),
        Erased::NoSuchCustomer => Err(no_such_customer()),
        Erased::Changing => Err(HttpProblem::new(
            409,
            "customer_changing",
            "Imports keep changing this customer. Ask again in a minute; without that, the customer is erased when they have ended.",
        )),
    }
}

fn source(by: Provenance) -> Json {
    json!({ "import": by.import, "row": by.row })
}

fn no_such_customer() -> HttpProblem {
    HttpProblem::new(404, "no_such_customer", "There is no such customer.")
}
