//! Sealing under a server key: what may lie in the database but must not be read from it (T47).
//!
//! Each purpose has a key of its own, drawn from the server key by HKDF, and what the sealed bytes
//! belong to is associated data: bytes moved to another row do not open (T42).
//!
//! ```text
//! 01 | nonce 12 | ChaCha20-Poly1305(HKDF(server key, purpose), text)
//! ```

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::ServerKey;

/// Why it cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("what was sealed is damaged, belongs elsewhere or has another server key")]
    Damaged,
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

const FORMAT: u8 = 1;
const NONCE: usize = 12;

/// Seals a text for a purpose; `parts` say what it belongs to.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn seal(
    key: &ServerKey,
    purpose: &[u8],
    parts: &[&str],
    text: &[u8],
) -> Result<Vec<u8>, SealError> {
    seal_for(key, &[], purpose, parts, text)
}

/// The same, and only whoever comes with the token can open it: neither the database nor the server
/// key does alone.
pub(super) fn seal_for(
    key: &ServerKey,
    token: &[u8],
    purpose: &[u8],
    parts: &[&str],
    text: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)?;
    let payload = Payload {
        msg: text,
        aad: &context(parts),
    };
    let text = cipher(key, token, purpose)
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| SealError::Damaged)?;
    let mut sealed = vec![FORMAT];
    sealed.extend_from_slice(&nonce);
    sealed.extend(text);
    Ok(sealed)
}

/// Opens it.
///
/// # Errors
/// Another key, purpose or owner, any changed bit.
pub fn open(
    key: &ServerKey,
    purpose: &[u8],
    parts: &[&str],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    open_for(key, &[], purpose, parts, sealed)
}

/// Opens what [`seal_for`] made.
pub(super) fn open_for(
    key: &ServerKey,
    token: &[u8],
    purpose: &[u8],
    parts: &[&str],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (format, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
    let (nonce, text) = rest.split_first_chunk().ok_or(SealError::Damaged)?;
    if *format != FORMAT {
        return Err(SealError::Damaged);
    }
    let payload = Payload {
        msg: text,
        aad: &context(parts),
    };
    cipher(key, token, purpose)
        .decrypt(&Nonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Damaged)
}

fn cipher(key: &ServerKey, token: &[u8], purpose: &[u8]) -> ChaCha20Poly1305 {
    let mut bytes = Zeroizing::new([0; 32]);
    // Without a token the salt is empty, which for HKDF is the same as none (RFC 5869 2.2).
    Hkdf::<Sha256>::new(Some(token), key.bytes())
        .expand(purpose, bytes.as_mut_slice())
        .expect("32 bytes are within HKDF's limit of 8160");
    ChaCha20Poly1305::new(&Key::from(*bytes))
}

fn context(parts: &[&str]) -> Vec<u8> {
    let mut context = Vec::new();
    for part in parts {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context
}
