//! Who looks at the console: sign-in with an access key, sessions, and the tokens of forms.
//!
//! A session is a random token in a cookie that scripts cannot read and other sites cannot send. The table keeps only its hash, when
//! it ends, and the hash of the key that it was begun with. Each request looks whether that key is still on the list, so a
//! key that is taken away ends its sessions, and its role is always the one of today.

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use runtime::http::{self, HttpProblem};
use runtime::keys::fingerprint;
use stores::imports::{Session, TokenKind};

use crate::answers::redirect;
use crate::asked::Asked;
use crate::console::Console;
use crate::cookies::{cookie, set_cookie};
use crate::form::Form;
use crate::member::{Member, random};
use crate::page::Page;
use crate::pages;
use crate::refusal::Refusal;
use crate::root::ROOT;
use crate::visit::Visit;

/// The cookie of a session.
pub(crate) const COOKIE: &str = "muster_session";
/// How long a session lasts: a working day.
const SESSION_VALID: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a link that signs in is valid.
pub const LINK_VALID: Duration = Duration::from_secs(24 * 60 * 60);

impl Console {
    /// Who sent a request, if they are signed in and their key is still on the list.
    pub(crate) async fn member(&self, asked: &Asked<'_>) -> Result<Option<Member>, HttpProblem> {
        let Some(token) = cookie(asked.request, COOKIE) else { return Ok(None) };
        let found = Box::pin(self.sessions.find(TokenKind::Session, &token, self.clock.now())).await;
        let Some(session) = found.map_err(failed)? else { return Ok(None) };
        Ok(self.gate.holder_of(&session.key).await?.map(|caller| Member { token, caller }))
    }

    pub(crate) fn sign_in_page(
        &self,
        asked: &Asked<'_>,
        notice: Option<&str>,
        status: u16,
    ) -> LambdaFunctionUrlResponse {
        let to = http::query(asked.request, "to").unwrap_or_else(|| page_of(asked.request).to_owned());
        Page::new(asked, None)
            .titled(asked.language.texts().sign_in)
            .answer(status, &pages::sign_in(asked, notice, &own_path(&to)))
    }

    pub(crate) async fn sign_in(&self, asked: &Asked<'_>) -> LambdaFunctionUrlResponse {
        let texts = asked.language.texts();
        let form = match Form::read(asked.request) {
            Ok(form) if is_own_page(asked.request) => form,
            _ => return self.refused(asked, None, &Refusal::stale_form()),
        };
        let address = asked.request.request_context.http.source_ip.as_deref().unwrap_or_default();
        let now = self.clock.now();
        if self.tries.are_too_many(address, now) {
            return self.sign_in_page(asked, Some(texts.too_many_tries), 429);
        }
        let key = fingerprint(form.get("key").unwrap_or_default().trim());
        match self.gate.holder_of(&key).await {
            Ok(Some(_)) => self.begin(asked, key, &own_path(form.get("to").unwrap_or_default())).await,
            Ok(None) => {
                self.tries.add(address, now);
                self.sign_in_page(asked, Some(texts.key_wrong), 403)
            }
            Err(problem) => self.refused(asked, None, &problem.into()),
        }
    }

    /// Opens a link that signs in, once.
    pub(crate) async fn open(&self, asked: &Asked<'_>, token: &str) -> LambdaFunctionUrlResponse {
        if let Ok(Some(_)) = self.member(asked).await {
            return redirect(&format!("{ROOT}/imports"));
        }
        match Box::pin(self.sessions.take(TokenKind::Link, token, self.clock.now())).await {
            Ok(Some(link)) => self.begin(asked, link.key, &format!("{ROOT}/imports")).await,
            Ok(None) => self.sign_in_page(asked, Some(asked.language.texts().link_used), 403),
            Err(error) => self.refused(asked, None, &failed(error).into()),
        }
    }

    /// Begins a session, and goes on to a page of the console.
    async fn begin(&self, asked: &Asked<'_>, key: String, to: &str) -> LambdaFunctionUrlResponse {
        let token = random();
        let session = Session { key, until: self.clock.now() + SESSION_VALID };
        if let Err(error) = Box::pin(self.sessions.put(TokenKind::Session, &token, &session)).await {
            return self.refused(asked, None, &failed(error).into());
        }
        tracing::info!("somebody signed in to the console");
        // A page, not a redirect: a browser that came from another site would leave the new cookie out.
        let mut response = Page::new(asked, None).going_to(to).answer(200, &pages::going_on(asked));
        response.cookies.push(set_cookie(asked.request, COOKIE, &token, SESSION_VALID));
        response
    }

