//! What is wrong with a file as a whole: its bytes, its quotes, its records.

use super::messages;

messages! { FILES
    // What it is.
    "The file is empty."
    / "Die Datei ist leer.",
    "The file is {what:phrase}, not a CSV. Open it and save it as CSV."
    / "Die Datei ist {what}, kein CSV. Öffnen Sie sie, und speichern Sie sie als CSV.",
    "The file is {what:phrase}. Save or export the customers as CSV, and import that file."
    / "Die Datei ist {what}. Speichern oder exportieren Sie die Kunden als CSV, und importieren Sie diese Datei.",
    "The compressed file is damaged or cut off. Compress it again and upload it again."
    / "Die komprimierte Datei ist beschädigt oder abgeschnitten. Komprimieren Sie sie noch einmal, und laden Sie sie noch einmal hoch.",
    "The compressed file is too large to be unpacked in one go. Upload it uncompressed, or split it into several files."
    / "Die komprimierte Datei ist zu groß, um auf einmal entpackt zu werden. Laden Sie sie unkomprimiert hoch, oder teilen Sie sie in mehrere Dateien.",
    "The file is larger than 100 GiB when it is unpacked. Split it."
    / "Die Datei ist entpackt größer als 100 GiB. Teilen Sie sie.",
    "The file has another SHA-256 than was declared: it was damaged on the way, or is another file. Upload it again."
    / "Die Datei hat eine andere SHA-256 als angegeben: Sie wurde unterwegs beschädigt oder ist eine andere. Laden Sie sie noch einmal hoch.",
    "The file has {bytes:number} bytes; {declared:number} were declared. Upload it again."
    / "Die Datei hat {bytes} Byte; angegeben waren {declared}. Laden Sie sie noch einmal hoch.",
    "The file was overwritten while it was imported. Start a new import."
    / "Die Datei wurde während des Imports überschrieben. Starten Sie einen neuen Import.",
    "The file is gone, or Muster may not read it. Start a new import, or have the bucket's permissions looked at."
    / "Die Datei ist nicht mehr da, oder Muster darf sie nicht lesen. Starten Sie einen neuen Import, oder lassen Sie die Zugriffsrechte des Speichers prüfen.",
    "Muster may not look for the file. Have the bucket's permissions looked at, and start a new import."
    / "Muster darf nicht nach der Datei sehen. Lassen Sie die Zugriffsrechte des Speichers prüfen, und starten Sie einen neuen Import.",
    "No file was uploaded before the upload URL expired. Start a new import."
    / "Bis die Frist zum Hochladen ablief, kam keine Datei. Starten Sie einen neuen Import.",
    "The file could not be read to its end, although it was tried several times. Nothing more is imported of it; start a new import, or have the functions' logs looked at."
    / "Die Datei ließ sich nicht bis zum Ende lesen, obwohl es mehrmals versucht wurde. Von ihr wird nichts mehr importiert; starten Sie einen neuen Import, oder lassen Sie die Protokolle prüfen.",
    "What the import replaced is no longer kept, so it cannot be taken back."
    / "Was der Import ersetzt hat, ist nicht mehr vorhanden; er lässt sich nicht zurücknehmen.",
    "The import was stopped."
    / "Der Import wurde gestoppt.",
    "The rows of this file are of reports on different imports, which may have been read with different settings. Import each report by itself."
    / "Die Zeilen dieser Datei stammen aus Berichten verschiedener Importe, die vielleicht mit verschiedenen Einstellungen gelesen wurden. Importieren Sie jeden Bericht für sich.",

    // Files of the inbox.
    "The file is not in the folder of a definition. Put it under inbox/DEFINITION/."
    / "Die Datei liegt nicht im Ordner einer Definition. Legen Sie sie unter inbox/DEFINITION/ ab.",
    "There is no definition “{name}” with which the file could be imported. Create it, and put the file into its folder again under another name."
    / "Eine Definition „{name}“, mit der die Datei importiert werden könnte, gibt es nicht. Legen Sie sie an, und legen Sie die Datei unter einem anderen Namen noch einmal in ihren Ordner.",
    "The definition cannot be used any more."
    / "Die Definition lässt sich nicht mehr verwenden.",
    "Mend it, and put the file into its folder again under another name."
    / "Berichtigen Sie sie, und legen Sie die Datei unter einem anderen Namen noch einmal in ihren Ordner.",

    // Too many rows that cannot be read.
    "{rejected:number} of the first {rows:number} rows counted were rejected, more than `max_rejected_ratio` allows. The rest was not imported. Look at the report; retry the import to go on regardless, or correct the file."
    / "{rejected} der ersten {rows} gezählten Zeilen waren nicht lesbar, mehr als `max_rejected_ratio` zulässt. Der Rest wurde nicht importiert. Sehen Sie den Bericht an; versuchen Sie den Rest noch einmal, um trotzdem fortzufahren, oder berichtigen Sie die Datei.",
    "{rejected:number} of {rows:number} rows were rejected, more than `max_rejected_ratio` allows."
    / "{rejected} von {rows} Zeilen waren nicht lesbar, mehr als `max_rejected_ratio` zulässt.",
    "No row was applied."
    / "Keine Zeile wurde übernommen.",
    "The 1 row that was applied stays."
    / "Die eine Zeile, die übernommen wurde, bleibt.",
    "The {applied:number} rows that were applied stay."
    / "Die {applied} Zeilen, die übernommen wurden, bleiben.",
    "Correct the rows in the report and import it."
    / "Berichtigen Sie die Zeilen im Bericht, und importieren Sie ihn.",

    // Encodings.
    "{cell:phrase} has bytes that mean nothing in UTF-8. The rest of the file is UTF-8: correct this cell, and import the file again."
    / "{cell} hat Bytes, die in UTF-8 nichts bedeuten. Der Rest der Datei ist UTF-8: Berichtigen Sie diese Zelle, und importieren Sie die Datei noch einmal.",
    "The file mixes encodings: {valid:number} characters beyond ASCII are UTF-8, and {bad:number} pieces are not. Export it again as UTF-8 from the source."
    / "Die Datei mischt Zeichencodierungen: {valid} Zeichen außerhalb von ASCII sind UTF-8, {bad} Stellen sind es nicht. Exportieren Sie sie aus dem Quellsystem noch einmal als UTF-8.",
    "The file begins with the byte order mark of UTF-8, and is not UTF-8. The mark wins over `encoding`: export the file again as UTF-8 from the source."
    / "Die Datei beginnt mit der Bytefolge für UTF-8 und ist kein UTF-8. Die Bytefolge geht vor `encoding`: Exportieren Sie die Datei aus dem Quellsystem noch einmal als UTF-8.",
    "These bytes mean nothing in UTF-8, and no other encoding makes a word of them: a character may be cut off. Correct the cell, or export the file again as UTF-8 from the source."
    / "Diese Bytes bedeuten in UTF-8 nichts, und auch sonst ergeben sie kein Wort: Vielleicht ist ein Zeichen abgeschnitten. Berichtigen Sie die Zelle, oder exportieren Sie die Datei aus dem Quellsystem noch einmal als UTF-8.",
    "The file is not UTF-8: these bytes mean nothing in it. It looks like {likely:word}: set `encoding` to `{likely:word}`, or save the file as UTF-8."
    / "Die Datei ist kein UTF-8: Diese Bytes bedeuten darin nichts. Sie sieht nach {likely} aus: Setzen Sie `encoding` auf `{likely}`, oder speichern Sie die Datei als UTF-8.",
    "The bytes at {offset:number} mean nothing in {encoding:word}."
    / "Die Bytes an Stelle {offset} bedeuten in {encoding} nichts.",
    "They may be half of a character."
    / "Sie sind vielleicht ein halbes Zeichen.",
    "A character takes more bytes than there are: the file is cut off, or has a byte too many at its end."
    / "Ein Zeichen braucht mehr Bytes, als da sind: Die Datei ist abgeschnitten oder hat am Ende ein Byte zu viel.",
    "Export the file again, as UTF-8 if you can."
    / "Exportieren Sie die Datei noch einmal, möglichst als UTF-8.",
    "The rest of the file looks like {encoding:word}: correct this cell, or save the file as UTF-8."
    / "Der Rest der Datei sieht nach {encoding} aus: Berichtigen Sie diese Zelle, oder speichern Sie die Datei als UTF-8.",
    "The file looks like {likely:word}: set `encoding` to `{likely:word}`, or save the file as UTF-8."
    / "Die Datei sieht nach {likely} aus: Setzen Sie `encoding` auf `{likely}`, oder speichern Sie die Datei als UTF-8.",
    "Most of the file is UTF-8, and its first characters beyond ASCII are not. Set `encoding` to `utf-8` to see which cells are wrong, and correct them."
    / "Das meiste in der Datei ist UTF-8, ihre ersten Zeichen außerhalb von ASCII sind es nicht. Setzen Sie `encoding` auf `utf-8`, um zu sehen, welche Zellen nicht stimmen, und berichtigen Sie diese.",
    "The file is in {name:word}, an encoding that is not read. Save it as UTF-8, and import it again."
    / "Die Datei ist in {name}, einer Zeichencodierung, die nicht gelesen wird. Speichern Sie sie als UTF-8, und importieren Sie sie noch einmal.",
    "The cell has a NUL character, which no text has. Save the file again as CSV."
    / "Die Zelle hat ein NUL-Zeichen, das kein Text hat. Speichern Sie die Datei noch einmal als CSV.",

    // Sizes.
    "The cell has {bytes:number} bytes; 64 KiB are the most. A quote may be missing."
    / "Die Zelle hat {bytes} Byte; 64 KiB sind das Höchste. Vielleicht fehlt ein Anführungszeichen.",
    "A record is larger than 1 MiB. A quote may be opened and never closed."
    / "Eine Zeile ist größer als 1 MiB. Vielleicht wird ein Anführungszeichen geöffnet und nie geschlossen.",
    "The header row is larger than 64 KiB. Shorten the names of its columns."
    / "Die Kopfzeile ist größer als 64 KiB. Kürzen Sie die Namen der Spalten.",
    "The header row takes {stored:number} bytes as it is stored with its columns; {most:number} are the most. Shorten the names of its columns, or remove some."
    / "Die Kopfzeile belegt mit ihren Spalten gespeichert {stored} Byte; {most} sind das Höchste. Kürzen Sie die Namen der Spalten, oder entfernen Sie einige.",
    "The file has {columns:number} columns; {most:number} are the most. Remove some."
    / "Die Datei hat {columns} Spalten; {most} sind das Höchste. Entfernen Sie einige.",

    // Quotes.
    "The cell begins with a quote, and {what:phrase}."
    / "Die Zelle beginnt mit einem Anführungszeichen, und {what}.",
    "The file writes a quote inside a cell as \\\": set `escape` to `backslash`."
    / "Die Datei schreibt ein Anführungszeichen in einer Zelle als \\\": Setzen Sie `escape` auf `backslash`.",
    "Without quotes every line so far has the right number of cells: set `quote` to `none` if quotes are plain characters in this file, or double them ({quotes:word})."
    / "Ohne Anführungszeichen hat bisher jede Zeile die richtige Zahl von Zellen: Setzen Sie `quote` auf `none`, wenn Anführungszeichen in dieser Datei gewöhnliche Zeichen sind, oder verdoppeln Sie sie ({quotes}).",
    "Double it ({quotes:word}) if it is part of the text, or remove it."
    / "Verdoppeln Sie es ({quotes}), wenn es zum Text gehört, oder entfernen Sie es.",
    "A quote is opened on line {line:number} and never closed. Close it, or double it if it is part of the text."
    / "In Zeile {line} wird ein Anführungszeichen geöffnet und nie geschlossen. Schließen Sie es, oder verdoppeln Sie es, wenn es zum Text gehört.",
    "Without quotes every line has the right number of cells: set `quote` to `none` if quotes are plain characters in this file."
    / "Ohne Anführungszeichen hat jede Zeile die richtige Zahl von Zellen: Setzen Sie `quote` auf `none`, wenn Anführungszeichen in dieser Datei gewöhnliche Zeichen sind.",
    "In the header, the quote on line {line:number} has text after it, where the name should end. Double it if it is part of the name, or remove it; if quotes are plain characters in this file, set `quote` to `none`."
    / "In der Kopfzeile steht hinter dem Anführungszeichen in Zeile {line} Text, wo der Name enden sollte. Verdoppeln Sie es, wenn es zum Namen gehört, oder entfernen Sie es; sind Anführungszeichen in dieser Datei gewöhnliche Zeichen, setzen Sie `quote` auf `none`.",

    // Cells of a record.
    "Each of {those:phrase} {records:number} records has {cells:phrase}, and the header has {header:number}."
    / "Jede {those} {records} Zeilen hat {cells}, und die Kopfzeile hat {header}.",
    "Name the missing column in the header row. If a cell has the delimiter in it, put quotes around that cell."
    / "Nennen Sie die fehlende Spalte in der Kopfzeile. Steht in einer Zelle das Trennzeichen, setzen Sie diese Zelle in Anführungszeichen.",
    "Remove what the header names too much, or check the delimiter."
    / "Entfernen Sie, was die Kopfzeile zu viel nennt, oder prüfen Sie das Trennzeichen.",
    "At the end of the file, {footer:phrase}, and the header has {header:number}. Remove what stands below the last customer."
    / "Am Ende der Datei {footer}, und die Kopfzeile hat {header}. Entfernen Sie, was unter dem letzten Kunden steht.",
    "The record has {cells:phrase}, and the header has {header:number}."
    / "Die Zeile hat {cells}, und die Kopfzeile hat {header}.",
    "The whole line is between quotes, so it is one cell: remove the quotes around it."
    / "Die ganze Zeile steht in Anführungszeichen und ist deshalb eine einzige Zelle: Entfernen Sie die Anführungszeichen darum.",
    "The header has nothing but a delimiter above its last cell: name that column, or remove what stands in it."
    / "In der Kopfzeile steht über der letzten Zelle nur ein Trennzeichen: Benennen Sie diese Spalte, oder entfernen Sie, was darin steht.",
    "If a cell has the delimiter in it, put quotes around that cell."
    / "Steht in einer Zelle das Trennzeichen, setzen Sie diese Zelle in Anführungszeichen.",
    "The line has only “{only}” on it: remove it if it is no customer, or look for a quote that is missing above it."
    / "In der Zeile steht nur „{only}“: Entfernen Sie sie, wenn das kein Kunde ist, oder suchen Sie darüber ein fehlendes Anführungszeichen.",
    "Add the empty cells that are missing at its end, or look for a line break inside a cell without quotes."
    / "Ergänzen Sie die leeren Zellen, die am Ende fehlen, oder suchen Sie einen Zeilenumbruch in einer Zelle ohne Anführungszeichen.",
    "The file has a header and no rows below it."
    / "Die Datei hat eine Kopfzeile und darunter keine Zeilen.",
}
