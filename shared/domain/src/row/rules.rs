//! The rules by which an import reads its cells.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::dates::DateFormat;
use super::region::Region;
use super::zone::Zone;

/// A decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecimalMark {
    /// 1234.5
    Dot,
    /// 1234,5
    Comma,
}

impl DecimalMark {
    /// The mark itself.
    pub const fn as_char(self) -> char {
        match self {
            Self::Dot => '.',
            Self::Comma => ',',
        }
    }

    /// The other mark, which may be between thousands.
    pub const fn other(self) -> Self {
        match self {
            Self::Dot => Self::Comma,
            Self::Comma => Self::Dot,
        }
    }

    /// The mark that a setting names; none for `auto`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "." => Some(Self::Dot),
            "," => Some(Self::Comma),
            _ => None,
        }
    }
}

/// The rules by which an import reads its cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The region that national phone numbers are of.
    pub default_region: Option<Region>,
    /// How dates are written.
    pub date_format: Option<DateFormat>,
    /// The decimal mark of numbers; if unset, it is found column by column.
    pub decimal_mark: Option<DecimalMark>,
    /// The decimal marks that were found, by the place of the column. They matter if none is set.
    #[serde(default)]
    pub decimal_marks: Vec<Option<DecimalMark>>,
    /// Where moments without a zone are.
    pub time_zone: Zone,
    /// Cells that are read as empty, besides those without text. They are compared without regard to case.
    pub null_tokens: Vec<String>,
    /// Whether identifiers such as `NULL` are taken at their word.
    pub keep_placeholders: bool,
    /// Whether an empty cell erases the attribute of its column.
    pub clear_empty: bool,
    /// Whether a bad value rejects its row.
    pub reject_invalid: bool,
    /// Whether the row is the first one: an external id of nothing but zeros is where the ids begin to count then
    /// (`000000`, `000001`, …), and a missing value in any other row.
    #[serde(default, skip_serializing)]
    pub may_begin_a_count: bool,
    /// When the import was launched. A date after it lies in the future.
    pub launched: Timestamp,
}

impl Rules {
    /// The rules by which the row of this number, from 1, is read.
    pub fn of_row(&self, number: u64) -> Cow<'_, Self> {
        match number {
            1 => Cow::Owned(Self { may_begin_a_count: true, ..self.clone() }),
            _ => Cow::Borrowed(self),
        }
    }

    /// How the cells of the column at this place are read.
    pub(crate) fn of_column(&self, position: usize) -> CellRules<'_> {
        let found = || self.decimal_marks.get(position).copied().flatten();
        CellRules {
            date_format: self.date_format,
            decimal_mark: self.decimal_mark.or_else(found),
            time_zone: &self.time_zone,
            launched: self.launched,
        }
    }

    /// Whether the settings say that a cell with this text is read as empty.
    pub(crate) fn is_null(&self, text: &str) -> bool {
        if self.null_tokens.is_empty() {
            return false;
        }
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
        self.null_tokens.iter().map(|token| token.trim()).any(|token| {
            token.eq_ignore_ascii_case(text) || (!(token.is_ascii() && text.is_ascii()) && lower(token) == lower(text))
        })
    }
}

/// The rules for the cells of one column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CellRules<'a> {
    /// How dates are written; if unset, a date that could be two is refused.
    pub(crate) date_format: Option<DateFormat>,
    /// The decimal mark; if unset, a number that could be two is refused.
    pub(crate) decimal_mark: Option<DecimalMark>,
    /// Where moments without a zone are.
    pub(crate) time_zone: &'a Zone,
    /// When the import was launched.
    pub(crate) launched: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_tokens_are_compared_without_regard_to_case_and_blanks_around() {
        let rules = Rules { null_tokens: vec![" NULL ".into(), "Пусто".into(), "-".into()], ..Rules::default() };
        for (text, is_null) in
            [("null", true), ("NULL", true), ("пусто", true), ("-", true), ("nulls", false), ("--", false), ("", false)]
        {
            assert_eq!(rules.is_null(text), is_null, "{text}");
        }
    }
}
