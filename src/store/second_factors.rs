//! The second step of a sign-in: the secret one-time codes are made of, sealed under a server key,
//! and recovery codes as slow hashes (C9, C10). What may be used once is used up here, by one
//! conditional statement each, so that of many who come at the same time one succeeds (T44).

use std::fmt;

use async_trait::async_trait;

use super::Result;
use crate::identity::UserId;

/// A secret for one-time codes.
#[derive(Clone, Eq, PartialEq)]
pub struct SecondFactorRow {
    pub user: UserId,
    /// Names the server key the secret is sealed under (C17).
    pub key_id: String,
    /// The gate knows how to read it.
    pub sealed: Vec<u8>,
    /// When it was made, or confirmed by its first code.
    pub created: i64,
    /// The last 30-second step that was used; only later ones are good.
    pub last_step: u64,
}

impl fmt::Debug for SecondFactorRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecondFactorRow({}, ***)", self.user)
    }
}

/// One of a set of recovery codes.
#[derive(Clone, Eq, PartialEq)]
pub struct RecoveryCode {
    pub number: u32,
    /// As Argon2 writes it, salt and costs included.
    pub hash: String,
    pub used_at: Option<i64>,
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryCode({}, ***, {:?})", self.number, self.used_at)
    }
}

/// Second factors and recovery codes.
#[async_trait]
pub trait SecondFactors {
    /// The user's confirmed factor.
    async fn second_factor_of(&self, user: &UserId) -> Result<Option<SecondFactorRow>>;

    /// One that waits for its first code.
    async fn pending_factor_of(&self, user: &UserId) -> Result<Option<SecondFactorRow>>;

    /// Begins an enrolment, in place of one begun before. The confirmed factor stays as it is.
    async fn begin_factor(&self, row: &SecondFactorRow) -> Result<()>;

    /// Makes the pending factor the confirmed one, its first code used up, with a new set of
    /// recovery codes. False when there is no pending one with this sealed secret.
    async fn confirm_factor(
        &self,
        user: &UserId,
        sealed: &[u8],
        step: u64,
        recovery: &[String],
        now: i64,
    ) -> Result<bool>;

    /// Uses up all codes up to a step; false when they were already (T44).
    async fn burn_step(&self, user: &UserId, step: u64) -> Result<bool>;

    /// Switches the second step off: factor, pending one and recovery codes go. False when there
    /// was none.
    async fn remove_factor(&self, user: &UserId) -> Result<bool>;

    /// Every factor, confirmed or not: when server keys are exchanged (C17).
    async fn all_factors(&self) -> Result<Vec<SecondFactorRow>>;

    /// Puts the same secret, sealed under another key, in place; false when it is another by now.
    async fn reseal_factor(
        &self,
        row: &SecondFactorRow,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<bool>;

    /// Who has a confirmed factor.
    async fn users_with_factor(&self) -> Result<Vec<UserId>>;

    /// A new set of recovery codes in place of the old.
    async fn set_recovery_codes(&self, user: &UserId, hashes: &[String], now: i64) -> Result<()>;

    async fn recovery_codes(&self, user: &UserId) -> Result<Vec<RecoveryCode>>;

    /// Uses one up; false when it was before.
    async fn use_recovery_code(&self, user: &UserId, number: u32, now: i64) -> Result<bool>;
}
