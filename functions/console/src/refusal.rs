//! Why the console does not do what it was asked to, in words for a reader and for a script.

use runtime::http::HttpProblem;
use serde_json::{Value as Json, json};

use crate::language::Language;
use crate::wording::{Wording, plain_wording};

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The stable code.
    pub(crate) code: String,
    /// What the API says; empty where the console has better words.
    pub(crate) detail: String,
    /// What is wrong with which field.
    pub(crate) problems: Vec<Json>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, detail: &str) -> Self {
        Self { status, code: code.to_owned(), detail: detail.to_owned(), problems: Vec::new() }
    }

    pub(crate) fn no_such_page() -> Self {
        Self::new(404, "not_found", "")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "forbidden", "")
    }

    pub(crate) fn stale_form() -> Self {
        Self::new(403, "stale_form", "")
    }

    pub(crate) fn signed_out() -> Self {
        Self::new(401, "signed_out", "")
    }

    /// A headline and a sentence, in the reader's language if the console has the words.
    pub(crate) fn words(&self, language: Language) -> (&'static str, Wording) {
        let texts = language.texts();
        let (title, detail) = match (self.code.as_str(), self.status) {
            ("forbidden", _) => (texts.forbidden, texts.forbidden_text),
            ("stale_form", _) => (texts.form_stale, texts.form_stale_text),
            ("signed_out", _) => (texts.sign_in, texts.session_ended),
            ("unavailable", _) => (texts.trouble, texts.unavailable),
            (_, 404) => (texts.not_found, texts.not_found_text),
            _ => return (texts.trouble, plain_wording(language, &self.detail)),
        };
        (title, Wording { text: detail.to_owned(), lang: None })
    }

    /// What is wrong, field by field, or else as a whole.
    pub(crate) fn messages(&self, language: Language) -> Vec<Wording> {
        if self.problems.is_empty() {
            return vec![self.words(language).1];
        }
        let messages = self.problems.iter().filter_map(|problem| problem["message"].as_str());
        messages.map(|message| plain_wording(language, message)).collect()
    }

    /// The refusal for a script of the console.
    pub(crate) fn json(&self, language: Language) -> Json {
        let (title, detail) = self.words(language);
        let mut problems = self.problems.clone();
        for message in problems.iter_mut().filter_map(|problem| problem.get_mut("message")) {
            if let Some(text) = message.as_str() {
                *message = plain_wording(language, text).text.into();
            }
        }
        json!({ "title": title, "detail": detail.text, "code": self.code, "problems": problems })
    }
}

impl From<HttpProblem> for Refusal {
    fn from(problem: HttpProblem) -> Self {
        Self::new(problem.status, problem.code, &problem.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_what_is_wrong_in_the_language_of_its_page() {
        let message = "Give the two letters of ISO 3166, such as DE or US.";
        let problems = vec![json!({ "path": "default_region", "message": message })];
        let refusal =
            Refusal { problems, ..Refusal::new(400, "invalid_request", &format!("default_region: {message}")) };
        let german = refusal.json(Language::German);
        assert_eq!(
            german["problems"][0]["message"],
            "Geben Sie die zwei Buchstaben nach ISO 3166 an, etwa DE oder US."
        );
        assert_eq!(german["problems"][0]["path"], "default_region");
        let detail = "Land der Telefonnummern ohne +: Geben Sie die zwei Buchstaben nach ISO 3166 an, etwa DE oder US.";
        assert_eq!(german["detail"], detail);
        let english = refusal.json(Language::English);
        assert_eq!(english["problems"][0]["message"], message);
        assert_eq!(english["detail"], refusal.detail);
    }
}
