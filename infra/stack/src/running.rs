//! The file through which clients find the stack that runs on a data directory.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::secrets;

/// The name of the file.
const FILE: &str = "stack.json";
/// The name under which the file is written. It is renamed once it is complete, so nobody reads half of it.
const DRAFT: &str = "stack.json.tmp";

/// A running stack, as its data directory and `GET /health` describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The id of its process.
    pub pid: u32,
    /// Where its API listens.
    pub api_url: String,
    /// Where its object store, tables and queues answer.
    pub endpoint_url: String,
    /// The version of Muster that it runs.
    pub version: String,
    /// A random name of this run.
    pub run: String,
}

impl Running {
    /// Describes a new run of this process, which listens on these loopback ports.
    pub(crate) fn new(api_port: u16, services_port: u16) -> Running {
        Running {
            pid: std::process::id(),
            api_url: format!("http://127.0.0.1:{api_port}"),
            endpoint_url: format!("http://127.0.0.1:{services_port}"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: ulid::Ulid::generate().to_string(),
        }
    }

    /// Writes the file into a data directory.
    pub(crate) fn write(&self, data: &Path) -> io::Result<()> {
        let draft = data.join(DRAFT);
        File::create(&draft)?.write_all(&serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(draft, data.join(FILE))
    }

    /// Reads the file of a data directory. The stack that wrote it may have been killed since.
    pub(crate) fn read(data: &Path) -> Option<Running> {
        serde_json::from_slice(&std::fs::read(data.join(FILE)).ok()?).ok()
    }

    /// Removes the file from a data directory.
    pub(crate) fn remove(data: &Path) {
        // A file that is left over only costs the next client one request that nobody answers.
        let _ = std::fs::remove_file(data.join(FILE));
    }
}

/// What `GET /health` answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Health {
    #[serde(flatten)]
    running: Running,
    /// Proves that the stack can read the API key, if the request has a nonce.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

impl Running {
    /// The answer to `GET /health` with this query.
    pub(crate) fn health(&self, query: &str, api_key: &str) -> Health {
        let nonce = query.split('&').find_map(|pair| pair.strip_prefix("nonce="));
        let proof = nonce.map(|nonce| hex(&self.mac(api_key, nonce).finalize().into_bytes()));
        Health { running: self.clone(), proof }
    }

    /// Whether whoever answered knows the API key. The address is part of it, so a program on another port cannot have
    /// the stack answer for it.
    fn is_proved_by(&self, health: &Health, api_key: &str, nonce: &str) -> bool {
        let expected = hex(&self.mac(api_key, nonce).finalize().into_bytes());
        health.proof.as_ref().is_some_and(|proof| proof.as_bytes().ct_eq(expected.as_bytes()).into())
    }

    fn mac(&self, api_key: &str, nonce: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(api_key.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(format!("muster health\n{}\n{}\n{nonce}", self.api_url, self.run).as_bytes());
        mac
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The stack that runs on a data directory, if there is one and it answers. Another program may have taken the port over,
/// so whoever answers must prove that it knows the directory's API key before a client sends it that key.
pub async fn running(data: &Path) -> Option<Running> {
    let running = Running::read(data)?;
    let (api_key, nonce) = (secrets::api_key(data)?, secrets::random(16));
    let client = tls::client().no_proxy().timeout(Duration::from_secs(2)).build().ok()?;
    let answer = client.get(format!("{}/health?nonce={nonce}", running.api_url)).send().await.ok()?;
    let health: Health = answer.error_for_status().ok()?.json().await.ok()?;
    running.is_proved_by(&health, &api_key, &nonce).then_some(running)
}

/// The URL of the API of the stack that runs on a data directory, if there is one and it answers.
pub async fn find_running(data: &Path) -> Option<String> {
    running(data).await.map(|running| running.api_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_knows_the_key_proves_to_be_the_stack() {
        let (running, other) = (Running::new(4600, 4601), Running::new(4700, 4701));
        let proves = |health: &Health| running.is_proved_by(health, "key", "fresh");
        assert!(proves(&running.health("nonce=fresh", "key")));
        for (who, health) in [
            ("without a nonce", running.health("", "key")),
            ("an answer to an earlier nonce", running.health("nonce=stale", "key")),
            ("with another key", running.health("nonce=fresh", "guess")),
            ("by a stack at another port", other.health("nonce=fresh", "key")),
        ] {
            assert!(!proves(&health), "{who}");
        }
    }
}
