//! Phones that are known: those that came in with this very mail password before. When the mail
//! password is taken no more, they get the mail that explains it instead of asking for a password
//! over and over; anyone else hears the same 401 as ever (T36, T37), and nobody is asked at the backend.
//!
//! What is kept of the password is sixteen bits of a keyed hash: enough to know it again, too little
//! to find it. It never lets anybody in.

use super::moment::Moment;
use super::policy::PhoneSecret;
use super::verdicts::VerdictKey;
use super::{Attempt, Explained, Gate, Noted, Refusal, UserRules, Why};
use crate::failure::chain;
use crate::gate::binding::real_device;
use crate::identity::UserId;
use crate::store::{AuditAction, AuditRow};

/// The note it is kept in.
const NOTE: &str = "mail-secret";

impl Gate {
    /// Why a user's mail password is not taken, if it is not.
    pub(super) fn barred(&self, user: &UserId, rules: &UserRules, now: Moment) -> Option<Why> {
        if self.has_factor(user) {
            Some(Why::SecondFactor)
        } else if rules.access.phone_secret == PhoneSecret::Passcode {
            Some(Why::Passcodes)
        } else if rules.factor_overdue(now.wall) {
            Some(Why::FactorDue)
        } else {
            None
        }
    }

    /// Remembers that this phone came in with its mail password.
    pub(super) async fn remember_phone(&self, now: Moment, attempt: Attempt<'_>, key: &VerdictKey) {
        let Some(device) = real_device(attempt.device) else {
            return;
        };
        let user = &key.user;
        let noted = Noted::Phone(user.clone(), key.mark, device.clone());
        if !self.noted.first(noted, now).await {
            return;
        }
        let Some(mark) = self.phone_mark(attempt, user) else {
            return;
        };
        let kept = self.store.note(user, device, NOTE).await;
        let written = match kept {
            Ok(Some(kept)) if kept == mark => Ok(()),
            Ok(_) => self.store.set_note(user, device, NOTE, Some(&mark)).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(error = chain(&error), "a phone cannot be remembered");
        }
    }

    /// The refusal that explains, for a phone that is known.
    pub(super) async fn explain(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        key: &VerdictKey,
        rules: &UserRules,
        why: Why,
    ) -> Option<Refusal> {
        let device = real_device(attempt.device)?;
        if !rules.access.explain {
            return None;
        }
        let mark = self.phone_mark(attempt, &key.user)?;
        let kept = self.store.note(&key.user, device, NOTE).await.ok()??;
        if kept != mark {
            return None;
        }
        Some(self.explained(now, attempt, &key.user, why).await)
    }

    /// The same for whoever proved who he is.
    pub(super) async fn explained(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        user: &UserId,
        why: Why,
    ) -> Refusal {
        metrics::counter!("airgate_auth_total", "result" => "explained").increment(1);
        if let Some(device) = attempt.device
            && self
                .noted
                .first(Noted::Explained(user.clone(), device.clone()), now)
                .await
        {
            self.book.audit(AuditRow {
                detail: why.as_str().to_owned(),
                ..self.row(AuditAction::LoginExplained, now, attempt, user)
            });
        }
        Refusal::Explain(Explained {
            user: user.clone(),
            why,
        })
    }

    /// Key id and tag.
    fn phone_mark(&self, attempt: Attempt<'_>, user: &UserId) -> Option<Vec<u8>> {
        let ring = self.ring();
        let key_id = ring.hasher.key_id();
        let secret = secrecy::ExposeSecret::expose_secret(attempt.secret);
        let tag = ring.hasher.tag(key_id, user, secret)?;
        let mut mark = key_id.as_bytes().to_vec();
        mark.extend_from_slice(&tag.to_be_bytes());
        Some(mark)
    }
}
