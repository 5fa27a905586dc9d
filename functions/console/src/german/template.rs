//! A message with values in it, in English and in German.

use crate::columns::words;
use crate::fields::field;
use crate::language::Language;

/// A message with values in it.
#[derive(Debug)]
pub(super) struct Template {
    /// What the English message begins with.
    head: &'static str,
    /// Its values, each with the text up to the next one.
    values: Vec<Placed>,
    german: Vec<Piece>,
}

/// A value of the English message, and what stands behind it.
#[derive(Debug)]
struct Placed {
    name: &'static str,
    kind: Kind,
    then: &'static str,
}

/// A piece of the German message.
#[derive(Debug)]
enum Piece {
    Text(&'static str),
    Value(&'static str),
}

/// What a value can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A text without “ and ”, so that no value can pass for what stands around it.
    Text,
    /// A text without blanks.
    Word,
    /// A word that the German message leaves out.
    Unsaid,
    Number,
    Column,
    Names,
    Phrase,
}

/// How a text can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// In no way.
    None,
    /// In this way, in German.
    One(String),
    /// In several ways, or it takes too long to find out.
    Several,
}

/// Places in which values are looked for in one text, so that none takes long, whatever it quotes.
const MAX_STEPS: u32 = 20_000;

/// How much longer a text is read.
#[derive(Debug)]
pub(super) struct Search {
    steps: u32,
}

impl Search {
    /// A search that has just begun.
    pub(super) const fn new() -> Self {
        Self { steps: MAX_STEPS }
    }

    const fn goes_on(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0
    }
}

/// How a whole text can be read as one of these.
pub(super) fn one_of(templates: &[Template], text: &str, phrases: &[Template], search: &mut Search) -> Reading {
    let mut reading = Reading::None;
    for template in templates.iter().filter(|template| template.may_be(text)) {
        reading.add(template.read(text, phrases, search));
    }
    reading
}

/// A value that was found in an English message, and in German.
struct Found<'m> {
    name: &'static str,
    english: &'m str,
    german: String,
}

impl Template {
    /// The template of a pair of messages; none if its braces are wrong.
    pub(super) fn parse(english: &'static str, german: &'static str) -> Option<Self> {
        let (head, mut rest) = english.split_once('{').map_or((english, None), |(head, rest)| (head, Some(rest)));
        let mut values = Vec::new();
        while let Some(value) = rest {
            let (value, after) = value.split_once('}')?;
            let (name, kind) = value.split_once(':').unwrap_or((value, "text"));
            let (then, further) = after.split_once('{').map_or((after, None), |(then, further)| (then, Some(further)));
            values.push(Placed { name, kind: Kind::of(kind)?, then });
            rest = further;
        }
        let mut pieces = Vec::new();
        for (at, piece) in german.split('{').enumerate() {
            let text = if at == 0 {
                piece
            } else {
                let (name, text) = piece.split_once('}')?;
                pieces.push(Piece::Value(name));
                text
            };
            pieces.push(Piece::Text(text));
        }
        Some(Self { head, values, german: pieces })
    }

    /// Whether a text begins and ends as this message does.
    fn may_be(&self, text: &str) -> bool {
        text.starts_with(self.head) && text.ends_with(self.values.last().map_or(self.head, |value| value.then))
    }

    /// How a whole text can be read as this message.
    fn read(&self, text: &str, phrases: &[Template], search: &mut Search) -> Reading {
        let mut reading = Reading::None;
        if let Some(rest) = text.strip_prefix(self.head) {
            self.read_on(rest, phrases, search, &mut Vec::new(), &mut reading);
        }
        reading
    }

