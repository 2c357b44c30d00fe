//! Making and revoking passcodes, and replacing the mail password behind them: for the command line
//! and the portal. Works beside a running server; that hears of it within 5 s (T46).

use secrecy::{ExposeSecret as _, SecretString};

use super::hash::PasscodeHasher;
use super::keys::ServerKeys;
use super::passcode::Passcode;
use super::scopes::Scopes;
use super::vault::{Vault, VaultError, reseal};
use crate::identity::{DeviceId, UserId};
use crate::store::{
    AuditAction, AuditRow, CredentialId, CredentialKind, CredentialRow, SealedSecret, Store,
    StoreError,
};

/// A passcode to make.
#[derive(Clone, Debug)]
pub struct NewPasscode {
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    pub scopes: Scopes,
    /// Seconds since 1970 UTC.
    pub expires_at: Option<i64>,
}

/// A passcode just made. Show it once; nobody can read it again.
#[derive(Debug)]
pub struct Issued {
    pub id: CredentialId,
    pub passcode: Passcode,
}

/// Why there is no passcode.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("a name must have 1 to {MAX_NAME} characters")]
    BadName,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
    #[error("the passcodes of this user were changed at the same moment; try again")]
    Raced,
}

/// Longest name of a passcode, in characters.
const MAX_NAME: usize = 64;

/// Makes a passcode for a user and seals the mail password with it; an empty one, where a master logs
/// in for users, seals nothing (C6). `by` says for the audit trail
/// from where: an address, or `local`.
///
/// # Errors
/// [`IssueError`]; nothing is stored then.
pub async fn issue(
    store: &dyn Store,
    keys: &ServerKeys,
    new: &NewPasscode,
    mail_password: &SecretString,
    by: &str,
    now: i64,
) -> Result<Issued, IssueError> {
    let name = new.name.trim();
    if !good_name(name) {
        return Err(IssueError::BadName);
    }
    let id = new_id()?;
    let passcode = Passcode::generate()?;
    let hasher = PasscodeHasher::new(&keys.credential);
    let vault = Vault::new(&keys.vault);
    let sealed = match mail_password.expose_secret() {
        "" => None,
        _ => Some(vault.seal(&new.user, &id, passcode.bits(), mail_password, 1)?),
    };
    let row = CredentialRow {
        hash: hasher.hash(&new.user, &id, passcode.bits()),
        key_id: hasher.key_id().to_owned(),
        id: id.clone(),
        user: new.user.clone(),
        kind: CredentialKind::Passcode,
        tag: None,
        name: name.to_owned(),
        scopes: new.scopes.bits(),
        created: now,
        expires_at: new.expires_at,
        revoked_at: None,
        device: None,
        device_type: None,
        last_used: None,
        last_address: None,
        sealed,
    };
    store.add_credential(&row, now).await?;
    note(
        store,
        AuditAction::PasscodeCreated,
        &new.user,
        Some(&id),
        by,
        now,
    )
    .await?;
    Ok(Issued { id, passcode })
}

/// A device that enrols itself by a one-time code.
pub(super) struct Enrolment<'a> {
    pub(super) user: &'a UserId,
    pub(super) id: &'a CredentialId,
    pub(super) device: &'a DeviceId,
    pub(super) device_type: &'a str,
    /// What was typed, as a whole ...
    pub(super) secret: &'a SecretString,
    /// ... and stretched.
    pub(super) stretched: &'a [u8],
    pub(super) address: String,
}

/// Keeps what enrolled a device as its secret, with the mail password sealed for it.
pub(super) async fn enrol(
    store: &dyn Store,
    keys: &ServerKeys,
    new: &Enrolment<'_>,
    mail_password: &SecretString,
    now: i64,
) -> Result<(), IssueError> {
    let hasher = PasscodeHasher::new(&keys.credential);
    let sealed = Vault::new(&keys.vault).seal(new.user, new.id, new.stretched, mail_password, 1)?;
    let row = CredentialRow {
        id: new.id.clone(),
        user: new.user.clone(),
        kind: CredentialKind::Enrolled,
        tag: hasher.tag(hasher.key_id(), new.user, new.secret.expose_secret()),
        name: new.device_type.chars().take(MAX_NAME).collect(),
        key_id: hasher.key_id().to_owned(),
        hash: hasher.hash(new.user, new.id, new.stretched),
        scopes: Scopes::ALL.bits(),
        created: now,
        expires_at: None,
        revoked_at: None,
        device: Some(new.device.clone()),
        device_type: Some(new.device_type.to_owned()),
        last_used: None,
        last_address: None,
        sealed: Some(sealed),
    };
    // What enrolled this device before is on no phone any more, and must not fill the user's places.
    for old in store.credentials(new.user).await? {
        let same = old.kind == CredentialKind::Enrolled && old.device.as_ref() == Some(new.device);
        if same && old.revoked_at.is_none() {
            revoke(store, new.user, &old.id, &new.address, now).await?;
        }
    }
    store.add_credential(&row, now).await?;
    store
        .append_audit(&[AuditRow {
            user: Some(new.user.clone()),
            device: Some(new.device.clone()),
            credential: Some(new.id.clone()),
            address: Some(new.address.clone()),
            ..AuditRow::new(now, AuditAction::DeviceEnrolled)
        }])
        .await?;
    Ok(())
}

/// Whether a passcode may be called that.
pub fn good_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=MAX_NAME).contains(&length) && !name.chars().any(char::is_control)
}

/// Revokes a passcode; false when there is no live one with this id.
///
/// # Errors
/// The store's.
pub async fn revoke(
    store: &dyn Store,
    user: &UserId,
    id: &CredentialId,
    by: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = store.revoke_credential(user, id, now).await?;
    if done {
        note(store, AuditAction::PasscodeRevoked, user, Some(id), by, now).await?;
    }
    Ok(done)
}

/// Seals a new mail password for every live passcode of a user, all or none (C5). Returns how many.
///
/// # Errors
/// [`IssueError::Raced`] when passcodes changed meanwhile, and the others.
pub async fn change_mail_password(
    store: &dyn Store,
    user: &UserId,
    mail_password: &SecretString,
    by: &str,
    now: i64,
) -> Result<usize, IssueError> {
    let mut sealed: Vec<(CredentialId, SealedSecret)> = Vec::new();
    for row in store.credentials(user).await? {
        if let (None, Some(old)) = (row.revoked_at, &row.sealed) {
            let new = reseal(user, &row.id, old, mail_password)?;
            sealed.push((row.id, new));
        }
    }
    if sealed.is_empty() {
        return Ok(0);
    }
    if !store.reseal(user, &sealed).await? {
        return Err(IssueError::Raced);
    }
    note(store, AuditAction::PasswordSealed, user, None, by, now).await?;
    Ok(sealed.len())
}

async fn note(
    store: &dyn Store,
    action: AuditAction,
    user: &UserId,
    id: Option<&CredentialId>,
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    store
        .append_audit(&[AuditRow {
            user: Some(user.clone()),
            credential: id.cloned(),
            address: Some(by.to_owned()),
            ..AuditRow::new(now, action)
        }])
        .await
}

/// Eight letters and digits: enough to tell a user's passcodes apart, short enough to type.
pub(super) fn new_id() -> Result<CredentialId, getrandom::Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    let letters = b"0123456789abcdefghjkmnpqrstvwxyz";
    let id: String = bytes
        .iter()
        .map(|byte| char::from(letters.get(usize::from(byte & 31)).copied().unwrap_or(b'0')))
        .collect();
    Ok(CredentialId::parse(&id).expect("letters and digits"))
}
