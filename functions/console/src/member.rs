//! Somebody who is signed in, and the tokens of their forms.

use hmac::{Hmac, KeyInit as _, Mac as _};
use runtime::keys::Caller;
#[cfg(test)]
use runtime::keys::Role;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Somebody who is signed in.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) token: String,
    /// Who they are, and what their key allows now.
    pub(crate) caller: Caller,
}

impl Member {
    #[cfg(test)]
    pub(crate) fn of_role(role: Role) -> Self {
        Self { token: random(), caller: Caller { role, name: None } }
    }

    /// A token for a form of this session. It differs each time, so that a compressed page does not give it away.
    pub(crate) fn form_token(&self) -> String {
        let nonce = random();
        format!("{nonce}.{}", self.mac(&nonce))
    }

    /// Whether a token is one of this session's.
    pub(crate) fn sent(&self, token: &str) -> bool {
        let Some((nonce, mac)) = token.split_once('.') else { return false };
        self.mac(nonce).as_bytes().ct_eq(mac.as_bytes()).into()
    }

    fn mac(&self, nonce: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.token.as_bytes()) else { return String::new() };
        mac.update(b"muster form ");
        mac.update(nonce.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

/// A token that nobody guesses.
pub(crate) fn random() -> String {
    hex(&rand::random::<[u8; 32]>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_is_good_for_its_own_session_and_differs_each_time() {
        let (member, other) = (Member::of_role(Role::Import), Member::of_role(Role::Import));
        let token = member.form_token();
        assert_ne!(token, member.form_token());
        assert!(member.sent(&token) && !other.sent(&token));
        for wrong in ["", ".", "a.b", token.trim_end_matches(|_| true), &token[1..], &format!("{token}0")] {
            assert!(!member.sent(wrong), "{wrong}");
        }
    }
}
