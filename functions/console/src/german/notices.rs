//! What is strange about a file that can be imported.

use super::messages;

messages! { NOTICES
    "A quote stands inside a cell that is not between quotes. It was kept as text."
    / "Ein Anführungszeichen steht mitten in einer Zelle, die nicht in Anführungszeichen steht. Es blieb als Text.",
    "The file is the report of an import that is not known here, so the settings of that import are not used. Give them again: mapping, region, date format, segment and action."
    / "Die Datei ist der Bericht eines Imports, der hier nicht bekannt ist; seine Einstellungen gelten deshalb nicht. Geben Sie sie noch einmal an: Zuordnung der Spalten, Land, Format der Datumsangaben, Segment und Aktion.",
    "The file is the report of an import, and its column `_import` does not name it, so the settings of that import are not used. Fill that column in, or give them again: mapping, region, date format, segment and action."
    / "Die Datei ist der Bericht eines Imports, und ihre Spalte `_import` nennt ihn nicht; seine Einstellungen gelten deshalb nicht. Füllen Sie diese Spalte aus, oder geben Sie die Einstellungen noch einmal an: Zuordnung der Spalten, Land, Format der Datumsangaben, Segment und Aktion.",
    "The column says when an action happened, and nothing says which: no column of the file, and not the settings. The times are read and not kept. Set `source_action`, or leave the column out by mapping it to nothing."
    / "Die Spalte sagt, wann eine Aktion geschah, und nichts sagt, welche: weder eine Spalte der Datei noch die Einstellungen. Die Zeiten werden gelesen und nicht behalten. Geben Sie eine Quellaktion an, oder lassen Sie die Spalte in `columns` aus.",
    "The header stands here again, as in files that were joined. It was left out."
    / "Hier steht noch einmal die Kopfzeile, wie in zusammengefügten Dateien. Sie wurde ausgelassen.",
    "A spreadsheet wrote a long number as 4.2E+11 and lost its last digits. Format the column as text in the source, enter the numbers again, and save as CSV."
    / "Eine Tabellenkalkulation hat eine lange Zahl als 4.2E+11 geschrieben, und ihre letzten Ziffern sind verloren. Formatieren Sie die Spalte im Quellsystem als Text, geben Sie die Zahlen neu ein, und speichern Sie als CSV.",
    "Most values of this column are of one length and some are shorter: a spreadsheet may have dropped zeros in front. Compare with the source; import the column as text."
    / "Die meisten Werte dieser Spalte sind gleich lang, einige sind kürzer: Vielleicht hat eine Tabellenkalkulation Nullen am Anfang weggelassen. Vergleichen Sie mit dem Quellsystem, und übernehmen Sie die Spalte als Text.",
    "A program took these numbers for quantities and wrote 1001 as 1001.0. They are stored as they stand, so an id meets no customer with the id 1001. Export the column as text from the source."
    / "Ein Programm hielt diese Nummern für Mengen und schrieb 1001 als 1001.0. Sie werden gespeichert, wie sie dastehen, und treffen keinen Kunden mit der Nummer 1001. Exportieren Sie die Spalte aus dem Quellsystem als Text.",
    "This is the number by which a spreadsheet counts days. Format the column as a date and save again."
    / "Mit dieser Zahl zählt eine Tabellenkalkulation Tage. Formatieren Sie die Spalte als Datum, und speichern Sie noch einmal.",
    "A formula of a spreadsheet failed here, or a column was too narrow to show its number. Correct it, or replace formulas by their values, and save again."
    / "Hier schlug eine Formel einer Tabellenkalkulation fehl, oder eine Spalte war zu schmal für ihre Zahl. Berichtigen Sie das, oder ersetzen Sie Formeln durch ihre Werte, und speichern Sie noch einmal.",
    "This text was read in a wrong encoding once (such as MÃ¼ller for Müller) and saved so. Export it again as UTF-8 from the source."
    / "Dieser Text wurde einmal mit falscher Zeichencodierung gelesen (etwa MÃ¼ller statt Müller) und so gespeichert. Exportieren Sie ihn aus dem Quellsystem noch einmal als UTF-8.",
    "A program could not read characters of this text and wrote � in their place. Export it again as UTF-8 from the source."
    / "Ein Programm konnte Zeichen dieses Textes nicht lesen und schrieb stattdessen �. Exportieren Sie ihn aus dem Quellsystem noch einmal als UTF-8.",
    "The file was read as {encoding:word}, and its bytes are those of UTF-8. Look at these cells: {cells:names}. If they are wrong, set `encoding` to `utf-8` and import the file again."
    / "Die Datei wurde als {encoding} gelesen, und ihre Bytes sind die von UTF-8. Sehen Sie diese Zellen an: {cells}. Stimmen sie nicht, setzen Sie `encoding` auf `utf-8`, und importieren Sie die Datei noch einmal.",
    "The file was {how:phrase} {encoding:word}, which may be wrong. Look at these cells: {cells:names}. If they are wrong, name with `encoding` the one that the file was saved in, or save it as UTF-8, and import it again."
    / "Die Datei wurde {how} {encoding} gelesen, und das kann falsch sein. Sehen Sie diese Zellen an: {cells}. Stimmen sie nicht, geben Sie bei `encoding` an, womit die Datei gespeichert wurde, oder speichern Sie sie als UTF-8, und importieren Sie sie noch einmal.",
    "These numbers have no + and can be read in two ways: with a country code in front, or as national numbers without the 0 in front. Those that begin with the country code of the import's `default_region` were read with it, all others as national numbers of that region. Write them with the 0, or all numbers with +."
    / "Diese Nummern haben kein + und sind auf zwei Arten lesbar: mit einer Landesvorwahl oder als nationale Nummern ohne die 0 am Anfang. Die mit der Vorwahl des Landes bei `default_region` wurden so gelesen, alle anderen als nationale Nummern dieses Landes. Schreiben Sie sie mit der 0, oder alle Nummern mit +.",
    "Three or more rows have the same {id:phrase}, and no email or phone in common. They are about one customer, who keeps only the last email and phone. If the id stands for a missing one or has lost digits, set `null_tokens` to it, or correct it, and import the file again."
    / "Drei oder mehr Zeilen haben dieselbe {id} und keine gemeinsame E-Mail-Adresse oder Telefonnummer. Sie handeln von einem Kunden, der nur die letzte E-Mail-Adresse und Telefonnummer behält. Steht die Nummer für eine fehlende oder hat sie Ziffern verloren, tragen Sie sie bei `null_tokens` ein, oder berichtigen Sie sie, und importieren Sie die Datei noch einmal.",
    "Three or more rows have the same {noun:phrase} and different {stronger:phrase}: it may be one of an office or a family. By default each of these rows is a customer of its own, and the {noun:phrase} stays with the first. If they are about one customer, set `on_weak_match` to `update`."
    / "Drei oder mehr Zeilen haben dieselbe {noun} und verschiedene {stronger}: Vielleicht ist es die eines Büros oder einer Familie. Ohne andere Einstellung wird jede dieser Zeilen ein eigener Kunde, und die {noun} bleibt beim ersten. Handeln sie von einem Kunden, setzen Sie `on_weak_match` auf `update`.",
    "Cells such as “{first}” are stored as they stand. If they mean that the value is missing, set `null_tokens` to `{first}`, and they are read as empty cells."
    / "Zellen wie „{first}“ werden gespeichert, wie sie dastehen. Bedeuten sie, dass der Wert fehlt, setzen Sie `null_tokens` auf `{first}`, und sie werden als leere Zellen gelesen.",
    "“NA” is read as Namibia, whose code it is. If it means that the value is missing, set `null_tokens` to `NA`, and it is read as an empty cell."
    / "„NA“ wird als Namibia gelesen, dessen Code es ist. Bedeutet es, dass der Wert fehlt, setzen Sie `null_tokens` auf `NA`, und es wird als leere Zelle gelesen.",
    "Dates of this column are in another format than the one that was set. They are dropped, and others may be read as the wrong day. Look at them, correct `date_format`, and import the file again."
    / "Datumsangaben dieser Spalte haben ein anderes Format als das eingestellte. Sie werden ausgelassen, und andere werden vielleicht als falscher Tag gelesen. Sehen Sie sie an, berichtigen Sie `date_format`, und importieren Sie die Datei noch einmal.",
}
