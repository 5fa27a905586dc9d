//! How much of a file is UTF-8.

use serde::{Deserialize, Serialize};

/// Sequences of several bytes, by whether they are UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Utf8Share {
    pub(crate) valid: u64,
    pub(crate) bad: u64,
}

impl Utf8Share {
    /// Counts in bytes that begin and end between two characters.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() {
            return;
        }
        for chunk in bytes.utf8_chunks() {
            self.valid += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count() as u64;
            self.bad += u64::from(!chunk.invalid().is_empty());
        }
    }

    /// Whether the file is UTF-8, perhaps but for a few cells: at least three sequences and 95 % of all are.
    pub(crate) const fn is_plain(self) -> bool {
        self.valid >= 3 && self.valid * 100 >= (self.valid + self.bad) * 95
    }

    /// Whether so much of the file is UTF-8 that no single encoding reads it.
    pub(crate) const fn is_mixed(self) -> bool {
        self.valid >= 10 && self.valid * 10 >= (self.valid + self.bad) * 6
    }

    /// Whether so much is something else that the rest of the file need not be read.
    pub(crate) const fn is_hopeless(self) -> bool {
        self.bad > 10_000 && self.valid < self.bad
    }

    /// Whether so many sequences are UTF-8, and none is anything else.
    pub(crate) const fn is_proven(self, enough: u64) -> bool {
        self.bad == 0 && self.valid >= enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_counted_by_whether_they_are_utf_8() {
        for (bytes, valid, bad) in [
            (&b"plain"[..], 0, 0),
            ("für Łódź 😀".as_bytes(), 5, 0),
            (b"J\xf6rg, D\xfcren", 0, 2),
            (b"\xc3\xa4\xe4", 1, 1),
        ] {
            let mut share = Utf8Share::default();
            share.add(bytes);
            assert_eq!((share.valid, share.bad), (valid, bad), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_is_utf_8_if_three_sequences_and_nineteen_of_twenty_are() {
        let share = |valid, bad| Utf8Share { valid, bad };
        assert!(share(3, 0).is_plain() && share(19, 1).is_plain());
        assert!(!share(2, 0).is_plain() && !share(18, 1).is_plain());
        assert!(share(18, 1).is_mixed() && !share(9, 1).is_mixed() && !share(10, 10).is_mixed());
    }
}
