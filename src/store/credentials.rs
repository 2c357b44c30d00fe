//! Credentials: application passcodes as they are stored (C2-C4). Nothing here opens anything
//! without a server key, and no mail password without the passcode (T47).

use std::fmt;

use async_trait::async_trait;

use super::Result;
use crate::identity::{DeviceId, UserId};

/// Most live credentials a user can have: all are tried at a login (C2).
pub const MAX_PER_USER: usize = 25;

/// Names one credential of a user; no secret. Shown in lists, used to revoke.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CredentialId(String);

impl CredentialId {
    /// `None` unless it is 1 to 32 lower-case letters or digits.
    pub fn parse(text: &str) -> Option<Self> {
        let right = !text.is_empty()
            && text.len() <= 32
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        right.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mail password sealed for one passcode (C4). The gate's vault knows how to read it.
#[derive(Clone, Eq, PartialEq)]
pub struct SealedSecret {
    /// Names the server key the private key is sealed under.
    pub key_id: String,
    pub salt: Vec<u8>,
    pub public_key: Vec<u8>,
    pub sealed_private_key: Vec<u8>,
    pub sealed_password: Vec<u8>,
    /// Goes up at every new mail password.
    pub version: u64,
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSecret(version {}, ***)", self.version)
    }
}

/// What a phone types.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CredentialKind {
    /// An application passcode.
    #[default]
    Passcode,
    /// A mail password with a one-time code behind it, which enrolled one device.
    Enrolled,
}

/// One passcode, or what enrolled a device in its stead.
#[derive(Clone, Eq, PartialEq)]
pub struct CredentialRow {
    pub kind: CredentialKind,
    /// Of an [`Enrolled`](CredentialKind::Enrolled) one: a few bits of a keyed hash of the secret,
    /// so that the slow hash is computed only for what may be it.
    pub tag: Option<u16>,
    pub id: CredentialId,
    pub user: UserId,
    /// What its owner calls it: "My phone".
    pub name: String,
    /// Names the server key the hash was made with (C17).
    pub key_id: String,
    pub hash: [u8; 32],
    /// Bit set of the classes it may use; the gate's.
    pub scopes: u8,
    pub created: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    /// The first device that came with it (C3).
    pub device: Option<DeviceId>,
    pub device_type: Option<String>,
    pub last_used: Option<i64>,
    pub last_address: Option<String>,
    pub sealed: Option<SealedSecret>,
}

impl fmt::Debug for CredentialRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialRow")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("user", &self.user)
            .field("name", &self.name)
            .field("key_id", &self.key_id)
            .field("hash", &format_args!("***"))
            .field("device", &self.device)
            .field("expires_at", &self.expires_at)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

/// What became of binding a credential to a device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PinOutcome {
    /// Bound just now.
    Pinned,
    /// Bound before, to this device.
    Bound(DeviceId),
    /// Revoked or unknown.
    Gone,
}

/// A use to note down.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Touch {
    pub user: UserId,
    pub id: CredentialId,
    pub at: i64,
    pub address: String,
}

/// Whose credentials changed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CredentialChanges {
    /// Ask since this next time.
    pub version: u64,
    pub users: Vec<UserId>,
}

/// Passcodes. Adding, pinning, sealing and revoking raise the version that
/// [`credential_changes`](Self::credential_changes) reports, also when another process does them;
/// so do a change of the second factor, of a device's standing and the steps of a wipe.
#[async_trait]
pub trait Credentials {
    /// # Errors
    /// [`TooManyCredentials`](super::StoreError::TooManyCredentials) at [`MAX_PER_USER`] live ones;
    /// a database error when the id is taken.
    async fn add_credential(&self, row: &CredentialRow, now: i64) -> Result<()>;

    /// All of a user's credentials, revoked ones included, oldest first.
    async fn credentials(&self, user: &UserId) -> Result<Vec<CredentialRow>>;

    /// For a login, at most `limit` rows: the live credentials, then expired and revoked ones.
    async fn credentials_for_login(
        &self,
        user: &UserId,
        now: i64,
        limit: u32,
    ) -> Result<Vec<CredentialRow>>;

    async fn credential(&self, user: &UserId, id: &CredentialId) -> Result<Option<CredentialRow>>;

    /// Binds a credential to its first device (C3).
    async fn pin_device(
        &self,
        user: &UserId,
        id: &CredentialId,
        device: &DeviceId,
        device_type: &str,
    ) -> Result<PinOutcome>;

    /// Gives it another name; false when there is none that lives.
    async fn rename_credential(&self, user: &UserId, id: &CredentialId, name: &str)
    -> Result<bool>;

    /// Notes uses down.
    async fn touch_credentials(&self, touches: &[Touch]) -> Result<()>;

    /// False when it is unknown or was revoked before.
    async fn revoke_credential(&self, user: &UserId, id: &CredentialId, now: i64) -> Result<bool>;

    /// Puts new sealed mail passwords in place, all or none (C5). False when one of the
    /// credentials is gone or was sealed again since: `SealedSecret::version` must be one more
    /// than the stored one.
    async fn reseal(&self, user: &UserId, sealed: &[(CredentialId, SealedSecret)]) -> Result<bool>;

    /// The version of the last change, to ask from.
    async fn credential_version(&self) -> Result<u64>;

    /// Puts key id, hash, tag and sealed password of `renewed` in place of those of `row`, when server
    /// keys were exchanged (C17); nothing a running server must hear of. False when `row` is not what
    /// is stored any more.
    async fn rekey_credential(&self, row: &CredentialRow, renewed: &CredentialRow) -> Result<bool>;

    /// Whose credentials changed since a version; 0 gives everyone. Cheap when nothing did.
    async fn credential_changes(&self, since: u64) -> Result<CredentialChanges>;

    /// The ids of all server keys that passcodes and second factors name (C17).
    async fn credential_key_ids(&self) -> Result<Vec<String>>;
}
