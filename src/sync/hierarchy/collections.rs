//! Looks at the user's calendars and address books and keeps their ids.

use std::time::Duration;

use tokio::time::timeout;
use tracing::{info, warn};

use super::ROUNDS;
use crate::backend::Login;
use crate::backend::dav::{CollectionKind, Dav, Davs, Href};
use crate::clock;
use crate::failure::{self, Failure};
use crate::identity::UserId;
use crate::store::{FolderRow, Store, StoreError};
use crate::sync::folders::dav::{Look, reconcile, service};
use crate::sync::folders::merged;

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
        let_go(store, user, &table.rows, &changed).await?;
        let saved = store.save_folders(user, table.version, &changed, &added);
        if let Some(table) = saved.await? {
            return Ok(table.rows);
        }
    }
    Err(Failure::gateway(
        "the table of folders kept changing under us",
    ))
}

/// Objects are gone with what shows them: with a collection that goes (the `changed` rows say so, which
/// took proof), and with a folder that stands for its whole class no more. Their rows go in their time,
/// as those of single objects do; what comes back is known again.
///
/// It is noted before the table says so: after a crash in between the next look does both again.
///
/// # Errors
/// The store's.
pub async fn let_go(
    store: &dyn Store,
    user: &UserId,
    rows: &[FolderRow],
    changed: &[FolderRow],
) -> Result<(), StoreError> {
    let now = clock::now_seconds();
    for row in changed {
        let Some(old) = rows.iter().find(|old| old.id == row.id) else {
            continue;
        };
        if merged::is_main(old) && !merged::is_main(row) {
            let space = merged::space_of_all(old);
            store.note_gone_but(user, &space, "/", &[], now).await?;
        }
        if row.retired && !old.retired && service(row).is_some() {
            let own = store.note_gone_but(user, &row.id, "/", &[], now);
            own.await?;
            // And where others showed them.
            for folder in rows.iter().filter(|folder| folder.kind == row.kind) {
                let space = merged::space_of_all(folder);
                let below = store.note_gone_but(user, &space, &row.name, &[], now);
                below.await?;
            }
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FolderKind, Objects as _, SqliteStore};
    use crate::sync::folders::Role;

    const YEAR: i64 = 365 * 86_400;

    fn row(id: &str, name: &str, role: Role) -> FolderRow {
        FolderRow {
            id: id.to_owned(),
            kind: FolderKind::Calendar,
            name: name.to_owned(),
            uid_validity: None,
            mailbox_id: None,
            role: role as u8,
            missing_since: None,
            retired: false,
        }
    }

    #[tokio::test]
    async fn s7_rows_of_objects_go_with_their_collection_and_come_back_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("airgate.db");
        let store = SqliteStore::open(&path).await.unwrap();
        let user = UserId::parse("alice@example.com", None).unwrap();
        let hrefs = |place: &str| vec![format!("{place}1.ics"), format!("{place}2.ics")];
        let number = async |space: &str, place: &str| {
            let hrefs = hrefs(place);
            let all = store.number_objects(&user, space, &hrefs).await;
            all.unwrap()
        };
        let left = async |space: &str| {
            let all = store.objects(&user, space, &[1, 2, 3, 4]).await.unwrap();
            let mut all: Vec<String> = all.into_iter().map(|row| row.href).collect();
            all.sort();
            all
        };
        // A calendar that stands for all to some clients, one that goes, one that stays.
        let (main, work, club) = ("/a/main/", "/a/work/", "/a/club/");
        let rows = [
            row("c1", main, Role::Calendar),
            row("c2", work, Role::UserCalendar),
            row("c3", club, Role::UserCalendar),
        ];
        for (space, place) in [
            ("c1", main),
            ("c1+", main),
            ("c1+", work),
            ("c2", work),
            ("c3", club),
        ] {
            number(space, place).await;
        }
        let gone = FolderRow {
            retired: true,
            ..rows[1].clone()
        };
        let_go(&store, &user, &rows, &[gone]).await.unwrap();
        // It comes back before long: everything has the number it had.
        assert_eq!(number("c2", work).await, [1, 2]);
        assert_eq!(number("c1+", work).await, [3, 4]);
        let gone = FolderRow {
            retired: true,
            ..rows[1].clone()
        };
        let_go(&store, &user, &rows, &[gone]).await.unwrap();
        let later = clock::now_seconds() + YEAR;
        store.expire(later).await.unwrap();
        assert_eq!(left("c2").await, [""; 0]);
        assert_eq!(left("c1+").await, hrefs(main));
        assert_eq!(left("c1").await, hrefs(main));
        assert_eq!(left("c3").await, hrefs(club));
        // Another becomes the user's own calendar: nobody is shown the rest in the old one.
        let less = FolderRow {
            role: Role::UserCalendar as u8,
            ..rows[0].clone()
        };
        let_go(&store, &user, &rows, &[less]).await.unwrap();
        store.expire(later).await.unwrap();
        assert_eq!(left("c1+").await, [""; 0]);
        assert_eq!(left("c1").await, hrefs(main));
        assert_eq!(number("c2", work).await, [3, 4], "never again the same");
    }
}
