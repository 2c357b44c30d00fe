//! Where a device stands, carried out: a wipe that is ordered, a block, the mail that explains.
//!
//! ```text
//! wipe ordered -> 140 (449 up to 12.1) until Provision has told it and the phone confirmed
//! blocked      -> 129 (403 up to 12.1)
//! kept out     -> the explaining mailbox
//! ```
//! A wipe is read from the row people wrote and from nothing else (T54): a row that is missing, or
//! cannot be read, orders none. 403 instead of 449 to a phone without a policy key, as Exchange
//! does up to 12.1, would keep the order from every phone that was never sent a policy.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::ping;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use tracing::{info, warn};

use super::{Call, failures, partnership};
use crate::clock;
use crate::failure::Failure;
use crate::front::Reply;
use crate::gate::devices::{self, Decision, DeviceError};
use crate::gate::{Admission, Why, model_of};
use crate::store::{AuditAction, AuditRow, DeviceRow, Standing, Wipe, WipeScope};

/// What stands between a device and its mail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bar {
    /// It is to erase itself.
    Wipe,
    Blocked,
    Explain(Why),
}

/// What stands in the way of a request now; `why` where the gate keeps its user out.
pub(super) async fn bar(call: &Call<'_>, why: Option<Why>) -> Result<Option<Bar>, Failure> {
    bar_of(call, call.partnership, why).await
}

async fn bar_of(
    call: &Call<'_>,
    row: &DeviceRow,
    why: Option<Why>,
) -> Result<Option<Bar>, Failure> {
    if call.probe {
        return Ok(why.map(Bar::Explain));
    }
    if matches!(row.wipe, Wipe::Requested | Wipe::Sent) {
        // An older phone does not know it, and must never get more than was ordered.
        let unknown = row.wipe_scope == WipeScope::Account && call.version < ProtocolVersion::V16_1;
        return Ok(Some(if unknown { Bar::Blocked } else { Bar::Wipe }));
    }
    let model = model_of(row);
    Ok(
        match call.gateway.gate.standing(row, model.as_deref()).await? {
            Standing::Blocked => Some(Bar::Blocked),
            Standing::Quarantined => Some(Bar::Explain(why.unwrap_or(Why::Quarantine))),
            Standing::Allowed => why.map(Bar::Explain),
        },
    )
}

/// The refusal, where there is one; Provision carries the order to wipe.
pub(super) fn enforce(call: &Call<'_>, bar: Option<Bar>) -> Option<Reply> {
    let status = match bar {
        Some(Bar::Wipe) if call.command == CommandName::Provision => return None,
        Some(Bar::Wipe) => status::REMOTE_WIPE_REQUESTED,
        Some(Bar::Blocked) => status::DEVICE_IS_BLOCKED_FOR_THIS_USER,
        Some(Bar::Explain(_)) | None => return None,
    };
    Some(failures::status_reply(call.version, call.command, status))
}

