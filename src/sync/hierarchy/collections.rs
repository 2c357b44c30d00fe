//! Looks at the user's calendars and address books and keeps their ids.

use std::time::Duration;

use tokio::time::timeout;
use tracing::{info, warn};

use super::ROUNDS;
use crate::backend::Login;
use crate::backend::dav::{CollectionKind, Dav, Davs, Href};
use crate::failure::{self, Failure};
use crate::identity::UserId;
use crate::store::{FolderRow, Store};
use crate::sync::folders::dav::{Look, reconcile};

/// How long a look at collections may take: phones give a FolderSync 30 seconds, and mail must not
/// wait for a calendar server (T60).
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found out about both services.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    pub calendars: Look,
    pub contacts: Look,
}

impl Looks {
    /// What was found out about one of them.
    pub const fn of(&self, service: CollectionKind) -> &Look {
        match service {
            CollectionKind::Calendar => &self.calendars,
            CollectionKind::AddressBook => &self.contacts,
        }
    }
}

/// Asks the servers: each one once, and none for longer than a phone waits.
pub async fn look(davs: &Davs, login: &Login) -> Looks {
    let asked = async |dav: Option<&Dav>| match dav {
        None => Look::Absent,
        Some(dav) => match timeout(PATIENCE, dav.collections(login)).await {
            Ok(Ok(collections)) => Look::Seen(collections),
            Ok(Err(error)) => {
                info!(error = %failure::chain(&error), "collections cannot be looked at");
                Look::Down
            }
            Err(_) => {
                info!("collections cannot be looked at in time");
                Look::Down
            }
        },
    };
    let same = match (&davs.calendars, &davs.contacts) {
        (Some(calendars), Some(contacts)) => calendars.is(contacts),
        _ => false,
    };
    if same {
        let both = asked(davs.calendars.as_ref()).await;
        return Looks {
            calendars: both.clone(),
            contacts: both,
        };
    }
    let (calendars, contacts) = tokio::join!(
        asked(davs.calendars.as_ref()),
        asked(davs.contacts.as_ref())
    );
    Looks {
        calendars,
        contacts,
    }
}

/// Brings the rows of what was seen up to date; gives all rows of the user. A collection that is not
/// listed any more is asked for by name before it counts as gone (S7).
///
/// # Errors
/// The store's; the table is then as it was.
pub async fn keep(
    store: &dyn Store,
    davs: &Davs,
    login: &Login,
    user: &UserId,
    looks: &Looks,
) -> Result<Vec<FolderRow>, Failure> {
    for _ in 0..ROUNDS {
        let table = store.folders(user).await?;
        let (mut changed, mut added) = (Vec::new(), Vec::new());
        for service in [CollectionKind::Calendar, CollectionKind::AddressBook] {
            let (Look::Seen(seen), Some(dav)) = (looks.of(service), davs.of(service)) else {
                continue;
            };
            let result = reconcile(&table.rows, service, seen);
            changed.extend(result.changed);
            added.extend(result.added);
            for id in result.missing {
                let row = table.rows.iter().find(|row| row.id == id);
                if let Some(row) = row
                    && is_gone(dav, login, row).await
                {
                    info!(folder = %row.id, "a collection is gone");
                    changed.push(FolderRow {
                        retired: true,
                        ..row.clone()
                    });
                }
            }
        }
        if changed.is_empty() && added.is_empty() {
            return Ok(table.rows);
        }
        let saved = store.save_folders(user, table.version, &changed, &added);
        if let Some(table) = saved.await? {
            return Ok(table.rows);
        }
    }
    Err(Failure::gateway(
        "the table of folders kept changing under us",
    ))
}

/// Whether a collection that is not in the list is truly gone.
async fn is_gone(dav: &Dav, login: &Login, row: &FolderRow) -> bool {
    let Ok(href) = Href::path(&row.name) else {
        return false;
    };
    match timeout(PATIENCE, dav.is_gone(login, &href)).await {
        Ok(Ok(gone)) => gone,
        Ok(Err(error)) => {
            let error = failure::chain(&error);
            warn!(folder = %row.id, error, "whether a collection is gone is not known");
            false
        }
        Err(_) => false,
    }
}
