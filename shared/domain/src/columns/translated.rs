//! Headers in other languages than the table's. A preview suggests them, with the language as its reason; they are never
//! taken by themselves, and no refusal names them: a word can mean something else in a language that nobody named.

use super::id::fold;

/// A language, and how a column is called in it.
type Names = (&'static str, &'static [&'static str]);

/// Names of columns in other languages.
const TRANSLATED: &[(&str, &[Names])] = &[
    (
        "external_id",
        &[
            ("German", &["Kundennr", "Kundennr.", "Kundennummer", "Kunden-ID", "Kd-Nr", "Kd.-Nr.", "Mitgliedsnummer"]),
            ("French", &["Numéro client", "N° client", "ID client", "Code client"]),
            ("Spanish", &["ID de cliente", "Número de cliente", "Código de cliente"]),
            ("Italian", &["ID cliente", "Codice cliente", "Numero cliente"]),
            ("Dutch", &["Klantnummer", "Klant-ID"]),
            ("Polish", &["Numer klienta", "ID klienta"]),
            ("Portuguese", &["ID do cliente", "Código do cliente"]),
            ("Russian", &["ID клиента", "Номер клиента", "Код клиента"]),
            ("Japanese", &["顧客ID", "顧客番号", "会員番号", "会員ID"]),
        ],
    ),
    (
        "email",
        &[
            ("German", &["E-Mail-Adresse", "Mailadresse", "E-Mail Adresse"]),
            ("French", &["Courriel", "Adresse e-mail", "Adresse email", "Adresse électronique"]),
            ("Spanish", &["Correo electrónico", "Correo", "Dirección de correo electrónico"]),
            ("Italian", &["Indirizzo email", "Indirizzo e-mail", "Posta elettronica"]),
            ("Dutch", &["E-mailadres"]),
            ("Polish", &["Adres e-mail", "Adres email"]),
            ("Portuguese", &["Endereço de e-mail", "Correio eletrônico"]),
            ("Russian", &["Электронная почта", "Почта", "Эл. почта", "Адрес электронной почты"]),
            ("Japanese", &["メールアドレス", "メール", "Eメール"]),
        ],
    ),
    (
        "phone",
        &[
            ("German", &["Telefon", "Telefonnummer", "Handy", "Handynummer", "Mobil", "Mobilnummer", "Rufnummer"]),
            ("French", &["Téléphone", "Numéro de téléphone", "Portable", "Tél", "Tél."]),
            ("Spanish", &["Teléfono", "Móvil", "Celular", "Número de teléfono"]),
            ("Italian", &["Telefono", "Cellulare", "Numero di telefono"]),
            ("Dutch", &["Telefoon", "Telefoonnummer", "Mobiel", "Mobiel nummer"]),
            ("Polish", &["Numer telefonu", "Komórka"]),
            ("Portuguese", &["Telefone", "Celular", "Telemóvel"]),
            ("Russian", &["Телефон", "Номер телефона", "Мобильный телефон", "Мобильный"]),
            ("Japanese", &["電話番号", "電話", "携帯電話", "携帯番号"]),
        ],
    ),
    (
        "first_name",
        &[
            ("German", &["Vorname"]),
            ("French", &["Prénom"]),
            ("Spanish", &["Nombre", "Nombre de pila"]),
            ("Dutch", &["Voornaam"]),
            ("Polish", &["Imię"]),
            ("Russian", &["Имя"]),
            ("Japanese", &["名"]),
        ],
    ),
    (
        "last_name",
        &[
            ("German", &["Nachname", "Familienname", "Zuname"]),
            ("French", &["Nom de famille"]),
            ("Spanish", &["Apellido", "Apellidos"]),
            ("Italian", &["Cognome"]),
            ("Dutch", &["Achternaam"]),
            ("Polish", &["Nazwisko"]),
            ("Portuguese", &["Sobrenome", "Apelido"]),
            ("Russian", &["Фамилия"]),
            ("Japanese", &["姓", "苗字", "名字"]),
        ],
    ),
    ("middle_name", &[("Russian", &["Отчество"]), ("French", &["Deuxième prénom"])]),
    (
        "full_name",
        &[
            ("German", &["Vollständiger Name"]),
            ("French", &["Nom complet", "Nom et prénom"]),
            ("Spanish", &["Nombre completo", "Nombre y apellidos"]),
            ("Italian", &["Nome completo", "Nome e cognome"]),
            ("Dutch", &["Volledige naam"]),
            ("Polish", &["Imię i nazwisko"]),
            ("Portuguese", &["Nome completo"]),
            ("Russian", &["ФИО", "Ф.И.О.", "Полное имя"]),
            ("Japanese", &["氏名", "お名前", "名前"]),
        ],
    ),
    (
        "sex",
        &[
            ("German", &["Geschlecht"]),
            ("French", &["Sexe", "Genre"]),
            ("Spanish", &["Sexo", "Género"]),
            ("Italian", &["Sesso", "Genere"]),
            ("Dutch", &["Geslacht"]),
            ("Polish", &["Płeć"]),
            ("Portuguese", &["Sexo", "Gênero"]),
            ("Russian", &["Пол"]),
            ("Japanese", &["性別"]),
        ],
    ),
    (
        "birth_date",
        &[
            ("German", &["Geburtsdatum", "Geburtstag", "Geb.-Datum", "Geboren am"]),
            ("French", &["Date de naissance", "Anniversaire"]),
            ("Spanish", &["Fecha de nacimiento", "Cumpleaños"]),
            ("Italian", &["Data di nascita", "Compleanno"]),
            ("Dutch", &["Geboortedatum", "Verjaardag"]),
            ("Polish", &["Data urodzenia", "Urodziny"]),
            ("Portuguese", &["Data de nascimento", "Aniversário"]),
            ("Russian", &["Дата рождения", "День рождения"]),
            ("Japanese", &["生年月日", "誕生日"]),
        ],
    ),
    (
        "language",
        &[
            ("German", &["Sprache"]),
            ("French", &["Langue"]),
            ("Spanish", &["Idioma"]),
            ("Italian", &["Lingua"]),
            ("Dutch", &["Taal"]),
            ("Polish", &["Język"]),
            ("Russian", &["Язык"]),
            ("Japanese", &["言語"]),
        ],
    ),
    (
        "country",
        &[
            ("German", &["Land"]),
            ("French", &["Pays"]),
            ("Spanish", &["País"]),
            ("Italian", &["Paese", "Nazione"]),
            ("Polish", &["Kraj"]),
            ("Russian", &["Страна"]),
            ("Japanese", &["国"]),
        ],
    ),
    (
        "region",
        &[
            ("German", &["Bundesland"]),
            ("Spanish", &["Provincia"]),
            ("Dutch", &["Provincie"]),
            ("Polish", &["Województwo"]),
            ("Portuguese", &["Estado"]),
            ("Russian", &["Регион", "Область"]),
            ("Japanese", &["都道府県"]),
        ],
    ),
    (
        "city",
        &[
            ("German", &["Ort", "Stadt", "Wohnort"]),
            ("French", &["Ville"]),
            ("Spanish", &["Ciudad", "Localidad"]),
            ("Italian", &["Città", "Comune"]),
            ("Dutch", &["Plaats", "Woonplaats"]),
            ("Polish", &["Miasto", "Miejscowość"]),
            ("Portuguese", &["Cidade"]),
            ("Russian", &["Город"]),
            ("Japanese", &["市区町村"]),
        ],
    ),
    (
        "postal_code",
        &[
            ("German", &["PLZ", "Postleitzahl"]),
            ("French", &["Code postal"]),
            ("Spanish", &["Código postal"]),
            ("Italian", &["CAP", "Codice postale"]),
            ("Polish", &["Kod pocztowy"]),
            ("Portuguese", &["CEP", "Código postal"]),
            ("Russian", &["Индекс", "Почтовый индекс"]),
            ("Japanese", &["郵便番号"]),
        ],
    ),
    (
        "address",
        &[
            ("German", &["Adresse", "Anschrift", "Straße", "Strasse", "Straße und Hausnummer"]),
            ("French", &["Adresse", "Rue"]),
            ("Spanish", &["Dirección", "Calle"]),
            ("Italian", &["Indirizzo", "Via"]),
            ("Dutch", &["Adres", "Straat"]),
            ("Polish", &["Adres", "Ulica"]),
            ("Portuguese", &["Endereço", "Morada", "Rua"]),
            ("Russian", &["Адрес", "Улица"]),
            ("Japanese", &["住所"]),
        ],
    ),
    (
        "company",
        &[
            ("German", &["Firma", "Unternehmen"]),
            ("French", &["Société", "Entreprise"]),
            ("Spanish", &["Empresa"]),
            ("Italian", &["Azienda", "Società"]),
            ("Dutch", &["Bedrijf", "Bedrijfsnaam"]),
            ("Polish", &["Firma"]),
            ("Portuguese", &["Empresa"]),
            ("Russian", &["Компания", "Организация"]),
            ("Japanese", &["会社名", "会社"]),
        ],
    ),
    (
        "discount_card",
        &[
            ("German", &["Kundenkarte", "Kartennummer"]),
            ("French", &["Carte de fidélité"]),
            ("Russian", &["Дисконтная карта", "Карта лояльности"]),
            ("Japanese", &["カード番号"]),
        ],
    ),
];

/// The column that a header names in another language, and the languages.
pub(crate) fn translated(header: &str) -> Option<(&'static str, String)> {
    let folded = fold(header);
    TRANSLATED.iter().find_map(|(column, languages)| {
        let is_called = |names: &[&str]| names.iter().any(|name| fold(name) == folded);
        let languages: Vec<&str> =
            languages.iter().filter(|(_, names)| is_called(names)).map(|(language, _)| *language).collect();
        (!languages.is_empty()).then(|| (*column, languages.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::columns::ColumnId;

    #[test]
    fn every_translation_names_a_column_and_none_is_a_name_of_the_table() {
        let mut columns = BTreeMap::new();
        for (column, languages) in TRANSLATED {
            assert!(ColumnId::parse(column).is_some(), "{column}");
            for name in languages.iter().flat_map(|(_, names)| *names) {
                assert_eq!(ColumnId::parse(name), None, "{name} needs no suggestion");
                let before = columns.insert(fold(name), column);
                assert!(before.is_none_or(|before| before == column), "{name} is {column} and {before:?}");
            }
        }
    }

    #[test]
    fn the_headers_of_a_german_shop_are_suggested() {
        let columns: Vec<_> = ["Kundennr", "telefon", "VORNAME", "Nachname", "Geburtsdatum", "Ort", "PLZ"]
            .map(|header| translated(header).map(|(column, _)| column))
            .to_vec();
        let expected = ["external_id", "phone", "first_name", "last_name", "birth_date", "city", "postal_code"];
        assert_eq!(columns, expected.map(Some));
        assert_eq!(translated("Adresse"), Some(("address", "German, French".to_owned())));
        assert_eq!(translated("Bemerkung"), None);
    }
}
