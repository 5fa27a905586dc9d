//! What a list of imports is searched for: the query of `GET /imports`.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};

use super::id::ImportId;
use super::request::ImportRequest;
use super::state::State;
use crate::input::FieldProblem;

/// Letters of a day, such as 2026-05-01.
const DAY: usize = 10;

/// What a list of imports is searched for. Whatever is not given, all imports have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// In lower case: what the description or the file's name contains.
    text: Option<String>,
    state: Option<State>,
    /// In lower case: the name of whoever launched the import.
    by: Option<String>,
    /// The first moment.
    from: Option<Timestamp>,
    /// The moment after the last one.
    until: Option<Timestamp>,
}

impl Search {
    /// Reads the members `text`, `state`, `by`, `from` and `to` of a query; an empty one counts as not given. `from` and
    /// `to` are days in UTC or moments, and both belong to what is searched for.
    ///
    /// # Errors
    /// What is wrong with each member.
    pub fn parse(query: &[(String, String)]) -> Result<Self, Vec<FieldProblem>> {
        let given = |name: &str| {
            let found = query.iter().find(|(given, _)| given == name).map(|(_, value)| value.trim());
            found.filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let state = given("state").and_then(|word| {
            let state = State::from_word(word);
            if state.is_none() {
                problems.push(FieldProblem::new("state", "unknown_state", format!("There is no state `{word}`.")));
            }
            state
        });
        let mut moment = |name: &str, read: fn(&str) -> Option<Timestamp>| {
            let text = given(name)?;
            let moment = read(text);
            if moment.is_none() {
                let message =
                    format!("`{name}` is a day such as `2026-05-01`, or a moment such as `2026-05-01T12:00:00Z`.");
                problems.push(FieldProblem::new(name, "invalid_date", message));
            }
            moment
        };
        let (from, until) = (moment("from", first_moment), moment("to", moment_after));
        let lower = |name: &str| given(name).map(str::to_lowercase);
        let search = Self { text: lower("text"), state, by: lower("by"), from, until };
        if problems.is_empty() { Ok(search) } else { Err(problems) }
    }

    /// Whether every import is searched for.
    pub fn is_for_all(&self) -> bool {
        *self == Self::default()
    }

    /// The id that all imports have a smaller one than that are not too late.
    pub fn before(&self) -> Option<ImportId> {
        self.until.map(|until| ImportId::new(until, 0))
    }

    /// Whether this import, and with it all that were launched before, is too early.
    pub fn is_over_at(&self, id: ImportId) -> bool {
        self.from.is_some_and(|from| id.launched() < from)
    }

    /// Whether an import in this state is searched for that somebody of this name launched, as far as these tell.
    pub fn is_for(&self, state: State, by: Option<&str>) -> bool {
        self.state.is_none_or(|wanted| wanted == state)
            && self.by.as_ref().is_none_or(|wanted| by.is_some_and(|by| by.to_lowercase() == *wanted))
    }

    /// Whether an import with these settings is searched for, as far as their texts tell.
    pub fn is_for_text(&self, request: &ImportRequest) -> bool {
        let contains = |wanted: &String, text: &str| text.to_lowercase().contains(wanted.as_str());
        let in_either = |wanted| contains(wanted, &request.description) || contains(wanted, &request.file.name);
        self.text.as_ref().is_none_or(in_either)
    }
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == DAY)
}

fn start_of(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

fn first_moment(text: &str) -> Option<Timestamp> {
    match day(text) {
        Some(day) => start_of(day),
        None => text.parse().ok(),
    }
}

/// The moment after a day or a moment. Imports are launched at whole milliseconds.
fn moment_after(text: &str) -> Option<Timestamp> {
    match day(text) {
        Some(day) => start_of(day.tomorrow().ok()?),
        None => text.parse::<Timestamp>().ok()?.checked_add(1.millisecond()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &[(&str, &str)]) -> Result<Search, Vec<(String, &'static str)>> {
        let query: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let paths =
            |problems: Vec<FieldProblem>| problems.into_iter().map(|problem| (problem.path, problem.code)).collect();
        Search::parse(&query).map_err(paths)
    }

    #[test]
    fn both_days_belong_to_what_is_searched_for_and_so_do_both_moments() {
        let launched = |at: &str| ImportId::new(at.parse().unwrap(), u128::MAX >> 48);
        for (from, to, first, last) in [
            ("2026-05-01", "2026-05-02", "2026-05-01T00:00:00Z", "2026-05-02T23:59:59.999Z"),
            ("2026-05-01T10:00:00+02:00", "2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"),
        ] {
            let search = search(&[("from", from), ("to", to)]).unwrap();
            let is_found = |at: Timestamp| {
                let id = launched(&at.to_string());
                !search.is_over_at(id) && search.before().is_some_and(|before| id < before)
            };
            let (first, last): (Timestamp, Timestamp) = (first.parse().unwrap(), last.parse().unwrap());
            assert!(is_found(first) && is_found(last), "{from} {to}");
            assert!(!is_found(first - 1.millisecond()) && !is_found(last + 1.millisecond()), "{from} {to}");
        }
    }

    #[test]
    fn texts_and_names_are_found_in_capitals_and_small_letters() {
        let request = r#"{"file":{"name":"KUNDEN.csv"},"description":"Straßenfest im Mai"}"#;
        let request = ImportRequest::parse(request.as_bytes()).unwrap();
        for (text, is_found) in [("kunden", true), ("STRAßEN", true), ("MAI", true), ("june", false)] {
            assert_eq!(search(&[("text", text)]).unwrap().is_for_text(&request), is_found, "{text}");
        }
        let by_ann = search(&[("by", "ANN"), ("state", "completed")]).unwrap();
        assert!(by_ann.is_for(State::Completed, Some("Ann")));
        assert!(!by_ann.is_for(State::Failed, Some("Ann")) && !by_ann.is_for(State::Completed, None));
    }

    #[test]
    fn what_is_empty_counts_as_not_given_and_every_bad_member_is_named() {
        assert!(search(&[("text", " "), ("state", ""), ("from", ""), ("limit", "3")]).unwrap().is_for_all());
        let bad = search(&[("state", "done"), ("from", "1 May"), ("to", "2026-02-30")]).unwrap_err();
        let expected = [("state", "unknown_state"), ("from", "invalid_date"), ("to", "invalid_date")];
        assert_eq!(bad, expected.map(|(path, code)| (path.to_owned(), code)));
    }
}
