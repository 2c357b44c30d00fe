//! What phones overwrote or deleted, and its way back (S8, S13). The command line and the portal use
//! the same functions.
//!
//! A phone that loses its mind deletes a whole address book as easily as one card; so whatever a phone
//! takes away from an object is kept as it was for [`KEPT`](crate::store::undo::KEPT), sealed.

mod quiet;
mod told;

use airgate_codec::vobject::Stamp;
use serde::{Deserialize, Serialize};

use self::told::told;

use crate::backend::Login;
use crate::backend::dav::{Collection, CollectionKind, Data, Dav, DavError, Davs, Guard, Href};
use crate::failure::Failure;
use crate::gate::keys::ServerKeys;
use crate::gate::seal::{self, SealError};
use crate::identity::{DeviceId, UserId};
use crate::item::object::Kind;
use crate::store::{Store, UndoReason, UndoRow};

/// What an object is sealed for.
const PURPOSE: &[u8] = b"airgate undo 1";
/// Rows shown at a time.
pub const PAGE: u32 = 200;

/// An object as it was.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Kept {
    pub href: String,
    pub text: Vec<u8>,
}

/// One line of the list.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub id: i64,
    /// When it was, in seconds since 1970.
    pub at: i64,
    /// `deleted`, `overwritten` or `lost`.
    pub reason: &'static str,
    /// `event`, `contact`, `task` or `note`.
    pub class: &'static str,
    /// Whose doing it was; nobody's where a restore replaced it.
    pub device: String,
    pub collection: String,
    /// What people call it; `None` where it is sealed under a key that is not here.
    pub title: Option<String>,
    /// When an event begins, when a task is due.
    #[serde(skip)]
    pub when: Option<Stamp>,
    /// Where it is, or how somebody is reached.
    #[serde(skip)]
    pub more: Vec<String>,
}

/// Why something cannot be brought back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no such entry: it is older than 30 days, or back already")]
    Unknown,
    #[error("the entry cannot be opened: {0}")]
    Sealed(#[from] SealError),
    #[error("the entry is damaged")]
    Damaged,
    #[error("no calendar or contacts server is configured for it")]
    NoServer,
    #[error("the object changes all the time; try again")]
    Busy,
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Server(#[from] DavError),
}

/// Keeps an object as it is now; returns the row's id.
///
/// # Errors
/// The store's: then nothing is to be overwritten.
pub async fn keep(
    store: &dyn Store,
    keys: &ServerKeys,
    of: (&UserId, &DeviceId, &str),
    kind: Kind,
    reason: UndoReason,
    kept: &Kept,
    now: i64,
) -> Result<i64, Failure> {
    let (user, device, collection) = of;
    let octets = postcard::to_stdvec(kept).map_err(|error| Failure::gateway(error.to_string()))?;
    let sealed = close(keys, user, &octets).map_err(Failure::gateway)?;
    let row = UndoRow {
        id: 0,
        user: user.clone(),
        device: device.as_str().to_owned(),
        collection: collection.to_owned(),
        kind: code(kind),
        reason,
        at: now,
        key_id: keys.vault.id().to_owned(),
        sealed,
    };
    Ok(store.keep_undo(&row).await?)
}

/// A user's entries, the newest first; those older than `before` if that is given.
///
/// # Errors
/// The store's.
pub async fn list(
    store: &dyn Store,
    keys: &ServerKeys,
    user: &UserId,
    before: Option<i64>,
) -> Result<Vec<Entry>, crate::store::StoreError> {
    let rows = store.undo_rows(user, before, PAGE).await?;
    Ok(rows.into_iter().map(|row| entry(keys, user, row)).collect())
}

/// Some of a user's entries, as far as they are there.
///
/// # Errors
/// The store's.
pub async fn some(
    store: &dyn Store,
    keys: &ServerKeys,
    user: &UserId,
    ids: &[i64],
) -> Result<Vec<Entry>, crate::store::StoreError> {
    let mut entries = Vec::new();
    for id in ids {
        if let Some(row) = store.undo_row(user, *id).await? {
            entries.push(entry(keys, user, row));
        }
    }
    Ok(entries)
}

fn entry(keys: &ServerKeys, user: &UserId, row: UndoRow) -> Entry {
    let told = open(keys, user, &row).ok().map(|kept| told(&kept.text));
    let (title, when, more) = match told {
        Some(told) => (Some(told.title), told.when, told.more),
        None => (None, None, Vec::new()),
    };
    Entry {
        id: row.id,
        at: row.at,
        reason: match row.reason {
            UndoReason::Deleted => "deleted",
            UndoReason::Overwritten => "overwritten",
            UndoReason::Lost => "lost",
        },
        class: match kind_of(row.kind) {
            Some(Kind::Event) => "event",
            Some(Kind::Contact) => "contact",
            Some(Kind::Task) => "task",
            Some(Kind::Note) => "note",
            None => "unknown",
        },
        device: row.device,
        collection: row.collection,
        title,
        when,
        more,
    }
}

/// The object of an entry, as it was.
///
/// # Errors
/// See [`RestoreError`].
pub async fn read(
    store: &dyn Store,
    keys: &ServerKeys,
    user: &UserId,
    id: i64,
) -> Result<(Kind, Kept), RestoreError> {
    let row = store.undo_row(user, id).await?;
    let row = row.ok_or(RestoreError::Unknown)?;
    let kind = kind_of(row.kind).ok_or(RestoreError::Damaged)?;
    Ok((kind, open(keys, user, &row)?))
}

/// What was brought back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Restored {
    pub href: Href,
    /// People a meeting of the user's own has, who are not told that it is back.
    pub untold: usize,
}

