use super::roles::lacking;
use super::tree::hierarchy;
use super::*;

fn all(listed: &[Listed]) -> Mailboxes {
    Mailboxes {
        listed: listed.to_vec(),
        ..Mailboxes::default()
    }
}

fn mailbox(name: &str, validity: u32) -> Listed {
    Listed {
        name: name.into(),
        delimiter: Some('/'),
        selectable: true,
        uid_validity: Some(validity),
        ..Listed::default()
    }
}

/// What the store makes of it.
fn apply(known: &mut Vec<FolderRow>, result: &Reconciled) {
    for row in &result.changed {
        known.retain(|old| old.id != row.id);
        known.push(row.clone());
    }
    for new in &result.added {
        known.push(FolderRow {
            id: format!("m{}", known.len() + 1),
            kind: new.kind,
            name: new.name.clone(),
            uid_validity: new.uid_validity,
            mailbox_id: new.mailbox_id.clone(),
            role: new.role,
            missing_since: None,
            retired: false,
        });
    }
}

fn id<'a>(known: &'a [FolderRow], name: &str) -> &'a str {
    &known.iter().find(|row| row.name == name).expect("known").id
}

#[test]
fn s16_a_rename_keeps_the_id() {
    let mut known = Vec::new();
    let none = Overrides::default();
    let result = reconcile(
        &known,
        &all(&[mailbox("INBOX", 1), mailbox("Work", 2)]),
        &none,
    );
    apply(&mut known, &result);
    let work = id(&known, "Work").to_owned();
    let result = reconcile(
        &known,
        &all(&[mailbox("INBOX", 1), mailbox("Old/Work", 2)]),
        &none,
    );
    assert_eq!(result.missing, Vec::<String>::new());
    apply(&mut known, &result);
    assert_eq!(id(&known, "Old/Work"), work);

    // Two candidates of the same UIDVALIDITY prove nothing.
    let result = reconcile(
        &known,
        &all(&[mailbox("INBOX", 1), mailbox("A", 2), mailbox("B", 2)]),
        &none,
    );
    let changed: Vec<&str> = result.changed.iter().map(|row| row.id.as_str()).collect();
    assert!(!changed.contains(&work.as_str()), "{changed:?}");
    assert_eq!(
        result.missing,
        [work],
        "reported, and gone only when proven (S7)"
    );
    assert_eq!(result.added.len(), 2);
}

#[test]
fn s16_mailboxid_beats_uidvalidity() {
    let none = Overrides::default();
    let with_id = |name: &str, id: &str| Listed {
        mailbox_id: Some(id.into()),
        ..mailbox(name, 9)
    };
    let mut known = Vec::new();
    let result = reconcile(
        &known,
        &all(&[with_id("A", "F1"), with_id("B", "F2")]),
        &none,
    );
    apply(&mut known, &result);
    let (a, b) = (id(&known, "A").to_owned(), id(&known, "B").to_owned());
    let result = reconcile(
        &known,
        &all(&[with_id("B2", "F2"), with_id("A2", "F1")]),
        &none,
    );
    apply(&mut known, &result);
    assert_eq!(
        (id(&known, "A2"), id(&known, "B2")),
        (a.as_str(), b.as_str())
    );
}

#[test]
fn s7_a_missing_mailbox_is_only_reported() {
    let mut known = Vec::new();
    let none = Overrides::default();
    let result = reconcile(
        &known,
        &all(&[mailbox("INBOX", 1), mailbox("Work", 2)]),
        &none,
    );
    apply(&mut known, &result);
    let result = reconcile(&known, &all(&[mailbox("INBOX", 1)]), &none);
    assert_eq!(result.missing, [id(&known, "Work")]);
    assert!(result.changed.is_empty());
}

#[test]
fn roles_come_from_special_use_then_names_and_stay() {
    let none = Overrides::default();
    let mut listed = vec![
        mailbox("INBOX", 1),
        mailbox("Papierkorb", 2),
        mailbox("Sent", 3),
        mailbox("X", 4),
    ];
    listed[3].role = Some(Role::Sent);
    let mut known = Vec::new();
    let result = reconcile(&known, &all(&listed), &none);
    apply(&mut known, &result);
    let role = |known: &[FolderRow], name: &str| {
        known
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.role)
    };
    assert_eq!(role(&known, "INBOX"), Some(Role::Inbox as u8));
    assert_eq!(role(&known, "Papierkorb"), Some(Role::Trash as u8));
    assert_eq!(role(&known, "X"), Some(Role::Sent as u8));
    assert_eq!(role(&known, "Sent"), Some(Role::Mail as u8));
    // Another mailbox claiming the role later does not get it.
    listed[2].role = Some(Role::Sent);
    let result = reconcile(&known, &all(&listed), &none);
    assert!(result.changed.is_empty());
    assert_eq!(
        lacking(&all(&listed), &known, &none),
        [(Role::Drafts, "Drafts".to_owned())]
    );
}

