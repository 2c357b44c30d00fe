//! Calendars, address books, task lists and notebooks as folders: the rows that hold their ids, and
//! what a phone is shown of them.
//!
//! A collection that holds both events and tasks is two folders (REFERENCE 4.1). Its name for people
//! is a property and never part of what it is known by: a rename changes no id (S16).

use std::collections::HashSet;

use super::roles::{Role, same_name};
use super::tree::shown_name;
use super::{Folder, Reconciled};
use crate::backend::dav::{Collection, CollectionKind};
use crate::store::{FolderKind, FolderRow, NewFolder};

/// What was found out about the collections of one service, calendars or address books.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Look {
    /// There is no such server, or the phone may not see what is on it.
    #[default]
    Absent,
    /// The server could not say: what is there stays as it was told (S7, T60).
    Down,
    /// All there are.
    Seen(Vec<Collection>),
}

/// A folder to be: a collection as one of the kinds it holds.
#[derive(Clone, Copy, Debug)]
struct Wanted<'a> {
    kind: FolderKind,
    collection: &'a Collection,
}

/// The kinds of folders that a service has.
pub const fn kinds(service: CollectionKind) -> &'static [FolderKind] {
    match service {
        CollectionKind::Calendar => &[FolderKind::Calendar, FolderKind::Tasks, FolderKind::Notes],
        CollectionKind::AddressBook => &[FolderKind::Contacts],
    }
}

/// The service whose collection a row is.
pub fn service(row: &FolderRow) -> Option<CollectionKind> {
    // Notes lie in mailboxes, too; their names begin otherwise.
    match row.kind {
        _ if !row.name.starts_with('/') => None,
        FolderKind::Mail => None,
        FolderKind::Contacts => Some(CollectionKind::AddressBook),
        FolderKind::Calendar | FolderKind::Tasks | FolderKind::Notes => {
            Some(CollectionKind::Calendar)
        }
    }
}

/// Names that servers and clients give what is made for everybody, the commonest first.
const USUAL: [&str; 9] = [
    "default",
    "personal",
    "calendar",
    "contacts",
    "addressbook",
    "addresses",
    "tasks",
    "home",
    "main",
];

/// Compares the rows of a service with a complete list of its collections. A row is known by the
/// collection's name on the server, else by its resource-id; one that comes back has its old id.
pub fn reconcile(known: &[FolderRow], service: CollectionKind, seen: &[Collection]) -> Reconciled {
    let wanted = wanted(service, seen);
    let own = |row: &&FolderRow| self::service(row) == Some(service);
    let mut rows: Vec<&FolderRow> = known.iter().filter(own).collect();
    // Those in use first: a retired row of the same name is only taken up when there is no other.
    rows.sort_by_key(|row| row.retired);
    let mut result = Reconciled::default();
    let mut left = Vec::new();
    let mut pairs: Vec<(&FolderRow, Wanted<'_>)> = Vec::new();
    for want in wanted {
        let at = rows.iter().position(|row| {
            row.kind == want.kind
                && row.name == want.collection.href.as_str()
                && other_resource(row, want.collection).is_none_or(|other| !other)
        });
        match at {
            Some(at) => pairs.push((rows.remove(at), want)),
            None => left.push(want),
        }
    }
    left.retain(|want| {
        let at = rows.iter().position(|row| {
            row.kind == want.kind && other_resource(row, want.collection) == Some(false)
        });
        if let Some(at) = at {
            pairs.push((rows.remove(at), *want));
        }
        at.is_none()
    });
    let defaults: Vec<(FolderKind, &str)> = kinds(service)
        .iter()
        .filter_map(|kind| {
            let chosen = default(*kind, known, &pairs, &left)?;
            Some((*kind, chosen.href.as_str()))
        })
        .collect();
    let number = |want: &Wanted<'_>| {
        let main = defaults.contains(&(want.kind, want.collection.href.as_str()));
        role(want.kind, main) as u8
    };
    for (row, want) in &pairs {
        let now = FolderRow {
            name: want.collection.href.as_str().to_owned(),
            mailbox_id: want
                .collection
                .resource_id
                .clone()
                .or_else(|| row.mailbox_id.clone()),
            role: number(want),
            missing_since: None,
            retired: false,
            ..(*row).clone()
        };
        if now != **row {
            result.changed.push(now);
        }
    }
    result.added = left
        .iter()
        .map(|want| NewFolder {
            kind: want.kind,
            name: want.collection.href.as_str().to_owned(),
            uid_validity: None,
            mailbox_id: want.collection.resource_id.clone(),
            role: number(want),
        })
        .collect();
    for row in rows.into_iter().filter(|row| !row.retired) {
        // It is listed, as something else now: the list itself says so.
        if seen
            .iter()
            .any(|collection| collection.href.as_str() == row.name)
        {
            result.changed.push(FolderRow {
                retired: true,
                ..row.clone()
            });
        } else {
            result.missing.push(row.id.clone());
        }
    }
    result
}

