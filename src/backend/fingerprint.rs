//! Whom a backend connection belongs to.

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::backend::Login;

/// Who a connection belongs to: user, names, secret and its version. Compared whole on every use
/// (T42), so a connection can reach only who could have made it.
#[derive(Clone)]
pub(super) struct Fingerprint([u8; 32]);

/// Makes fingerprints of secrets worthless outside this process.
pub(super) struct Salt([u8; 32]);

impl Salt {
    pub(super) fn new() -> Self {
        let mut salt = [0; 32];
        // Without randomness TLS would not work either; an unsalted fingerprint never leaves here.
        let _ = getrandom::fill(&mut salt);
        Self(salt)
    }
}

impl Fingerprint {
    pub(super) fn of(login: &Login, salt: &Salt) -> Self {
        let secret = login.secret.expose_secret();
        let acts_for = login.acts_for.as_deref().unwrap_or_default();
        let mut hash = Sha256::new_with_prefix(salt.0);
        for field in [login.user.as_str(), &login.name, acts_for, secret] {
            // With lengths, so that no two logins run together to the same octets.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hash.update([u8::from(login.acts_for.is_some())]);
        hash.update(login.version.to_be_bytes());
        Self(hash.finalize().into())
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
