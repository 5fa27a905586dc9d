//! What to write into a column: the hints of the column reference.

use super::messages;

messages! { HINTS
    "The customer's id in your system, up to 256 bytes; leading zeros stay."
    / "Die Nummer des Kunden in Ihrem System, bis zu 256 Byte; Nullen am Anfang bleiben.",
    "One email address." / "Eine E-Mail-Adresse.",
    "International form with +, or national form of the import's default region."
    / "International mit +, oder wie im Land üblich, das beim Import eingestellt ist.",
    "Up to 256 characters." / "Bis zu 256 Zeichen.",
    "Up to 512 characters." / "Bis zu 512 Zeichen.",
    "Up to 256 characters; it is not split." / "Bis zu 256 Zeichen; der Name wird nicht geteilt.",
    "Up to 32 characters; leading zeros stay." / "Bis zu 32 Zeichen; Nullen am Anfang bleiben.",
    "male, female or other." / "male, female oder other (männlich, weiblich, anderes).",
    "A date as 1990-12-31, or in the import's date format; from 1900 on."
    / "Ein Datum wie 1990-12-31, oder im eingestellten Format; ab 1900.",
    "A language tag (BCP 47), up to 64 characters." / "Ein Sprachkürzel (BCP 47), bis zu 64 Zeichen.",
    "A time zone's IANA name." / "Der IANA-Name einer Zeitzone.",
    "An ISO 3166 code, or the name in a larger language."
    / "Ein Code nach ISO 3166, oder der Name in einer größeren Sprache.",
    "yes or no." / "ja oder nein.",
    "yes or no; empty leaves it as it is." / "ja oder nein; leer lässt es, wie es ist.",
    "yes or no. Also sms, mobile_push, web_push, viber, whatsapp, each with .TOPIC."
    / "ja oder nein. Auch mit sms, mobile_push, web_push, viber, whatsapp, jeweils mit .THEMA.",
    "The system name of a known API endpoint." / "Der Name eines bekannten API-Endpunkts.",
    "The system name of a known touchpoint." / "Der Name eines bekannten Touchpoints.",
    "The name of a segment, or GROUP/NAME." / "Der Name eines Segments, oder GRUPPE/NAME.",
    "The action noted in the customer's feed." / "Die Aktion, die im Verlauf des Kunden notiert wird.",
    "When the action happened; default: when the import was launched."
    / "Wann die Aktion geschah; ohne Angabe: wann der Import gestartet wurde.",
    "A custom field." / "Ein eigenes Feld.",
}
