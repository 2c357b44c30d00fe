//! Users' data under the server key: what is kept for a while and must say nothing to whoever has
//! only the database (T47). Unlike the vault it opens without the user, so nothing secret of theirs
//! goes in here: only what the calendar server shows their phone anyway.
//!
//! ```text
//! 01 | nonce 12 | ChaCha20-Poly1305(HKDF(server key), octets)
//! ```
//! User and purpose are associated data: a row moved to another user does not open (T42).

use hkdf::HkdfExtract;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::ServerKey;
use super::vault::{FORMAT, NONCE, VaultError, context, decrypt, encrypt, expand, split};
use crate::identity::UserId;

/// Seals and opens.
pub struct Seal {
    key: Zeroizing<[u8; 32]>,
    id: String,
}

impl Seal {
    pub fn new(key: &ServerKey) -> Self {
        let mut extract = HkdfExtract::<Sha256>::new(None);
        extract.input_ikm(key.bytes());
        Self {
            key: expand(extract, b"airgate seal 1"),
            id: key.id().to_owned(),
        }
    }

    /// Names the server key, so that one that was lost is recognised.
    pub fn key_id(&self) -> &str {
        &self.id
    }

    /// Seals octets of a user for one purpose.
    ///
    /// # Errors
    /// No randomness, or far too much to seal.
    pub fn close(
        &self,
        user: &UserId,
        purpose: &str,
        octets: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)?;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(&nonce);
        sealed.extend(encrypt(&self.key, &nonce, octets, &bound(user, purpose))?);
        Ok(sealed)
    }

    /// Opens what was sealed for the same user and purpose.
    ///
    /// # Errors
    /// Another key, user or purpose, any changed bit.
    pub fn open(
        &self,
        user: &UserId,
        purpose: &str,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        if key_id != self.id {
            return Err(VaultError::OtherKey(key_id.to_owned()));
        }
        let (nonce, text) = split(sealed)?;
        decrypt(&self.key, &nonce, text, &bound(user, purpose))
    }
}

fn bound(user: &UserId, purpose: &str) -> Vec<u8> {
    context(
        b"airgate seal",
        &[user.as_str(), purpose],
        u64::from(FORMAT),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::keys::ServerKeys;

    #[test]
    fn t42_t47_only_the_same_user_under_the_same_key_opens() {
        let keys = ServerKeys::ephemeral().unwrap();
        let seal = Seal::new(&keys.vault);
        let alice = UserId::parse("alice@example.com", None).unwrap();
        let eve = UserId::parse("eve@example.com", None).unwrap();
        let sealed = seal.close(&alice, "undo", b"BEGIN:VCARD").unwrap();
        let key = seal.key_id().to_owned();
        let opened = seal.open(&alice, "undo", &key, &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"BEGIN:VCARD");
        assert!(seal.open(&eve, "undo", &key, &sealed).is_err());
        assert!(seal.open(&alice, "other", &key, &sealed).is_err());
        let other = Seal::new(&keys.credential);
        assert!(matches!(
            other.open(&alice, "undo", &key, &sealed),
            Err(VaultError::OtherKey(_))
        ));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(seal.open(&alice, "undo", &key, &damaged).is_err());
        }
    }
}
