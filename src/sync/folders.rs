//! The folder hierarchy: mailboxes of the backend, the ids under which phones know them, and the
//! difference between what a phone holds and what there is. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::state::{self, Unusable};
use crate::store::{FolderKind, FolderRow, NewFolder};

/// Format of the stored hierarchy.
const VERSION: u8 = 1;

/// What a mailbox is for ([MS-ASCMD] 2.2.3.186.3). The numbers are the protocol's.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[repr(u8)]
pub enum Role {
    Inbox = 2,
    Drafts = 3,
    Trash = 4,
    Sent = 5,
    Mail = 12,
}

impl Role {
    pub fn from_number(number: u8) -> Self {
        match number {
            2 => Self::Inbox,
            3 => Self::Drafts,
            4 => Self::Trash,
            5 => Self::Sent,
            _ => Self::Mail,
        }
    }
}

/// One mailbox as LIST and STATUS describe it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listed {
    pub name: String,
    pub delimiter: Option<char>,
    pub selectable: bool,
    /// SPECIAL-USE, where the server tells.
    pub role: Option<Role>,
    pub uid_validity: Option<u32>,
    /// MAILBOXID (RFC 8474), where the server tells.
    pub mailbox_id: Option<String>,
}

/// A folder as a phone sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Folder {
    pub id: String,
    /// `0` at the root.
    pub parent: String,
    pub name: String,
    pub role: Role,
}

/// What a phone holds of the hierarchy.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Hierarchy {
    pub folders: Vec<Folder>,
}

/// What to tell a phone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FolderChanges {
    /// Parents before their children.
    pub added: Vec<Folder>,
    pub updated: Vec<Folder>,
    pub deleted: Vec<String>,
}

/// What a look at the backend's list means for the table of ids.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reconciled {
    pub changed: Vec<FolderRow>,
    /// Mailboxes that need an id.
    pub added: Vec<NewFolder>,
    /// Ids whose mailbox is not in the list: to be proven absent before a phone hears of it (S7).
    pub missing: Vec<String>,
}

impl Hierarchy {
    /// Reads a stored hierarchy.
    ///
    /// # Errors
    /// See [`state::decode`].
    pub fn decode(blob: &[u8]) -> Result<Self, Unusable> {
        state::decode(VERSION, blob)
    }

    pub fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    /// The difference to what there is now.
    pub fn changes_to(&self, now: &Self) -> FolderChanges {
        let held: HashMap<&str, &Folder> = self
            .folders
            .iter()
            .map(|folder| (folder.id.as_str(), folder))
            .collect();
        let present: BTreeSet<&str> = now
            .folders
            .iter()
            .map(|folder| folder.id.as_str())
            .collect();
        let mut changes = FolderChanges::default();
        for folder in &now.folders {
            match held.get(folder.id.as_str()) {
                None => changes.added.push(folder.clone()),
                Some(old) if *old != folder => changes.updated.push(folder.clone()),
                Some(_) => {}
            }
        }
        changes.deleted = self
            .folders
            .iter()
            .filter(|folder| !present.contains(folder.id.as_str()))
            .map(|folder| folder.id.clone())
            .collect();
        changes
    }
}

impl FolderChanges {
    pub fn count(&self) -> usize {
        self.added.len() + self.updated.len() + self.deleted.len()
    }
}

/// Compares the table of ids with a complete list. A mailbox keeps its id through a rename when its
/// MAILBOXID shows it, or failing that its UIDVALIDITY, if that names one candidate only (S16): also
/// when another was made under its old name meanwhile.
pub fn reconcile(known: &[FolderRow], listed: &[Listed], overrides: &Overrides) -> Reconciled {
    let roles = roles(listed, known, overrides);
    let mut rows: Vec<&FolderRow> = known
        .iter()
        .filter(|row| row.kind == FolderKind::Mail && !row.retired)
        .collect();
    let mut mailboxes: Vec<&Listed> = listed.iter().filter(|listed| listed.selectable).collect();
    let mut pairs: Vec<(&FolderRow, &Listed)> = Vec::with_capacity(rows.len());
    let passes: [&Pass<'_>; 3] = [
        &|rows, _, mailbox| {
            let same = |row: &&FolderRow| {
                row.name == mailbox.name
                    && (row.name == "INBOX" || same_mailbox(row, mailbox) != Some(false))
            };
            rows.iter().position(same)
        },
        &renamed_from,
        // Made anew under its old name: the items are new, the folder is the same to its user.
        &|rows, _, mailbox| rows.iter().position(|row| row.name == mailbox.name),
    ];
    for pass in passes {
        let mut left = Vec::new();
        for mailbox in &mailboxes {
            match pass(&rows, &mailboxes, mailbox) {
                Some(at) => pairs.push((rows.remove(at), mailbox)),
                None => left.push(*mailbox),
            }
        }
        mailboxes = left;
    }
    let role = |mailbox: &Listed| {
        let role = roles.get(mailbox.name.as_str()).copied();
        role.unwrap_or(Role::Mail) as u8
    };
    Reconciled {
        changed: pairs
            .into_iter()
            .filter_map(|(row, mailbox)| {
                let now = row_at(row, mailbox, role(mailbox));
                (*row != now).then_some(now)
            })
            .collect(),
        added: mailboxes
            .into_iter()
            .map(|mailbox| NewFolder {
                kind: FolderKind::Mail,
                name: mailbox.name.clone(),
                uid_validity: mailbox.uid_validity,
                mailbox_id: mailbox.mailbox_id.clone(),
                role: role(mailbox),
            })
            .collect(),
        missing: rows.into_iter().map(|row| row.id.clone()).collect(),
    }
}

