//! Who may call the API: whoever IAM let through, or who has a key. Keys have a role and are known by their SHA-256 only.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

/// Who may call the API.
#[derive(Debug, Clone)]
pub enum Access {
    /// The function URL checked the caller by IAM.
    Iam,
    /// Whoever has one of the keys in this parameter, which may change at any time.
    KeysIn(String),
}

/// The keys that are good. Several of a role are good at once, so that one can be replaced by another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

/// A key that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    role: Role,
    sha256: [u8; 32],
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// To look at imports, customers and segments.
    Read,
    /// To import as well.
    Import,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// There is no key in the request, or none that is good.
    Unknown,
    /// The key is good for less.
    Forbidden,
}

/// The list of keys is not one.
#[derive(Debug, thiserror::Error)]
pub enum InvalidAccess {
    /// Neither of the two ways.
    #[error("MUSTER_AUTH is {0:?}; it is either `iam` or `keys`")]
    Way(String),
    /// An entry that is no key.
    #[error("entry {0} of the API keys is not `read:` or `import:` and the 64 hexadecimal digits of a key's SHA-256")]
    Key(usize),
}

impl Access {
    /// Reads how access is given, `iam` or `keys`, and the name of the parameter that holds the keys.
    ///
    /// # Errors
    /// When it is neither way. Nothing is let through by mistake: without a word on it, keys are needed.
    pub fn parse(way: Option<&str>, parameter: String) -> Result<Self, InvalidAccess> {
        match way {
            Some("iam") => Ok(Self::Iam),
            None | Some("keys") => Ok(Self::KeysIn(parameter)),
            Some(other) => Err(InvalidAccess::Way(other.to_owned())),
        }
    }
}

impl Keys {
    /// Reads keys with commas between: `import:9f86d0…,read:60303a…`; or `none`, as a parameter cannot be empty.
    ///
    /// # Errors
    /// When an entry is no key.
    pub fn parse(keys: &str) -> Result<Self, InvalidAccess> {
        if keys.trim() == "none" {
            return Ok(Self::default());
        }
        let entries = keys.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let keys = entries.enumerate().map(|(index, entry)| key(entry).ok_or(InvalidAccess::Key(index + 1)));
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    /// Whether a request with this `Authorization` may do what needs this role.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, authorization: Option<&str>, needs: Role) -> Result<(), Denied> {
        let presented = authorization.and_then(|text| {
            let (scheme, key) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
        });
        let sha256 = Sha256::digest(presented.ok_or(Denied::Unknown)?);
        // All keys are looked at, whichever it is: the time says nothing about them.
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
}

/// The entry of a key in the list of good keys: it does not tell the key.
pub fn entry(role: Role, key: &str) -> String {
    let role = match role {
        Role::Read => "read",
        Role::Import => "import",
    };
    let hex: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{role}:{hex}")
}

fn key(entry: &str) -> Option<Key> {
    let (role, hex) = entry.split_once(':')?;
    let role = match role {
        "read" => Role::Read,
        "import" => Role::Import,
        _ => return None,
    };
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut sha256 = [0; 32];
    for (byte, digits) in sha256.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(Key { role, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let keys = [entry(Role::Import, "old"), entry(Role::Import, "new"), entry(Role::Read, "look")];
        Keys::parse(&keys.join(", ")).unwrap()
    }

    #[test]
    fn a_key_is_good_for_its_role_and_two_of_a_role_are_good_at_once() {
        for key in ["Bearer old", "bearer new"] {
            assert_eq!(keys().check(Some(key), Role::Import), Ok(()), "{key}");
        }
        assert_eq!(keys().check(Some("Bearer old"), Role::Read), Ok(()));
        assert_eq!(keys().check(Some("Bearer look"), Role::Read), Ok(()));
        assert_eq!(keys().check(Some("Bearer look"), Role::Import), Err(Denied::Forbidden));
    }

    #[test]
    fn without_a_good_key_there_is_no_way() {
        for header in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Bearer wrong"), Some("Basic old")] {
            assert_eq!(keys().check(header, Role::Read), Err(Denied::Unknown), "{header:?}");
        }
        for nobody in ["", "none", " , "] {
            assert_eq!(Keys::parse(nobody).unwrap().check(Some("Bearer old"), Role::Read), Err(Denied::Unknown));
        }
    }

    #[test]
    fn what_is_no_list_of_keys_is_refused() {
        for keys in ["import", "import:", "import:abc", "admin:", &format!("write:{}", "0".repeat(64)), &"é".repeat(40)]
        {
            assert!(matches!(Keys::parse(keys), Err(InvalidAccess::Key(1))), "{keys}");
        }
    }

    #[test]
    fn without_a_word_on_it_keys_are_needed() {
        let parse = |way| Access::parse(way, "/muster/api-keys".to_owned());
        assert!(matches!(parse(Some("iam")), Ok(Access::Iam)));
        assert!(matches!(parse(None), Ok(Access::KeysIn(_))));
        assert!(parse(Some("none")).is_err());
    }
}
