//! What a decision says to the person who has the file.

use super::vocabulary::{Fate, Terms};
use super::whom::WeakMatch;
use crate::codes::{Outcome, RowCode, Severity};
use crate::columns::ColumnId;
use crate::customer::MAX_CUSTOMER;
use crate::imports::Mode;
use crate::problems::RowProblem;
use crate::row::{Identifier, Slot};

/// A rejected row.
pub(super) const fn rejected(problems: Vec<RowProblem>) -> Fate {
    Fate::new(Outcome::Rejected, None, problems)
}

/// Why the import's mode does not allow a row about a customer that exists, or does not. `passed_over` is the customer
/// whom the row met and is not about.
pub(super) fn mode_forbids(mode: Mode, exists: bool, passed_over: Option<&WeakMatch<'_>>) -> Option<RowProblem> {
    let (code, message) = match (mode, exists) {
        (Mode::CreateOnly, true) => (
            RowCode::CustomerExists,
            "This customer exists already, and the import only creates. Import with `mode` `upsert` to update it."
                .to_owned(),
        ),
        (Mode::UpdateOnly, false) => (RowCode::CustomerNotFound, customer_not_found(passed_over)),
        _ => return None,
    };
    Some(RowProblem { severity: Severity::Error, code, cell: None, message })
}

/// The refusal of a row whose identifiers may not be written, about a customer who does not exist.
pub(super) fn nobody_to_create() -> RowProblem {
    RowProblem {
        severity: Severity::Error,
        code: RowCode::CustomerNotFound,
        cell: None,
        message: "No customer has any of the row's identifiers, and those that the import may write belong to others or are missing. Give the row an identifier that is written, or set `write` of one to `always`.".to_owned(),
    }
}

fn customer_not_found(passed_over: Option<&WeakMatch<'_>>) -> String {
    match passed_over {
        None => "No customer has any of the row's identifiers, and the import only updates. Import with `mode` `upsert` to create it.".to_owned(),
        Some(weak) => format!(
            "No customer has the row's {stronger}, and the import only updates. The {shared} belongs to a customer with another {stronger}. {cure}, or import with `mode` `upsert` to create a customer.",
            stronger = noun(weak.differing),
            shared = noun(weak.shared),
            cure = same_person(weak),
        ),
    }
}

/// What to do if the customer of a weak match and the row are one person.
fn same_person(weak: &WeakMatch<'_>) -> String {
    let stronger = noun(weak.differing);
    if weak.can_update() {
        format!("If both are one person, import with `on_weak_match` `update`, which replaces their {stronger}")
    } else {
        format!("If both are one person, correct the {stronger}")
    }
}

/// A cell names something that does not exist.
pub(super) fn unknown_name(terms: &Terms, code: RowCode, column: &ColumnId, message: String) -> RowProblem {
    RowProblem { severity: Severity::Error, code, cell: terms.cell_of(column), message }
}

/// The warning for an identifier that was left with another customer; `weak` if it is all that the row has in common
/// with them.
pub(super) fn identifier_taken(terms: &Terms, identifier: &Identifier, weak: Option<&WeakMatch<'_>>) -> RowProblem {
    let what = noun(identifier);
    let message = match weak {
        None => format!(
            "The {what} belongs to another customer and was left with them; the rest of the row was applied. If it is this customer's, write %CLEAR% for it in a row about the other one first."
        ),
        Some(weak) => format!(
            "The {what} belongs to a customer with another {} and was left with them; the rest of the row was applied to a customer of its own. {}.",
            noun(weak.differing),
            same_person(weak)
        ),
    };
    let cell = terms.cell_of(&identifier.slot().column());
    RowProblem { severity: Severity::Warning, code: RowCode::IdentifierTaken, cell, message }
}

/// The refusal of a row for an identifier of another customer; `weak` if it is all that the row has in common with them.
pub(super) fn identifier_conflict(terms: &Terms, identifier: &Identifier, weak: Option<&WeakMatch<'_>>) -> RowProblem {
    let what = noun(identifier);
    let whose = match weak {
        None => "another customer than the row's other identifiers".to_owned(),
        Some(weak) => format!("a customer with another {}", noun(weak.differing)),
    };
    let message = format!(
        "The {what} belongs to {whose}. Correct the identifiers, or import with `on_conflict` `skip_identifier` to apply the row without it."
    );
    conflict(terms, identifier, message)
}

/// The refusal of a row that has only a weaker identifier in common with a customer.
pub(super) fn weak_match(terms: &Terms, weak: &WeakMatch<'_>) -> RowProblem {
    let message = format!(
        "The {} belongs to a customer with another {}. Correct the identifiers, or import with `on_weak_match` `separate` to apply the row to a customer of its own.",
        noun(weak.shared),
        noun(weak.differing)
    );
    conflict(terms, weak.shared, message)
}

fn conflict(terms: &Terms, identifier: &Identifier, message: String) -> RowProblem {
    let cell = terms.cell_of(&identifier.slot().column());
    RowProblem { severity: Severity::Error, code: RowCode::IdentifierConflict, cell, message }
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

/// The refusal of a row about a customer who was erased after the import was launched; `identifier` is the one that the
/// row names them by, if they still have one.
pub(super) fn erased(terms: &Terms, identifier: Option<&Identifier>) -> RowProblem {
    let who = match identifier {
        Some(identifier) => format!("The {} belongs to a customer who was erased", noun(identifier)),
        None => "The customer was erased".to_owned(),
    };
    RowProblem {
        severity: Severity::Error,
        code: RowCode::Suppressed,
        cell: identifier.and_then(|identifier| terms.cell_of(&identifier.slot().column())),
        message: format!(
            "{who} after this import was launched, so the row was not applied. If they are to come back, import the row once more: later imports may bring them back."
        ),
    }
}

/// The refusal of a row that has an identifier of somebody who is to stay out.
pub(super) fn suppressed(terms: &Terms, identifier: &Identifier) -> RowProblem {
    RowProblem {
        severity: Severity::Error,
        code: RowCode::Suppressed,
        cell: terms.cell_of(&identifier.slot().column()),
        message: format!(
            "The {} is suppressed: whoever had it was erased and is to stay out, so the row was not applied. If they want to be there again, lift the suppression, and import the row once more.",
            noun(identifier)
        ),
    }
}

fn noun(identifier: &Identifier) -> &'static str {
    match identifier.slot() {
        Slot::ExternalId(_) => "external id",
        Slot::Email => "email address",
        Slot::Phone => "phone number",
    }
}
