//! The audit trail (C15): who, what, from where, with which credential; never secrets. Rows are only
//! ever added.

use async_trait::async_trait;

use super::{CredentialId, Result};
use crate::identity::{DeviceId, UserId};

/// How long rows of failed logins stay: they are written by strangers and would fill the disk.
/// Everything else stays.
pub const FAILURES_KEPT: i64 = 90 * 24 * 3600;

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident => $text:literal),* $(,)?) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum AuditAction { $($(#[$doc])* $variant),* }

        impl AuditAction {
            /// The word in the database and in logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// `None` for a word of a newer release.
            pub fn from_word(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

actions! {
    LoginOk => "login-ok",
    LoginFailed => "login-failed",
    /// A known phone that is kept out got the mail that explains why.
    LoginExplained => "login-explained",
    LoginThrottled => "login-throttled",
    PasscodeCreated => "passcode-created",
    PasscodeFirstUsed => "passcode-first-used",
    PasscodeRevoked => "passcode-revoked",
    /// The mail password in the vault was replaced (C5).
    PasswordSealed => "password-sealed",
    DevicePinned => "device-pinned",
    DeviceRefused => "device-refused",
    /// A device that was never seen came with the mail password.
    DeviceNew => "device-new",
    DeviceStanding => "device-standing",
    WipeRequested => "wipe-requested",
    WipeSent => "wipe-sent",
    WipeDone => "wipe-done",
    /// The phone says that it could not.
    WipeFailed => "wipe-failed",
    WipeCancelled => "wipe-cancelled",
    DeviceRemoved => "device-removed",
    /// It was made to begin anew.
    DeviceReset => "device-reset",
    /// A mail password with a one-time code enrolled a device.
    DeviceEnrolled => "device-enrolled",
    FactorOn => "factor-on",
    FactorOff => "factor-off",
    FactorFailed => "factor-failed",
    RecoveryUsed => "recovery-used",
    RecoveryRenewed => "recovery-renewed",
    KeyRotated => "key-rotated",
    PolicyChanged => "policy-changed",
    /// The backend refused a login; frozen (T40).
    BackendFrozen => "backend-frozen",
    AdminAct => "admin-act",
}

/// One event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRow {
    pub at: i64,
    pub action: AuditAction,
    /// `None` where the name given was no user name.
    pub user: Option<UserId>,
    pub device: Option<DeviceId>,
    pub credential: Option<CredentialId>,
    /// Address of the client, or `local` for the command line.
    pub address: Option<String>,
    /// A few words more, chosen by us.
    pub detail: String,
}

impl AuditRow {
    pub fn new(at: i64, action: AuditAction) -> Self {
        Self {
            at,
            action,
            user: None,
            device: None,
            credential: None,
            address: None,
            detail: String::new(),
        }
    }
}

/// The trail.
#[async_trait]
pub trait Audit {
    async fn append_audit(&self, rows: &[AuditRow]) -> Result<()>;

    /// The newest rows first, of one user or of all.
    async fn recent_audit(&self, user: Option<&UserId>, limit: u32) -> Result<Vec<AuditRow>>;
}
