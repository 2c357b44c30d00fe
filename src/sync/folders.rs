//! The folder hierarchy: mailboxes of the backend, the ids under which phones know them, and the
//! difference between what a phone holds and what there is. Pure.

pub mod dav;
pub mod listing;
pub mod merged;
pub mod place;
pub mod reconcile;
pub mod roles;
pub mod tree;

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::state::{self, Unusable};
use crate::store::{FolderKind, FolderRow};

pub use listing::{Foreign, Listed, Mailboxes, Prefix, Show};
pub use reconcile::{Reconciled, reconcile};
pub use roles::{NotesMailbox, Overrides, Role};

/// Format of the stored hierarchy.
const VERSION: u8 = 1;

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
    /// Children before their parents: a Windows Phone drops the children with the parent and takes
    /// a Delete of one that is gone for an error (REFERENCE 12, 53).
    pub deleted: Vec<String>,
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

    /// The folder with this id.
    pub fn folder(&self, id: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.id == id)
    }

    /// The folders below one, at any depth, parents before their children.
    pub fn below(&self, id: &str) -> Vec<&Folder> {
        let mut found: Vec<&Folder> = Vec::new();
        let mut level: BTreeSet<&str> = std::iter::once(id).collect();
        while !level.is_empty() {
            let children: Vec<&Folder> = self
                .folders
                .iter()
                .filter(|folder| level.contains(folder.parent.as_str()))
                // A parent that is its own child's child would go round for ever.
                .filter(|folder| folder.id != id && !found.contains(folder))
                .collect();
            level = children.iter().map(|folder| folder.id.as_str()).collect();
            found.extend(children);
        }
        found
    }

    /// Takes a folder in, in place of the one with its id.
    pub fn put(&mut self, folder: Folder) {
        match self.folders.iter_mut().find(|held| held.id == folder.id) {
            Some(held) => *held = folder,
            None => self.folders.push(folder),
        }
    }

    /// Drops a folder with all that is below it.
    pub fn drop_tree(&mut self, id: &str) {
        let mut gone: BTreeSet<String> = self
            .below(id)
            .into_iter()
            .map(|folder| folder.id.clone())
            .collect();
        gone.insert(id.to_owned());
        self.folders.retain(|folder| !gone.contains(&folder.id));
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
        let mut deleted: Vec<(usize, &str)> = self
            .folders
            .iter()
            .map(|folder| folder.id.as_str())
            .filter(|id| !present.contains(id))
            .map(|id| (self.depth(id), id))
            .collect();
        deleted.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
        changes.deleted = deleted.into_iter().map(|(_, id)| id.to_owned()).collect();
        changes
    }

    /// Levels above a folder.
    fn depth(&self, id: &str) -> usize {
        let mut depth = 0;
        let mut at = self.folder(id);
        while let Some(parent) = at.and_then(|folder| self.folder(&folder.parent)) {
            depth += 1;
            if depth > self.folders.len() {
                break;
            }
            at = Some(parent);
        }
        depth
    }
}

impl FolderChanges {
    pub fn count(&self) -> usize {
        self.added.len() + self.updated.len() + self.deleted.len()
    }
}

impl FolderRow {
    /// Whether this is a mailbox with messages in it, mail or notes, and there.
    pub fn is_mailbox(&self) -> bool {
        self.is_in_mail() && !self.retired && !self.is_level()
    }

    /// Whether the row is of the mail server: notes of calendar servers have a path for a name.
    pub fn is_in_mail(&self) -> bool {
        match self.kind {
            FolderKind::Mail => true,
            FolderKind::Notes => !self.name.starts_with('/'),
            FolderKind::Calendar | FolderKind::Contacts | FolderKind::Tasks => false,
        }
    }

    /// Whether this is a mailbox that can hold mail, and there.
    pub fn holds_mail(&self) -> bool {
        self.kind == FolderKind::Mail && !self.retired && !self.is_level()
    }

    /// Whether this is a mere level of the hierarchy: a mailbox that cannot be selected, with others
    /// below it. Phones are shown it as a folder that stays empty.
    pub fn is_level(&self) -> bool {
        self.role == Role::Level as u8
    }
}

#[cfg(test)]
mod tests;
