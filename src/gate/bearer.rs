//! Small secrets that only the bearer of a token can open: a browser with its session, whoever has a
//! link that works once. Neither the database nor the server key opens them alone (T47).

use secrecy::SecretString;

use super::keys::ServerKey;
use super::seal::{self, SealError};
use super::vault;
use crate::identity::UserId;

/// What a sealed secret is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// The mail password of a session of the portal.
    SessionPassword,
    /// A passcode that waits behind a link.
    Link,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SessionPassword => b"airgate session password 1",
            Self::Link => b"airgate one-time link 1",
        }
    }
}

/// Seals a text of a user for whoever comes with the token.
///
/// # Errors
/// Text too long, no randomness.
pub fn seal(
    key: &ServerKey,
    purpose: Purpose,
    token: &[u8],
    user: &UserId,
    text: &SecretString,
) -> Result<Vec<u8>, SealError> {
    let padded = vault::pad(text).map_err(|_| SealError::Damaged)?;
    seal::seal_for(key, token, purpose.label(), &[user.as_str()], &padded)
}

/// Opens it again.
///
/// # Errors
/// Another key, token, purpose or user, any changed bit.
pub fn open(
    key: &ServerKey,
    purpose: Purpose,
    token: &[u8],
    user: &UserId,
    sealed: &[u8],
) -> Result<SecretString, SealError> {
    let padded = seal::open_for(key, token, purpose.label(), &[user.as_str()], sealed)?;
    vault::unpad(&padded).map_err(|_| SealError::Damaged)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::gate::keys::ServerKeys;

    #[test]
    fn t47_it_takes_key_and_token_and_all_the_rest() {
        let keys = ServerKeys::ephemeral().unwrap();
        let [alice, bob] = ["alice", "bob"].map(|name| UserId::parse(name, None).unwrap());
        let text = SecretString::from("hunter2");
        let purpose = Purpose::SessionPassword;
        let sealed = seal(&keys.vault, purpose, b"token", &alice, &text).unwrap();
        let opens = |key, purpose, token: &[u8], user: &UserId| {
            open(key, purpose, token, user, &sealed)
                .is_ok_and(|found| found.expose_secret() == "hunter2")
        };
        assert!(opens(&keys.vault, purpose, b"token", &alice));
        assert!(!opens(&keys.credential, purpose, b"token", &alice));
        assert!(!opens(&keys.vault, Purpose::Link, b"token", &alice));
        assert!(!opens(&keys.vault, purpose, b"other", &alice));
        assert!(!opens(&keys.vault, purpose, b"token", &bob));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(open(&keys.vault, purpose, b"token", &alice, &changed).is_err());
            changed.truncate(place);
            assert!(open(&keys.vault, purpose, b"token", &alice, &changed).is_err());
        }
    }
}
