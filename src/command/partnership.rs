//! The partnership of a user and a device: its row, written when something in it changes and now and
//! then for "last seen", never on every request.
//!
//! Requests of one device run beside each other, and a row is written as a whole: every change is
//! made to the newest row, under the device's lease. Otherwise a Ping that notes when it was seen
//! would put back the policy key that a Provision has just replaced.

use airgate_codec::eas::settings::DeviceInformation;
use tracing::warn;

use super::{Call, Gateway};
use crate::clock;
use crate::failure::Failure;
use crate::front::Head;
use crate::gate::DeviceFacts;
use crate::identity::{DeviceId, UserId};
use crate::store::{AuditAction, AuditRow, DeviceRow};

/// What a request shows of its device.
pub(super) struct Seen<'a> {
    pub(super) device_type: &'a str,
    pub(super) head: &'a Head,
    /// It came with the mail password alone: nothing else tells its user of a new one (C16).
    pub(super) unannounced: bool,
}

/// How stale "last seen" may be, in seconds.
const SEEN_AFTER: i64 = 900;
/// How soon another User-Agent or version is worth a write, in seconds: some phones have two agents
/// and use them in turn.
const CHANGED_AFTER: i64 = 60;
/// A device not seen for this long, in seconds, does not count any more among the user's devices:
/// people replace phones, and nobody tells us.
const GONE_AFTER: i64 = 90 * 86_400;
/// Gmail's probe, which leaves no trace (device-notes.md section 2).
const PROBE: &str = "validate";
/// The chain whose lease guards the row.
const LEASE: &str = "partnership";

/// The row of this device, brought up to date with what the request shows of it; `None` when it is
/// new and the user has as many devices as may be.
pub(super) async fn of(
    gateway: &Gateway,
    user: &UserId,
    device: &DeviceId,
    seen: Seen<'_>,
) -> Result<Option<DeviceRow>, Failure> {
    let Seen {
        device_type, head, ..
    } = seen;
    let now = clock::now_seconds();
    let key = (user.clone(), device.clone());
    if let Some(row) = kept(gateway, &key).await
        && !is_stale(&row, device_type, head, now)
    {
        return Ok(Some(row));
    }
    let _lease = gateway.leases.take(user, device, LEASE).await;
    let mut row = match newest(gateway, &key).await? {
        Some(row) => row,
        None => {
            let new = DeviceRow::new(user.clone(), device.clone(), device_type, 0);
            if device.as_str() != PROBE && !has_room(gateway, user, now).await? {
                warn!(
                    user = user.as_str(),
                    device = ?device.as_str(),
                    "a new device is refused: the user has as many as may be"
                );
                return Ok(None);
            }
            if seen.unannounced && device.as_str() != PROBE {
                // Before the row: rather told twice than never (C16).
                let event = AuditRow {
                    user: Some(user.clone()),
                    device: Some(device.clone()),
                    address: Some(head.client.to_canonical().to_string()),
                    detail: device_type.to_owned(),
                    ..AuditRow::new(now, AuditAction::DeviceNew)
                };
                gateway.store.append_audit(&[event]).await?;
            }
            DeviceRow {
                first_seen: now,
                ..new
            }
        }
    };
    if is_stale(&row, device_type, head, now) {
        device_type.clone_into(&mut row.device_type);
        row.agent = head.agent.clone().or(row.agent);
        row.protocol = protocol(head).or(row.protocol);
        row.last_address = Some(head.client.to_string());
        row.last_seen = now;
        write(gateway, key, &row).await?;
    } else {
        keep(gateway, key, row.clone()).await;
    }
    Ok(Some(row))
}

/// Changes the newest row and writes it.
pub(super) async fn update(
    call: &Call<'_>,
    change: impl FnOnce(&mut DeviceRow),
) -> Result<(), Failure> {
    let gateway = call.gateway;
    let key = (call.user.clone(), call.device.clone());
    let _lease = gateway.leases.take(call.user, call.device, LEASE).await;
    let before = newest(gateway, &key).await?;
    let before = before.unwrap_or_else(|| call.partnership.clone());
    let mut row = before.clone();
    change(&mut row);
    if row != before {
        write(gateway, key, &row).await?;
    }
    Ok(())
}

/// Keeps what a device says of itself.
pub(super) async fn save_information(
    call: &Call<'_>,
    said: &DeviceInformation,
) -> Result<(), Failure> {
    let said = said.clone();
    let information = DeviceFacts {
        model: said.model,
        imei: said.imei,
        friendly_name: said.friendly_name,
        os: said.os,
        os_language: said.os_language,
        phone_number: said.phone_number,
        user_agent: said.user_agent,
        mobile_operator: said.mobile_operator,
    };
    let info = information.encode();
    update(call, |row| row.info = info).await
}

/// The row as it is now: what people decided about the device in it is never older than the last
/// change the gate heard of.
pub(super) async fn newest(
    gateway: &Gateway,
    key: &(UserId, DeviceId),
) -> Result<Option<DeviceRow>, Failure> {
    if let Some(row) = kept(gateway, key).await {
        return Ok(Some(row));
    }
    let version = gateway.gate.version_of(&key.0);
    let row = gateway.store.device(&key.0, &key.1).await?;
    if let Some(row) = &row {
        let kept = (row.clone(), version);
        gateway.partnerships.insert(key.clone(), kept).await;
    }
    Ok(row)
}

async fn kept(gateway: &Gateway, key: &(UserId, DeviceId)) -> Option<DeviceRow> {
    let (row, version) = gateway.partnerships.get(key).await?;
    (version == gateway.gate.version_of(&key.0)).then_some(row)
}

/// Keeps a row that was read or written under the device's lease.
async fn keep(gateway: &Gateway, key: (UserId, DeviceId), row: DeviceRow) {
    // A decision in between is in the store and not in this row: it stays as old as it was read.
    let read_at = gateway.partnerships.get(&key).await;
    let version = read_at.map_or_else(|| gateway.gate.version_of(&key.0), |(_, version)| version);
    gateway.partnerships.insert(key, (row, version)).await;
}

async fn write(gateway: &Gateway, key: (UserId, DeviceId), row: &DeviceRow) -> Result<(), Failure> {
    if key.1.as_str() != PROBE {
        gateway.store.save_device(row).await?;
    }
    keep(gateway, key, row.clone()).await;
    Ok(())
}

async fn has_room(gateway: &Gateway, user: &UserId, now: i64) -> Result<bool, Failure> {
    let devices = gateway.store.devices(user).await?;
    let present = devices
        .iter()
        .filter(|row| now.saturating_sub(row.last_seen) < GONE_AFTER)
        .count();
    let most = gateway.gate.rules_of(user).await?.access.devices;
    Ok(present < usize::try_from(most).unwrap_or(usize::MAX))
}

fn is_stale(row: &DeviceRow, device_type: &str, head: &Head, now: i64) -> bool {
    let age = now.saturating_sub(row.last_seen);
    let differs = row.device_type != device_type
        || (head.agent.is_some() && head.agent != row.agent)
        || (head.version.is_some() && protocol(head) != row.protocol);
    age >= SEEN_AFTER || (differs && age >= CHANGED_AFTER)
}

fn protocol(head: &Head) -> Option<String> {
    head.version.map(|version| version.as_str().to_owned())
}
