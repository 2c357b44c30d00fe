//! The explaining mailbox: what a known phone sees whose user is kept out, or which somebody has to let
//! in first. One inbox, one mail that says why and what to do, and Pings that wait; a password asked
//! for over and over would tell nobody anything.
//!
//! Nothing is stored and no backend is asked. The keys (`why.second-factor.1`) are none the engine
//! issues, and those of the engine are none here, so a phone that is kept out begins anew with this
//! inbox, and one that is let in begins anew with its mail (statuses 3, 9 and 12; S3).

mod mail;

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::folder_sync::{self, Changes, Folder, FolderType};
use airgate_codec::eas::get_item_estimate::{self, Estimate};
use airgate_codec::eas::item_operations::{self, FetchHead, Operation, Outcome, Properties};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::sync::{self, CollectionHead, Command, ItemData, ItemResponse};
use airgate_codec::eas::{ping, status};

use super::{Answer, Call, failures, malformed, provision, settings};
use crate::clock;
use crate::front::Reply;
use crate::gate::Why;
use crate::letter;
use crate::push::HoldKind;

/// The one folder, and the one mail in it.
const INBOX: &str = "why";
const ITEM: &str = "why:1";
/// The key of the folders.
const FOLDERS: &str = "why.1";

/// Answers a command of a phone that is kept out.
pub(super) async fn answer(call: &Call<'_>, why: Why) -> Reply {
    if !call.command.exists_in(call.version) {
        return failures::status_reply(call.version, call.command, status::VERSION_NOT_SUPPORTED);
    }
    let answer = match call.command {
        CommandName::FolderSync => folders(call),
        CommandName::Sync => synchronise(call, why).await,
        CommandName::Ping => wait(call).await,
        CommandName::GetItemEstimate => estimate(call, why),
        CommandName::ItemOperations => fetch(call, why),
        CommandName::Provision => provision::provision(call).await,
        CommandName::Settings => settings::settings(call).await,
        // Nothing is sent, moved or searched for.
        _ => Ok(failures::status_reply(
            call.version,
            call.command,
            status::ACCESS_DENIED,
        )),
    };
    answer.unwrap_or_else(|failure| failures::reply(call.version, call.command, &failure))
}

fn folders(call: &Call<'_>) -> Answer {
    use folder_sync::{Request, Response, status};
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::MALFORMED)),
    };
    let adds = match request.sync_key.trim() {
        "0" => vec![Folder {
            server_id: INBOX.to_owned(),
            parent_id: "0".to_owned(),
            display_name: letter::inbox(mail::language(call)).to_owned(),
            kind: FolderType::Inbox,
        }],
        FOLDERS => Vec::new(),
        // The folders of the phone's own mail: it begins anew with this one.
        _ => {
            let refused = Response::failure(status::INVALID_SYNC_KEY);
            return Ok(Reply::wbxml(refused.write(call.version)));
        }
    };
    let response = Response {
        status: status::OK,
        sync_key: Some(FOLDERS.to_owned()),
        changes: Some(Changes {
            updates: Vec::new(),
            deletes: Vec::new(),
            adds,
        }),
    };
    Ok(Reply::wbxml(response.write(call.version)))
}

