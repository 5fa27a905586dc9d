//! The checksum that a file is uploaded with.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The file's SHA-256 in base64. Muster compares it with what was uploaded, so damage on the way is found.
pub(crate) async fn sha256(path: &Path) -> std::io::Result<String> {
    let path = path.to_owned();
    let digest = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => return std::io::Result::Ok(hash.finalize()),
                length => hash.update(&buffer[..length]),
            }
        }
    });
    Ok(STANDARD.encode(digest.await.map_err(std::io::Error::other)??))
}