    pub(crate) async fn sign_out(&self, visit: &Visit<'_>) -> Result<LambdaFunctionUrlResponse, Refusal> {
        Box::pin(self.sessions.take(TokenKind::Session, &visit.member.token, self.clock.now()))
            .await
            .map_err(failed)?;
        let texts = visit.asked.language.texts();
        let content = pages::sign_in(visit.asked, Some(texts.signed_out), &format!("{ROOT}/imports"));
        let mut response = Page::new(visit.asked, None).titled(texts.sign_in).answer(200, &content);
        response.cookies.push(set_cookie(visit.asked.request, COOKIE, "", Duration::ZERO));
        Ok(response)
    }
}

/// The path of a link that signs in with this token.
pub fn link_path(token: &str) -> String {
    format!("{ROOT}/open/{token}")
}

/// A path of the console, or its first page if it is anything else: no form may lead away from here.
pub(crate) fn own_path(path: &str) -> String {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    let is_own = path.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/') && !rest.contains("//"));
    let is_page = !["sign-in", "sign-out", "open/"].iter().any(|no| path.contains(no));
    if is_plain && is_own && is_page { path.to_owned() } else { format!("{ROOT}/imports") }
}

/// The path of the page that a request is for, or that sent it, if it is to change something.
fn page_of(request: &LambdaFunctionUrlRequest) -> &str {
    if matches!(http::method(request), "GET" | "HEAD") {
        return request.raw_path.as_deref().unwrap_or_default();
    }
    let page = http::header(request, "referer").and_then(|url| url.split_once("://")).map_or("", |(_, rest)| rest);
    let path = page.find('/').map_or("", |at| &page[at..]);
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Whether a page of the console itself sent a request, as far as the browser says.
pub(crate) fn is_own_page(request: &LambdaFunctionUrlRequest) -> bool {
    if let Some(site) = http::header(request, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let host = http::header(request, "host").or(request.request_context.domain_name.as_deref());
    match http::header(request, "origin") {
        None => true,
        Some(origin) => origin.split_once("://").map(|(_, authority)| authority) == host,
    }
}

fn failed(error: stores::StoreError) -> HttpProblem {
    tracing::error!(%error, "a session could not be read or written");
    HttpProblem::unavailable()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &'static str)]) -> LambdaFunctionUrlRequest {
        let mut request = LambdaFunctionUrlRequest::default();
        for (name, value) in headers {
            request.headers.insert(*name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn pages_of_other_sites_send_no_form() {
        for (headers, is_own) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("host", "a.example"), ("origin", "https://a.example")], true),
            (vec![("host", "a.example"), ("origin", "https://b.example")], false),
            (vec![("host", "a.example"), ("origin", "null")], false),
        ] {
            assert_eq!(is_own_page(&request(&headers)), is_own, "{headers:?}");
        }
    }

    #[test]
    fn whoever_signs_in_again_comes_back_to_the_page_that_they_were_on() {
        let request = |method: &str, referer: &'static str| {
            let mut request = request(&[("referer", referer)]);
            request.raw_path = Some("/console/imports/01K/launch".to_owned());
            request.request_context.http.method = Some(method.to_owned());
            request
        };
        let page = request("POST", "http://127.0.0.1:4600/console/imports/01K?lang=en");
        assert_eq!(page_of(&page), "/console/imports/01K");
        assert_eq!(page_of(&request("POST", "nonsense")), "");
        assert_eq!(page_of(&request("GET", "http://a.example/")), "/console/imports/01K/launch");
    }

    #[test]
    fn no_form_leads_away_from_the_console() {
        for (path, expected) in [
            ("/console/imports/01K", "/console/imports/01K"),
            ("https://evil.example/console/", "/console/imports"),
            ("//evil.example/console/", "/console/imports"),
            ("/console//evil.example", "/console/imports"),
            ("/consoles/imports", "/console/imports"),
            ("/console/imports\"><script>", "/console/imports"),
            ("/console/sign-in", "/console/imports"),
            ("/console/open/token", "/console/imports"),
            ("", "/console/imports"),
        ] {
            assert_eq!(own_path(path), expected, "{path}");
        }
    }
}
