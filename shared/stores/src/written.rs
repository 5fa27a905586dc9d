//! What a conditional write came to.

/// What a conditional write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is stored.
    Done,
    /// What is stored is not what was read: somebody else was quicker, and nothing was written.
    Superseded,
}

impl Written {
    /// Whether it is stored.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Done)
    }
}