    /// Reads on behind the values that were found so far, in every way.
    fn read_on<'m>(
        &self,
        rest: &'m str,
        phrases: &[Template],
        search: &mut Search,
        found: &mut Vec<Found<'m>>,
        reading: &mut Reading,
    ) {
        let Some(value) = self.values.get(found.len()) else {
            if rest.is_empty() {
                reading.add(Reading::One(self.filled(found)));
            }
            return;
        };
        let is_last = found.len() + 1 == self.values.len();
        let ends: Vec<usize> = if is_last {
            rest.strip_suffix(value.then).map(str::len).into_iter().collect()
        } else {
            rest.match_indices(value.then).map(|(end, _)| end).collect()
        };
        for end in ends {
            if !search.goes_on() {
                *reading = Reading::Several;
                return;
            }
            let (Some(english), Some(behind)) = (rest.get(..end), rest.get(end + value.then.len()..)) else { continue };
            if found.iter().any(|earlier| earlier.name == value.name && earlier.english != english) {
                continue;
            }
            match value.kind.read(english, phrases, search) {
                Reading::None => {}
                Reading::Several => *reading = Reading::Several,
                Reading::One(german) => {
                    found.push(Found { name: value.name, english, german });
                    self.read_on(behind, phrases, search, found, reading);
                    found.pop();
                }
            }
        }
    }

    fn filled(&self, found: &[Found<'_>]) -> String {
        let value = |name| found.iter().find(|found| found.name == name).map_or("", |found| found.german.as_str());
        let pieces = self.german.iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Value(name) => value(*name),
        });
        pieces.collect()
    }
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "text" => Self::Text,
            "word" => Self::Word,
            "unsaid" => Self::Unsaid,
            "number" => Self::Number,
            "column" => Self::Column,
            "names" => Self::Names,
            "phrase" => Self::Phrase,
            _ => return None,
        })
    }

    /// How a value of this kind is said in German.
    fn read(self, value: &str, phrases: &[Template], search: &mut Search) -> Reading {
        let is = |is_one: bool| if is_one { Reading::One(value.to_owned()) } else { Reading::None };
        let is_of = |is_one: fn(char) -> bool| !value.is_empty() && value.chars().all(is_one);
        match self {
            Self::Text => is(!value.contains(['“', '”'])),
            Self::Word | Self::Unsaid => is(is_of(|c| !c.is_whitespace())),
            Self::Number => is(is_of(|c| c.is_ascii_digit())),
            Self::Column if is_of(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-')) => {
                Reading::One(in_words(value))
            }
            Self::Column => Reading::None,
            Self::Names => names(value).map_or(Reading::None, Reading::One),
            Self::Phrase => one_of(phrases, value, phrases, search),
        }
    }
}

/// A column, or else a setting, as the pages call it. Some are both, and messages begin with columns more often.
fn in_words(name: &str) -> String {
    let column = words(Language::German, name);
    match field(name).filter(|_| column == name) {
        Some(field) => (field.label)(Language::German.texts()).to_owned(),
        None => column,
    }
}

/// Names in English quotes, in German ones.
fn names(value: &str) -> Option<String> {
    let inner = value.strip_prefix('“')?.strip_suffix('”')?;
    let names = inner.split("”, “").map(|name| (!name.contains(['“', '”'])).then(|| format!("„{name}“")));
    Some(names.collect::<Option<Vec<String>>>()?.join(", "))
}

impl Reading {
    /// Adds another way to read the same text.
    pub(super) fn add(&mut self, other: Self) {
        match (&*self, &other) {
            (_, Self::None) => {}
            (Self::None, _) => *self = other,
            _ => *self = Self::Several,
        }
    }

    /// This text, and then another one.
    pub(super) fn followed_by(self, other: &Self) -> Self {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => Self::None,
            (Self::One(text), Self::One(further)) if further.is_empty() => Self::One(text),
            (Self::One(text), Self::One(further)) => Self::One(format!("{text} {further}")),
            _ => Self::Several,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::german::{LISTS, phrases::PHRASES};

    #[test]
    fn every_pair_has_the_same_values_and_texts_that_tell_them_apart() {
        for (english, german) in LISTS.into_iter().flatten().chain(PHRASES) {
            let template = Template::parse(english, german).unwrap_or_else(|| panic!("{english}"));
            let said = template.values.iter().filter(|value| value.kind != Kind::Unsaid).map(|value| value.name);
            let filled = template.german.iter().filter_map(|piece| match piece {
                Piece::Value(name) => Some(*name),
                Piece::Text(_) => None,
            });
            assert_eq!(said.collect::<BTreeSet<_>>(), filled.collect(), "{english}");
            let between = template.values.split_last().map_or(&[][..], |(_, before)| before);
            assert!(between.iter().all(|value| !value.then.is_empty()), "{english}");
        }
    }

    #[test]
    fn german_has_german_quotes_and_names_the_same_settings() {
        for (english, german) in LISTS.into_iter().flatten().chain(PHRASES) {
            assert!(!german.contains('”'), "{german}");
            assert_eq!(german.matches('„').count(), german.matches('“').count(), "{german}");
            assert_eq!(german.matches('`').count() % 2, 0, "{german}");
            assert_eq!(english.trim(), *english);
            assert_eq!(german.trim(), *german);
        }
    }
}
