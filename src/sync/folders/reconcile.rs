//! Keeps the table of ids true to the list of mailboxes: a mailbox keeps its id through renames, by
//! whoever (S16), and through not being there for a while.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Listed, Mailboxes};
use super::roles::{Overrides, Role, roles};
use crate::store::{FolderKind, FolderRow, NewFolder};

/// What a look at the backend's list means for the table of ids.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reconciled {
    pub changed: Vec<FolderRow>,
    /// Mailboxes that need an id.
    pub added: Vec<NewFolder>,
    /// Ids whose mailbox is not in the list: to be proven absent before a phone hears of it (S7).
    pub missing: Vec<String>,
}

/// Finds which of the rows left a mailbox is, among the mailboxes left.
type Pass<'a> = dyn Fn(&[&FolderRow], &[&Listed], &Listed) -> Option<usize> + 'a;

/// Rows and what they are now.
type Pairs<'a> = Vec<(&'a FolderRow, &'a Listed)>;

/// Compares the table of ids with a complete list. A mailbox keeps its id through a rename when its
/// MAILBOXID shows it, or failing that its UIDVALIDITY, if that names one candidate only (S16): also
/// when another was made under its old name meanwhile. One that comes back gets its old id again.
pub fn reconcile(known: &[FolderRow], mailboxes: &Mailboxes, overrides: &Overrides) -> Reconciled {
    let roles = roles(mailboxes, known, overrides);
    let special: BTreeSet<String> = roles.keys().map(|name| (*name).to_owned()).collect();
    let shown = mailboxes.shown(overrides.show, &special);
    let mail = |row: &&FolderRow| row.is_in_mail();
    let kind = |mailbox: &Listed| {
        let role = roles.get(mailbox.name.as_str());
        role.map_or(FolderKind::Mail, |role| role.kind())
    };
    let mut rows: Vec<&FolderRow> = known
        .iter()
        .filter(mail)
        .filter(|row| !row.retired)
        .collect();
    let mut left: Vec<&Listed> = shown.iter().filter(|listed| listed.selectable).collect();
    let mut pairs: Pairs<'_> = Vec::with_capacity(rows.len());
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
    // Mail that becomes notes, or notes that become mail, are another folder to a phone: it keeps
    // them elsewhere.
    let mut unmatched = Vec::new();
    let mut found = Vec::new();
    for wanted in [FolderKind::Mail, FolderKind::Notes] {
        let of_kind = |row: &&FolderRow| row.kind == wanted;
        let mut some: Vec<&FolderRow> = rows.iter().copied().filter(of_kind).collect();
        let mut open: Vec<&Listed> = left
            .iter()
            .copied()
            .filter(|mailbox| kind(mailbox) == wanted)
            .collect();
        for pass in passes {
            open = matched(&mut some, open, &mut pairs, pass);
        }
        unmatched.extend(some);
        found.extend(open);
    }
    rows = unmatched;
    left = found;
    let levels: Vec<&Listed> = shown.iter().filter(|listed| !listed.selectable).collect();
    let levels = match_levels(&mut rows, levels, mailboxes, &mut pairs);
    // What was gone and is here again: taken up where it was left.
    let mut retired: Vec<&FolderRow> = known
        .iter()
        .filter(mail)
        .filter(|row| row.retired)
        .collect();
    left.extend(levels);
    let left = matched(&mut retired, left, &mut pairs, &|rows, _, mailbox| {
        rows.iter()
            .rposition(|row| row.kind == kind(mailbox) && came_back(row, mailbox))
    });
    let role = |mailbox: &Listed| {
        let role = roles.get(mailbox.name.as_str()).copied();
        match role {
            _ if !mailbox.selectable => Role::Level as u8,
            Some(role) => role as u8,
            None => Role::Mail as u8,
        }
    };
    let mut changed: Vec<FolderRow> = pairs
        .iter()
        .filter_map(|(row, mailbox)| {
            let now = row_at(row, mailbox, role(mailbox));
            (**row != now).then_some(now)
        })
        .collect();
    // Rows of what is there but not to be shown, and of levels with nothing below them, need no
    // proof: it is we who take them away.
    let (hidden, missing) = rows.into_iter().partition::<Vec<_>, _>(|row| {
        row.is_level()
            || mailboxes
                .find(&row.name)
                .is_some_and(|listed| listed.selectable)
    });
    let keeps: Vec<&FolderRow> = missing.clone();
    changed.extend(
        hidden
            .into_iter()
            .filter(|row| !row.is_level() || !above_any(row, &keeps, mailboxes))
            .map(|row| FolderRow {
                retired: true,
                ..row.clone()
            }),
    );
    Reconciled {
        changed,
        added: left
            .into_iter()
            .map(|mailbox| NewFolder {
                kind: kind(mailbox),
                name: mailbox.name.clone(),
                uid_validity: mailbox.uid_validity,
                mailbox_id: mailbox.mailbox_id.clone(),
                role: role(mailbox),
            })
            .collect(),
        missing: missing.into_iter().map(|row| row.id.clone()).collect(),
    }
}

