//! What a Sync request means once the stored request is taken into account: the empty request
//! repeats it, the partial one changes it ([MS-ASCMD] 2.2.1.21; REFERENCE 5.9).

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync::{Collection, Request};

use super::super::{Call, folders};
use crate::failure::Failure;

/// The note under which the stored request is kept.
const NOTE: &str = "sync-request";
/// Client commands in one request ([MS-ASCMD] 3.1.5.10).
const MAX_COMMANDS: usize = 200;
/// Collections in one request: more than any phone has, few enough to bound the work.
const MAX_COLLECTIONS: usize = 300;

/// Status codes of Sync that concern the whole request.
mod status {
    pub(super) const PROTOCOL_ERROR: u16 = 4;
    pub(super) const SEND_ALL_AGAIN: u16 = 13;
    pub(super) const WAIT_OUT_OF_RANGE: u16 = 14;
    pub(super) const TOO_MANY_COLLECTIONS: u16 = 15;
}

/// A request with nothing left unsaid.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) collections: Vec<Collection>,
    /// The window over all collections together.
    pub(super) window: Option<u32>,
    /// How long to wait for a change when there is none.
    pub(super) wait: Option<Duration>,
}

/// The whole request is refused with this status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) limit: Option<u32>,
}

impl Refused {
    const fn with(status: u16) -> Self {
        Self {
            status,
            limit: None,
        }
    }
}

/// Completes a request out of the stored one and stores what is to be repeated.
pub(super) async fn complete(
    call: &Call<'_>,
    mut request: Request,
) -> Result<Result<Wanted, Refused>, Failure> {
    if let Err(refused) = check(call, &request) {
        return Ok(Err(refused));
    }
    let stands_alone = !request.partial && request.collections.is_some();
    if !stands_alone {
        let stored = stored(call).await?;
        let usable = call.version >= ProtocolVersion::V12_1;
        let Some(stored) = stored.filter(|_| usable) else {
            return Ok(Err(Refused::with(status::SEND_ALL_AGAIN)));
        };
        request = merge(request, stored);
        let folders = folders::all(call).await?;
        for collection in request.collections.iter_mut().flatten() {
            if collection.sync_key.is_some() {
                continue;
            }
            let id = &collection.collection_id;
            let folder = folders.iter().find(|folder| folder.id == *id);
            let chain = folder.map_or_else(|| id.clone(), |folder| call.space(folder));
            let row = call
                .gateway
                .store
                .chain(call.user, call.device, &chain)
                .await?;
            let Some(row) = row else {
                return Ok(Err(Refused::with(status::SEND_ALL_AGAIN)));
            };
            collection.sync_key = Some(format!("{}.{}", row.epoch, row.counter));
        }
    }
    remember(call, &request).await?;
    let wait = request
        .heartbeat
        .map(|seconds| Duration::from_secs(u64::from(seconds)))
        .or_else(|| {
            request
                .wait
                .map(|minutes| Duration::from_secs(u64::from(minutes) * 60))
        });
    Ok(Ok(Wanted {
        collections: request.collections.unwrap_or_default(),
        window: request.window_size,
        wait,
    }))
}

fn check(call: &Call<'_>, request: &Request) -> Result<(), Refused> {
    let only_partial = request.partial
        && Request {
            partial: false,
            ..request.clone()
        }
        .is_empty();
    if only_partial || (request.wait.is_some() && request.heartbeat.is_some()) {
        return Err(Refused::with(status::PROTOCOL_ERROR));
    }
    let collections = request.collections.as_deref().unwrap_or_default();
    let commands: usize = collections
        .iter()
        .map(|collection| collection.commands.len())
        .sum();
    if commands > MAX_COMMANDS {
        return Err(Refused::with(status::PROTOCOL_ERROR));
    }
    if collections.len() > MAX_COLLECTIONS {
        let limit = u32::try_from(MAX_COLLECTIONS).ok();
        return Err(Refused {
            status: status::TOO_MANY_COLLECTIONS,
            limit,
        });
    }
    let heartbeat = &call.gateway.settings.heartbeat;
    let out_of_range = |limit| {
        Err(Refused {
            status: status::WAIT_OUT_OF_RANGE,
            limit: Some(limit),
        })
    };
    match (request.wait, request.heartbeat) {
        (Some(0), _) => out_of_range(1),
        (Some(minutes), _) if minutes > 59 => out_of_range(59),
        (_, Some(seconds)) if seconds < heartbeat.min => out_of_range(heartbeat.min),
        (_, Some(seconds)) if seconds > heartbeat.max => out_of_range(heartbeat.max),
        _ => Ok(()),
    }
}

