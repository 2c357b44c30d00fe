//! Why the store did not do it, said so that an operator knows what to do.

use std::path::PathBuf;

use crate::failure::{Blame, Failure, Remedy};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the database {path}: {hint}")]
    Open {
        path: PathBuf,
        hint: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "{path} is not a database of Airgate; point `state` at another directory or move the file away"
    )]
    NotOurs { path: PathBuf },
    #[error(
        "the database {path} has version {found}, this Airgate knows up to {known}: it was written \
         by a newer release; start that one, or restore a backup made before the upgrade"
    )]
    NewerVersion {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    #[error("the database is damaged: {0}; run `airgate doctor`, then restore a backup")]
    Damaged(String),
    #[error("the disk with the state directory is full")]
    DiskFull,
    #[error("the database is read-only; check the owner and mode of the state directory")]
    ReadOnly,
    #[error("the database is busy")]
    Busy,
    #[error("{what} is longer than {limit} bytes")]
    TooLarge { what: &'static str, limit: usize },
    #[error("a user can have at most {limit} passcodes")]
    TooManyCredentials { limit: usize },
    #[error("a row holds what this release cannot read: {0}")]
    BadRow(&'static str),
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooLarge { .. } | StoreError::TooManyCredentials { .. } => {
                Self::new(Blame::Device, Remedy::None, error)
            }
            _ => Self::gateway(error),
        }
    }
}
