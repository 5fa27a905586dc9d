//! API keys. A key has a role and perhaps a name, and Muster knows it by its SHA-256 only.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

/// The valid keys. Several of a role may be valid at once, so that one can be replaced by another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

/// A valid key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    caller: Caller,
    sha256: [u8; 32],
}

/// Who has a key, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What the key allows.
    pub role: Role,
    /// The name of the key. An import that is launched with it says so.
    pub name: Option<String>,
}

/// Longest name of a key, in characters.
const MAX_NAME: usize = 100;

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
#[error(
    "entry {0} of the API keys is not `read:` or `import:` and the 64 hexadecimal digits of a key's SHA-256, with or without `:` and a name"
)]
pub struct InvalidKey(usize);

impl Keys {
    /// Reads keys separated by commas: `import:9f86d0…:ann,read:60303a…`. `none` is no key at all, as a parameter cannot be
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

    /// Who sent a request with this `Authorization` header, if they may do what needs this role.
    ///
    /// # Errors
    /// Why the caller is refused.
    pub fn check(&self, authorization: Option<&str>, needs: Role) -> Result<&Caller, Denied> {
        let presented = authorization.and_then(|text| {
            let (scheme, key) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
        });
        let sha256 = Sha256::digest(presented.ok_or(Denied::Unknown)?);
        // Every key is compared, so the time that this takes says nothing about them.
        let none = (Choice::from(0), u32::MAX);
        let (known, place) = (0..).zip(&self.0).fold(none, |(known, found), (place, key)| {
            let same = key.sha256.as_slice().ct_eq(sha256.as_slice());
            let is_enough = Choice::from(u8::from(key.caller.role >= needs));
            (known | same, u32::conditional_select(&found, &place, same & is_enough))
        });
        match (bool::from(known), self.0.get(place as usize)) {
            (_, Some(key)) => Ok(&key.caller),
            (true, None) => Err(Denied::Forbidden),
            (false, None) => Err(Denied::Unknown),
        }
    }

    /// Who has the key with this fingerprint, if it is on the list; of several entries, the one that allows most.
    pub fn holder_of(&self, fingerprint: &str) -> Option<&Caller> {
        let sha256 = digest(fingerprint)?;
        let found = self.0.iter().filter(|key| bool::from(key.sha256.as_slice().ct_eq(&sha256)));
        found.map(|key| &key.caller).max_by_key(|caller| caller.role)
    }
}

/// The SHA-256 of a key as hexadecimal digits, by which it is known where the key itself must not be kept.
pub fn fingerprint(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a key in the list of valid keys. It does not reveal the key.
pub fn entry(role: Role, key: &str, name: &str) -> String {
    let role = match role {
        Role::Read => "read",
        Role::Import => "import",
    };
    let name = if name.is_empty() { String::new() } else { format!(":{name}") };
    format!("{role}:{}{name}", fingerprint(key))
}

fn key(entry: &str) -> Option<Key> {
    let (role, hex) = entry.split_once(':')?;
    let role = match role {
        "read" => Role::Read,
        "import" => Role::Import,
        _ => return None,
    };
    let (hex, name) = match hex.split_once(':') {
        Some((hex, name)) => (hex, Some(name.trim()).filter(|name| is_name(name))?.to_owned().into()),
        None => (hex, None),
    };
    Some(Key { caller: Caller { role, name }, sha256: digest(hex)? })
}

fn is_name(name: &str) -> bool {
    // What follows a slash would be the name of the principal, as in an ARN.
    (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(|letter| letter == '/' || letter.is_control())
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
        let keys = [entry(Role::Import, "old", ""), entry(Role::Import, "new", "Ann"), entry(Role::Read, "look", "")];
        Keys::parse(&keys.join(", ")).unwrap()
    }

    #[test]
    fn a_key_allows_what_its_role_does_and_two_of_a_role_are_valid_at_once() {
        let role = |key, needs| keys().check(Some(key), needs).map(|caller| caller.role);
        for key in ["Bearer old", "bearer new"] {
            assert_eq!(role(key, Role::Import), Ok(Role::Import), "{key}");
        }
        assert_eq!(role("Bearer old", Role::Read), Ok(Role::Import));
        assert_eq!(role("Bearer look", Role::Read), Ok(Role::Read));
        assert_eq!(keys().check(Some("Bearer look"), Role::Import), Err(Denied::Forbidden));
    }

    #[test]
    fn a_key_may_have_a_name_which_says_who_its_holder_is() {
        let name = |key: &str| {
            let known = keys();
            let named = known.check(Some(&format!("Bearer {key}")), Role::Import).unwrap().name.clone();
            assert_eq!(known.holder_of(&fingerprint(key)).unwrap().name, named);
            named
        };
        assert_eq!((name("old"), name("new").as_deref()), (None, Some("Ann")));
        assert_eq!(keys().holder_of(&fingerprint("wrong")), None);
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
        let named = |role: &str, name: &str| format!("{role}:{}{name}", "0".repeat(64));
        let names = [":", ":\u{1}", ":a/b", &format!(":{}", "n".repeat(101))].map(|name| named("read", name));
        let plain =
            ["import", "import:", "import:abc", "admin:", &named("write", ""), &"é".repeat(40)].map(str::to_owned);
        for keys in plain.iter().chain(&names) {
            assert!(matches!(Keys::parse(keys), Err(InvalidKey(1))), "{keys}");
        }
    }
}
