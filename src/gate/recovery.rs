//! Recovery codes (C10): ten of 80 random bits, for whoever has lost the phone with the app. They are
//! stored as Argon2id hashes, since people keep such paper badly and a stolen database must not help
//! to guess what is on it; so each look costs milliseconds, and only a few run at a time (T38).
//!
//! ```text
//! 7fq2-m9xk-0dvw-3h8t
//! ```

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::factors::{FactorError, Lane};
use super::moment::Moment;
use super::{CodeVerdict, Gate};
use crate::identity::UserId;

/// Codes in a set.
pub const RECOVERY_CODES: usize = 10;
const BYTES: usize = 10;
const LETTERS: usize = 16;
const GROUP: usize = 4;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 19 MiB, two passes: what OWASP and C8 ask for at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes computed at a time, and callers that may wait for a turn (T38).
const RUNNING: usize = 2;
const WAITING: usize = 32;

/// Turns for the slow hash.
pub(super) struct SlowHash {
    running: Semaphore,
    waiting: Semaphore,
}

/// Too many wait for the slow hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("too many wait for the slow hash")]
pub struct Busy;

impl SlowHash {
    pub(super) fn new() -> Self {
        Self {
            running: Semaphore::new(RUNNING),
            waiting: Semaphore::new(WAITING),
        }
    }

    /// A secret that people chose, stretched: what is kept of it must not help to guess it.
    pub(super) async fn stretch(
        &self,
        secret: &SecretString,
        salt: [u8; 32],
    ) -> Result<Zeroizing<[u8; 32]>, Busy> {
        let secret = secret.clone();
        self.run(move || {
            let mut bits = Zeroizing::new([0; 32]);
            argon2()
                .hash_password_into(
                    secret.expose_secret().as_bytes(),
                    &salt,
                    bits.as_mut_slice(),
                )
                .map(|()| bits)
        })
        .await?
        .map_err(|_| Busy)
    }

    /// Runs slow work off the runtime's threads, when it is its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let _place = self.waiting.try_acquire().map_err(|_| Busy)?;
        let _turn = self.running.acquire().await.map_err(|_| Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

/// A new set: what is shown once, and what is stored.
pub struct RecoverySet {
    pub codes: Vec<SecretString>,
    pub hashes: Vec<String>,
}

impl Gate {
    /// Makes a set of recovery codes; nothing is stored.
    ///
    /// # Errors
    /// No randomness; too many at a time.
    pub async fn new_recovery_set(&self) -> Result<RecoverySet, FactorError> {
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            codes.push(generate()?);
        }
        let secrets = codes.clone();
        let hashes = self
            .slow
            .run(move || secrets.iter().map(hash).collect::<Result<Vec<_>, _>>())
            .await?
            .map_err(|_| FactorError::Hash)?;
        Ok(RecoverySet { codes, hashes })
    }

    /// Puts a new set in place of the user's old one.
    ///
    /// # Errors
    /// The store's.
    pub async fn replace_recovery_set(
        &self,
        user: &UserId,
        set: &RecoverySet,
        by: &str,
    ) -> Result<(), FactorError> {
        let now = crate::clock::now_seconds();
        self.store
            .set_recovery_codes(user, &set.hashes, now)
            .await?;
        self.note_recovery_set(user, by).await
    }

    /// Judges a recovery code and uses it up, with the codes the app shows now and next (T44).
    ///
    /// # Errors
    /// The store's; too many at a time.
    pub async fn check_recovery_code(
        &self,
        user: &UserId,
        text: &str,
        lane: &Lane,
        by: &str,
    ) -> Result<CodeVerdict, FactorError> {
        let verdict = self.judge_recovery_code(user, text, lane, by).await?;
        self.note_wrong_code(verdict, user, by, Moment::read());
        Ok(verdict)
    }

    async fn judge_recovery_code(
        &self,
        user: &UserId,
        text: &str,
        lane: &Lane,
        by: &str,
    ) -> Result<CodeVerdict, FactorError> {
        if let Some(retry_after) = self.code_turn(user, lane) {
            return Ok(CodeVerdict::Slower { retry_after });
        }
        let rows = self.store.recovery_codes(user).await?;
        if rows.is_empty() {
            return Ok(CodeVerdict::NoFactor);
        }
        let Some(code) = read(text) else {
            return Ok(CodeVerdict::Wrong);
        };
        let hashes: Vec<_> = rows.into_iter().map(|row| (row.number, row.hash)).collect();
        let found = self
            .slow
            .run(move || {
                let right = |(_, hash): &&(u32, String)| verify(&code, hash);
                hashes.iter().find(right).map(|(number, _)| *number)
            })
            .await?;
        let Some(number) = found else {
            return Ok(CodeVerdict::Wrong);
        };
        let now = crate::clock::now_seconds();
        if !self.store.use_recovery_code(user, number, now).await? {
            return Ok(CodeVerdict::Used);
        }
        self.burn_after_recovery(user, by).await?;
        Ok(CodeVerdict::Right)
    }
}

fn generate() -> Result<SecretString, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(bytes.as_mut_slice())?;
    let mut text = String::with_capacity(LETTERS + LETTERS / GROUP);
    let bits = bytes
        .iter()
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    for place in 0..LETTERS {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        let digit = usize::try_from(bits >> (5 * place) & 31).unwrap_or_default();
        text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
    }
    Ok(SecretString::from(text))
}

