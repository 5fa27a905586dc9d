//! Why the console does not do what it was asked to, in words for a reader and for a script.

use runtime::http::HttpProblem;
use serde_json::{Value as Json, json};

use crate::texts::Texts;

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
    pub(crate) fn words<'a>(&'a self, texts: &'static Texts) -> (&'static str, &'a str) {
        match (self.code.as_str(), self.status) {
            ("forbidden", _) => (texts.forbidden, texts.forbidden_text),
            ("stale_form", _) => (texts.form_stale, texts.form_stale_text),
            ("signed_out", _) => (texts.sign_in, texts.session_ended),
            ("unavailable", _) => (texts.trouble, texts.unavailable),
            (_, 404) => (texts.not_found, texts.not_found_text),
            _ => (texts.trouble, self.detail.as_str()),
        }
    }

    /// The refusal for a script of the console.
    pub(crate) fn json(&self, texts: &'static Texts) -> Json {
        let (title, detail) = self.words(texts);
        json!({ "title": title, "detail": detail, "code": self.code, "problems": self.problems })
    }
}

impl From<HttpProblem> for Refusal {
    fn from(problem: HttpProblem) -> Self {
        Self::new(problem.status, problem.code, &problem.detail)
    }
}