/// Finds which of the rows left a mailbox is, among the mailboxes left.
type Pass<'a> = dyn Fn(&[&FolderRow], &[&Listed], &Listed) -> Option<usize> + 'a;

/// The row of a folder that is this mailbox now.
fn row_at(row: &FolderRow, mailbox: &Listed, role: u8) -> FolderRow {
    FolderRow {
        name: mailbox.name.clone(),
        uid_validity: mailbox.uid_validity.or(row.uid_validity),
        mailbox_id: mailbox
            .mailbox_id
            .clone()
            .or_else(|| row.mailbox_id.clone()),
        role,
        missing_since: None,
        ..row.clone()
    }
}

/// Whether the mailbox is the one this row was of; `None` where nothing tells.
fn same_mailbox(row: &FolderRow, mailbox: &Listed) -> Option<bool> {
    match (&row.mailbox_id, &mailbox.mailbox_id) {
        (Some(was), Some(is)) => Some(was == is),
        _ => Some(row.uid_validity? == mailbox.uid_validity?),
    }
}

/// Which of `rows` the mailbox was before it got its present name, among `mailboxes` looking for
/// theirs.
fn renamed_from(rows: &[&FolderRow], mailboxes: &[&Listed], mailbox: &Listed) -> Option<usize> {
    let mut candidates = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.name != "INBOX" && same_mailbox(row, mailbox) == Some(true));
    let (at, row) = candidates.next()?;
    // A MAILBOXID is nobody else's. A UIDVALIDITY may be that of all mailboxes made in one second.
    let sure = row.mailbox_id.is_some() && row.mailbox_id == mailbox.mailbox_id;
    let mut alike = mailboxes
        .iter()
        .filter(|other| other.uid_validity == mailbox.uid_validity);
    let one = candidates.next().is_none() && alike.next().is_some() && alike.next().is_none();
    (sure || one).then_some(at)
}

impl Reconciled {
    /// A missing folder turned out to be one of the added mailboxes: it was renamed, by a server
    /// that gives a new UIDVALIDITY then.
    pub fn renamed(&mut self, row: &FolderRow, mailbox: &str) {
        if let Some(at) = self.added.iter().position(|added| added.name == mailbox) {
            let added = self.added.remove(at);
            self.changed.push(FolderRow {
                name: added.name,
                uid_validity: added.uid_validity,
                mailbox_id: added.mailbox_id,
                role: added.role,
                missing_since: None,
                ..row.clone()
            });
        }
    }
}

/// Mailboxes an operator named for a role.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub drafts: Option<String>,
    pub sent: Option<String>,
    pub trash: Option<String>,
}

/// Gives each role to at most one mailbox: configuration first, then whoever has it (a role never
/// changes hands silently, S16), SPECIAL-USE, and last the names mail clients use.
fn roles<'a>(
    listed: &'a [Listed],
    known: &[FolderRow],
    overrides: &Overrides,
) -> BTreeMap<&'a str, Role> {
    let mut roles = BTreeMap::new();
    if let Some(inbox) = listed.iter().find(|mailbox| mailbox.name == "INBOX") {
        roles.insert(inbox.name.as_str(), Role::Inbox);
    }
    for (role, named) in [
        (Role::Drafts, &overrides.drafts),
        (Role::Sent, &overrides.sent),
        (Role::Trash, &overrides.trash),
    ] {
        let usable = |mailbox: &&Listed| mailbox.selectable && mailbox.name != "INBOX";
        let mailboxes = || listed.iter().filter(usable);
        let chosen = named
            .as_ref()
            .and_then(|name| mailboxes().find(|mailbox| mailbox.name == *name))
            .or_else(|| {
                let holder = known
                    .iter()
                    .find(|row| !row.retired && row.role == role as u8)?;
                mailboxes().find(|mailbox| mailbox.name == holder.name)
            })
            .or_else(|| mailboxes().find(|mailbox| mailbox.role == Some(role)))
            .or_else(|| {
                well_known(role).iter().find_map(|name| {
                    mailboxes().find(|mailbox| {
                        mailbox.role.is_none() && base_name(mailbox).eq_ignore_ascii_case(name)
                    })
                })
            });
        if let Some(mailbox) = chosen {
            roles.entry(mailbox.name.as_str()).or_insert(role);
        }
    }
    roles
}

