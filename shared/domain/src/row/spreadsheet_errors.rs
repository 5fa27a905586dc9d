//! What a spreadsheet shows in place of a value that it cannot show.

/// What Excel and its kin write where a formula failed, a line for each language that has words of its own. A sign that
/// a line above has is left out.
const ERRORS: [&str; 15] = [
    "#N/A #REF! #NAME? #VALUE! #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #ERROR! #GETTING_DATA",
    "#NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #FELD!",
    "#N/D #NOM? #VALEUR! #NOMBRE! #NUL! #PROPAGATION! #CHAMP!",
    "#NOME? #RIF! #VALORE! #NULLO! #ESPANSIONE!",
    "#¿NOMBRE? #¡REF! #¡VALOR! #¡NUM! #¡NULO! #¡DIV/0! #¡DESBORDAMIENTO!",
    "#N/DISP #VALOR! #NÚM! #NULO! #DESPEJAR!",
    "#N/B #NAAM? #VERW! #WAARDE! #GETAL! #LEEG! #DEEL/0! #OVERLOOP!",
    "#N/D! #NAZWA? #ADR! #ARG! #LICZBA! #ZERO! #DZIEL/0! #ROZLANIE!",
    "#Н/Д #ИМЯ? #ССЫЛКА! #ЗНАЧ! #ЧИСЛО! #ПУСТО! #ДЕЛ/0! #ПЕРЕНОС!",
    "#SAKNAS! #NAMN? #REFERENS! #VÄRDEFEL! #OGILTIGT! #SKÄRNING! #DIVISION/0!",
    "#I/T #NAVN? #REFERENCE! #VÆRDI! #VERDI! #TAL! #TALL!",
    "#PUUTTUU! #NIMI? #VIITTAUS! #ARVO! #LUKU! #TYHJÄ! #JAKO/0!",
    "#NENÍ_K_DISPOZICI #NÁZEV? #ODKAZ! #HODNOTA! #ČÍSLO! #DĚLENÍ_NULOU!",
    "#HIÁNYZIK #NÉV? #HIV! #ÉRTÉK! #SZÁM! #NULLA! #ZÉRÓOSZTÓ!",
    "#YOK #AD? #BAŞV! #DEĞER! #SAYI! #SAYI/0! #BOŞ!",
];
/// Longest of them, in bytes.
const MAX_ERROR: usize = 24;

/// Whether a text is what a spreadsheet shows where a formula failed or a column is too narrow: `#REF!`, `#NV`,
/// `Err:502`, `########`.
pub(crate) fn is_spreadsheet_error(text: &str) -> bool {
    match text.as_bytes() {
        [b'#', rest @ ..] if rest.iter().all(|byte| *byte == b'#') => rest.len() >= 2,
        [b'#', ..] if text.len() <= MAX_ERROR => {
            let upper = text.to_uppercase();
            ERRORS.iter().any(|of_language| of_language.split(' ').any(|error| error == upper))
        }
        // LibreOffice numbers them.
        [b'E' | b'e', b'r' | b'R', b'r' | b'R', b':', digits @ ..] => {
            digits.len() == 3 && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_formulas_are_known_in_the_languages_of_spreadsheets() {
        for text in ERRORS.iter().flat_map(|of_language| of_language.split(' ')) {
            assert!(text.len() <= MAX_ERROR && is_spreadsheet_error(text), "{text}");
            assert!(is_spreadsheet_error(&text.to_lowercase()), "{text}");
        }
        for text in ["Err:502", "err:508", "###", "########"] {
            assert!(is_spreadsheet_error(text), "{text}");
        }
    }

    #[test]
    fn what_people_write_behind_a_number_sign_is_no_failed_formula() {
        for text in
            ["", "#", "##", "#1", "#A-17", "#NVA", "# N/A", "#ZAHL", "Err:", "Err:50", "Err:5021", "error", "#1 Road"]
        {
            assert!(!is_spreadsheet_error(text), "{text}");
        }
    }
}