/// Brings an object back as it was; its entry goes. What lies in its place now is kept in its turn, so
/// a restore can be undone as well. A calendar server that schedules tells nobody of it
/// (`quiet`).
///
/// # Errors
/// See [`RestoreError`].
pub async fn restore(
    store: &dyn Store,
    keys: &ServerKeys,
    davs: &Davs,
    login: &Login,
    id: i64,
    now: i64,
) -> Result<Restored, RestoreError> {
    let user = &login.user;
    let row = store.undo_row(user, id).await?;
    let row = row.ok_or(RestoreError::Unknown)?;
    let kind = kind_of(row.kind).ok_or(RestoreError::Damaged)?;
    let kept = open(keys, user, &row)?;
    let href = Href::path(&kept.href).map_err(|_| RestoreError::Damaged)?;
    let dav = server(davs, kind).ok_or(RestoreError::NoServer)?;
    let href = place(dav, login, kind, href).await?;
    let data = data_of(kind);
    let quiet = quiet::quiet(dav, login, kind, &kept.text).await?;
    let back = |href: Href| Restored {
        href,
        untold: quiet.untold,
    };
    for _ in 0..TRIES {
        let present = match dav.get(login, &href).await {
            Ok(present) => Some(present),
            Err(DavError::NotFound) => None,
            Err(error) => return Err(error.into()),
        };
        let (guard, replaced) = match &present {
            Some((_, text)) if **text == *kept.text => {
                store.drop_undo(user, &[id]).await?;
                return Ok(Restored { href, untold: 0 });
            }
            Some((etag, text)) => {
                let now_there = Kept {
                    href: kept.href.clone(),
                    text: text.to_vec(),
                };
                let octets = postcard::to_stdvec(&now_there).map_err(|_| RestoreError::Damaged)?;
                let replaced = UndoRow {
                    id: 0,
                    device: String::new(),
                    reason: UndoReason::Overwritten,
                    at: now,
                    key_id: keys.vault.id().to_owned(),
                    sealed: close(keys, user, &octets)?,
                    ..row.clone()
                };
                (Guard::Match(etag), Some(store.keep_undo(&replaced).await?))
            }
            None => (Guard::New, None),
        };
        let text = quiet.first.clone().unwrap_or_else(|| kept.text.clone());
        let done = dav.put(login, &href, text.into(), data, guard).await;
        if done.is_ok() {
            quiet::hand_back(dav, login, &href, &quiet, &kept.text).await;
            store.drop_undo(user, &[id]).await?;
            return Ok(back(href));
        }
        // Where the answer was lost it may have been replaced all the same: then the row stays.
        let refused = matches!(&done, Err(error) if error.is_final() || matches!(error, DavError::Precondition));
        if refused && let Some(replaced) = replaced {
            store.drop_undo(user, &[replaced]).await?;
        }
        match done {
            Err(DavError::Precondition) | Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(RestoreError::Busy)
}

/// Where an object goes back to: where it was, or into the first collection of its class when that went
/// with it.
async fn place(dav: &Dav, login: &Login, kind: Kind, was: Href) -> Result<Href, RestoreError> {
    let home = match was.parent() {
        Some(home) if dav.is_gone(login, &home).await? => home,
        _ => return Ok(was),
    };
    let all = dav.collections(login).await?;
    let takes = |collection: &&Collection| {
        let holds = collection.components;
        collection.href != home
            && !collection.read_only
            && match kind {
                Kind::Contact => collection.kind == CollectionKind::AddressBook,
                Kind::Event => holds.events,
                Kind::Task => holds.tasks,
                Kind::Note => holds.journals,
            }
    };
    let other = all.iter().find(takes).ok_or(RestoreError::NoServer)?;
    Ok(other.href.join(&was.last_segment()))
}

/// Times an object is read anew because others write to it.
const TRIES: usize = 3;

/// The server that has the objects of a class.
pub fn server(davs: &Davs, kind: Kind) -> Option<&Dav> {
    davs.of(match kind {
        Kind::Contact => CollectionKind::AddressBook,
        Kind::Event | Kind::Task | Kind::Note => CollectionKind::Calendar,
    })
}

/// The format the objects of a class are in.
pub const fn data_of(kind: Kind) -> Data {
    match kind {
        Kind::Contact => Data::VCard,
        Kind::Event | Kind::Task | Kind::Note => Data::ICalendar,
    }
}

fn close(keys: &ServerKeys, user: &UserId, octets: &[u8]) -> Result<Vec<u8>, SealError> {
    seal::seal(&keys.vault, PURPOSE, &[user.as_str()], octets)
}

fn open(keys: &ServerKeys, user: &UserId, row: &UndoRow) -> Result<Kept, RestoreError> {
    let key = keys.named(&row.key_id).ok_or(SealError::Damaged)?;
    let octets = seal::open(key, PURPOSE, &[user.as_str()], &row.sealed)?;
    postcard::from_bytes(&octets).map_err(|_| RestoreError::Damaged)
}

const fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Event => 1,
        Kind::Contact => 2,
        Kind::Task => 3,
        Kind::Note => 4,
    }
}

const fn kind_of(code: u8) -> Option<Kind> {
    Some(match code {
        1 => Kind::Event,
        2 => Kind::Contact,
        3 => Kind::Task,
        4 => Kind::Note,
        _ => return None,
    })
}
