//! The first bytes of files that are no text, by what such a file is.
//!
//! Most are in the lists of the command `file`: <https://github.com/file/file/tree/master/magic/Magdir>.

/// Bytes in which every signature shows: that of a tar archive stands last.
pub(super) const SIGNED: usize = 512;

const WORKBOOK: &str = "an Excel workbook or a ZIP archive";
const DATABASE: &str = "an Access database";
const ARCHIVE: &str = "an archive: unpack it first";
const PICTURE: &str = "a picture";
const RECORDING: &str = "a recording of sound or film";
const PROGRAM: &str = "a program";
const COLUMNAR: &str = "a Parquet, Avro, ORC or Arrow file";

/// Bytes that stand at a place of a file.
type Part = (usize, &'static [u8]);

/// What a file is that has all these parts. No text in an encoding that is read begins like one of them.
const SIGNATURES: [(&[Part], &str); 44] = [
    (&[(0, b"PK\x03\x04")], WORKBOOK),
    (&[(0, b"PK\x05\x06")], WORKBOOK),
    (&[(0, b"\xd0\xcf\x11\xe0")], "an old Excel workbook"),
    (&[(0, b"%PDF")], "a PDF"),
    (&[(0, b"SQLite format 3\0")], "an SQLite database"),
    (&[(0, b"\0\x01\0\0Standard ")], DATABASE),
    (&[(0, b"\0\x05\x16\x07")], "a note of macOS about the file of its name without “._”"),
    (&[(0, b"bplist00")], "a property list of macOS"),
    (&[(0, b"\x89PNG\r\n\x1a\n")], PICTURE),
    (&[(0, b"\xff\xd8\xff")], PICTURE),
    (&[(0, b"GIF87a")], PICTURE),
    (&[(0, b"GIF89a")], PICTURE),
    (&[(0, b"II*\0")], PICTURE),
    (&[(0, b"MM\0*")], PICTURE),
    (&[(0, b"BM"), (6, b"\0\0\0\0")], PICTURE),
    (&[(0, b"RIFF"), (8, b"WEBP")], PICTURE),
    (&[(4, b"ftypheic")], PICTURE),
    (&[(4, b"ftypavif")], PICTURE),
    (&[(0, b"RIFF"), (8, b"WAVE")], RECORDING),
    (&[(0, b"RIFF"), (8, b"AVI ")], RECORDING),
    (&[(0, b"\0\0\0"), (4, b"ftyp")], RECORDING),
    (&[(0, b"ID3\x02")], RECORDING),
    (&[(0, b"ID3\x03")], RECORDING),
    (&[(0, b"ID3\x04")], RECORDING),
    (&[(0, b"OggS\0")], RECORDING),
    (&[(0, b"\x1aE\xdf\xa3")], RECORDING),
    (&[(0, b"7z\xbc\xaf\x27\x1c")], ARCHIVE),
    (&[(0, b"Rar!\x1a\x07")], ARCHIVE),
    (&[(0, b"BZh"), (4, b"1AY&SY")], ARCHIVE),
    (&[(0, b"\xfd7zXZ\0")], ARCHIVE),
    (&[(0, b"\x28\xb5\x2f\xfd")], ARCHIVE),
    (&[(0, b"\x04\x22\x4d\x18")], ARCHIVE),
    (&[(0, b"LZIP\x01")], ARCHIVE),
    (&[(0, b"\x1f\x9d\x90")], ARCHIVE),
    (&[(0, b"\x1f\x8b")], ARCHIVE),
    (&[(257, b"ustar")], ARCHIVE),
    (&[(0, b"PAR1\x15")], COLUMNAR),
    (&[(0, b"Obj\x01")], COLUMNAR),
    (&[(0, b"ARROW1\0")], COLUMNAR),
    (&[(0, b"ORC\x0a")], COLUMNAR),
    (&[(0, b"\x7fELF")], PROGRAM),
    (&[(0, b"MZ\x90\0")], PROGRAM),
    (&[(0, b"\xcf\xfa\xed\xfe")], PROGRAM),
    (&[(0, b"\0asm")], PROGRAM),
];

/// What a file is that begins with these bytes, in words; none if it may be a text.
pub(super) fn named(first: &[u8]) -> Option<&'static str> {
    let has = |(at, bytes): &Part| first.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
    SIGNATURES.iter().find(|(parts, _)| parts.iter().all(has)).map(|(_, what)| *what)
}

/// Characters of a text that tell whether it is one.
const LOOKED_AT: usize = 4 * 1024;

/// Of so many characters one may be a control character that no text has.
const CHARACTERS_PER_CONTROL: usize = 50;

/// Kinds of such characters that no text has by accident. A delimiter or a filler would be one kind.
const KINDS: u32 = 4;

/// Whether bytes were read as text that is none: many characters at its beginning are control characters, of several kinds.
///
/// Not counted are those that texts or their delimiters are: what ends a line or a page, `^A` and the separators of ASCII, the
/// end of a file in DOS, and the escape of ISO 2022.
pub(super) fn is_no_text(text: &str) -> bool {
    let (mut controls, mut kinds, mut all) = (0, 0_u32, 0);
    for character in text.chars().take(LOOKED_AT) {
        if matches!(character, '\0' | '\u{2}'..='\u{8}' | '\u{e}'..='\u{19}') {
            controls += 1;
            kinds |= 1 << u32::from(character);
        }
        all += 1;
    }
    kinds.count_ones() >= KINDS && controls * CHARACTERS_PER_CONTROL >= all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_shows_in_the_bytes_that_are_looked_at() {
        for (parts, what) in SIGNATURES {
            assert!(parts.iter().all(|(at, bytes)| at + bytes.len() <= SIGNED), "{what}");
        }
    }

    #[test]
    fn a_header_may_begin_with_the_letters_of_a_signature() {
        for text in
            ["BM,email,city,zip", "GIF,email", "RIFF,WEBP,email", "MM;II;email", "ID3,email", "PAR1,a", "ORC,a", "MZ,a"]
        {
            assert_eq!(named(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn bytes_by_chance_are_no_text_and_a_text_with_odd_delimiters_is_one() {
        let mut state = 1_u32;
        let mut byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from((state >> 24) as u8)
        };
        let chance: String = (0..2_000).map(|_| byte()).collect();
        assert!(is_no_text(&chance));
        for text in [
            "a@b.de\u{1}Ann\u{1}Rome\n".repeat(9),
            "a@b.de\u{1f}Ann\u{1e}b@b.de\u{1f}Bo\u{1e}\u{1a}\0\0\0".to_owned(),
            "\u{1b}$B4A;z\u{1b}(B,a@b.de\r\n\u{c}".repeat(9),
        ] {
            assert!(!is_no_text(&text), "{text:?}");
        }
    }
}
