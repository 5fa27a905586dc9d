//! What is wrong, by its code, in a marketer's words and in each language. The messages of the API say more; `german` has them
//! in German.

use crate::language::Language;

macro_rules! kinds {
    ($($code:literal: $english:literal / $german:literal,)*) => {
        /// What a code means; none if it is not known.
        pub(crate) fn kind(language: Language, code: &str) -> Option<&'static str> {
            match (code, language) {
                $(
                    ($code, Language::English) => Some($english),
                    ($code, Language::German) => Some($german),
                )*
                _ => None,
            }
        }
    };
}

kinds! {
    // Of rows.
    "no_identifier": "Rows that do not say who they are about" / "Zeilen, die nicht sagen, um wen es geht",
    "invalid_email": "Not an e-mail address" / "Keine E-Mail-Adresse",
    "invalid_phone": "Not a phone number" / "Keine Telefonnummer",
    "invalid_external_id": "An id that is too long or has control characters" / "Eine Nummer, die zu lang ist oder Steuerzeichen hat",
    "invalid_date": "Not a date, or not a possible one" / "Kein Datum oder kein mögliches",
    "invalid_boolean": "Neither yes nor no" / "Weder ja noch nein",
    "invalid_consent": "A consent that is neither yes nor no" / "Eine Einwilligung, die weder ja noch nein ist",
    "invalid_number": "Not a number" / "Keine Zahl",
    "invalid_value": "A value that its column does not take" / "Ein Wert, den seine Spalte nicht nimmt",
    "identifier_conflict": "Identifiers of different customers in one row" / "Kennungen verschiedener Kunden in einer Zeile",
    "unknown_api_endpoint": "An API endpoint that does not exist" / "Ein API-Endpunkt, den es nicht gibt",
    "unknown_touchpoint": "A touchpoint that does not exist" / "Ein Touchpoint, den es nicht gibt",
    "unknown_segment": "A segment that does not exist" / "Ein Segment, das es nicht gibt",
    "unknown_source_action": "A source action that does not exist" / "Eine Quellaktion, die es nicht gibt",
    "customer_exists": "The customer exists, and only new ones were to be created" / "Den Kunden gibt es, und es sollten nur neue angelegt werden",
    "customer_not_found": "There is no such customer, and only known ones were to be updated" / "Den Kunden gibt es nicht, und es sollten nur bekannte geändert werden",
    "identifier_taken": "An identifier that somebody else has; it was left with them" / "Eine Kennung, die jemand anders hat; sie blieb dort",
    "value_dropped": "A value that could not be used; the rest of the row was" / "Ein unbrauchbarer Wert; der Rest der Zeile wurde verwendet",
    "placeholder_identifier": "A word such as NULL in place of an identifier" / "Ein Wort wie NULL statt einer Kennung",
    "unprocessed": "Not processed, through no fault of the file" / "Nicht verarbeitet; an der Datei liegt es nicht",
    "changed_since": "Values that something else set since" / "Werte, die seitdem anders gesetzt wurden",
    "opt_out": "An opt-out, which is never taken back" / "Eine Abmeldung, die nie zurückgenommen wird",
    "former_values_gone": "The former values are no longer kept" / "Die früheren Werte sind nicht mehr vorhanden",
    "customer_too_large": "The customer would become too large to store" / "Der Kunde würde zum Speichern zu groß",
    "suppressed": "The customer was erased, and is not brought back" / "Der Kunde wurde gelöscht und wird nicht zurückgeholt",

    // Of files.
    "empty_file": "The file is empty. Export it again." / "Die Datei ist leer. Exportieren Sie sie noch einmal.",
    "no_header": "The first line names no column. The names of the columns must stand above the rows." / "Die erste Zeile nennt keine Spalte. Über den Zeilen müssen die Namen der Spalten stehen.",
    "no_rows": "Below the names of the columns there is no row." / "Unter den Namen der Spalten steht keine Zeile.",
    "no_identifier_column": "No column says who a row is about. One must be the e-mail address, the phone number or an id." / "Keine Spalte sagt, um wen es in einer Zeile geht. Eine muss die E-Mail-Adresse, die Telefonnummer oder eine Nummer sein.",
    "unknown_column": "A column that Muster or the file does not have." / "Eine Spalte, die Muster oder die Datei nicht hat.",
    "duplicate_column": "Two columns of the file go to the same one. Choose another one, or rename one of them in the file." / "Zwei Spalten der Datei gehören zur selben. Wählen Sie eine andere, oder benennen Sie eine davon in der Datei um.",
    "empty_column": "A column without a single value. It may have been lost in the export." / "Eine Spalte ohne einen einzigen Wert. Vielleicht ging er beim Export verloren.",
    "wrong_cell_count": "A line with more or fewer cells than there are columns. Export the file again, or correct that line." / "Eine Zeile mit mehr oder weniger Zellen als Spalten. Exportieren Sie die Datei noch einmal, oder berichtigen Sie diese Zeile.",
    "unclosed_quote": "A quote that is opened and never closed." / "Ein Anführungszeichen, das geöffnet und nie geschlossen wird.",
    "stray_quote": "A quote inside a cell, where it has to be doubled." / "Ein Anführungszeichen mitten in einer Zelle, wo es verdoppelt sein muss.",
    "undecodable_bytes": "Characters that the file’s encoding does not have. It was saved in another encoding." / "Zeichen, die es in der Zeichencodierung der Datei nicht gibt. Sie wurde in einer anderen gespeichert.",
    "nul_byte": "A character that no text has. The file may be damaged, or no CSV." / "Ein Zeichen, das kein Text hat. Die Datei ist vielleicht beschädigt oder kein CSV.",
    "cell_too_large": "A cell with too much text." / "Eine Zelle mit zu viel Text.",
    "row_too_large": "A line with too much text." / "Eine Zeile mit zu viel Text.",
    "ambiguous_dates": "Dates that can be read two ways. Say how they are meant." / "Datumsangaben, die sich auf zwei Arten lesen lassen. Sagen Sie, wie sie gemeint sind.",
    "ambiguous_numbers": "Numbers that can be read two ways. Say which mark is the decimal mark." / "Zahlen, die sich auf zwei Arten lesen lassen. Sagen Sie, was das Dezimalzeichen ist.",
    "unreadable_column": "A column in which no value can be read. It may go to the wrong column." / "Eine Spalte, in der kein Wert lesbar ist. Vielleicht gehört sie woandershin.",
    "mixed_reports": "The file has rows of several reports. Import them one by one." / "Die Datei hat Zeilen mehrerer Berichte. Importieren Sie diese einzeln.",
    "file_changed": "The file changed while it was imported. Import it again." / "Die Datei wurde während des Imports geändert. Importieren Sie sie noch einmal.",
    "size_mismatch": "Not all of the file arrived. Import it again." / "Die Datei ist nicht ganz angekommen. Importieren Sie sie noch einmal.",
    "checksum_mismatch": "Another file arrived than was sent. Import it again." / "Es kam eine andere Datei an als gesendet. Importieren Sie sie noch einmal.",
    "not_csv": "This is another kind of file. Save it as CSV." / "Das ist eine andere Art von Datei. Speichern Sie sie als CSV.",
    "damaged_gzip": "The compressed file cannot be unpacked. Pack it again." / "Die komprimierte Datei lässt sich nicht entpacken. Packen Sie sie noch einmal.",
    "gzip_too_large": "The compressed file is too large to unpack. Import it unpacked." / "Die komprimierte Datei ist zu groß zum Entpacken. Importieren Sie sie unkomprimiert.",
    "file_too_large": "The file is larger than any import. Split it." / "Die Datei ist größer als jeder Import. Teilen Sie sie.",
    "file_unreadable": "The file is gone. Import it again." / "Die Datei ist nicht mehr da. Importieren Sie sie noch einmal.",
    "upload_expired": "The file did not arrive in time. Import it again." / "Die Datei kam nicht rechtzeitig an. Importieren Sie sie noch einmal.",
    "too_many_rejected": "More rows could not be read than the settings allow." / "Es waren mehr Zeilen nicht lesbar, als die Einstellungen zulassen.",
    "unknown_definition": "The folder of the file is named after no definition." / "Der Ordner der Datei heißt nach keiner Definition.",
    "unusable_definition": "The definition of the file has settings that cannot be used any more." / "Die Definition der Datei hat Einstellungen, die nicht mehr gelten.",
    "stopped": "Muster gave up on this import, through no fault of the file." / "Muster hat diesen Import aufgegeben; an der Datei liegt es nicht.",

    // Worth a look.
    "scientific_notation": "Long numbers that a spreadsheet shortened" / "Lange Zahlen, die eine Tabellenkalkulation gekürzt hat",
    "lost_leading_zeros": "Ids that may have had zeros in front" / "Nummern, die vorn vielleicht Nullen hatten",
    "date_serial": "Days as numbers" / "Tage als Zahlen",
    "spreadsheet_error": "Formulas that failed" / "Formeln, die fehlschlugen",
    "mojibake": "Text that was read in a wrong encoding before" / "Text, der früher mit falscher Zeichencodierung gelesen wurde",
    "looks_like_utf_8": "The file looks like UTF-8" / "Die Datei sieht nach UTF-8 aus",
    "encoding_uncertain": "The encoding may be another one" / "Die Zeichencodierung ist vielleicht eine andere",
    "quote_in_cell": "A quote inside a cell, which is kept" / "Ein Anführungszeichen in einer Zelle, das bleibt",
    "repeated_header": "The names of the columns again, among the rows" / "Die Namen der Spalten noch einmal, zwischen den Zeilen",
    "unknown_report": "The report of an import that is not known" / "Der Bericht eines unbekannten Imports",
    "shared_identifier": "An identifier that several people seem to have" / "Eine Kennung, die mehrere Personen zu haben scheinen",
    "number_became_float": "Whole numbers that got a decimal place" / "Ganze Zahlen, die eine Nachkommastelle bekamen",
    "placeholder_values": "Words such as NULL as values" / "Wörter wie NULL als Werte",
    "date_format_contradicted": "Dates that are not written as the settings say" / "Datumsangaben, die anders sind als eingestellt",
    "ambiguous_phone": "Phone numbers that can be read two ways" / "Telefonnummern, die sich auf zwei Arten lesen lassen",
    "action_missing": "Times of actions, and nothing that names the action" / "Zeiten von Aktionen, und nichts nennt die Aktion",
}

/// What a code means, or that it is another problem.
pub(crate) fn kind_or_other(language: Language, code: &str) -> &'static str {
    kind(language, code).unwrap_or(match language {
        Language::English => "Another problem",
        Language::German => "Ein anderes Problem",
    })
}

#[cfg(test)]
mod tests {
    use domain::codes::{FileCode, NoticeCode, RowCode};

    use super::*;

    #[test]
    fn every_code_has_words_in_every_language() {
        let rows = RowCode::ALL.iter().map(|code| code.as_str());
        let files = FileCode::ALL.iter().map(|code| code.as_str());
        let notices = NoticeCode::ALL.iter().map(|code| code.as_str());
        for code in rows.chain(files).chain(notices) {
            for language in Language::ALL {
                assert!(kind(language, code).is_some(), "{code} in {}", language.tag());
            }
        }
        assert_eq!(kind(Language::English, "no_such_code"), None);
    }
}
