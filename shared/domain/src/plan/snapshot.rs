//! Reading a saved walk back, piece by piece, so that its filter is in memory once.

use super::filter::Filter;
use super::planner::Planner;

/// The bytes are not a snapshot of this version of Muster.
#[derive(Debug, thiserror::Error)]
#[error("not a snapshot of this version: {0}")]
pub struct BadSnapshot(String);

/// A saved walk that is being read back, in chunks of any size.
#[derive(Debug, Default)]
pub struct Restoring {
    unread: Vec<u8>,
    planner: Option<Planner>,
    filter: Filter,
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
            let Some(state) = rest.get(..length) else { return Ok(()) };
            let planner: Planner = serde_json::from_slice(state).map_err(|error| BadSnapshot(error.to_string()))?;
            self.filter = Filter::to_restore(planner.object_bytes());
            self.planner = Some(planner);
            self.unread.drain(..8 + length);
        }
        let taken = self.filter.restore(&self.unread);
        self.unread.drain(..taken);
        Ok(())
    }

    /// The walk that was saved.
    ///
    /// # Errors
    /// When bytes are missing.
    pub fn finish(self) -> Result<Planner, BadSnapshot> {
        let planner = self.planner.ok_or_else(BadSnapshot::cut_off)?;
        if !self.unread.is_empty() || !self.filter.is_for(planner.object_bytes()) {
            return Err(BadSnapshot::cut_off());
        }
        Ok(planner.with_filter(self.filter))
    }
}

impl BadSnapshot {
    fn cut_off() -> Self {
        Self("it is cut off".to_owned())
    }
}
