//! One login, from what a phone sent to a verdict.
//!
//! ```text
//! known and fresh? -> admitted                                              (warm)
//! a passcode?      -> credential -> device -> vault -> backend -> admitted  (cold)
//! a mail password? -> policy -> throttle -> backend -> admitted
//! ```

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::binding::real_device;
use super::book::{Reason, log_failure, login_row};
use super::moment::Moment;
use super::passcode::{Passcode, Reading};
use super::probes::{FROZEN, Probe};
use super::throttle::AddressKey;
use super::verdicts::{BackendKey, PasscodeFacts, Verdict, VerdictKey};
use super::{Admission, Attempt, FailureKey, Gate, Noted, Refusal, Scopes, UserRules, Why};
use crate::backend::login::Login;
use crate::failure::chain;
use crate::identity::{DeviceId, UserId};
use crate::store::{AuditAction, AuditRow, CredentialRow, SealedSecret, StoreError, Touch};

/// Longest secret that is looked at.
const MAX_SECRET: usize = super::vault::MAX_PASSWORD;
/// When to come again while a backend or the database is away.
pub(super) const DOWN_RETRY: Duration = Duration::from_secs(60);
/// Seconds between two notes of a credential's last use.
const NOTE_USE_EVERY: i64 = 300;

impl Gate {
    /// Judges a login: the user name as it was sent, the secret, the device of the request line (none
    /// in OPTIONS) and the client's address. Cancel-safe.
    ///
    /// # Errors
    /// [`Refusal`]; the ones that tell nothing take at least
    /// [`failure_pause`](super::GateSettings::failure_pause).
    pub async fn admit(
        &self,
        user_text: &str,
        secret: &SecretString,
        device: Option<&DeviceId>,
        device_type: Option<&str>,
        client: IpAddr,
    ) -> Result<Admission, Refusal> {
        let now = Moment::read();
        let attempt = Attempt {
            user_text,
            secret,
            device,
            device_type,
            client,
        };
        let verdict = self.decide(now, attempt).await;
        if let Err(Refusal::Unauthorized | Refusal::Throttled { .. }) = &verdict {
            tokio::time::sleep_until(now.monotonic + self.settings.failure_pause).await;
        }
        verdict
    }

    pub(super) async fn decide(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
    ) -> Result<Admission, Refusal> {
        let domain = self.settings.default_domain.as_deref();
        let Ok(user) = UserId::parse(attempt.user_text, domain) else {
            self.ring().hasher.pretend();
            return Err(self.failed(now, attempt, None, Reason::User).await);
        };
        let secret = attempt.secret.expose_secret();
        if secret.is_empty() || secret.len() > MAX_SECRET || secret.chars().any(char::is_control) {
            // SASL has no place for NUL (T28), and no keyboard for the others.
            self.ring().hasher.pretend();
            return Err(self.failed(now, attempt, None, Reason::Malformed).await);
        }
        let key = VerdictKey {
            mark: self.marker.mark(&user, secret),
            // Read before the store is: a change in between makes the verdict unfindable, never
            // wrong.
            version: self.changes.version_of(&user),
            user,
        };
        if let Some(verdict) = self.verdicts.get(&key, now).await
            && let Some(answer) = self.warm(now, attempt, &verdict).await
        {
            return answer;
        }
        match Reading::of(secret) {
            Reading::Passcode(passcode) => self.by_passcode(now, attempt, key, &passcode).await,
            Reading::Mistyped => {
                self.ring().hasher.pretend();
                Err(self
                    .failed(now, attempt, Some(&key), Reason::Mistyped)
                    .await)
            }
            Reading::Other if self.has_factor(&key.user) => {
                self.by_enrolment(now, attempt, key).await
            }
            Reading::Other => {
                let rules = self.rules_of(&key.user).await.map_err(store_down)?;
                match self.barred(&key.user, &rules, now) {
                    None => self.by_mail_password(now, attempt, key).await,
                    Some(_) => Err(self.not_taken(now, attempt, &key).await),
                }
            }
        }
    }

    /// A secret that is no passcode and not taken as anything else: nobody is asked about it (T36). A
    /// phone that came in with it before is told why.
    pub(super) async fn not_taken(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
    ) -> Refusal {
        self.ring().hasher.pretend();
        if let Ok(rules) = self.rules_of(&key.user).await
            && let Some(why) = self.barred(&key.user, &rules, now)
            && let Some(refusal) = self.explain(now, attempt, key, &rules, why).await
        {
            return refusal;
        }
        self.failed(now, attempt, Some(key), Reason::NotPasscode)
            .await
    }

