//! The vault (C4): the mail password, sealed once per passcode.
//!
//! Each credential has an X25519 pair. Its private key is sealed under a key made from passcode and
//! server key, so opening takes both, and the database (T47). The mail password is sealed to the
//! public key, so a changed one can be sealed again for every passcode with none at hand (C5), and
//! revoking one credential touches no other.
//!
//! ```text
//! sealed private key: 01 | nonce 12 | ChaCha20-Poly1305(HKDF(salt, server key | passcode), private key)
//! sealed password:    01 | ephemeral public 32 | nonce 12 | ChaCha20-Poly1305(HKDF(publics, X25519), padded)
//! padded:             length 2 | password | zeros to a multiple of 64
//! ```
//! User, credential and version are associated data: a row moved elsewhere does not open (T42).

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce};
use hkdf::HkdfExtract;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize as _, Zeroizing};

use super::keys::{ServerKey, ServerKeys};
use crate::identity::UserId;
use crate::store::{CredentialId, SealedSecret};

/// Seals and opens mail passwords.
pub struct Vault {
    key: ServerKey,
    old: Vec<ServerKey>,
}

/// Why the vault stays shut.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the mail password was sealed under the server key {0}, which is not there")]
    OtherKey(String),
    #[error("the sealed mail password is damaged or belongs elsewhere")]
    Damaged,
    #[error("a mail password can have at most {MAX_PASSWORD} bytes")]
    TooLong,
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

/// Longest mail password: far above what servers take.
pub const MAX_PASSWORD: usize = 1024;
/// Sealed passwords have lengths in these steps, so that a stolen database does not tell theirs.
const PADDING: usize = 64;
const FORMAT: u8 = 1;
const NONCE: usize = 12;

impl Vault {
    pub fn new(key: &ServerKey) -> Self {
        Self {
            key: key.clone(),
            old: Vec::new(),
        }
    }

    /// The same, knowing the keys before as well.
    pub fn of(keys: &ServerKeys) -> Self {
        Self {
            old: keys.old().to_vec(),
            ..Self::new(&keys.vault)
        }
    }

    /// The id of the key it seals under.
    pub fn key_id(&self) -> &str {
        self.key.id()
    }

    /// Seals a mail password for a passcode, given by its bits, with a new pair of keys.
    ///
    /// # Errors
    /// A password too long, no randomness.
    pub fn seal(
        &self,
        user: &UserId,
        id: &CredentialId,
        secret: &[u8],
        password: &SecretString,
        version: u64,
    ) -> Result<SealedSecret, VaultError> {
        let mut salt = vec![0; 16];
        getrandom::fill(&mut salt)?;
        let private = new_private()?;
        let public = PublicKey::from(&private);
        let wrapping = wrapping_key(&self.key, &salt, secret);
        let mut sealed_private_key = vec![FORMAT];
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)?;
        sealed_private_key.extend_from_slice(&nonce);
        sealed_private_key.extend(encrypt(
            &wrapping,
            &nonce,
            private.as_bytes(),
            &private_key_context(user, id, &self.key),
        )?);
        Ok(SealedSecret {
            key_id: self.key.id().to_owned(),
            salt,
            public_key: public.as_bytes().to_vec(),
            sealed_private_key,
            sealed_password: seal_password(user, id, &public, version, password)?,
            version,
        })
    }

    /// Opens it with the passcode.
    ///
    /// # Errors
    /// Another server key, another passcode, user or credential, any changed bit.
    pub fn open(
        &self,
        user: &UserId,
        id: &CredentialId,
        secret: &[u8],
        sealed: &SealedSecret,
    ) -> Result<SecretString, VaultError> {
        let key = [&self.key]
            .into_iter()
            .chain(&self.old)
            .find(|key| key.id() == sealed.key_id)
            .ok_or_else(|| VaultError::OtherKey(sealed.key_id.clone()))?;
        let wrapping = wrapping_key(key, &sealed.salt, secret);
        let (nonce, text) = split(&sealed.sealed_private_key)?;
        let context = private_key_context(user, id, key);
        let private = decrypt(&wrapping, &nonce, text, &context)?;
        let private = <[u8; 32]>::try_from(private.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Damaged)?;
        let private = StaticSecret::from(*private);
        let public = PublicKey::from(&private);

        let (format, rest) = sealed
            .sealed_password
            .split_first()
            .ok_or(VaultError::Damaged)?;
        let (ephemeral, rest) = rest.split_first_chunk().ok_or(VaultError::Damaged)?;
        let (nonce, text) = rest.split_first_chunk().ok_or(VaultError::Damaged)?;
        if *format != FORMAT {
            return Err(VaultError::Damaged);
        }
        let ephemeral = PublicKey::from(*ephemeral);
        let shared = private.diffie_hellman(&ephemeral);
        if !shared.was_contributory() {
            return Err(VaultError::Damaged);
        }
        let key = password_key(&ephemeral, &public, shared.as_bytes());
        let context = password_context(user, id, sealed.version);
        unpad(&decrypt(&key, nonce, text, &context)?)
    }

    /// Whether a mail password is sealed under the present key.
    pub fn is_current(&self, sealed: &SealedSecret) -> bool {
        sealed.key_id == self.key.id()
    }
}

