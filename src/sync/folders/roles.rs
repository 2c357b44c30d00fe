//! What mailboxes are for. A role is held by one mailbox and does not change hands silently (S16).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::listing::{Mailboxes, Show};
use crate::store::{FolderKind, FolderRow};

/// What a folder is for ([MS-ASCMD] 2.2.3.186.3). The numbers are the protocol's; the order is that
/// of stored hierarchies and grows at its end.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[repr(u8)]
pub enum Role {
    Inbox = 2,
    Drafts = 3,
    Trash = 4,
    Sent = 5,
    Mail = 12,
    /// No mailbox, only a level above some. Phones know nothing like it: they are told a mail
    /// folder, since they leave out what has a type they do not know, with all that is below it.
    Level = 18,
    /// The default of its kind.
    Tasks = 7,
    Calendar = 8,
    Contacts = 9,
    Notes = 10,
    /// Further ones of the kind.
    UserCalendar = 13,
    UserContacts = 14,
    UserTasks = 15,
    UserNotes = 17,
}

impl Role {
    pub fn from_number(number: u8) -> Self {
        match number {
            2 => Self::Inbox,
            3 => Self::Drafts,
            4 => Self::Trash,
            5 => Self::Sent,
            7 => Self::Tasks,
            8 => Self::Calendar,
            9 => Self::Contacts,
            10 => Self::Notes,
            13 => Self::UserCalendar,
            14 => Self::UserContacts,
            15 => Self::UserTasks,
            17 => Self::UserNotes,
            18 => Self::Level,
            _ => Self::Mail,
        }
    }

    /// Whether every account has such a folder, which phones may neither rename nor delete
    /// (REFERENCE 4.3).
    pub const fn is_special(self) -> bool {
        matches!(
            self,
            Self::Inbox
                | Self::Drafts
                | Self::Trash
                | Self::Sent
                | Self::Tasks
                | Self::Calendar
                | Self::Contacts
                | Self::Notes
        )
    }

    /// What a folder with this role holds.
    pub const fn kind(self) -> FolderKind {
        match self {
            Self::Inbox | Self::Drafts | Self::Trash | Self::Sent | Self::Mail | Self::Level => {
                FolderKind::Mail
            }
            Self::Calendar | Self::UserCalendar => FolderKind::Calendar,
            Self::Contacts | Self::UserContacts => FolderKind::Contacts,
            Self::Tasks | Self::UserTasks => FolderKind::Tasks,
            Self::Notes | Self::UserNotes => FolderKind::Notes,
        }
    }
}

/// What an operator decided about folders.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Mailboxes named for a role.
    pub drafts: Option<String>,
    pub sent: Option<String>,
    pub trash: Option<String>,
    pub notes: NotesMailbox,
    pub show: Show,
}

/// Which mailbox holds notes; those below it do, too.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum NotesMailbox {
    /// The one that Apple's clients make, if it is there.
    #[default]
    Found,
    /// This one, which is made where it is missing.
    Named(String),
    /// What is called so is mail like any other.
    None,
}

/// Gives each role to at most one mailbox: configuration first, then whoever has it (a role never
/// changes hands silently, S16), SPECIAL-USE, and last the names mail clients use.
pub(super) fn roles<'a>(
    mailboxes: &'a Mailboxes,
    known: &[FolderRow],
    overrides: &Overrides,
) -> BTreeMap<&'a str, Role> {
    let mut roles = BTreeMap::new();
    let listed = &mailboxes.listed;
    if let Some(inbox) = listed.iter().find(|mailbox| mailbox.name == "INBOX") {
        roles.insert(inbox.name.as_str(), Role::Inbox);
    }
    for (role, named) in [
        (Role::Drafts, &overrides.drafts),
        (Role::Sent, &overrides.sent),
        (Role::Trash, &overrides.trash),
    ] {
        let candidates = || {
            listed
                .iter()
                .filter(|mailbox| mailbox.selectable && mailbox.name != "INBOX")
        };
        // What another user calls his trash is no place for this one's mail.
        let own = || candidates().filter(|mailbox| !mailboxes.is_foreign(&mailbox.name));
        let chosen = named
            .as_ref()
            .and_then(|name| candidates().find(|mailbox| mailbox.name == *name))
            .or_else(|| {
                let holder = known
                    .iter()
                    .find(|row| !row.retired && row.role == role as u8)?;
                candidates().find(|mailbox| mailbox.name == holder.name)
            })
            .or_else(|| own().find(|mailbox| mailbox.role == Some(role)))
            .or_else(|| {
                well_known(role).iter().find_map(|name| {
                    own().find(|mailbox| {
                        mailbox.role.is_none() && same_name(mailbox.base_name(), name)
                    })
                })
            });
        if let Some(mailbox) = chosen {
            roles.entry(mailbox.name.as_str()).or_insert(role);
        }
    }
    notes(mailboxes, known, &overrides.notes, &mut roles);
    roles
}