    /// What holds for a user.
    ///
    /// # Errors
    /// The store's.
    pub async fn rules_of(&self, user: &UserId) -> Result<Arc<UserRules>, StoreError> {
        self.rulebook.of(self.store.as_ref(), user).await
    }

    /// The answer from a remembered verdict; `None` when the secret must be judged anew.
    async fn warm(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        verdict: &Verdict,
    ) -> Option<Result<Admission, Refusal>> {
        let login = verdict.login()?;
        if let Some(facts) = &verdict.passcode {
            let expired = facts.expires_at.is_some_and(|at| at <= now.wall);
            match (real_device(attempt.device), &facts.device) {
                (_, _) if expired => {
                    self.verdicts.drop(&verdict.key).await;
                    return None;
                }
                (Some(device), Some(bound)) if device != bound => {
                    return Some(Err(self.other_device(now, attempt, verdict, device).await));
                }
                // Not bound yet: the store decides who is first.
                (Some(_), None) => return None,
                _ => {}
            }
            if verdict.note(now.wall, NOTE_USE_EVERY) {
                self.book.touch(Touch {
                    user: verdict.key.user.clone(),
                    id: facts.id.clone(),
                    at: now.wall,
                    address: attempt.client.to_canonical().to_string(),
                });
            }
        }
        if verdict.passcode.is_none() {
            self.remember_phone(now, attempt, &verdict.key).await;
        }
        metrics::counter!("airgate_auth_total", "result" => "ok").increment(1);
        Some(Ok(admission(verdict, login, attempt)))
    }

    async fn by_passcode(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: VerdictKey,
        passcode: &Passcode,
    ) -> Result<Admission, Refusal> {
        let rows = self.rows(now, attempt, &key).await?;
        let ring = self.ring();
        let found = ring.hasher.find(&key.user, passcode, &rows);
        let reason = match found {
            None => Some(Reason::Passcode),
            Some(row) if row.revoked_at.is_some() => Some(Reason::Revoked),
            Some(row) if row.expires_at.is_some_and(|at| at <= now.wall) => Some(Reason::Expired),
            Some(_) => None,
        };
        let row = match (found, reason) {
            (Some(row), None) => row,
            (_, reason) => {
                let reason = reason.unwrap_or(Reason::Passcode);
                return Err(self.failed(now, attempt, Some(&key), reason).await);
            }
        };
        self.by_credential(now, attempt, key, row, passcode.bits())
            .await
    }

    /// The way on from a credential whose secret was right.
    pub(super) async fn by_credential(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: VerdictKey,
        row: &CredentialRow,
        secret: &[u8],
    ) -> Result<Admission, Refusal> {
        let device = self.bind(now, attempt, row, &key).await?;
        let password = match &self.settings.master {
            Some(_) => SecretString::default(),
            None => self.open_vault(&key.user, row, secret)?,
        };
        let (backend, login) = self.login(&key.user, password.clone());
        match self.probes.ask(&backend, &login, true, now).await {
            // Down is no reason to keep a known user out: his commands say what is missing.
            Probe::Right | Probe::Down => {}
            Probe::Refused {
                next_try, lasting, ..
            } => {
                self.note_frozen(now, attempt, &backend).await;
                let rules = self.rules_of(&key.user).await.map_err(store_down)?;
                if rules.access.explain && lasting >= self.settings.explain_frozen_after {
                    return Err(self.explained(now, attempt, &key.user, Why::Frozen).await);
                }
                return Err(frozen(next_try));
            }
        }
        self.renew_keys(attempt, row, secret, &password).await;
        let facts = PasscodeFacts {
            id: row.id.clone(),
            scopes: Scopes::from_bits(row.scopes),
            device,
            expires_at: row.expires_at,
        };
        if row.last_used.is_none() {
            self.book.audit(AuditRow {
                credential: Some(row.id.clone()),
                ..self.row(AuditAction::PasscodeFirstUsed, now, attempt, &key.user)
            });
        }
        Ok(self
            .remember(now, attempt, key, backend, Some(facts), login)
            .await)
    }

    /// The mail password behind a credential.
    fn open_vault(
        &self,
        user: &UserId,
        row: &CredentialRow,
        secret: &[u8],
    ) -> Result<SecretString, Refusal> {
        let Some(sealed) = &row.sealed else {
            tracing::error!(
                user = user.as_str(),
                credential = row.id.as_str(),
                "this passcode has no mail password sealed with it"
            );
            return Err(frozen(FROZEN));
        };
        self.ring()
            .vault
            .open(user, &row.id, secret, sealed)
            .map_err(|error| {
                tracing::error!(
                    user = user.as_str(),
                    credential = row.id.as_str(),
                    error = chain(&error),
                    "the mail password of this passcode cannot be opened; make a new passcode"
                );
                frozen(FROZEN)
            })
    }

