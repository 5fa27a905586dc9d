//! The rows of a file part that are not in wave 0, as an object keeps them: a file without repeats has nearly none.
//!
//! For each row: how far it is from the one before, times the number of waves, plus its wave; as a varint (LEB128).

use super::wave::{WAVES, Wave};

const WAVES_AND_TAIL: u64 = WAVES as u64 + 1;

/// The rows of a file part that are not in wave 0, as they are noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct LaterRowsWriter {
    bytes: Vec<u8>,
    last: u64,
}

impl LaterRowsWriter {
    /// Of a part before which there are so many rows.
    pub(super) const fn new(rows_before: u64) -> Self {
        Self { bytes: Vec::new(), last: rows_before }
    }

    /// Notes a row that is in a later wave than the first. Rows come in file order.
    pub(super) fn note(&mut self, row: u64, wave: Wave) {
        let mut value = (row - self.last) * WAVES_AND_TAIL + u64::from(u8::from(wave));
        self.last = row;
        while value >= 128 {
            self.bytes.push(value as u8 | 128);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The bytes do not list later rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list of later rows is cut off or damaged")]
pub struct BadLaterRows;

/// The rows of a file part that are not in wave 0, in file order.
#[derive(Debug, Clone, Default)]
pub struct LaterRows {
    rows: std::vec::IntoIter<(u64, Wave)>,
}

impl LaterRows {
    /// Reads the object of a part before which there are so many rows.
    ///
    /// # Errors
    /// When the bytes are not whole.
    pub fn read(bytes: &[u8], rows_before: u64) -> Result<Self, BadLaterRows> {
        let mut rows = Vec::with_capacity(bytes.len());
        let (mut row, mut value, mut shift) = (rows_before, 0_u64, 0_u32);
        for byte in bytes {
            if shift > 63 {
                return Err(BadLaterRows);
            }
            value |= u64::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                let wave = u8::try_from(value % WAVES_AND_TAIL).ok().and_then(|wave| Wave::try_from(wave).ok());
                row += value / WAVES_AND_TAIL;
                rows.push((row, wave.ok_or(BadLaterRows)?));
                (value, shift) = (0, 0);
            }
        }
        if shift > 0 { Err(BadLaterRows) } else { Ok(Self { rows: rows.into_iter() }) }
    }

    /// The wave of any row of the part, before rows are taken.
    pub(super) fn wave_at(&self, row: u64) -> Wave {
        let rows = self.rows.as_slice();
        rows.binary_search_by_key(&row, |(later, _)| *later).map_or(Wave::FIRST, |place| rows[place].1)
    }

    /// The wave of a row. Rows are asked for in file order, each once.
    pub(super) fn wave_of(&mut self, row: u64) -> Wave {
        match self.rows.as_slice().first() {
            Some((later, wave)) if *later == row => {
                let wave = *wave;
                self.rows.next();
                wave
            }
            _ => Wave::FIRST,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn later_rows_are_read_back(
            before in 0u64..1_000_000_000,
            steps in prop::collection::vec((1u64..100_000, 1u8..9), 0..50),
        ) {
            let mut writer = LaterRowsWriter::new(before);
            let mut row = before;
            let mut expected = Vec::new();
            for (step, wave) in steps {
                row += step;
                let wave = Wave::try_from(wave).unwrap();
                writer.note(row, wave);
                expected.push((row, wave));
            }
            let bytes = writer.into_bytes();
            let mut read = LaterRows::read(&bytes, before).unwrap();
            prop_assert_eq!(read.rows.as_slice(), expected.as_slice());
            for (row, wave) in expected {
                prop_assert_eq!(read.wave_of(row - 1), Wave::FIRST);
                prop_assert_eq!(read.wave_of(row), wave);
            }
            if bytes.last().is_some_and(|last| *last < 128) && bytes.len() > 1 && bytes[bytes.len() - 2] >= 128 {
                prop_assert!(LaterRows::read(&bytes[..bytes.len() - 1], before).is_err());
            }
        }
    }
}
