//! What a person is shown of a file before it is imported: how it is read, what its columns become, its first rows as they
//! would be stored, and what the check would refuse it for.
//!
//! A preview is a check pass over a sample, which is the file or its beginning, so the two cannot disagree. Of a beginning
//! it claims nothing that what follows might put right: no column is empty, no order of dates undecided, no last record
//! cut off.
//!
//! ```text
//! request      the body of `POST /imports/preview`     columns      what each header becomes
//! suggestion   what an unknown header may mean         rows         the first rows as they would be stored
//! ```

mod columns;
mod request;
mod rows;
mod suggestion;

pub use columns::PreviewColumn;
pub use request::{MAX_SAMPLE, PreviewRequest, SentPreview};
pub use rows::{CellProblem, PreviewRow};
pub use suggestion::Suggestion;

use schemars::JsonSchema;
use serde::Serialize;

use crate::codes::FileCode;
use crate::columns::Mapping;
use crate::definitions::DefinitionName;
use crate::file::{AUTO, Dialect, Escape};
use crate::imports::ImportRequest;
use crate::input::FieldProblem;
use crate::plan::{Look, Planner, ReadOptions, Shown};
use crate::problems::{FileProblem, Notice};
use crate::row::{DateFormat, DecimalMark, Rules};

/// The plain bytes of a file, or of its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The bytes, unpacked if the file is compressed.
    pub bytes: Vec<u8>,
    /// Whether these are all bytes of the file.
    pub is_whole: bool,
}

/// What a person is shown of a file before it is imported, in the words of the API.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Preview {
    /// Whether the whole file was looked at, so that a check finds nothing else.
    pub complete: bool,
    /// How its bytes are read.
    pub encoding: PreviewEncoding,
    /// What is between its cells.
    pub delimiter: String,
    /// What may be around them; `none` if nothing may be.
    pub quote: String,
    /// How a quote is written inside quotes.
    pub escape: Escape,
    /// The physical line of its header, from 1; none if it has no header.
    pub header_line: Option<u64>,
    /// How its dates are written, if that is set or shows.
    pub date_format: Option<&'static str>,
    /// The decimal mark of its numbers, if that is set or shows.
    pub decimal_mark: Option<char>,
    /// The import whose report the file is.
    pub report_of: Option<String>,
    /// The definition whose header has the same names.
    pub definition_suggested: Option<DefinitionName>,
    /// What each of its headers becomes.
    pub columns: Vec<PreviewColumn>,
    /// How many rows were looked at.
    pub rows_seen: u64,
    /// The first of them.
    pub rows: Vec<PreviewRow>,
    /// What the check would refuse the file for, up to a limit.
    pub problems: Vec<FileProblem>,
    /// How many problems there are in all.
    pub problems_total: u64,
    /// What is strange about the file so far.
    pub notices: Vec<Notice>,
    /// How many notices there are in all.
    pub notices_total: u64,
    /// Whether nothing was found that the check would refuse the file for.
    pub ready: bool,
}

/// How the bytes of a file are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreviewEncoding {
    /// The encoding's name.
    pub label: String,
    /// How it is known.
    pub how: HowEncoded,
    /// Whether nothing speaks for another one, and nothing that follows a sample might.
    pub certain: bool,
}

/// How the encoding of a file is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HowEncoded {
    /// A byte order mark says so.
    Bom,
    /// Its bytes show it.
    Found,
    /// The settings say so.
    Set,
}

/// Looks at a sample as the check would. `given` are the headers that the request itself maps; the options may have more of
/// them, from the import whose report the file is.
///
/// # Errors
/// A sample that ends before the header does.
pub fn preview(sample: &Sample, options: ReadOptions, given: &Mapping) -> Result<Preview, FieldProblem> {
    let Look { verdict, shown } = Planner::look(options.clone(), &sample.bytes, sample.is_whole);
    let (checked, failed, shown) = match verdict {
        Ok(checked) => (Some(checked), None, shown),
        Err(failed) => {
            let past = Planner::look_past_problems(options.clone(), &sample.bytes, sample.is_whole);
            (past.verdict.ok(), Some(failed), past.shown)
        }
    };
    let (problems, problems_total) = failed.map_or_else(Default::default, |failed| (failed.problems, failed.total));
    if !sample.is_whole && shown.header.is_none() && problems.is_empty() {
        let message = "The sample ends before the header does. Send more of the beginning of the file, or import it: the check reads all of it.";
        return Err(FieldProblem::new("sample", "sample_too_short", message));
    }
    let rules = Rules {
        date_format: options.rules.date_format.or(shown.date_format),
        decimal_marks: shown.decimal_marks.clone(),
        ..options.rules.clone()
    };
    let (notices, notices_total) =
        checked.map_or_else(Default::default, |checked| (checked.notices, checked.notices_total));
    Ok(Preview {
        complete: sample.is_whole,
        encoding: encoding(&shown, &options, &problems),
        delimiter: shown.dialect.delimiter.to_string(),
        quote: quote(shown.dialect),
        escape: shown.dialect.escape,
        header_line: shown.header.as_ref().map(|(_, line)| *line),
        date_format: rules.date_format.map(DateFormat::pattern),
        decimal_mark: rules.decimal_mark.or_else(|| one_mark(&shown)).map(DecimalMark::as_char),
        report_of: options.report.as_ref().map(|report| report.import.clone()),
        definition_suggested: None,
        columns: columns::columns(&shown, &options, given),
        rows_seen: shown.rows,
        rows: rows::rows(&shown, &rules, problems_total > 0),
        ready: problems.is_empty(),
        problems,
        problems_total,
        notices,
        notices_total,
    })
}

impl Preview {
    /// The preview of a file in which no text is found, as it is something else than a CSV, or damaged.
    pub fn refused(request: &ImportRequest, code: FileCode, message: String, is_whole: bool) -> Self {
        let problem = FileProblem { code, row: None, line: None, column: None, message };
        let dialect = Dialect::delimited_by(request.delimiter().unwrap_or(','));
        Self {
            complete: is_whole,
            encoding: PreviewEncoding { label: request.encoding.clone(), how: HowEncoded::Set, certain: false },
            delimiter: dialect.delimiter.to_string(),
            quote: quote(dialect),
            escape: request.escape,
            header_line: None,
            date_format: None,
            decimal_mark: None,
            report_of: None,
            definition_suggested: None,
            columns: Vec::new(),
            rows_seen: 0,
            rows: Vec::new(),
            problems: vec![problem],
            problems_total: 1,
            notices: Vec::new(),
            notices_total: 0,
            ready: false,
        }
    }
}

fn encoding(shown: &Shown, options: &ReadOptions, problems: &[FileProblem]) -> PreviewEncoding {
    let how = if shown.is_marked {
        HowEncoded::Bom
    } else if options.encoding == AUTO || !shown.is_set {
        HowEncoded::Found
    } else {
        HowEncoded::Set
    };
    let is_contradicted = problems.iter().any(|problem| problem.code == FileCode::UndecodableBytes);
    PreviewEncoding { label: shown.encoding.clone(), how, certain: shown.is_certain && !is_contradicted }
}

fn quote(dialect: Dialect) -> String {
    dialect.quote().map_or_else(|| "none".to_owned(), |quote| char::from(quote).to_string())
}

/// The decimal mark of all columns that show one, if they agree.
fn one_mark(shown: &Shown) -> Option<DecimalMark> {
    let mut marks = shown.decimal_marks.iter().flatten();
    let first = *marks.next()?;
    marks.all(|mark| *mark == first).then_some(first)
}