/// A code as it was typed: any case, hyphens and blanks anywhere, `o` for 0, `i` and `l` for 1.
fn read(text: &str) -> Option<SecretString> {
    let mut code = String::with_capacity(LETTERS + LETTERS / GROUP);
    let mut letters = 0;
    for letter in text.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
        let letter = match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        };
        if letters == LETTERS || !ALPHABET.iter().any(|known| char::from(*known) == letter) {
            return None;
        }
        if letters > 0 && letters % GROUP == 0 {
            code.push('-');
        }
        code.push(letter);
        letters += 1;
    }
    (letters == LETTERS).then(|| SecretString::from(code))
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(code: &SecretString) -> Result<String, argon2::password_hash::Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| argon2::password_hash::Error::Crypto)?;
    let code = code.expose_secret().as_bytes();
    Ok(argon2().hash_password_with_salt(code, &salt)?.to_string())
}

fn verify(code: &SecretString, hash: &str) -> bool {
    let code = code.expose_secret().as_bytes();
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(code, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c10_a_code_is_80_bits_and_read_as_people_type_it() {
        let code = generate().unwrap();
        let text = code.expose_secret();
        assert_eq!(text.len(), 19, "{text}");
        let shout = text.to_uppercase().replace('-', " ");
        let glued = text.replace('-', "");
        for typed in [text, shout.as_str(), glued.as_str(), &format!(" {text} ")] {
            let read = read(typed).unwrap();
            assert_eq!(read.expose_secret(), text, "{typed}");
        }
        let read_as = |text: &str| read(text).map(|code| code.expose_secret().to_owned());
        assert_eq!(
            read_as("OIL0-0000-0000-0000").as_deref(),
            Some("0110-0000-0000-0000")
        );
        for none in [
            "",
            "1234",
            &format!("{text}0"),
            "uuuu-uuuu-uuuu-uuuu",
            "ääää",
        ] {
            assert!(read_as(none).is_none(), "{none}");
        }
    }

    #[test]
    fn c10_they_are_hashed_slowly() {
        let code = generate().unwrap();
        let hash = hash(&code).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(!hash.contains(code.expose_secret()));
        assert!(verify(&code, &hash));
        assert!(!verify(&generate().unwrap(), &hash) && !verify(&code, "nonsense"));
    }

    #[tokio::test]
    async fn t38_only_a_few_hashes_run_and_wait() {
        let slow = SlowHash::new();
        let held = slow.running.acquire_many(2).await.unwrap();
        let waiting = slow.waiting.acquire_many(32).await.unwrap();
        assert_eq!(slow.run(|| 1).await, Err(Busy));
        drop((held, waiting));
        assert_eq!(slow.run(|| 1).await, Ok(1));
    }
}