fn wrapping_key(key: &ServerKey, salt: &[u8], secret: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    extract.input_ikm(key.bytes());
    extract.input_ikm(secret);
    expand(extract, b"airgate vault private key 1")
}

/// Seals another mail password to a credential's public key; no passcode, no server key needed.
///
/// # Errors
/// A public key that is damaged, a password too long, no randomness.
pub fn reseal(
    user: &UserId,
    id: &CredentialId,
    old: &SealedSecret,
    password: &SecretString,
) -> Result<SealedSecret, VaultError> {
    let public = <[u8; 32]>::try_from(old.public_key.as_slice())
        .map(PublicKey::from)
        .map_err(|_| VaultError::Damaged)?;
    let version = old.version.checked_add(1).ok_or(VaultError::Damaged)?;
    Ok(SealedSecret {
        sealed_password: seal_password(user, id, &public, version, password)?,
        version,
        ..old.clone()
    })
}

fn seal_password(
    user: &UserId,
    id: &CredentialId,
    public: &PublicKey,
    version: u64,
    password: &SecretString,
) -> Result<Vec<u8>, VaultError> {
    let ephemeral = new_private()?;
    let ephemeral_public = PublicKey::from(&ephemeral);
    let shared = ephemeral.diffie_hellman(public);
    if !shared.was_contributory() {
        return Err(VaultError::Damaged);
    }
    let key = password_key(&ephemeral_public, public, shared.as_bytes());
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)?;
    let padded = pad(password)?;
    let mut sealed = vec![FORMAT];
    sealed.extend_from_slice(ephemeral_public.as_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend(encrypt(
        &key,
        &nonce,
        &padded,
        &password_context(user, id, version),
    )?);
    Ok(sealed)
}

fn new_private() -> Result<StaticSecret, VaultError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(StaticSecret::from(*bytes))
}

fn password_key(
    ephemeral: &PublicKey,
    public: &PublicKey,
    shared: &[u8; 32],
) -> Zeroizing<[u8; 32]> {
    let mut salt = [0; 64];
    let (first, second) = salt.split_at_mut(32);
    first.copy_from_slice(ephemeral.as_bytes());
    second.copy_from_slice(public.as_bytes());
    let mut extract = HkdfExtract::<Sha256>::new(Some(&salt));
    extract.input_ikm(shared);
    expand(extract, b"airgate vault password 1")
}

fn expand(extract: HkdfExtract<Sha256>, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let (mut prk, hkdf) = extract.finalize();
    let mut key = Zeroizing::new([0; 32]);
    hkdf.expand(info, key.as_mut_slice())
        .expect("32 bytes are within HKDF's limit of 8160");
    prk.zeroize();
    key
}

fn private_key_context(user: &UserId, id: &CredentialId, key: &ServerKey) -> Vec<u8> {
    context(
        b"airgate vault private key",
        &[user.as_str(), id.as_str(), key.id()],
        u64::from(FORMAT),
    )
}

fn password_context(user: &UserId, id: &CredentialId, version: u64) -> Vec<u8> {
    context(
        b"airgate vault password",
        &[user.as_str(), id.as_str()],
        version,
    )
}

fn context(label: &[u8], parts: &[&str], version: u64) -> Vec<u8> {
    let mut context = label.to_vec();
    for part in parts {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context.extend_from_slice(&version.to_be_bytes());
    context
}

fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    text: &[u8],
    context: &[u8],
) -> Result<Vec<u8>, VaultError> {
    ChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: text,
                aad: context,
            },
        )
        .map_err(|_| VaultError::TooLong)
}

fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    text: &[u8],
    context: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    ChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: text,
                aad: context,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| VaultError::Damaged)
}

/// Format byte, nonce, sealed text.
fn split(sealed: &[u8]) -> Result<([u8; NONCE], &[u8]), VaultError> {
    let (format, rest) = sealed.split_first().ok_or(VaultError::Damaged)?;
    let (nonce, text) = rest.split_first_chunk().ok_or(VaultError::Damaged)?;
    if *format != FORMAT {
        return Err(VaultError::Damaged);
    }
    Ok((*nonce, text))
}

pub(super) fn pad(password: &SecretString) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let password = password.expose_secret().as_bytes();
    if password.len() > MAX_PASSWORD {
        return Err(VaultError::TooLong);
    }
    let length = u16::try_from(password.len()).map_err(|_| VaultError::TooLong)?;
    let whole = (password.len() + 2).next_multiple_of(PADDING);
    // The full size at once: growing would leave copies behind.
    let mut padded = Zeroizing::new(Vec::with_capacity(whole));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(password);
    padded.resize(whole, 0);
    Ok(padded)
}