/// The folders of a service as a phone is shown them.
pub fn folders(rows: &[FolderRow], service: CollectionKind, seen: &[Collection]) -> Vec<Folder> {
    let mut found: Vec<(Option<i64>, Folder)> = Vec::new();
    for row in rows.iter().filter(|row| !row.retired) {
        if self::service(row) != Some(service) {
            continue;
        }
        let collection = seen
            .iter()
            .find(|collection| collection.href.as_str() == row.name);
        if let Some(collection) = collection {
            let folder = Folder {
                id: row.id.clone(),
                parent: "0".to_owned(),
                name: shown_name(&collection.name),
                role: Role::from_number(row.role),
            };
            found.push((collection.order, folder));
        }
    }
    found.sort_by(|(order, a), (other, b)| {
        let rank = |order: &Option<i64>, folder: &Folder| {
            // A task list that is a calendar as well leaves the plain name to that.
            let kind = folder.role.kind();
            (
                kind == FolderKind::Notes,
                kind == FolderKind::Tasks,
                !folder.role.is_special(),
                order.unwrap_or(i64::MAX),
            )
        };
        let (one, two) = (rank(order, a), rank(other, b));
        (one, &a.name, &a.id).cmp(&(two, &b.name, &b.id))
    });
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// Adds folders to those there are. Siblings have different names, whatever is in them
/// ([MS-ASCMD] 2.2.3.170.3): who comes later gets a number.
pub fn join(folders: &mut Vec<Folder>, added: Vec<Folder>) {
    let place = |folder: &Folder| (folder.parent.clone(), folder.name.clone());
    let mut taken: HashSet<(String, String)> = folders.iter().map(place).collect();
    for mut folder in added {
        let plain = folder.name.clone();
        let mut number = 1_usize;
        while !taken.insert(place(&folder)) {
            number += 1;
            folder.name = format!("{plain} ({number})");
        }
        folders.push(folder);
    }
}

fn wanted(service: CollectionKind, seen: &[Collection]) -> Vec<Wanted<'_>> {
    let mut wanted = Vec::new();
    for collection in seen.iter().filter(|seen| seen.kind == service) {
        let holds = collection.components;
        let mut want = |kind| wanted.push(Wanted { kind, collection });
        match service {
            CollectionKind::AddressBook => want(FolderKind::Contacts),
            CollectionKind::Calendar => {
                if holds.events {
                    want(FolderKind::Calendar);
                }
                if holds.tasks {
                    want(FolderKind::Tasks);
                }
                // Every calendar of a server that limits nothing takes journals: only one made for
                // them is a notebook.
                if holds.journals && !holds.events && !holds.tasks {
                    want(FolderKind::Notes);
                }
            }
        }
    }
    wanted
}

/// Whether a row is of another resource than this collection; `None` where nothing tells.
fn other_resource(row: &FolderRow, collection: &Collection) -> Option<bool> {
    match (&row.mailbox_id, &collection.resource_id) {
        (Some(was), Some(is)) => Some(was != is),
        _ => None,
    }
}

