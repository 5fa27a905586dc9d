//! What an uploaded object is, by its first bytes.

/// The kind of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Text, as far as its first bytes tell.
    Plain,
    /// A file compressed by gzip (RFC 1952).
    Gzip,
    /// Something else than a CSV, named in words.
    Other(&'static str),
}

impl Content {
    /// How many bytes tell the kind.
    pub const FIRST_BYTES: usize = 8;

    /// The kind of an object that begins with these bytes.
    pub fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'P', b'K', 3, 4, ..] => Self::Other("an Excel workbook or a ZIP archive"),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Self::Other("an old Excel workbook"),
            [b'%', b'P', b'D', b'F', ..] => Self::Other("a PDF"),
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_what_an_object_is() {
        for (first, expected) in [
            (&b"email,city"[..], Content::Plain),
            (b"", Content::Plain),
            (b"PK", Content::Plain),
            (b"\x1f\x8b\x08\0", Content::Gzip),
            (b"PK\x03\x04\x14\0", Content::Other("an Excel workbook or a ZIP archive")),
            (b"%PDF-1.7", Content::Other("a PDF")),
        ] {
            assert_eq!(Content::of(first), expected, "{first:?}");
        }
    }
}