/// The stored request with what this one says laid over it.
fn merge(request: Request, stored: Request) -> Request {
    let mut collections = stored.collections.unwrap_or_default();
    for named in request.collections.unwrap_or_default() {
        match collections
            .iter_mut()
            .find(|kept| kept.collection_id == named.collection_id)
        {
            Some(kept) => {
                let old = std::mem::take(kept);
                *kept = Collection {
                    class: named.class.or(old.class),
                    supported: named.supported.or(old.supported),
                    deletes_as_moves: named.deletes_as_moves.or(old.deletes_as_moves),
                    get_changes: named.get_changes.or(old.get_changes),
                    window_size: named.window_size.or(old.window_size),
                    conversation_mode: named.conversation_mode.or(old.conversation_mode),
                    options: named.options.or(old.options),
                    ..named
                };
            }
            None => collections.push(named),
        }
    }
    let waits = request.wait.is_some() || request.heartbeat.is_some();
    Request {
        collections: Some(collections),
        wait: if waits { request.wait } else { stored.wait },
        heartbeat: if waits {
            request.heartbeat
        } else {
            stored.heartbeat
        },
        window_size: request.window_size.or(stored.window_size),
        partial: false,
    }
}

async fn stored(call: &Call<'_>) -> Result<Option<Request>, Failure> {
    let note = call
        .gateway
        .store
        .note(call.user, call.device, NOTE)
        .await?;
    Ok(note
        .and_then(|bytes| Request::read(&bytes).ok())
        .filter(|request| !request.is_empty()))
}

/// Keeps the request without its commands and keys: the keys are those last issued.
async fn remember(call: &Call<'_>, request: &Request) -> Result<(), Failure> {
    if call.version < ProtocolVersion::V12_1 {
        return Ok(());
    }
    let without_commands = |said: &Collection| Collection {
        class: said.class,
        sync_key: None,
        collection_id: said.collection_id.clone(),
        supported: said.supported.clone(),
        deletes_as_moves: said.deletes_as_moves,
        get_changes: said.get_changes,
        window_size: said.window_size,
        conversation_mode: said.conversation_mode,
        options: said.options.clone(),
        // Not even copied: drafts bring their attachments along.
        commands: Vec::new(),
    };
    let kept = Request {
        collections: request
            .collections
            .as_ref()
            .map(|all| all.iter().map(without_commands).collect()),
        wait: request.wait,
        heartbeat: request.heartbeat,
        window_size: request.window_size,
        partial: false,
    };
    let bytes = kept.write(call.version);
    let store = &call.gateway.store;
    if store.note(call.user, call.device, NOTE).await?.as_deref() != Some(&bytes) {
        store
            .set_note(call.user, call.device, NOTE, Some(&bytes))
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(id: &str, key: Option<&str>) -> Collection {
        Collection {
            collection_id: id.into(),
            sync_key: key.map(Into::into),
            ..Collection::default()
        }
    }

    #[test]
    fn a_partial_request_changes_only_what_it_names() {
        let stored = Request {
            collections: Some(vec![
                Collection {
                    window_size: Some(25),
                    ..collection("m1", None)
                },
                collection("m2", None),
            ]),
            heartbeat: Some(600),
            ..Request::default()
        };
        let partial = Request {
            collections: Some(vec![
                collection("m1", Some("9.4")),
                collection("m3", Some("0")),
            ]),
            partial: true,
            ..Request::default()
        };
        let merged = merge(partial, stored.clone());
        let collections = merged.collections.expect("there");
        assert_eq!(collections.len(), 3);
        assert_eq!(collections[0].sync_key.as_deref(), Some("9.4"));
        assert_eq!(collections[0].window_size, Some(25));
        assert_eq!(collections[1].sync_key, None);
        assert_eq!(merged.heartbeat, Some(600));
        let waiting = Request {
            wait: Some(5),
            partial: true,
            ..Request::default()
        };
        let merged = merge(waiting, stored);
        assert_eq!((merged.wait, merged.heartbeat), (Some(5), None));
    }
}
