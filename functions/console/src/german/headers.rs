//! What is wrong with the header of a file and with its columns.

use super::messages;

messages! { HEADERS
    // The header as a whole.
    "The first record names no columns. Put a header row on top."
    / "Die erste Zeile nennt keine Spalten. Setzen Sie eine Kopfzeile darüber.",
    "The file has no record at all. Put a header row on top."
    / "Die Datei hat keine einzige Zeile. Setzen Sie eine Kopfzeile an den Anfang.",
    "There is no header on the line that `header_line` names, nor below it. Lines are counted from 1, as an editor shows them."
    / "In der Zeile, die `header_line` nennt, ist keine Kopfzeile, und darunter auch nicht. Zeilen werden ab 1 gezählt, wie ein Editor sie zeigt.",
    "Line {at:number} names no column: “{first}”. The header is on line {line:number}: set `header_line` to `{line:number}`, or remove the lines above it."
    / "Zeile {at} nennt keine Spalte: „{first}“. Die Kopfzeile steht in Zeile {line}: Setzen Sie `header_line` auf `{line}`, oder entfernen Sie die Zeilen darüber.",
    "The file has no header: its first record is a row of data, which begins with “{first}”. Put a header row on top that names each column, such as email, first_name and city."
    / "Die Datei hat keine Kopfzeile: Ihre erste Zeile enthält Daten und beginnt mit „{first}“. Setzen Sie eine Kopfzeile darüber, die jede Spalte nennt, etwa email, first_name und city.",
    "The header is one cell, “{only}”, as it is not divided by the delimiter of the file. If {shown} divides it, set `delimiter` to `{other}`; if there are quotes around the whole line, remove them from each line."
    / "Die Kopfzeile ist eine einzige Zelle, „{only}“, weil das Trennzeichen der Datei sie nicht teilt. Trennt {shown} die Spalten, setzen Sie `delimiter` auf `{other}`; steht die ganze Zeile in Anführungszeichen, entfernen Sie diese in jeder Zeile.",
    "No column says whom a row is about. Add a column email, phone or external_id, or map one."
    / "Keine Spalte sagt, um wen es in einer Zeile geht. Ergänzen Sie eine Spalte email, phone oder external_id, oder ordnen Sie eine zu.",
    "The header is a single cell with {shown} in it: that may be the file's delimiter."
    / "Die Kopfzeile ist eine einzige Zelle, in der {shown} steht: Das ist vielleicht das Trennzeichen der Datei.",

    // A single column.
    "The file has no header “{header}” to {purpose:phrase}. Correct the name."
    / "Die Datei hat keine Spalte „{header}“ zum {purpose}. Berichtigen Sie den Namen.",
    "The columns {first:number} and {second:number} are both `{name:column}`."
    / "Die Spalten {first} und {second} sind beide „{name}“.",
    "Rename one of them in the file, or remove it there."
    / "Benennen Sie eine davon in der Datei um, oder entfernen Sie sie dort.",
    "Leave one out, or map it to another column."
    / "Lassen Sie eine aus, oder ordnen Sie sie einer anderen Spalte zu.",
    "`on_unknown_column` `ignore` leaves out “{header}”, with all that is unknown."
    / "Mit `on_unknown_column` `ignore` wird „{header}“ ausgelassen, wie alles Unbekannte.",
    "There is no custom field `{field:word}`."
    / "Ein eigenes Feld „{field}“ gibt es nicht.",
    "Declare it (muster create custom-field {field:unsaid} --type text), correct the header, or leave the column out by mapping it to nothing."
    / "Legen Sie es in `catalogue` an, berichtigen Sie den Namen der Spalte, oder lassen Sie die Spalte in `columns` aus.",
    "Column {place:number} has no header. Name it, or remove the column."
    / "Spalte {place} hat keinen Namen. Benennen Sie sie, oder entfernen Sie sie.",
    "“{header}” reads like a column that says who opted out, and left out its refusals would be lost. Turn its values round in the file, yes to no and no to yes, and rename the column to one that says who opted in, such as subscribed.email. If it holds something else, leave it out by mapping it to nothing."
    / "„{header}“ liest sich wie eine Spalte, die sagt, wer sich abgemeldet hat; ausgelassen gingen ihre Ablehnungen verloren. Kehren Sie ihre Werte in der Datei um, ja zu nein und nein zu ja, und geben Sie der Spalte einen Namen, der sagt, wer angemeldet ist, etwa subscribed.email. Enthält sie etwas anderes, lassen Sie sie in `columns` aus.",
    "There is no column “{header}”."
    / "Eine Spalte „{header}“ gibt es nicht.",
    "There is no column “{header}”. Did you mean `{name:column}`?"
    / "Eine Spalte „{header}“ gibt es nicht. Meinen Sie „{name}“?",
    "Rename it, map it to a column in `columns`, or leave it out by mapping it to nothing; `on_unknown_column` `ignore` leaves out all such columns."
    / "Benennen Sie sie um, ordnen Sie sie in `columns` zu, oder lassen Sie sie dort aus; mit `on_unknown_column` `ignore` werden alle solchen Spalten ausgelassen.",
    "The column “{header}” has no value in any row. Remove it, leave it out by mapping it to nothing, or import with `on_empty_column` `ignore`."
    / "Die Spalte „{header}“ hat in keiner Zeile einen Wert. Entfernen Sie sie, lassen Sie sie in `columns` aus, oder importieren Sie mit `on_empty_column` `ignore`.",

    // How the values of a column are written.
    "The dates of the column “{other}” are written {before:word} ({seen:phrase}), those of “{name}” {format:word} ({place:phrase}). Write those of one column as 1990-12-31."
    / "Die Datumsangaben der Spalte „{other}“ haben das Format {before} ({seen}), die von „{name}“ {format} ({place}). Schreiben Sie die einer Spalte wie 1990-12-31.",
    "The dates of the column “{name}” can be read day first or month first, such as {place:phrase}, and no date of it decides which."
    / "Die Datumsangaben der Spalte „{name}“ lassen sich mit dem Tag oder mit dem Monat zuerst lesen, etwa {place}, und keine davon entscheidet das.",
    "{place:phrase} is no day of any calendar; corrected, it may decide."
    / "{place} ist kein Tag eines Kalenders; berichtigt kann es das entscheiden.",
    "Set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`."
    / "Setzen Sie `date_format` auf `DD.MM.YYYY` oder `MM/DD/YYYY`.",
    "The dates of the column “{name}” are written in two ways: {sure:phrase} is {order:phrase}, and {either:phrase} can be read day first or month first. Write all as 1990-12-31, or set `date_format` to `{format:word}` if all are {order:phrase}."
    / "Die Datumsangaben der Spalte „{name}“ sind auf zwei Arten geschrieben: {sure} hat {order}, und {either} lässt sich mit dem Tag oder mit dem Monat zuerst lesen. Schreiben Sie alle wie 1990-12-31, oder setzen Sie `date_format` auf `{format}`, wenn alle {order} haben.",
    "The dates of the column “{name}” may have the day before the month: {year_day:phrase} can only be year, day, month, and {either:phrase} can be that, too. Correct the first one, or write all as 1990-12-31."
    / "Die Datumsangaben der Spalte „{name}“ haben vielleicht den Tag vor dem Monat: {year_day} kann nur Jahr, Tag, Monat sein, und {either} kann das auch sein. Berichtigen Sie die erste, oder schreiben Sie alle wie 1990-12-31.",
    "The dates of the column “{name}” contradict each other: {day_first:phrase} is day first, {month_first:phrase} is month first. Correct those that are wrong, or write all as 1990-12-31."
    / "Die Datumsangaben der Spalte „{name}“ widersprechen sich: {day_first} hat den Tag zuerst, {month_first} den Monat. Berichtigen Sie die falschen, oder schreiben Sie alle wie 1990-12-31.",
    "The letters of the column “{name}” mean different things in different languages: beside {one:phrase}, {other:phrase} may be the opposite of what it is elsewhere. Write {write:phrase} in place of letters, or leave the column out by mapping it to nothing."
    / "Die Buchstaben der Spalte „{name}“ bedeuten in verschiedenen Sprachen Verschiedenes: Neben {one} kann {other} das Gegenteil von dem sein, was es anderswo ist. Schreiben Sie {write} statt der Buchstaben, oder lassen Sie die Spalte weg.",
    "The mark in the numbers of the column “{name}” may be a decimal mark or one of thousands, such as {place:phrase}, and no number of it decides which. Set `decimal_mark` to `.` or `,`."
    / "Das Zeichen in den Zahlen der Spalte „{name}“ kann das Dezimalzeichen sein oder Tausender trennen, etwa {place}, und keine Zahl entscheidet das. Setzen Sie `decimal_mark` auf `.` oder `,`.",
    "The numbers of the column “{name}” contradict each other: {dot:phrase} has a dot as decimal mark, {comma:phrase} a comma. Write all of them with one mark, such as 1234.5."
    / "Die Zahlen der Spalte „{name}“ widersprechen sich: {dot} hat einen Punkt als Dezimalzeichen, {comma} ein Komma. Schreiben Sie alle mit einem Zeichen, etwa 1234.5.",
    "None of the {count:number} values of the column “{name}” can be read as {noun:phrase}, such as {first:phrase}."
    / "Keiner der {count} Werte der Spalte „{name}“ lässt sich als {noun} lesen, etwa {first}.",
    "If the column holds something else, map it to another column or leave it out."
    / "Enthält die Spalte etwas anderes, ordnen Sie sie einer anderen zu, oder lassen Sie sie aus.",
    "To {effect:phrase}, set `on_unreadable_column` to `ignore`."
    / "Damit {effect}, setzen Sie `on_unreadable_column` auf `ignore`.",
}
