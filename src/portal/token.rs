//! Tokens: 256 random bits a browser holds and the store knows by their SHA-256 (C11, C13).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::store::TokenHash;

/// A token. Whoever has it is believed.
#[derive(Clone)]
pub(super) struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// # Errors
    /// When the operating system gives no random numbers.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// `None` unless it has the form of one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        // Longer text is refused by the decoder before it is looked at.
        match URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()) {
            Ok(32) => Some(Self(bytes)),
            _ => None,
        }
    }

    /// As a cookie or a link has it.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    /// As the store knows it.
    pub(super) fn hash(&self) -> TokenHash {
        Sha256::digest(self.0.as_slice()).into()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Proves that a form came from a page of ours (T45): whoever knows it need not know the token.
    pub(super) fn form_proof(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"airgate form 1")
            .chain_update(self.0.as_slice())
            .finalize();
        URL_SAFE_NO_PAD.encode(digest)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// A short name for a row in a list; no secret.
///
/// # Errors
/// When the operating system gives no random numbers.
pub(super) fn row_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c13_a_token_is_read_back_and_nothing_else_is_one() {
        let token = Token::new().unwrap();
        let read = Token::read(&token.text()).unwrap();
        assert_eq!(read.hash(), token.hash());
        assert_eq!(read.form_proof(), token.form_proof());
        assert_ne!(token.form_proof(), *token.text());
        for text in [
            "",
            "abc",
            "ä",
            &"A".repeat(42),
            &"A".repeat(44),
            &"A".repeat(9_000),
        ] {
            assert!(Token::read(text).is_none(), "{text:?}");
        }
        assert_eq!(format!("{token:?}"), "Token(***)");
    }
}
