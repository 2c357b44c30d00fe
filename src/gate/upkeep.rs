//! What the gate does between logins: hears of revoked passcodes within 5 s (T46), writes down what
//! has gathered, wipes what was idle too long (C7), forgets addresses that recovered.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::keys::ServerKeys;
use super::moment::Moment;
use super::verdicts::BackendKey;
use super::{Admission, Gate, KeyRing};
use crate::backend::login::Login;
use crate::clock;
use crate::failure::chain;
use crate::identity::UserId;
use crate::store::{AuditAction, AuditRow, DeviceRow, Standing, StoreError};

/// How often the store is asked for changes: two indexed looks, well within the 5 s of T46.
const ROUND: Duration = Duration::from_secs(1);
/// Seconds between two walks over the throttle's table.
const WALK_EVERY: u64 = 60;

impl Gate {
    /// Does the upkeep until `shutdown`; whoever made the gate runs this as a task and awaits it.
    pub async fn run(&self, shutdown: CancellationToken) {
        loop {
            let asked = tokio::select! {
                () = shutdown.cancelled() => true,
                () = tokio::time::sleep(ROUND) => false,
            };
            self.upkeep(Moment::read()).await;
            if asked {
                return;
            }
        }
    }

    /// Whose credentials changed, in this process or another: close idle backend connections of
    /// these users (T46). It says "changed", not "revoked"; closing too much is harmless. A listener
    /// that lags behind closes them all.
    pub fn revoked(&self) -> broadcast::Receiver<UserId> {
        self.changes.listen()
    }

    /// Returns when the admission is no longer good: its passcode was revoked (within 5 s, T46) or
    /// has expired. For held Pings and long uploads. Cancel-safe.
    pub async fn until_revoked(&self, admission: &Admission) {
        let notify = self.changes.notify_of(&admission.user);
        let mut judged = admission.version;
        loop {
            let mut changed = std::pin::pin!(notify.notified());
            // Registered before looking, so that no change falls in between.
            changed.as_mut().enable();
            let version = self.changes.version_of(&admission.user);
            let mut patience = Duration::MAX;
            if version != judged {
                match Box::pin(self.still_good(admission)).await {
                    Ok(true) => judged = version,
                    Ok(false) => return,
                    Err(error) => {
                        tracing::warn!(error = chain(&error), "cannot look up a passcode");
                        patience = ROUND;
                    }
                }
            }
            if let Some(expires_at) = admission.expires_at {
                let left = expires_at.saturating_sub(clock::now_seconds());
                let Ok(left @ 1..) = u64::try_from(left) else {
                    return;
                };
                patience = patience.min(Duration::from_secs(left));
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(patience) => {}
            }
        }
    }

    /// Whether what let somebody in would do so now.
    async fn still_good(&self, admission: &Admission) -> Result<bool, StoreError> {
        let user = &admission.user;
        match &admission.credential {
            Some(id) => {
                let row = self.store.credential(user, id).await?;
                Ok(row.is_some_and(|row| row.revoked_at.is_none()))
            }
            None => self.takes_mail_password(user).await,
        }
    }

    /// Whether a phone may come in with this user's mail password now, as far as policy and the second
    /// factor go.
    ///
    /// # Errors
    /// The store's.
    pub async fn takes_mail_password(&self, user: &UserId) -> Result<bool, StoreError> {
        let rules = self.rules_of(user).await?;
        Ok(self.barred(user, &rules, Moment::read()).is_none())
    }

    /// A session of this login was refused by the backend: the secret is frozen (T40), and the
    /// devices that use it get a temporary error until it works again. Call it whenever a failure's
    /// remedy is [`FreshSecret`](crate::failure::Remedy::FreshSecret).
    pub async fn refused_by_backend(&self, login: &Login) {
        self.refused_at(login, Moment::read()).await;
    }

    pub(super) async fn refused_at(&self, login: &Login, now: Moment) {
        let backend = BackendKey {
            user: login.user.clone(),
            mark: self.marker.mark(&login.user, login.secret.expose_secret()),
        };
        if self.probes.refused_elsewhere(&backend, now).await {
            tracing::warn!(
                user = login.user.as_str(),
                "the backend refuses the mail password; no more logins with it for 15 minutes"
            );
            self.book.audit(AuditRow {
                user: Some(login.user.clone()),
                ..AuditRow::new(now.wall, AuditAction::BackendFrozen)
            });
        }
        self.verdicts
            .drop_where(|verdict| verdict.backend == backend)
            .await;
    }

