//! Messages by their templates, and how a text is read by them.

use std::collections::BTreeSet;

use super::template::{Reading, Search, Template, one_of};

/// Ends of sentences of a text that is read. A report names the problems of a row in one message; a longer one stays English.
const MAX_SENTENCES: usize = 150;

/// Messages by their templates.
#[derive(Debug)]
pub(super) struct Book {
    templates: Vec<Template>,
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
        let mut search = Search::new();
        // How the text can be read from the beginning of each sentence on, from the last one to the first.
        let mut behind: Vec<Reading> = vec![Reading::One(String::new())];
        for start in (0..ends.len()).rev() {
            let begin = start.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| end + 1);
            let parts = ends.iter().skip(start).filter_map(|end| text.get(begin..*end)).zip(behind.iter().rev());
            let mut reading = Reading::None;
            for (part, further) in parts.filter(|(_, further)| **further != Reading::None) {
                let is_name = part.strip_suffix(':').is_some_and(|name| names.contains(name));
                let read = if is_name {
                    Reading::One(part.to_owned())
                } else {
                    one_of(&self.templates, part, &phrases.templates, &mut search)
                };
                reading.add(read.followed_by(further));
            }
            behind.push(reading);
        }
        match behind.pop() {
            Some(Reading::One(german)) if !german.is_empty() => Some(german),
            _ => None,
        }
    }
}
