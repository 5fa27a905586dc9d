//! Every key of the bucket, made and read by one type. infra/template.yaml sends the events of objects under `uploads/`
//! and `inbox/` to the splitter.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64;

use crate::customer::SegmentId;
use crate::imports::ImportId;
use crate::input::{MAX_NAME, check_name};

/// An object of Muster's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKey {
    /// The file as it was uploaded.
    Upload {
        /// The import.
        import: ImportId,
        /// The file's name in characters that every store spells alike ([`plain_file_name`]).
        file_name: String,
    },
    /// A file that somebody put into the bucket to have it imported with a definition. Others make these keys, so names
    /// in them are as they are.
    Inbox {
        /// The name of the definition; empty if the key has none.
        definition: String,
        /// The rest of the key.
        path: String,
    },
    /// What a compressed file was unpacked to, by one splitter.
    Unpacked {
        /// The import.
        import: ImportId,
        /// The request of the splitter.
        owner: String,
    },
    /// The rows of a file part that are not in wave 0.
    LaterRows {
        /// The import.
        import: ImportId,
        /// The request of the splitter that planned them.
        owner: String,
        /// The part's number, from 0.
        part: u32,
    },
    /// Where a splitter stopped at its deadline.
    Checkpoint {
        /// The import.
        import: ImportId,
        /// The request of the splitter.
        owner: String,
        /// Bytes of the file before it.
        offset: u64,
    },
    /// The rows of a batch of the tail, until its turn.
    TailBatch {
        /// The import.
        import: ImportId,
        /// The batch's number.
        batch: u32,
    },
    /// The rows of a batch that no message holds.
    LargeBatch {
        /// The import.
        import: ImportId,
        /// Its number.
        batch: u32,
    },
    /// What an attempt at a batch replaced, so that the import can be taken back.
    Former {
        /// The import.
        import: ImportId,
        /// The batch's number.
        batch: u32,
        /// A hash of what it replaced: an attempt that finds the same writes the same object.
        hash: u64,
    },
    /// What one batch left for a report.
    ReportPart {
        /// The import.
        import: ImportId,
        /// The report that it is for.
        of: PartOf,
        /// The batch's number.
        batch: u32,
        /// The revision of the intent that it belongs to.
        revision: u32,
    },
    /// The report.
    Report {
        /// The import.
        import: ImportId,
        /// How many times the import had been retried: a late report of an earlier run replaces none.
        run: u32,
    },
    /// Samples of what an attempt at a batch of a forecast would change.
    BatchSamples {
        /// The forecast.
        import: ImportId,
        /// The batch's number.
        batch: u32,
        /// A hash of them: an attempt with the same samples writes the same object.
        hash: u64,
    },
    /// Samples of what a forecast would change.
    Samples {
        /// The forecast.
        import: ImportId,
        /// How many times it had been retried.
        run: u32,
    },
    /// What became of every row.
    Results {
        /// The import.
        import: ImportId,
        /// How many times the import had been retried.
        run: u32,
    },
    /// What the report comes to, code by code.
    ReportSummary {
        /// The import.
        import: ImportId,
        /// How many times the import had been retried.
        run: u32,
    },
    /// The members of a segment as a CSV.
    Export {
        /// The segment.
        segment: SegmentId,
        /// When it was asked for, in milliseconds since 1970.
        at: i64,
    },
    /// Some of its members, as far as one function came.
    ExportPiece {
        /// The segment.
        segment: SegmentId,
        /// When the export was asked for.
        at: i64,
        /// The request of the function.
        owner: String,
    },
}

/// What batches leave parts for, which are joined once an import's rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartOf {
    /// The report: rows that something is wrong with.
    Report,
    /// The results: every row.
    Results,
}

impl PartOf {
    /// The folder of the parts.
    const fn folder(self) -> &'static str {
        match self {
            Self::Report => "parts",
            Self::Results => "results",
        }
    }
}

