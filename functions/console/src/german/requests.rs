//! Why something that was asked on a page is not done.

use super::messages;

messages! { REQUESTS
    // Settings of an import.
    "A description has at most {most:number} characters."
    / "Eine Beschreibung hat höchstens {most} Zeichen.",
    "A file has at most 50 TB; split it."
    / "Eine Datei hat höchstens 50 TB; teilen Sie sie.",
    "Give one character, `tab`, or `auto`."
    / "Geben Sie ein Zeichen, `tab` oder `auto` an.",
    "Give one ASCII character, `none` for a file without quotes, or `auto`."
    / "Geben Sie ein ASCII-Zeichen, `none` für eine Datei ohne Anführungszeichen oder `auto` an.",
    "The quote character and the delimiter are the same. Correct one of them."
    / "Anführungszeichen und Trennzeichen sind dasselbe. Berichtigen Sie eines davon.",
    "Lines are counted from 1. Give the line of the header as an editor shows it."
    / "Zeilen werden ab 1 gezählt. Geben Sie die Zeile mit den Namen der Spalten so an, wie ein Editor sie zeigt.",
    "Give the two letters of ISO 3166, such as DE or US."
    / "Geben Sie die zwei Buchstaben nach ISO 3166 an, etwa DE oder US.",
    "Give the format with DD, MM and YYYY, such as DD.MM.YYYY."
    / "Geben Sie das Format mit DD, MM und YYYY an, etwa DD.MM.YYYY.",
    "Give `.`, `,` or `auto`."
    / "Geben Sie `.`, `,` oder `auto` an.",
    "There is no such time zone. Give an IANA name, such as Europe/Berlin."
    / "Eine solche Zeitzone gibt es nicht. Geben Sie einen IANA-Namen an, etwa Europe/Berlin.",
    "Give up to {words:number} words of 1 to {most:number} characters. Cells without text are empty anyway."
    / "Geben Sie bis zu {words} Wörter mit 1 bis {most} Zeichen an. Zellen ohne Text sind ohnehin leer.",
    "No such encoding. Give a label such as utf-8, windows-1252, utf-16le, shift_jis, cp850 or macintosh."
    / "Eine solche Zeichencodierung gibt es nicht. Geben Sie einen Namen an wie utf-8, windows-1252, utf-16le, shift_jis, cp850 oder macintosh.",
    "Files in {name:word} are not read. Save the file as UTF-8 and set `encoding` to `utf-8`."
    / "Dateien in {name} werden nicht gelesen. Speichern Sie die Datei als UTF-8, und setzen Sie `encoding` auf `utf-8`.",
    "The settings map {count:number} headers; a file has at most {most:number} columns."
    / "Die Einstellungen ordnen {count} Spalten zu; eine Datei hat höchstens {most}.",
    "The mapped headers have {bytes:number} bytes together; the header row of a file has at most {most:number}."
    / "Die Namen der zugeordneten Spalten haben zusammen {bytes} Byte; die Kopfzeile einer Datei hat höchstens {most}.",
    "The name of a column has at most {most:number} characters."
    / "Der Name einer Spalte hat höchstens {most} Zeichen.",
    "There is no column `{name}`; `muster columns` lists them."
    / "Eine Spalte „{name}“ gibt es nicht; unter „Alle Spalten mit Hinweisen und Beispielen“ stehen sie.",
    "`{name:column}` is no value of a customer, so it is always written. Map the header to `null` to leave it out."
    / "„{name}“ ist kein Wert eines Kunden und wird deshalb immer geschrieben. Lassen Sie die Spalte in `columns` aus, wenn Sie sie nicht wollen.",
    "The settings have {bytes:number} bytes; {most:number} are the most. Map fewer headers, or shorten the longest texts."
    / "Die Einstellungen haben {bytes} Byte; {most} sind das Höchste. Ordnen Sie weniger Spalten zu, oder kürzen Sie die längsten Texte.",
    "The sample ends before the header does. Send more of the beginning of the file, or import it: the check reads all of it."
    / "Der gelesene Anfang der Datei endet vor der Kopfzeile. Importieren Sie die Datei: Die Prüfung liest sie ganz.",
    "The sample has {length:number} bytes, and `file.size` says that the file has {size:number}. Correct one of them."
    / "Der gelesene Anfang der Datei hat {length} Byte, und die Datei soll {size} haben. Wählen Sie die Datei noch einmal.",

    // Names, and what they are names of.
    "A name cannot be empty."
    / "Ein Name kann nicht leer sein.",
    "The name has {length:number} characters; a name has at most {most:number}. Shorten it."
    / "Der Name hat {length} Zeichen; ein Name hat höchstens {most}. Kürzen Sie ihn.",
    "A name cannot have control characters, such as line breaks and tabs. Remove them."
    / "Ein Name kann keine Steuerzeichen wie Zeilenumbrüche und Tabulatoren haben. Entfernen Sie sie.",
    "The name of a segment group cannot have a slash."
    / "Der Name einer Segmentgruppe kann keinen Schrägstrich haben.",
    "A custom field's name has up to 32 of a-z, 0-9 and _."
    / "Der Name eines eigenen Feldes hat bis zu 32 Zeichen: a-z, 0-9 und _.",
    "Say what the field holds: text, number, date, datetime, yes_no or list."
    / "Sagen Sie, was das Feld enthält: text, number, date, datetime, yes_no oder list.",
    "The name of a definition is part of paths, so it has no slash and is not only dots. Choose another."
    / "Der Name einer Definition ist Teil von Pfaden und hat deshalb keinen Schrägstrich und nicht nur Punkte. Wählen Sie einen anderen.",
    "None exists yet."
    / "Noch ist nichts angelegt.",
    "There is: {names:names}."
    / "Es gibt: {names}.",
    "There are: {names:names} and {n:number} more."
    / "Es gibt: {names} und {n} weitere.",
    "There is no {kind:phrase} “{name}”."
    / "{kind} „{name}“ gibt es nicht.",
    "Create it with POST /{path:unsaid}s (muster create {kind:unsaid} NAME), or choose another."
    / "Legen Sie einen Eintrag dieses Namens in `catalogue` an, oder wählen Sie einen anderen.",
    "There is no definition “{name}”. `muster definitions` lists those that exist; create it with POST /definitions (muster create definition NAME)."
    / "Eine Definition „{name}“ gibt es nicht. Wählen Sie eine andere, oder die Einstellungen dieser Seite.",
    "The {kind:phrase} “{name}” exists already and differs from this one. Choose another name."
    / "{kind} „{name}“ gibt es schon, mit anderen Angaben. Wählen Sie einen anderen Namen.",
    "There are {count:number} custom fields; {most:number} are the most. Use one that exists."
    / "Es gibt {count} eigene Felder; {most} sind das Höchste. Verwenden Sie eines, das es gibt.",
    "There is a definition “{name}” already. Choose another name, or replace it by PUT /definitions/NAME."
    / "Eine Definition „{name}“ gibt es schon. Wählen Sie einen anderen Namen, oder löschen Sie zuerst die vorhandene.",
    "This import takes another one back: it has no settings to keep."
    / "Dieser Import nimmt einen anderen zurück: Er hat keine Einstellungen, die sich speichern ließen.",
    "Somebody else changes this definition at the moment. Try again."
    / "Jemand anders ändert diese Definition gerade. Versuchen Sie es noch einmal.",
    "The definition has {bytes:number} bytes; {most:number} are the most. Map fewer headers, or shorten the longest texts."
    / "Die Definition hat {bytes} Byte; {most} sind das Höchste. Ordnen Sie weniger Spalten zu, oder kürzen Sie die längsten Texte.",

    // Deleting.
    "It cannot be deleted."
    / "Das lässt sich nicht löschen.",
    "An import had a column for it, so customers may have values in it."
    / "Ein Import hatte eine Spalte dafür; Kunden können Werte darin haben.",
    "It always exists."
    / "Es ist immer da.",
    "Somebody has used it just now, or deletes it too. Look again."
    / "Jemand hat es eben verwendet oder löscht es auch. Sehen Sie noch einmal nach.",
    "The import {import:word} has not ended and may use it. Try again when it has."
    / "Der Import {import} ist nicht zu Ende und verwendet es vielleicht. Versuchen Sie es danach noch einmal.",
    "Customers are in it."
    / "Kunden sind darin.",
    "The segment “{name}” is in it. Delete that first."
    / "Das Segment „{name}“ ist darin. Löschen Sie das zuerst.",
    "The API endpoint “{name}” links customers to it."
    / "Der API-Endpunkt „{name}“ verknüpft Kunden damit.",
    "The definition “{name}” names it. Change or delete that first."
    / "Die Definition „{name}“ nennt es. Ändern oder löschen Sie diese zuerst.",
    "Imports keep changing this customer. Ask again in a minute; without that, the customer is erased when they have ended."
    / "Importe ändern diesen Kunden gerade. Versuchen Sie es in einer Minute noch einmal; sonst wird der Kunde gelöscht, wenn sie zu Ende sind.",

    // What can be done with an import now.
    "The import is {state:phrase}; it cannot be cancelled any more."
    / "Der Import {state}; er lässt sich nicht mehr abbrechen.",
    "The import was taken back. Upload the file again to import it once more."
    / "Der Import wurde zurückgenommen. Laden Sie die Datei noch einmal hoch, um sie wieder zu importieren.",
    "The import was stopped, and its last batches are being counted. Retry it once `ended_at` is set."
    / "Der Import wurde gestoppt, und seine letzten Zeilen werden gezählt. Versuchen Sie den Rest, wenn er zu Ende ist.",
    "The import is completed, and every row was processed. Correct the rows in its report, and upload that."
    / "Der Import ist abgeschlossen, und jede Zeile wurde verarbeitet. Berichtigen Sie die Zeilen in seinem Bericht, und laden Sie diesen hoch.",
    "Every row was processed before the import was stopped, so no row is left to process."
    / "Jede Zeile wurde verarbeitet, bevor der Import gestoppt wurde; es ist keine mehr übrig.",
    "The file was not found sound before the import ended, so no row is left to process. Correct it and start a new import."
    / "Die Datei war nicht in Ordnung, als der Import endete; es gibt keine Zeile zu verarbeiten. Berichtigen Sie sie, und starten Sie einen neuen Import.",
    "The import is under way."
    / "Der Import läuft.",
    "This is an undo itself. Import the file again to bring its rows back."
    / "Das ist selbst eine Rücknahme. Importieren Sie die Datei noch einmal, um ihre Zeilen zurückzubringen.",
    "A forecast changes nothing, so there is nothing to take back."
    / "Eine Vorschau ändert nichts; es gibt nichts zurückzunehmen.",
    "The import has not ended. Cancel it, or wait; then take it back."
    / "Der Import ist nicht zu Ende. Brechen Sie ihn ab, oder warten Sie; nehmen Sie ihn dann zurück.",
    "The import ended before it applied a row, so there is nothing to take back."
    / "Der Import endete, bevor er eine Zeile übernahm; es gibt nichts zurückzunehmen.",
    "The import replaced nothing, or what it replaced is no longer kept."
    / "Der Import hat nichts ersetzt, oder was er ersetzt hat, ist nicht mehr vorhanden.",
    "The import was taken up again. Take it back when it has ended."
    / "Der Import wurde wieder aufgenommen. Nehmen Sie ihn zurück, wenn er zu Ende ist.",
    "The custom field `{field:word}` was deleted since. Make a new forecast."
    / "Das eigene Feld „{field}“ wurde seitdem gelöscht. Machen Sie eine neue Vorschau.",
    "This is the forecast of an undo. Take the import back by POST /imports/ID/undo."
    / "Das ist die Vorschau einer Rücknahme. Nehmen Sie den Import auf seiner Seite zurück.",
    "This is no forecast. Only an import with `dry_run` can be launched."
    / "Das ist keine Vorschau. Nur eine Vorschau lässt sich starten.",
    "The file of the forecast is gone, or another one is in its place. Start a new import."
    / "Die Datei der Vorschau ist nicht mehr da, oder eine andere ist an ihrer Stelle. Starten Sie einen neuen Import.",
    "The forecast is {state:phrase}, so it cannot be launched. Start a new import."
    / "Die Vorschau {state} und lässt sich nicht starten. Starten Sie einen neuen Import.",
    "The forecast is {state:phrase}. Launch it once it is completed."
    / "Die Vorschau {state}. Starten Sie sie, wenn sie abgeschlossen ist.",
    "The import is {state:phrase}, so its file cannot be uploaded any more."
    / "Der Import {state}; seine Datei lässt sich nicht mehr hochladen.",
    "The file was not uploaded within six days of the launch. Start a new import."
    / "Die Datei wurde nicht innerhalb von sechs Tagen hochgeladen. Starten Sie einen neuen Import.",
    "This Idempotency-Key was used for another import. Use a new key for new settings."
    / "Diese Seite hat schon einen anderen Import gestartet. Laden Sie sie neu.",

    // What is asked of lists.
    "There is no state `{word}`."
    / "Einen Stand „{word}“ gibt es nicht.",
    "`{name:unsaid}` is a day such as `2026-05-01`, or a moment such as `2026-05-01T12:00:00Z`."
    / "Geben Sie einen Tag wie 2026-05-01 an, oder einen Zeitpunkt wie 2026-05-01T12:00:00Z.",
    "The segment has no members, so there is nothing to export."
    / "Das Segment hat keine Mitglieder; es gibt nichts zu exportieren.",
    "The members are still being exported."
    / "Die Mitglieder werden noch exportiert.",
    "The export failed. Export the segment again."
    / "Der Export schlug fehl. Exportieren Sie das Segment noch einmal.",
    "The file has expired. Export the segment again."
    / "Die Datei ist abgelaufen. Exportieren Sie das Segment noch einmal.",
}
