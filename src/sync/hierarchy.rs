//! Looks at the backend's mailboxes and brings the user's table of folder ids up to date.

pub mod collections;

use std::collections::HashSet;

use airgate_codec::ProtocolVersion;
use airgate_codec::imap::{MailboxName, Namespace, UidSet};
use tracing::{info, warn};

use self::collections::Looks;
use super::folders::dav::{self, Look};
use super::folders::merged;
use super::folders::place::Ground;
use super::folders::{
    Hierarchy, Listed, Mailboxes, Overrides, Prefix, Role, reconcile, roles, tree,
};
use crate::backend::Login;
use crate::backend::dav::CollectionKind;
use crate::backend::imap::{FetchItems, Imap, ImapError, Search, Session, SpecialUse};
use crate::failure::Failure;
use crate::identity::UserId;
use crate::item::habits::OneFolder;
use crate::item::identity;
use crate::store::{FolderKind, FolderRow, NewFolder, Store};

/// Rounds before a table that others keep changing is given up on.
const ROUNDS: usize = 5;

/// New mailboxes looked into for the mail of one that is missing, and messages looked at in each.
const CANDIDATES: usize = 8;
const SAMPLE: usize = 20;

/// The user's folders as they are now.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    pub rows: Vec<FolderRow>,
    pub mailboxes: Mailboxes,
    /// Of mail.
    pub hierarchy: Hierarchy,
    /// Calendars and address books.
    pub collections: Looks,
}

impl Folders {
    /// All that a phone is shown that looks at `one` folder of some classes. What belongs to a server
    /// that cannot be asked stays as the phone `held` it (S7, T60).
    pub fn shown(&self, held: &Hierarchy, version: ProtocolVersion, one: OneFolder) -> Hierarchy {
        let mut folders = self.hierarchy.folders.clone();
        for service in [CollectionKind::Calendar, CollectionKind::AddressBook] {
            let mut found = match self.collections.of(service) {
                Look::Absent => Vec::new(),
                Look::Seen(seen) => dav::folders(&self.rows, service, seen),
                Look::Down => self
                    .rows
                    .iter()
                    .filter(|row| !row.retired && dav::service(row) == Some(service))
                    .filter_map(|row| held.folder(&row.id).cloned())
                    .collect(),
            };
            merged::hide(&mut found, &self.rows, one);
            dav::join(&mut folders, found);
        }
        // Earlier versions have no such class (REFERENCE 4.1).
        folders.retain(|folder| {
            folder.role.kind() != FolderKind::Notes || version >= ProtocolVersion::V14_0
        });
        Hierarchy { folders }
    }

    /// What placing a folder goes by.
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            rows: &self.rows,
            mailboxes: &self.mailboxes,
            hierarchy: &self.hierarchy,
        }
    }
}

/// Lists the mailboxes and reconciles the ids. Folders a phone expects on every account (drafts,
/// sent, trash) are created when the account has none, as every mail client does.
///
/// # Errors
/// The backend's or the store's; the table is then as it was.
pub async fn refresh(
    store: &dyn Store,
    imap: &Imap,
    login: &Login,
    user: &UserId,
    overrides: &Overrides,
) -> Result<Folders, Failure> {
    let mut session = imap.session(login, None).await?;
    let mut mailboxes = list(&mut session).await?;
    for _ in 0..ROUNDS {
        let table = store.folders(user).await?;
        if create_lacking(&mut session, &mailboxes, &table.rows, overrides).await {
            mailboxes = list(&mut session).await?;
        }
        let mut result = reconcile(&table.rows, &mailboxes, overrides);
        for id in std::mem::take(&mut result.missing) {
            let Some(row) = table.rows.iter().find(|row| row.id == id) else {
                continue;
            };
            if let Some(name) = moved_to(&mut session, store, user, row, &result.added).await? {
                info!(folder = %row.id, "a mailbox was renamed, by its content");
                result.renamed(row, &name);
                continue;
            }
            // A mere level now: the listing says itself that nothing is in it any more.
            let listed = mailboxes.find(&row.name);
            let level = listed.is_some_and(|mailbox| !mailbox.selectable);
            if level || proven_absent(imap, login, row).await? {
                info!(folder = %row.id, "a mailbox is gone");
                result.changed.push(FolderRow {
                    retired: true,
                    ..row.clone()
                });
            }
        }
        let rows = if result.changed.is_empty() && result.added.is_empty() {
            Some(table.rows)
        } else {
            store
                .save_folders(user, table.version, &result.changed, &result.added)
                .await?
                .map(|table| table.rows)
        };
        if let Some(rows) = rows {
            let hierarchy = tree::hierarchy(&rows, &mailboxes);
            return Ok(Folders {
                rows,
                mailboxes,
                hierarchy,
                collections: Looks::default(),
            });
        }
    }
    Err(Failure::gateway(
        "the table of folders kept changing under us",
    ))
}