impl ObjectKey {
    /// What keys begin with. How long an object is kept depends on it.
    pub const PREFIXES: [&str; 6] = ["uploads/", "inbox/", "work/", "reports/", "exports/", "former/"];

    /// What the keys of an import's unpacked files begin with: one for each splitter that unpacked it.
    pub fn unpacked_files(import: ImportId) -> String {
        format!("work/{import}/plain-")
    }

    /// The key of what an attempt at a batch replaced, from the bytes of the object.
    pub fn former(import: ImportId, batch: u32, bytes: &[u8]) -> Self {
        Self::Former { import, batch, hash: xxh3_64(bytes) }
    }

    /// The prefix of all that an import replaced: the keys are in the order of batches.
    pub fn all_former(import: ImportId) -> String {
        format!("former/{import}/")
    }

    /// The prefix of what the attempts at a batch replaced.
    pub fn former_of(import: ImportId, batch: u32) -> String {
        format!("{}{batch:08}-", Self::all_former(import))
    }

    /// The key of an attempt's samples, from the bytes of the object.
    pub fn batch_samples(import: ImportId, batch: u32, bytes: &[u8]) -> Self {
        Self::BatchSamples { import, batch, hash: xxh3_64(bytes) }
    }

    /// The prefix of the samples of a forecast's batches: their keys are in the order of batches.
    pub fn all_batch_samples(import: ImportId) -> String {
        format!("reports/{import}/samples/")
    }

    /// The prefix of the parts of an import's report: their keys are in the order of batches.
    pub fn report_parts(import: ImportId, of: PartOf) -> String {
        format!("reports/{import}/{}/", of.folder())
    }

    /// A key before the parts of this batch and of those after it.
    pub fn before_report_parts_of(import: ImportId, of: PartOf, batch: u32) -> String {
        format!("{}{batch:08}", Self::report_parts(import, of))
    }

