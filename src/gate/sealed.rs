//! Small secrets sealed under a server key, and, where there is one, a token that only somebody
//! outside holds: a browser's session, a link that works once. Then neither the database nor the
//! server key opens them alone (T47).
//!
//! ```text
//! 01 | nonce 12 | ChaCha20-Poly1305(HKDF(server key | token, purpose), padded)
//! ```
//! Purpose and context are bound in: what was sealed for one thing opens as no other (T42).

use hkdf::HkdfExtract;
use secrecy::SecretString;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::ServerKey;
use super::vault::{self, VaultError};

const FORMAT: u8 = 1;

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

/// Seals text for whoever comes with the token. `context` says whose it is.
///
/// # Errors
/// Text too long, no randomness.
pub fn seal(
    key: &ServerKey,
    purpose: Purpose,
    token: &[u8],
    context: &str,
    text: &SecretString,
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; vault::NONCE];
    getrandom::fill(&mut nonce)?;
    let padded = vault::pad(text)?;
    let sealing = sealing_key(key, purpose, token);
    let mut sealed = vec![FORMAT];
    sealed.extend_from_slice(&nonce);
    sealed.extend(vault::encrypt(
        &sealing,
        &nonce,
        &padded,
        &bound(purpose, context),
    )?);
    Ok(sealed)
}

/// Opens it again.
///
/// # Errors
/// Another key, token, purpose or context, any changed bit.
pub fn open(
    key: &ServerKey,
    purpose: Purpose,
    token: &[u8],
    context: &str,
    sealed: &[u8],
) -> Result<SecretString, VaultError> {
    let (format, rest) = sealed.split_first().ok_or(VaultError::Damaged)?;
    let (nonce, text) = rest.split_first_chunk().ok_or(VaultError::Damaged)?;
    if *format != FORMAT {
        return Err(VaultError::Damaged);
    }
    let sealing = sealing_key(key, purpose, token);
    vault::unpad(&vault::decrypt(
        &sealing,
        nonce,
        text,
        &bound(purpose, context),
    )?)
}

fn sealing_key(key: &ServerKey, purpose: Purpose, token: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut extract = HkdfExtract::<Sha256>::new(None);
    extract.input_ikm(key.bytes());
    extract.input_ikm(token);
    vault::expand(extract, purpose.label())
}

fn bound(purpose: Purpose, context: &str) -> Vec<u8> {
    vault::context(purpose.label(), &[context], u64::from(FORMAT))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::gate::keys::ServerKeys;

    #[test]
    fn t47_it_takes_key_and_token_and_all_the_rest() {
        let keys = ServerKeys::ephemeral().unwrap();
        let text = SecretString::from("hunter2");
        let purpose = Purpose::SessionPassword;
        let sealed = seal(&keys.vault, purpose, b"token", "alice", &text).unwrap();
        let opens = |key, purpose, token: &[u8], context| {
            open(key, purpose, token, context, &sealed)
                .is_ok_and(|found| found.expose_secret() == "hunter2")
        };
        assert!(opens(&keys.vault, purpose, b"token", "alice"));
        assert!(!opens(&keys.credential, purpose, b"token", "alice"));
        assert!(!opens(&keys.vault, Purpose::Link, b"token", "alice"));
        assert!(!opens(&keys.vault, purpose, b"other", "alice"));
        assert!(!opens(&keys.vault, purpose, b"token", "bob"));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(open(&keys.vault, purpose, b"token", "alice", &changed).is_err());
            changed.truncate(place);
            assert!(open(&keys.vault, purpose, b"token", "alice", &changed).is_err());
        }
    }
}
