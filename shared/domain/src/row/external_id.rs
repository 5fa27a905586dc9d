//! The ids that other systems give to customers.

use super::invisible::plain;

/// Longest external id, in bytes.
const MAX_EXTERNAL_ID: usize = 256;

/// The id of a text.
///
/// # Errors
/// What is wrong with it and what to do about it.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let text = plain(text);
    if text.len() > MAX_EXTERNAL_ID {
        return Err(format!("An external id has at most {MAX_EXTERNAL_ID} bytes. Shorten it."));
    }
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("An external id cannot be empty or have control characters. Remove what is invisible in the cell."
            .to_owned());
    }
    Ok(text.into_owned())
}

/// Whether a text is an id as most systems write them: letters and digits, with marks between them. [`of_cell`] gives such
/// a text as it stands, and no word for a missing value has a digit other than 0.
pub(super) fn is_usual(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_sound = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    (1..=MAX_EXTERNAL_ID).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(is_sound)
        && bytes.iter().any(|byte| (b'1'..=b'9').contains(byte))
        // It might be a number that a spreadsheet rounded.
        && !(bytes[0].is_ascii_digit() && memchr::memchr2(b'e', b'E', bytes).is_some())
}

/// The id of a cell, which a spreadsheet may have rounded.
///
/// # Errors
/// What is wrong with it and what to do about it.
pub(super) fn of_cell(text: &str) -> Result<String, String> {
    let id = parse(text)?;
    if is_rounded(&id) {
        return Err(format!(
            "A spreadsheet wrote this id as the number {id}, and it has lost digits: several ids look the same now. Format the column as text in the source and export it again."
        ));
    }
    Ok(id)
}

/// Whether it is a number as spreadsheets write long ones: `1.2E+14`, and `1.2E-05` for small ones.
///
/// `1e5` and `12E-4` are ids: a spreadsheet writes a sign before a positive exponent, and gives a mantissa without a
/// decimal mark none that is negative unless the number was one of a few digits.
fn is_rounded(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['e', 'E']) else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let has_sign = exponent.starts_with('+') || (exponent.starts_with('-') && fraction.is_some());
    has_sign && is_digits(&exponent[1..]) && is_digits(whole) && fraction.is_none_or(is_digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_kept_as_written() {
        for (text, expected) in
            [(" 000042 ", "000042"), ("C-\u{ad}17\u{200e}", "C-17"), ("Cafe\u{301}", "Café"), ("a b#c", "a b#c")]
        {
            assert_eq!(of_cell(text).as_deref(), Ok(expected), "{text:?}");
        }
        for text in ["", "\u{200b}", "a\u{1}", &"é".repeat(129)] {
            assert!(of_cell(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_id_that_a_spreadsheet_rounded_is_refused() {
        for text in ["1.20395E+14", "1,2E+14", "4.21907e+11", "1E+14", "-1.2E+14", "1.2E-05"] {
            assert!(of_cell(text).is_err_and(|message| message.contains("lost digits")), "{text}");
            assert_eq!(parse(text).as_deref(), Ok(text), "it can still be looked up");
        }
        for text in ["1e5", "12E4", "41e7", "7f3a", "12E-4", "E+14", "1E+", "1.2.3E+14", "A1E+14", "1.2E+14b"] {
            assert_eq!(of_cell(text).as_deref(), Ok(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_an_id_again_changes_nothing(text in ".{0,40}") {
            if let Ok(id) = of_cell(&text) {
                prop_assert_eq!(of_cell(&id), Ok(id));
            }
        }
    }
}
