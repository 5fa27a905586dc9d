//! What each header of a file means, and how that is known.

use schemars::JsonSchema;
use serde::Serialize;

use super::id::{CUSTOM, ColumnId, fold};
use super::layout::Layout;
use super::lesser::lesser_headers;
use super::mapping::{Fields, MappedHeaders, Mapping};
use super::opt_outs::is_opt_out;
use super::write::Write;

/// How it is known which column a header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is the column's own name.
    Name,
    /// It is another name of the column.
    Alias,
    /// The settings say so.
    Mapping,
    /// The settings of the import say so whose report the file is.
    Report,
    /// The settings leave it out, or it gives way to a better name, or it is one of a report's own.
    LeftOut,
}

/// What a header means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A column.
    Column(ColumnId, How, Write),
    /// Nothing: its cells are left out.
    LeftOut,
    /// The custom field of this name, which does not exist.
    Undeclared(String),
    /// Nothing that is known.
    Unknown,
}

impl Meaning {
    /// The column, if it is one.
    pub(crate) const fn column(&self) -> Option<&ColumnId> {
        match self {
            Self::Column(column, ..) => Some(column),
            _ => None,
        }
    }

    /// When its values are written.
    pub(crate) const fn write(&self) -> Write {
        match self {
            Self::Column(_, _, write) => *write,
            _ => Write::Never,
        }
    }

    /// How that is known; none if nothing is.
    pub(crate) const fn how(&self) -> Option<How> {
        match self {
            Self::Column(_, how, _) => Some(*how),
            Self::LeftOut => Some(How::LeftOut),
            Self::Undeclared(_) | Self::Unknown => None,
        }
    }
}

/// The headers without those at the end that name nothing: they are what a spreadsheet leaves at the right of a table.
pub(super) fn named<'a, 'b>(cells: &'a [&'b str]) -> &'a [&'b str] {
    let count = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    &cells[..count]
}

/// What each of these headers means. `leaves_out` says that those that mean nothing are left out.
pub(crate) fn meanings(cells: &[&str], mapping: &Mapping, fields: &Fields, leaves_out: bool) -> Vec<Meaning> {
    let mapped = MappedHeaders::new(mapping, cells);
    let lesser = if leaves_out { lesser_headers(cells, mapping) } else { Default::default() };
    let meaning = |(position, cell): (usize, &&str)| {
        let (column, how, write) = match mapped.get(cell) {
            Some(None) => return Meaning::LeftOut,
            Some(Some(to)) => (ColumnId::parse(&to.column), How::Mapping, to.write),
            None if cell.trim().starts_with('_') || lesser.contains(&position) => return Meaning::LeftOut,
            None => {
                let column = ColumnId::parse(cell);
                let is_name = column.as_ref().is_some_and(|column| fold(&column.to_string()) == fold(cell));
                (column, if is_name { How::Name } else { How::Alias }, Write::Always)
            }
        };
        match column {
            Some(ColumnId::Attribute(name)) if name.starts_with(CUSTOM) => match fields.get(&name[CUSTOM.len()..]) {
                Some(holds) => Meaning::Column(ColumnId::Custom(name, *holds), how, write),
                None if leaves_out => Meaning::LeftOut,
                None => Meaning::Undeclared(name[CUSTOM.len()..].to_owned()),
            },
            // Yes to `Unsubscribed` is no, whatever a mapping says.
            Some(ColumnId::Attribute(name)) if name.starts_with("subscribed") && is_opt_out(cell) => Meaning::Unknown,
            Some(column) => Meaning::Column(column, how, write),
            // A mapping to no column is refused with the settings, long before.
            None if leaves_out || how == How::Mapping => Meaning::LeftOut,
            None => Meaning::Unknown,
        }
    };
    cells.iter().enumerate().map(meaning).collect()
}

/// The columns of a header as far as they are known, each of them once. None if no file can have such a header.
pub(crate) fn known_columns(cells: &[&str], mapping: &Mapping, fields: &Fields, leaves_out: bool) -> Option<Layout> {
    let cells = named(cells);
    let mut layout = Layout::of(cells);
    for meaning in meanings(cells, mapping, fields, leaves_out) {
        let column = meaning.column().filter(|column| layout.position(column).is_none());
        layout.push(column.cloned(), meaning.write());
    }
    layout.is_storable().then_some(layout).filter(|layout| !layout.header.is_empty())
}
