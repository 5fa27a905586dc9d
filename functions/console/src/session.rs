//! Who looks at the console: sign-in with an access key, sessions, and the tokens of forms.
//!
//! A session is a random token in a cookie that scripts cannot read and other sites cannot send. The table keeps only its hash, when
//! it ends, and the hash of the key that it was begun with. Each request looks whether that key is still on the list, so a
//! key that is taken away ends its sessions, and its role is always the one of today.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use runtime::http::{self, HttpProblem};
#[cfg(test)]
use runtime::keys::Role;
use runtime::keys::{Caller, fingerprint};
use sha2::Sha256;
use stores::imports::{Session, TokenKind};
use subtle::ConstantTimeEq as _;

use crate::api::Refusal;
use crate::form::Form;
use crate::page::{self, Page};
use crate::{Asked, Console, ROOT, pages};

/// The cookie of a session.
pub(crate) const COOKIE: &str = "muster_session";
/// How long a session lasts: a working day.
const SESSION_VALID: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a link that signs in is valid.
pub const LINK_VALID: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a browser keeps the language.
pub(crate) const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Wrong keys of one address before it has to wait.
const MAX_TRIES: u32 = 10;
/// How long it waits.
const TRIES_WITHIN: Duration = Duration::from_secs(5 * 60);
/// Addresses that are remembered; beyond them the oldest are forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// Somebody who is signed in.
#[derive(Debug)]
pub(crate) struct Member {
    token: String,
    /// Who they are, and what their key allows now.
    pub(crate) caller: Caller,
}

impl Member {
    #[cfg(test)]
    pub(crate) fn of_role(role: Role) -> Self {
        Self { token: random(), caller: Caller { role, name: None } }
    }

    /// A token for a form of this session. It differs each time, so that a compressed page does not give it away.
    pub(crate) fn form_token(&self) -> String {
        let nonce = random();
        format!("{nonce}.{}", self.mac(&nonce))
    }

    /// Whether a token is one of this session's.
    pub(crate) fn sent(&self, token: &str) -> bool {
        let Some((nonce, mac)) = token.split_once('.') else { return false };
        self.mac(nonce).as_bytes().ct_eq(mac.as_bytes()).into()
    }

    fn mac(&self, nonce: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.token.as_bytes()) else { return String::new() };
        mac.update(b"muster form ");
        mac.update(nonce.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

/// Wrong keys by address, in this process. Keys are random, so this only keeps the log and the list of keys from being
/// busy with somebody who guesses.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<BTreeMap<String, (u32, Timestamp)>>);

impl Tries {
    fn are_too_many(&self, address: &str, now: Timestamp) -> bool {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(address).is_some_and(|(count, since)| *count >= MAX_TRIES && now < *since + TRIES_WITHIN)
    }

    fn add(&self, address: &str, now: Timestamp) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MAX_ADDRESSES {
            tries.retain(|_, (_, since)| now < *since + TRIES_WITHIN);
        }
        let (count, since) = tries.entry(address.to_owned()).or_insert((0, now));
        if now >= *since + TRIES_WITHIN {
            (*count, *since) = (0, now);
        }
        *count += 1;
    }
}

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
        let path = asked.request.raw_path.as_deref().unwrap_or_default();
        let to = http::query(asked.request, "to").unwrap_or_else(|| path.to_owned());
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
            return page::redirect(&format!("{ROOT}/imports"));
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

    pub(crate) async fn sign_out(
        &self,
        asked: &Asked<'_>,
        member: &Member,
    ) -> Result<LambdaFunctionUrlResponse, Refusal> {
        Box::pin(self.sessions.take(TokenKind::Session, &member.token, self.clock.now())).await.map_err(failed)?;
        let texts = asked.language.texts();
        let content = pages::sign_in(asked, Some(texts.signed_out), &format!("{ROOT}/imports"));
        let mut response = Page::new(asked, None).titled(texts.sign_in).answer(200, &content);
        response.cookies.push(set_cookie(asked.request, COOKIE, "", Duration::ZERO));
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

/// The value of a cookie.
pub(crate) fn cookie(request: &LambdaFunctionUrlRequest, name: &str) -> Option<String> {
    let cookies = request.cookies.iter().flatten();
    cookies
        .filter_map(|cookie| cookie.split_once('='))
        .find(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}

/// A cookie for the browser. Only over TLS can it be bound to TLS.
pub(crate) fn set_cookie(request: &LambdaFunctionUrlRequest, name: &str, value: &str, valid: Duration) -> String {
    let secure = if is_plain_http(request) { "" } else { "; Secure" };
    format!("{name}={value}; Path={ROOT}; Max-Age={}; HttpOnly; SameSite=Strict{secure}", valid.as_secs())
}

/// Whether the request came without TLS, which happens on one's own machine only.
fn is_plain_http(request: &LambdaFunctionUrlRequest) -> bool {
    let host = http::header(request, "host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

fn random() -> String {
    hex(&rand::random::<[u8; 32]>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
    fn the_cookie_is_hidden_from_scripts_and_other_sites_and_bound_to_tls_where_there_is_tls() {
        let deployed =
            set_cookie(&request(&[("host", "abc.lambda-url.eu-central-1.on.aws")]), COOKIE, "t", SESSION_VALID);
        assert_eq!(deployed, "muster_session=t; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
        let local = set_cookie(&request(&[("host", "127.0.0.1:4600")]), COOKIE, "t", SESSION_VALID);
        assert!(local.contains("HttpOnly; SameSite=Strict") && !local.contains("Secure"), "{local}");
    }

    #[test]
    fn a_form_token_is_good_for_its_own_session_and_differs_each_time() {
        let (member, other) = (Member::of_role(Role::Import), Member::of_role(Role::Import));
        let token = member.form_token();
        assert_ne!(token, member.form_token());
        assert!(member.sent(&token) && !other.sent(&token));
        for wrong in ["", ".", "a.b", token.trim_end_matches(|_| true), &token[1..], &format!("{token}0")] {
            assert!(!member.sent(wrong), "{wrong}");
        }
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

    #[test]
    fn whoever_guesses_keys_has_to_wait() {
        let (tries, now) = (Tries::default(), Timestamp::UNIX_EPOCH);
        for _ in 0..MAX_TRIES {
            assert!(!tries.are_too_many("a", now));
            tries.add("a", now);
        }
        assert!(tries.are_too_many("a", now) && !tries.are_too_many("b", now));
        assert!(!tries.are_too_many("a", now + TRIES_WITHIN));
    }
}
