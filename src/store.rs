//! All persistence behind one trait: small rows about views, ids, credentials and the outbox; never
//! mail. Only this room knows SQL.
//!
//! The trait is split by concern ([`Chains`], [`Folders`], ...) and put together again in
//! [`Store`]; `dyn Store` offers all of them without importing the parts. Nothing in it is SQLite's
//! own, PostgreSQL follows with the same statements.
//!
//! Every row hangs under a user, and every lookup carries the authenticated user (T13): an id that
//! belongs to somebody else is simply not there. What phones send is only ever bound as a
//! parameter (T29). Blobs are opaque here; their readers version and check them (T51).
//!
//! All times are seconds since 1970 UTC and come in from the caller (S29).

pub mod announcements;
pub mod audit;
pub mod chains;
pub mod credentials;
pub mod devices;
pub mod error;
pub mod folders;
pub mod notices;
pub mod objects;
pub mod outbox;
pub mod outcomes;
pub mod rules;
pub mod second_factors;
pub mod sessions;
pub mod sqlite;
pub mod tallies;
pub mod undo;

#[cfg(test)]
mod suite;

use std::fmt::Debug;

use async_trait::async_trait;

pub use self::announcements::{AnnouncementRow, Announcements};
pub use self::audit::{Audit, AuditAction, AuditRow};
pub use self::chains::{Along, ChainRow, ChainVersion, Chains, FingerprintBatch};
pub use self::credentials::{
    CredentialChanges, CredentialId, CredentialKind, CredentialRow, Credentials, PinOutcome,
    SealedSecret, Touch,
};
pub use self::devices::{DeviceRow, Devices, Standing, Wipe, WipeScope};
pub use self::error::StoreError;
pub use self::folders::{FolderKind, FolderRow, FolderTable, Folders, NewFolder};
pub use self::notices::Notices;
pub use self::objects::{HeldChanges, HeldObject, HeldVersion, ObjectRow, Objects};
pub use self::outbox::{NewOutbox, Outbox, OutboxEntry, OutboxRow, OutboxState};
pub use self::outcomes::Outcomes;
pub use self::rules::{DeviceRule, PolicyKind, PolicyRow, PolicyScope, Rules, UserSettings};
pub use self::second_factors::{RecoveryCode, SecondFactorRow, SecondFactors};
pub use self::sessions::{Area, SessionRow, Sessions, Stage, TokenHash, TrustedBrowser};
pub use self::sqlite::SqliteStore;
pub use self::tallies::{Tallies, Tally};
pub use self::undo::{Undo, UndoReason, UndoRow};

/// What a store answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Everything Airgate keeps.
#[async_trait]
pub trait Store:
    Announcements
    + Audit
    + Chains
    + Credentials
    + Debug
    + Devices
    + Folders
    + Objects
    + Notices
    + Outbox
    + Outcomes
    + Rules
    + SecondFactors
    + Send
    + Sessions
    + Sync
    + Tallies
    + Undo
{
    /// Writes and commits a small row. A command with side effects calls it first where nothing
    /// else it must store comes before them, so that a full disk or a read-only file is found
    /// while nothing has happened yet (T61); readiness asks it too (O5).
    ///
    /// # Errors
    /// Whatever would keep the next commit from succeeding.
    async fn ready(&self, now: i64) -> Result<()>;

    /// Deletes what has run out: outcomes, sessions, trusted browsers, links, outbox rows older
    /// than [`outbox::KEPT`](outbox::KEPT), kept objects older than [`undo::KEPT`](undo::KEPT), audit
    /// rows of failed logins older than [`audit::FAILURES_KEPT`]. Returns how many rows went.
    async fn expire(&self, now: i64) -> Result<u64>;

    /// Starts a new epoch after the state was restored from a backup (S26): every chain is
    /// dropped, so no key from before is valid (S3), and outbox rows that were not submitted are
    /// held instead of sent again.
    async fn begin_epoch(&self) -> Result<()>;

    /// Looks the whole database over for `airgate doctor`; slow on a big one.
    ///
    /// # Errors
    /// Only when the check itself cannot run; what it finds are the strings, none when all is well.
    async fn check_integrity(&self) -> Result<Vec<String>>;
}
