//! Every text of the console, once in each language. A text that one language lacks does not compile.

use runtime::http;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag, as HTML and HTTP write it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The language that a browser prefers, by its `Accept-Language`; else English.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0.0, Self::English);
        for entry in header.split(',') {
            let (tag, quality) = entry.split_once(";q=").unwrap_or((entry, "1"));
            let quality: f32 = quality.trim().parse().unwrap_or(0.0);
            if let Some(language) = Self::from_tag(tag.trim()).filter(|_| quality > best.0) {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The mark between thousands.
    pub(crate) const fn thousands(self) -> char {
        match self {
            Self::English => ',',
            Self::German => '.',
        }
    }

    /// The language of a request: chosen in its query or its cookie, or the one that the browser prefers.
    pub(crate) fn of(request: &aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest) -> Self {
        let chosen = http::query(request, "lang").or_else(|| crate::session::cookie(request, LANGUAGE_COOKIE));
        chosen
            .and_then(|tag| Self::from_tag(&tag))
            .unwrap_or_else(|| Self::accepted(http::header(request, "accept-language").unwrap_or_default()))
    }
}

/// The cookie that keeps the language that was chosen.
pub(crate) const LANGUAGE_COOKIE: &str = "muster_lang";

/// Puts values into a text, each in place of its name in braces.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

macro_rules! texts {
    ($($name:ident: $english:literal / $german:literal,)*) => {
        /// The texts of a language, by their names.
        #[derive(Debug)]
        pub(crate) struct Texts {
            $(pub(crate) $name: &'static str,)*
        }

        static ENGLISH: Texts = Texts { $($name: $english,)* };
        static GERMAN: Texts = Texts { $($name: $german,)* };

        impl Texts {
            /// The names and the texts, for tests.
            #[cfg(test)]
            fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

impl Language {
    /// The texts of the language.
    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

texts! {
    // The frame.
    skip: "Skip to the content" / "Zum Inhalt springen",
    navigation: "Main" / "Hauptmenü",
    imports: "Imports" / "Importe",
    new_import: "New import" / "Neuer Import",
    customers: "Customers" / "Kunden",
    segments: "Segments" / "Segmente",
    catalogue: "Catalogue" / "Katalog",
    language: "Language" / "Sprache",
    sign_out: "Sign out" / "Abmelden",
    role_import: "May import" / "Darf importieren",
    role_read: "May look only" / "Darf nur ansehen",
    none: "none" / "keine",
    more: "Show more" / "Mehr anzeigen",
    first: "Back to the beginning" / "Zurück zum Anfang",
    example: "Example" / "Beispiel",
    name: "Name" / "Name",

    // Signing in.
    sign_in: "Sign in" / "Anmelden",
    access_key: "Access key" / "Zugangsschlüssel",
    key_hint: "Whoever runs Muster has made you one. It is not kept in the browser." / "Wer Muster betreibt, hat ihn für Sie angelegt. Er bleibt nicht im Browser.",
    key_wrong: "This key is not known. Check that it is copied whole, without spaces." / "Dieser Schlüssel ist nicht bekannt. Prüfen Sie, ob er ganz und ohne Leerzeichen kopiert ist.",
    too_many_tries: "Too many wrong keys. Wait five minutes, and try again." / "Zu viele falsche Schlüssel. Warten Sie fünf Minuten, und versuchen Sie es dann wieder.",
    link_used: "This link was used already, or is too old. Sign in with the access key." / "Dieser Link wurde schon benutzt oder ist zu alt. Melden Sie sich mit dem Zugangsschlüssel an.",
    signed_out: "You are signed out." / "Sie sind abgemeldet.",
    session_ended: "Your session has ended. Sign in again." / "Ihre Sitzung ist abgelaufen. Melden Sie sich wieder an.",
    signing_in: "Signing in" / "Anmeldung",
    go_on: "Go on" / "Weiter",

    // Refusals.
    not_found: "Not found" / "Nicht gefunden",
    not_found_text: "There is nothing at this address. It may be mistyped, or have expired." / "Unter dieser Adresse gibt es nichts. Sie ist vielleicht vertippt oder abgelaufen.",
    forbidden: "Not allowed" / "Nicht erlaubt",
    forbidden_text: "Your access key is for looking only. Ask for one that may import." / "Ihr Zugangsschlüssel darf nur ansehen. Bitten Sie um einen, der importieren darf.",
    form_stale: "This form is too old" / "Dieses Formular ist zu alt",
    form_stale_text: "It was opened before you signed in. Go back, reload the page, and send it again. Nothing was changed." / "Es wurde vor Ihrer Anmeldung geöffnet. Gehen Sie zurück, laden Sie die Seite neu, und senden Sie es noch einmal. Es wurde nichts geändert.",
    trouble: "That did not work" / "Das hat nicht geklappt",
    unavailable: "Muster cannot reach its storage right now. Try again in a moment." / "Muster erreicht gerade seinen Speicher nicht. Versuchen Sie es gleich noch einmal.",

    // The list of imports.
    imports_caption: "Imports, newest first" / "Importe, neueste zuerst",
    what: "Import" / "Import",
    file: "File" / "Datei",
    state: "State" / "Stand",
    launched: "Launched" / "Gestartet",
    outcome: "Outcome" / "Ergebnis",
    rows: "Rows" / "Zeilen",
    all_states: "All states" / "Alle Stände",
    no_imports: "No imports yet" / "Noch keine Importe",
    no_imports_text: "Choose a CSV file with your customers. You see what would change before anything does." / "Wählen Sie eine CSV-Datei mit Ihren Kunden. Sie sehen, was sich ändern würde, bevor sich etwas ändert.",
    no_imports_found: "No import matches" / "Kein Import passt dazu",
    no_imports_found_text: "Search for less, or show all imports." / "Suchen Sie nach weniger, oder zeigen Sie alle Importe.",
    no_imports_found_yet: "None among the imports that were looked at so far. Older ones may match." / "Unter den bisher durchgesehenen Importen ist keiner. Ältere können passen.",
    look_further: "Look at older imports" / "Ältere Importe durchsehen",
    show_all: "Show all imports" / "Alle Importe zeigen",
    search_imports: "Search imports" / "Importe suchen",
    search_text: "Description or file" / "Beschreibung oder Datei",
    search_by: "Launched by" / "Gestartet von",
    search_from: "From (UTC)" / "Von (UTC)",
    search_to: "To (UTC)" / "Bis (UTC)",
    launched_by: "by {name}" / "von {name}",
    forecast: "Forecast" / "Vorschau",

    // States.
    state_awaiting_upload: "Awaits its file" / "Wartet auf die Datei",
    state_checking: "Being checked" / "Wird geprüft",
    state_importing: "Being imported" / "Wird importiert",
    state_finishing: "Making the report" / "Bericht entsteht",
    state_completed: "Completed" / "Abgeschlossen",
    state_failed: "Failed" / "Fehlgeschlagen",
    state_cancelled: "Cancelled" / "Abgebrochen",
    say_awaiting_upload: "The check begins as soon as the file has arrived." / "Die Prüfung beginnt, sobald die Datei da ist.",
    say_checking: "The whole file is checked before the first customer is changed." / "Die ganze Datei wird geprüft, bevor der erste Kunde geändert wird.",
    say_importing: "{done} of {total} rows are done. You may leave this page; the import goes on." / "{done} von {total} Zeilen sind fertig. Sie können diese Seite verlassen; der Import läuft weiter.",
    say_forecasting: "{done} of {total} rows are looked at. No customer is changed." / "{done} von {total} Zeilen sind durchgesehen. Kein Kunde wird geändert.",
    say_finishing: "Every row is done. The report is being put together." / "Alle Zeilen sind fertig. Der Bericht wird zusammengestellt.",
    say_completed: "All {total} rows are done." / "Alle {total} Zeilen sind fertig.",
    say_completed_rejected: "All {total} rows are done; {rejected} of them could not be read and are in the report." / "Alle {total} Zeilen sind fertig; {rejected} davon waren nicht lesbar und stehen im Bericht.",
    say_completed_unprocessed: "The import ended, but {unprocessed} rows were not processed through no fault of the file. Try them again." / "Der Import ist beendet, aber {unprocessed} Zeilen wurden nicht verarbeitet. An der Datei liegt es nicht. Versuchen Sie diese noch einmal.",
    say_forecast: "This is what an import of this file would do. No customer was changed." / "Das würde ein Import dieser Datei bewirken. Kein Kunde wurde geändert.",
    say_failed: "The import was stopped." / "Der Import wurde gestoppt.",
    say_failed_nothing: "Nothing was imported." / "Es wurde nichts importiert.",
    say_failed_some: "{done} rows had been imported by then." / "Bis dahin waren {done} Zeilen importiert.",
    say_cancelled: "Somebody cancelled the import. {done} rows had been imported by then." / "Jemand hat den Import abgebrochen. Bis dahin waren {done} Zeilen importiert.",
    say_undoing: "{done} of {total} changes are looked at. You may leave this page; it goes on." / "{done} von {total} Änderungen sind durchgesehen. Sie können diese Seite verlassen; es läuft weiter.",
    say_undone: "The import is taken back: everything that nobody changed since is as it was." / "Der Import ist zurückgenommen: Alles, was seitdem niemand geändert hat, ist wie zuvor.",
    say_undo_forecast: "This is what taking the import back would do. No customer was changed." / "Das würde das Zurücknehmen des Imports bewirken. Kein Kunde wurde geändert.",
    stopping: "The last rows are being counted." / "Die letzten Zeilen werden gezählt.",

    // The page of an import.
    progress: "Progress" / "Fortschritt",
    step_upload: "Upload" / "Hochladen",
    step_check: "Check" / "Prüfen",
    step_import: "Import" / "Importieren",
    step_forecast: "Forecast" / "Vorausberechnen",
    step_report: "Report" / "Bericht",
    step_done: "done" / "fertig",
    step_now: "under way" / "läuft",
    step_next: "to come" / "folgt",
    seconds_left: "about {n} s left" / "noch etwa {n} s",
    minutes_left: "about {n} min left" / "noch etwa {n} min",
    created: "New" / "Neu",
    updated: "Updated" / "Geändert",
    unchanged: "Unchanged" / "Unverändert",
    rejected: "Cannot be read" / "Nicht lesbar",
    unprocessed: "Not processed" / "Nicht verarbeitet",
    would_create: "Create" / "Neu anlegen",
    would_update: "Update" / "Ändern",
    warnings: "Warnings" / "Hinweise",
    outcomes_caption: "What became of the rows" / "Was aus den Zeilen wurde",
    outcomes_forecast_caption: "What would become of the rows" / "Was aus den Zeilen würde",
    changes_caption: "Customers who would change, by column" / "Kunden, die sich ändern würden, nach Spalte",
    identifiers_changed: "identifiers" / "Kennungen",
    segment_joins: "join a segment" / "kommen in ein Segment",
    segment_leaves: "leave another one for it" / "verlassen dafür ein anderes",
    samples_caption: "Samples of what would change" / "Beispiele dessen, was sich ändern würde",
    row: "Row" / "Zeile",
    before: "Now" / "Jetzt",
    after: "Then" / "Danach",
    would_be_new: "new" / "neu",
    share: "Share" / "Anteil",
    results_download: "Download what became of each row (CSV)" / "Ergebnis jeder Zeile herunterladen (CSV)",
    import_now: "Import" / "Importieren",
    launched_as: "To the import of this forecast" / "Zum Import dieser Vorschau",
    based_on: "its forecast" / "seine Vorschau",
    discard: "Discard" / "Verwerfen",
    choose_again: "Import this file" / "Diese Datei importieren",
    launch_gone: "The file of this forecast is not kept for a launch. Choose it once more; the settings are filled in." / "Die Datei dieser Vorschau steht für einen Start nicht bereit. Wählen Sie sie noch einmal; die Einstellungen sind schon eingetragen.",
    problems: "What is wrong with rows" / "Was mit Zeilen nicht stimmt",
    problems_caption: "Problems by kind, most rows first" / "Probleme nach Art, die häufigsten zuerst",
    problem: "Problem" / "Problem",
    no_problems: "No problem was found with any row." / "An keiner Zeile wurde ein Problem gefunden.",
    report_download: "Download the report (CSV)" / "Bericht herunterladen (CSV)",
    report_hint: "The report has every row with a problem, as it was, and the reason. Correct it, and import it as a new file." / "Der Bericht enthält jede Zeile mit einem Problem, wie sie war, und den Grund. Berichtigen Sie ihn, und importieren Sie ihn als neue Datei.",
    file_problems: "What is wrong with the file" / "Was mit der Datei nicht stimmt",
    file_problems_caption: "Problems of the file, in its order" / "Probleme der Datei, in ihrer Reihenfolge",
    line: "Line" / "Zeile",
    column: "Column" / "Spalte",
    message: "What to do" / "Was zu tun ist",
    further_problems: "{n} more problems are not listed." / "{n} weitere Probleme sind nicht aufgeführt.",
    read_as: "How the file was read" / "Wie die Datei gelesen wurde",
    columns_caption: "Columns of the file" / "Spalten der Datei",
    header: "In the file" / "In der Datei",
    goes_to: "Goes to" / "Wird zu",
    filled: "Filled" / "Gefüllt",
    left_out: "left out" / "ausgelassen",
    notices: "Worth a look" / "Einen Blick wert",
    settings_used: "Settings" / "Einstellungen",
    undo: "Take back" / "Zurücknehmen",
    undo_forecast: "See what would come back" / "Ansehen, was zurückkäme",
    undo_hint: "Values that somebody changed since and opt-outs stay." / "Seitdem geänderte Werte und Abmeldungen bleiben.",
    undoes: "the import that is taken back" / "der Import, der zurückgenommen wird",
    undone_by: "This import was taken back." / "Dieser Import wurde zurückgenommen.",
    undone_by_link: "See how" / "Ansehen",
    foretold: "Foretold" / "Vorausgesagt",
    say_undo_awaiting: "The values that the import replaced are being gathered." / "Die Werte, die der Import ersetzt hat, werden zusammengestellt.",
    say_undo_checking: "The replaced values are being counted. Nothing is put back yet." / "Die ersetzten Werte werden gezählt. Noch wird nichts zurückgesetzt.",
    say_undo_failed: "Taking back was stopped. What was put back by then stays so." / "Das Zurücknehmen wurde gestoppt. Was bis dahin zurückgesetzt war, bleibt es.",
    say_undo_cancelled: "Somebody cancelled taking back. What was put back by then stays so." / "Jemand hat das Zurücknehmen abgebrochen. Was bis dahin zurückgesetzt war, bleibt es.",
    undo_importing: "Being taken back" / "Wird zurückgenommen",
    step_gather: "Gather" / "Sammeln",
    cancel_undo: "Stop taking back" / "Zurücknehmen abbrechen",
    undo_tag: "Undo" / "Rücknahme",
    reverted: "Put back" / "Zurückgesetzt",
    kept: "Something stays" / "Etwas bleibt",
    not_undone: "Not done" / "Nicht erledigt",
    undo_problems: "What stays, and why" / "Was bleibt, und warum",
    undo_report_hint: "It lists every value that stays, with the reason." / "Er führt jeden Wert auf, der bleibt, und den Grund.",
    cancel: "Cancel the import" / "Import abbrechen",
    cancel_hint: "Rows that are imported stay imported." / "Importierte Zeilen bleiben importiert.",
    retry: "Try the rest again" / "Rest noch einmal versuchen",
    again: "Again with these settings" / "Noch einmal mit diesen Einstellungen",
    offline: "No connection. Trying again." / "Keine Verbindung. Neuer Versuch läuft.",
    encoding: "Encoding" / "Zeichensatz",
    delimiter: "Delimiter" / "Trennzeichen",
    mode: "Mode" / "Modus",

    // A new import.
    new_intro: "A CSV with one row for each customer. It needs one column that says who: an e-mail address, a phone number or your own id." / "Eine CSV-Datei mit einer Zeile je Kunde. Eine Spalte muss sagen, um wen es geht: E-Mail-Adresse, Telefonnummer oder Ihre eigene Nummer.",
    template: "Download the template" / "Vorlage herunterladen",
    column_reference: "All columns with hints and examples" / "Alle Spalten mit Hinweisen und Beispielen",
    choose_file: "Choose a file" / "Datei wählen",
    drop_here: "or drop it here" / "oder hier ablegen",
    file_kinds: ".csv, .txt, .tsv, also as .gz" / ".csv, .txt, .tsv, auch als .gz",
    no_script: "To upload a file this page needs JavaScript. Everything else works without." / "Zum Hochladen braucht diese Seite JavaScript. Alles andere geht ohne.",
    settings: "Settings" / "Einstellungen",
    description: "Description" / "Beschreibung",
    description_hint: "For the list of imports, such as “May survey answers”." / "Für die Liste der Importe, etwa „Antworten der Mai-Umfrage“.",
    api_endpoint: "API endpoint" / "API-Endpunkt",
    api_endpoint_hint: "Where the data comes from." / "Woher die Daten kommen.",
    touchpoint: "Touchpoint" / "Touchpoint",
    touchpoint_found: "The one of the API endpoint" / "Der des API-Endpunkts",
    segment: "Segment" / "Segment",
    segment_hint: "Adds the customers to a segment. A customer is in one segment of a group at most." / "Nimmt die Kunden in ein Segment auf. Ein Kunde ist in höchstens einem Segment einer Gruppe.",
    group: "Segment group" / "Segmentgruppe",
    source_action: "Source action" / "Quellaktion",
    source_action_hint: "What the feed of each customer says, such as “Filled in May survey”." / "Was im Verlauf jedes Kunden steht, etwa „Mai-Umfrage ausgefüllt“.",
    choice_none: "None" / "Keine",
    choice_existing: "An existing one, for all rows" / "Vorhanden, für alle Zeilen",
    choice_new: "A new one, for all rows" / "Neu, für alle Zeilen",
    choice_file: "From the file’s column “{column}”" / "Aus der Spalte „{column}“ der Datei",
    action_for: "In the feed of" / "Im Verlauf von",
    for_all: "all customers of the file" / "allen Kunden der Datei",
    for_created: "new customers only" / "nur neuen Kunden",
    more_settings: "More settings" / "Weitere Einstellungen",
    mode_upsert: "Create new customers and update known ones" / "Neue Kunden anlegen und bekannte ändern",
    mode_create_only: "Only create new customers" / "Nur neue Kunden anlegen",
    mode_update_only: "Only update known customers" / "Nur bekannte Kunden ändern",
    on_empty_cell: "An empty cell" / "Eine leere Zelle",
    empty_keep: "changes nothing" / "ändert nichts",
    empty_clear: "erases the value" / "löscht den Wert",
    on_conflict: "An identifier that somebody else has" / "Eine Kennung, die jemand anders hat",
    conflict_skip: "is left out, with a warning" / "wird ausgelassen, mit Hinweis",
    conflict_reject: "makes the row unreadable" / "macht die Zeile nicht lesbar",
    on_unknown_column: "A column that Muster does not know" / "Eine Spalte, die Muster nicht kennt",
    unknown_ignore: "is left out" / "wird ausgelassen",
    unknown_fail: "stops the import" / "stoppt den Import",
    found_in_file: "Found in the file" / "In der Datei gefunden",
    comma: "Comma" / "Komma",
    semicolon: "Semicolon" / "Semikolon",
    tab: "Tab" / "Tabulator",
    pipe: "Vertical bar" / "Senkrechter Strich",
    region: "Country of phone numbers without +" / "Land der Telefonnummern ohne +",
    region_hint: "Two letters, such as DE. Without it only international numbers are read." / "Zwei Buchstaben, etwa DE. Ohne Angabe werden nur internationale Nummern gelesen.",
    check_first: "See what would change" / "Zeigen, was sich ändern würde",
    check_first_hint: "Uploads the file and forecasts. No customer is changed." / "Lädt die Datei hoch und rechnet voraus. Kein Kunde wird geändert.",
    import_at_once: "Import without a forecast" / "Ohne Vorschau importieren",
    preview: "What Muster reads" / "Was Muster liest",
    preview_caption: "Columns: where each goes" / "Spalten: wohin jede geht",
    preview_rows_caption: "The first rows, as they would be stored" / "Die ersten Zeilen, wie sie gespeichert würden",
    preview_needs: "Something is needed before the file can be imported" / "Bevor die Datei importiert werden kann, fehlt noch etwas",
    preview_found: "Read as {encoding}, columns separated by “{delimiter}”, header in line {line}." / "Gelesen als {encoding}, Spalten getrennt durch „{delimiter}“, Kopfzeile in Zeile {line}.",
    values: "Values" / "Werte",
    why: "Why" / "Warum",
    write: "When to write" / "Wann schreiben",
    write_always: "always" / "immer",
    write_if_blank: "only where it is empty" / "nur wo noch nichts steht",
    write_never: "never, only to find the customer" / "nie, nur um den Kunden zu finden",
    how_name: "same name" / "gleicher Name",
    how_alias: "known name" / "bekannter Name",
    how_mapping: "your choice" / "Ihre Wahl",
    how_report: "column of a report" / "Spalte eines Berichts",
    how_left_out: "matches nothing" / "passt zu nichts",
    suggestion: "maybe {column}" / "vielleicht {column}",
    leave_out: "Leave out" / "Auslassen",
    preview_failed: "The file could not be looked at beforehand. It is checked after the upload." / "Die Datei konnte vorab nicht angesehen werden. Sie wird nach dem Hochladen geprüft.",
    uploading: "Uploading: {percent} %" / "Hochladen: {percent} %",
    uploaded: "Uploaded. Opening the import." / "Hochgeladen. Der Import wird geöffnet.",
    upload_failed: "The upload broke off. Check your connection, and send it again." / "Das Hochladen ist abgebrochen. Prüfen Sie die Verbindung, und senden Sie noch einmal.",
    file_missing: "Choose a file first." / "Wählen Sie zuerst eine Datei.",
    mend: "Please mend this first" / "Bitte erst berichtigen",

    // Correcting rejected rows.
    correct: "Correct these rows" / "Diese Zeilen berichtigen",
    correct_title: "Correct rows that could not be read" / "Nicht lesbare Zeilen berichtigen",
    correct_intro: "Each row as it is in the file, with what is wrong. The corrected rows become a new import with the settings of the first one." / "Jede Zeile, wie sie in der Datei steht, und was nicht stimmt. Die berichtigten Zeilen werden ein neuer Import mit den Einstellungen des ersten.",
    correct_no_script: "To correct rows here this page needs JavaScript. Without it, download the report, correct it, and import it as a new file." / "Zum Berichtigen braucht diese Seite JavaScript. Ohne geht es so: Bericht herunterladen, berichtigen und als neue Datei importieren.",
    correct_row: "Row {row}, line {line} of the file" / "Zeile {row} (Textzeile {line} der Datei)",
    correct_page: "Page {page} of {pages}" / "Seite {page} von {pages}",
    correct_summary: "{corrected} of {total} rows are corrected; {kept} will be imported." / "{corrected} von {total} Zeilen sind berichtigt; {kept} werden importiert.",
    correct_hint: "Rows that are still wrong come back in the report of the new import." / "Zeilen, die noch nicht stimmen, stehen wieder im Bericht des neuen Imports.",
    correct_unchanged: "Nothing is corrected yet. Correct a row first." / "Noch ist nichts berichtigt. Berichtigen Sie zuerst eine Zeile.",
    corrected_of: "Corrected rows of {name}" / "Berichtigte Zeilen von {name}",
    all_left_out: "All rows are left out, so there is nothing to import." / "Alle Zeilen sind ausgelassen; es gibt nichts zu importieren.",
    import_corrected: "Import the corrected rows" / "Berichtigte Zeilen importieren",
    leave_row_out: "Leave this row out" / "Diese Zeile auslassen",
    next_page: "Next rows" / "Nächste Zeilen",
    nothing_to_correct: "There is nothing to correct" / "Es gibt nichts zu berichtigen",
    nothing_to_correct_text: "No correction helps the rows in this report: they were not processed, or are about customers who were erased." / "Den Zeilen in diesem Bericht hilft keine Berichtigung: Sie wurden nicht verarbeitet, oder ihre Kunden wurden gelöscht.",
    pages: "Pages" / "Seiten",
    previous_page: "Previous rows" / "Vorige Zeilen",
    report_loading: "Reading the report …" / "Der Bericht wird gelesen …",
    report_too_large: "This report is too large for this page" / "Dieser Bericht ist für diese Seite zu groß",
    report_too_large_text: "The report is large: download it, correct it, and import it as a new file." / "Der Bericht ist groß: Laden Sie ihn herunter, berichtigen Sie ihn, und importieren Sie ihn als neue Datei.",
    report_unread: "The report could not be read. Reload the page." / "Der Bericht konnte nicht gelesen werden. Laden Sie die Seite neu.",
    same_done: "Written into {n} rows." / "In {n} Zeilen eingetragen.",
    same_for_all: "The same for all {n} rows" / "Dasselbe für alle {n} Zeilen",

    // Customers.
    find_customer: "Find a customer" / "Kunde suchen",
    find_hint: "The whole identifier, as it was imported." / "Die ganze Kennung, wie sie importiert wurde.",
    identifier: "Identifier" / "Kennung",
    email: "E-mail address" / "E-Mail-Adresse",
    phone: "Phone number" / "Telefonnummer",
    external_id: "Your own id" / "Ihre eigene Nummer",
    external_id_of: "Id in the system “{system}”" / "Nummer im System „{system}“",
    system: "System of the id, if it is another’s" / "System der Nummer, falls ein anderes",
    find: "Find" / "Suchen",
    no_customer: "Nobody has this identifier" / "Niemand hat diese Kennung",
    no_customer_text: "Check the spelling. Phone numbers are found with + and country code." / "Prüfen Sie die Schreibweise. Telefonnummern werden mit + und Landesvorwahl gefunden.",
    customer: "Customer" / "Kunde",
    identifiers: "Identifiers" / "Kennungen",
    attributes: "Attributes" / "Merkmale",
    value: "Value" / "Wert",
    set_by: "Set by" / "Gesetzt durch",
    import_row: "Import, row {row}" / "Import, Zeile {row}",
    no_attributes: "No attribute is known yet." / "Noch ist kein Merkmal bekannt.",
    since: "Since" / "Seit",
    touchpoints: "Touchpoints" / "Touchpoints",
    feed: "Feed" / "Verlauf",
    feed_caption: "What happened, newest first" / "Was geschah, Neuestes zuerst",
    no_feed: "Nothing is noted yet. An import with a source action notes it here." / "Noch ist nichts notiert. Ein Import mit Quellaktion notiert sie hier.",
    action: "Action" / "Aktion",
    when: "When" / "Wann",
    created_at: "Known since" / "Bekannt seit",
    yes: "yes" / "ja",
    no: "no" / "nein",
    erase_customer: "Erase this customer" / "Diesen Kunden löschen",
    erase_hint: "Removes the profile, the feed, the identifiers and the memberships in segments. Nothing brings them back." / "Entfernt Profil, Verlauf, Kennungen und Zugehörigkeit zu Segmenten. Nichts davon lässt sich zurückholen.",
    erase_suppress: "Keep this person out: later imports leave out rows that have one of these identifiers" / "Diese Person fernhalten: Spätere Importe lassen Zeilen aus, die eine dieser Kennungen haben",
    erase_confirm: "Yes, erase this customer for good" / "Ja, diesen Kunden endgültig löschen",
    erase: "Erase" / "Löschen",
    erase_not_confirmed: "Nothing was erased. Go back, and tick the box that confirms it." / "Es wurde nichts gelöscht. Gehen Sie zurück, und setzen Sie das Häkchen, das es bestätigt.",
    erased: "The customer is erased. A later import that has one of the identifiers creates the customer anew." / "Der Kunde ist gelöscht. Ein späterer Import, in dem eine der Kennungen steht, legt ihn neu an.",
    erased_stays_out: "The customer is erased and kept out: later imports leave out rows that have one of the identifiers." / "Der Kunde ist gelöscht und wird ferngehalten: Spätere Importe lassen Zeilen aus, die eine der Kennungen haben.",

    // Segments and the catalogue.
    segments_caption: "Segments by group" / "Segmente nach Gruppe",
    no_segments: "No segments yet" / "Noch keine Segmente",
    no_segments_text: "An import can put its customers into a new one." / "Ein Import kann seine Kunden in ein neues aufnehmen.",
    members: "Members" / "Mitglieder",
    members_caption: "Members of the segment" / "Mitglieder des Segments",
    no_members: "Nobody is in this segment." / "In diesem Segment ist niemand.",
    export: "Export as CSV" / "Als CSV exportieren",
    definitions: "Definitions" / "Definitionen",
    definitions_intro: "Settings of imports under a name. A file that comes again needs no more than that name." / "Einstellungen von Importen unter einem Namen. Eine Datei, die wiederkommt, braucht nur noch diesen Namen.",
    no_definitions: "There are none yet. Save one on the page of a completed import." / "Es gibt noch keine. Speichern Sie eine auf der Seite eines abgeschlossenen Imports.",
    definition: "Definition" / "Definition",
    no_definition: "none: the settings below" / "keine: die Einstellungen unten",
    definition_hint: "Its settings hold in place of those of this page. Columns can still be changed above." / "Ihre Einstellungen gelten anstelle derer auf dieser Seite. Spalten lassen sich oben noch ändern.",
    definition_fits: "The definition “{name}” was made for files with these columns." / "Die Definition „{name}“ ist für Dateien mit diesen Spalten gemacht.",
    definition_header: "For files with the columns" / "Für Dateien mit den Spalten",
    definition_name: "Name of the definition" / "Name der Definition",
    save_definition: "Save as definition" / "Als Definition speichern",
    delete_definition: "Delete" / "Löschen",
    catalogue_intro: "The names that files and settings may use." / "Die Namen, die Dateien und Einstellungen verwenden dürfen.",
    api_endpoints: "API endpoints" / "API-Endpunkte",
    segment_groups: "Segment groups" / "Segmentgruppen",
    source_actions: "Source actions" / "Quellaktionen",
    custom_fields: "Custom fields" / "Eigene Felder",
    kind: "Type" / "Art",
    add: "Add" / "Hinzufügen",
    add_name: "New name" / "Neuer Name",
    no_entries: "Nothing here yet." / "Hier ist noch nichts.",
    columns: "Columns" / "Spalten",
    columns_intro: "A file may have any of these columns, in any order. Case, spaces, _ and - do not matter." / "Eine Datei kann jede dieser Spalten haben, in beliebiger Reihenfolge. Groß- und Kleinschreibung, Leerzeichen, _ und - sind gleich.",
    columns_reference_caption: "Columns of a customer import" / "Spalten eines Kundenimports",
    other_names: "Other names" / "Andere Namen",
    hint: "What to write" / "Was hineingehört",

    // Kinds of problems.
    p_no_identifier: "Rows that do not say who they are about" / "Zeilen, die nicht sagen, um wen es geht",
    p_invalid_email: "Not an e-mail address" / "Keine E-Mail-Adresse",
    p_invalid_phone: "Not a phone number" / "Keine Telefonnummer",
    p_invalid_external_id: "An id that is too long or has control characters" / "Eine Nummer, die zu lang ist oder Steuerzeichen hat",
    p_invalid_date: "Not a date, or not a possible one" / "Kein Datum oder kein mögliches",
    p_invalid_boolean: "Neither yes nor no" / "Weder ja noch nein",
    p_invalid_consent: "A consent that is neither yes nor no" / "Eine Einwilligung, die weder ja noch nein ist",
    p_invalid_number: "Not a number" / "Keine Zahl",
    p_invalid_value: "A value that its column does not take" / "Ein Wert, den seine Spalte nicht nimmt",
    p_identifier_conflict: "Identifiers of different customers in one row" / "Kennungen verschiedener Kunden in einer Zeile",
    p_unknown_api_endpoint: "An API endpoint that does not exist" / "Ein API-Endpunkt, den es nicht gibt",
    p_unknown_touchpoint: "A touchpoint that does not exist" / "Ein Touchpoint, den es nicht gibt",
    p_unknown_segment: "A segment that does not exist" / "Ein Segment, das es nicht gibt",
    p_unknown_source_action: "A source action that does not exist" / "Eine Quellaktion, die es nicht gibt",
    p_customer_exists: "The customer exists, and only new ones were to be created" / "Den Kunden gibt es, und es sollten nur neue angelegt werden",
    p_customer_not_found: "There is no such customer, and only known ones were to be updated" / "Den Kunden gibt es nicht, und es sollten nur bekannte geändert werden",
    p_identifier_taken: "An identifier that somebody else has; it was left with them" / "Eine Kennung, die jemand anders hat; sie blieb dort",
    p_value_dropped: "A value that could not be used; the rest of the row was" / "Ein unbrauchbarer Wert; der Rest der Zeile wurde verwendet",
    p_placeholder_identifier: "A word such as NULL in place of an identifier" / "Ein Wort wie NULL statt einer Kennung",
    p_unprocessed: "Not processed, through no fault of the file" / "Nicht verarbeitet; an der Datei liegt es nicht",
    p_changed_since: "Values that something else set since" / "Werte, die seitdem anders gesetzt wurden",
    p_opt_out: "An opt-out, which is never taken back" / "Eine Abmeldung, die nie zurückgenommen wird",
    p_former_values_gone: "The former values are no longer kept" / "Die früheren Werte sind nicht mehr vorhanden",
    p_customer_too_large: "The customer would become too large to store" / "Der Kunde würde zum Speichern zu groß",
    p_suppressed: "The customer was erased after this import was launched" / "Der Kunde wurde nach dem Start dieses Imports gelöscht",
    p_other: "Another problem" / "Ein anderes Problem",
}

impl Texts {
    /// When the values of a column are written.
    pub(crate) fn write_rule(&self, rule: &str) -> &'static str {
        match rule {
            "if_blank" => self.write_if_blank,
            "never" => self.write_never,
            _ => self.write_always,
        }
    }

    /// The state in a word or two.
    pub(crate) fn state(&self, state: &str) -> &'static str {
        match state {
            "awaiting_upload" => self.state_awaiting_upload,
            "checking" => self.state_checking,
            "importing" => self.state_importing,
            "finishing" => self.state_finishing,
            "completed" => self.state_completed,
            "failed" => self.state_failed,
            _ => self.state_cancelled,
        }
    }

    /// A kind of problem with rows, in a marketer's words.
    pub(crate) fn problem_kind(&self, code: &str) -> &'static str {
        match code {
            "no_identifier" => self.p_no_identifier,
            "invalid_email" => self.p_invalid_email,
            "invalid_phone" => self.p_invalid_phone,
            "invalid_external_id" => self.p_invalid_external_id,
            "invalid_date" => self.p_invalid_date,
            "invalid_boolean" => self.p_invalid_boolean,
            "invalid_consent" => self.p_invalid_consent,
            "invalid_number" => self.p_invalid_number,
            "invalid_value" => self.p_invalid_value,
            "identifier_conflict" => self.p_identifier_conflict,
            "unknown_api_endpoint" => self.p_unknown_api_endpoint,
            "unknown_touchpoint" => self.p_unknown_touchpoint,
            "unknown_segment" => self.p_unknown_segment,
            "unknown_source_action" => self.p_unknown_source_action,
            "customer_exists" => self.p_customer_exists,
            "customer_not_found" => self.p_customer_not_found,
            "identifier_taken" => self.p_identifier_taken,
            "value_dropped" => self.p_value_dropped,
            "placeholder_identifier" => self.p_placeholder_identifier,
            "unprocessed" => self.p_unprocessed,
            "changed_since" => self.p_changed_since,
            "opt_out" => self.p_opt_out,
            "former_values_gone" => self.p_former_values_gone,
            "customer_too_large" => self.p_customer_too_large,
            "suppressed" => self.p_suppressed,
            _ => self.p_other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::codes::RowCode;

    use super::*;

    fn names_in_braces(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_text_is_there_in_both_languages_with_the_same_values_in_it() {
        for ((name, english), (_, german)) in ENGLISH.all().into_iter().zip(GERMAN.all()) {
            assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{name}");
            assert_eq!(names_in_braces(english), names_in_braces(german), "{name}");
        }
    }

    #[test]
    fn every_problem_of_a_row_has_words() {
        for code in RowCode::ALL {
            for language in Language::ALL {
                let texts = language.texts();
                assert_ne!(texts.problem_kind(code.as_str()), texts.p_other, "{code}");
            }
        }
    }

    #[test]
    fn the_language_is_the_one_that_the_browser_likes_best() {
        for (header, expected) in [
            ("de-DE,de;q=0.9,en;q=0.8", Language::German),
            ("en-US,en;q=0.9,de;q=0.8", Language::English),
            ("fr,de;q=0.5,en;q=0.4", Language::German),
            ("fr", Language::English),
            ("", Language::English),
            ("de;q=x", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
