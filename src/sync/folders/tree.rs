//! The hierarchy a phone sees: the named rows as folders below folders, each under a name that can
//! be read and that no sibling has.

use std::collections::{BTreeMap, HashSet};

use airgate_codec::imap::modified_utf7;

use super::listing::Mailboxes;
use super::roles::Role;
use super::{Folder, Hierarchy};
use crate::store::FolderRow;

/// Longest name a phone is shown, in characters: what Exchange allows. A longer one is cut, and the
/// mailbox keeps it.
pub const MAX_NAME: usize = 256;

/// The hierarchy of these rows, in an order with parents first.
pub fn hierarchy(known: &[FolderRow], mailboxes: &Mailboxes) -> Hierarchy {
    let rows: BTreeMap<&str, &FolderRow> = known
        .iter()
        .filter(|row| row.is_in_mail() && !row.retired)
        .map(|row| (row.name.as_str(), row))
        .collect();
    let prefix = mailboxes.personal_prefix();
    let mut folders: Vec<(usize, Folder)> = rows
        .values()
        .map(|row| {
            let (parent, rest, depth) = place(&rows, mailboxes, &prefix, row);
            let role = Role::from_number(row.role);
            let folder = Folder {
                id: row.id.clone(),
                parent: parent.map_or_else(|| "0".to_owned(), |row| row.id.clone()),
                name: match role {
                    Role::Inbox => "Inbox".to_owned(),
                    // `#shared`, `#public`: the mark of a namespace is no part of its name.
                    Role::Level if mailboxes.is_foreign(&row.name) => {
                        shown_name(rest.trim_start_matches('#'))
                    }
                    _ => shown_name(rest),
                },
                // To phones it is the same, so a mailbox that becomes a level is no news.
                role: match role {
                    Role::Level => Role::Mail,
                    other => other,
                },
            };
            (depth, folder)
        })
        .collect();
    folders.sort_by(|(depth, a), (other, b)| {
        (depth, !a.role.is_special(), &a.name, &a.id).cmp(&(
            other,
            !b.role.is_special(),
            &b.name,
            &b.id,
        ))
    });
    let mut taken = HashSet::new();
    let folders = folders.into_iter().map(|(_, mut folder)| {
        // Two mailboxes may look alike to a person: `R&D` and `R&-D` are both R&D.
        let plain = folder.name.clone();
        let mut number = 1_usize;
        while !taken.insert((folder.parent.clone(), folder.name.clone())) {
            number += 1;
            folder.name = format!("{plain} ({number})");
        }
        folder
    });
    Hierarchy {
        folders: folders.collect(),
    }
}

/// Where a row hangs: its parent, what of its name is not the parent's, and its depth.
fn place<'a>(
    rows: &BTreeMap<&str, &'a FolderRow>,
    mailboxes: &Mailboxes,
    prefix: &str,
    row: &'a FolderRow,
) -> (Option<&'a FolderRow>, &'a str, usize) {
    let at_root = row.name.strip_prefix(prefix).filter(|_| row.name != prefix);
    let rest = at_root.unwrap_or(&row.name);
    let Some(delimiter) = mailboxes.delimiter_of(&row.name) else {
        return (None, rest, 0);
    };
    let skipped = row.name.len().saturating_sub(rest.len());
    // The nearest name above that has a row, but nothing above the prefix.
    let mut end = row.name.len();
    while let Some(at) = row.name.get(..end).and_then(|path| path.rfind(delimiter)) {
        end = at;
        if end <= skipped.saturating_sub(1) {
            break;
        }
        let above = row.name.get(..end).and_then(|path| rows.get(path));
        if let Some(parent) = above {
            let own = row.name.get(end + delimiter.len_utf8()..);
            let depth = row.name.matches(delimiter).count();
            return (Some(parent), own.unwrap_or(rest), depth);
        }
    }
    (None, rest, rest.matches(delimiter).count())
}

/// A part of a mailbox's name as a phone is shown it: without markers and control characters, never
/// empty, never too long.
pub fn shown_name(part: &str) -> String {
    let shown: String = modified_utf7::display(part)
        .chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .take(MAX_NAME)
        .collect();
    match shown.trim().is_empty() {
        true => "?".to_owned(),
        false => shown,
    }
}
