//! Messages by their templates, and how a text is read by them.

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

    /// A text that is one message after the other, in German; none if it cannot be read so, or not in one way only.
    pub(super) fn message(&self, text: &str, phrases: &Self) -> Option<String> {
        let mut ends: Vec<usize> = text
            .match_indices(' ')
            .map(|(end, _)| end)
            .filter(|end| text.get(..*end).is_some_and(|before| before.ends_with(['.', ':', '?'])))
            .collect();
        ends.push(text.len());
        if ends.len() > MAX_SENTENCES {
            return None;
        }
        let mut search = Search { steps: MAX_STEPS };
        // How the text can be read from the beginning of each sentence on, from the last one to the first.
        let mut behind: Vec<Reading> = vec![Reading::One(String::new())];
        for start in (0..ends.len()).rev() {
            let begin = start.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| end + 1);
            let reading =
                self.read_from(text, begin, ends.get(start..).unwrap_or_default(), &behind, phrases, &mut search);
            behind.push(reading);
        }
        match behind.pop() {
            Some(Reading::One(german)) if ends.len() > 0 && !german.is_empty() => Some(german),
            _ => None,
        }
    }

    /// How a text can be read from one place on. `behind` says how it can be read behind each of the ends, the last one first.
    fn read_from(
        &self,
        text: &str,
        begin: usize,
        ends: &[usize],
        behind: &[Reading],
        phrases: &Self,
        search: &mut Search,
    ) -> Reading {
        let mut reading = Reading::None;
        let templates =
            || self.templates.iter().filter(|template| text.get(begin..).is_some_and(|text| template.may_begin(text)));
        for template in templates() {
            for (end, further) in ends.iter().zip(behind.iter().rev()) {
                let Some(part) = text.get(begin..*end).filter(|part| template.may_end(part)) else { continue };
                if *further != Reading::None {
                    reading.add(template.read(part, phrases, search).followed_by(further));
                }
            }
        }
        reading
    }

    /// A phrase in German.
    pub(super) fn phrase(&self, text: &str, search: &mut Search) -> Reading {
        let mut reading = Reading::None;
        for template in self.templates.iter().filter(|template| template.may_begin(text) && template.may_end(text)) {
            reading.add(template.read(text, self, search));
        }
        reading
    }
}
