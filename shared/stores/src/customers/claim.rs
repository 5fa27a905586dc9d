//! A claim on an identifier as an item.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::customer::Provenance;
use domain::decide::Claim;
use domain::imports::ImportId;

use crate::dynamo::{Item, number, read_number, read_text};
use crate::error::StoreError;

/// The import and the row that made a claim, as attributes.
pub(super) fn stamp(by: Provenance) -> (AttributeValue, AttributeValue) {
    (AttributeValue::B(Blob::new(by.import.to_bytes())), number(by.row))
}

/// The claim of an item.
pub(super) fn read_claim(item: &Item) -> Result<Claim, StoreError> {
    let read = || {
        let bytes = item.get("t")?.as_b().ok()?.as_ref().try_into().ok()?;
        let by = Provenance { import: ImportId::from_bytes(bytes), row: read_number(item, "r")? };
        Some(Claim { customer: read_text(item, "c")?.parse().ok()?, by })
    };
    read().ok_or_else(|| StoreError::malformed("identity", "its claim"))
}
