//! What a client may choose for an import, one type per choice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The API endpoint that customer actions are attributed to unless another is set.
pub const DEFAULT_API_ENDPOINT: &str = "Muster touchpoint";
/// The segment group of a segment that is named without a group.
pub const DEFAULT_SEGMENT_GROUP: &str = "Imported segments";

/// What a row may do to customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Create unknown customers, update known ones.
    #[default]
    Upsert,
    /// Only create: a row of a known customer is rejected.
    CreateOnly,
    /// Only update: a row of an unknown customer is rejected.
    UpdateOnly,
}

/// What an empty cell does to the attribute of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnEmptyCell {
    /// The attribute stays as it is.
    #[default]
    Keep,
    /// The attribute is erased.
    Clear,
}

/// What happens to a row with an identifier that another customer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The row is applied without it, with a warning.
    #[default]
    SkipIdentifier,
    /// The row is rejected.
    Reject,
}

/// What happens to a row with a value that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnInvalidValue {
    /// The row is applied without it, with a warning.
    #[default]
    DropValue,
    /// The row is rejected.
    Reject,
}

/// What happens to a file with a column that has no value at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnEmptyColumn {
    /// The import fails in checking.
    #[default]
    Fail,
    /// The column is left out.
    Ignore,
}

/// What happens to a file with a header that names no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknownColumn {
    /// The import fails in checking.
    #[default]
    Fail,
    /// The column is left out.
    Ignore,
}

/// What happens to a file with a typed column in which no value can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnreadableColumn {
    /// The import fails in checking.
    #[default]
    Fail,
    /// Its values are dropped one by one.
    Ignore,
}

/// What happens to a row that meets a customer by a weaker identifier only, and gives a stronger one that differs from
/// the customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnWeakMatch {
    /// The row is about somebody else. The weaker identifier stays with its holder, with a warning.
    #[default]
    Separate,
    /// The row is about the customer, whose stronger identifier it replaces.
    Update,
    /// The row is rejected.
    Reject,
}

/// What an identifier does that is a placeholder, such as `NULL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnPlaceholder {
    /// It is dropped, with a warning.
    #[default]
    Drop,
    /// It is taken at its word.
    Keep,
}

/// To whose feed the source action is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionFor {
    /// To every customer to whom a row was applied.
    #[default]
    All,
    /// Only to customers that the import created.
    Created,
}

/// The segment that customers are added to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentSetting {
    /// Its segment group; a customer is in at most one segment of a group.
    #[serde(default = "default_group")]
    pub group: String,
    /// Its name.
    pub name: String,
    /// Whether it may be created; otherwise it must exist.
    #[serde(default = "yes")]
    pub create: bool,
}

/// The action noted in customers' feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionSetting {
    /// Its name.
    pub name: String,
    /// Whether it may be created; otherwise it must exist.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whose feed it is added to.
    #[serde(default, rename = "for")]
    pub added_for: ActionFor,
    /// The action noted instead for customers that already existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_action: Option<String>,
}

fn default_group() -> String {
    DEFAULT_SEGMENT_GROUP.to_owned()
}

fn yes() -> bool {
    true
}

/// The settings that every row falls back to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportSettings {
    /// Where the data came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_endpoint: Option<String>,
    /// The channel or site that customers are linked to; by default, the API endpoint's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touchpoint: Option<String>,
    /// The segment that customers are added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentSetting>,
    /// The action noted in customers' feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_action: Option<ActionSetting>,
}

/// A share from 0 to 1, kept in millionths so that no float takes part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(u32);

impl Ratio {
    /// The share in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl TryFrom<f64> for Ratio {
    type Error = &'static str;

    fn try_from(ratio: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&ratio) {
            Ok(Self((ratio * 1_000_000.0).round() as u32))
        } else {
            Err("a ratio is a number from 0 to 1")
        }
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        Self::from(ratio.0) / 1_000_000.0
    }
}