    /// The server's keys as they are now.
    pub fn keys(&self) -> ServerKeys {
        self.ring().keys.clone()
    }

    pub(super) fn ring(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// Takes in keys that were exchanged on disk (C17).
    pub(super) fn reread_keys(&self) {
        match self.ring().keys.reread() {
            Ok(None) => {}
            Ok(Some(keys)) => {
                tracing::info!("the server keys were exchanged");
                self.ring.store(Arc::new(KeyRing::new(keys)));
            }
            Err(error) => {
                tracing::error!(
                    error = chain(&error),
                    "the server keys cannot be read again"
                );
            }
        }
    }

    /// Whose credentials, second factors or devices changed since the last look.
    pub(super) async fn hear_changes(&self) {
        match self.store.credential_changes(self.changes.latest()).await {
            Ok(changes) if changes.users.is_empty() => {}
            Ok(changes) => {
                self.look_at_factors(&changes.users).await;
                self.changes.take(changes.version, &changes.users);
                // Not found any more already; this wipes their secrets now and not when idle.
                self.verdicts
                    .drop_where(|verdict| {
                        verdict.key.version != self.changes.version_of(&verdict.key.user)
                    })
                    .await;
            }
            Err(error) => {
                tracing::error!(
                    error = chain(&error),
                    "cannot ask the database for revoked passcodes"
                );
            }
        }
    }

    /// Whose second factor was switched on or off.
    async fn look_at_factors(&self, users: &[UserId]) {
        for user in users {
            let has = match self.store.second_factor_of(user).await {
                Ok(row) => row.is_some(),
                Err(error) => {
                    tracing::error!(error = chain(&error), "cannot look up a second factor");
                    // More is asked of the user then, never less (T36).
                    true
                }
            };
            let mut with_factor = self
                .with_factor
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            match has {
                true => with_factor.insert(user.clone()),
                false => with_factor.remove(user),
            };
        }
    }

    /// Rules and policies that were changed: whoever came in by a mail password is judged anew.
    async fn hear_rules(&self) {
        match self.rulebook.refresh(self.store.as_ref()).await {
            Ok(false) => {}
            Ok(true) => {
                self.verdicts
                    .drop_where(|verdict| verdict.passcode.is_none())
                    .await;
                self.changes.wake_all();
            }
            Err(error) => {
                tracing::error!(error = chain(&error), "cannot ask the database for rules");
            }
        }
    }

    /// Wakes whoever waits on it when something about a user changes: passcodes, second factor,
    /// devices, rules.
    pub fn changes_of(&self, user: &UserId) -> Arc<Notify> {
        self.changes.notify_of(user)
    }

    /// Goes up when something about a user changes.
    pub fn version_of(&self, user: &UserId) -> u64 {
        self.changes.version_of(user)
    }

    /// Where a device stands: as somebody decided, else by rules, else as new devices do.
    ///
    /// # Errors
    /// The store's.
    pub async fn standing(
        &self,
        row: &DeviceRow,
        model: Option<&str>,
    ) -> Result<Standing, StoreError> {
        let rules = self.rules_of(&row.user).await?;
        Ok(self.rulebook.standing(&rules, row, model))
    }

    /// A login of this user that is good now, for what is done in the user's name meanwhile.
    pub fn login_of(&self, user: &UserId) -> Option<Login> {
        self.verdicts.login_of(user)
    }

    pub(super) async fn upkeep(&self, now: Moment) {
        self.reread_keys();
        self.hear_changes().await;
        self.hear_rules().await;
        self.book.write(self.store.as_ref()).await;
        self.throttles.exchange(self.store.as_ref(), now).await;
        self.verdicts.sweep(now).await;
        self.changes.sweep();
        let seconds = u64::try_from(now.wall).unwrap_or_default();
        let last = self.walked.load(Ordering::Acquire);
        if seconds.abs_diff(last) >= WALK_EVERY {
            self.walked.store(seconds, Ordering::Release);
            self.throttles.forget_recovered(now);
            self.looks.forget_recovered(now);
            self.own_looks.forget_recovered(now);
        }
    }
}
