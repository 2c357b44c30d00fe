//! The part of a wait that is for calendars, address books and task lists.

use tracing::debug;

use super::super::{Call, folders, objects};
use crate::backend::dav::CollectionKind;
use crate::failure::Failure;
use crate::push::{Ear, Moved};
use crate::store::{ChainRow, FolderRow};
use crate::sync::folders::Hierarchy;
use crate::sync::folders::dav::{self, Look};
use crate::sync::folders::merged;
use crate::sync::hierarchy::collections::{Looks, look};

/// What of a wait concerns DAV; nothing for a phone that waits for mail alone.
pub(super) struct Collections<'r> {
    watched: Vec<&'r FolderRow>,
    ear: Option<Ear>,
}

impl<'r> Collections<'r> {
    /// Listens, if any of these rows is a collection.
    pub(super) fn listen(call: &Call<'_>, rows: &'r [FolderRow], ids: &[&str]) -> Self {
        let watched: Vec<&FolderRow> = rows
            .iter()
            .filter(|row| !row.retired && ids.contains(&row.id.as_str()))
            .filter(|row| {
                dav::service(row).is_some_and(|service| call.gateway.dav.of(service).is_some())
            })
            .collect();
        let ear = (!watched.is_empty()).then(|| call.gateway.rounds.listen(call.login));
        Self { watched, ear }
    }

    /// Whether nothing of it concerns DAV.
    pub(super) const fn is_empty(&self) -> bool {
        self.ear.is_none()
    }

    /// The next hint; never, where nothing concerns DAV.
    pub(super) async fn next(&mut self) -> Moved {
        match &mut self.ear {
            Some(ear) => ear.next().await,
            None => std::future::pending().await,
        }
    }

    /// Looks at the homes, one request each, and compares what the phone was told. A home that is down
    /// is waited out (T60).
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn compare(&self, call: &Call<'_>) -> Result<Compared, Failure> {
        let Some(ear) = &self.ear else {
            return Ok(Compared::default());
        };
        let looks = look(&call.gateway.dav, call.login).await;
        for service in [CollectionKind::Calendar, CollectionKind::AddressBook] {
            if let Look::Seen(seen) = looks.of(service) {
                ear.saw(service, seen);
            }
        }
        let mut compared = Compared {
            hierarchy: self.other_folders(call, &looks).await?,
            ..Compared::default()
        };
        // As the look at the folders left them: one folder may stand for others that came or went.
        let rows = folders::all(call).await?;
        for row in &self.watched {
            if differs(call, &rows, row, &looks).await? {
                compared.changed.push(row.id.clone());
            }
        }
        Ok(compared)
    }

    /// Whether the phone holds other folders than there are. What it holds under the same name needs
    /// no closer look.
    async fn other_folders(&self, call: &Call<'_>, looks: &Looks) -> Result<bool, Failure> {
        let store = call.gateway.store.as_ref();
        let table = store.folders(call.user).await?;
        let chain = store.chain(call.user, call.device, folders::CHAIN).await?;
        let held = chain.and_then(|row| Hierarchy::decode(&row.view).ok());
        let held = held.unwrap_or_default();
        for service in [CollectionKind::Calendar, CollectionKind::AddressBook] {
            let Look::Seen(seen) = looks.of(service) else {
                continue;
            };
            let result = dav::reconcile(&table.rows, service, seen);
            let moved = !result.changed.is_empty()
                || !result.added.is_empty()
                || !result.missing.is_empty();
            let mut shown = dav::folders(&table.rows, service, seen);
            merged::hide(&mut shown, &table.rows, call.one_folder());
            let renamed = shown.iter().any(|folder| {
                held.folder(&folder.id)
                    .is_none_or(|held| !held.name.starts_with(&folder.name))
            });
            if moved || renamed {
                debug!("collections are not those the phone holds, perhaps");
                return super::hierarchy_differs(call).await;
            }
        }
        Ok(false)
    }
}

/// Whether a Sync of a folder would show something.
async fn differs(
    call: &Call<'_>,
    rows: &[FolderRow],
    row: &FolderRow,
    looks: &Looks,
) -> Result<bool, Failure> {
    // While its home is down nothing is known of it, and the rounds tell when it is back.
    let Some(Look::Seen(seen)) = dav::service(row).map(|service| looks.of(service)) else {
        return Ok(false);
    };
    // One that is not there any more the look at the folders sees to.
    let is_there = seen
        .iter()
        .any(|collection| collection.href.as_str() == row.name);
    // A folder never synced is passed over.
    let (true, Some(chain)) = (is_there, super::chain(call, row).await?) else {
        return Ok(false);
    };
    let seen = objects::Cursors::told(seen, row);
    if !objects::differs(call, rows, row, &chain, &seen).await? {
        return Ok(false);
    }
    // A Sync of this device went on meanwhile: what was seen may be its own doing.
    let now = super::chain(call, row).await?;
    let same = |now: &ChainRow| now.version() == chain.version() && now.view == chain.view;
    if now.as_ref().is_some_and(same) {
        return Ok(true);
    }
    match now {
        Some(now) => objects::differs(call, rows, row, &now, &seen).await,
        None => Ok(false),
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Collections in which a Sync would show something.
    pub(super) changed: Vec<String>,
    pub(super) hierarchy: bool,
}
