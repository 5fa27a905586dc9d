//! Whom rows are about, once more and as simply as possible: a list of people, looked through for each row.

use std::collections::BTreeMap;

/// The settings of an import that say whom a row may be about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) mode: &'static str,
    pub(crate) on_conflict: &'static str,
    pub(crate) on_weak_match: &'static str,
}

impl Settings {
    /// As members of the import's JSON.
    pub(crate) fn json(self) -> String {
        let Self { mode, on_conflict, on_weak_match } = self;
        format!(r#","mode":"{mode}","on_conflict":"{on_conflict}","on_weak_match":"{on_weak_match}""#)
    }
}

/// Identifiers by the letter of their column.
type Person = BTreeMap<char, String>;

/// Everybody.
#[derive(Debug, Default)]
pub(crate) struct Model(Vec<Person>);

impl Model {
    /// Applies a row. Its outcome, and the codes of its problems.
    pub(crate) fn apply(&mut self, row: &str, settings: Settings) -> String {
        let cells: Person = row
            .split(' ')
            .filter_map(|part| part.split_once(':'))
            .map(|(column, value)| (column.chars().next().unwrap(), value.to_owned()))
            .collect();
        let given: Person =
            cells.iter().filter(|(_, value)| *value != "%CLEAR%").map(|(at, value)| (*at, value.clone())).collect();
        if given.is_empty() {
            return "rejected".to_owned();
        }
        let has =
            |person: &Person, column: char| given.contains_key(&column) && person.get(&column) == given.get(&column);
        let differs = |person: &Person, columns: &str| {
            columns.chars().any(|at| person.contains_key(&at) && given.contains_key(&at) && !has(person, at))
        };
        let met = "xsep".chars().find_map(|at| Some((at, self.0.iter().position(|person| has(person, at))?)));
        let (about, is_weak) = match met {
            Some((at @ ('e' | 'p'), who)) => {
                let other_id = differs(&self.0[who], "xs");
                let other_email = at == 'p' && differs(&self.0[who], "e");
                let is_updated = settings.on_weak_match == "update" && !other_id;
                let is_somebody_else = (other_id || other_email) && !is_updated;
                (Some(who).filter(|_| !is_somebody_else), is_somebody_else)
            }
            met => (met.map(|(_, who)| who), false),
        };
        if is_weak && settings.on_weak_match == "reject" {
            return "rejected identifier_conflict".to_owned();
        }
        match (settings.mode, about) {
            ("create_only", Some(_)) => return "rejected customer_exists".to_owned(),
            ("update_only", None) => return "rejected customer_not_found".to_owned(),
            _ => {}
        }
        let taken: Vec<char> = given
            .keys()
            .copied()
            .filter(|at| self.0.iter().enumerate().any(|(who, person)| Some(who) != about && has(person, *at)))
            .collect();
        if !taken.is_empty() && settings.on_conflict == "reject" {
            return format!("rejected{}", " identifier_conflict".repeat(taken.len()));
        }
        let before = about.map(|who| self.0[who].clone());
        let mut person = before.clone().unwrap_or_default();
        for (column, value) in cells {
            if value == "%CLEAR%" {
                person.remove(&column);
            } else if !taken.contains(&column) {
                person.insert(column, value);
            }
        }
        let outcome = match &before {
            None => "created",
            Some(before) if *before == person => "unchanged",
            Some(_) => "updated",
        };
        match about {
            Some(who) => self.0[who] = person,
            None => self.0.push(person),
        }
        format!("{outcome}{}", " identifier_taken".repeat(taken.len()))
    }

    /// Each person as the row that has all of their identifiers, in alphabetical order.
    pub(crate) fn customers(&self) -> Vec<String> {
        let shown = |person: &Person| {
            let parts = "xsep".chars().filter_map(|at| Some(format!("{at}:{}", person.get(&at)?)));
            parts.collect::<Vec<_>>().join(" ")
        };
        let mut shown: Vec<String> = self.0.iter().map(shown).collect();
        shown.sort();
        shown
    }
}
