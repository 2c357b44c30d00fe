//! Passcodes belong to the device that used them first (C3).

use super::admit::store_down;
use super::book::Reason;
use super::moment::Moment;
use super::verdicts::{Verdict, VerdictKey};
use super::{Attempt, Gate, Noted, Refusal};
use crate::identity::{DeviceId, UserId};
use crate::store::{AuditAction, AuditRow, CredentialId, CredentialRow, PinOutcome};

/// The DeviceId Gmail tries an account with before it has one; nothing is bound to it.
const PROBE_DEVICE: &str = "validate";

impl Gate {
    /// Binds the credential to the device of its first request (C3); the device it is bound to.
    pub(super) async fn bind(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        row: &CredentialRow,
        key: &VerdictKey,
    ) -> Result<Option<DeviceId>, Refusal> {
        let Some(device) = real_device(attempt.device) else {
            return Ok(row.device.clone());
        };
        let bound = match &row.device {
            Some(bound) => bound.clone(),
            None => {
                let kind = attempt.device_type.unwrap_or_default();
                match self
                    .store
                    .pin_device(&key.user, &row.id, device, kind)
                    .await
                    .map_err(store_down)?
                {
                    PinOutcome::Pinned => {
                        self.book.audit(AuditRow {
                            credential: Some(row.id.clone()),
                            detail: kind.chars().take(64).collect(),
                            ..self.row(AuditAction::DevicePinned, now, attempt, &key.user)
                        });
                        device.clone()
                    }
                    PinOutcome::Bound(bound) => bound,
                    PinOutcome::Gone => {
                        return Err(self.failed(now, attempt, Some(key), Reason::Revoked).await);
                    }
                }
            }
        };
        if bound == *device {
            Ok(Some(bound))
        } else {
            Err(self
                .report_device(now, attempt, &key.user, row.id.clone(), device)
                .await)
        }
    }

    pub(super) async fn other_device(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        verdict: &Verdict,
        device: &DeviceId,
    ) -> Refusal {
        match &verdict.passcode {
            Some(facts) => {
                let id = facts.id.clone();
                self.report_device(now, attempt, &verdict.key.user, id, device)
                    .await
            }
            None => Refusal::DeviceNotBound,
        }
    }

    async fn report_device(
        &self,
        now: Moment,
        attempt: Attempt<'_>,
        user: &UserId,
        id: CredentialId,
        device: &DeviceId,
    ) -> Refusal {
        metrics::counter!("airgate_auth_total", "result" => "device").increment(1);
        let noted = Noted::DeviceRefused(user.clone(), id.clone(), device.clone());
        if self.noted.first(noted, now).await {
            tracing::warn!(
                user = user.as_str(),
                credential = id.as_str(),
                "a passcode came from a device it is not bound to"
            );
            // Whoever holds the passcode may make up DeviceIds.
            let row = AuditRow {
                credential: Some(id),
                ..self.row(AuditAction::DeviceRefused, now, attempt, user)
            };
            self.book.audit_stranger(row, now);
        }
        Refusal::DeviceNotBound
    }
}

/// The device of the request, unless it is a mere trial.
pub(super) fn real_device(device: Option<&DeviceId>) -> Option<&DeviceId> {
    device.filter(|device| device.as_str() != PROBE_DEVICE)
}
