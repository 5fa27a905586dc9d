//! Connections by TLS: for the AWS SDK, and for everything else. All of them use one implementation of its ciphers, ring. It is
//! compiled in seconds, for any processor, and asks the system for random numbers without gathering any of its own first.

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use reqwest::{Client, ClientBuilder};

/// The SDK's connections.
pub fn for_sdk() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// A client of anything but AWS, to be set up further. Every HTTP client is made here: one that is made before the ciphers are set
/// panics.
#[allow(clippy::disallowed_methods, reason = "the ciphers are set")]
pub fn client() -> ClientBuilder {
    // It fails if they are set already, which is as well.
    let _already_set = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

#[cfg(test)]
mod tests {
    #[test]
    fn clients_can_be_made_again_and_again() {
        for _ in 0..2 {
            assert!(super::client().build().is_ok());
        }
    }
}
