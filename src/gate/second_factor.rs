//! The second step of a sign-in: one-time codes (C9, RFC 6238), judged here for the portal and for
//! phones alike (C18).
//!
//! A code is six digits, SHA-1, 30 seconds, one step of grace either way; that is what every
//! authenticator app knows. The secret has 160 bits and lies in the database sealed under the
//! vault's server key: the database alone makes no codes (T47). A code is good once: what was
//! right is used up by one conditional update, so of many who bring the same code at the same time
//! one succeeds, and a clock that was set back brings no code back (T44).
//!
//! ```text
//! sealed secret: 01 | nonce 12 | ChaCha20-Poly1305(HKDF(server key), secret), user as associated data
//! ```

use std::fmt;

use secrecy::SecretString;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::keys::ServerKey;
use super::seal::{self, SealError};
use crate::identity::UserId;

/// What one-time codes are made of.
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

/// 160 bits, as RFC 4226 4 recommends and apps expect.
const SECRET_BYTES: usize = 20;
/// Seconds a code is shown for.
const STEP: u64 = 30;
const DIGITS: u8 = 6;
/// Steps a phone's clock may be off.
const SKEW: u16 = 1;
/// What the sealed bytes are for.
const PURPOSE: &[u8] = b"airgate second factor 1";

impl TotpSecret {
    /// A new one from the operating system's randomness.
    ///
    /// # Errors
    /// When the operating system has none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// As it is stored.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn seal(&self, key: &ServerKey, user: &UserId) -> Result<Vec<u8>, SealError> {
        seal::seal(key, PURPOSE, &[user.as_str()], self.0.as_slice())
    }

    /// Opens what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// Another key or user, any changed bit.
    pub fn open(key: &ServerKey, user: &UserId, sealed: &[u8]) -> Result<Self, SealError> {
        let bytes = seal::open(key, PURPOSE, &[user.as_str()], sealed)?;
        <[u8; SECRET_BYTES]>::try_from(bytes.as_slice())
            .map(|bytes| Self(Zeroizing::new(bytes)))
            .map_err(|_| SealError::Damaged)
    }

    /// The 30-second step whose code this is, at a wall clock in seconds, with one step of grace;
    /// blanks in it do not matter. Whether the step is still good says only the store.
    pub fn matched_step(&self, code: &str, now: i64) -> Option<u64> {
        let mut digits = Zeroizing::new(String::with_capacity(code.len()));
        digits.extend(code.chars().filter(|character| !character.is_whitespace()));
        let now = u64::try_from(now).ok()?;
        self.totp("", None).check(&digits, now)
    }

    /// The code at a wall clock in seconds: what the app shows. For tests and tools.
    pub fn code_at(&self, now: i64) -> SecretString {
        let now = u64::try_from(now).unwrap_or_default();
        SecretString::from(self.totp("", None).generate(now).to_string())
    }

    /// The key to type, Base32 in groups of four.
    pub fn grouped(&self) -> SecretString {
        let text = Zeroizing::new(self.secret().to_base32());
        let mut grouped = String::with_capacity(text.len() + text.len() / 4);
        for (place, letter) in text.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        SecretString::from(grouped)
    }

    /// The `otpauth://` address an app reads from a QR code. A colon would end the issuer's or the
    /// user's name in it, so it becomes a blank.
    pub fn uri(&self, issuer: &str, user: &UserId) -> SecretString {
        let plain = |text: &str| text.replace(':', " ");
        let totp = self.totp(&plain(user.as_str()), Some(plain(issuer)));
        // The one error is an account name that is empty or has a colon.
        SecretString::from(totp.to_url().unwrap_or_default())
    }

    fn secret(&self) -> Secret {
        Secret::new_stack(*self.0)
    }

    fn totp(&self, account: &str, issuer: Option<String>) -> Totp {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(SKEW)
            .with_step_duration(STEP)
            .with_secret(self.secret())
            .with_account_name(account)
            .with_issuer(issuer)
            // What RFC 6238 asks for is fixed above; an account name is only needed for the address.
            .build_noncompliant()
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(***)")
    }
}

/// The step a moment lies in.
pub(super) fn step_at(now: i64) -> u64 {
    u64::try_from(now).unwrap_or_default() / STEP
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::gate::keys::ServerKeys;

    fn alice() -> UserId {
        UserId::parse("alice@example.com", None).unwrap()
    }

    #[test]
    fn c9_the_codes_are_those_of_rfc_6238() {
        // RFC 6238 appendix B, SHA-1: the last six of its eight digits.
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(secret.code_at(at).expose_secret(), code);
            let step = step_at(at);
            assert_eq!(secret.matched_step(code, at), Some(step));
            let spaced = format!(" {} {} ", &code[..3], &code[3..]);
            assert_eq!(secret.matched_step(&spaced, at), Some(step));
            // One step of grace, not two.
            assert_eq!(secret.matched_step(code, at + 30), Some(step));
            assert_eq!(secret.matched_step(code, at - 30), Some(step));
            assert_eq!(secret.matched_step(code, at + 60), None);
        }
        for none in ["", "28708", "2870822", "+87082", "２87082", "287 08"] {
            assert_eq!(secret.matched_step(none, 59), None, "{none:?}");
        }
    }

    #[test]
    fn t47_a_sealed_secret_opens_with_its_key_for_its_user_only() {
        let (keys, others) = (
            ServerKeys::ephemeral().unwrap().vault,
            ServerKeys::ephemeral().unwrap().vault,
        );
        let secret = TotpSecret::generate().unwrap();
        let sealed = secret.seal(&keys, &alice()).unwrap();
        assert!(!sealed.windows(20).any(|part| part == secret.0.as_slice()));
        let opened = TotpSecret::open(&keys, &alice(), &sealed).unwrap();
        assert_eq!(*opened.0, *secret.0);
        assert!(TotpSecret::open(&others, &alice(), &sealed).is_err());
        let bob = UserId::parse("bob@example.com", None).unwrap();
        assert!(TotpSecret::open(&keys, &bob, &sealed).is_err());
        for place in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[place] ^= 1;
            assert!(TotpSecret::open(&keys, &alice(), &bad).is_err(), "{place}");
            assert!(TotpSecret::open(&keys, &alice(), &sealed[..place]).is_err());
        }
    }

    #[test]
    fn an_app_reads_the_address_and_people_the_key() {
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        assert_eq!(
            secret.uri("Example: Mail", &alice()).expose_secret(),
            "otpauth://totp/Example%20%20Mail:alice%40example.com?\
             secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20%20Mail"
        );
        assert_eq!(
            secret.grouped().expose_secret(),
            "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
        );
        assert_eq!(format!("{secret:?}"), "TotpSecret(***)");
    }
}
