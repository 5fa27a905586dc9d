//! What messages say about bytes that cannot be read.

use super::decoder::{BAD, Decoder};
use crate::wording::quoted;

/// A cell with bytes that are no UTF-8 in a file that is.
pub(crate) fn bad_cell(cell: &str) -> String {
    let shown = cell.trim().replace(BAD, "\u{fffd}");
    let cell = if shown.is_empty() { "This cell".to_owned() } else { format!("The cell “{}”", quoted(&shown)) };
    format!(
        "{cell} has bytes that mean nothing in UTF-8. The rest of the file is UTF-8: correct this cell, and import the file again."
    )
}

/// Pieces that are no UTF-8, up to which they may be broken characters in a file without any others beyond ASCII.
const FEW: u64 = 2;

/// A file that was to be UTF-8, and is not.
pub(crate) fn not_utf8(decoder: &Decoder) -> String {
    let share = decoder.utf8();
    if share.is_mixed() {
        return format!(
            "The file mixes encodings: {} characters beyond ASCII are UTF-8, and {} pieces are not. Export it again as UTF-8 from the source.",
            share.valid, share.bad
        );
    }
    if decoder.is_marked_utf8() {
        return "The file begins with the byte order mark of UTF-8, and is not UTF-8. The mark wins over `encoding`: export the file again as UTF-8 from the source.".to_owned();
    }
    let likely = decoder.likely();
    if share.bad <= FEW && decoder.is_odd_in(likely) {
        return "These bytes mean nothing in UTF-8, and no other encoding makes a word of them: a character may be cut off. Correct the cell, or export the file again as UTF-8 from the source.".to_owned();
    }
    let likely = likely.name();
    format!(
        "The file is not UTF-8: these bytes mean nothing in it. It looks like {likely}: set `encoding` to `{likely}`, or save the file as UTF-8."
    )
}

/// Bytes that mean nothing in another encoding than UTF-8.
pub(crate) fn undecodable(decoder: &Decoder, offset: u64) -> String {
    if decoder.is_wide() {
        let cause = if decoder.is_cut_off_at(offset) {
            "A character takes more bytes than there are: the file is cut off, or has a byte too many at its end"
        } else {
            "They may be half of a character"
        };
        return format!(
            "The bytes at {offset} mean nothing in {}. {cause}. Export the file again, as UTF-8 if you can.",
            decoder.name()
        );
    }
    let (encoding, likely) = (decoder.name(), decoder.likely().name());
    let advice = if likely == encoding {
        format!("The rest of the file looks like {encoding}: correct this cell, or save the file as UTF-8.")
    } else {
        format!("The file looks like {likely}: set `encoding` to `{likely}`, or save the file as UTF-8.")
    };
    format!("The bytes at {offset} mean nothing in {encoding}. {advice}")
}

/// A file of which only the end shows that it is UTF-8.
pub(crate) fn late_utf8() -> String {
    "Most of the file is UTF-8, and its first characters beyond ASCII are not. Set `encoding` to `utf-8` to see which cells are wrong, and correct them.".to_owned()
}

/// A file in an encoding that is not read.
pub(crate) fn refused(name: &str) -> String {
    format!("The file is in {name}, an encoding that is not read. Save it as UTF-8, and import it again.")
}
