//! The frame of a page, and the headers of every answer.

use std::io::Write as _;

use aws_lambda_events::http::{HeaderName, HeaderValue};
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use maud::{DOCTYPE, Markup, html};
use runtime::http;
use runtime::keys::Role;
use serde_json::Value as Json;

use crate::session::Member;
use crate::texts::Language;
use crate::{Asked, ROOT, assets};

/// Bodies below this size are not worth compressing.
const WORTH_COMPRESSING: usize = 1_000;

/// Who looks at a page, and in which language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    pub(crate) language: Language,
    pub(crate) member: Option<&'a Member>,
}

/// A page before its content.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    visit: Visit<'a>,
    title: Option<String>,
    /// The section of the navigation that the page belongs to.
    section: &'static str,
    script: Option<&'static str>,
    /// The origin that scripts of the page may send files to.
    uploads_to: Option<String>,
    /// Seconds after which the page loads itself again where there are no scripts.
    reload: Option<u32>,
    going_to: Option<String>,
    /// The path and query of the page, for the switch of languages.
    here: String,
}

impl<'a> Page<'a> {
    pub(crate) fn new(asked: &Asked<'_>, member: Option<&'a Member>) -> Self {
        let path = asked.request.raw_path.as_deref().unwrap_or(ROOT);
        let others = http::query_pairs(asked.request).into_iter().filter(|(name, _)| name != "lang");
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
        let path = if path.starts_with("/console/open/") { "/console/imports" } else { path };
        Self {
            visit: crate::visit(asked, member),
            title: None,
            section: "",
            script: None,
            uploads_to: None,
            reload: None,
            going_to: None,
            here: format!("{path}?{query}"),
        }
    }