async fn list(session: &mut Session) -> Result<Mailboxes, ImapError> {
    let listing = session.listing().await?;
    let mailboxes = listing.mailboxes;
    // What LIST-STATUS did not bring along is asked for, so that a rename can be told (S16).
    let unknown: Vec<MailboxName> = mailboxes
        .iter()
        .filter(|mailbox| mailbox.selectable && mailbox.status.is_none())
        .map(|mailbox| mailbox.name.clone())
        .collect();
    let mut asked = if unknown.is_empty() {
        Vec::new()
    } else {
        session.status(&unknown).await?
    }
    .into_iter();
    let listed = mailboxes
        .into_iter()
        .map(|mailbox| {
            let mut selectable = mailbox.selectable;
            let status = match mailbox.status {
                None if selectable => match asked.next() {
                    // Listed, and yet no mailbox: a level, if there are others below it.
                    Some(Err(ImapError::NoMailbox(_))) => {
                        selectable = false;
                        None
                    }
                    asked => asked.and_then(Result::ok),
                },
                status => status,
            };
            Listed {
                name: mailbox.name.as_str().to_owned(),
                delimiter: mailbox.delimiter,
                selectable,
                childless: !mailbox.inferiors,
                subscribed: mailbox.subscribed,
                role: mailbox.special_use.and_then(role),
                uid_validity: status
                    .as_ref()
                    .and_then(|status| status.uid_validity)
                    .map(|validity| validity.get()),
                mailbox_id: status.and_then(|status| status.mailbox_id),
            }
        })
        .collect();
    let prefixes = |namespaces: &[Namespace]| -> Vec<Prefix> {
        let prefix = |namespace: &Namespace| Prefix {
            text: namespace.prefix.as_str().to_owned(),
            delimiter: namespace.delimiter,
        };
        namespaces.iter().map(prefix).collect()
    };
    let namespaces = listing.namespaces.unwrap_or_default();
    Ok(Mailboxes {
        listed,
        // The first is where new mailboxes go (RFC 2342 5).
        personal: prefixes(&namespaces.personal).into_iter().next(),
        foreign: [&namespaces.other_users, &namespaces.shared]
            .into_iter()
            .flat_map(|namespaces| prefixes(namespaces))
            // A shared namespace without a prefix is told from the user's own by nothing.
            .filter(|prefix| !prefix.text.is_empty())
            .collect(),
    })
}

const fn role(special_use: SpecialUse) -> Option<Role> {
    match special_use {
        SpecialUse::Drafts => Some(Role::Drafts),
        SpecialUse::Sent => Some(Role::Sent),
        SpecialUse::Trash => Some(Role::Trash),
        _ => None,
    }
}

/// Creates what every phone expects; whether anything was created.
async fn create_lacking(
    session: &mut Session,
    mailboxes: &Mailboxes,
    rows: &[FolderRow],
    overrides: &Overrides,
) -> bool {
    let mut created = false;
    for (role, name) in roles::lacking(mailboxes, rows, overrides) {
        let name = MailboxName::new(name);
        match session.create(&name).await {
            Ok(()) => {
                created = true;
                if let Err(error) = session.subscribe(&name).await {
                    warn!(?role, %error, "a new mailbox could not be subscribed");
                }
            }
            // The account works without; deleting then means what S9 says it means.
            Err(error) => warn!(?role, %error, "the account lacks a mailbox and none can be made"),
        }
    }
    created
}

/// Which of the mailboxes that are new a missing one has become, by the messages in it: for servers
/// that give a renamed mailbox another UIDVALIDITY (Courier). One without messages that a phone knows
/// is not found again.
async fn moved_to(
    session: &mut Session,
    store: &dyn Store,
    user: &UserId,
    row: &FolderRow,
    added: &[NewFolder],
) -> Result<Option<String>, Failure> {
    let Some(validity) = row.uid_validity.filter(|_| !added.is_empty()) else {
        return Ok(None);
    };
    let prints = store.fingerprints(user, &row.id, validity).await?;
    let prints: HashSet<i64> = prints.into_iter().map(|(_, print)| print).collect();
    if prints.is_empty() {
        return Ok(None);
    }
    let items = FetchItems {
        size: true,
        internal_date: true,
        headers: Some(vec![identity::HEADER_FIELD]),
        ..FetchItems::default()
    };
    for mailbox in added.iter().take(CANDIDATES) {
        let name = MailboxName::new(mailbox.name.clone());
        session.select(&name, None).await?;
        let all = session.search(&Search::All).await?;
        let newest: UidSet = all.iter().rev().take(SAMPLE).collect();
        let messages = session.fetch(&newest, &items).await?;
        let known = messages
            .iter()
            .filter_map(identity::fingerprint)
            .filter(|print| prints.contains(print))
            .count();
        if known > 0 && known * 2 >= messages.len() {
            return Ok(Some(mailbox.name.clone()));
        }
    }
    Ok(None)
}

/// Whether a mailbox missing in a complete list is truly gone: a second connection must say so as
/// well (S7, S16).
async fn proven_absent(imap: &Imap, login: &Login, row: &FolderRow) -> Result<bool, Failure> {
    let mut session = imap.fresh_session(login).await?;
    let name = MailboxName::new(row.name.clone());
    match session.status(std::slice::from_ref(&name)).await?.pop() {
        Some(Err(ImapError::NoMailbox(_))) => Ok(true),
        Some(Ok(_)) | None => Ok(false),
        Some(Err(error)) => Err(error.into()),
    }
}
