//! The secrets of a data directory: each is made at random once and kept in a file that only its owner can read.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_credential_types::Credentials;

/// The file of the API key.
const KEY_FILE: &str = "api-key";
/// The file of the webhook's secret.
const WEBHOOK_FILE: &str = "webhook-secret";
/// The file of the credentials for the services, in the format of `AWS_SHARED_CREDENTIALS_FILE`.
const CREDENTIALS_FILE: &str = "credentials";
/// What the values of that file follow.
const ACCESS_KEY: &str = "aws_access_key_id = ";
const SECRET_KEY: &str = "aws_secret_access_key = ";

/// The API key of the stack that keeps its data in a directory, if one was started there before.
pub fn api_key(data: &Path) -> Option<String> {
    read(data, KEY_FILE).ok().flatten()
}

/// The credentials for the services of the stack that keeps its data in a directory, if one was started there before.
pub fn credentials(data: &Path) -> Option<Credentials> {
    parse(&read(data, CREDENTIALS_FILE).ok()??)
}

/// The API key. Makes one if the directory has none.
pub(crate) fn make_api_key(data: &Path) -> io::Result<String> {
    read_or_make(data, KEY_FILE, || random(32))
}

/// The secret that signs calls of the webhook. Makes one if the directory has none.
pub(crate) fn make_webhook_secret(data: &Path) -> io::Result<String> {
    read_or_make(data, WEBHOOK_FILE, || {
        format!("whsec_{}", aws_smithy_types::base64::encode(rand::random::<[u8; 32]>()))
    })
}

/// The credentials for the services. Makes them if the directory has none.
pub(crate) fn make_credentials(data: &Path) -> io::Result<Credentials> {
    let made = || {
        // Access keys of AWS have 20 capital letters and digits, and some tools insist on that.
        let access_key = format!("MUSTER{}", &random(7).to_uppercase());
        format!("[default]\n{ACCESS_KEY}{access_key}\n{SECRET_KEY}{}", random(32))
    };
    let file = read_or_make(data, CREDENTIALS_FILE, made)?;
    parse(&file).ok_or_else(|| {
        let path = data.join(CREDENTIALS_FILE);
        io::Error::new(
            ErrorKind::InvalidData,
            format!("{} has no access key and secret; delete it, and the next start makes new ones", path.display()),
        )
    })
}

fn parse(file: &str) -> Option<Credentials> {
    let value = |name: &str| file.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    Some(Credentials::new(value(ACCESS_KEY)?, value(SECRET_KEY)?, None, None, "muster"))
}

/// So many random bytes as hexadecimal digits.
pub(crate) fn random(bytes: usize) -> String {
    (0..bytes).map(|_| format!("{:02x}", rand::random::<u8>())).collect()
}

fn read_or_make(data: &Path, file: &str, make: impl FnOnce() -> String) -> io::Result<String> {
    if let Some(secret) = read(data, file)? {
        return Ok(secret);
    }
    let secret = make();
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    options.open(data.join(file))?.write_all(format!("{secret}\n").as_bytes())?;
    Ok(secret)
}

fn read(data: &Path, file: &str) -> io::Result<Option<String>> {
    match std::fs::read_to_string(data.join(file)) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|secret| !secret.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