pub(super) fn unpad(padded: &[u8]) -> Result<SecretString, VaultError> {
    let (length, rest) = padded.split_first_chunk().ok_or(VaultError::Damaged)?;
    let password = rest
        .get(..usize::from(u16::from_be_bytes(*length)))
        .ok_or(VaultError::Damaged)?;
    std::str::from_utf8(password)
        .map(SecretString::from)
        .map_err(|_| VaultError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::passcode::Passcode;

    struct Case {
        vault: Vault,
        user: UserId,
        id: CredentialId,
        passcode: Passcode,
        sealed: SealedSecret,
    }

    impl Case {
        fn new(password: &str) -> Self {
            let vault = Vault::new(&ServerKeys::ephemeral().unwrap().vault);
            let user = UserId::parse("alice@example.com", None).unwrap();
            let id = CredentialId::parse("abcd1234").unwrap();
            let passcode = Passcode::generate().unwrap();
            let sealed = vault
                .seal(
                    &user,
                    &id,
                    passcode.bits(),
                    &SecretString::from(password),
                    1,
                )
                .unwrap();
            Self {
                vault,
                user,
                id,
                passcode,
                sealed,
            }
        }

        fn open(&self, sealed: &SealedSecret) -> Option<String> {
            self.vault
                .open(&self.user, &self.id, self.passcode.bits(), sealed)
                .ok()
                .map(|password| password.expose_secret().to_owned())
        }
    }

    #[test]
    fn c4_the_passcode_opens_it_and_a_new_password_needs_none() {
        for password in [
            "",
            "hunter2",
            "Pässwörd\u{1F511}",
            &"x".repeat(MAX_PASSWORD),
        ] {
            let case = Case::new(password);
            assert_eq!(case.open(&case.sealed).as_deref(), Some(password));
            let next = SecretString::from("another");
            let renewed = reseal(&case.user, &case.id, &case.sealed, &next).unwrap();
            assert_eq!(renewed.version, 2);
            assert_eq!(case.open(&renewed).as_deref(), Some("another"));
        }
        let long = SecretString::from("x".repeat(MAX_PASSWORD + 1));
        let case = Case::new("a");
        assert!(matches!(
            reseal(&case.user, &case.id, &case.sealed, &long),
            Err(VaultError::TooLong)
        ));
    }

    #[test]
    fn t47_nothing_else_opens_it() {
        let case = Case::new("hunter2");
        let other = Case::new("other");
        let wrong_passcode = Passcode::generate().unwrap();
        let bob = UserId::parse("bob@example.com", None).unwrap();
        let id = CredentialId::parse("zzzz").unwrap();
        let open = |vault: &Vault, user, id, passcode: &Passcode| {
            vault.open(user, id, passcode.bits(), &case.sealed).is_ok()
        };
        assert!(open(&case.vault, &case.user, &case.id, &case.passcode));
        assert!(!open(&other.vault, &case.user, &case.id, &case.passcode));
        assert!(!open(&case.vault, &bob, &case.id, &case.passcode));
        assert!(!open(&case.vault, &case.user, &id, &case.passcode));
        assert!(!open(&case.vault, &case.user, &case.id, &wrong_passcode));
        // With the server key's id forged it still needs the key itself.
        let forged = SealedSecret {
            key_id: other.vault.key.id().to_owned(),
            ..case.sealed.clone()
        };
        assert!(
            other
                .vault
                .open(&case.user, &case.id, case.passcode.bits(), &forged)
                .is_err()
        );
        // An old sealed password does not pass for the current one.
        let stale = SealedSecret {
            version: 2,
            ..case.sealed.clone()
        };
        assert_eq!(case.open(&stale), None);
    }

    #[test]
    fn t51_every_flipped_or_missing_byte_keeps_it_shut() {
        let case = Case::new("hunter2");
        for place in 0..case.sealed.sealed_password.len() {
            let mut sealed = case.sealed.clone();
            sealed.sealed_password[place] ^= 1;
            assert_eq!(case.open(&sealed), None, "password byte {place}");
            sealed.sealed_password.truncate(place);
            assert_eq!(case.open(&sealed), None, "password cut at {place}");
        }
        for place in 0..case.sealed.sealed_private_key.len() {
            let mut sealed = case.sealed.clone();
            sealed.sealed_private_key[place] ^= 1;
            assert_eq!(case.open(&sealed), None, "private key byte {place}");
            sealed.sealed_private_key.truncate(place);
            assert_eq!(case.open(&sealed), None, "private key cut at {place}");
        }
    }

    #[test]
    fn a_sealed_password_does_not_tell_its_length() {
        let length = |password: &str| Case::new(password).sealed.sealed_password.len();
        assert_eq!(length("a"), length(&"a".repeat(60)));
    }
}