    /// Gives a credential the present server keys, where it still has older ones (C17): its secret is
    /// at hand only now.
    async fn renew_keys(
        &self,
        attempt: Attempt<'_>,
        row: &CredentialRow,
        secret: &[u8],
        password: &SecretString,
    ) {
        let ring = self.ring();
        let stale = |sealed: &SealedSecret| !ring.vault.is_current(sealed);
        if row.key_id == ring.hasher.key_id() && !row.sealed.as_ref().is_some_and(stale) {
            return;
        }
        let sealed = match &row.sealed {
            Some(sealed) if stale(sealed) => {
                let version = sealed.version.saturating_add(1);
                let user = &row.user;
                match ring.vault.seal(user, &row.id, secret, password, version) {
                    Ok(sealed) => Some(sealed),
                    Err(_) => return,
                }
            }
            kept => kept.clone(),
        };
        let renewed = CredentialRow {
            key_id: ring.hasher.key_id().to_owned(),
            hash: ring.hasher.hash(&row.user, &row.id, secret),
            tag: row.tag.and_then(|_| {
                let (key_id, typed) = (ring.hasher.key_id(), attempt.secret.expose_secret());
                ring.hasher.tag(key_id, &row.user, typed)
            }),
            sealed,
            ..row.clone()
        };
        match self.store.rekey_credential(row, &renewed).await {
            // Lost against a change in between: the next login tries again.
            Ok(_) => {}
            Err(error) => tracing::warn!(error = chain(&error), "keys cannot be renewed"),
        }
    }

    async fn by_mail_password(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: VerdictKey,
    ) -> Result<Admission, Refusal> {
        let (backend, login) = self.own_login(&key.user, attempt.secret.clone());
        let address = AddressKey::of(attempt.client);
        let mut probe = self.probes.frozen(&backend, now).await;
        if probe.is_none() {
            if let Some(retry_after) = self.throttles.closed_for(address, now).await
                && !self.probes.was_right(&backend, now).await
            {
                metrics::counter!("airgate_throttled_total", "scope" => "address").increment(1);
                return Err(Refusal::Throttled { retry_after });
            }
            probe = Some(self.probes.ask(&backend, &login, false, now).await);
        }
        match probe {
            Some(Probe::Right) => {
                self.ask_for_factor(now, &key.user).await;
                self.remember_phone(now, attempt, &key).await;
                Ok(self.remember(now, attempt, key, backend, None, login).await)
            }
            Some(Probe::Down) | None => {
                metrics::counter!("airgate_auth_total", "result" => "down").increment(1);
                Err(Refusal::BackendDown {
                    retry_after: DOWN_RETRY,
                })
            }
            Some(Probe::Refused {
                was_right,
                next_try,
                fresh,
                ..
            }) => {
                if fresh {
                    self.note_frozen(now, attempt, &backend).await;
                }
                if was_right {
                    Err(frozen(next_try))
                } else {
                    Err(self
                        .failed(now, attempt, Some(&key), Reason::Password)
                        .await)
                }
            }
        }
    }

    /// Keeps the verdict and admits.
    async fn remember(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: VerdictKey,
        backend: BackendKey,
        passcode: Option<PasscodeFacts>,
        login: Login,
    ) -> Admission {
        metrics::counter!("airgate_auth_total", "result" => "ok").increment(1);
        let id = passcode.as_ref().map(|facts| facts.id.clone());
        let noted = Noted::LoginOk(key.user.clone(), id.clone(), attempt.device.cloned());
        if self.noted.first(noted, now).await {
            self.book.audit(AuditRow {
                credential: id.clone(),
                ..self.row(AuditAction::LoginOk, now, attempt, &key.user)
            });
        }
        if let Some(device) = attempt.device {
            let was_in = Noted::In(key.user.clone(), device.clone());
            self.noted.first(was_in, now).await;
        }
        let verdict = Verdict::new(key, backend, passcode, login.clone(), now);
        if let Some(id) = id
            && verdict.note(now.wall, NOTE_USE_EVERY)
        {
            self.book.touch(Touch {
                user: verdict.key.user.clone(),
                id,
                at: now.wall,
                address: attempt.client.to_canonical().to_string(),
            });
        }
        let admission = admission(&verdict, login, attempt);
        self.verdicts.put(verdict).await;
        admission
    }

