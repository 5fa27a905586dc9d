//! Messages by their templates, and how a text is read by them.

use std::collections::BTreeSet;

use super::template::{Reading, Template};

/// Ends of sentences of a text that is read. A report names the problems of a row in one message; a longer one stays English.
const MAX_SENTENCES: usize = 150;
/// Places in which values are looked for in one text, so that none takes long, whatever it quotes.
const MAX_STEPS: u32 = 20_000;

/// Messages by their templates.
#[derive(Debug)]
pub(super) struct Book {
    templates: Vec<Template>,
}

/// How much longer a text is read.
#[derive(Debug)]
pub(super) struct Search {
    steps: u32,
}

impl Search {
    pub(super) fn goes_on(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0
    }
}

impl Book {
    /// The book of these pairs.
    pub(super) fn new<'p>(pairs: impl IntoIterator<Item = &'p (&'static str, &'static str)>) -> Self {
        let templates = pairs.into_iter().filter_map(|(english, german)| Template::parse(english, german));
        Self { templates: templates.collect() }
    }

    /// A text that is one message after the other, in German; none if it cannot be read so, or not in one way only. The names
    /// of columns in front of messages stay as they are.
    pub(super) fn message(&self, text: &str, names: &BTreeSet<String>, phrases: &Self) -> Option<String> {
        let is_end = |end: &usize| text.get(..*end).is_some_and(|before| before.ends_with(['.', ':', '?']));
        let mut ends: Vec<usize> = text.match_indices(' ').map(|(end, _)| end).filter(is_end).collect();
        ends.push(text.len());
        if ends.len() > MAX_SENTENCES {
            return None;
        }
        let mut search = Search { steps: MAX_STEPS };
        // How the text can be read from the beginning of each sentence on, from the last one to the first.
        let mut behind: Vec<Reading> = vec![Reading::One(String::new())];
        for start in (0..ends.len()).rev() {
            let begin = start.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| end + 1);
            let parts = ends.iter().skip(start).filter_map(|end| text.get(begin..*end)).zip(behind.iter().rev());
            let mut reading = Reading::None;
            for (part, further) in parts.filter(|(_, further)| **further != Reading::None) {
                let is_name = part.strip_suffix(':').is_some_and(|name| names.contains(name));
                let read = if is_name { Reading::One(part.to_owned()) } else { self.read(part, phrases, &mut search) };
                reading.add(read.followed_by(further));
            }
            behind.push(reading);
        }
        match behind.pop() {
            Some(Reading::One(german)) if !german.is_empty() => Some(german),
            _ => None,
        }
    }

    /// A phrase in German.
    pub(super) fn phrase(&self, text: &str, search: &mut Search) -> Reading {
        self.read(text, self, search)
    }

    /// How a whole text can be read as one of the book.
    fn read(&self, text: &str, phrases: &Self, search: &mut Search) -> Reading {
        let mut reading = Reading::None;
        for template in self.templates.iter().filter(|template| template.may_be(text)) {
            reading.add(template.read(text, phrases, search));
        }
        reading
    }
}