#[test]
fn children_follow_their_parents() {
    let none = Overrides::default();
    let listed = [
        mailbox("INBOX", 1),
        mailbox("INBOX/Bills", 2),
        mailbox("Work/2026/Q1", 3),
        mailbox("Work", 4),
    ];
    let mut known = Vec::new();
    let result = reconcile(&known, &all(&listed), &none);
    apply(&mut known, &result);
    let seen = hierarchy(&known, &all(&listed));
    let folder = |name: &str| seen.folders.iter().find(|f| f.name == name).expect("there");
    assert_eq!(folder("Bills").parent, id(&known, "INBOX"));
    // `Work/2026` is no mailbox: a level, which phones see as an empty folder.
    let level = folder("2026");
    assert_eq!(
        (level.role, &*level.parent),
        (Role::Mail, id(&known, "Work"))
    );
    assert_eq!(folder("Q1").parent, level.id);
    let positions: Vec<&str> = seen.folders.iter().map(|f| f.id.as_str()).collect();
    for folder in &seen.folders {
        if folder.parent != "0" {
            let parent = positions.iter().position(|id| *id == folder.parent);
            let child = positions.iter().position(|id| *id == folder.id);
            assert!(parent < child);
        }
    }
}

#[test]
fn a_server_with_everything_below_the_inbox_shows_a_flat_tree() {
    let none = Overrides::default();
    let dotted = |name: &str, validity| Listed {
        delimiter: Some('.'),
        ..mailbox(name, validity)
    };
    let listed = [
        dotted("INBOX", 1),
        dotted("INBOX.Trash", 2),
        dotted("INBOX.Work.Q1", 3),
    ];
    let mut known = Vec::new();
    let result = reconcile(&known, &all(&listed), &none);
    apply(&mut known, &result);
    let seen = hierarchy(&known, &all(&listed));
    let names: Vec<(&str, &str)> = seen
        .folders
        .iter()
        .map(|f| (f.name.as_str(), f.parent.as_str()))
        .collect();
    assert!(
        names.contains(&("Trash", "0")) && names.contains(&("Work", "0")),
        "{names:?}"
    );
    assert_eq!(
        lacking(&all(&listed), &known, &none),
        [
            (Role::Drafts, "INBOX.Drafts".to_owned()),
            (Role::Sent, "INBOX.Sent".to_owned())
        ]
    );
}

#[test]
fn the_difference_says_only_what_changed() {
    let folder = |id: &str, name: &str| Folder {
        id: id.into(),
        parent: "0".into(),
        name: name.into(),
        role: Role::Mail,
    };
    let held = Hierarchy {
        folders: vec![folder("m1", "A"), folder("m2", "B"), folder("m3", "C")],
    };
    let now = Hierarchy {
        folders: vec![folder("m1", "A"), folder("m2", "B2"), folder("m4", "D")],
    };
    let changes = held.changes_to(&now);
    assert_eq!(changes.added, [folder("m4", "D")]);
    assert_eq!(changes.updated, [folder("m2", "B2")]);
    assert_eq!(changes.deleted, ["m3"]);
    assert_eq!(Hierarchy::decode(&held.encode()), Ok(held));
}

#[test]
fn s7_a_folder_that_comes_back_has_its_old_id() {
    let none = Overrides::default();
    let both = all(&[mailbox("INBOX", 1), mailbox("Work", 2)]);
    let mut known = Vec::new();
    let result = reconcile(&known, &both, &none);
    apply(&mut known, &result);
    let work = id(&known, "Work").to_owned();
    for row in &mut known {
        row.retired |= row.name == "Work";
    }
    let result = reconcile(&known, &both, &none);
    assert!(result.added.is_empty(), "{:?}", result.added);
    let back: Vec<(&str, bool)> = result
        .changed
        .iter()
        .map(|row| (row.id.as_str(), row.retired))
        .collect();
    assert_eq!(back, [(work.as_str(), false)]);
    // Another of that name is another folder.
    let other = all(&[mailbox("INBOX", 1), mailbox("Work", 3)]);
    assert_eq!(reconcile(&known, &other, &none).added.len(), 1);
}

#[test]
fn children_are_deleted_before_their_parents() {
    let folder = |id: &str, parent: &str| Folder {
        id: id.into(),
        parent: parent.into(),
        name: id.into(),
        role: Role::Mail,
    };
    let mut held = Hierarchy {
        folders: vec![folder("m1", "0"), folder("m2", "m1"), folder("m3", "m2")],
    };
    let gone = held.changes_to(&Hierarchy::default()).deleted;
    assert_eq!(gone, ["m3", "m2", "m1"]);
    held.drop_tree("m2");
    assert_eq!(held.folders, [folder("m1", "0")]);
}
