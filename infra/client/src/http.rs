//! HTTP clients: one for this machine, and one for everywhere else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Context as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Url};

use crate::address::{is_here, is_host_here};

/// Makes requests that go through a proxy (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) unless they stay on this machine.
/// Redirects are left to the caller, who knows where a key may go.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    here: Client,
    elsewhere: Client,
}

impl Http {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let here = tls::client().redirect(Policy::none()).no_proxy().dns_resolver(Resolver).build();
        let elsewhere = tls::client().redirect(Policy::none()).build();
        let failed = "the HTTP client could not be set up";
        Ok(Self { here: here.context(failed)?, elsewhere: elsewhere.context(failed)? })
    }

    /// A request that can be completed.
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client(&url).request(method, url)
    }

    /// The client for a URL.
    pub(crate) fn client(&self, url: &Url) -> &Client {
        if is_here(url) { &self.here } else { &self.elsewhere }
    }
}

/// Leads names of this machine to it, whatever a name server says of them, and looks all others up as usual.
#[derive(Debug, Clone, Copy)]
pub struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            if is_host_here(&name) {
                let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
                return Ok(addresses);
            }
            // The port is taken from the URL.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
