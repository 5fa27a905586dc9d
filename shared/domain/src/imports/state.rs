//! The states of an import and the arrows between them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Recorded; the file is not uploaded yet.
    AwaitingUpload,
    /// The whole file is being checked; no row is written.
    Checking,
    /// Rows are being applied.
    Importing,
    /// Every row is counted; the report is being made.
    Finishing,
    /// Every row is counted and the report is made.
    Completed,
    /// Ended early, for the reason in its failure.
    Failed,
    /// Ended because somebody asked for it; rows applied until then stay.
    Cancelled,
}

impl State {
    /// Every state, in the order that an import goes through them.
    pub const ALL: [State; 7] = [
        State::AwaitingUpload,
        State::Checking,
        State::Importing,
        State::Finishing,
        State::Completed,
        State::Failed,
        State::Cancelled,
    ];

    /// The state's word in the API and the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::AwaitingUpload => "awaiting_upload",
            State::Checking => "checking",
            State::Importing => "importing",
            State::Finishing => "finishing",
            State::Completed => "completed",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the import has ended, one way or another.
    pub const fn is_ended(self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Cancelled)
    }

    /// The states from which this one may be entered; each arrow is one conditional update.
    pub const fn entered_from(self) -> &'static [State] {
        match self {
            State::AwaitingUpload => &[],
            State::Checking => &[State::AwaitingUpload],
            State::Importing => &[State::Checking],
            State::Finishing => &[State::Importing],
            State::Completed => &[State::Finishing],
            State::Failed | State::Cancelled => &[State::AwaitingUpload, State::Checking, State::Importing],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_import_is_never_left() {
        for state in State::ALL {
            assert!(state.entered_from().iter().all(|from| !from.is_ended()), "{state:?}");
            assert_eq!(State::from_word(state.as_str()), Some(state));
        }
    }
}
