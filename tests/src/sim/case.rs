//! The imports that a seed draws: their files, their settings and what happens to them.

use std::io::Write as _;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value as Json, json};

use crate::files::{households, steady, tangled_with};

/// What happens to the imports of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// One import.
    One,
    /// Two or three imports one after another, each with settings of its own.
    Sequence,
    /// Two or three imports of the same people at the same time.
    SideBySide,
    /// An import is cancelled at a random moment, and then retried.
    Cancelled,
    /// The uploaded file is overwritten by another one at a random moment.
    Overwritten,
    /// One batch kills every row-processor that receives it.
    Poison,
    /// One batch kills every row-processor until the import has ended. Then the import is retried.
    Retried,
    /// A forecast, and then the import.
    Forecast,
    /// A forecast that is launched.
    Launched,
    /// A file is put into the inbox, again and again, and late.
    Inbox,
    /// The tables refuse to write the customer of one row.
    FailingRow,
    /// The tables refuse to write the customer of one row until the import has ended. Then the import is retried.
    FailingRowRetried,
    /// Customers are erased at random moments during one, two or three imports.
    Erased,
    /// Imports one after another, and the last one is taken back.
    Undone,
    /// Imports one after another, and one that is not the last is taken back.
    UndoneAmid,
    /// The import fails.
    BadEnd(BadEnd),
}

/// Why an import fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BadEnd {
    /// The file is never uploaded.
    NeverUploaded,
    /// The file has another size than was declared.
    WrongSize,
    /// The splitter may not read the file.
    Denied,
    /// The last quote of the file is never closed.
    Broken,
    /// Every splitter dies.
    DeadSplitter,
}

impl BadEnd {
    /// The code that the import fails with.
    pub const fn code(self) -> &'static str {
        match self {
            BadEnd::NeverUploaded => "upload_expired",
            BadEnd::WrongSize => "size_mismatch",
            BadEnd::Denied => "file_unreadable",
            BadEnd::Broken => "unclosed_quote",
            BadEnd::DeadSplitter => "stopped",
        }
    }
}

/// A row whose customer the tables refuse to write. One of its cells has [`FailingRow::MARKER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailingRow {
    /// Its number.
    pub row: u64,
    /// Whether they refuse the whole call, or only the statement that writes it.
    pub refuses_call: bool,
}

impl FailingRow {
    /// The value that the tables refuse.
    pub const MARKER: &str = "Unwritable";

    /// Whether the body of a call to the tables has the value for a customer.
    pub(super) fn is_written_by(self, body: &str) -> bool {
        body.contains(Self::MARKER) && body.contains("-customers")
    }
}

/// A request to erase a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseErasure {
    /// How long after the erasure before, or after the begin of the run.
    pub wait: Duration,
    /// The number of the person in the steady files.
    pub person: u64,
    /// The query that names the customer.
    pub query: String,
    /// The identifier in it: its slot and its value.
    pub named: (&'static str, String),
    /// Whether imports are kept from bringing the customer back.
    pub suppresses: bool,
    /// How long afterwards that is lifted again for the identifier in the query, if at all.
    pub lifted_after: Option<Duration>,
}

/// By how much clocks are set back.
pub const SET_BACK: Duration = Duration::from_secs(2 * 60 * 60);

/// One import of a case.
#[derive(Debug, Clone)]
pub struct CaseImport {
    /// Its file in UTF-8.
    pub text: Vec<u8>,
    /// Its file as it is uploaded.
    pub file: Vec<u8>,
    /// The body of `POST /imports`.
    pub request: Json,
    /// How long its client waits before it launches the import.
    pub wait: Duration,
    /// Whether it is launched only when the import before it has ended.
    pub waits_for_previous: bool,
    /// How long after the upload it is cancelled.
    pub cancel: Option<Duration>,
    /// How long after the upload another file overwrites it, and that file.
    pub overwrite: Option<(Duration, Vec<u8>)>,
}