/// Which collection is the default of a kind: whoever has been (a role never changes hands silently,
/// S16), whom the server names, and last the one that looks most like it.
fn default<'a>(
    kind: FolderKind,
    known: &[FolderRow],
    pairs: &[(&FolderRow, Wanted<'a>)],
    left: &[Wanted<'a>],
) -> Option<&'a Collection> {
    let main = role(kind, true) as u8;
    let holder = pairs
        .iter()
        .find(|(row, want)| want.kind == kind && row.role == main && !row.retired);
    if let Some((_, want)) = holder {
        return Some(want.collection);
    }
    // The holder is missing, which is not yet gone (S7): nobody takes its place for now.
    let waits = known
        .iter()
        .any(|row| row.kind == kind && row.role == main && !row.retired);
    if waits {
        return None;
    }
    let candidates = pairs.iter().map(|(_, want)| want).chain(left);
    candidates
        .filter(|want| want.kind == kind)
        .map(|want| want.collection)
        .min_by_key(|collection| {
            let segment = collection.href.last_segment();
            let name = collection.name.as_str();
            let usual = USUAL
                .iter()
                .position(|usual| same_name(usual, &segment) || same_name(usual, name));
            let mixed = kind == FolderKind::Tasks && collection.components.events;
            (
                collection.read_only,
                collection.owner.is_some(),
                !collection.default,
                mixed,
                usual.unwrap_or(USUAL.len()),
                collection.order.unwrap_or(i64::MAX),
                collection.href.as_str(),
            )
        })
}

/// The role of a folder of a kind.
pub const fn role(kind: FolderKind, main: bool) -> Role {
    match (kind, main) {
        (FolderKind::Calendar, true) => Role::Calendar,
        (FolderKind::Calendar, false) => Role::UserCalendar,
        (FolderKind::Contacts, true) => Role::Contacts,
        (FolderKind::Contacts, false) => Role::UserContacts,
        (FolderKind::Tasks, true) => Role::Tasks,
        (FolderKind::Tasks, false) => Role::UserTasks,
        (FolderKind::Notes, true) => Role::Notes,
        (FolderKind::Notes, false) => Role::UserNotes,
        (FolderKind::Mail, _) => Role::Mail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::dav::{Components, Href};

    fn collection(path: &str, name: &str) -> Collection {
        Collection {
            href: Href::path(path).unwrap(),
            kind: CollectionKind::Calendar,
            name: name.to_owned(),
            colour: None,
            components: Components {
                events: true,
                tasks: false,
                journals: false,
            },
            read_only: false,
            order: None,
            owner: None,
            default: false,
            resource_id: None,
            cursor: None,
        }
    }

    /// The table after a look, as the store keeps it.
    fn after(known: &[FolderRow], result: &Reconciled) -> Vec<FolderRow> {
        let mut rows = known.to_vec();
        for changed in &result.changed {
            let row = rows.iter_mut().find(|row| row.id == changed.id).unwrap();
            row.clone_from(changed);
        }
        for added in &result.added {
            rows.push(FolderRow {
                id: format!("{}{}", added.kind.letter(), rows.len() + 1),
                kind: added.kind,
                name: added.name.clone(),
                uid_validity: None,
                mailbox_id: added.mailbox_id.clone(),
                role: added.role,
                missing_since: None,
                retired: false,
            });
        }
        rows
    }

    fn look(known: &[FolderRow], seen: &[Collection]) -> (Vec<FolderRow>, Reconciled) {
        let result = reconcile(known, CollectionKind::Calendar, seen);
        (after(known, &result), result)
    }

    #[test]
    fn a_collection_of_events_and_tasks_is_two_folders() {
        let mut both = collection("/a/both/", "Both");
        both.components.tasks = true;
        let mut tasks = collection("/a/todo/", "To do");
        tasks.components = Components {
            tasks: true,
            ..Components::default()
        };
        let seen = [both, tasks];
        let (rows, _) = look(&[], &seen);
        let mut shown = Vec::new();
        join(&mut shown, folders(&rows, CollectionKind::Calendar, &seen));
        let shown: Vec<(String, Role)> = shown
            .into_iter()
            .map(|folder| (folder.name, folder.role))
            .collect();
        assert_eq!(
            shown,
            [
                ("Both".to_owned(), Role::Calendar),
                ("To do".to_owned(), Role::Tasks),
                ("Both (2)".to_owned(), Role::UserTasks),
            ]
        );
    }

    #[test]
    fn s16_a_rename_is_another_name_under_the_same_id() {
        let (rows, _) = look(&[], &[collection("/a/x/", "Old")]);
        let seen = [collection("/a/x/", "New")];
        let (again, result) = look(&rows, &seen);
        assert_eq!(result, Reconciled::default());
        let shown = folders(&again, CollectionKind::Calendar, &seen);
        assert_eq!((shown[0].name.as_str(), &shown[0].id), ("New", &rows[0].id));
    }

    #[test]
    fn s16_a_collection_that_moved_is_known_by_its_resource_id() {
        let mut first = collection("/a/x/", "X");
        first.resource_id = Some("urn:uuid:1".to_owned());
        let (rows, _) = look(&[], &[first.clone()]);
        let mut moved = collection("/a/y/", "X");
        moved.resource_id = first.resource_id;
        let (again, result) = look(&rows, &[moved]);
        assert!(result.missing.is_empty() && result.added.is_empty());
        assert_eq!(
            (&again[0].id, again[0].name.as_str()),
            (&rows[0].id, "/a/y/")
        );
        // Another one under the old name is another folder.
        let mut other = collection("/a/x/", "X");
        other.resource_id = Some("urn:uuid:2".to_owned());
        let (_, result) = look(&rows, &[other]);
        assert!(result.missing.is_empty() && result.changed[0].retired);
        assert_eq!(result.added.len(), 1);
    }

    #[test]
    fn s7_what_is_not_listed_is_missing_and_not_yet_gone() {
        let seen = [collection("/a/x/", "X"), collection("/a/y/", "Y")];
        let (rows, _) = look(&[], &seen);
        let (again, result) = look(&rows, &seen[1..]);
        assert_eq!(result.missing, [rows[0].id.clone()]);
        assert_eq!(again, rows);
    }

    #[test]
    fn s16_the_default_never_changes_hands_silently() {
        let seen = [collection("/a/default/", "D"), collection("/a/z/", "Z")];
        let (rows, _) = look(&[], &seen[1..]);
        assert_eq!(rows[0].role, Role::Calendar as u8);
        let (again, _) = look(&rows, &seen);
        assert_eq!(again[0].role, Role::Calendar as u8);
        assert_eq!(again[1].role, Role::UserCalendar as u8);
        // It is not listed: its place stays free until it is known to be gone.
        let (again, _) = look(&again, &seen[..1]);
        assert_eq!(again[1].role, Role::UserCalendar as u8);
        let gone = FolderRow {
            retired: true,
            ..again[0].clone()
        };
        let (again, _) = look(&[gone, again[1].clone()], &seen[..1]);
        assert_eq!(again[1].role, Role::Calendar as u8);
    }

    #[test]
    fn the_default_is_what_the_server_says_or_what_looks_like_it() {
        let mut named = collection("/a/work/", "Work");
        named.default = true;
        let mut shared = collection("/a/default/", "Shared");
        shared.owner = Some(Href::path("/p/bob/").unwrap());
        let mut fixed = collection("/a/calendar/", "Holidays");
        fixed.read_only = true;
        for (seen, expected) in [
            (vec![shared.clone(), named], "/a/work/"),
            (vec![shared.clone(), collection("/a/q/", "Q")], "/a/q/"),
            (
                vec![collection("/a/b/", "B"), collection("/a/c/", "Personal")],
                "/a/c/",
            ),
            (vec![fixed, shared], "/a/default/"),
        ] {
            let (rows, _) = look(&[], &seen);
            let main = rows.iter().find(|row| row.role == Role::Calendar as u8);
            assert_eq!(main.unwrap().name, expected);
        }
    }

    #[test]
    fn one_that_comes_back_has_its_old_id() {
        let seen = [collection("/a/x/", "X")];
        let (rows, _) = look(&[], &seen);
        let gone = [FolderRow {
            retired: true,
            ..rows[0].clone()
        }];
        let (again, result) = look(&gone, &seen);
        assert!(result.added.is_empty());
        assert_eq!(again, rows);
    }
}
