//! Every key of the bucket, made and read by one type. infra/template.yaml sends the events of objects under `uploads/`
//! to the splitter.

use std::fmt;

use crate::customer::SegmentId;
use crate::imports::ImportId;

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
    /// What a compressed file was unpacked to, by one splitter.
    Unpacked {
        /// The import.
        import: ImportId,
        /// The request of the splitter.
        owner: String,
    },
    /// Where a part of a file begins.
    PartSnapshot {
        /// The import.
        import: ImportId,
        /// The request of the splitter.
        owner: String,
        /// Bytes of the file before the part.
        offset: u64,
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
    /// The rows of a batch of the ordered lane, until its turn.
    OrderedBatch {
        /// The import.
        import: ImportId,
        /// Its place in the lane.
        index: u32,
    },
    /// The rows of a batch that no message holds.
    LargeBatch {
        /// The import.
        import: ImportId,
        /// Its number.
        batch: u32,
    },
    /// The report lines of one batch.
    ReportPart {
        /// The import.
        import: ImportId,
        /// The batch's number.
        batch: u32,
        /// The revision of the intent that it belongs to.
        revision: u32,
    },
    /// The report.
    Report {
        /// The import.
        import: ImportId,
    },
    /// What the report comes to, code by code.
    ReportSummary {
        /// The import.
        import: ImportId,
    },
    /// The members of a segment as a CSV.
    Export {
        /// The segment.
        segment: SegmentId,
        /// When it was asked for, in milliseconds since 1970.
        at: i64,
    },
}

impl ObjectKey {
    /// What the keys of an import's unpacked files begin with: one for each splitter that unpacked it.
    pub fn unpacked_files(import: ImportId) -> String {
        format!("work/{import}/plain-")
    }

    /// The prefix of the report parts of an import: their keys are in the order of batches.
    pub fn report_parts(import: ImportId) -> String {
        format!("reports/{import}/parts/")
    }

    /// A key before the report parts of this batch and of those after it.
    pub fn before_report_parts_of(import: ImportId, batch: u32) -> String {
        format!("{}{batch:08}", Self::report_parts(import))
    }

    /// Reads a key; none if it is not an object of Muster's.
    pub fn parse(key: &str) -> Option<Self> {
        let (top, rest) = key.split_once('/')?;
        if top == "exports" {
            let (segment, at) = rest.strip_suffix(".csv")?.split_once('/')?;
            return Some(Self::Export { segment: SegmentId::from_stored(segment), at: at.parse().ok()? });
        }
        let (import, rest) = rest.split_once('/')?;
        let import: ImportId = import.parse().ok()?;
        let owned = |text: &str| -> Option<(String, u64)> {
            let (owner, offset) = text.rsplit_once('-')?;
            Some((owner.to_owned(), offset.parse().ok()?))
        };
        match (top, rest) {
            ("uploads", file_name) => Some(Self::Upload { import, file_name: file_name.to_owned() }),
            ("reports", "errors.csv") => Some(Self::Report { import }),
            ("reports", "summary.json") => Some(Self::ReportSummary { import }),
            ("reports", part) => {
                let (batch, revision) = part.strip_prefix("parts/")?.split_once('-')?;
                Some(Self::ReportPart { import, batch: batch.parse().ok()?, revision: revision.parse().ok()? })
            }
            ("work", work) => {
                if let Some(owner) = work.strip_prefix("plain-") {
                    return Some(Self::Unpacked { import, owner: owner.to_owned() });
                }
                let (kind, name) = work.split_once('/')?;
                match kind {
                    "part" => owned(name).map(|(owner, offset)| Self::PartSnapshot { import, owner, offset }),
                    "checkpoint" => owned(name).map(|(owner, offset)| Self::Checkpoint { import, owner, offset }),
                    "ordered" => Some(Self::OrderedBatch { import, index: name.parse().ok()? }),
                    "batch" => Some(Self::LargeBatch { import, batch: name.parse().ok()? }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The import whose upload this is, if it is an upload.
    pub fn import_of_upload(key: &str) -> Option<ImportId> {
        match Self::parse(key)? {
            Self::Upload { import, .. } => Some(import),
            _ => None,
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload { import, file_name } => write!(f, "uploads/{import}/{file_name}"),
            Self::Unpacked { import, owner } => write!(f, "work/{import}/plain-{owner}"),
            Self::PartSnapshot { import, owner, offset } => write!(f, "work/{import}/part/{owner}-{offset:016}"),
            Self::Checkpoint { import, owner, offset } => write!(f, "work/{import}/checkpoint/{owner}-{offset:016}"),
            Self::OrderedBatch { import, index } => write!(f, "work/{import}/ordered/{index:08}"),
            Self::LargeBatch { import, batch } => write!(f, "work/{import}/batch/{batch:08}"),
            Self::ReportPart { import, batch, revision } => {
                write!(f, "{}{batch:08}-{revision:04}", Self::report_parts(*import))
            }
            Self::Report { import } => write!(f, "reports/{import}/errors.csv"),
            Self::ReportSummary { import } => write!(f, "reports/{import}/summary.json"),
            Self::Export { segment, at } => write!(f, "exports/{segment}/{at}.csv"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Segment;

    #[test]
    fn every_key_is_read_back_as_it_was_made() {
        let import: ImportId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        let owner = || "8d2e8a5c-15b2-4c3e".to_owned();
        let keys = [
            ObjectKey::Upload { import, file_name: "a-b.csv".to_owned() },
            ObjectKey::Unpacked { import, owner: owner() },
            ObjectKey::PartSnapshot { import, owner: owner(), offset: 7 },
            ObjectKey::Checkpoint { import, owner: owner(), offset: u64::from(u32::MAX) },
            ObjectKey::OrderedBatch { import, index: 3 },
            ObjectKey::LargeBatch { import, batch: 123_456_789 },
            ObjectKey::ReportPart { import, batch: 4, revision: 9_000 },
            ObjectKey::Report { import },
            ObjectKey::ReportSummary { import },
            ObjectKey::Export { segment: Segment::new("Surveys", "May").id(), at: 1_780_000_000_000 },
        ];
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(ObjectKey::parse(&key.to_string()).as_ref(), Some(key));
            assert!(keys[..index].iter().all(|other| other.to_string() != key.to_string()), "{key}");
        }
        for key in ["", "uploads", "uploads/x/a.csv", "work/x", "else/01KB7Z4Q0VX3H9M2T5R8N6C1DE/a"] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }

    #[test]
    fn the_parts_of_a_batch_come_after_the_key_before_them() {
        let import = ImportId::from_bytes([7; 16]);
        let part = |batch| ObjectKey::ReportPart { import, batch, revision: 1 }.to_string();
        let before = ObjectKey::before_report_parts_of(import, 128);
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
