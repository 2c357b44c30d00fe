use airgate_codec::imap::MailboxName;
use proptest::prelude::*;

use super::*;
use crate::sync::folders::tree::{hierarchy, shown_name};
use crate::sync::folders::{Listed, Overrides, Prefix, Reconciled, reconcile};

/// A server as a phone's folders meet it.
#[derive(Clone, Debug)]
struct Server {
    mailboxes: Mailboxes,
    rows: Vec<FolderRow>,
}

/// How servers arrange mailboxes: below nothing with `/`, below `INBOX.`, flat.
fn servers() -> Vec<Server> {
    let personal = |text: &str, delimiter| {
        Some(Prefix {
            text: text.into(),
            delimiter,
        })
    };
    [
        (None, Some('/')),
        (personal("", Some('/')), Some('/')),
        (personal("INBOX.", Some('.')), Some('.')),
        (personal("", None), None),
    ]
    .into_iter()
    .map(|(personal, delimiter)| {
        let mut server = Server {
            mailboxes: Mailboxes {
                listed: Vec::new(),
                personal,
                foreign: Vec::new(),
            },
            rows: Vec::new(),
        };
        server.make("INBOX", delimiter);
        server
    })
    .collect()
}

impl Server {
    /// CREATE, and the look at the list after it.
    fn make(&mut self, name: &str, delimiter: Option<char>) {
        self.mailboxes.listed.push(Listed {
            name: name.to_owned(),
            delimiter,
            selectable: true,
            uid_validity: u32::try_from(self.mailboxes.listed.len() + 1).ok(),
            ..Listed::default()
        });
        self.look();
    }

    fn look(&mut self) {
        let Reconciled { changed, added, .. } =
            reconcile(&self.rows, &self.mailboxes, &Overrides::default());
        for row in changed {
            self.rows.retain(|old| old.id != row.id);
            self.rows.push(row);
        }
        for new in added {
            self.rows.push(FolderRow {
                id: format!("m{}", self.rows.len() + 1),
                kind: new.kind,
                name: new.name,
                uid_validity: new.uid_validity,
                mailbox_id: new.mailbox_id,
                role: new.role,
                missing_since: None,
                retired: false,
            });
        }
    }

    fn hierarchy(&self) -> Hierarchy {
        hierarchy(&self.rows, &self.mailboxes)
    }

    fn place(&self, parent: &str, name: &str) -> Result<String, Misplaced> {
        let hierarchy = self.hierarchy();
        Ground {
            rows: &self.rows,
            mailboxes: &self.mailboxes,
            hierarchy: &hierarchy,
        }
        .place_new(parent, name)
    }
}

/// What the server reads of a name on the wire (T24): one command, and the same name.
fn over_the_wire(name: &str) -> String {
    use airgate_codec::imap::{Command, CommandPiece, WireStyle, modified_utf7};
    let pieces = Command::new("A1", WireStyle::default())
        .atom("CREATE")
        .mailbox(&MailboxName::new(name))
        .finish()
        .expect("can be said");
    let mut line = Vec::new();
    for piece in pieces {
        if let CommandPiece::Bytes(bytes) = piece {
            line.extend_from_slice(&bytes);
        }
    }
    let argument = line.strip_prefix(b"A1 CREATE ").expect("one command");
    let argument = argument.strip_suffix(b"\r\n").expect("one line");
    let wire: Vec<u8> = match argument.strip_prefix(b"\"") {
        Some(quoted) => {
            let mut unquoted = Vec::new();
            let mut octets = quoted.strip_suffix(b"\"").expect("closed").iter();
            while let Some(octet) = octets.next() {
                match octet {
                    b'\\' => unquoted.extend(octets.next()),
                    b'"' => panic!("the string ends early: {name:?}"),
                    other => unquoted.push(*other),
                }
            }
            unquoted
        }
        None => {
            let start = argument.windows(2).position(|two| two == b"\r\n");
            argument[start.expect("a literal") + 2..].to_vec()
        }
    };
    modified_utf7::decode(&wire)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Any name a phone gives comes back to it through IMAP as it was, or is refused beforehand.
    #[test]
    fn any_name_survives_the_way_there_and_back(name in "\\PC{1,40}|[ -~]{1,40}|.{1,40}|[&\"\\\\*%{}()~#+-]{1,12}") {
        for mut server in servers() {
            let delimiter = server.mailboxes.delimiter();
            let Ok(path) = server.place(ROOT, &name) else { continue };
            prop_assert!(!path.contains(['\r', '\n', '\0']));
            prop_assert_eq!(over_the_wire(&path), path.clone());
            server.make(&path, delimiter);
            let shown = server.hierarchy();
            let found: Vec<&Folder> = shown.folders.iter().filter(|f| f.name == shown_name(&name)).collect();
            prop_assert_eq!(found.len(), 1, "{:?} in {:?}", name, shown);
            prop_assert_eq!(found[0].parent.as_str(), ROOT);
            prop_assert_eq!(&found[0].name, &name, "as it was given");
            // The name is taken now, in any letter case, and only there.
            prop_assert_eq!(server.place(ROOT, &name), Err(Misplaced::Taken));
            prop_assert_eq!(server.place(ROOT, &name.to_lowercase()).ok(), None);
            if delimiter.is_some() {
                let id = found[0].id.clone();
                let below = server.place(&id, &name);
                prop_assert!(below.is_ok_and(|below| below.starts_with(&path)));
            }
        }
    }

    /// What is refused is refused for a reason: everything else is placed.
    #[test]
    fn t24_only_what_no_mailbox_can_be_called_is_refused(name in "\\PC{1,30}") {
        let fits = !name.trim().is_empty()
            && !name.contains('/')
            && !name.chars().any(modified_utf7::is_reserved)
            && !name.chars().any(|c| matches!(c, '\u{FFFE}' | '\u{FFFF}'))
            && !same_name(&name, "INBOX");
        for server in &servers()[..1] {
            prop_assert_eq!(server.place(ROOT, &name).is_ok(), fits, "{:?}", name);
        }
    }
}

