//! The partnership of a user and a device: its row, written when something in it changes and now and
//! then for "last seen", never on every request.

use airgate_codec::eas::settings::DeviceInformation;
use serde::{Deserialize, Serialize};

use super::{Call, Gateway};
use crate::clock;
use crate::failure::Failure;
use crate::front::Head;
use crate::identity::{DeviceId, UserId};
use crate::store::DeviceRow;
use crate::sync::state;

/// How stale "last seen" may be, in seconds.
const SEEN_AFTER: i64 = 900;
/// Format of what a device says of itself.
const VERSION: u8 = 1;

/// DeviceInformation as it is stored.
#[derive(Debug, Deserialize, Serialize)]
struct Information {
    model: Option<String>,
    imei: Option<String>,
    friendly_name: Option<String>,
    os: Option<String>,
    os_language: Option<String>,
    phone_number: Option<String>,
    user_agent: Option<String>,
    mobile_operator: Option<String>,
}

/// The row of this device, brought up to date with what the request shows of it. Gmail's probe under
/// the id `validate` leaves no trace (device-notes.md section 2).
pub(super) async fn of(
    gateway: &Gateway,
    user: &UserId,
    device: &DeviceId,
    device_type: &str,
    head: &Head,
) -> Result<DeviceRow, Failure> {
    let now = clock::now_seconds();
    let key = (user.clone(), device.clone());
    let known = match gateway.partnerships.get(&key).await {
        Some(row) => Some(row),
        None => gateway.store.device(user, device).await?,
    };
    let mut row = known
        .clone()
        .unwrap_or_else(|| DeviceRow::new(user.clone(), device.clone(), device_type, now));
    row.device_type = device_type.to_owned();
    row.agent = head.agent.clone().or(row.agent);
    row.protocol = head
        .version
        .map(|version| version.to_string())
        .or(row.protocol);
    row.last_address = Some(head.client.to_string());
    let changed = known.as_ref().is_none_or(|known| {
        now - known.last_seen >= SEEN_AFTER
            || known.agent != row.agent
            || known.protocol != row.protocol
            || known.device_type != row.device_type
    });
    if changed && device.as_str() != "validate" {
        row.last_seen = now;
        gateway.store.save_device(&row).await?;
    }
    gateway.partnerships.insert(key, row.clone()).await;
    Ok(row)
}

/// Writes a changed row.
pub(super) async fn save(call: &Call<'_>, row: DeviceRow) -> Result<(), Failure> {
    if call.device.as_str() != "validate" {
        call.gateway.store.save_device(&row).await?;
    }
    let key = (call.user.clone(), call.device.clone());
    call.gateway.partnerships.insert(key, row).await;
    Ok(())
}

/// Keeps what a device says of itself.
pub(super) async fn save_information(
    call: &Call<'_>,
    said: &DeviceInformation,
) -> Result<(), Failure> {
    let said = said.clone();
    let information = Information {
        model: said.model,
        imei: said.imei,
        friendly_name: said.friendly_name,
        os: said.os,
        os_language: said.os_language,
        phone_number: said.phone_number,
        user_agent: said.user_agent,
        mobile_operator: said.mobile_operator,
    };
    let info = state::encode(VERSION, &information);
    if info == call.partnership.info {
        return Ok(());
    }
    // Whatever else changed in this request is in the cached row, not in the call's.
    let key = (call.user.clone(), call.device.clone());
    let row = call.gateway.partnerships.get(&key).await;
    let row = row.unwrap_or_else(|| call.partnership.clone());
    save(call, DeviceRow { info, ..row }).await
}