/// The imports that a seed draws, and the limits that the functions have.
#[derive(Debug, Clone)]
pub struct Case {
    /// The seed.
    pub seed: u64,
    /// What happens.
    pub story: Story,
    /// Its imports, in the order of their launch.
    pub imports: Vec<CaseImport>,
    /// The customers who are erased, one after another.
    pub erasures: Vec<CaseErasure>,
    /// The import that is taken back once all have ended, by its place.
    pub undone: Option<usize>,
    /// The row of the first import that the tables refuse.
    pub failing_row: Option<FailingRow>,
    /// Most rows of a batch.
    pub batch_rows: u32,
    /// Bytes after which a new file part begins.
    pub file_part_bytes: u64,
    /// How long a splitter may run.
    pub splitter_timeout: Duration,
    /// When all clocks are set back by [`SET_BACK`], after the begin of the run.
    pub clocks_set_back: Option<Duration>,
    /// How many row-processors may run at the same time.
    pub row_processors: u32,
    /// Most messages that one invocation of a row-processor receives.
    pub messages_per_row_processor: u32,
}

impl Case {
    /// Draws a case from a seed.
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let story = match dice.random_range(0..21) {
            0..6 => Story::One,
            6..8 => Story::Sequence,
            8..12 => Story::SideBySide,
            12..15 => Story::Cancelled,
            15 => Story::Overwritten,
            16 => Story::Poison,
            17 => Story::Forecast,
            18 => Story::Retried,
            _ => {
                let ends =
                    [BadEnd::NeverUploaded, BadEnd::WrongSize, BadEnd::Denied, BadEnd::Broken, BadEnd::DeadSplitter];
                Story::BadEnd(*ends.choose(&mut dice).unwrap_or(&BadEnd::Broken))
            }
        };
        let mut imports = imports(story, &mut dice);
        // Drawn apart and for every third seed, so that the seeds that failed once keep their cases.
        let mut dice_of_row = StdRng::seed_from_u64(seed ^ 0x0072_6f77);
        let (story, failing_row) = match story {
            Story::One if seed % 3 == 1 && dice_of_row.random_bool(0.9) => {
                let is_retried = dice_of_row.random_bool(0.5);
                let mut import = if is_retried {
                    let people = dice_of_row.random_range(8..25);
                    steady_import(&mut dice_of_row, people, false)
                } else {
                    tangled_import(&mut dice_of_row)
                };
                let failing = mark_row(&mut import, &mut dice_of_row);
                imports = vec![import];
                (if is_retried { Story::FailingRowRetried } else { Story::FailingRow }, Some(failing))
            }
            story => (story, None),
        };
        let (story, erasures) = match story {
            // Another sixth, drawn apart for the same reason.
            Story::One | Story::SideBySide if seed % 6 == 2 => {
                let (drawn, mut erasures) = erased_beside(&mut StdRng::seed_from_u64(seed ^ 0x6572_6173));
                imports = drawn;
                if seed % 18 == 2 {
                    suppress_some(&mut erasures, &mut StdRng::seed_from_u64(seed ^ 0x7375_7070));
                }
                if seed % 36 == 20 {
                    lift_some(&mut erasures, &mut imports, &mut StdRng::seed_from_u64(seed ^ 0x6c69_6674));
                }
                (Story::Erased, erasures)
            }
            story => (story, Vec::new()),
        };
        let story = match story {
            Story::Sequence if seed % 5 == 1 => Story::Undone,
            Story::Sequence if seed % 5 == 2 && seed % 3 != 2 => Story::UndoneAmid,
            story => story,
        };
        if story == Story::UndoneAmid {
            // So that every row is applied.
            imports.iter_mut().for_each(|import| import.request["mode"] = json!("upsert"));
        }
        let undone = match story {
            Story::Undone => Some(imports.len() - 1),
            Story::UndoneAmid => Some(StdRng::seed_from_u64(seed ^ 0x616d_6964).random_range(0..imports.len() - 1)),
            _ => None,
        };
        // Drawn apart for some seeds, for the same reason: the import that is taken back was cancelled while it ran.
        if story == Story::Undone
            && matches!(seed % 11, 4 | 8 | 9)
            && let Some(last) = imports.last_mut()
        {
            let mut dice = StdRng::seed_from_u64(seed ^ 0x6361_6e63);
            last.cancel = Some(Duration::from_millis(dice.random_range(0..8_000)));
        }
        // Drawn apart for every ninth seed, for the same reason.
        let mut dice_of_launch = StdRng::seed_from_u64(seed ^ 0x6c61_756e_6368);
        let story = match story {
            Story::One if seed % 9 == 8 => {
                imports = self::imports(Story::Launched, &mut dice_of_launch);
                Story::Launched
            }
            Story::One if seed % 9 == 6 => {
                imports = self::imports(Story::Inbox, &mut dice_of_launch);
                Story::Inbox
            }
            story => story,
        };
        draw_weak_matches(seed, story, &mut imports);
        draw_writes(seed, story, &mut imports);
        // For every third seed, so that the seeds that failed once keep their requests.
        if seed.is_multiple_of(3) {
            imports.iter_mut().for_each(|import| import.request["results"] = json!(true));
        }
        let gzip = imports.iter().any(|import| import.file.starts_with(&[0x1f, 0x8b]));
        // A splitter cannot stop half-way through unpacking a file, so it needs the time for all of it.
        let seconds = if gzip { 60 } else { *[2, 4, 60].choose(&mut dice).unwrap_or(&60) };
        Self {
            seed,
            story,
            imports,
            erasures,
            undone,
            failing_row,
            batch_rows: *[1, 3, 8, 20].choose(&mut dice).unwrap_or(&8),
            file_part_bytes: *[400, 1_500, u64::MAX].choose(&mut dice).unwrap_or(&u64::MAX),
            splitter_timeout: Duration::from_secs(seconds),
            // Drawn apart for every thirteenth seed, for the same reason.
            clocks_set_back: (seed % 13 == 10)
                .then(|| Duration::from_millis(StdRng::seed_from_u64(seed ^ 0x0063_6c6f_636b).random_range(0..20_000))),
            row_processors: dice.random_range(2..5),
            // A poisoned batch kills its invocation, and would take other batches in it down too.
            messages_per_row_processor: match story {
                Story::Poison | Story::Retried => 1,
                _ => dice.random_range(1..4),
            },
        }
    }
}

