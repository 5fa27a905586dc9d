//! What a decision says to the person who has the file.

use super::vocabulary::{Fate, Terms};
use crate::codes::{Outcome, RowCode, Severity};
use crate::columns::ColumnId;
use crate::customer::MAX_CUSTOMER;
use crate::imports::Mode;
use crate::problems::RowProblem;
use crate::row::{Identifier, Slot};

/// A rejected row.
pub(super) const fn rejected(problems: Vec<RowProblem>) -> Fate {
    Fate { outcome: Outcome::Rejected, customer: None, problems }
}

/// Why the import's mode does not allow a row about a customer that exists, or does not.
pub(super) fn mode_forbids(mode: Mode, exists: bool) -> Option<RowProblem> {
    let (code, message) = match (mode, exists) {
        (Mode::CreateOnly, true) => (
            RowCode::CustomerExists,
            "This customer exists already, and the import only creates. Import with mode `upsert` to update it.",
        ),
        (Mode::UpdateOnly, false) => (
            RowCode::CustomerNotFound,
            "No customer has any of the row's identifiers, and the import only updates. Import with mode `upsert` to create it.",
        ),
        _ => return None,
    };
    Some(RowProblem { severity: Severity::Error, code, cell: None, message: message.to_owned() })
}

/// A cell names something that does not exist.
pub(super) fn unknown_name(terms: &Terms, code: RowCode, column: &ColumnId, message: String) -> RowProblem {
    RowProblem { severity: Severity::Error, code, cell: terms.cell_of(column), message }
}

/// The warning for an identifier that was left with another customer.
pub(super) fn identifier_taken(terms: &Terms, identifier: &Identifier) -> RowProblem {
    let what = noun(identifier);
    RowProblem {
        severity: Severity::Warning,
        code: RowCode::IdentifierTaken,
        cell: terms.cell_of(&column(identifier)),
        message: format!(
            "The {what} belongs to another customer and was left with them; the rest of the row was applied. If both are one person, give the same identifiers in one row of their own."
        ),
    }
}

/// The refusal of a row for an identifier of another customer.
pub(super) fn identifier_conflict(terms: &Terms, identifier: &Identifier) -> RowProblem {
    let what = noun(identifier);
    RowProblem {
        severity: Severity::Error,
        code: RowCode::IdentifierConflict,
        cell: terms.cell_of(&column(identifier)),
        message: format!(
            "The {what} belongs to another customer than the row's other identifiers. Correct the identifiers, or import with on_conflict `skip_identifier`."
        ),
    }
}

/// The refusal of a row with which its customer would have so many bytes.
pub(super) fn customer_too_large(bytes: usize) -> RowProblem {
    RowProblem {
        severity: Severity::Error,
        code: RowCode::CustomerTooLarge,
        cell: None,
        message: format!(
            "With this row the customer would take {bytes} bytes of storage; {MAX_CUSTOMER} are the most. Shorten the row's values, or erase long attributes of the customer by %CLEAR% first."
        ),
    }
}

/// The column that an identifier came from.
pub(super) fn column(identifier: &Identifier) -> ColumnId {
    match identifier.slot() {
        Slot::ExternalId(system) => ColumnId::ExternalId(system),
        Slot::Email => ColumnId::Email,
        Slot::Phone => ColumnId::Phone,
    }
}

fn noun(identifier: &Identifier) -> &'static str {
    match identifier.slot() {
        Slot::ExternalId(_) => "external id",
        Slot::Email => "email address",
        Slot::Phone => "phone number",
    }
}
