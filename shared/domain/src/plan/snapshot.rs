//! A check pass that goes on in another function: saved piece by piece, so that its links are in memory once.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::batch::{MAX_ROWS, MAX_TEXT};
use super::links::{Restored, Shape};
use super::planner::Planner;

use super::wave::WAVES;
use crate::columns::{ColumnId, Layout};
use crate::row::{self, Region, Rules};

/// Raised whenever a saved pass, or anything that it holds, changes its form.
const FORMAT: u32 = 6;

/// The bytes are not a snapshot that this version can go on from.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    /// Another version of Muster saved it.
    #[error("another version of Muster saved it")]
    OtherVersion,
    /// It is cut off or damaged.
    #[error("it is cut off or damaged: {0}")]
    Damaged(String),
}

/// What a snapshot begins with.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: u32,
    rules: u64,
    links: Shape,
    planner: Planner,
}

#[derive(Debug, Serialize)]
struct HeadRef<'a> {
    format: u32,
    rules: u64,
    links: Shape,
    planner: &'a Planner,
}

/// What is common to the heads of all formats.
#[derive(Debug, Deserialize)]
struct Version {
    format: u32,
    rules: u64,
}

/// A hash of the rules by which rows are planned: the limits of a batch, the number of waves, and how identifiers are
/// read, of which a few examples tell. A pass that began under other rules must not be gone on with.
fn planning_rules() -> u64 {
    let columns = [ColumnId::Email, ColumnId::Phone, ColumnId::ExternalId(None)];
    let layout = Layout { header: Vec::new(), columns: columns.map(Some).into(), writes: Default::default() };
    let rules = Rules { default_region: Region::parse("DE"), ..Rules::default() };
    let mut keys = Vec::new();
    for cells in [
        ["Ann@B\u{fc}cher.example", "030 1234567", " A-1 "],
        ["mailto:<b@c.example>", "+1 201-291-4177", "0042"],
        ["d@e.example", "0049 151 01152449", "\u{e9}"],
        ["Ann <ann@e.example>", "4915112345675", "e\u{301}\u{200b}"],
        ["\u{201c}f@e.example\u{201d}", "493023125123.0", "1.2E+14"],
        ["g@e.example, h@e.example", "030 23125 / 12346", "1001.0"],
        ["n/a", "tel: 0171/3920012", "NULL"],
        ["none@e.example.", "+1 201-291-4177 x12", "0000"],
    ] {
        row::identifier_keys(&layout, &rules, &cells, &mut String::new(), &mut keys);
    }
    let limits = [u64::from(MAX_ROWS), MAX_TEXT as u64, WAVES as u64];
    let hashes = limits.into_iter().chain(keys.iter().map(|key| key.hash));
    xxh3_64(&hashes.flat_map(|hash| hash.to_le_bytes()).collect::<Vec<u8>>())
}

impl Planner {
    /// A piece of the saved pass, counted from 0; none after the last piece. [`Restoring`] reads the pieces back, and
    /// the pass goes on with the bytes from [`Planner::offset`] on.
    pub fn save(&self, piece: usize) -> Option<Vec<u8>> {
        let Some(piece) = piece.checked_sub(1) else {
            let head = HeadRef { format: FORMAT, rules: planning_rules(), links: self.link_shape(), planner: self };
            // A pass is made of numbers, texts and lists, so it always has a JSON form.
            let head = serde_json::to_vec(&head).unwrap_or_default();
            let mut saved = (head.len() as u64).to_le_bytes().to_vec();
            saved.extend_from_slice(&head);
            return Some(saved);
        };
        self.save_links(piece)
    }
}

/// A saved pass that is being read back, in chunks of any size.
#[derive(Debug, Default)]
pub struct Restoring {
    unread: Vec<u8>,
    planner: Option<Planner>,
    links: Restored,
}

impl Restoring {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When this version did not save them.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), BadSnapshot> {
        self.unread.extend_from_slice(chunk);
        if self.planner.is_none() {
            let Some((length, rest)) = self.unread.split_first_chunk::<8>() else { return Ok(()) };
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| BadSnapshot::cut_off())?;
            let Some(head) = rest.get(..length) else { return Ok(()) };
            let damaged = |error: serde_json::Error| BadSnapshot::Damaged(format!("{:?} error", error.classify()));
            let version: Version = serde_json::from_slice(head).map_err(damaged)?;
            if (version.format, version.rules) != (FORMAT, planning_rules()) {
                return Err(BadSnapshot::OtherVersion);
            }
            let head: Head = serde_json::from_slice(head).map_err(damaged)?;
            self.links = Restored::of_shape(head.links).ok_or_else(BadSnapshot::cut_off)?;
            self.planner = Some(head.planner);
            self.unread.drain(..8 + length);
        }
        let taken = self.links.push(&self.unread);
        self.unread.drain(..taken);
        Ok(())
    }

    /// The pass that was saved.
    ///
    /// # Errors
    /// When bytes are missing.
    pub fn finish(self) -> Result<Planner, BadSnapshot> {
        let planner = self.planner.filter(|_| self.unread.is_empty()).ok_or_else(BadSnapshot::cut_off)?;
        let links = self.links.finish().ok_or_else(BadSnapshot::cut_off)?;
        Ok(planner.with_links(links))
    }
}

impl BadSnapshot {
    fn cut_off() -> Self {
        Self::Damaged("bytes are missing".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ReadOptions;

    #[test]
    fn a_snapshot_of_other_rules_is_refused() {
        let planner = Planner::new(ReadOptions::of_utf8(100));
        let mut saved = planner.save(0).unwrap();
        let text = String::from_utf8(saved.split_off(8)).unwrap();
        let other = text.replace(&planning_rules().to_string(), &(planning_rules() ^ 1).to_string());
        for (text, is_refused) in [(&text, false), (&other, true)] {
            let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
            bytes.extend_from_slice(text.as_bytes());
            let refused = Restoring::default().push(&bytes);
            assert_eq!(matches!(refused, Err(BadSnapshot::OtherVersion)), is_refused, "{refused:?}");
        }
    }
}