#[test]
fn t24_control_characters_and_separators_have_their_reason() {
    for server in servers() {
        for name in [
            "", " ", "\t", "a\r\nb", "a\0", "\u{7f}", "\u{85}x", "\u{F8F0}", "\u{F7FF}",
        ] {
            assert_eq!(
                server.place(ROOT, name),
                Err(Misplaced::BadName),
                "{name:?}"
            );
        }
        if let Some(delimiter) = server.mailboxes.delimiter() {
            let name = format!("a{delimiter}b");
            assert_eq!(server.place(ROOT, &name), Err(Misplaced::BadName));
        }
        for name in ["inbox", "INBOX", "Inbox"] {
            assert_eq!(server.place(ROOT, name), Err(Misplaced::Taken));
        }
        assert_eq!(server.place("m99", "x"), Err(Misplaced::NoParent));
        assert_eq!(
            server.place(ROOT, &"x".repeat(MAX_NAME + 1)),
            Err(Misplaced::BadName)
        );
        assert!(server.place(ROOT, &"x".repeat(MAX_NAME)).is_ok());
    }
    // Where the server keeps no levels, nothing is below anything.
    let flat = servers().remove(3);
    let inbox = flat.rows[0].id.clone();
    assert_eq!(flat.place(&inbox, "x"), Err(Misplaced::Childless));
}

#[test]
fn moving_keeps_what_could_not_be_shown() {
    let mut server = servers().remove(0);
    server.make("Work", Some('/'));
    // Latin-1 on the wire: shown with a replacement, reachable as it is.
    let raw = "Entw\u{F7FC}rfe";
    server.make(raw, Some('/'));
    let hierarchy = server.hierarchy();
    let ground = Ground {
        rows: &server.rows,
        mailboxes: &server.mailboxes,
        hierarchy: &hierarchy,
    };
    let row = server
        .rows
        .iter()
        .find(|row| row.name == raw)
        .expect("there");
    let work = server
        .rows
        .iter()
        .find(|row| row.name == "Work")
        .expect("there");
    let shown = hierarchy.folder(&row.id).expect("shown").name.clone();
    assert_eq!(shown, "Entw\u{FFFD}rfe");
    assert_eq!(ground.place_moved(row, ROOT, &shown), Ok(raw.to_owned()));
    assert_eq!(
        ground.place_moved(row, &work.id, &shown),
        Ok(format!("Work/{raw}"))
    );
    assert_eq!(
        ground.place_moved(row, ROOT, "Drafts"),
        Ok("Drafts".to_owned())
    );
    assert_eq!(
        ground.place_moved(row, &row.id, "x"),
        Err(Misplaced::BelowItself)
    );
    assert_eq!(ground.place_moved(row, ROOT, "WORK"), Err(Misplaced::Taken));
}

#[test]
fn a_taken_name_in_the_trash_gets_a_number() {
    let mut server = servers().remove(0);
    for name in ["Trash", "Trash/Work", "Trash/Work 2", "Work"] {
        server.make(name, Some('/'));
    }
    let hierarchy = server.hierarchy();
    let ground = Ground {
        rows: &server.rows,
        mailboxes: &server.mailboxes,
        hierarchy: &hierarchy,
    };
    let row = |name: &str| {
        server
            .rows
            .iter()
            .find(|row| row.name == name)
            .expect("there")
    };
    assert_eq!(
        ground.place_below(row("Work"), row("Trash")),
        Ok("Trash/Work 3".to_owned())
    );
    let below: Vec<&str> = ground
        .subtree(row("Trash"))
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(
        below,
        ["Trash/Work 2", "Trash/Work", "Trash"],
        "the deepest first"
    );
}
