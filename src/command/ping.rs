//! Ping ([MS-ASCMD] 2.2.1.13): waits for changes in some folders.

use std::time::Duration;

use airgate_codec::eas::ping::{Folder, Request, Response, status};
use serde::{Deserialize, Serialize};

use super::meetings::due::catch_up;
use super::objects::has_calendars;
use super::watch::{self, Woken};
use super::{Call, folders, malformed};
use crate::failure::Failure;
use crate::front::Reply;
use crate::push::HoldKind;
use crate::sync::state;

/// The note under which the parameters of the last Ping are kept, and its format.
const NOTE: &str = "ping";
const VERSION: u8 = 1;
/// Folders in one Ping: more than any phone has.
const MAX_FOLDERS: usize = 300;

/// What the next Ping need not say again.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Parameters {
    heartbeat: Option<u32>,
    folders: Option<Vec<String>>,
}

/// Answers a Ping, when something changes or the time is over.
pub(super) async fn ping(call: &Call<'_>) -> Result<Reply, Failure> {
    if let Some(refusal) = call.gateway.loops.refuse(call).await {
        return Ok(refusal);
    }
    let response = match respond(call).await? {
        Ok(response) => response,
        Err(reply) => return Ok(reply),
    };
    // Samsung's and Outlook's ask again within the second after an error (device-notes.md section 4).
    if !matches!(response.status, status::CHANGES | status::NO_CHANGES) {
        call.gateway.loops.answered(call).await;
    }
    Ok(Reply::wbxml(response.write(call.version)))
}

/// What to answer, or what to say of a request that is none.
async fn respond(call: &Call<'_>) -> Result<Result<Response, Reply>, Failure> {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(Err(malformed(call, &fault, status::SYNTAX_ERROR))),
    };
    let of = |status| Response {
        status,
        ..Response::default()
    };
    let stored = parameters(call).await?;
    let folder_ids = |folders: Vec<Folder>| folders.into_iter().map(|folder| folder.id).collect();
    let now = Parameters {
        heartbeat: request.heartbeat.or(stored.heartbeat),
        folders: request
            .folders
            .map(folder_ids)
            .or_else(|| stored.folders.clone()),
    };
    let (Some(heartbeat), Some(ids)) = (now.heartbeat, now.folders.clone()) else {
        return Ok(Ok(of(status::MISSING_PARAMETERS)));
    };
    let bounds = &call.gateway.settings.heartbeat;
    if heartbeat < bounds.min || heartbeat > bounds.max {
        return Ok(Ok(Response {
            heartbeat: Some(heartbeat.clamp(bounds.min, bounds.max)),
            ..of(status::INTERVAL_OUT_OF_RANGE)
        }));
    }
    if ids.len() > MAX_FOLDERS {
        return Ok(Ok(Response {
            max_folders: u32::try_from(MAX_FOLDERS).ok(),
            ..of(status::TOO_MANY_FOLDERS)
        }));
    }
    if now != stored {
        let note = state::encode(VERSION, &now);
        call.gateway
            .store
            .set_note(call.user, call.device, NOTE, Some(&note))
            .await?;
    }
    let rows = folders::all(call).await?;
    // A folder never synced is passed over: iOS pings such folders, and an error loops
    // (device-notes.md section 4). One that is gone is told at once.
    if ids
        .iter()
        .any(|id| !rows.iter().any(|row| row.id == *id && !row.retired))
    {
        return Ok(Ok(of(status::HIERARCHY_CHANGED)));
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    if has_calendars(&rows, ids.iter().copied()) {
        Box::pin(catch_up(call)).await;
    }
    let patience = Duration::from_secs(u64::from(heartbeat));
    let hold = call
        .gateway
        .holds
        .begin(call.user, call.device, HoldKind::Ping);
    let response = match watch::wait(call, &rows, &ids, patience, &hold).await? {
        Woken::Changes(folders) => Response {
            folders,
            ..of(status::CHANGES)
        },
        Woken::Hierarchy => of(status::HIERARCHY_CHANGED),
        Woken::Nothing | Woken::Superseded => of(status::NO_CHANGES),
    };
    Ok(Ok(response))
}

async fn parameters(call: &Call<'_>) -> Result<Parameters, Failure> {
    let note = call
        .gateway
        .store
        .note(call.user, call.device, NOTE)
        .await?;
    Ok(note
        .and_then(|blob| state::decode(VERSION, &blob).ok())
        .unwrap_or_default())
}
