//! Who may speak to a loopback port. Any web page that somebody visits on this machine can send requests to it, so the
//! browser's own words about the sender are checked before anything else.
//!
//! A page says where it comes from in `Origin`. A page whose name resolves to the loopback address (DNS rebinding) counts
//! as the same origin, but its requests still have its name in `Host`.

use std::fmt;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue};

/// The names of the loopback address.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The check at one port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door {
    /// The port that is asked.
    pub(crate) port: u16,
    /// The port whose pages may ask: the one of the API.
    pub(crate) pages: u16,
}

/// Why a request may not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// It is meant for another host than this machine, or for another port.
    Host { port: u16 },
    /// A page of another site sent it.
    Origin { pages: u16 },
}

impl Door {
    /// Checks that a request is meant for this port, and that no page of another site sent it.
    pub(crate) fn check(self, headers: &HeaderMap) -> Result<(), Stranger> {
        if !only(headers, &HOST).is_some_and(|host| is_loopback(host, self.port)) {
            return Err(Stranger::Host { port: self.port });
        }
        if headers.contains_key(ORIGIN) && self.page(headers).is_none() {
            return Err(Stranger::Origin { pages: self.pages });
        }
        Ok(())
    }

    /// The origin of the page that sent a request, if it is one of the API's own.
    pub(crate) fn page(self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = only(headers, &ORIGIN)?;
        let authority = origin.strip_prefix("http://")?;
        is_loopback(authority, self.pages).then(|| headers[ORIGIN].clone())
    }
}

/// The value of a header that is given exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_loopback(authority: &str, port: u16) -> bool {
    let Some((name, given)) = authority.rsplit_once(':') else { return false };
    given == port.to_string() && LOOPBACK.iter().any(|own| name.eq_ignore_ascii_case(own))
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stranger::Host { port } => write!(
                f,
                "This port answers only requests for this machine: send them to http://127.0.0.1:{port}, and not by another name or port."
            ),
            Stranger::Origin { pages } => write!(
                f,
                "A web page of another site sent this request. Only pages from http://127.0.0.1:{pages} may; other programs send no Origin header."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: Door = Door { port: 4601, pages: 4600 };

    fn checked(headers: &[(&'static str, &'static str)]) -> Result<(), Stranger> {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(*name, HeaderValue::from_static(value));
        }
        DOOR.check(&all)
    }

    #[test]
    fn requests_for_this_machine_pass() {
        for host in ["127.0.0.1:4601", "localhost:4601", "LocalHost:4601", "[::1]:4601"] {
            assert_eq!(checked(&[("host", host)]), Ok(()), "{host}");
        }
        for origin in ["http://127.0.0.1:4600", "http://localhost:4600"] {
            assert_eq!(checked(&[("host", "127.0.0.1:4601"), ("origin", origin)]), Ok(()), "{origin}");
        }
    }

    #[test]
    fn a_name_that_only_resolves_to_this_machine_does_not_pass() {
        for host in [
            "evil.example:4601",
            "127.0.0.1",
            "127.0.0.1:4600",
            "127.0.0.1.evil.example:4601",
            "evil@127.0.0.1:4601",
            "0.0.0.0:4601",
            "127.0.0.1:04601",
            "",
        ] {
            assert_eq!(checked(&[("host", host)]), Err(Stranger::Host { port: 4601 }), "{host}");
        }
        assert!(checked(&[]).is_err());
        assert!(checked(&[("host", "127.0.0.1:4601"), ("host", "evil.example:4601")]).is_err());
    }

    #[test]
    fn pages_of_other_sites_do_not_pass() {
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1:3000",
            "http://127.0.0.1:4601",
            "https://127.0.0.1:4600",
            "http://127.0.0.1:4600.evil.example",
            "",
        ] {
            let refused = checked(&[("host", "127.0.0.1:4601"), ("origin", origin)]);
            assert_eq!(refused, Err(Stranger::Origin { pages: 4600 }), "{origin}");
        }
    }
}
