//! Cookies: what the browser keeps for the console, out of reach of scripts and other sites.

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use runtime::http;

use crate::root::ROOT;

/// The cookie that keeps the language that was chosen.
pub(crate) const LANGUAGE_COOKIE: &str = "muster_lang";
/// How long a browser keeps the language.
pub(crate) const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_hidden_from_scripts_and_other_sites_and_bound_to_tls_where_there_is_tls() {
        let deployed = set_cookie(
            &request_to("abc.lambda-url.eu-central-1.on.aws"),
            "muster_session",
            "t",
            Duration::from_secs(43_200),
        );
        assert_eq!(deployed, "muster_session=t; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict; Secure");
        let local = set_cookie(&request_to("127.0.0.1:4600"), "muster_session", "t", Duration::from_secs(43_200));
        assert!(local.contains("HttpOnly; SameSite=Strict") && !local.contains("Secure"), "{local}");
    }

    fn request_to(host: &'static str) -> LambdaFunctionUrlRequest {
        let mut request = LambdaFunctionUrlRequest::default();
        request.headers.insert("host", host.parse().unwrap());
        request
    }
}
