//! Segments and their groups. Their ids are made from their names, so the same name is always the same segment.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::row::{composed, trimmed};

/// The letters and digits of an id: Crockford's base 32, which leaves out those that are mistaken for others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a segment's id.
const SEGMENT_LETTERS: usize = 16;

/// The id of a segment group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(String);

/// The id of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentId(String);

/// A segment by its names, as a person wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Segment {
    /// The name of its group.
    pub group: String,
    /// Its name.
    pub name: String,
}

impl Segment {
    /// The segment of this name in this group.
    pub fn new(group: &str, name: &str) -> Self {
        Self { group: composed(trimmed(group)).into_owned(), name: composed(trimmed(name)).into_owned() }
    }

    /// The id of its group. Names are compared without regard to case.
    pub fn group_id(&self) -> GroupId {
        GroupId(digest(&[&self.group], 8))
    }

    /// Its id.
    pub fn id(&self) -> SegmentId {
        SegmentId(digest(&[&self.group, &self.name], SEGMENT_LETTERS))
    }
}

impl GroupId {
    /// The id as it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SegmentId {
    /// The id as it was stored.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id that a client gave; none if no segment can have it.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == SEGMENT_LETTERS && text.bytes().all(|letter| ALPHABET.contains(&letter)))
            .then(|| Self(text.to_owned()))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name as it is compared: without regard to case, to blanks and invisible characters around it, and to how accents
/// are typed.
pub fn folded(name: &str) -> String {
    composed(trimmed(name)).to_lowercase()
}

fn digest(names: &[&str], letters: usize) -> String {
    let mut hash = Sha256::new();
    for name in names {
        hash.update(folded(name).as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(letters).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_space_and_invisible_characters_do_not_make_another_segment() {
        let segment = Segment::new("Surveys", "May survey");
        assert_eq!(segment.id(), Segment::new("surveys", " MAY SURVEY ").id());
        assert_eq!(segment.id(), Segment::new("Surveys\u{200b}", "\u{feff}May survey\u{a0}").id());
        assert_eq!(Segment::new("Cafés", "é").id(), Segment::new("Cafe\u{301}s", "E\u{301}").id());
        assert_ne!(segment.id(), Segment::new("Surveys", "June survey").id());
        assert_ne!(segment.id(), Segment::new("SurveysMay", " survey").id());
        assert_eq!(SegmentId::parse(segment.id().as_str()), Some(segment.id()));
        for id in ["", "c2q0y6m4x1h7n9k", "c2q0y6m4x1h7n9kU", &"0".repeat(3_000)] {
            assert_eq!(SegmentId::parse(id), None, "{id}");
        }
    }
}
