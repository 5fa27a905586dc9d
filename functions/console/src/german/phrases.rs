//! What stands inside messages: nouns, places, and parts of sentences. A German one fits wherever its English one stands.

use super::messages;

messages! { PHRASES
    // Identifiers, all of one gender in German.
    "external id" / "Kundennummer",
    "external id “{id}”" / "Kundennummer „{id}“",
    "email address" / "E-Mail-Adresse",
    "phone number" / "Telefonnummer",
    "external ids" / "Kundennummern",
    "emails or external ids" / "E-Mail-Adressen oder Kundennummern",

    // Whom an identifier belongs to.
    "another customer than the row's other identifiers"
    / "einem anderen Kunden als die übrigen Kennungen der Zeile",
    "a customer with another {noun:phrase}" / "einem Kunden mit einer anderen {noun}",
    "The {noun:phrase} belongs to a customer who was erased" / "Der Kunde mit dieser {noun} wurde",
    "The customer was erased" / "Der Kunde wurde",
    "If both are one person, import with `on_weak_match` `update`, which replaces their {stronger:phrase}"
    / "Sind beide eine Person, importieren Sie mit `on_weak_match` `update`, das deren {stronger} ersetzt",
    "If both are one person, correct the {stronger:phrase}"
    / "Sind beide eine Person, berichtigen Sie die {stronger}",

    // Places and numbers of cells.
    "“{cell}” in row {row:number} (line {line:number})" / "„{cell}“ in Zeile {row} (Textzeile {line})",
    "This cell" / "Diese Zelle",
    "The cell “{cell}”" / "Die Zelle „{cell}“",
    "1 cell" / "1 Zelle",
    "{n:number} cells" / "{n} Zellen",
    "the" / "der",
    "the first" / "der ersten",
    "line {line:number} looks like a footer: it has {cells:phrase}"
    / "sieht Zeile {line} nach einer Fußzeile aus: Sie hat {cells}",
    "lines {first:number} to {last:number} look like a footer: they have fewer cells"
    / "sehen die Zeilen {first} bis {last} nach einer Fußzeile aus: Sie haben weniger Zellen",
    "the quote on line {line:number} has “{after}” after it, where the cell should end"
    / "hinter dem Anführungszeichen in Zeile {line} steht „{after}“, wo die Zelle enden sollte",
    "up to the quote on line {line:number} there are whole rows of other customers"
    / "bis zum Anführungszeichen in Zeile {line} stehen ganze Zeilen anderer Kunden",

    // What a header is named for.
    "map" / "Zuordnen",
    "leave out" / "Auslassen",

    // What a value is to be read as.
    "an email address" / "E-Mail-Adresse",
    "a phone number" / "Telefonnummer",
    "an external id" / "Kundennummer",
    "yes or no" / "Ja oder Nein",
    "male, female or other" / "male, female oder other",
    "a date" / "Datum",
    "a moment" / "Zeitpunkt",
    "a number" / "Zahl",
    "a sex" / "Geschlecht",
    "a language" / "Sprache",
    "a time zone" / "Zeitzone",
    "a country" / "Land",
    "a text" / "Text",
    "reject their rows" / "ihre Zeilen nicht importiert werden",
    "import the rows without them" / "die Zeilen ohne sie importiert werden",
    "import what is left of the rows" / "importiert wird, was von den Zeilen bleibt",

    // Dates and times.
    "day first" / "den Tag zuerst",
    "month first" / "den Monat zuerst",
    "did not happen: the clocks were put forward" / "gab es diese Zeit nicht: Die Uhren wurden vorgestellt",
    "happened twice: the clocks were put back" / "gab es diese Zeit zweimal: Die Uhren wurden zurückgestellt",
    "January" / "Januar",
    "February" / "Februar",
    "March" / "März",
    "April" / "April",
    "May" / "Mai",
    "June" / "Juni",
    "July" / "Juli",
    "August" / "August",
    "September" / "September",
    "October" / "Oktober",
    "November" / "November",
    "December" / "Dezember",

    // Files.
    "found to be" / "nach ihrem Inhalt als",
    "read as" / "als",
    "an Excel workbook or a ZIP archive" / "eine Excel-Arbeitsmappe oder ein ZIP-Archiv",
    "an old Excel workbook" / "eine alte Excel-Arbeitsmappe",
    "a PDF" / "ein PDF",
    "an XML file" / "eine XML-Datei",
    "an HTML page: perhaps the page for signing in, in place of the export"
    / "eine HTML-Seite, vielleicht die zum Anmelden statt des Exports",
    "a JSON file" / "eine JSON-Datei",
    "a vCard file: open it in an address book" / "eine vCard-Datei, die sich in einem Adressbuch öffnen lässt",
    "a calendar" / "ein Kalender",
    "an LDIF file" / "eine LDIF-Datei",
    "an SQLite database" / "eine SQLite-Datenbank",
    "an SQL script" / "ein SQL-Skript",
    "a YAML file" / "eine YAML-Datei",
    "a SYLK file" / "eine SYLK-Datei",
    "an RTF document" / "ein RTF-Dokument",
    "an Access database" / "eine Access-Datenbank",
    "a note of macOS about the file of its name without “._”" / "eine Notiz von macOS zu der Datei, die ohne „._“ so heißt",
    "a property list of macOS" / "eine Einstellungsdatei von macOS",
    "a picture" / "ein Bild",
    "a recording of sound or film" / "eine Ton- oder Filmaufnahme",
    "an archive: unpack it first" / "ein Archiv, das erst entpackt werden muss",
    "a Parquet, Avro, ORC or Arrow file" / "eine Parquet-, Avro-, ORC- oder Arrow-Datei",
    "a program" / "ein Programm",
    "no text: it has many characters that only pictures, archives, programs and the like have"
    / "kein Text: Sie hat viele Zeichen, die nur Bilder, Archive, Programme und dergleichen haben",
    "nothing but zeros: a copy or a download of it failed" / "leer bis auf Nullen: Beim Kopieren oder Herunterladen ging etwas schief",

    // Kinds of the catalogue, as what there is not.
    "API endpoint" / "Einen API-Endpunkt",
    "touchpoint" / "Einen Touchpoint",
    "segment group" / "Eine Segmentgruppe",
    "segment" / "Ein Segment",
    "action" / "Eine Aktion",
    "custom field" / "Ein eigenes Feld",

    // States of an import.
    "awaiting_upload" / "wartet auf die Datei",
    "checking" / "wird geprüft",
    "importing" / "läuft",
    "finishing" / "wird abgeschlossen",
    "completed" / "ist abgeschlossen",
    "failed" / "ist fehlgeschlagen",
    "cancelled" / "ist abgebrochen",
}
