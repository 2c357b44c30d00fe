//! A mail password directly followed by the current one-time code: what enrols a phone that has only
//! one field for its password (design.md section 5).
//!
//! ```text
//! correct horse412907 = `correct horse` + 412907
//! ```
//! The code is judged first and used up at once (T44); only then is anyone asked about the password,
//! so a password without a code never reaches the backend (T36). From then on this very string is the
//! secret of this very device: kept as a keyed hash of its Argon2id, because people chose most of it,
//! and able to open the vault like a passcode (C2, C4).
//!
//! Phones begin with OPTIONS, which names no device, or with a trial: the code is used up by that, and
//! the string stays proven for some minutes, for the first device that comes with it.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::admit::store_down;
use super::binding::real_device;
use super::book::Reason;
use super::factors::{CodeVerdict, FactorError, Lane};
use super::issue;
use super::moment::Moment;
use super::probes::Probe;
use super::throttle::AddressKey;
use super::verdicts::{BackendKey, VerdictKey};
use super::{Admission, Attempt, FailureKey, Gate, Noted, Refusal, Scopes};
use crate::failure::chain;
use crate::identity::{DeviceId, UserId};
use crate::store::credentials::MAX_PER_USER;
use crate::store::{CredentialId, CredentialKind, CredentialRow};

/// How long the string stays proven until its device comes.
const PROVEN: Duration = Duration::from_secs(600);
/// Digits of a code.
const CODE: usize = 6;

impl Gate {
    pub(super) fn has_factor(&self, user: &UserId) -> bool {
        self.with_factor
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(user)
    }