/// One pass over the mailboxes left; gives those it found no row for.
fn matched<'a>(
    rows: &mut Vec<&'a FolderRow>,
    mailboxes: Vec<&'a Listed>,
    pairs: &mut Pairs<'a>,
    pass: &Pass<'_>,
) -> Vec<&'a Listed> {
    let mut left = Vec::new();
    for mailbox in &mailboxes {
        match pass(rows, &mailboxes, mailbox) {
            Some(at) => pairs.push((rows.remove(at), mailbox)),
            None => left.push(*mailbox),
        }
    }
    left
}

/// Levels have nothing to be known by but their name and what is below them: one whose children all
/// went to another level became that one. A mailbox that cannot be selected any more is a level.
fn match_levels<'a>(
    rows: &mut Vec<&'a FolderRow>,
    levels: Vec<&'a Listed>,
    mailboxes: &Mailboxes,
    pairs: &mut Pairs<'a>,
) -> Vec<&'a Listed> {
    let left = matched(rows, levels, pairs, &|rows, _, level| {
        rows.iter().position(|row| row.name == level.name)
    });
    let mut went: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_level()) {
        let Some(delimiter) = mailboxes.delimiter_of(&row.name) else {
            continue;
        };
        let prefix = format!("{}{delimiter}", row.name);
        for (child, mailbox) in pairs.iter() {
            if let Some(rest) = child.name.strip_prefix(&prefix) {
                let stem = mailbox.name.strip_suffix(rest);
                let now = stem.and_then(|stem| stem.strip_suffix(delimiter));
                went.entry(&row.name)
                    .or_default()
                    .insert(now.unwrap_or_default().to_owned());
            }
        }
    }
    matched(rows, left, pairs, &|rows, _, level| {
        rows.iter().position(|row| {
            went.get(row.name.as_str())
                .is_some_and(|names| names.len() == 1 && names.contains(&level.name))
        })
    })
}

/// Whether a level stands above one of these rows.
fn above_any(level: &FolderRow, rows: &[&FolderRow], mailboxes: &Mailboxes) -> bool {
    let Some(delimiter) = mailboxes.delimiter_of(&level.name) else {
        return false;
    };
    let prefix = format!("{}{delimiter}", level.name);
    rows.iter().any(|row| row.name.starts_with(&prefix))
}

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
        retired: false,
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

/// Whether a retired row is of this mailbox: nothing less than its name and its generation says so,
/// since another of that name may have come.
fn came_back(row: &FolderRow, mailbox: &Listed) -> bool {
    let proven = match mailbox.selectable {
        true => same_mailbox(row, mailbox) == Some(true),
        false => row.is_level(),
    };
    proven && (row.name == mailbox.name || (row.mailbox_id.is_some() && mailbox.selectable))
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