    pub(crate) fn titled(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    pub(crate) fn in_section(self, section: &'static str) -> Self {
        Self { section, ..self }
    }

    pub(crate) fn with_script(self, script: &'static str) -> Self {
        Self { script: Some(script), ..self }
    }

    pub(crate) fn uploading_to(self, origin: Option<String>) -> Self {
        Self { uploads_to: origin, ..self }
    }

    pub(crate) fn reloading(self, seconds: Option<u32>) -> Self {
        Self { reload: seconds, ..self }
    }

    pub(crate) fn going_to(self, path: &str) -> Self {
        Self { going_to: Some(path.to_owned()), ..self }
    }

    /// The answer with this content.
    pub(crate) fn answer(self, status: u16, content: &Markup) -> LambdaFunctionUrlResponse {
        let body = self.html(content).into_string();
        let mut response = http::answer(status, "text/html; charset=utf-8", body, &[]);
        protect(&mut response, self.uploads_to.as_deref());
        response
    }

    fn html(&self, content: &Markup) -> Markup {
        let texts = self.visit.language.texts();
        let title = self.title.as_ref().map_or_else(|| "Muster".to_owned(), |title| format!("{title} · Muster"));
        html! {
            (DOCTYPE)
            html lang=(self.visit.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    link rel="stylesheet" href=(assets::path("console.css"));
                    link rel="icon" href=(assets::path("icon.svg")) type="image/svg+xml";
                    @if let Some(to) = &self.going_to { meta http-equiv="refresh" content=(format!("0;url={to}")); }
                    @if let Some(seconds) = self.reload {
                        noscript { meta http-equiv="refresh" content=(seconds); }
                    }
                    @if let Some(member) = self.visit.member { meta name="csrf" content=(member.form_token()); }
                    script type="module" src=(assets::path("times.js")) {}
                    @if let Some(script) = self.script { script type="module" src=(assets::path(script)) {} }
                }
                body {
                    a.skip href="#content" { (texts.skip) }
                    (self.header())
                    main #content tabindex="-1" { (content) }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        let texts = self.visit.language.texts();
        let sections = [
            ("imports", texts.imports),
            ("customers", texts.customers),
            ("segments", texts.segments),
            ("catalogue", texts.catalogue),
        ];
        html! {
            header.top {
                div.bar {
                    a.brand href=(format!("{ROOT}/imports")) { (mark()) span { "Muster" } }
                    @if self.visit.member.is_some() {
                        nav aria-label=(texts.navigation) {
                            ul {
                                @for (section, name) in sections {
                                    li {
                                        a href=(format!("{ROOT}/{section}"))
                                            aria-current=[(section == self.section).then_some("page")] { (name) }
                                    }
                                }
                            }
                        }
                    }
                    div.who {
                        @if let Some(member) = self.visit.member {
                            span.role {
                                @if member.caller.role >= Role::Import { (texts.role_import) } @else { (texts.role_read) }
                            }
                        }
                        span.languages role="group" aria-label=(texts.language) {
                            @for language in Language::ALL {
                                @if language == self.visit.language {
                                    span aria-current="true" lang=(language.tag()) title=(language.name()) { (language.tag().to_uppercase()) }
                                } @else {
                                    a href=(self.in_language(language)) hreflang=(language.tag()) lang=(language.tag())
                                        title=(language.name()) aria-label=(format!("{}, {}", language.tag().to_uppercase(), language.name())) { (language.tag().to_uppercase()) }
                                }
                            }
                        }
                        @if let Some(member) = self.visit.member {
                            form method="post" action=(format!("{ROOT}/sign-out")) {
                                (csrf(member))
                                button.quiet type="submit" { (texts.sign_out) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The same page in another language.
    fn in_language(&self, language: Language) -> String {
        let glue = if self.here.ends_with('?') { "" } else { "&" };
        format!("{}{glue}lang={}", self.here, language.tag())
    }
}

/// The hidden field that proves that a form is of this session.
pub(crate) fn csrf(member: &Member) -> Markup {
    html! { input type="hidden" name="csrf" value=(member.form_token()); }
}

fn mark() -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" {
            rect x="2" y="4" width="20" height="4" rx="1.5" {}
            rect x="2" y="10" width="14" height="4" rx="1.5" {}
            rect x="2" y="16" width="8" height="4" rx="1.5" {}
        }
    }
}

/// Sends the browser to another page.
pub(crate) fn redirect(to: &str) -> LambdaFunctionUrlResponse {
    let mut response = http::answer(303, "text/plain", String::new(), &[("location", to.to_owned())]);
    protect(&mut response, None);
    response
}

/// An answer for a script of the console.
pub(crate) fn json(status: u16, body: &Json) -> LambdaFunctionUrlResponse {
    let mut response = http::json(status, body, &[]);
    protect(&mut response, None);
    response
}

/// A piece of a page, for a script of the console.
pub(crate) fn fragment(content: Markup) -> LambdaFunctionUrlResponse {
    let mut response = http::answer(200, "text/html; charset=utf-8", content.into_string(), &[]);
    protect(&mut response, None);
    response
}

/// Sets the headers that keep a page to itself: nothing runs that is not the console's, nothing is sent elsewhere but files to
/// their bucket, no other site shows the page in a frame, and no cache keeps it.
pub(crate) fn protect(response: &mut LambdaFunctionUrlResponse, uploads_to: Option<&str>) {
    let uploads_to = uploads_to.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'{uploads_to}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    for (name, value) in [
        ("content-security-policy", policy.as_str()),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        // Not `no-referrer`: with it, browsers send the forms of these pages without their origin.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("strict-transport-security", "max-age=31536000"),
        ("cache-control", "no-store"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Compresses an answer if the browser takes that.
pub(crate) fn compress(request: &LambdaFunctionUrlRequest, response: &mut LambdaFunctionUrlResponse) {
    let takes_gzip = http::header(request, "accept-encoding").is_some_and(|takes| takes.contains("gzip"));
    let Some(body) = response.body.as_deref().filter(|body| takes_gzip && body.len() >= WORTH_COMPRESSING) else {
        return;
    };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(5));
    let Ok(packed) = encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish()) else { return };
    response.body = Some(STANDARD.encode(packed));
    response.is_base64_encoded = true;
    response.headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    response.headers.insert("vary", HeaderValue::from_static("accept-encoding"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_lets_inline_or_foreign_code_run() {
        let mut response = http::answer(200, "text/html", String::new(), &[]);
        protect(&mut response, Some("https://files.example"));
        let policy = response.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.contains("connect-src 'self' https://files.example;"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(response.headers["cache-control"], "no-store");
    }

    #[test]
    fn an_answer_is_compressed_for_browsers_that_take_it() {
        let mut request = LambdaFunctionUrlRequest::default();
        let answer = || http::answer(200, "text/html", "a".repeat(5_000), &[]);
        let mut plain = answer();
        compress(&request, &mut plain);
        assert!(!plain.is_base64_encoded);
        request.headers.insert("accept-encoding", "gzip, br".parse().unwrap());
        let mut packed = answer();
        compress(&request, &mut packed);
        assert!(packed.is_base64_encoded && packed.body.unwrap().len() < 200);
    }
}