/// Draws what happens to rows that share only a weaker identifier with a customer, and gives a third of the sequences
/// files in which most rows do. Drawn apart for the same reason.
fn draw_weak_matches(seed: u64, story: Story, imports: &mut [CaseImport]) {
    let mut dice = StdRng::seed_from_u64(seed ^ 0x7765_616b);
    let people = dice.random_range(8..25);
    let for_all = on_weak_match(&mut dice);
    for import in imports {
        if matches!(story, Story::Sequence | Story::Undone) && seed % 3 == 2 {
            import.text = households(dice.random(), people);
            import.file.clone_from(&import.text);
            import.request["file"]["size"] = json!(import.file.len());
            import.request["on_conflict"] = json!(["skip_identifier", "skip_identifier", "reject"].choose(&mut dice));
        }
        // A forecast and its import must have the same settings.
        import.request["on_weak_match"] =
            if matches!(story, Story::Sequence | Story::Undone) { on_weak_match(&mut dice) } else { for_all.clone() };
    }
}

/// Draws for some cases which columns are written only where the customer has nothing, or never. Drawn apart for the same
/// reason.
fn draw_writes(seed: u64, story: Story, imports: &mut [CaseImport]) {
    let mut dice = StdRng::seed_from_u64(seed ^ 0x0062_6c61_6e6b);
    let drawn: &[&str] = match story {
        // Of imports that are open at once, the result is not that of one after another: docs/guarantees.md.
        Story::SideBySide | Story::Erased | Story::BadEnd(_) => return,
        // Whether a later import filled a value says nothing of what was there without the one that is taken back.
        Story::UndoneAmid => return,
        // The rows of these stories that fail do so for their first names.
        Story::Poison | Story::FailingRow | Story::Retried | Story::FailingRowRetried => &["city"],
        // Rows of a person who is stored have nothing else in common.
        Story::Sequence | Story::Undone => &["first_name", "city"],
        Story::One | Story::Cancelled | Story::Overwritten | Story::Forecast | Story::Launched | Story::Inbox => {
            &["external_id", "email", "phone", "first_name", "city", "birth_date"]
        }
    };
    if !dice.random_bool(0.4) {
        return;
    }
    let words: Vec<(&str, &str)> = drawn
        .iter()
        .map(|column| (*column, *["always", "if_blank", "if_blank", "never"].choose(&mut dice).unwrap_or(&"always")))
        .collect();
    for import in imports {
        let header = import.text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let header = String::from_utf8_lossy(header).into_owned();
        for (column, write) in words.iter().filter(|(column, _)| header.split(',').any(|name| name == *column)) {
            import.request["columns"][*column] = json!({ "column": column, "write": write });
        }
    }
}

fn on_weak_match(dice: &mut StdRng) -> Json {
    json!(["separate", "separate", "update", "reject"].choose(dice))
}

