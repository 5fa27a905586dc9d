//! How callers of the API are known.

/// Who may call the API.
#[derive(Debug, Clone)]
pub enum Access {
    /// Whoever IAM lets through: the function URL has checked the caller.
    Iam,
    /// Whoever has one of the keys in this parameter. It may change at any time.
    KeysIn(String),
}

/// The environment names no way of access that Muster knows.
#[derive(Debug, thiserror::Error)]
#[error("MUSTER_AUTH is {0:?}; it is either `iam` or `keys`")]
pub struct UnknownAccess(String);

impl Access {
    /// Reads the way of access, `iam` or `keys`. With keys, this parameter holds them. Without a word on it keys are
    /// needed, so nobody is let through by mistake.
    ///
    /// # Errors
    /// When it is another word.
    pub fn parse(way: Option<&str>, parameter: String) -> Result<Self, UnknownAccess> {
        match way {
            Some("iam") => Ok(Self::Iam),
            None | Some("keys") => Ok(Self::KeysIn(parameter)),
            Some(other) => Err(UnknownAccess(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_on_it_keys_are_needed() {
        let parse = |way| Access::parse(way, "/muster/api-keys".to_owned());
        assert!(matches!(parse(Some("iam")), Ok(Access::Iam)));
        assert!(matches!(parse(None), Ok(Access::KeysIn(_))));
        assert!(parse(Some("none")).is_err());
    }
}
