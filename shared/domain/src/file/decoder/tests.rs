//! The decoder against every encoding, and against any cut of the bytes.

use encoding_rs::Encoding;

use super::*;

fn decoded_by(mut decoder: Decoder, bytes: &[u8], size: usize) -> (Result<String, Undecodable>, String) {
    let mut text = String::new();
    let pushed = bytes.chunks(size).try_for_each(|chunk| decoder.push(chunk, false, &mut text));
    let pushed = pushed.and_then(|()| decoder.push(&[], true, &mut text));
    (pushed.map(|()| text), decoder.name())
}

fn decoded(label: &str, bytes: &[u8], size: usize) -> Result<String, Undecodable> {
    decoded_by(Decoder::of(label), bytes, size).0
}

#[test]
fn text_survives_any_cut_in_any_encoding() {
    let text = "имя,город\r\nИван,Рим\nАнна,\"a\nb\"";
    for label in ["utf-8", "windows-1251", "koi8-r", "gb18030", "shift_jis", "euc-jp", "iso-2022-jp"] {
        let (bytes, _, bad) = Encoding::for_label(label.as_bytes()).unwrap().encode(text);
        assert!(!bad, "{label}");
        for size in 1..=bytes.len() {
            assert_eq!(decoded(label, &bytes, size).as_deref(), Ok(text), "{label} in chunks of {size}");
        }
    }
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let widest: Vec<u8> = text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect();
    for size in 1..=wide.len() {
        for (label, bytes) in [("utf-16le", &wide), ("utf-32be", &widest)] {
            assert_eq!(decoded(label, bytes, size).as_deref(), Ok(text), "{label} in chunks of {size}");
            let found = decoded_by(Decoder::finding("utf-8", None), bytes, size);
            assert_eq!(found, (Ok(text.to_owned()), label.to_owned()), "{label} in chunks of {size}");
        }
    }
}

#[test]
fn a_bad_byte_is_found_at_its_place() {
    assert_eq!(decoded("utf-8", b"ab\ncd\xff\nef", 4), Err(Undecodable::At(5)));
    assert_eq!(decoded("utf-8", b"\xef\xbb\xbfab\xc3", 2), Err(Undecodable::At(5)));
    assert_eq!(decoded("shift_jis", b"ab\n\x82\n", 9), Err(Undecodable::At(3)));
}

#[test]
fn a_first_look_reads_on_behind_bytes_that_are_no_utf_8() {
    for size in [1, 3, 100] {
        let (text, _) = decoded_by(Decoder::finding("utf-8", None), "é\n".repeat(60).as_bytes(), size);
        assert_eq!(text.unwrap(), "é\n".repeat(60));
        let (text, _) = decoded_by(Decoder::finding("utf-8", None), b"a\xff\xc3\nb\xc3\xa9\n", size);
        assert_eq!(text.unwrap(), "a\u{fdd0}\u{fdd0}\nbé\n");
    }
}

#[test]
fn escapes_of_seven_bits_win_over_a_label() {
    let (bytes, _, _) = encoding_rs::ISO_2022_JP.encode("email,city\na@b.de,大阪\n");
    for label in ["utf-8", "windows-1252", AUTO] {
        let (text, name) = decoded_by(Decoder::finding(label, None), &bytes, 7);
        assert_eq!((text.as_deref(), name.as_str()), (Ok("email,city\na@b.de,大阪\n"), "iso-2022-jp"), "{label}");
    }
    let (korean, _) = decoded_by(Decoder::finding(AUTO, None), b"\x1b$)C\nemail\n", 5);
    assert_eq!(korean, Err(Undecodable::Refused("iso-2022-kr")));
}

proptest::proptest! {
    #[test]
    fn every_encoding_is_read_back_as_it_was_written(text in "[ -~\\n\u{a0}-\u{ff}\u{400}-\u{45f}あ-ん一-十가-각]{0,60}", size in 1usize..20) {
        for label in ENCODINGS {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            // Leave out the characters that the encoding cannot write.
            let text: String = text.chars().filter(|letter| !encoding.encode(&letter.to_string()).2).collect();
            let (bytes, _, _) = encoding.encode(&text);
            let (expected, bad) = encoding.decode_without_bom_handling(&bytes);
            if !bad {
                proptest::prop_assert_eq!(decoded(label, &bytes, size), Ok(expected.into_owned()), "{}", label);
            }
        }
    }

    #[test]
    fn what_is_found_does_not_depend_on_the_cuts(
        bytes in proptest::collection::vec(proptest::prelude::prop_oneof![
            proptest::prelude::Just(b'\n'), proptest::prelude::Just(b','), 0x41u8..0x45, 0xc0u8..=0xff, 0x80u8..0xc0, proptest::prelude::Just(0),
        ], 0..80),
        size in 1usize..20,
    ) {
        for label in [AUTO, "utf-8", "windows-1252"] {
            let whole = decoded_by(Decoder::finding(label, None), &bytes, bytes.len().max(1));
            proptest::prop_assert_eq!(decoded_by(Decoder::finding(label, None), &bytes, size), whole);
        }
    }
}

/// Every encoding of the web that can be written, but ISO-2022-JP, whose yen sign lasts longer for others.
const ENCODINGS: [&str; 35] = [
    "utf-8",
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "shift_jis",
    "euc-kr",
];

#[test]
fn the_encoding_is_found_from_lines_beyond_ascii_however_the_bytes_are_cut() {
    let ascii = "name,city\nAnn,Rome\n".repeat(40);
    for (label, line) in [
        ("utf-8", "Jürgen,Köln\n"),
        ("windows-1252", "Jürgen Müller,Köln am Rhein\n"),
        ("windows-1251", "Иван Петров,Санкт-Петербург\n"),
        ("shift_jis", "佐藤 太郎,東京都千代田区\n"),
        ("gbk", "欧阳思远,上海市浦东新区\n"),
    ] {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let text = format!("{ascii}{}", line.repeat(10));
        let bytes = encoding.encode(&text).0.into_owned();
        for size in [1, 7, 1_000, bytes.len()] {
            let found = decoded_by(Decoder::finding(AUTO, None), &bytes, size);
            assert_eq!(found, (Ok(text.clone()), label.to_owned()), "in chunks of {size}");
        }
    }
}

#[test]
fn what_decides_may_come_far_behind_the_first_line_beyond_ascii() {
    let text =
        format!("name\nLee – rear\n{}{}", "Ann\n".repeat(20_000), "Wiśniewski,Łódź\nDąbrowska,Gdańsk\n".repeat(9));
    let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode(&text);
    let found = decoded_by(Decoder::finding(AUTO, None), &bytes, 1_000);
    assert_eq!(found, (Ok(text), "windows-1250".to_owned()));
}

#[test]
fn no_more_is_held_back_than_a_state_may_have() {
    let mut decoder = Decoder::finding(AUTO, None);
    let mut text = String::new();
    decoder.push(b"name\nM\xfcller\n", false, &mut text).unwrap();
    let chunk = "Ann\n".repeat(256 * 1024);
    for _ in 0..12 {
        decoder.push(chunk.as_bytes(), false, &mut text).unwrap();
        assert!(decoder.pending.len() <= MAX_HELD + chunk.len(), "{} bytes", decoder.pending.len());
    }
    let saved = serde_json::to_vec(&decoder).unwrap().len();
    assert!(saved < 2 * MAX_HELD, "{saved} bytes");
    assert_eq!(decoder.push(&vec![b'x'; MAX_PENDING + 1], false, &mut text), Err(Undecodable::NoLineEnd));
}
