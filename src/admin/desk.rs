//! What the verbs about users, devices, policies and keys share: the store beside a running server,
//! names as operators type them, and who did it for the audit trail.

use crate::gate::GateError;
use crate::gate::devices::{Decision, DeviceError};
use crate::gate::issue::IssueError;
use crate::gate::keys::KeyError;
use crate::gate::policy::BadSetting;
use crate::gate::seal::SealError;
use crate::identity::{BadName, DeviceId, UserId};
use crate::server::Offline;
use crate::store::{AuditAction, AuditRow, Store, StoreError};

/// What the verbs work with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub offline: &'a Offline,
    pub default_domain: Option<&'a str>,
    /// Seconds since 1970 UTC.
    pub now: i64,
}

/// Why it was not done, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("`{0}` is no user name: {1}")]
    User(String, BadName),
    #[error("`{0}` is no device id; `airgate device list` shows them")]
    DeviceId(String),
    #[error("{0} has no device {1}; `airgate device list {0}` shows what there is")]
    NoDevice(UserId, DeviceId),
    #[error("there is no rule {0}; `airgate device rule list` shows them")]
    NoRule(i64),
    #[error("a rule needs at least one of --user, --type, --model, --agent")]
    EmptyRule,
    #[error(
        "`{0}` is no setting with a value; write NAME=VALUE, `airgate policy settings` lists them"
    )]
    NoPair(String),
    #[error("{0}; `airgate policy settings` lists them")]
    Setting(#[from] BadSetting),
    #[error("`{0}` is no language; there are en, de and fr")]
    Language(String),
    #[error("{0} has no second factor")]
    NoFactor(UserId),
    #[error("`{0}` is no kind of event; `airgate audit` shows some")]
    Action(String),
    #[error("erasing a device cannot be undone: add --yes if you mean it")]
    NotSure,
    #[error(
        "passcodes still need the old key {0}: {1} of them; they take the new one when their phones come by"
    )]
    KeyInUse(String, usize),
    #[error(transparent)]
    Device(DeviceError),
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Gate(#[from] GateError),
}

/// Where the audit trail says it came from.
pub(super) const BY: &str = "local";

impl<'a> Desk<'a> {
    pub(super) fn store(&self) -> &'a dyn Store {
        self.offline.store.as_ref()
    }

    pub(super) fn user(&self, text: &str) -> Result<UserId, DeskError> {
        UserId::parse(text, self.default_domain)
            .map_err(|error| DeskError::User(text.to_owned(), error))
    }

    pub(super) const fn decision(&self) -> Decision<'static> {
        Decision {
            by: BY,
            now: self.now,
        }
    }

    /// Notes what was done.
    pub(super) async fn note(
        &self,
        action: AuditAction,
        user: Option<&UserId>,
        detail: String,
    ) -> Result<(), DeskError> {
        let row = AuditRow {
            user: user.cloned(),
            address: Some(BY.to_owned()),
            detail: detail.chars().take(MAX_DETAIL).collect(),
            ..AuditRow::new(self.now, action)
        };
        Ok(self.store().append_audit(&[row]).await?)
    }
}

/// Longest detail of an audit row, in characters.
const MAX_DETAIL: usize = 200;

pub(super) fn device_id(text: &str) -> Result<DeviceId, DeskError> {
    DeviceId::parse(text).map_err(|_| DeskError::DeviceId(text.to_owned()))
}