/// Returns when a request that is held must end: what let it in is no longer good, or where its device
/// stands has changed.
pub(super) async fn until_over(
    call: &Call<'_>,
    admission: Option<&Admission>,
    bar: Option<Bar>,
) -> Reply {
    let revoked = async {
        match admission {
            Some(admission) => call.gateway.gate.until_revoked(admission).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = revoked => match admission.is_some_and(|admission| admission.credential.is_some()) {
            true => Reply::unauthorized(),
            // The mail password is taken no more: the next request hears why.
            false => look_again(call),
        },
        () = until_moved(call, bar) => look_again(call),
    }
}

/// Returns when the device stands elsewhere than it did.
async fn until_moved(call: &Call<'_>, before: Option<Bar>) {
    // The other commands are over soon.
    if call.probe || !matches!(call.command, CommandName::Ping | CommandName::Sync) {
        return std::future::pending().await;
    }
    let gateway = call.gateway;
    let key = (call.user.clone(), call.device.clone());
    let notify = gateway.gate.changes_of(call.user);
    let kept_out = match before {
        Some(Bar::Explain(why)) if why != Why::Quarantine => Some(why),
        _ => None,
    };
    let version = gateway.gate.version_of(call.user);
    loop {
        let mut changed = std::pin::pin!(notify.notified());
        // Registered before looking, so that no change falls in between.
        changed.as_mut().enable();
        match Box::pin(partnership::newest(gateway, &key)).await {
            // Removed: the next request begins a new partnership.
            Ok(None) => return,
            Ok(Some(row)) => match Box::pin(bar_of(call, &row, kept_out)).await {
                Ok(now) if now != before => return,
                _ => {}
            },
            Err(error) => warn!(%error, "cannot look up a device"),
        }
        // Whether the reason has gone only the gate can tell, when the phone comes again ...
        if kept_out.is_some() && version != gateway.gate.version_of(call.user) {
            return;
        }
        // ... or at once, where a policy was the reason: those have no part in the version.
        if kept_out.is_some_and(|why| why != Why::Frozen)
            && let Ok(true) = gateway.gate.takes_mail_password(call.user).await
        {
            return;
        }
        changed.await;
    }
}

/// Ends a held request so that the phone asks anew at once: for a Ping the folders have changed, a
/// Sync is told the same.
fn look_again(call: &Call<'_>) -> Reply {
    match call.command {
        CommandName::Ping => {
            let response = ping::Response {
                status: ping::status::HIERARCHY_CHANGED,
                ..ping::Response::default()
            };
            Reply::wbxml(response.write(call.version))
        }
        CommandName::Sync if call.version >= ProtocolVersion::V12_1 => failures::status_reply(
            call.version,
            call.command,
            airgate_codec::eas::sync::status::FOLDER_HIERARCHY_CHANGED,
        ),
        _ => failures::status_reply(call.version, call.command, status::SERVER_ERROR_RETRY_LATER),
    }
}

/// The order to wipe that goes out with this Provision; noted before it leaves.
pub(super) async fn wipe_order(call: &Call<'_>) -> Result<Option<WipeScope>, Failure> {
    let gateway = call.gateway;
    let (user, device) = (call.user, call.device);
    // Read from the database, not from memory: an order withdrawn a moment ago must not go out (T54).
    let Some(row) = gateway.store.device(user, device).await? else {
        return Ok(None);
    };
    let known = row.wipe_scope == WipeScope::Device || call.version >= ProtocolVersion::V16_1;
    if call.probe || !known || !matches!(row.wipe, Wipe::Requested | Wipe::Sent) {
        return Ok(None);
    }
    let first = row.wipe == Wipe::Requested;
    if first {
        let (from, to) = (Wipe::Requested, Wipe::Sent);
        if !gateway.store.advance_wipe(user, device, from, to).await? {
            return Ok(None);
        }
        warn!(user = user.as_str(), device = ?device.as_str(), "the device is told to erase itself");
        note(call, AuditAction::WipeSent, row.wipe_scope).await?;
    }
    Ok(Some(row.wipe_scope))
}

/// What the phone says became of a wipe: 1 is done.
pub(super) async fn wipe_confirmed(call: &Call<'_>, said: u8) -> Result<(), Failure> {
    let gateway = call.gateway;
    let Some(row) = gateway.store.device(call.user, call.device).await? else {
        return Ok(());
    };
    if !matches!(row.wipe, Wipe::Requested | Wipe::Sent) {
        info!(
            user = call.user.as_str(),
            "a device speaks of a wipe nobody ordered"
        );
        return Ok(());
    }
    if said != 1 {
        return note(call, AuditAction::WipeFailed, row.wipe_scope).await;
    }
    let by = call.head.client.to_canonical().to_string();
    let decision = Decision {
        by: &by,
        now: clock::now_seconds(),
    };
    match devices::wiped(gateway.store.as_ref(), &row, decision).await {
        Ok(_) => Ok(()),
        Err(DeviceError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::gateway(error)),
    }
}

async fn note(call: &Call<'_>, action: AuditAction, scope: WipeScope) -> Result<(), Failure> {
    let row = AuditRow {
        user: Some(call.user.clone()),
        device: Some(call.device.clone()),
        address: Some(call.head.client.to_canonical().to_string()),
        detail: devices::scope_word(scope).to_owned(),
        ..AuditRow::new(clock::now_seconds(), action)
    };
    Ok(call.gateway.store.append_audit(&[row]).await?)
}