    /// Reads a key; none if it is not an object of Muster's.
    pub fn parse(key: &str) -> Option<Self> {
        let (top, rest) = key.split_once('/')?;
        if top == "exports" {
            let (segment, name) = rest.strip_suffix(".csv")?.split_once('/')?;
            let segment = SegmentId::from_stored(segment);
            return Some(match name.split_once('-') {
                Some((at, owner)) => Self::ExportPiece { segment, at: at.parse().ok()?, owner: owner.to_owned() },
                None => Self::Export { segment, at: name.parse().ok()? },
            });
        }
        if top == "inbox" {
            let (definition, path) = rest.split_once('/').unwrap_or(("", rest));
            // What stands for a folder is no file.
            let is_file = !path.is_empty() && !path.ends_with('/');
            return is_file.then(|| Self::Inbox { definition: definition.to_owned(), path: path.to_owned() });
        }
        let (import, rest) = rest.split_once('/')?;
        let import: ImportId = import.parse().ok()?;
        let owned = |text: &str| -> Option<(String, u64)> {
            let (owner, offset) = text.rsplit_once('-')?;
            Some((owner.to_owned(), offset.parse().ok()?))
        };
        match (top, rest) {
            ("uploads", file_name) => Some(Self::Upload { import, file_name: file_name.to_owned() }),
            ("former", name) => {
                let (batch, hash) = name.split_once('-')?;
                Some(Self::Former { import, batch: batch.parse().ok()?, hash: u64::from_str_radix(hash, 16).ok()? })
            }
            ("reports", name) => {
                if let Some(samples) = name.strip_prefix("samples/") {
                    let (batch, hash) = samples.split_once('-')?;
                    let (batch, hash) = (batch.parse().ok()?, u64::from_str_radix(hash, 16).ok()?);
                    return Some(Self::BatchSamples { import, batch, hash });
                }
                if let Some((folder, part)) = name.split_once('/') {
                    let of = [PartOf::Report, PartOf::Results].into_iter().find(|of| of.folder() == folder)?;
                    let (batch, revision) = part.split_once('-')?;
                    let (batch, revision) = (batch.parse().ok()?, revision.parse().ok()?);
                    return Some(Self::ReportPart { import, of, batch, revision });
                }
                let run_of = |stem: &str, extension: &str| -> Option<u32> {
                    let run = name.strip_prefix(stem)?.strip_suffix(extension)?;
                    if run.is_empty() { Some(0) } else { run.strip_prefix('-')?.parse().ok().filter(|run| *run > 0) }
                };
                let report = run_of("errors", ".csv").map(|run| Self::Report { import, run });
                let results = || run_of("results", ".csv").map(|run| Self::Results { import, run });
                let summary = || run_of("summary", ".json").map(|run| Self::ReportSummary { import, run });
                let samples = || run_of("forecast", ".json").map(|run| Self::Samples { import, run });
                report.or_else(results).or_else(summary).or_else(samples)
            }
            ("work", work) => {
                if let Some(owner) = work.strip_prefix("plain-") {
                    return Some(Self::Unpacked { import, owner: owner.to_owned() });
                }
                let (kind, name) = work.split_once('/')?;
                match kind {
                    "later-rows" => owned(name).and_then(|(owner, part)| {
                        Some(Self::LaterRows { import, owner, part: u32::try_from(part).ok()? })
                    }),
                    "checkpoint" => owned(name).map(|(owner, offset)| Self::Checkpoint { import, owner, offset }),
                    "tail" => Some(Self::TailBatch { import, batch: name.parse().ok()? }),
                    "batch" => Some(Self::LargeBatch { import, batch: name.parse().ok()? }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether this is the key of a file as somebody sent it, and of nothing that Muster made of it.
    pub fn is_sent_file(key: &str) -> bool {
        matches!(Self::parse(key), Some(Self::Upload { .. } | Self::Inbox { .. }))
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload { import, file_name } => write!(f, "uploads/{import}/{file_name}"),
            Self::Inbox { definition, path } if definition.is_empty() => write!(f, "inbox/{path}"),
            Self::Inbox { definition, path } => write!(f, "inbox/{definition}/{path}"),
            Self::Unpacked { import, owner } => write!(f, "work/{import}/plain-{owner}"),
            Self::LaterRows { import, owner, part } => write!(f, "work/{import}/later-rows/{owner}-{part:06}"),
            Self::Checkpoint { import, owner, offset } => write!(f, "work/{import}/checkpoint/{owner}-{offset:016}"),
            Self::TailBatch { import, batch } => write!(f, "work/{import}/tail/{batch:08}"),
            Self::LargeBatch { import, batch } => write!(f, "work/{import}/batch/{batch:08}"),
            Self::Former { import, batch, hash } => write!(f, "{}{hash:016x}", Self::former_of(*import, *batch)),
            Self::ReportPart { import, of, batch, revision } => {
                write!(f, "{}{batch:08}-{revision:04}", Self::report_parts(*import, *of))
            }
            Self::Report { import, run: 0 } => write!(f, "reports/{import}/errors.csv"),
            Self::Report { import, run } => write!(f, "reports/{import}/errors-{run}.csv"),
            Self::BatchSamples { import, batch, hash } => {
                write!(f, "{}{batch:08}-{hash:016x}", Self::all_batch_samples(*import))
            }
            Self::Samples { import, run: 0 } => write!(f, "reports/{import}/forecast.json"),
            Self::Samples { import, run } => write!(f, "reports/{import}/forecast-{run}.json"),
            Self::Results { import, run: 0 } => write!(f, "reports/{import}/results.csv"),
            Self::Results { import, run } => write!(f, "reports/{import}/results-{run}.csv"),
            Self::ReportSummary { import, run: 0 } => write!(f, "reports/{import}/summary.json"),
            Self::ReportSummary { import, run } => write!(f, "reports/{import}/summary-{run}.json"),
            Self::Export { segment, at } => write!(f, "exports/{segment}/{at}.csv"),
            Self::ExportPiece { segment, at, owner } => write!(f, "exports/{segment}/{at}-{owner}.csv"),
        }
    }
}

/// A file's name as the last part of a key. Whatever is not a plain letter, digit, dot, dash or underscore becomes a
/// dash, so that every store and every event spells the key alike. The import keeps the name as it was.
pub fn plain_file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' });
    let plain: String = plain.take(100).collect();
    if plain.trim_matches(['.', '-']).is_empty() { "file.csv".to_owned() } else { plain }
}

/// The name of a file of the inbox as an import shows it: the last part of its path, as far as it is a name.
pub fn shown_file_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect();
    if check_name(&name).is_ok() { name } else { "file.csv".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Segment;

    #[test]
    fn every_key_is_read_back_as_it_was_made() {
        let import: ImportId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        let owner = || "8d2e8a5c-15b2-4c3e".to_owned();
        let segment = Segment::new("Surveys", "May").id();
        let keys = [
            ObjectKey::Upload { import, file_name: "a-b.csv".to_owned() },
            ObjectKey::Inbox { definition: "Café & Söhne".to_owned(), path: "2026/May 1.csv".to_owned() },
            ObjectKey::Inbox { definition: String::new(), path: "a.csv".to_owned() },
            ObjectKey::Unpacked { import, owner: owner() },
            ObjectKey::LaterRows { import, owner: owner(), part: 7 },
            ObjectKey::Checkpoint { import, owner: owner(), offset: u64::from(u32::MAX) },
            ObjectKey::TailBatch { import, batch: 3 },
            ObjectKey::LargeBatch { import, batch: 123_456_789 },
            ObjectKey::Former { import, batch: 4, hash: u64::MAX / 17 },
            ObjectKey::ReportPart { import, of: PartOf::Report, batch: 4, revision: 9_000 },
            ObjectKey::ReportPart { import, of: PartOf::Results, batch: 4, revision: 9_000 },
            ObjectKey::Report { import, run: 0 },
            ObjectKey::Report { import, run: 2 },
            ObjectKey::Results { import, run: 0 },
            ObjectKey::BatchSamples { import, batch: 4, hash: u64::MAX / 19 },
            ObjectKey::Samples { import, run: 0 },
            ObjectKey::Samples { import, run: 2 },
            ObjectKey::Results { import, run: 3 },
            ObjectKey::ReportSummary { import, run: 0 },
            ObjectKey::ReportSummary { import, run: 1 },
            ObjectKey::Export { segment: segment.clone(), at: 1_780_000_000_000 },
            ObjectKey::ExportPiece { segment, at: 1_780_000_000_000, owner: owner() },
        ];
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(ObjectKey::parse(&key.to_string()).as_ref(), Some(key));
            assert!(keys[..index].iter().all(|other| other.to_string() != key.to_string()), "{key}");
            assert!(ObjectKey::PREFIXES.iter().any(|prefix| key.to_string().starts_with(prefix)), "{key}");
        }
        for key in [
            "",
            "inbox/",
            "inbox/Shop/",
            "inbox/Shop/2026/",
            "uploads",
            "uploads/x/a.csv",
            "work/x",
            "else/01KB7Z4Q0VX3H9M2T5R8N6C1DE/a",
        ] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }

    #[test]
    fn the_parts_of_a_batch_come_after_the_key_before_them() {
        let import = ImportId::from_bytes([7; 16]);
        let of = PartOf::Report;
        let part = |batch| ObjectKey::ReportPart { import, of, batch, revision: 1 }.to_string();
        let before = ObjectKey::before_report_parts_of(import, of, 128);
        assert!(part(127) < before && before < part(128) && part(128) < part(129));
    }

    #[test]
    fn odd_file_names_make_plain_keys() {
        assert_eq!(plain_file_name("customers.csv"), "customers.csv");
        assert_eq!(plain_file_name("../../etc/pass wd?.csv"), "pass-wd-.csv");
        assert_eq!(plain_file_name("C:\\My Files\\Клиенты 1.csv"), "--------1.csv");
        assert_eq!(plain_file_name(".."), "file.csv");
    }
}
