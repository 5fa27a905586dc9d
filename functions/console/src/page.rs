//! The frame of a page.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use maud::{DOCTYPE, Markup, html};
use runtime::http;
use runtime::keys::Role;

use crate::answers::protect;
use crate::asked::Asked;
use crate::assets;
use crate::language::Language;
use crate::member::Member;
use crate::root::ROOT;
use crate::visit::Visit;

/// A page before its content.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    language: Language,
    /// Who looks at it, if they are signed in.
    member: Option<&'a Member>,
    title: Option<String>,
    /// The section of the navigation that the page belongs to.
    section: &'static str,
    scripts: Vec<&'static str>,
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
            language: asked.language,
            member,
            title: None,
            section: "",
            scripts: Vec::new(),
            uploads_to: None,
            reload: None,
            going_to: None,
            here: format!("{path}?{query}"),
        }
    }

    /// The page of somebody who is signed in.
    pub(crate) fn of(visit: &Visit<'a>) -> Self {
        Self::new(visit.asked, Some(visit.member))
    }

    pub(crate) fn titled(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    pub(crate) fn in_section(self, section: &'static str) -> Self {
        Self { section, ..self }
    }

    pub(crate) fn with_script(self, script: &'static str) -> Self {
        let mut scripts = self.scripts;
        scripts.push(script);
        Self { scripts, ..self }
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
        let texts = self.language.texts();
        let title = self.title.as_ref().map_or_else(|| "Muster".to_owned(), |title| format!("{title} · Muster"));
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
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
                    @if let Some(member) = self.member { meta name="csrf" content=(member.form_token()); }
                    script type="module" src=(assets::path("times.js")) {}
                    @for script in &self.scripts { script type="module" src=(assets::path(script)) {} }
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
        let texts = self.language.texts();
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
                    @if self.member.is_some() {
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
                        @if let Some(member) = self.member {
                            span.role {
                                @if member.caller.role >= Role::Import { (texts.role_import) } @else { (texts.role_read) }
                            }
                        }
                        span.languages role="group" aria-label=(texts.language) {
                            @for language in Language::ALL {
                                @if language == self.language {
                                    span aria-current="true" lang=(language.tag()) title=(language.name()) { (language.tag().to_uppercase()) }
                                } @else {
                                    a href=(self.in_language(language)) hreflang=(language.tag()) lang=(language.tag())
                                        title=(language.name()) aria-label=(format!("{}, {}", language.tag().to_uppercase(), language.name())) { (language.tag().to_uppercase()) }
                                }
                            }
                        }
                        @if let Some(member) = self.member {
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
