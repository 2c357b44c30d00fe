//! The first step of a sign-in at the portal: the mail password, which the backend judges (C8, C18).
//!
//! ```text
//! name and password -> delays of the account or of the known browser -> address -> backend
//! ```
//! A stranger who tries many passwords slows down every browser the account does not know, and only
//! those: one the user signed in with before is counted by itself (T39). A password with the form of
//! a passcode goes to no backend (T36), and one the backend refused is not asked about again for a
//! while (T40).

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};

use super::book::{Reason, log_failure, login_row};
use super::moment::Moment;
use super::passcode::Reading;
use super::probes::Probe;
use super::throttle::AddressKey;
use super::throttles::Slowed;
use super::vault::MAX_PASSWORD;
use super::verdicts::VerdictKey;
use super::{Attempt, Gate, Refusal};
use crate::backend::login::Login;
use crate::identity::UserId;
use crate::store::{AuditAction, AuditRow};

/// Names a browser that someone signed in with before; from a cookie only we can make.
pub type BrowserMark = [u8; 16];

/// What delays are counted by.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum DelayKey {
    /// An account, in browsers it does not know.
    Account(UserId),
    Browser(UserId, BrowserMark),
}

/// Failures that cost no wait: people mistype.
pub(super) const FREE_TRIES: u32 = 5;
/// Password checks under way at a time: each is a login at the backend (T38).
pub(super) const SIGN_INS_AT_ONCE: usize = 16;

impl Gate {
    /// A user's own login, with the mail password he signed in with: for what he does at the portal.
    pub fn login_of_owner(&self, user: &UserId, password: SecretString) -> Login {
        let (_, login) = self.own_login(user, password);
        login
    }

    /// Who is slowed down now, on this node or another, for administrators.
    pub fn slowed(&self) -> Vec<Slowed> {
        self.throttles.slowed(Moment::read())
    }

    /// Judges a mail password at the backend. `known` tells whether the browser is one this user
    /// signed in with before.
    ///
    /// # Errors
    /// [`Refusal`]: `Unauthorized` whatever is wrong (T37), `Throttled` while there is a delay,
    /// `BackendDown` when nobody can tell.
    pub async fn sign_in(
        &self,
        user_text: &str,
        password: &SecretString,
        known: impl Fn(&UserId) -> Option<BrowserMark> + Send,
        client: IpAddr,
    ) -> Result<Login, Refusal> {
        let now = Moment::read();
        let verdict = self
            .judge_sign_in(now, user_text, password, known, client)
            .await;
        if let Err(Refusal::Unauthorized | Refusal::Throttled { .. }) = &verdict {
            tokio::time::sleep_until(now.monotonic + self.settings.failure_pause).await;
        }
        verdict
    }

    pub(super) async fn judge_sign_in(
        &self,
        now: Moment,
        user_text: &str,
        password: &SecretString,
        known: impl Fn(&UserId) -> Option<BrowserMark> + Send,
        client: IpAddr,
    ) -> Result<Login, Refusal> {
        let attempt = Attempt {
            user_text,
            secret: password,
            device: None,
            device_type: None,
            client,
        };
        let domain = self.settings.default_domain.as_deref();
        let Ok(user) = UserId::parse(user_text, domain) else {
            return Err(self.failed(now, attempt, None, Reason::User).await);
        };
        let secret = password.expose_secret();
        let malformed = secret.is_empty()
            || secret.len() > MAX_PASSWORD
            || secret.chars().any(char::is_control);
        let mark = known(&user);
        let key = match mark {
            Some(mark) => DelayKey::Browser(user.clone(), mark),
            None => DelayKey::Account(user.clone()),
        };
        if let Some(retry_after) = self.throttles.delay(&key, now).await {
            metrics::counter!("airgate_throttled_total", "scope" => "account").increment(1);
            return Err(Refusal::Throttled { retry_after });
        }
        let address = AddressKey::of(client);
        if mark.is_none()
            && let Some(retry_after) = self.throttles.closed_for(address, now).await
        {
            metrics::counter!("airgate_throttled_total", "scope" => "address").increment(1);
            return Err(Refusal::Throttled { retry_after });
        }
        let (backend, login) = self.own_login(&user, password.clone());
        let probe = match Reading::of(secret) {
            _ if malformed => None,
            Reading::Passcode(_) | Reading::Mistyped => None,
            Reading::Other => {
                let _turn = self.sign_ins.acquire().await;
                Some(self.probes.ask(&backend, &login, false, now).await)
            }
        };
        match probe {
            Some(Probe::Right) => {
                metrics::counter!("airgate_auth_total", "result" => "ok").increment(1);
                self.throttles.right_password(&key).await;
                self.book.audit(AuditRow {
                    detail: "portal, password".to_owned(),
                    ..self.row(AuditAction::LoginOk, now, attempt, &user)
                });
                Ok(login)
            }
            Some(Probe::Down) => Err(Refusal::BackendDown {
                retry_after: super::admit::DOWN_RETRY,
            }),
            Some(Probe::Refused { .. }) | None => {
                let wait = self.throttles.wrong_password(key, now).await;
                let refusal = if mark.is_some() {
                    // Counted by itself, not against the address it shares with others.
                    metrics::counter!("airgate_auth_total", "result" => "failed").increment(1);
                    log_failure(client, Reason::Password, user_text);
                    let row = AuditRow {
                        detail: "portal, known browser".to_owned(),
                        ..login_row(AuditAction::LoginFailed, now, Some(&user), client)
                    };
                    self.book.audit_stranger(row, now);
                    Refusal::Unauthorized
                } else {
                    let key = VerdictKey {
                        mark: backend.mark,
                        version: self.changes.version_of(&user),
                        user,
                    };
                    self.failed(now, attempt, Some(&key), Reason::Password)
                        .await
                };
                match (wait, refusal) {
                    (Some(retry_after), Refusal::Unauthorized) => {
                        Err(Refusal::Throttled { retry_after })
                    }
                    (_, refusal) => Err(refusal),
                }
            }
        }
    }
}