    /// A login that failed: counted, logged and noted down once per secret and device, so that a
    /// phone with a stale secret is no attack (T39).
    pub(super) async fn failed(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: Option<&VerdictKey>,
        reason: Reason,
    ) -> Refusal {
        metrics::counter!("airgate_auth_total", "result" => "failed").increment(1);
        if let Some(key) = key {
            let same = FailureKey {
                user: key.user.clone(),
                mark: key.mark,
                device: attempt.device.cloned(),
            };
            if !self.failures.first(same, now).await {
                tracing::debug!(
                    user = key.user.as_str(),
                    reason = reason.as_str(),
                    "the same wrong secret again"
                );
                return Refusal::Unauthorized;
            }
        }
        let address = AddressKey::of(attempt.client);
        let closed = self.throttles.wrong_secret(address, now).await;
        log_failure(attempt.client, reason, attempt.user_text);
        let user = key.map(|key| &key.user);
        let row = AuditRow {
            device: attempt.device.cloned(),
            detail: reason.as_str().to_owned(),
            ..login_row(AuditAction::LoginFailed, now, user, attempt.client)
        };
        self.book.audit_stranger(row, now);
        let Some(retry_after) = closed else {
            return Refusal::Unauthorized;
        };
        metrics::counter!("airgate_throttled_total", "scope" => "address").increment(1);
        if self.noted.first(Noted::Throttled(address), now).await {
            let row = login_row(AuditAction::LoginThrottled, now, None, attempt.client);
            self.book.audit_stranger(row, now);
        }
        Refusal::Throttled { retry_after }
    }

    async fn note_frozen(&self, now: Moment, attempt: Attempt<'_>, backend: &BackendKey) {
        metrics::counter!("airgate_auth_total", "result" => "frozen").increment(1);
        let noted = Noted::Frozen(backend.user.clone(), backend.mark);
        if self.noted.first(noted, now).await {
            let row = self.row(AuditAction::BackendFrozen, now, attempt, &backend.user);
            self.book.audit_stranger(row, now);
        }
    }

    /// Notes since when a second factor has been asked of a user: the grace begins then.
    async fn ask_for_factor(&self, now: Moment, user: &UserId) {
        let Ok(rules) = self.rules_of(user).await else {
            return;
        };
        if !rules.factor_required() || rules.factor_asked.is_some() {
            return;
        }
        let asked = async {
            let mut settings = self.store.user_settings(user).await?;
            settings.factor_asked.get_or_insert(now.wall);
            self.store.set_user_settings(user, &settings).await?;
            self.rulebook.refresh(self.store.as_ref()).await
        };
        if let Err(error) = asked.await {
            tracing::warn!(
                error = chain(&error),
                "the grace of a second factor cannot begin"
            );
        }
    }

    /// How the backend is told: by the master identity where there is one (C6), else by the user's
    /// own name and this mail password.
    pub(super) fn login(&self, user: &UserId, password: SecretString) -> (BackendKey, Login) {
        let master = self.settings.master.as_ref();
        let Some((master, (name, acts_for))) =
            master.and_then(|master| Some((master, master.names(user)?)))
        else {
            return self.own_login(user, password);
        };
        let (backend, login) = self.own_login(user, master.secret.clone());
        let login = Login {
            name,
            acts_for,
            ..login
        };
        (backend, login)
    }

    /// The user's own name with this mail password.
    pub(super) fn own_login(&self, user: &UserId, password: SecretString) -> (BackendKey, Login) {
        let mark = self.marker.mark(user, password.expose_secret());
        let backend = BackendKey {
            user: user.clone(),
            mark,
        };
        let login = Login {
            user: user.clone(),
            name: user.as_str().to_owned(),
            acts_for: None,
            secret: password,
            version: mark.version(),
        };
        (backend, login)
    }

    pub(super) fn row(
        &self,
        action: AuditAction,
        now: Moment,
        attempt: Attempt<'_>,
        user: &UserId,
    ) -> AuditRow {
        AuditRow {
            device: attempt.device.cloned(),
            ..login_row(action, now, Some(user), attempt.client)
        }
    }
}

fn admission(verdict: &Verdict, login: Login, attempt: Attempt<'_>) -> Admission {
    let facts = verdict.passcode.as_ref();
    Admission {
        user: verdict.key.user.clone(),
        login,
        credential: facts.map(|facts| facts.id.clone()),
        scopes: facts.map_or(Scopes::ALL, |facts| facts.scopes),
        probe: attempt.device.is_some() && real_device(attempt.device).is_none(),
        expires_at: facts.and_then(|facts| facts.expires_at),
        version: verdict.key.version,
    }
}

fn frozen(retry_after: Duration) -> Refusal {
    Refusal::Frozen { retry_after }
}

pub(super) fn store_down(error: StoreError) -> Refusal {
    tracing::error!(
        error = chain(&error),
        "the database cannot be asked about a login"
    );
    metrics::counter!("airgate_auth_total", "result" => "down").increment(1);
    Refusal::BackendDown {
        retry_after: DOWN_RETRY,
    }
}
