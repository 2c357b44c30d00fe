//! Folders: the short stable id every collection of a user has, through renames (S16).
//!
//! The table of one user changes as a whole: who saves names the version he read. Two devices that
//! discover the same new mailbox at the same moment thus cannot give it two ids.

use async_trait::async_trait;

use super::Result;
use crate::identity::UserId;

/// What a collection holds; its letter begins the id.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FolderKind {
    Mail,
    Calendar,
    Contacts,
    Tasks,
    Notes,
}

impl FolderKind {
    /// The first letter of the ids of this kind.
    pub const fn letter(self) -> char {
        match self {
            Self::Mail => 'm',
            Self::Calendar => 'c',
            Self::Contacts => 'a',
            Self::Tasks => 't',
            Self::Notes => 'n',
        }
    }

    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Mail => 1,
            Self::Calendar => 2,
            Self::Contacts => 3,
            Self::Tasks => 4,
            Self::Notes => 5,
        }
    }

    pub(super) const fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            1 => Self::Mail,
            2 => Self::Calendar,
            3 => Self::Contacts,
            4 => Self::Tasks,
            5 => Self::Notes,
            _ => return None,
        })
    }
}

/// One collection of a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FolderRow {
    /// The CollectionId, for example `m1`. Never given to another folder of the user.
    pub id: String,
    pub kind: FolderKind,
    /// The backend's name for it: the mailbox name, or the href.
    pub name: String,
    pub uid_validity: Option<u32>,
    /// MAILBOXID (RFC 8474), where the server has it.
    pub mailbox_id: Option<String>,
    /// The caller's code for inbox, sent, trash ...; 0 for none.
    pub role: u8,
    /// When the folder was first not listed any more; it is not deleted at the first time (S7).
    pub missing_since: Option<i64>,
    /// Gone for good: kept so that the id stays taken.
    pub retired: bool,
}

/// A folder that needs an id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewFolder {
    pub kind: FolderKind,
    pub name: String,
    pub uid_validity: Option<u32>,
    pub mailbox_id: Option<String>,
    pub role: u8,
}

/// All collections of a user, by age, and the version of the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FolderTable {
    /// 0 for a user without folders.
    pub version: u64,
    pub rows: Vec<FolderRow>,
}

/// Folder ids.
#[async_trait]
pub trait Folders {
    /// The user's folders, retired ones included.
    async fn folders(&self, user: &UserId) -> Result<FolderTable>;

    /// Changes rows (found by id) and gives ids to new folders, if the table still stands at
    /// `expected`. Returns the table as it is then, or `None` when someone else was first: read it
    /// again and think again. Saving nothing leaves the version as it is.
    async fn save_folders(
        &self,
        user: &UserId,
        expected: u64,
        changed: &[FolderRow],
        added: &[NewFolder],
    ) -> Result<Option<FolderTable>>;
}
