//! The messages of the API in German.
//!
//! The API speaks English, and a message comes ready made. As `gettext` does, each message that the core can make stands here
//! with its German one. A message is known by its template, the values in it are taken over as they are, and one that is not
//! known stays English. A test reads the sources of the core, and fails if a message has no German one.
//!
//! ```text
//! values, rows         of a row: its cells, what becomes of it, what stays of it
//! files, headers       of a file: its bytes and records, its columns
//! notices, hints       what is strange about a file; what to write into a column
//! requests, phrases    why something is not done; what stands inside messages
//! template             one message with values in it      book  all of them, and how a text is read by them
//! ```

mod book;
mod files;
mod headers;
mod hints;
mod notices;
mod phrases;
#[cfg(test)]
mod real;
mod requests;
mod rows;
#[cfg(test)]
mod sources;
mod template;
mod values;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use book::Book;

/// A list of messages, each with its German one.
///
/// A value stands in braces: `{name}` is a text without “ and ”, `{name:word}` one without blanks, `{name:number}` digits,
/// `{name:column}` a column or a setting, which is said in words, `{name:names}` a list of names in quotes, `{name:phrase}` a
/// part of a sentence that is German, too, and `{name:unsaid}` a word that the German message leaves out.
macro_rules! messages {
    ($list:ident $($english:literal / $german:literal,)*) => {
        pub(super) static $list: &[(&str, &str)] = &[$(($english, $german),)*];
    };
}
use messages;

/// Every list of messages.
const LISTS: [&[(&str, &str)]; 7] =
    [values::VALUES, rows::ROWS, files::FILES, headers::HEADERS, notices::NOTICES, hints::HINTS, requests::REQUESTS];

static MESSAGES: LazyLock<Book> = LazyLock::new(|| Book::new(LISTS.into_iter().flatten()));
static PHRASES: LazyLock<Book> = LazyLock::new(|| Book::new(phrases::PHRASES));

/// A message of the API in German; none if it is not known, or can be read in two ways. That of a row in a report may name several
/// problems, each with one of these names of columns in front, which stay as they are.
pub(crate) fn german(message: &str, names: &BTreeSet<String>) -> Option<String> {
    MESSAGES.message(message, names, &PHRASES)
}
