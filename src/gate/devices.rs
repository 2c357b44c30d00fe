//! What people decide about a device: for the portal, the administrators' pages and the command line.
//! Works beside a running server, which hears of it within 5 s (T46) and does what is said here.
//!
//! A wipe is only ever ordered here, for one device, by somebody who is named in the audit trail
//! (T54). Nothing else sets the mark: no rule, no policy, no state that is lost or restored.

use airgate_codec::ProtocolVersion;

use super::issue;
use crate::identity::{DeviceId, UserId};
use crate::store::{
    AuditAction, AuditRow, DeviceRow, Standing, Store, StoreError, Wipe, WipeScope,
};

/// Who decides, and when.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// For the audit trail: an address, `local`, or an administrator's name.
    pub by: &'a str,
    /// Seconds since 1970 UTC.
    pub now: i64,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no such device")]
    NotThere,
    #[error(
        "this device last spoke {0}; only 16.1 knows how to erase one account. Block or remove it, \
         or wipe the whole device"
    )]
    TooOld(String),
    #[error("a wipe of this device is under way; cancel it first")]
    UnderWay,
    #[error("no wipe of this device is waiting")]
    NoWipe,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lets a device in whatever rules say, shows it nothing but the mail that explains why, or keeps it out
/// (403, or status 129 from 14.0 on); `None` leaves it to the rules again. One that was wiped and is let in
/// may be set up anew.
///
/// # Errors
/// No such device; the store's.
pub async fn decide(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
    standing: Option<Standing>,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    if !store.set_standing(user, device, standing).await? {
        return Err(DeviceError::NotThere);
    }
    let action = AuditAction::DeviceStanding;
    let detail = standing.map_or("by rules", word);
    note(store, action, user, device, detail, decision).await?;
    if standing == Some(Standing::Allowed) {
        let (from, to) = (Wipe::Done, Wipe::None);
        store.advance_wipe(user, device, from, to).await?;
    }
    Ok(())
}

/// Forgets a device and revokes the passcodes that are bound to it. One that signs in with the mail
/// password comes back as a new device.
///
/// # Errors
/// No such device; the store's.
pub async fn remove(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    found(store, user, device).await?;
    revoke_bound(store, user, device, decision).await?;
    store.forget_device(user, device).await?;
    note(
        store,
        AuditAction::DeviceRemoved,
        user,
        device,
        "",
        decision,
    )
    .await
}

/// Makes a device synchronise again from scratch.
///
/// # Errors
/// No such device; the store's.
pub async fn resync(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    found(store, user, device).await?;
    store.reset_device(user, device).await?;
    note(store, AuditAction::DeviceReset, user, device, "", decision).await
}

/// Orders a wipe: the device is told at its next request, and confirms before it forgets us. Never
/// more than what is asked for: a device too old for a wipe of the account alone is not wiped.
///
/// # Errors
/// No such device, one too old, a wipe under way; the store's.
pub async fn wipe(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
    scope: WipeScope,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    let row = found(store, user, device).await?;
    if scope == WipeScope::Account && !erases_accounts(row.protocol.as_deref()) {
        return Err(DeviceError::TooOld(row.protocol.unwrap_or_default()));
    }
    if !store.order_wipe(user, device, scope).await? {
        return Err(DeviceError::UnderWay);
    }
    let action = AuditAction::WipeRequested;
    note(store, action, user, device, scope_word(scope), decision).await
}

/// Withdraws a wipe the device has not confirmed. One that was told already may do it all the same.
///
/// # Errors
/// No wipe is waiting; the store's.
pub async fn cancel_wipe(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    found(store, user, device).await?;
    for from in [Wipe::Requested, Wipe::Sent] {
        if store.advance_wipe(user, device, from, Wipe::None).await? {
            let detail = if from == Wipe::Sent {
                "sent before"
            } else {
                ""
            };
            let action = AuditAction::WipeCancelled;
            return note(store, action, user, device, detail, decision).await;
        }
    }
    Err(DeviceError::NoWipe)
}

/// The device confirms that it is erased: its passcodes are worth nothing any more, and it stays out
/// until somebody allows it again.
///
/// # Errors
/// The store's.
pub async fn wiped(
    store: &dyn Store,
    row: &DeviceRow,
    decision: Decision<'_>,
) -> Result<bool, DeviceError> {
    let (user, device) = (&row.user, &row.device);
    let mut done = false;
    for from in [Wipe::Requested, Wipe::Sent] {
        done = done || store.advance_wipe(user, device, from, Wipe::Done).await?;
    }
    if done {
        store
            .set_standing(user, device, Some(Standing::Blocked))
            .await?;
        let detail = scope_word(row.wipe_scope);
        note(store, AuditAction::WipeDone, user, device, detail, decision).await?;
        revoke_bound(store, user, device, decision).await?;
    }
    Ok(done)
}

/// Whether a device that speaks this version can erase one account.
pub fn erases_accounts(protocol: Option<&str>) -> bool {
    protocol
        .and_then(|text| text.parse::<ProtocolVersion>().ok())
        .is_some_and(|version| version >= ProtocolVersion::V16_1)
}

async fn found(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
) -> Result<DeviceRow, DeviceError> {
    store
        .device(user, device)
        .await?
        .ok_or(DeviceError::NotThere)
}

async fn revoke_bound(
    store: &dyn Store,
    user: &UserId,
    device: &DeviceId,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    for row in store.credentials(user).await? {
        if row.device.as_ref() == Some(device) && row.revoked_at.is_none() {
            issue::revoke(store, user, &row.id, decision.by, decision.now).await?;
        }
    }
    Ok(())
}

async fn note(
    store: &dyn Store,
    action: AuditAction,
    user: &UserId,
    device: &DeviceId,
    detail: &str,
    decision: Decision<'_>,
) -> Result<(), DeviceError> {
    Ok(store
        .append_audit(&[AuditRow {
            user: Some(user.clone()),
            device: Some(device.clone()),
            address: Some(decision.by.to_owned()),
            detail: detail.to_owned(),
            ..AuditRow::new(decision.now, action)
        }])
        .await?)
}

/// A standing as people and programs read it.
pub const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Allowed => "allowed",
        Standing::Quarantined => "quarantined",
        Standing::Blocked => "blocked",
    }
}

/// What a wipe erases, as people and programs read it.
pub const fn scope_word(scope: WipeScope) -> &'static str {
    match scope {
        WipeScope::Device => "device",
        WipeScope::Account => "account",
    }
}
