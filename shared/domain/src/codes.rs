//! Every stable code: what can become of a row, and what can be wrong with a file or a row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares an enum of stable `snake_case` codes: one list gives the type, its texts and their parsing.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every code, in the order of the reference.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The stable `snake_case` text of the code.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// What the code means, for the reference.
            pub const fn meaning(self) -> &'static str {
                match self { $($name::$variant => concat!($($doc),+).trim_ascii(),)* }
            }

            /// The code with this text, if there is one.
            pub fn from_code(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// What became of a row. Every row of an import has exactly one.
    Outcome {
        /// A customer was created by the row.
        Created = "created",
        /// An attribute or identifier of a known customer changed.
        Updated = "updated",
        /// A known customer already had the row's values.
        Unchanged = "unchanged",
        /// The row could not be applied and left no trace but the report.
        Rejected = "rejected",
        /// The row was never applied: its batch could not be processed, or the import was stopped.
        Unprocessed = "unprocessed",
    }
}

impl Outcome {
    /// One character a row, as an intent stores it.
    pub const fn letter(self) -> char {
        match self {
            Outcome::Created => 'c',
            Outcome::Updated => 'u',
            Outcome::Unchanged => '=',
            Outcome::Rejected => 'r',
            Outcome::Unprocessed => '-',
        }
    }

    /// The outcome that [`Outcome::letter`] wrote.
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.letter() == letter)
    }

    /// Whether the row was applied to a customer.
    pub const fn is_applied(self) -> bool {
        matches!(self, Outcome::Created | Outcome::Updated | Outcome::Unchanged)
    }
}

codes! {
    /// Why an import fails or is stopped. What is wrong with the file as a whole is found before a row is written.
    FileCode {
        /// The object has no bytes, or only a byte order mark.
        EmptyFile = "empty_file",
        /// The first record names nothing.
        NoHeader = "no_header",
        /// A header, and nothing below it.
        NoRows = "no_rows",
        /// No column of the header is an identifier.
        NoIdentifierColumn = "no_identifier_column",
        /// A header that is no column of Muster and not mapped to one.
        UnknownColumn = "unknown_column",
        /// Two headers that are the same column.
        DuplicateColumn = "duplicate_column",
        /// A column without a single value.
        EmptyColumn = "empty_column",
        /// A record with more or fewer cells than the header.
        WrongCellCount = "wrong_cell_count",
        /// A quote that is opened and never closed.
        UnclosedQuote = "unclosed_quote",
        /// A quote inside a cell that begins with one, and that is not doubled.
        StrayQuote = "stray_quote",
        /// Bytes that mean nothing in the encoding.
        UndecodableBytes = "undecodable_bytes",
        /// A NUL character, which no text has.
        NulByte = "nul_byte",
        /// A cell over its limit.
        CellTooLarge = "cell_too_large",
        /// A record over its limit.
        RowTooLarge = "row_too_large",
        /// Dates that can be read two ways.
        AmbiguousDates = "ambiguous_dates",
        /// Numbers in which a mark can be a decimal mark or one of thousands.
        AmbiguousNumbers = "ambiguous_numbers",
        /// A column with a type, in which no value can be read.
        UnreadableColumn = "unreadable_column",
        /// Rows of reports on several imports, which were read with different settings.
        MixedReports = "mixed_reports",
        /// The object changed while it was imported.
        FileChanged = "file_changed",
        /// The object has another length than was declared.
        SizeMismatch = "size_mismatch",
        /// The object has another SHA-256 than was declared.
        ChecksumMismatch = "checksum_mismatch",
        /// Another kind of file, such as a spreadsheet's own format.
        NotCsv = "not_csv",
        /// A compressed file that cannot be unpacked.
        DamagedGzip = "damaged_gzip",
        /// A compressed file that takes longer to unpack than a function may run.
        GzipTooLarge = "gzip_too_large",
        /// A file that is larger than any import.
        FileTooLarge = "file_too_large",
        /// The object is gone or may not be read.
        FileUnreadable = "file_unreadable",
        /// No file was uploaded before the upload URL expired.
        UploadExpired = "upload_expired",
        /// More rows were rejected than the import allows.
        TooManyRejected = "too_many_rejected",
        /// A file of the inbox whose folder is named after no definition.
        UnknownDefinition = "unknown_definition",
        /// A file of the inbox whose definition has settings that cannot be used any more.
        UnusableDefinition = "unusable_definition",
        /// The functions gave up on the import as a whole; the message says where.
        Stopped = "stopped",
    }
}