fn imports(story: Story, dice: &mut StdRng) -> Vec<CaseImport> {
    let moment = |dice: &mut StdRng| Duration::from_millis(dice.random_range(0..8_000));
    match story {
        Story::Sequence => {
            let count = dice.random_range(2..4);
            let people = dice.random_range(8..25);
            (0..count).map(|_| CaseImport { waits_for_previous: true, ..steady_import(dice, people, true) }).collect()
        }
        Story::SideBySide => {
            let count = dice.random_range(2..4);
            let people = dice.random_range(8..25);
            let wait = |dice: &mut StdRng| Duration::from_millis(dice.random_range(0..3_000));
            (0..count).map(|_| CaseImport { wait: wait(dice), ..steady_import(dice, people, false) }).collect()
        }
        Story::Cancelled => vec![CaseImport { cancel: Some(moment(dice)), ..tangled_import(dice) }],
        Story::Overwritten => {
            let import = plain(tangled_import(dice));
            let other = String::from_utf8_lossy(&import.text)
                .replace("example.com", "example.org")
                .replace("EXAMPLE.com", "EXAMPLE.org");
            vec![CaseImport { overwrite: Some((moment(dice), other.into_bytes())), ..import }]
        }
        Story::Forecast | Story::Launched => {
            let mut forecast = tangled_import(dice);
            let import = CaseImport { waits_for_previous: true, ..forecast.clone() };
            forecast.request["dry_run"] = json!(true);
            vec![forecast, import]
        }
        Story::BadEnd(end) => {
            let mut import = tangled_import(dice);
            match end {
                BadEnd::WrongSize => import.request["file"]["size"] = json!(import.file.len() + 1),
                BadEnd::Broken => {
                    import.text.extend_from_slice(b"C1,p1@example.com,,\"");
                    import = plain(import);
                }
                _ => {}
            }
            vec![import]
        }
        Story::Retried => {
            let people = dice.random_range(8..25);
            vec![steady_import(dice, people, false)]
        }
        // The stories of a failing row and of erasures replace that of one import.
        Story::One
        | Story::Poison
        | Story::FailingRow
        | Story::FailingRowRetried
        | Story::Erased
        | Story::Undone
        | Story::UndoneAmid
        | Story::Inbox => {
            vec![tangled_import(dice)]
        }
    }
}

/// One to three imports of the same people, at the same time or one after another, and who of them is erased when.
fn erased_beside(dice: &mut StdRng) -> (Vec<CaseImport>, Vec<CaseErasure>) {
    let people = dice.random_range(5..16);
    let waits_for_previous = dice.random();
    let count = dice.random_range(1..4);
    let imports = (0..count).map(|_| {
        let wait = Duration::from_millis(dice.random_range(0..3_000));
        CaseImport { wait, waits_for_previous, ..steady_import(dice, people, false) }
    });
    let imports = imports.collect();
    let longest = *[2_000, 6_000, 30_000].choose(dice).unwrap_or(&6_000);
    let erasures = (0..dice.random_range(1..6)).map(|_| {
        let person = dice.random_range(0..people);
        let named = match dice.random_range(0..5) {
            0 => ("phone", format!("+1201555{person:04}")),
            1 | 2 => ("email", format!("p{person}@example.com")),
            _ => ("external_id", format!("C{person}")),
        };
        let query = format!("{}={}", named.0, named.1.replace('+', "%2B").replace('@', "%40"));
        let wait = Duration::from_millis(dice.random_range(0..longest));
        CaseErasure { wait, person, query, named, suppresses: false, lifted_after: None }
    });
    let erasures = erasures.collect();
    (imports, erasures)
}

/// Has some erasures keep their customers out.
fn suppress_some(erasures: &mut [CaseErasure], dice: &mut StdRng) {
    for erasure in erasures {
        if dice.random_bool(0.6) {
            erasure.suppresses = true;
            erasure.query.push_str("&suppress=true");
        }
    }
}

/// Has most suppressions lifted again, and imports launched before, between and after.
fn lift_some(erasures: &mut [CaseErasure], imports: &mut [CaseImport], dice: &mut StdRng) {
    for erasure in erasures.iter_mut().filter(|erasure| erasure.suppresses) {
        erasure.lifted_after = dice.random_bool(0.7).then(|| Duration::from_millis(dice.random_range(0..4_000)));
    }
    for import in imports {
        import.wait += Duration::from_millis(dice.random_range(0..12_000));
    }
}

