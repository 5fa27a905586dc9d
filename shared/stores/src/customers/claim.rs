//! A claim on an identifier as an item.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::customer::Provenance;
use domain::decide::Claim;
use domain::imports::ImportId;

use crate::dynamo::{Item, number, read_text};
use crate::error::StoreError;

/// The import and the row that made a claim, as attributes. The row of a shared claim is negative, so a condition that
/// names both attributes tells the one from the other.
pub(super) fn stamp(claim: Claim) -> (AttributeValue, AttributeValue) {
    let row = if claim.is_shared { number(format!("-{}", claim.by.row)) } else { number(claim.by.row) };
    (AttributeValue::B(Blob::new(claim.by.import.to_bytes())), row)
}

/// The claim of an item.
pub(super) fn read_claim(item: &Item) -> Result<Claim, StoreError> {
    let read = || {
        let bytes = item.get("t")?.as_b().ok()?.as_ref().try_into().ok()?;
        let row: i64 = item.get("r")?.as_n().ok()?.parse().ok()?;
        let by = Provenance { import: ImportId::from_bytes(bytes), row: row.unsigned_abs() };
        Some(Claim { customer: read_text(item, "c")?.parse().ok()?, by, is_shared: row < 0 })
    };
    read().ok_or_else(|| StoreError::malformed("identity", "its claim"))
}

#[cfg(test)]
mod tests {
    use domain::customer::CustomerId;

    use super::*;
    use crate::dynamo::text;

    #[test]
    fn a_claim_is_read_as_it_was_stamped() {
        for is_shared in [false, true] {
            let by = Provenance { import: ImportId::from_bytes([7; 16]), row: 12 };
            let claim = Claim { customer: CustomerId::created_by(by), by, is_shared };
            let (t, r) = stamp(claim);
            let item = Item::from([
                ("c".to_owned(), text(claim.customer.to_string())),
                ("t".to_owned(), t),
                ("r".to_owned(), r),
            ]);
            assert_eq!(read_claim(&item).unwrap(), claim);
        }
    }
}