    /// A secret that is no passcode, of a user with a second factor.
    pub(super) async fn by_enrolment(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: VerdictKey,
    ) -> Result<Admission, Refusal> {
        if let Some(answer) = self.enrolled(now, attempt, &key).await {
            return answer;
        }
        let secret = attempt.secret.expose_secret();
        let at = secret.len().saturating_sub(CODE);
        let parts = secret.split_at_checked(at);
        let Some((password, code)) = parts.filter(|(password, code)| {
            !password.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit())
        }) else {
            return Err(self.not_taken(now, attempt, &key).await);
        };
        // The string as a whole names what was proven; the password alone is what the backend hears.
        let proven = BackendKey {
            user: key.user.clone(),
            mark: key.mark,
        };
        if !self.is_proven(&proven, now).await {
            self.may_prove(now, attempt, &key).await?;
        }
        // The requests of one phone come in a bunch: the first enrols it, the others find that. Each
        // looks again when it is its turn, or it would spend one of the few tries of a code on what
        // the first has just proved.
        let _turn = self.enrolling.take(key.user.clone()).await;
        if let Some(answer) = self.enrolled(now, attempt, &key).await {
            return answer;
        }
        if !self.is_proven(&proven, now).await {
            self.prove(now, attempt, &key, code).await?;
        }
        let password = SecretString::from(password);
        let (backend, login) = self.own_login(&key.user, password.clone());
        match self.probes.ask(&backend, &login, false, now).await {
            Probe::Right => {}
            Probe::Down => {
                return Err(Refusal::BackendDown {
                    retry_after: super::admit::DOWN_RETRY,
                });
            }
            Probe::Refused { .. } => {
                self.proven.invalidate(&proven).await;
                return Err(self
                    .failed(now, attempt, Some(&key), Reason::Password)
                    .await);
            }
        }
        let Some(device) = real_device(attempt.device).cloned() else {
            return Ok(self.trial(attempt, &key, &password));
        };
        self.enrol(now, attempt, &key, &device, &password).await?;
        self.proven.invalidate(&proven).await;
        match self.enrolled(now, attempt, &key).await {
            Some(answer) => answer,
            None => Err(self.failed(now, attempt, Some(&key), Reason::Revoked).await),
        }
    }

    /// Lets in what enrolled before; `None` where the secret is nothing of that kind.
    async fn enrolled(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
    ) -> Option<Result<Admission, Refusal>> {
        let rows = match self.rows(now, attempt, key).await {
            Ok(rows) => rows,
            Err(refusal) => return Some(Err(refusal)),
        };
        let ring = self.ring();
        let secret = attempt.secret.expose_secret();
        for row in rows {
            let live = row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now.wall);
            if row.kind != CredentialKind::Enrolled || !live {
                continue;
            }
            // One wrong secret in 65,536 gets as far as the slow hash (T38).
            let tag = ring.hasher.tag(&row.key_id, &key.user, secret);
            if tag.is_none() || tag != row.tag {
                continue;
            }
            let stretched = match self
                .slow
                .stretch(attempt.secret, salt(&key.user, &row.id))
                .await
            {
                Ok(stretched) => stretched,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "a login was put off");
                    return Some(Err(Refusal::BackendDown {
                        retry_after: Duration::from_secs(5),
                    }));
                }
            };
            if ring.hasher.fits(&row, stretched.as_slice()) {
                let answer = self
                    .by_credential(now, attempt, key.clone(), &row, stretched.as_slice())
                    .await;
                return Some(answer);
            }
        }
        None
    }

    /// Whether the code of this string is looked at: nobody queues up in vain.
    async fn may_prove(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
    ) -> Result<(), Refusal> {
        // A string that failed once does not become right: a phone that goes on trying it must not
        // slow its owner down who stands beside it with the next code.
        let same = FailureKey {
            user: key.user.clone(),
            mark: key.mark,
            device: attempt.device.cloned(),
        };
        if self.failures.seen(&same, now).await {
            return Err(self.not_taken(now, attempt, key).await);
        }
        let address = AddressKey::of(attempt.client);
        match self.throttles.closed_for(address, now).await {
            Some(retry_after) => Err(Refusal::Throttled { retry_after }),
            None => Ok(()),
        }
    }

    /// Judges the code and uses it up.
    async fn prove(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
        code: &str,
    ) -> Result<(), Refusal> {
        self.may_prove(now, attempt, key).await?;
        let lane = Lane::Phone(attempt.client);
        match self.check_code_at(&key.user, code, &lane, now).await {
            Ok(CodeVerdict::Right) => {
                let proven = BackendKey {
                    user: key.user.clone(),
                    mark: key.mark,
                };
                self.proven.insert(proven, now.monotonic).await;
                Ok(())
            }
            // By something else: what this very string proved is found before.
            Ok(CodeVerdict::Used) => Err(self
                .failed(now, attempt, Some(key), Reason::Enrolment)
                .await),
            Ok(CodeVerdict::Slower { retry_after }) => Err(Refusal::Throttled { retry_after }),
            Ok(CodeVerdict::Wrong | CodeVerdict::NoFactor) => {
                Err(self.not_taken(now, attempt, key).await)
            }
            Err(FactorError::Store(error)) => Err(store_down(error)),
            Err(error) => {
                tracing::error!(
                    user = key.user.as_str(),
                    error = chain(&error),
                    "a one-time code cannot be judged"
                );
                Err(self.not_taken(now, attempt, key).await)
            }
        }
    }

    /// Makes the string the secret of the device.
    async fn enrol(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
        device: &DeviceId,
        password: &SecretString,
    ) -> Result<(), Refusal> {
        let busy = |_| Refusal::BackendDown {
            retry_after: Duration::from_secs(5),
        };
        let failed = |error: &(dyn std::error::Error + 'static)| {
            tracing::error!(
                user = key.user.as_str(),
                error = chain(error),
                "a device cannot be enrolled"
            );
            Refusal::BackendDown {
                retry_after: super::admit::DOWN_RETRY,
            }
        };
        let id = issue::new_id().map_err(|error| failed(&error))?;
        let stretched = self
            .slow
            .stretch(attempt.secret, salt(&key.user, &id))
            .await
            .map_err(busy)?;
        let enrolment = issue::Enrolment {
            user: &key.user,
            id: &id,
            device,
            device_type: attempt.device_type.unwrap_or_default(),
            secret: attempt.secret,
            stretched: stretched.as_slice(),
            address: attempt.client.to_canonical().to_string(),
        };
        let ring = self.ring();
        issue::enrol(
            self.store.as_ref(),
            &ring.keys,
            &enrolment,
            password,
            now.wall,
        )
        .await
        .map_err(|error| failed(&error))?;
        tracing::info!(
            user = key.user.as_str(),
            device = ?device.as_str(),
            "a device was enrolled by a one-time code"
        );
        Ok(())
    }

    /// Whoever proved the string, before it has a device: OPTIONS, Autodiscover, Gmail's trial.
    fn trial(&self, attempt: Attempt<'_>, key: &VerdictKey, password: &SecretString) -> Admission {
        let (_, login) = self.login(&key.user, password.clone());
        Admission {
            user: key.user.clone(),
            login,
            credential: None,
            scopes: Scopes::ALL,
            probe: attempt.device.is_some(),
            expires_at: None,
            version: key.version,
        }
    }

    async fn is_proven(&self, key: &BackendKey, now: Moment) -> bool {
        match self.proven.get(key).await {
            Some(at) => now.monotonic.saturating_duration_since(at) < PROVEN,
            None => false,
        }
    }

    /// Whether a device that was in before has a look of its own left.
    async fn has_own_look(&self, now: Moment, attempt: Attempt<'_>, user: &UserId) -> bool {
        let Some(device) = attempt.device else {
            return false;
        };
        let was_in = Noted::In(user.clone(), device.clone());
        self.noted.seen(&was_in, now).await
            && self.own_looks.take(&(user.clone(), device.clone()), now)
    }

    /// The credentials of a login, where the address still has looks left (T38).
    pub(super) async fn rows(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
    ) -> Result<Vec<CredentialRow>, Refusal> {
        let address = AddressKey::of(attempt.client);
        if let Some(retry_after) = self.throttles.closed_for(address, now).await
            && !self.looks.take(&address, now)
            && !self.has_own_look(now, attempt, &key.user).await
        {
            metrics::counter!("airgate_throttled_total", "scope" => "address").increment(1);
            return Err(Refusal::Throttled { retry_after });
        }
        let _turn = self.cold.acquire().await;
        let limit = u32::try_from(MAX_PER_USER).unwrap_or(u32::MAX);
        self.store
            .credentials_for_login(&key.user, now.wall, limit)
            .await
            .map_err(store_down)
    }
}

/// No two credentials have the same: ids are drawn at random for a user.
fn salt(user: &UserId, id: &CredentialId) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"airgate enrolment salt 1")
        .chain_update((user.as_str().len() as u64).to_be_bytes())
        .chain_update(user.as_str())
        .chain_update(id.as_str())
        .finalize()
        .into()
}
