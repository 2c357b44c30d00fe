//! How passcodes are hashed and found (C2), and how other secrets are marked for caches.
//!
//! A passcode has 120 random bits, so a keyed fast hash is enough (T38). All of a user's credentials
//! are tried, and always as many as a user can have: an unknown user, a wrong passcode and a revoked
//! one cost the same (T37).

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::keys::{ServerKey, ServerKeys};
use super::passcode::Passcode;
use crate::identity::UserId;
use crate::store::credentials::MAX_PER_USER;
use crate::store::{CredentialId, CredentialKind, CredentialRow};

/// Hashes passcodes under the server's credential key, and finds those hashed under older ones.
pub struct PasscodeHasher {
    key_id: String,
    keyed: Hmac<Sha256>,
    old: Vec<(String, Hmac<Sha256>)>,
}

/// Marks secrets under a key that lives and dies with the process: for cache keys, never stored.
pub(super) struct Marker {
    keyed: Hmac<Sha256>,
}

/// A user's secret as caches know it.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(super) struct Mark([u8; 32]);

impl PasscodeHasher {
    pub fn new(key: &ServerKey) -> Self {
        Self {
            key_id: key.id().to_owned(),
            keyed: keyed(key.bytes()),
            old: Vec::new(),
        }
    }

    /// The same, knowing the keys before as well.
    pub fn of(keys: &ServerKeys) -> Self {
        let old = keys.old().iter();
        Self {
            old: old
                .map(|key| (key.id().to_owned(), keyed(key.bytes())))
                .collect(),
            ..Self::new(&keys.credential)
        }
    }

    /// The id of the key the hashes are made with.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// HMAC-SHA256(key, user | credential | secret), each with its length before it.
    pub fn hash(&self, user: &UserId, id: &CredentialId, secret: &[u8]) -> [u8; 32] {
        hash_with(&self.keyed, user, id, secret)
    }

    /// The row with this passcode. Does the same work whatever it finds.
    pub(super) fn find<'a>(
        &self,
        user: &UserId,
        passcode: &Passcode,
        rows: &'a [CredentialRow],
    ) -> Option<&'a CredentialRow> {
        let mut found = None;
        for row in rows.iter().take(MAX_PER_USER) {
            // Rows under a key that is not there cost what the others cost.
            let known = self.keyed_by(&row.key_id);
            let hash = hash_with(known.unwrap_or(&self.keyed), user, &row.id, passcode.bits());
            let right = hash.ct_eq(&row.hash) & Choice::from(u8::from(known.is_some()));
            if right.into() && row.kind == CredentialKind::Passcode {
                found = Some(row);
            }
        }
        self.work(user, passcode, MAX_PER_USER.saturating_sub(rows.len()));
        found
    }

    /// Whether an enrolled secret, stretched, is that of a row.
    pub(super) fn fits(&self, row: &CredentialRow, stretched: &[u8]) -> bool {
        self.keyed_by(&row.key_id).is_some_and(|keyed| {
            hash_with(keyed, &row.user, &row.id, stretched)
                .ct_eq(&row.hash)
                .into()
        })
    }

    /// Sixteen bits that spare most wrong secrets the slow hash; under the key named.
    pub(super) fn tag(&self, key_id: &str, user: &UserId, secret: &str) -> Option<u16> {
        let mut hmac = self.keyed_by(key_id)?.clone();
        hmac.update(b"airgate tag 1");
        update_with_length(&mut hmac, user.as_str().as_bytes());
        hmac.update(secret.as_bytes());
        let bytes = hmac.finalize().into_bytes();
        bytes
            .first_chunk()
            .map(|first: &[u8; 2]| u16::from_be_bytes(*first))
    }

    fn keyed_by(&self, key_id: &str) -> Option<&Hmac<Sha256>> {
        if key_id == self.key_id {
            return Some(&self.keyed);
        }
        let old = self.old.iter().find(|(id, _)| id == key_id);
        old.map(|(_, keyed)| keyed)
    }

    /// The work of a login that is lost anyway.
    pub(super) fn pretend(&self) {
        if let (Ok(nobody), Ok(passcode)) = (UserId::parse("nobody", None), Passcode::generate()) {
            self.work(&nobody, &passcode, MAX_PER_USER);
        }
    }

    fn work(&self, user: &UserId, passcode: &Passcode, times: usize) {
        if let Some(id) = CredentialId::parse("00000000") {
            for _ in 0..times {
                std::hint::black_box(self.hash(user, &id, passcode.bits()));
            }
        }
    }
}

impl Marker {
    /// # Errors
    /// When the operating system gives no random numbers.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice())?;
        Ok(Self { keyed: keyed(&key) })
    }

    pub(super) fn mark(&self, user: &UserId, secret: &str) -> Mark {
        let mut hmac = self.keyed.clone();
        update_with_length(&mut hmac, user.as_str().as_bytes());
        hmac.update(secret.as_bytes());
        Mark(hmac.finalize().into_bytes().into())
    }
}

impl Mark {
    /// A number that changes with the secret, for [`Login::version`](crate::backend::login::Login).
    pub(super) fn version(&self) -> u64 {
        self.0
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark(***)")
    }
}

/// HMAC-SHA256(key, purpose | parts), each part with its length before it.
pub(super) fn authenticate(key: &[u8; 32], purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hmac = keyed(key);
    update_with_length(&mut hmac, purpose);
    for part in parts {
        update_with_length(&mut hmac, part);
    }
    hmac.finalize().into_bytes().into()
}

fn hash_with(keyed: &Hmac<Sha256>, user: &UserId, id: &CredentialId, secret: &[u8]) -> [u8; 32] {
    let mut hmac = keyed.clone();
    hmac.update(b"airgate passcode 1");
    for part in [user.as_str().as_bytes(), id.as_str().as_bytes(), secret] {
        update_with_length(&mut hmac, part);
    }
    hmac.finalize().into_bytes().into()
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn update_with_length(hmac: &mut Hmac<Sha256>, part: &[u8]) {
    hmac.update(&(part.len() as u64).to_be_bytes());
    hmac.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(byte: u8) -> PasscodeHasher {
        PasscodeHasher {
            key_id: format!("k{byte}"),
            keyed: keyed(&[byte; 32]),
            old: Vec::new(),
        }
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name, None).unwrap()
    }

    fn id(text: &str) -> CredentialId {
        CredentialId::parse(text).unwrap()
    }

    #[test]
    fn c2_the_hash_is_hmac_sha256_over_user_credential_and_secret() {
        let secret: Vec<u8> = (0..15).collect();
        let (alice, first) = (user("alice@example.com"), id("7f3k2m9x"));
        let hash = hasher(7).hash(&alice, &first, &secret);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        // Python's hmac and hashlib say the same.
        assert_eq!(
            hex,
            "837c126f01cb21474226bb397592f51684796e90ee684341a137be760289f328"
        );
        // Whatever it is bound to changes it: it is worth nothing in another row or under another key.
        let others = [
            hasher(8).hash(&alice, &first, &secret),
            hasher(7).hash(&user("alice@example.org"), &first, &secret),
            hasher(7).hash(&alice, &id("7f3k2m9y"), &secret),
            hasher(7).hash(&alice, &first, &[]),
            // What moves from one part to the next.
            hasher(7).hash(&user("alice@example.com7"), &id("f3k2m9x"), &secret),
        ];
        assert!(others.iter().all(|other| *other != hash));
    }
}