/// Finds the mailboxes of notes: Apple's clients make one at the top and others below it. It is the
/// default of its kind unless a notebook of a calendar server has been that (S16).
fn notes<'a>(
    mailboxes: &'a Mailboxes,
    known: &[FolderRow],
    which: &NotesMailbox,
    roles: &mut BTreeMap<&'a str, Role>,
) {
    let prefix = mailboxes.personal_prefix();
    let main = mailboxes.listed.iter().find(|mailbox| {
        let free = mailbox.selectable && !roles.contains_key(mailbox.name.as_str());
        free && match which {
            NotesMailbox::None => false,
            NotesMailbox::Named(name) => mailbox.name == *name,
            NotesMailbox::Found => {
                let top = mailbox.name.strip_prefix(&prefix);
                let top = top.unwrap_or(&mailbox.name);
                let usual = NOTES.iter().any(|name| same_name(top, name));
                usual && mailbox.role.is_none() && !mailboxes.is_foreign(&mailbox.name)
            }
        }
    });
    let Some(main) = main else { return };
    let elsewhere = known
        .iter()
        .any(|row| !row.retired && row.role == Role::Notes as u8 && row.name.starts_with('/'));
    let role = if elsewhere {
        Role::UserNotes
    } else {
        Role::Notes
    };
    roles.insert(main.name.as_str(), role);
    let Some(delimiter) = main.delimiter else {
        return;
    };
    let above = format!("{}{delimiter}", main.name);
    for below in &mailboxes.listed {
        if below.name.starts_with(&above) && below.selectable {
            roles.entry(below.name.as_str()).or_insert(Role::UserNotes);
        }
    }
}

/// Names of the mailbox for notes: Apple's, and what other servers' web clients translate it to.
const NOTES: [&str; 2] = ["Notes", "Notizen"];

/// A role that no mailbox has, with the name under which to create one.
pub fn lacking(
    mailboxes: &Mailboxes,
    known: &[FolderRow],
    overrides: &Overrides,
) -> Vec<(Role, String)> {
    let held: BTreeSet<Role> = roles(mailboxes, known, overrides).into_values().collect();
    let prefix = mailboxes.personal_prefix();
    [
        (Role::Drafts, overrides.drafts.as_deref(), "Drafts"),
        (Role::Sent, overrides.sent.as_deref(), "Sent"),
        (Role::Trash, overrides.trash.as_deref(), "Trash"),
    ]
    .into_iter()
    .chain(match &overrides.notes {
        NotesMailbox::Named(name) if !held.contains(&Role::UserNotes) => {
            Some((Role::Notes, Some(name.as_str()), "Notes"))
        }
        _ => None,
    })
    .filter(|(role, _, _)| !held.contains(role))
    .map(|(role, named, name)| {
        (
            role,
            named.map_or_else(|| format!("{prefix}{name}"), Into::into),
        )
    })
    .collect()
}

/// Whether two names are the same to a person, whatever the letter case.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

/// Names that mail clients give these folders, the commonest first.
fn well_known(role: Role) -> &'static [&'static str] {
    match role {
        Role::Drafts => &[
            "Drafts",
            "Draft",
            "Entwürfe",
            "Brouillons",
            "Borradores",
            "Bozze",
            "Rascunhos",
            "Concepten",
            "Utkast",
            "Kladder",
            "Luonnokset",
            "Szkice",
            "Koncepty",
            "Черновики",
            "下書き",
            "草稿",
            "草稿箱",
            "임시보관함",
        ],
        Role::Sent => &[
            "Sent",
            "Sent Items",
            "Sent Messages",
            "Sent Mail",
            "Gesendet",
            "Gesendete Objekte",
            "Gesendete Elemente",
            "Envoyés",
            "Éléments envoyés",
            "Enviados",
            "Elementos enviados",
            "Inviata",
            "Posta inviata",
            "Verzonden",
            "Verzonden items",
            "Skickat",
            "Sendt",
            "Lähetetyt",
            "Wysłane",
            "Odeslané",
            "Отправленные",
            "送信済み",
            "已发送",
            "보낸편지함",
        ],
        Role::Trash => &[
            "Trash",
            "Deleted Items",
            "Deleted Messages",
            "Deleted",
            "Bin",
            "Papierkorb",
            "Gelöscht",
            "Gelöschte Elemente",
            "Gelöschte Objekte",
            "Corbeille",
            "Éléments supprimés",
            "Papelera",
            "Elementos eliminados",
            "Cestino",
            "Lixeira",
            "Lixo",
            "Prullenbak",
            "Verwijderde items",
            "Papperskorg",
            "Papirkurv",
            "Roskakori",
            "Kosz",
            "Koš",
            "Корзина",
            "Удаленные",
            "ゴミ箱",
            "已删除",
            "휴지통",
        ],
        _ => &[],
    }
}
