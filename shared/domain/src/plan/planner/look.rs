//! A pass over a file, or over its beginning, that also keeps what a person wants to see of it.

use super::{End, Planner};
use crate::columns::Layout;
use crate::file::{BAD, Dialect, FailedCheck, FirstRow, Found};
use crate::plan::{Checked, ReadOptions};
use crate::row::{DateFormat, DecimalMark, trimmed};

/// Rows that are kept, and the most bytes of their text together: they are shown in one answer.
const ROWS: usize = 20;
const ROWS_TEXT: usize = 256 * 1024;
/// Bytes that are looked at together. A check reads a file in such pieces, too, and ends with the one in which the header is
/// refused.
const PIECE: usize = 64 * 1024;
/// Values that are kept of each column, to show some and to see what they look like.
const VALUES: usize = 50;
/// Longest value that is kept, in characters.
const LONGEST: usize = 200;

/// What a look at a file shows of it.
#[derive(Debug, Default)]
pub(crate) struct Glimpse {
    /// Whether a header that is not sound is read as far as it is known, instead of ending the pass.
    tolerates: bool,
    header: Option<(Vec<String>, u64)>,
    rows: Vec<FirstRow>,
    /// Bytes of the cells of all rows so far.
    text: usize,
    values: Vec<Values>,
    date_format: Option<DateFormat>,
    decimal_marks: Vec<Option<DecimalMark>>,
    undecided: Vec<usize>,
}

/// The first different values of a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// The values, cut if they are long.
    pub(crate) different: Vec<String>,
    /// How many values there were until these were found.
    pub(crate) seen: usize,
}

impl Glimpse {
    pub(super) fn note(&mut self, found: &Found) {
        self.date_format = found.date_format;
        self.decimal_marks.clone_from(&found.decimal_marks);
        self.undecided.clone_from(&found.undecided);
    }

    pub(super) fn header(&mut self, cells: &[&str], line: u64) {
        self.header = Some((cells.iter().map(|cell| shown(cell)).collect(), line));
        self.values = vec![Values::default(); cells.len()];
    }

    pub(super) fn row(&mut self, row: u64, line: u64, cells: &[&str]) {
        for (values, cell) in self.values.iter_mut().zip(cells) {
            let value = trimmed(cell);
            if values.different.len() < VALUES && !value.is_empty() {
                values.seen += 1;
                let value: String = shown(value).chars().take(LONGEST).collect();
                if !values.different.contains(&value) {
                    values.different.push(value);
                }
            }
        }
        self.text += cells.iter().map(|cell| cell.len()).sum::<usize>();
        if self.rows.len() < ROWS && self.text <= ROWS_TEXT {
            self.rows.push(FirstRow { row, line, cells: cells.iter().map(|cell| shown(cell)).collect() });
        }
    }
}

/// A cell without what stands for bytes that are no text.
fn shown(cell: &str) -> String {
    cell.replace(BAD, "\u{fffd}")
}

/// What a look at a file came to.
#[derive(Debug)]
pub(crate) struct Look {
    /// What the check says of the file, or of as much of it as there is: a file that is cut off has no problem that its
    /// end could put right.
    pub(crate) verdict: Result<Checked, FailedCheck>,
    /// What there is to see of it.
    pub(crate) shown: Shown,
}

/// What there is to see of a file, sound or not.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The name of its encoding.
    pub(crate) encoding: String,
    /// Whether a byte order mark says so.
    pub(crate) is_marked: bool,
    /// Whether it is the one that the settings name.
    pub(crate) is_set: bool,
    /// Whether nothing speaks for another one.
    pub(crate) is_certain: bool,
    /// How it writes its records.
    pub(crate) dialect: Dialect,
    /// Its header, and the physical line of that.
    pub(crate) header: Option<(Vec<String>, u64)>,
    /// Which cell is which column, as far as that is known.
    pub(crate) layout: Option<Layout>,
    /// Its rows so far.
    pub(crate) rows: u64,
    /// In how many of them each column has a value.
    pub(crate) filled: Vec<u64>,
    /// The first rows.
    pub(crate) first_rows: Vec<FirstRow>,
    /// The first different values of each column.
    pub(crate) values: Vec<Values>,
    /// The date format that its values show.
    pub(crate) date_format: Option<DateFormat>,
    /// The decimal marks that they show, by the place of the column.
    pub(crate) decimal_marks: Vec<Option<DecimalMark>>,
    /// The columns of which only what follows can show how they are written.
    pub(crate) undecided: Vec<usize>,
}

impl Planner {
    /// Looks at the whole file, or at its beginning.
    pub(crate) fn look(options: ReadOptions, bytes: &[u8], is_whole: bool) -> Look {
        Self::looking(options, false).looked_at(bytes, is_whole)
    }

    /// Looks at a file that is not sound. What its header does not say is left out, and no column is found wrong as a
    /// whole, so that everything else is seen.
    pub(crate) fn look_past_problems(options: ReadOptions, bytes: &[u8], is_whole: bool) -> Look {
        Self::looking(options, true).looked_at(bytes, is_whole)
    }

    fn looking(options: ReadOptions, tolerates: bool) -> Self {
        let glimpse = Some(Box::new(Glimpse { tolerates, ..Glimpse::default() }));
        Self { glimpse, ..Self::new(options) }
    }

    /// Whether the pass goes on with a header that is not sound.
    pub(super) fn tolerates(&self) -> bool {
        self.glimpse.as_ref().is_some_and(|glimpse| glimpse.tolerates)
    }

    fn looked_at(mut self, bytes: &[u8], is_whole: bool) -> Look {
        for piece in bytes.chunks(PIECE) {
            self.push(piece);
        }
        let end = if is_whole { End::Whole } else { End::CutOff };
        let verdict = self.conclude(end, |_| String::new()).map(|(checked, _)| checked);
        let reading = self.reading();
        let glimpse = self.glimpse.take().map(|glimpse| *glimpse).unwrap_or_default();
        let (layout, filled) = match &verdict {
            Ok(checked) => (Some(checked.layout.clone()), checked.filled.clone()),
            Err(_) => (self.layout, self.check.filled().to_vec()),
        };
        let shown = Shown {
            is_set: self.decoder.is_in(&self.options.encoding),
            is_marked: self.decoder.is_marked(),
            is_certain: !reading.is_doubtful && !reading.is_utf8 && !self.decoder.is_guessed(),
            encoding: reading.encoding,
            dialect: self.dialect,
            header: glimpse.header,
            layout,
            rows: self.rows,
            filled,
            first_rows: glimpse.rows,
            values: glimpse.values,
            date_format: glimpse.date_format,
            decimal_marks: glimpse.decimal_marks,
            undecided: glimpse.undecided,
        };
        Look { verdict, shown }
    }
}