async fn synchronise(call: &Call<'_>, why: Why) -> Answer {
    use sync::{Request, ResponseWriter, status};
    let failure = |status| Reply::wbxml(ResponseWriter::failure(call.version, status, None));
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    // Nothing is kept that could complete it.
    let Some(collections) = request.collections.filter(|_| !request.partial) else {
        return Ok(failure(status::REQUEST_INCOMPLETE));
    };
    let mut writer = ResponseWriter::new(call.version);
    let mut speaks = false;
    for collection in &collections {
        let key = collection.sync_key.as_deref().unwrap_or_default().trim();
        let place = match collection.collection_id == INBOX {
            true => Place::of(key, why),
            false => Place::Elsewhere,
        };
        let (status, next) = match place {
            Place::Elsewhere => (status::FOLDER_HIERARCHY_CHANGED, "0".to_owned()),
            Place::Foreign => (status::INVALID_SYNC_KEY, "0".to_owned()),
            Place::Start => (status::OK, Place::Empty.key(why)),
            Place::Empty | Place::Full => (status::OK, Place::Full.key(why)),
        };
        let responses = responses(&collection.commands, call, why);
        let news = place == Place::Empty && collection.get_changes != Some(false);
        if place == Place::Full && responses.is_empty() {
            continue;
        }
        speaks = true;
        writer.begin_collection(&CollectionHead {
            class: Some(Class::Email),
            sync_key: next,
            collection_id: collection.collection_id.clone(),
            status,
            more_available: false,
        });
        writer.responses(&responses);
        writer.begin_commands();
        if news {
            let options = collection.options.as_deref().unwrap_or_default();
            let mail = mail::email(call, why, &mail::wanted(options));
            writer.add(ITEM, &ItemData::Email(Box::new(mail)));
        }
        writer.end_commands();
        writer.end_collection();
    }
    if !speaks {
        let minutes = request.wait.map(|minutes| minutes.saturating_mul(60));
        if let Some(seconds) = request.heartbeat.or(minutes) {
            rest(call, seconds, HoldKind::Sync).await;
        }
    }
    let document = writer.finish();
    Ok(match document.is_empty() || !speaks {
        // Up to 12.0 an answer has a body; nothing in it says the same.
        true if call.version < ProtocolVersion::V12_1 => {
            Reply::wbxml(ResponseWriter::new(call.version).finish())
        }
        true => Reply::empty(),
        false => Reply::wbxml(document),
    })
}

/// Where a key of the inbox stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Another folder.
    Elsewhere,
    /// Another life, or another reason: the mail would be another.
    Foreign,
    Start,
    /// Nothing told yet.
    Empty,
    /// The phone has the mail.
    Full,
}

impl Place {
    fn of(key: &str, why: Why) -> Self {
        if key == "0" {
            return Self::Start;
        }
        [Self::Empty, Self::Full]
            .into_iter()
            .find(|place| place.key(why) == key)
            .unwrap_or(Self::Foreign)
    }

    fn key(self, why: Why) -> String {
        let generation = if self == Self::Full { 2 } else { 1 };
        format!("why.{}.{generation}", why.as_str())
    }
}

/// What became of the phone's own changes. The mail may be read, flagged or deleted: that is done
/// where it matters, on the phone.
fn responses(commands: &[Command], call: &Call<'_>, why: Why) -> Vec<ItemResponse> {
    let known = |id: &str| match id == ITEM {
        true => sync::status::OK,
        false => sync::status::OBJECT_NOT_FOUND,
    };
    let mut responses = Vec::new();
    for command in commands {
        match command {
            Command::Add { client_id, .. } => responses.push(ItemResponse::Add {
                class: None,
                client_id: client_id.clone(),
                server_id: None,
                status: sync::status::CONVERSION_ERROR,
                data: None,
            }),
            Command::Fetch { server_id } => responses.push(ItemResponse::Fetch {
                server_id: server_id.clone(),
                status: known(server_id),
                data: (server_id == ITEM).then(|| {
                    let whole = mail::Wanted::default();
                    ItemData::Email(Box::new(mail::email(call, why, &whole)))
                }),
            }),
            Command::Change { server_id, .. } | Command::Delete { server_id, .. }
                if server_id == ITEM => {}
            Command::Change { server_id, .. } => responses.push(ItemResponse::Change {
                class: None,
                server_id: server_id.clone(),
                instance_id: None,
                status: sync::status::OBJECT_NOT_FOUND,
                data: None,
            }),
            Command::Delete { server_id, .. } => responses.push(ItemResponse::Delete {
                server_id: server_id.clone(),
                instance_id: None,
                status: sync::status::OBJECT_NOT_FOUND,
            }),
        }
    }
    responses
}

