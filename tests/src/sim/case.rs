//! What a seed stands for: imports with their files and settings, and what happens to them.

use std::io::Write as _;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value as Json, json};

use crate::files::{steady, tangled_with};

/// What happens in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// One import.
    One,
    /// One import after another, with other settings.
    Sequence,
    /// Two or three imports at once, of the same people.
    Beside,
    /// An import is cancelled at any moment, and then retried.
    Cancelled,
    /// The object is overwritten at any moment.
    Overwritten,
    /// A batch kills whoever touches it.
    Poison,
    /// A batch kills whoever touches it, until the import has ended; then it is retried.
    Retried,
    /// A dry run, and then the import.
    DryRun,
    /// The file never comes, or is not what it should be, or may not be read, or kills the splitter.
    BadEnd(BadEnd),
}

/// What is wrong with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BadEnd {
    /// It never comes.
    NeverUploaded,
    /// It has another size than was declared.
    WrongSize,
    /// It may not be read.
    Denied,
    /// Its last quote is never closed.
    Broken,
    /// It kills every splitter.
    DeadSplitter,
}

impl BadEnd {
    /// The code that the task fails with.
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

/// One import of a case.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its file in UTF-8.
    pub text: Vec<u8>,
    /// Its file as it is uploaded.
    pub file: Vec<u8>,
    /// The body of its launch.
    pub request: Json,
    /// How long its client waits before it begins.
    pub wait: Duration,
    /// Whether it begins only when the one before has ended.
    pub after: bool,
    /// When it is cancelled, from its upload on.
    pub cancel: Option<Duration>,
    /// When another file is put over its own, from its upload on.
    pub overwrite: Option<(Duration, Vec<u8>)>,
}

/// What a seed stands for.
#[derive(Debug, Clone)]
pub struct Case {
    /// The seed.
    pub seed: u64,
    /// What happens.
    pub story: Story,
    /// Its imports, in the order of their launch.
    pub imports: Vec<Import>,
    /// Rows of a batch.
    pub batch_rows: u32,
    /// Bytes of a part.
    pub part_bytes: u64,
    /// How long a splitter may run.
    pub splitter_timeout: Duration,
    /// Row processors at a time, and messages of one invocation.
    pub row_processors: (usize, usize),
}

impl Case {
    /// The case of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let story = match dice.random_range(0..21) {
            0..6 => Story::One,
            6..8 => Story::Sequence,
            8..12 => Story::Beside,
            12..15 => Story::Cancelled,
            15 => Story::Overwritten,
            16 => Story::Poison,
            17 => Story::DryRun,
            18 => Story::Retried,
            _ => {
                let ends =
                    [BadEnd::NeverUploaded, BadEnd::WrongSize, BadEnd::Denied, BadEnd::Broken, BadEnd::DeadSplitter];
                Story::BadEnd(*ends.choose(&mut dice).unwrap_or(&BadEnd::Broken))
            }
        };
        let imports = imports(story, &mut dice);
        let gzip = imports.iter().any(|import| import.file.starts_with(&[0x1f, 0x8b]));
        // A file is unpacked in one go.
        let seconds = if gzip { 60 } else { *[2, 4, 60].choose(&mut dice).unwrap_or(&60) };
        Self {
            seed,
            story,
            imports,
            batch_rows: *[1, 3, 8, 20].choose(&mut dice).unwrap_or(&8),
            part_bytes: *[400, 1_500, u64::MAX].choose(&mut dice).unwrap_or(&u64::MAX),
            splitter_timeout: Duration::from_secs(seconds),
            row_processors: (
                dice.random_range(2..5),
                if matches!(story, Story::Poison | Story::Retried) { 1 } else { dice.random_range(1..4) },
            ),
        }
    }
}

fn imports(story: Story, dice: &mut StdRng) -> Vec<Import> {
    let moment = |dice: &mut StdRng| Duration::from_millis(dice.random_range(0..8_000));
    match story {
        Story::Sequence => {
            let count = dice.random_range(2..4);
            let people = dice.random_range(8..25);
            (0..count).map(|_| Import { after: true, ..of_steady(dice, people, true) }).collect()
        }
        Story::Beside => {
            let count = dice.random_range(2..4);
            let people = dice.random_range(8..25);
            let wait = |dice: &mut StdRng| Duration::from_millis(dice.random_range(0..3_000));
            (0..count).map(|_| Import { wait: wait(dice), ..of_steady(dice, people, false) }).collect()
        }
        Story::Cancelled => vec![Import { cancel: Some(moment(dice)), ..of_tangled(dice) }],
        Story::Overwritten => {
            let import = plain(of_tangled(dice));
            let other = String::from_utf8_lossy(&import.text)
                .replace("example.com", "example.org")
                .replace("EXAMPLE.com", "EXAMPLE.org");
            vec![Import { overwrite: Some((moment(dice), other.into_bytes())), ..import }]
        }
        Story::DryRun => {
            let mut dry = of_tangled(dice);
            let real = Import { after: true, ..dry.clone() };
            dry.request["dry_run"] = json!(true);
            vec![dry, real]
        }
        Story::BadEnd(end) => {
            let mut import = of_tangled(dice);
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
            vec![of_steady(dice, people, false)]
        }
        Story::One | Story::Poison => vec![of_tangled(dice)],
    }
}

fn of_tangled(dice: &mut StdRng) -> Import {
    let rows = dice.random_range(15..70);
    let encoding = *["utf-8", "utf-8", "utf-16le", "shift_jis", "gzip"].choose(dice).unwrap_or(&"utf-8");
    let place = if encoding == "shift_jis" { "東京" } else { "Łódź" };
    let text = tangled_with(dice.random(), rows, place, dice.random());
    let whole = String::from_utf8_lossy(&text);
    let file = match encoding {
        "utf-16le" => [0xFF, 0xFE].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        "shift_jis" => encoding_rs::SHIFT_JIS.encode(&whole).0.into_owned(),
        "gzip" => gzip(&text),
        _ => text.clone(),
    };
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
    Import { text, file, request, wait: Duration::ZERO, after: false, cancel: None, overwrite: None }
}

/// The same import with its file in UTF-8, whose size nobody declared.
fn plain(mut import: Import) -> Import {
    import.file.clone_from(&import.text);
    import.request["encoding"] = json!("utf-8");
    import.request["file"] = json!({ "name": "customers.csv" });
    import
}

fn of_steady(dice: &mut StdRng, people: u64, modes: bool) -> Import {
    let text = steady(dice.random(), people);
    let mode =
        if modes { *["upsert", "create_only", "update_only"].choose(dice).unwrap_or(&"upsert") } else { "upsert" };
    let request = json!({
        "file": { "name": "customers.csv", "size": text.len() },
        "on_empty_column": "ignore",
        "on_empty_cell": (["keep", "clear"].choose(dice)),
        "mode": mode,
        "settings": notes(dice),
    });
    Import { file: text.clone(), text, request, wait: Duration::ZERO, after: false, cancel: None, overwrite: None }
}

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
