//! The screens, one file each.

mod catalogue;
mod correct;
mod customer;
mod customers;
mod definitions;
mod import;
mod imports;
mod mapping;
mod new_import;
mod preview;
mod segment_jobs;
mod segments;
mod settings;
mod sign_in;
mod upload;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::answers;
use crate::console::Console;
use crate::kinds::kind;
use crate::language::Language;
use crate::refusal::Refusal;
use crate::show;
use crate::texts::Texts;
use crate::visit::Visit;
use crate::wording::wording;

#[cfg(test)]
pub(crate) use settings::as_given;
pub(crate) use sign_in::{going_on, sign_in};

impl Console {
    /// Deletes what a path names, and leads to the page without it. It may be gone, whoever deleted it.
    pub(crate) async fn delete(
        &self,
        visit: &Visit<'_>,
        path: &str,
        then: &str,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        match self.api.delete(visit, path, "").await {
            Err(refusal) if refusal.status != 404 => Err(refusal),
            _ => Ok(answers::redirect(then)),
        }
    }
}

/// The content of the page that says why a request was not carried out.
pub(crate) fn refusal(language: Language, refusal: &Refusal) -> Markup {
    let (title, detail) = refusal.words(language);
    html! {
        section.narrow {
            h1 { (title) }
            p lang=[detail.lang.filter(|tag| *tag != language.tag())] { (detail.text) }
            @if !refusal.code.is_empty() { p.code { (refusal.code) } }
        }
    }
}

/// A number of an answer; zero if it has none.
pub(crate) fn count(json: &Json) -> u64 {
    json.as_u64().unwrap_or(0)
}

/// A text of an answer; empty if it has none.
pub(crate) fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// A problem of a file: what it means in the reader's language, and what the API says of it, in the words of the form.
pub(crate) fn problem_of(language: Language, problem: &Json) -> Markup {
    let texts = language.texts();
    let code = text(&problem["code"]);
    let message = wording(language, text(&problem["message"]));
    html! {
        div.problem-of {
            @if let Some(kind) = kind(language, code) { p.strong { (kind) } }
            p {
                @if let Some(line) = problem["line"].as_u64() { span.sub { (texts.line) " " (show::number(language, line)) ": " } }
                span lang=[message.lang] { (message.text) } " " span.code { (code) } }
        }
    }
}

/// What is shown where there is nothing yet: what is missing, and what to do about it.
pub(crate) fn empty(title: &str, advice: &str, action: Option<(&str, &str)>) -> Markup {
    html! {
        div.empty {
            p.strong { (title) }
            p { (advice) }
            @if let Some((href, name)) = action { p { a.button href=(href) { (name) } } }
        }
    }
}

/// The outcomes of rows: each with its class, which is that of its colour and pattern.
pub(crate) const OUTCOMES: [&str; 5] = ["created", "updated", "unchanged", "rejected", "unprocessed"];

/// An outcome in words.
pub(crate) fn outcome(texts: &Texts, name: &str) -> &'static str {
    match name {
        "created" => texts.created,
        "updated" => texts.updated,
        "unchanged" => texts.unchanged,
        "rejected" => texts.rejected,
        _ => texts.unprocessed,
    }
}

/// The bar of outcomes. The numbers stand beside it in text wherever it is used, so it says nothing to a screen reader but
/// what its label says.
pub(crate) fn outcome_bar(language: Language, counters: &Json, whole: u64) -> Markup {
    let texts = language.texts();
    let mut x = 0.0;
    let parts: Vec<(&str, f64, f64)> = OUTCOMES
        .into_iter()
        .filter(|name| count(&counters[*name]) > 0)
        .map(|name| {
            let width = count(&counters[name]) as f64 / whole.max(1) as f64 * 100.0;
            let part = (name, x, width);
            x += width;
            part
        })
        .collect();
    let said: Vec<String> = parts
        .iter()
        .map(|(name, ..)| format!("{} {}", outcome(texts, name), show::number(language, count(&counters[*name]))))
        .collect();
    let said = if said.is_empty() { "0".to_owned() } else { said.join(", ") };
    html! {
        svg.outcomes role="img" aria-label=(said) viewBox="0 0 100 10" preserveAspectRatio="none" {
            rect.rest x="0" y="0" width="100" height="10" {}
            @for (name, x, width) in parts {
                rect class=(name) x=(format!("{x:.3}")) y="0" width=(format!("{width:.3}")) height="10" {}
            }
        }
    }
}