/// A role that no mailbox has, with the name under which to create one.
pub fn lacking(
    listed: &[Listed],
    known: &[FolderRow],
    overrides: &Overrides,
) -> Vec<(Role, String)> {
    let held: BTreeSet<Role> = roles(listed, known, overrides).into_values().collect();
    let prefix = personal_prefix(listed);
    [
        (Role::Drafts, overrides.drafts.as_deref(), "Drafts"),
        (Role::Sent, overrides.sent.as_deref(), "Sent"),
        (Role::Trash, overrides.trash.as_deref(), "Trash"),
    ]
    .into_iter()
    .filter(|(role, _, _)| !held.contains(role))
    .map(|(role, named, name)| {
        (
            role,
            named.map_or_else(|| format!("{prefix}{name}"), Into::into),
        )
    })
    .collect()
}

/// `INBOX.` on servers that keep everything below the inbox (Courier, Cyrus of old), else nothing.
fn personal_prefix(listed: &[Listed]) -> String {
    let Some(delimiter) = listed.iter().find_map(|mailbox| mailbox.delimiter) else {
        return String::new();
    };
    let prefix = format!("INBOX{delimiter}");
    let mut others = listed
        .iter()
        .filter(|mailbox| mailbox.name != "INBOX")
        .peekable();
    let below_inbox = match others.peek() {
        // An empty account tells nothing, but a full stop is Courier's and old Cyrus's delimiter.
        None => delimiter == '.',
        Some(_) => others.all(|mailbox| mailbox.name.starts_with(&prefix)),
    };
    if below_inbox { prefix } else { String::new() }
}

/// The last part of a mailbox's path.
fn base_name(mailbox: &Listed) -> &str {
    mailbox
        .delimiter
        .and_then(|delimiter| mailbox.name.rsplit_once(delimiter))
        .map_or(mailbox.name.as_str(), |(_, name)| name)
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
        Role::Inbox | Role::Mail => &[],
    }
}

/// The hierarchy a phone sees: the named rows in an order with parents first.
pub fn hierarchy(known: &[FolderRow], listed: &[Listed]) -> Hierarchy {
    let prefix = personal_prefix(listed);
    let delimiters: HashMap<&str, Option<char>> = listed
        .iter()
        .map(|mailbox| (mailbox.name.as_str(), mailbox.delimiter))
        .collect();
    let rows: BTreeMap<&str, &FolderRow> = known
        .iter()
        .filter(|row| !row.retired)
        .map(|row| (row.name.as_str(), row))
        .collect();
    let mut folders: Vec<(usize, Folder)> = Vec::with_capacity(rows.len());
    for row in rows.values() {
        let delimiter = delimiters
            .get(row.name.as_str())
            .copied()
            .flatten()
            .or_else(|| listed.iter().find_map(|mailbox| mailbox.delimiter));
        let mut parent = None;
        let mut name = row.name.as_str();
        let mut depth = 0;
        if let Some(delimiter) = delimiter
            && let Some((path, last)) = row.name.rsplit_once(delimiter)
        {
            let inside_prefix = !prefix.is_empty() && path == "INBOX";
            // A parent that is no mailbox is passed over; its name then stays in the child's.
            parent = if inside_prefix {
                None
            } else {
                nearest(&rows, path, delimiter, &prefix)
            };
            name = match parent {
                Some(found) => row
                    .name
                    .get(found.name.len() + delimiter.len_utf8()..)
                    .unwrap_or(last),
                None => row.name.strip_prefix(prefix.as_str()).unwrap_or(&row.name),
            };
            depth = row.name.matches(delimiter).count();
        }
        let role = Role::from_number(row.role);
        let name = if role == Role::Inbox { "Inbox" } else { name };
        folders.push((
            depth,
            Folder {
                id: row.id.clone(),
                parent: parent.map_or_else(|| "0".to_owned(), |row| row.id.clone()),
                name: name.to_owned(),
                role,
            },
        ));
    }
    folders.sort_by(|(depth, a), (other, b)| {
        (depth, a.role == Role::Mail, &a.name, &a.id).cmp(&(
            other,
            b.role == Role::Mail,
            &b.name,
            &b.id,
        ))
    });
    Hierarchy {
        folders: folders.into_iter().map(|(_, folder)| folder).collect(),
    }
}

/// The row of the nearest ancestor that is a mailbox.
fn nearest<'a>(
    rows: &BTreeMap<&str, &'a FolderRow>,
    path: &str,
    delimiter: char,
    prefix: &str,
) -> Option<&'a FolderRow> {
    let mut path = path;
    loop {
        let below_prefix = !prefix.is_empty() && path == "INBOX";
        if let (Some(row), false) = (rows.get(path), below_prefix) {
            return Some(row);
        }
        path = path.rsplit_once(delimiter)?.0;
    }
}

#[cfg(test)]
mod tests;
