//! From SQLite's result codes to reasons an operator can act on.

use std::path::Path;

use crate::store::StoreError;

/// Primary result codes, <https://www.sqlite.org/rescode.html>; extended ones carry them in the low
/// byte.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// A failure of a statement or of the pool.
pub(super) fn fault(error: sqlx::Error) -> StoreError {
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return StoreError::Busy;
    }
    match primary_code(&error) {
        Some(BUSY | LOCKED) => StoreError::Busy,
        Some(READONLY) => StoreError::ReadOnly,
        Some(FULL) => StoreError::DiskFull,
        Some(CORRUPT | NOTADB) => StoreError::Damaged(error.to_string()),
        _ => StoreError::Database(error),
    }
}

/// A failure of the first connection to a file.
pub(super) fn at_open(path: &Path, error: sqlx::Error) -> StoreError {
    let hint = match primary_code(&error) {
        Some(NOTADB) => {
            return StoreError::NotOurs {
                path: path.to_owned(),
            };
        }
        Some(CORRUPT) => "it is damaged: restore a backup, or move it away to start afresh",
        Some(READONLY) => "it, or its directory, is read-only",
        Some(FULL) => "the disk is full",
        Some(CANTOPEN) => {
            "check that the directory and the file belong to the user Airgate runs as"
        }
        Some(BUSY | LOCKED) => "another process holds it locked",
        _ => "see the reason behind this",
    };
    StoreError::Open {
        path: path.to_owned(),
        hint,
        source: error.into(),
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