fn tangled_import(dice: &mut StdRng) -> CaseImport {
    let rows = dice.random_range(15..70);
    let encoding = *["utf-8", "utf-8", "utf-16le", "shift_jis", "gzip"].choose(dice).unwrap_or(&"utf-8");
    let place = if encoding == "shift_jis" { "東京" } else { "Łódź" };
    let text = tangled_with(dice.random(), rows, place, dice.random());
    let file = encode(&text, encoding);
    let mut request = json!({
        "file": { "name": if encoding == "gzip" { "customers.csv.gz" } else { "customers.csv" } },
        "encoding": if encoding == "gzip" { "utf-8" } else { encoding },
        "on_empty_column": "ignore",
        "on_conflict": (["skip_identifier", "skip_identifier", "reject"].choose(dice)),
        "on_invalid_value": (["drop_value", "drop_value", "reject"].choose(dice)),
        "on_empty_cell": (["keep", "keep", "clear"].choose(dice)),
        "settings": notes(dice),
    });
    if dice.random() {
        request["file"]["size"] = json!(file.len());
    }
    CaseImport { text, file, ..new_import(request) }
}

fn encode(text: &[u8], encoding: &str) -> Vec<u8> {
    let whole = String::from_utf8_lossy(text);
    match encoding {
        "utf-16le" => [0xFF, 0xFE].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        "shift_jis" => encoding_rs::SHIFT_JIS.encode(&whole).0.into_owned(),
        "gzip" => gzip(text),
        _ => text.to_vec(),
    }
}

/// Gives one row of an import the first name that the tables refuse.
fn mark_row(import: &mut CaseImport, dice: &mut StdRng) -> FailingRow {
    let first_name = 3;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(import.text.as_slice());
    let mut records: Vec<csv::StringRecord> = reader.records().filter_map(Result::ok).collect();
    let row = dice.random_range(1..records.len());
    let marked = records[row].iter().enumerate();
    let marked = marked.map(|(column, cell)| if column == first_name { FailingRow::MARKER } else { cell });
    records[row] = marked.collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in &records {
        // Writing to memory does not fail.
        let _ = writer.write_record(record);
    }
    import.text = writer.into_inner().unwrap_or_default();
    let is_packed = import.file.starts_with(&[0x1f, 0x8b]);
    let encoding = if is_packed { "gzip" } else { import.request["encoding"].as_str().unwrap_or("utf-8") };
    import.file = encode(&import.text, encoding);
    if import.request["file"]["size"].is_number() {
        import.request["file"]["size"] = json!(import.file.len());
    }
    FailingRow { row: row as u64, refuses_call: dice.random() }
}

/// The import with its file in UTF-8 and without a declared size.
fn plain(mut import: CaseImport) -> CaseImport {
    import.file.clone_from(&import.text);
    import.request["encoding"] = json!("utf-8");
    import.request["file"] = json!({ "name": "customers.csv" });
    import
}

fn steady_import(dice: &mut StdRng, people: u64, draws_mode: bool) -> CaseImport {
    let text = steady(dice.random(), people);
    let mode =
        if draws_mode { *["upsert", "create_only", "update_only"].choose(dice).unwrap_or(&"upsert") } else { "upsert" };
    let request = json!({
        "file": { "name": "customers.csv", "size": text.len() },
        "on_empty_column": "ignore",
        "on_empty_cell": (["keep", "clear"].choose(dice)),
        "mode": mode,
        "settings": notes(dice),
    });
    CaseImport { file: text.clone(), text, ..new_import(request) }
}

/// An import that is launched at once and that nothing happens to; its file is still missing.
fn new_import(request: Json) -> CaseImport {
    CaseImport {
        text: Vec::new(),
        file: Vec::new(),
        request,
        wait: Duration::ZERO,
        waits_for_previous: false,
        cancel: None,
        overwrite: None,
    }
}

/// Draws the segment and the source action.
fn notes(dice: &mut StdRng) -> Json {
    let mut settings = json!({});
    if dice.random() {
        settings["segment"] = json!({ "name": (["Spring", "Autumn"].choose(dice)) });
    }
    match dice.random_range(0..4) {
        0 => settings["source_action"] = json!({ "name": "Imported" }),
        1 => settings["source_action"] = json!({ "name": "Imported", "for": "created" }),
        2 => settings["source_action"] = json!({ "name": "Imported", "update_action": "Seen again" }),
        _ => {}
    }
    settings
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).and_then(|()| packed.finish()).unwrap_or_default()
}
