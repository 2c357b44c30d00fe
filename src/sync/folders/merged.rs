//! One folder that stands for all of its class, for clients that look at one alone (device-notes.md
//! sections 7 and 8). The default of the class is shown, and in it the objects of all of them.
//!
//! What such a client knows is a space of its own beside the folder's: other keys, other numbers. So a
//! device that is taken for another kind of client than before finds its keys void and begins again,
//! and no number ever means two things.

use super::Folder;
use super::dav::{role, service};
use crate::item::habits::OneFolder;
use crate::store::{FolderKind, FolderRow};

/// What marks the space of a merged folder; no folder's id has it.
const MARK: char = '+';

impl OneFolder {
    /// Whether a client looks at one folder of this class only.
    pub const fn is_of(self, kind: FolderKind) -> bool {
        match kind {
            FolderKind::Mail => false,
            FolderKind::Calendar => self.calendar,
            FolderKind::Contacts => self.contacts,
            FolderKind::Tasks => self.tasks,
            FolderKind::Notes => self.notes,
        }
    }
}

/// The collections whose objects a folder shows to a client, itself first; nothing for a folder that
/// shows its own alone. Notes in a mailbox merge with nothing.
pub fn members<'r>(
    rows: &'r [FolderRow],
    folder: &'r FolderRow,
    one: OneFolder,
) -> Vec<&'r FolderRow> {
    if !one.is_of(folder.kind) || !is_main(folder) {
        return Vec::new();
    }
    let others = rows
        .iter()
        .filter(|row| is_member(row, folder.kind) && row.id != folder.id);
    std::iter::once(folder).chain(others).collect()
}

/// Whether a client finds the objects of this folder in another one.
pub fn is_hidden(rows: &[FolderRow], row: &FolderRow, one: OneFolder) -> bool {
    one.is_of(row.kind)
        && service(row).is_some()
        && !is_main(row)
        && rows
            .iter()
            .any(|main| main.kind == row.kind && is_main(main))
}

/// Takes away what a client finds elsewhere.
pub fn hide(folders: &mut Vec<Folder>, rows: &[FolderRow], one: OneFolder) {
    folders.retain(|folder| {
        let row = rows.iter().find(|row| row.id == folder.id);
        row.is_none_or(|row| !is_hidden(rows, row, one))
    });
}

/// The name of a folder's keys and numbers for this client: its id, or where it stands for others
/// something only such clients meet.
pub fn space(folder: &FolderRow, one: OneFolder) -> String {
    if one.is_of(folder.kind) && is_main(folder) {
        space_of_all(folder)
    } else {
        folder.id.clone()
    }
}

/// The name of the keys and numbers of a folder where it stands for all of its class.
pub fn space_of_all(folder: &FolderRow) -> String {
    format!("{}{MARK}", folder.id)
}

/// The id of the folder whose space this is.
pub fn folder_of(space: &str) -> &str {
    space.strip_suffix(MARK).unwrap_or(space)
}

fn is_member(row: &FolderRow, kind: FolderKind) -> bool {
    row.kind == kind && !row.retired && service(row).is_some()
}

/// Whether it is the one that stands for all of its class.
pub fn is_main(row: &FolderRow) -> bool {
    is_member(row, row.kind) && row.role == role(row.kind, true) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::folders::Role;

    const ONE: OneFolder = OneFolder {
        calendar: true,
        contacts: false,
        tasks: false,
        notes: true,
    };

    fn row(id: &str, kind: FolderKind, name: &str, role: Role) -> FolderRow {
        FolderRow {
            id: id.to_owned(),
            kind,
            name: name.to_owned(),
            uid_validity: None,
            mailbox_id: None,
            role: role as u8,
            missing_since: None,
            retired: false,
        }
    }

    fn table() -> Vec<FolderRow> {
        vec![
            row("c1", FolderKind::Calendar, "/a/work/", Role::UserCalendar),
            row("c2", FolderKind::Calendar, "/a/home/", Role::Calendar),
            FolderRow {
                retired: true,
                ..row("c3", FolderKind::Calendar, "/a/old/", Role::UserCalendar)
            },
            row("a4", FolderKind::Contacts, "/a/book/", Role::Contacts),
            row("a5", FolderKind::Contacts, "/a/club/", Role::UserContacts),
            row("n6", FolderKind::Notes, "Notes", Role::Notes),
            row("n7", FolderKind::Notes, "/a/journal/", Role::UserNotes),
        ]
    }

    fn ids(rows: &[&FolderRow]) -> Vec<String> {
        rows.iter().map(|row| row.id.clone()).collect()
    }

    #[test]
    fn the_default_stands_for_all_of_its_class_and_for_no_other() {
        let rows = table();
        let of = |at: usize| ids(&members(&rows, &rows[at], ONE));
        assert_eq!(of(1), ["c2", "c1"], "itself first, without what is gone");
        for other in [0, 2, 3, 4, 5, 6] {
            assert_eq!(of(other), [] as [String; 0], "{other}");
        }
        let hidden: Vec<&str> = rows
            .iter()
            .filter(|row| is_hidden(&rows, row, ONE))
            .map(|row| row.id.as_str())
            .collect();
        assert_eq!(
            hidden,
            ["c1", "c3"],
            "notes in a mailbox merge with nothing"
        );
        assert!(
            rows.iter()
                .all(|row| !is_hidden(&rows, row, OneFolder::default()))
        );
    }

    #[test]
    fn s7_without_a_default_nothing_is_hidden() {
        let mut rows = table();
        rows[1].retired = true;
        assert!(!is_hidden(&rows, &rows[0], ONE));
    }

    #[test]
    fn a_merged_folder_has_a_space_of_its_own() {
        let rows = table();
        assert_eq!(space(&rows[1], ONE), "c2+");
        assert_eq!(space(&rows[1], OneFolder::default()), "c2");
        assert_eq!(space(&rows[0], ONE), "c1");
        assert_eq!(space(&rows[3], ONE), "a4");
        assert_eq!(folder_of("c2+"), "c2");
        assert_eq!(folder_of("c2"), "c2");
    }
}
