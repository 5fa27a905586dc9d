//! What is wrong with the value of a cell.

use super::messages;

messages! { VALUES
    // E-mail addresses.
    "A cell takes one email address, and this has two or more. Keep one, and give further ones rows of their own."
    / "Eine Zelle nimmt eine E-Mail-Adresse, und hier stehen mehrere. Behalten Sie eine, und geben Sie den übrigen eigene Zeilen.",
    "Write one address, such as ann@example.com."
    / "Schreiben Sie eine Adresse, etwa ann@example.com.",
    "This is not an email address: it has no @."
    / "Das ist keine E-Mail-Adresse: Es fehlt das @.",
    "The address has a blank inside."
    / "In der Adresse steht ein Leerzeichen.",
    "The address has a quote at one end only: {quote:word}. Remove it."
    / "Die Adresse hat nur an einem Ende ein Anführungszeichen: {quote}. Entfernen Sie es.",
    "The domain has the typographic quote {quote:word}, which no domain has. Remove it."
    / "In der Domain steht das typografische Anführungszeichen {quote}, das es in keiner Domain gibt. Entfernen Sie es.",
    "The address has the dash {dash:word}, which no address has. Write it as -."
    / "Die Adresse hat den Strich {dash}, den keine Adresse hat. Schreiben Sie ihn als -.",
    "The address has the typographic quote {quote:word}, which no address has. Write it as '."
    / "In der Adresse steht das typografische Anführungszeichen {quote}, das es in keiner Adresse gibt. Schreiben Sie dafür '.",
    "There is nothing on one side of the @."
    / "Auf einer Seite des @ steht nichts.",
    "“{domain}” cannot be a domain. Correct what is behind the @."
    / "„{domain}“ kann keine Domain sein. Berichtigen Sie, was hinter dem @ steht.",
    "The address has no dot in its domain. Write it in full, such as ann@example.com."
    / "Die Domain der Adresse hat keinen Punkt. Schreiben Sie die Adresse ganz, etwa ann@example.com.",
    "An email address has at most {most:number} bytes. Correct it: another cell may be in it."
    / "Eine E-Mail-Adresse hat höchstens {most} Byte. Berichtigen Sie sie: Vielleicht ist eine andere Zelle darin.",
    "“{local}” cannot be in front of the @."
    / "„{local}“ kann nicht vor dem @ stehen.",

    // Phone numbers.
    "A spreadsheet turned this number into a rounded one, and its last digits are lost. Format the column as text and enter the number again."
    / "Eine Tabellenkalkulation hat diese Nummer gerundet, und ihre letzten Ziffern sind verloren. Formatieren Sie die Spalte als Text, und geben Sie die Nummer neu ein.",
    "A program put marks between the thousands of this number. Write its digits without them."
    / "Ein Programm hat Zeichen zwischen die Tausender dieser Nummer gesetzt. Schreiben Sie die Ziffern ohne sie.",
    "The number has no country code. Write it with + in front, or set the import's `default_region`."
    / "Der Nummer fehlt die Landesvorwahl. Schreiben Sie sie mit + am Anfang, oder setzen Sie `default_region`.",
    "This is not a phone number that can exist. Check its digits and its country code."
    / "Diese Telefonnummer kann es nicht geben. Prüfen Sie ihre Ziffern und die Landesvorwahl.",
    "A cell takes one phone number, and this has more than one. Keep one of them."
    / "Eine Zelle nimmt eine Telefonnummer, und hier stehen mehrere. Behalten Sie eine davon.",
    "This is more than one phone number, or a number with an extension. Write one number, and all of its digits without a mark between."
    / "Das sind mehrere Telefonnummern oder eine Nummer mit Durchwahl. Schreiben Sie eine Nummer, und alle Ziffern ohne ein Zeichen dazwischen.",
    "The number has an extension, and customers are found by numbers without one. Remove the extension."
    / "Die Nummer hat eine Durchwahl, und Kunden werden nach Nummern ohne Durchwahl gefunden. Entfernen Sie die Durchwahl.",
    "The number has letters or other characters that no phone number has. Write digits only, with + and the country code in front."
    / "In der Nummer stehen Buchstaben oder andere Zeichen, die keine Telefonnummer hat. Schreiben Sie nur Ziffern, mit + und Landesvorwahl am Anfang.",
    "The letters in front name another country than the import's `default_region`. Write the number with + and its country code."
    / "Die Buchstaben davor nennen ein anderes Land als `default_region`. Schreiben Sie die Nummer mit + und ihrer Landesvorwahl.",

    // Other identifiers.
    "An external id has at most {most:number} bytes. Shorten it."
    / "Eine Kundennummer hat höchstens {most} Byte. Kürzen Sie sie.",
    "An external id cannot be empty or have control characters. Remove what is invisible in the cell."
    / "Eine Kundennummer kann nicht leer sein und keine Steuerzeichen haben. Entfernen Sie, was in der Zelle unsichtbar ist.",
    "A spreadsheet wrote this id as the number {id:word}, and it has lost digits: several ids look the same now. Format the column as text in the source and export it again."
    / "Eine Tabellenkalkulation hat diese Nummer als Zahl {id} geschrieben, und es fehlen ihr Ziffern: Mehrere Nummern sehen jetzt gleich aus. Formatieren Sie die Spalte im Quellsystem als Text, und exportieren Sie sie noch einmal.",
    "“{text}” stands above or below the customers and is nobody's external id: remove its row. If it is a real one, set `on_placeholder` to `keep`."
    / "„{text}“ steht über oder unter den Kunden und ist niemandes externe ID: Entfernen Sie die Zeile. Ist es doch eine, setzen Sie `on_placeholder` auf `keep`.",
    "“{text}” stands for a missing value and is nobody's {noun:phrase}."
    / "„{text}“ steht für einen fehlenden Wert und ist niemandes {noun}.",
    "If it is a real one, set `on_placeholder` to `keep`."
    / "Ist es eine echte, setzen Sie `on_placeholder` auf `keep`.",
    "Nothing in the row says whom it is about. Fill in an email, a phone or an external id."
    / "Nichts in der Zeile sagt, um wen es geht. Tragen Sie eine E-Mail-Adresse, eine Telefonnummer oder eine Kundennummer ein.",

    // Dates and times.
    "The date is nothing but zeros. Leave the cell empty if there is none."
    / "Das Datum besteht nur aus Nullen. Lassen Sie die Zelle leer, wenn es keines gibt.",
    "The import's dates are written {format:word}, and this one is {other:word}. Write {read:word}, or set `date_format` to `{other:word}` if all are like it."
    / "Das Format der Datumsangaben ist {format}, und diese ist {other}. Schreiben Sie {read}, oder setzen Sie `date_format` auf `{other}`, wenn alle so sind.",
    "This is {read:word} if the date is written {format:word}, and nothing says so. Write {read:word}, or set `date_format` to `{format:word}`."
    / "Das ist {read}, wenn das Format {format} ist, aber nichts sagt das. Schreiben Sie {read}, oder setzen Sie `date_format` auf `{format}`.",
    "This may be {day_first:word} or {month_first:word}. Write the one that is meant, or set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`."
    / "Das kann {day_first} oder {month_first} sein. Schreiben Sie, was gemeint ist, oder setzen Sie `date_format` auf `DD.MM.YYYY` oder `MM/DD/YYYY`.",
    "The year has two digits. Write all four, as in 1990-12-31."
    / "Das Jahr hat zwei Ziffern. Schreiben Sie alle vier, wie in 1990-12-31.",
    "This is the number by which a spreadsheet counts days. Format the column as a date and save it again."
    / "Mit dieser Zahl zählt eine Tabellenkalkulation Tage. Formatieren Sie die Spalte als Datum, und speichern Sie sie noch einmal.",
    "This is not a date. Write it as 1990-12-31."
    / "Das ist kein Datum. Schreiben Sie es wie 1990-12-31.",
    "There is no day {day:number} in {month:phrase} {year:number}: the month has {days:number} days. Correct the date."
    / "Einen Tag {day} gibt es im {month} {year} nicht: Der Monat hat {days} Tage. Berichtigen Sie das Datum.",
    "There is no month {month:number}: a year has 12. Correct the date, or write it as 1990-12-31."
    / "Einen Monat {month} gibt es nicht: Ein Jahr hat 12. Berichtigen Sie das Datum, oder schreiben Sie es wie 1990-12-31.",
    "This birth date is still to come. Correct it."
    / "Dieses Geburtsdatum liegt in der Zukunft. Berichtigen Sie es.",
    "This birth date is before 1900. Correct it."
    / "Dieses Geburtsdatum liegt vor 1900. Berichtigen Sie es.",
    "This is not a moment. Write it as 2026-05-01T12:00:00Z."
    / "Das ist kein Zeitpunkt. Schreiben Sie ihn wie 2026-05-01T12:00:00Z.",
    "This moment is out of range."
    / "Dieser Zeitpunkt liegt außerhalb des möglichen Bereichs.",
    "In {zone:word} this time {happened:phrase}. Write the offset behind it, as in 2026-05-01T12:00:00+02:00."
    / "In {zone} {happened}. Schreiben Sie den Abstand zu UTC dahinter, wie in 2026-05-01T12:00:00+02:00.",
    "The time of day cannot be read. Write the moment as 2026-05-01T12:00:00Z."
    / "Die Uhrzeit ist nicht lesbar. Schreiben Sie den Zeitpunkt wie 2026-05-01T12:00:00Z.",
    "There is no such hour with AM or PM. Write the time from 0:00 to 23:59."
    / "Eine solche Stunde mit AM oder PM gibt es nicht. Schreiben Sie die Zeit von 0:00 bis 23:59.",
    "There is no such time of day: it goes from 0:00 to 23:59:59. Correct it; 24:00 is 0:00 of the next day."
    / "Eine solche Uhrzeit gibt es nicht: Sie geht von 0:00 bis 23:59:59. Berichtigen Sie sie; 24:00 ist 0:00 des nächsten Tages.",
    "The offset behind the time cannot be read. Write it as +02:00, or Z for UTC."
    / "Der Abstand zu UTC hinter der Zeit ist nicht lesbar. Schreiben Sie ihn wie +02:00 oder Z für UTC.",
    "The word “{word}” behind the time is not known. Write the time from 0:00 to 23:59, and nothing behind it but an offset, as in 2026-05-01T12:00:00-05:00."
    / "Das Wort „{word}“ hinter der Zeit ist nicht bekannt. Schreiben Sie die Zeit von 0:00 bis 23:59 und dahinter nichts als den Abstand zu UTC, wie in 2026-05-01T12:00:00-05:00.",
    "The time zone behind the time is unknown, or is the name of several. Write the offset, as in 2026-05-01T12:00:00-05:00."
    / "Die Zeitzone hinter der Zeit ist nicht bekannt, oder mehrere heißen so. Schreiben Sie den Abstand zu UTC, wie in 2026-05-01T12:00:00-05:00.",

    // Numbers.
    "Its mark may be a decimal mark or one of thousands. Set `decimal_mark` to `.` or `,`."
    / "Das Zeichen darin kann das Dezimalzeichen sein oder Tausender trennen. Setzen Sie `decimal_mark` auf `.` oder `,`.",
    "The number has more than {most:number} digits. Shorten it."
    / "Die Zahl hat mehr als {most} Ziffern. Kürzen Sie sie.",
    "This has a percent sign. Write the number alone."
    / "Hier steht ein Prozentzeichen. Schreiben Sie nur die Zahl.",
    "This has a currency or a unit. Write the number alone."
    / "Hier steht eine Währung oder eine Einheit. Schreiben Sie nur die Zahl.",
    "This is in scientific notation. Write all digits of the number."
    / "Das ist eine Zahl in wissenschaftlicher Schreibweise. Schreiben Sie alle Ziffern.",
    "The decimal mark of this column is “{mark:word}”, and here it would be “{other:word}”. Correct the number, or set `decimal_mark` to `{other:word}`."
    / "Das Dezimalzeichen dieser Spalte ist „{mark}“, und hier wäre es „{other}“. Berichtigen Sie die Zahl, oder setzen Sie `decimal_mark` auf `{other}`.",
    "This is not a number. Write digits, and no marks but a decimal mark, such as -12.5."
    / "Das ist keine Zahl. Schreiben Sie Ziffern und kein Zeichen außer einem Dezimalzeichen, etwa -12.5.",

    // Other kinds.
    "This is neither yes nor no. Write yes or no, true or false, 1 or 0."
    / "Das ist weder ja noch nein. Schreiben Sie ja oder nein, true oder false, 1 oder 0.",
    "This consent is neither yes nor no, and a refusal must not be lost. Write yes or no, or leave the cell empty to keep what is known."
    / "Diese Einwilligung ist weder ja noch nein, und eine Ablehnung darf nicht verloren gehen. Schreiben Sie ja oder nein, oder lassen Sie die Zelle leer; dann bleibt, was bekannt ist.",
    "“{text}” may be {first_name} ({first}) or {second_name} ({second}). Write the name in full, or the code of the one that is meant."
    / "„{text}“ kann {first_name} ({first}) oder {second_name} ({second}) sein. Schreiben Sie den ganzen Namen oder den Code des gemeinten Landes.",
    "There is no such country. Write its code of two letters, or its name."
    / "Ein solches Land gibt es nicht. Schreiben Sie seinen Code aus zwei Buchstaben oder seinen Namen.",
    "The text is too long: this column takes {most:number} characters. Shorten it."
    / "Der Text ist zu lang: Diese Spalte nimmt {most} Zeichen. Kürzen Sie ihn.",
    "Write male, female or other."
    / "Schreiben Sie male, female oder other (männlich, weiblich, anderes).",
    "This is not a language tag of up to 64 characters. Write one such as en or de-AT."
    / "Das ist kein Sprachkürzel aus höchstens 64 Zeichen. Schreiben Sie eines wie en oder de-AT.",
    "This is not a time zone's name. Write one such as Europe/Berlin."
    / "Das ist kein Name einer Zeitzone. Schreiben Sie einen wie Europe/Berlin.",
    "A list has 1 to {items:number} items with semicolons between, and at most {most:number} characters in all."
    / "Eine Liste hat 1 bis {items} Einträge mit Semikolons dazwischen und insgesamt höchstens {most} Zeichen.",
    "“{text}” stands for a missing value. Set `null_tokens` to `{text}`, and it is read as an empty cell."
    / "„{text}“ steht für einen fehlenden Wert. Setzen Sie `null_tokens` auf `{text}`, und es wird als leere Zelle gelesen.",

    // What a cell may not do.
    "Write %CLEAR% in capitals to erase the value; anything else is taken as it stands."
    / "Schreiben Sie %CLEAR% in Großbuchstaben, um den Wert zu löschen; alles andere gilt, wie es dasteht.",
    "%CLEAR% erases, and the import's setting `write` of this column lets it erase nothing."
    / "%CLEAR% löscht, und `write` lässt diese Spalte nichts löschen.",
    "%CLEAR% erases attributes; leave this cell empty for the import's setting."
    / "%CLEAR% löscht Merkmale; lassen Sie diese Zelle leer, dann gilt die Einstellung des Imports.",
    "Or leave the cell empty for the import's setting."
    / "Oder lassen Sie die Zelle leer, dann gilt die Einstellung des Imports.",
    "The value was dropped, the rest of the row applied."
    / "Der Wert wurde ausgelassen, der Rest der Zeile übernommen.",
}