codes! {
    /// What can be wrong with a row or a cell of it.
    RowCode {
        /// No identifier in the row.
        NoIdentifier = "no_identifier",
        /// Not an email address.
        InvalidEmail = "invalid_email",
        /// Not a phone number.
        InvalidPhone = "invalid_phone",
        /// An external id that is too long or has control characters.
        InvalidExternalId = "invalid_external_id",
        /// Not a date, or not a possible one.
        InvalidDate = "invalid_date",
        /// Neither yes nor no.
        InvalidBoolean = "invalid_boolean",
        /// A consent that is neither yes nor no.
        InvalidConsent = "invalid_consent",
        /// Not a number.
        InvalidNumber = "invalid_number",
        /// Any other value that its column does not take.
        InvalidValue = "invalid_value",
        /// The row's identifiers belong to different customers.
        IdentifierConflict = "identifier_conflict",
        /// No such API endpoint.
        UnknownApiEndpoint = "unknown_api_endpoint",
        /// No such touchpoint.
        UnknownTouchpoint = "unknown_touchpoint",
        /// No such segment, and it may not be created.
        UnknownSegment = "unknown_segment",
        /// No such source action, and it may not be created.
        UnknownSourceAction = "unknown_source_action",
        /// Mode `create_only`, and the customer exists.
        CustomerExists = "customer_exists",
        /// Mode `update_only`, and there is no such customer.
        CustomerNotFound = "customer_not_found",
        /// Warning: an identifier of the row is another customer's and was left with it.
        IdentifierTaken = "identifier_taken",
        /// Warning: a value could not be used and was dropped.
        ValueDropped = "value_dropped",
        /// Warning: a word such as `NULL` stands where an identifier should be.
        PlaceholderIdentifier = "placeholder_identifier",
        /// The row's batch could not be processed.
        Unprocessed = "unprocessed",
        /// The row would make its customer larger than one can be stored.
        CustomerTooLarge = "customer_too_large",
        /// The row is about a customer who was erased after the import was launched, or who is to stay out.
        Suppressed = "suppressed",
        /// Undo, warning: the value stays, because something set it after the import.
        ChangedSince = "changed_since",
        /// Undo, warning: the value stays, because the customer said no to being written to.
        OptOut = "opt_out",
        /// Undo: the former values that the import had kept are gone.
        FormerValuesGone = "former_values_gone",
    }
}

/// What a problem did to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row was applied without the value that the problem names.
    Warning,
    /// The row was not applied.
    Error,
}

impl Severity {
    /// Its word in the report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

codes! {
    /// What can be strange about a sound file. No file is refused for it.
    NoticeCode {
        /// Long numbers as 4.2E+11.
        ScientificNotation = "scientific_notation",
        /// Ids that may have had zeros in front.
        LostLeadingZeros = "lost_leading_zeros",
        /// Days as numbers.
        DateSerial = "date_serial",
        /// Formulas that failed.
        SpreadsheetError = "spreadsheet_error",
        /// Text that was read in a wrong encoding before.
        Mojibake = "mojibake",
        /// An encoding was set, and the file is UTF-8.
        LooksLikeUtf8 = "looks_like_utf_8",
        /// Cells that nobody writes: the encoding may be another one.
        EncodingUncertain = "encoding_uncertain",
        /// A quote inside a cell without quotes, which is kept.
        QuoteInCell = "quote_in_cell",
        /// The header again, as a record.
        RepeatedHeader = "repeated_header",
        /// The file is the report of an import that is not known, so its settings are not those of that import.
        UnknownReport = "unknown_report",
        /// An identifier that several people seem to have: rows with different stronger identifiers, or an external id whose rows
        /// have no email or phone in common.
        SharedIdentifier = "shared_identifier",
        /// Whole numbers that got a decimal place.
        NumberBecameFloat = "number_became_float",
        /// Words such as `NULL` in attributes.
        PlaceholderValues = "placeholder_values",
        /// Dates that the date format that was set does not fit.
        DateFormatContradicted = "date_format_contradicted",
        /// Phone numbers that can be read with and without a country code.
        AmbiguousPhone = "ambiguous_phone",
        /// Times of actions, and nothing that names the action.
        ActionMissing = "action_missing",
    }
}

/// The page of documentation on the codes, made from the lists.
pub fn page() -> String {
    let mut page = String::from(
        "# Codes\n\nMade from the lists in `shared/domain/src/codes.rs`; a test compares it. Codes are stable: programs may depend on \
         them, and messages may change.\n",
    );
    let mut table = |title: &str, codes: &mut dyn Iterator<Item = (&'static str, &'static str)>| {
        page.push_str(&format!("\n## {title}\n\n| code | meaning |\n| --- | --- |\n"));
        codes.for_each(|(code, meaning)| page.push_str(&format!("| `{code}` | {meaning} |\n")));
    };
    table("What becomes of a row", &mut Outcome::ALL.iter().map(|code| (code.as_str(), code.meaning())));
    table(
        "Why an import fails (`failure.code`, and the code of each problem)",
        &mut FileCode::ALL.iter().map(|code| (code.as_str(), code.meaning())),
    );
    table(
        "What is wrong with a row (`errors_by_code`, and `_code` in the report)",
        &mut RowCode::ALL.iter().map(|code| (code.as_str(), code.meaning())),
    );
    table(
        "What is strange about a file that is read (`check.notices`)",
        &mut NoticeCode::ALL.iter().map(|code| (code.as_str(), code.meaning())),
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_on_codes_is_made_from_the_lists() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page(), "docs/codes.md is not up to date: UPDATE_GOLDEN=1 cargo test -p domain writes it");
    }

    #[test]
    fn every_outcome_has_a_letter_of_its_own() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_letter(outcome.letter()), Some(*outcome));
        }
    }

    #[test]
    fn codes_survive_their_text() {
        for code in FileCode::ALL {
            assert_eq!(FileCode::from_code(code.as_str()), Some(*code));
        }
        for code in RowCode::ALL {
            assert_eq!(RowCode::from_code(code.as_str()), Some(*code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
