//! API keys. A key has a role, and Muster knows it by its SHA-256 only.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

/// The valid keys. Several of a role may be valid at once, so that one can be replaced by another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

/// A valid key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    role: Role,
    sha256: [u8; 32],
}

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looking at imports, customers and segments.
    Read,
    /// Importing as well.
    Import,
}

/// Why a caller is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The request has no key, or not a valid one.
    Unknown,
    /// The key allows less than this.
    Forbidden,
}

/// An entry of a list of keys is not a key.
#[derive(Debug, thiserror::Error)]
#[error("entry {0} of the API keys is not `read:` or `import:` and the 64 hexadecimal digits of a key's SHA-256")]
pub struct InvalidKey(usize);

impl Keys {
    /// Reads keys separated by commas: `import:9f86d0…,read:60303a…`. `none` is no key at all, as a parameter cannot be
    /// empty.
    ///
    /// # Errors
    /// When an entry is not a key.
    pub fn parse(keys: &str) -> Result<Self, InvalidKey> {
        if keys.trim() == "none" {
            return Ok(Self::default());
        }
        let entries = keys.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let keys = entries.enumerate().map(|(index, entry)| key(entry).ok_or(InvalidKey(index + 1)));
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    /// Whether a request with this `Authorization` header may do what needs this role.
    ///
    /// # Errors
    /// Why the caller is refused.
    pub fn check(&self, authorization: Option<&str>, needs: Role) -> Result<(), Denied> {
        let presented = authorization.and_then(|text| {
            let (scheme, key) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
        });
        let sha256 = Sha256::digest(presented.ok_or(Denied::Unknown)?);
        // Every key is compared, so the time that this takes says nothing about them.
        let (known, enough) = self.0.iter().fold((Choice::from(0), Choice::from(0)), |(known, enough), key| {
            let same = key.sha256.as_slice().ct_eq(sha256.as_slice());
            let is_enough = Choice::from(u8::from(key.role >= needs));
            (known | same, enough | Choice::conditional_select(&Choice::from(0), &is_enough, same))
        });
        match (bool::from(known), bool::from(enough)) {
            (_, true) => Ok(()),
            (true, false) => Err(Denied::Forbidden),
            (false, false) => Err(Denied::Unknown),
        }
    }

    /// The most that the key with this fingerprint allows, if it is on the list.
    pub fn role_of(&self, fingerprint: &str) -> Option<Role> {
        let sha256 = digest(fingerprint)?;
        self.0.iter().filter(|key| bool::from(key.sha256.as_slice().ct_eq(&sha256))).map(|key| key.role).max()
    }
}

/// The SHA-256 of a key as hexadecimal digits, by which it is known where the key itself must not be kept.
pub fn fingerprint(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a key in the list of valid keys. It does not reveal the key.
pub fn entry(role: Role, key: &str) -> String {
    let role = match role {
        Role::Read => "read",
        Role::Import => "import",
    };
    format!("{role}:{}", fingerprint(key))
}

fn key(entry: &str) -> Option<Key> {
    let (role, hex) = entry.split_once(':')?;
    let role = match role {
        "read" => Role::Read,
        "import" => Role::Import,
        _ => return None,
    };
    Some(Key { role, sha256: digest(hex)? })
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut sha256 = [0; 32];
    for (byte, digits) in sha256.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let keys = [entry(Role::Import, "old"), entry(Role::Import, "new"), entry(Role::Read, "look")];
        Keys::parse(&keys.join(", ")).unwrap()
    }

    #[test]
    fn a_key_allows_what_its_role_does_and_two_of_a_role_are_valid_at_once() {
        for key in ["Bearer old", "bearer new"] {
            assert_eq!(keys().check(Some(key), Role::Import), Ok(()), "{key}");
        }
        assert_eq!(keys().check(Some("Bearer old"), Role::Read), Ok(()));
        assert_eq!(keys().check(Some("Bearer look"), Role::Read), Ok(()));
        assert_eq!(keys().check(Some("Bearer look"), Role::Import), Err(Denied::Forbidden));
    }

    #[test]
    fn without_a_valid_key_every_request_is_refused() {
        for header in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Bearer wrong"), Some("Basic old")] {
            assert_eq!(keys().check(header, Role::Read), Err(Denied::Unknown), "{header:?}");
        }
        for nobody in ["", "none", " , "] {
            assert_eq!(Keys::parse(nobody).unwrap().check(Some("Bearer old"), Role::Read), Err(Denied::Unknown));
        }
    }

    #[test]
    fn a_text_that_is_no_list_of_keys_is_refused() {
        for keys in ["import", "import:", "import:abc", "admin:", &format!("write:{}", "0".repeat(64)), &"é".repeat(40)]
        {
            assert!(matches!(Keys::parse(keys), Err(InvalidKey(1))), "{keys}");
        }
    }
}
