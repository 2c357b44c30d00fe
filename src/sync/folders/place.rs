//! Where a folder that a phone makes, renames or moves shall lie: from its name for people and its
//! parent to the name of a mailbox. What cannot be is said by reason, since each has a status of its
//! own.

use airgate_codec::imap::modified_utf7;

use super::listing::Mailboxes;
use super::roles::same_name;
use super::tree::MAX_NAME;
use super::{Folder, Hierarchy};
use crate::store::FolderRow;

/// Why a folder cannot be there under that name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Misplaced {
    #[error("no mailbox can have this name")]
    BadName,
    /// Of a sibling, whatever the letter case: phones and people take the two for one.
    #[error("another folder has this name")]
    Taken,
    #[error("there is no such parent")]
    NoParent,
    /// The server keeps nothing below it.
    #[error("nothing can be below this parent")]
    Childless,
    #[error("a folder cannot be moved below itself")]
    BelowItself,
}

/// What is known of a user's folders when a phone changes one.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    pub rows: &'a [FolderRow],
    pub mailboxes: &'a Mailboxes,
    pub hierarchy: &'a Hierarchy,
}

impl<'a> Ground<'a> {
    /// The row of a folder that is there.
    pub fn row(&self, id: &str) -> Option<&'a FolderRow> {
        self.rows.iter().find(|row| row.id == id && !row.retired)
    }

    /// The mailbox name for a new folder.
    ///
    /// # Errors
    /// See [`Misplaced`].
    pub fn place_new(&self, parent: &str, name: &str) -> Result<String, Misplaced> {
        let name = self.free_name(parent, name, None)?;
        self.below(parent, name)
    }

    /// The mailbox name for a folder that gets another name, another parent, or both.
    ///
    /// # Errors
    /// See [`Misplaced`].
    pub fn place_moved(
        &self,
        row: &FolderRow,
        parent: &str,
        name: &str,
    ) -> Result<String, Misplaced> {
        if parent == row.id || self.hierarchy.below(&row.id).iter().any(|f| f.id == parent) {
            return Err(Misplaced::BelowItself);
        }
        let shown = self.hierarchy.folder(&row.id);
        let stays = shown.is_some_and(|folder| folder.parent == parent);
        // A name that was only shown otherwise (cut, or with what no phone can show) stays itself.
        if shown.is_some_and(|folder| folder.name == name) {
            if stays {
                return Ok(row.name.clone());
            }
            self.free_sibling(parent, name, Some(&row.id))?;
            return self.below(parent, self.own_part(row));
        }
        let name = self.free_name(parent, name, Some(&row.id))?;
        // Beside where it is, whatever of its name stands before it.
        let part = self.own_part(row);
        match row.name.strip_suffix(part) {
            Some(above) if stays => Ok(format!("{above}{name}")),
            _ => self.below(parent, name),
        }
    }

    /// The mailbox name for a folder that goes below another (the trash), under its own name or,
    /// where that is taken, one with a number.
    ///
    /// # Errors
    /// See [`Misplaced`].
    pub fn place_below(&self, row: &FolderRow, parent: &FolderRow) -> Result<String, Misplaced> {
        /// Folders of one name in a trash, more than anybody deletes.
        const MOST: usize = 1000;
        let part = self.own_part(row);
        for number in 1..MOST {
            let name = match number {
                1 => part.to_owned(),
                _ => format!("{part} {number}"),
            };
            let path = self.below(&parent.id, &name)?;
            let exists = self.mailboxes.find(&path).is_some()
                || self.rows.iter().any(|row| !row.retired && row.name == path);
            if !exists {
                return Ok(path);
            }
        }
        Err(Misplaced::Taken)
    }

    /// The mailboxes of a folder and all below it, by name, the deepest first.
    pub fn subtree(&self, row: &FolderRow) -> Vec<&'a FolderRow> {
        let below = self
            .mailboxes
            .delimiter_of(&row.name)
            .map(|delimiter| format!("{}{delimiter}", row.name));
        let mut found: Vec<&FolderRow> = self
            .rows
            .iter()
            .filter(|other| !other.retired)
            .filter(|other| {
                other.id == row.id
                    || below
                        .as_ref()
                        .is_some_and(|prefix| other.name.starts_with(prefix))
            })
            .collect();
        found.sort_by_key(|row| std::cmp::Reverse(row.name.len()));
        found
    }

    /// The part of a mailbox's name that is not its parents'.
    fn own_part<'r>(&self, row: &'r FolderRow) -> &'r str {
        let own = self
            .mailboxes
            .delimiter_of(&row.name)
            .and_then(|delimiter| row.name.rsplit_once(delimiter));
        own.map_or(row.name.as_str(), |(_, own)| own)
    }

    /// The name, if a mailbox below the parent can have it and no sibling has.
    fn free_name<'n>(
        &self,
        parent: &str,
        name: &'n str,
        moving: Option<&str>,
    ) -> Result<&'n str, Misplaced> {
        let delimiter = match self.row(parent) {
            Some(row) => self.mailboxes.delimiter_of(&row.name),
            None if parent == ROOT => self.mailboxes.delimiter(),
            None => return Err(Misplaced::NoParent),
        };
        check(name, delimiter)?;
        self.free_sibling(parent, name, moving)?;
        Ok(name)
    }

    fn free_sibling(
        &self,
        parent: &str,
        name: &str,
        moving: Option<&str>,
    ) -> Result<(), Misplaced> {
        // Whatever its server calls it, nothing beside the inbox is called that.
        let inbox = parent == ROOT && same_name(name, "INBOX");
        let taken = |folder: &Folder| {
            folder.parent == parent
                && same_name(&folder.name, name)
                && moving != Some(folder.id.as_str())
        };
        match inbox || self.hierarchy.folders.iter().any(taken) {
            true => Err(Misplaced::Taken),
            false => Ok(()),
        }
    }

    /// The path of a name below a parent.
    fn below(&self, parent: &str, name: &str) -> Result<String, Misplaced> {
        if parent == ROOT {
            return Ok(format!("{}{name}", self.mailboxes.personal_prefix()));
        }
        let row = self.row(parent).ok_or(Misplaced::NoParent)?;
        let listed = self.mailboxes.find(&row.name);
        let delimiter = self
            .mailboxes
            .delimiter_of(&row.name)
            .filter(|_| !listed.is_some_and(|listed| listed.childless))
            .ok_or(Misplaced::Childless)?;
        Ok(format!("{}{delimiter}{name}", row.name))
    }
}

/// The ParentId of what has no parent.
pub const ROOT: &str = "0";

/// Whether a part of a mailbox's name can be this. What servers refuse besides is theirs to say.
fn check(name: &str, delimiter: Option<char>) -> Result<(), Misplaced> {
    let bad = name.trim().is_empty()
        || name.chars().nth(MAX_NAME).is_some()
        || name.chars().any(|c| {
            // T24: they could be said in IMAP, but no client could show or say the name.
            c.is_control()
                || Some(c) == delimiter
                // They stand for octets that are no text (T68).
                || modified_utf7::is_reserved(c)
                // What XML cannot carry, no phone could be shown.
                || matches!(c, '\u{FFFE}' | '\u{FFFF}')
        });
    match bad {
        true => Err(Misplaced::BadName),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
