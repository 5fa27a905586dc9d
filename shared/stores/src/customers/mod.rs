//! The customers and identities tables: what a batch reads of them, and the conditional writes of a stage.
//!
//! An import writes [`StoredCustomers`]; a forecast reads them and writes [`ForecastCustomers`] in their place. Both
//! are [`Customers`], so a batch is decided and written by the same code.

mod claim;
mod erase;
mod feed;
mod forecast;
mod profile;
mod stored;
mod suppress;
mod suppression;

pub use feed::FeedEntry;
pub use forecast::ForecastCustomers;
pub use stored::StoredCustomers;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use domain::customer::{Customer, CustomerId, SuppressionKey};
use domain::decide::{Claim, ClaimWrite, Stored};
use domain::imports::ImportId;

use crate::error::StoreError;
use crate::written::Written;

/// Customers and the claims on their identifiers.
pub trait Customers: Sync {
    /// The claims on these identifiers.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn claims(&self, identifiers: &BTreeSet<String>) -> impl Future<Output = Result<Claims, StoreError>> + Send;

    /// Those of these identifiers that are suppressed.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn suppressed(
        &self,
        key: SuppressionKey,
        identifiers: &BTreeSet<String>,
    ) -> impl Future<Output = Result<BTreeSet<String>, StoreError>> + Send;

    /// The customers of these ids that exist, and those that are being erased.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn profiles(&self, ids: BTreeSet<CustomerId>) -> impl Future<Output = Result<Profiles, StoreError>> + Send;

    /// The customers of these ids that exist.
    ///
    /// # Errors
    /// When the table cannot be read.
    fn read(&self, ids: BTreeSet<CustomerId>) -> impl Future<Output = Result<Vec<Customer>, StoreError>> + Send {
        async move { Ok(self.profiles(ids).await?.customers.into_values().collect()) }
    }

    /// Raises customers' versions. `Done` only if each still had the version that is given with it.
    ///
    /// # Errors
    /// When the table cannot be written.
    fn fence(&self, fences: &[(CustomerId, u64)]) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Claims identifiers. `Done` only if each was as it was read.
    ///
    /// # Errors
    /// When the table cannot be written.
    fn claim(&self, claims: &[ClaimWrite]) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Writes customers, each on the condition that it is stored with the version that it carries (0: not stored).
    ///
    /// # Errors
    /// When the table cannot be written.
    fn write(&self, customers: &[Customer]) -> impl Future<Output = Result<Vec<Written>, StoreError>> + Send;

    /// Deletes customers, each on the condition that it is stored with this version.
    ///
    /// # Errors
    /// When the table cannot be written.
    fn delete(&self, customers: &[(CustomerId, u64)]) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Gives up claims. One that is another by now stays: somebody else took it.
    ///
    /// # Errors
    /// When the table cannot be written.
    fn release(&self, releases: &[(String, Claim)]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Who holds these identifiers, and which of them are suppressed, with those customers and the ones of these ids: read strongly consistent, so that a
    /// row sees what earlier rows did.
    ///
    /// # Errors
    /// When a table cannot be read.
    fn stored(
        &self,
        identifiers: &BTreeSet<String>,
        ids: BTreeSet<CustomerId>,
    ) -> impl Future<Output = Result<Stored, StoreError>> + Send {
        async move {
            let Claims { claims, suppression } = self.claims(identifiers).await?;
            let suppressed = match suppression {
                Some(key) => self.suppressed(key, identifiers).await?,
                None => BTreeSet::new(),
            };
            let wanted = claims.values().map(|claim| claim.customer).chain(ids).collect();
            let Profiles { customers, erased } = self.profiles(wanted).await?;
            Ok(Stored { claims, customers, erased, suppressed, ..Stored::default() })
        }
    }
}

/// Claims as they are stored, and what is read with them.
#[derive(Debug, Default)]
pub struct Claims {
    /// The claims by identifier key.
    pub claims: BTreeMap<String, Claim>,
    /// The key with which suppressed identifiers are hashed, if any was ever suppressed.
    pub suppression: Option<SuppressionKey>,
}

/// Customers as they are stored.
#[derive(Debug, Default)]
pub struct Profiles {
    /// Those that exist.
    pub customers: BTreeMap<CustomerId, Customer>,
    /// Those that are being erased, each with the last import that must not bring it back.
    pub erased: BTreeMap<CustomerId, ImportId>,
}

/// `Done` if every one of them is.
fn all_done(written: &[Written]) -> Written {
    if written.iter().all(|written| written.is_done()) { Written::Done } else { Written::Superseded }
}
