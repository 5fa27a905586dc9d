//! Which addresses are on this machine, and where a key may be sent.

use std::net::IpAddr;

use reqwest::Url;

/// Names that lead to this machine, with everything below them. LocalStack gives its function URLs names of the second
/// kind, which public name servers resolve to 127.0.0.1; [`crate::Resolver`] asks none for either.
const NAMES_HERE: [&str; 2] = ["localhost", "localhost.localstack.cloud"];

/// Whether a host is this machine by its name or address.
pub(crate) fn is_host_here(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    host.parse::<IpAddr>().map_or_else(|_| is_name_here(&host), |address| address.is_loopback())
}

/// Whether a URL leads to this machine.
pub(crate) fn is_here(url: &Url) -> bool {
    url.host_str().is_some_and(is_host_here)
}

/// Whether the key may be sent to a URL that an answer gave, when a person chose to send it to `chosen`: over a
/// connection that nobody can listen in on, or as openly as before to the same host.
pub(crate) fn may_get_key(url: &Url, chosen: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_here(url) || (chosen.scheme() == "http" && url.host_str() == chosen.host_str()),
        _ => false,
    }
}

fn is_name_here(host: &str) -> bool {
    NAMES_HERE.iter().any(|name| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for here in [
            "http://127.0.0.1:4600",
            "http://127.1.2.3",
            "http://[::1]:4600/imports",
            "http://localhost",
            "http://LOCALHOST:80",
            "http://status.localhost:9000",
            "http://localhost.localstack.cloud:4566",
            "http://abc.lambda-url.us-east-1.localhost.localstack.cloud:4566/",
        ] {
            assert!(is_here(&url(here)), "{here}");
        }
        for elsewhere in [
            "http://example.com",
            "http://localhost.example.com",
            "http://notlocalhost",
            "http://evil-localhost.localstack.cloud",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "http://[2001:db8::1]",
        ] {
            assert!(!is_here(&url(elsewhere)), "{elsewhere}");
        }
    }

    #[test]
    fn the_key_goes_only_where_nobody_can_listen_in_or_where_a_person_sent_it() {
        for (to, chosen, may) in [
            ("https://abc.lambda-url.eu-central-1.on.aws", "https://muster.example.com", true),
            ("http://127.0.0.1:4601", "https://muster.example.com", true),
            ("http://muster.internal:8001", "http://muster.internal:8000", true),
            ("http://muster.internal", "https://muster.internal", false),
            ("http://example.com", "http://muster.internal", false),
            ("http://example.com", "http://127.0.0.1:4600", false),
            ("ftp://127.0.0.1", "http://127.0.0.1:4600", false),
        ] {
            assert_eq!(may_get_key(&url(to), &url(chosen)), may, "{to} after {chosen}");
        }
    }
}
