//! What becomes of a row, and why; and what stays of a row that is taken back.

use super::messages;

messages! { ROWS
    // Whom a row is about.
    "This customer exists already, and the import only creates. Import with `mode` `upsert` to update it."
    / "Diesen Kunden gibt es schon, und der Import legt nur an. Importieren Sie mit `mode` `upsert`, um ihn zu ändern.",
    "No customer has any of the row's identifiers, and those that the import may write belong to others or are missing. Give the row an identifier that is written, or set `write` of one to `always`."
    / "Kein Kunde hat eine der Kennungen der Zeile, und die, die der Import schreiben darf, gehören anderen oder fehlen. Geben Sie der Zeile eine Kennung, die geschrieben wird, oder lassen Sie bei einer Kennung immer schreiben.",
    "No customer has any of the row's identifiers, and the import only updates. Import with `mode` `upsert` to create it."
    / "Kein Kunde hat eine der Kennungen der Zeile, und der Import ändert nur. Importieren Sie mit `mode` `upsert`, um ihn anzulegen.",
    "No customer has the row's {stronger:phrase}, and the import only updates. The {shared:phrase} belongs to a customer with another {stronger:phrase}. {cure:phrase}, or import with `mode` `upsert` to create a customer."
    / "Kein Kunde hat die {stronger} der Zeile, und der Import ändert nur. Die {shared} gehört einem Kunden mit einer anderen {stronger}. {cure}, oder importieren Sie mit `mode` `upsert`, um einen Kunden anzulegen.",
    "If both are one person, import with `on_weak_match` `update`, which replaces their {stronger:phrase}."
    / "Sind beide eine Person, importieren Sie mit `on_weak_match` `update`; das ersetzt deren {stronger}.",
    "If both are one person, correct the {stronger:phrase}."
    / "Sind beide eine Person, berichtigen Sie die {stronger}.",
    "The {what:phrase} belongs to another customer and was left with them; the rest of the row was applied. If it is this customer's, write %CLEAR% for it in a row about the other one first."
    / "Die {what} gehört einem anderen Kunden und blieb dort; der Rest der Zeile wurde übernommen. Gehört sie diesem Kunden, schreiben Sie dafür zuerst %CLEAR% in eine Zeile über den anderen.",
    "The {what:phrase} belongs to a customer with another {differing:phrase} and was left with them; the rest of the row was applied to a customer of its own."
    / "Die {what} gehört einem Kunden mit einer anderen {differing} und blieb dort; der Rest der Zeile wurde für einen eigenen Kunden übernommen.",
    "The {what:phrase} belongs to {whose:phrase}. Correct the identifiers, or import with `on_conflict` `skip_identifier` to apply the row without it."
    / "Die {what} gehört {whose}. Berichtigen Sie die Kennungen, oder importieren Sie mit `on_conflict` `skip_identifier`, um die Zeile ohne sie zu übernehmen.",
    "The {shared:phrase} belongs to a customer with another {differing:phrase}. Correct the identifiers, or import with `on_weak_match` `separate` to apply the row to a customer of its own."
    / "Die {shared} gehört einem Kunden mit einer anderen {differing}. Berichtigen Sie die Kennungen, oder importieren Sie mit `on_weak_match` `separate`, um die Zeile für einen eigenen Kunden zu übernehmen.",
    "With this row the customer would take {bytes:number} bytes of storage; {most:number} are the most. Shorten the row's values, or erase long attributes of the customer by %CLEAR% first."
    / "Mit dieser Zeile würde der Kunde {bytes} Byte belegen; {most} sind das Höchste. Kürzen Sie die Werte der Zeile, oder löschen Sie zuerst lange Merkmale des Kunden mit %CLEAR%.",
    "{who:phrase} after this import was launched, so the row was not applied. If they are to come back, import the row once more: later imports may bring them back."
    / "{who} nach dem Start dieses Imports gelöscht; die Zeile wurde deshalb nicht übernommen. Soll er wiederkommen, importieren Sie die Zeile noch einmal: Spätere Importe dürfen ihn zurückbringen.",
    "The {what:phrase} is suppressed: whoever had it was erased and is to stay out, so the row was not applied. If they want to be there again, lift the suppression, and import the row once more."
    / "Die {what} ist gesperrt: Wer sie hatte, wurde gelöscht und soll fernbleiben; die Zeile wurde deshalb nicht übernommen. Will er wieder dabei sein, lassen Sie die Sperre aufheben, und importieren Sie die Zeile noch einmal.",
    "The row was not processed, although it was tried several times. Upload this report again, or retry the import."
    / "Die Zeile wurde nicht verarbeitet, obwohl es mehrmals versucht wurde. Laden Sie diesen Bericht noch einmal hoch, oder versuchen Sie den Rest des Imports noch einmal.",

    // What a row names.
    "There is no segment “{name}” in the group “{group}”, and this import may not create one."
    / "Ein Segment „{name}“ gibt es in der Gruppe „{group}“ nicht, und dieser Import darf keines anlegen.",
    "There is no action “{name}”, and this import may not create one."
    / "Eine Aktion „{name}“ gibt es nicht, und dieser Import darf keine anlegen.",
    "There is no API endpoint “{name}”. Correct the cell, or leave it empty for the import's."
    / "Einen API-Endpunkt „{name}“ gibt es nicht. Berichtigen Sie die Zelle, oder lassen Sie sie leer; dann gilt der des Imports.",
    "There is no touchpoint “{name}”. Correct the cell, or leave it empty for the import's."
    / "Einen Touchpoint „{name}“ gibt es nicht. Berichtigen Sie die Zelle, oder lassen Sie sie leer; dann gilt der des Imports.",

    // What stands behind the last problem that the message of a row names.
    "And {n:number} more problems."
    / "Und {n} weitere Probleme.",

    // Why something stays when an import is taken back.
    "{name:column}:"
    / "{name}:",
    "The customer said no to this, and an undo never takes that back."
    / "Der Kunde hat das abgelehnt, und eine Rücknahme macht das nie rückgängig.",
    "A later import changed the customer, which is known by this."
    / "Ein späterer Import hat den Kunden geändert, und er ist daran zu erkennen.",
    "The former one is suppressed, so it does not come back."
    / "Der frühere Wert ist gesperrt und kommt deshalb nicht zurück.",
    "Another customer has the former one by now."
    / "Den früheren Wert hat inzwischen ein anderer Kunde.",
    "It is the only identifier that the customer has left."
    / "Es ist die einzige Kennung, die dem Kunden geblieben ist.",
    "Row {row:number} of import {import:word} set it since."
    / "Zeile {row} des Imports {import} hat den Wert seitdem gesetzt.",
    "It was changed since."
    / "Der Wert wurde seitdem geändert.",
    "What the import replaced here is gone, so it cannot be put back."
    / "Was der Import hier ersetzt hat, ist nicht mehr vorhanden und lässt sich nicht zurücksetzen.",
}
