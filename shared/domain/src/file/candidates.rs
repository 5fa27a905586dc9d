//! The encodings among which a file's is looked for, and the characters of the East Asian ones.

use super::languages::languages;

/// An encoding that a file may be in.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) label: &'static str,
    /// The natural logarithm of how usual it is, compared with others.
    pub(crate) prior: f32,
    /// Whether it was made for Latin letters.
    pub(crate) is_latin: bool,
    pub(crate) asian: Option<Asian>,
}

/// A language of East Asia that an encoding of several bytes a character is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asian {
    Japanese,
    Simplified,
    Traditional,
    Korean,
}

const fn latin(label: &'static str, prior: f32) -> Candidate {
    Candidate { label, prior, is_latin: true, asian: None }
}

const fn other(label: &'static str, prior: f32) -> Candidate {
    Candidate { label, prior, is_latin: false, asian: None }
}

const fn asian(label: &'static str, prior: f32, asian: Asian) -> Candidate {
    Candidate { label, prior, is_latin: false, asian: Some(asian) }
}

/// The encodings among which a file's is looked for; of two that read the same text, the usual one comes first.
pub(crate) const CANDIDATES: [Candidate; 46] = [
    latin("windows-1252", 0.0),
    other("windows-1251", -0.5),
    latin("windows-1250", -0.5),
    latin("windows-1254", -1.0),
    other("windows-1253", -1.0),
    latin("windows-1257", -1.0),
    other("windows-1255", -1.0),
    other("windows-1256", -1.0),
    latin("windows-1258", -1.5),
    other("windows-874", -1.0),
    latin("iso-8859-2", -2.0),
    latin("iso-8859-15", -2.0),
    other("iso-8859-7", -2.0),
    other("iso-8859-5", -3.0),
    latin("iso-8859-13", -2.5),
    latin("iso-8859-4", -3.5),
    other("iso-8859-6", -2.5),
    other("iso-8859-8-i", -2.5),
    latin("iso-8859-16", -6.5),
    latin("iso-8859-10", -4.5),
    other("koi8-r", -2.0),
    other("koi8-u", -2.5),
    latin("macintosh", -3.0),
    other("x-mac-cyrillic", -4.0),
    latin("cp850", -3.0),
    latin("cp437", -4.0),
    latin("cp852", -3.0),
    other("ibm866", -2.5),
    latin("cp857", -4.0),
    other("cp737", -4.0),
    latin("cp775", -4.0),
    other("cp862", -4.0),
    other("cp720", -4.5),
    other("cp855", -5.0),
    latin("cp865", -5.0),
    latin("cp860", -6.0),
    latin("cp863", -6.0),
    latin("cp861", -6.0),
    other("cp869", -6.0),
    latin("iso-8859-3", -6.0),
    latin("iso-8859-14", -6.0),
    asian("shift_jis", -0.5, Asian::Japanese),
    asian("gbk", -0.5, Asian::Simplified),
    asian("big5", -0.5, Asian::Traditional),
    asian("euc-kr", -0.5, Asian::Korean),
    asian("euc-jp", -1.5, Asian::Japanese),
];

impl Asian {
    /// The code of its language.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::Simplified => "zh",
            Self::Traditional => "tw",
            Self::Korean => "ko",
        }
    }

    /// What a character beyond ASCII costs in a text of this encoding: the natural logarithm of a likelihood.
    pub(crate) fn cost(self, character: char) -> f32 {
        let languages = languages();
        let usual = match self {
            Self::Japanese => &languages.japanese,
            Self::Simplified => &languages.simplified,
            Self::Traditional => &languages.traditional,
            Self::Korean => &languages.korean,
        };
        match character {
            _ if usual.has(character) => -5.5,
            '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff60}' => -8.0,
            '\u{ff61}'..='\u{ff9f}' => -8.0,
            '\u{ac00}'..='\u{d7a3}' if self == Self::Korean => -8.5,
            '\u{4e00}'..='\u{9fff}' if self != Self::Korean && is_of_first_level(self, character) => -8.5,
            '\u{4e00}'..='\u{9fff}' => -13.0,
            '\u{e000}'..='\u{f8ff}' => -20.0,
            _ => -13.0,
        }
    }
}

/// Whether the character set of a language has the character in its first level, which lists the usual ones.
fn is_of_first_level(language: Asian, character: char) -> bool {
    let (encoding, first, last) = match language {
        Asian::Japanese => (encoding_rs::EUC_JP, 0xb0, 0xcf),
        Asian::Simplified => (encoding_rs::GBK, 0xb0, 0xd7),
        Asian::Traditional => (encoding_rs::BIG5, 0xa4, 0xc6),
        Asian::Korean => return false,
    };
    let mut text = [0; 4];
    let (bytes, _, bad) = encoding.encode(character.encode_utf8(&mut text));
    let trail = if language == Asian::Traditional { 0x40 } else { 0xa1 };
    !bad && matches!(*bytes, [lead, next] if (first..=last).contains(&lead) && next >= trail)
}
