//! What an import is: its id, its state, its settings, what its check found, and what it counted.

mod counters;
mod declared_file;
mod ending;
mod failure;
mod foretold;
mod id;
mod patience;
mod request;
mod rules;
mod search;
mod settings;
mod state;
mod trace;
mod validation;

pub use counters::Counters;
pub use declared_file::{DeclaredFile, MAX_FILE, MAX_PUT};
pub use ending::ending;
pub use failure::Failure;
pub use foretold::{Foretold, ForetoldCounters};
pub use id::{ImportId, InvalidImportId};
pub use patience::patience;
pub use request::{CatalogueAtLaunch, ImportRequest, MAX_DESCRIPTION};
pub use rules::{read_options, row_rules};
pub use search::Search;
pub use settings::{
    ActionFor, ActionSetting, DEFAULT_API_ENDPOINT, DEFAULT_SEGMENT_GROUP, ImportSettings, Mode, OnConflict,
    OnEmptyCell, OnEmptyColumn, OnInvalidValue, OnPlaceholder, OnUnknownColumn, OnUnreadableColumn, OnWeakMatch, Ratio,
    SegmentSetting,
};
pub use state::State;
pub use trace::Trace;
pub use validation::MAX_REQUEST;