async fn wait(call: &Call<'_>) -> Answer {
    use ping::{Request, Response, status};
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::SYNTAX_ERROR)),
    };
    let bounds = &call.gateway.settings.heartbeat;
    let heartbeat = request.heartbeat.unwrap_or(bounds.max);
    let elsewhere = |folders: Vec<ping::Folder>| folders.iter().any(|folder| folder.id != INBOX);
    let response = if request.folders.is_none_or(elsewhere) {
        // A Ping "as before" means the folders of before.
        Response {
            status: status::HIERARCHY_CHANGED,
            ..Response::default()
        }
    } else if heartbeat < bounds.min || heartbeat > bounds.max {
        Response {
            status: status::INTERVAL_OUT_OF_RANGE,
            heartbeat: Some(heartbeat.clamp(bounds.min, bounds.max)),
            ..Response::default()
        }
    } else {
        rest(call, heartbeat, HoldKind::Ping).await;
        Response {
            status: status::NO_CHANGES,
            ..Response::default()
        }
    };
    Ok(Reply::wbxml(response.write(call.version)))
}

/// Holds a request; what lets the phone in ends it from outside.
async fn rest(call: &Call<'_>, seconds: u32, kind: HoldKind) {
    let most = call.gateway.settings.heartbeat.max;
    let patience = Duration::from_secs(u64::from(seconds.min(most)));
    let hold = call.gateway.holds.begin(call.user, call.device, kind);
    tokio::select! {
        () = tokio::time::sleep_until(clock::deadline(patience)) => {}
        () = hold.superseded() => {}
        () = call.gateway.ending(call.user, call.device) => {}
    }
}

fn estimate(call: &Call<'_>, why: Why) -> Answer {
    use get_item_estimate::{Request, Response, status};
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => {
            let own = airgate_codec::eas::status::INVALID_XML;
            return Ok(malformed(call, &fault, own));
        }
    };
    let estimates = request.collections.into_iter().map(|asked| {
        let key = asked.sync_key.as_deref().unwrap_or_default();
        let (status, count) = match Place::of(key.trim(), why) {
            _ if asked.collection_id != INBOX => (status::INVALID_COLLECTION, None),
            Place::Start => (status::NOT_PRIMED, None),
            Place::Empty => (status::OK, Some(1)),
            Place::Full => (status::OK, Some(0)),
            Place::Foreign | Place::Elsewhere => (status::INVALID_SYNC_KEY, None),
        };
        Estimate {
            status,
            class: (call.version <= ProtocolVersion::V12_1).then_some(Class::Email),
            collection_id: Some(asked.collection_id),
            count,
        }
    });
    let response = Response {
        status: None,
        estimates: estimates.collect(),
    };
    Ok(Reply::wbxml(response.write(call.version)))
}

fn fetch(call: &Call<'_>, why: Why) -> Answer {
    use item_operations::{Request, Response, status};
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    let outcomes = request
        .operations
        .into_iter()
        .map(|operation| match operation {
            Operation::Fetch(asked) => {
                let ours = asked.collection_id.as_deref() == Some(INBOX)
                    && asked.server_id.as_deref() == Some(ITEM);
                let preferences = &asked.options.body_preferences;
                Outcome::Fetch {
                    head: FetchHead {
                        status: if ours { status::OK } else { status::NOT_FOUND },
                        collection_id: asked.collection_id.clone(),
                        server_id: asked.server_id.clone(),
                        class: ours.then_some(Class::Email),
                        ..FetchHead::default()
                    },
                    properties: ours.then(|| {
                        let wanted = mail::Wanted {
                            preferences: preferences.clone(),
                            ..mail::Wanted::default()
                        };
                        Properties::Item(ItemData::Email(Box::new(mail::email(call, why, &wanted))))
                    }),
                }
            }
            Operation::EmptyFolderContents { collection_id, .. } => Outcome::EmptyFolderContents {
                status: status::ACCESS_DENIED,
                collection_id,
            },
            Operation::Move {
                conversation_id, ..
            } => Outcome::Move {
                status: status::ACCESS_DENIED,
                conversation_id,
            },
        });
    let response = Response {
        status: status::OK,
        outcomes: outcomes.collect(),
    };
    Ok(Reply::wbxml(response.write(call.version)))
}
