//! The store on one SQLite file (O9): WAL, `synchronous=FULL`, one writer that begins every
//! transaction with `BEGIN IMMEDIATE`, and a few readers. Other processes (the command line) may
//! write to the same file; SQLite's own lock keeps them apart, with 5 s of patience.
//!
//! A future dropped in the middle rolls its transaction back.

mod announcements;
mod audit;
mod chains;
mod credentials;
mod devices;
mod fault;
mod folders;
mod migrate;
mod notices;
mod objects;
mod outbox;
mod outcomes;
mod rules;
mod second_factors;
mod sessions;
mod tallies;
#[cfg(test)]
mod tests;
mod undo;

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Row as _, Sqlite, Transaction};

use self::fault::fault;
use super::announcements as announcements_kept;
use super::audit::FAILURES_KEPT;
use super::outbox::{KEPT, code};
use super::undo as undo_kept;
use super::{AuditAction, OutboxState, Result, Store, StoreError};

/// The store on a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    path: PathBuf,
}

/// How long one process waits for another's transaction (O9).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for the writer or a reader of this process: longer than
/// `BUSY_TIMEOUT`, so that a lock held outside is reported as what it is.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Reads are short and cached by the operating system; each reader is a thread.
const READERS: u32 = 4;
/// Longest name or key a row is found by: longer ones come from nobody honest (T13).
const MAX_NAME: usize = 1024;
/// Longest blob: far above any view (32 KiB for 100,000 messages), far below SQLite's 1 GB (T29).
const MAX_BLOB: usize = 64 * 1024 * 1024;

impl SqliteStore {
    /// Opens the database file, makes it (0600, its directory 0700) if need be, and brings its
    /// tables up to this release.
    ///
    /// # Errors
    /// A file that cannot be opened, is damaged, is no database of ours or of a newer release.
    pub async fn open(path: &Path) -> Result<Self> {
        prepare_file(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("trusted_schema", "OFF");
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                // On a full disk SQLite has rolled back by itself when sqlx tries to, and sqlx
                // then believes for ever that a transaction is open. Such a connection goes.
                .before_acquire(|connection, _| {
                    let fresh = !connection.is_in_transaction();
                    Box::pin(async move { Ok(fresh) })
                })
        };
        let writer = pool()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| fault::at_open(path, error))?;
        migrate::migrate(&writer, path).await?;
        let readers = pool()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(|error| fault::at_open(path, error))?;
        Ok(Self {
            writer,
            readers,
            path: path.to_owned(),
        })
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        self.writer
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(fault)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ready(&self, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE counters SET value = $1 WHERE name = 'ready'")
            .bind(now)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn expire(&self, now: i64) -> Result<u64> {
        let mut transaction = self.write().await?;
        let mut gone = 0;
        gone += sqlx::query("DELETE FROM outcomes WHERE expires_at <= $1")
            .bind(now)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?
            .rows_affected();
        gone += sqlx::query("DELETE FROM outbox WHERE created <= $1")
            .bind(now.saturating_sub(KEPT))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?
            .rows_affected();
        gone += sqlx::query("DELETE FROM announcements WHERE created <= $1")
            .bind(now.saturating_sub(announcements_kept::KEPT))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?
            .rows_affected();
        gone += sessions::expire(&mut transaction, now).await?;
        gone += objects::expire(&mut transaction, now).await?;
        gone += sqlx::query("DELETE FROM undo WHERE at <= $1")
            .bind(now.saturating_sub(undo_kept::KEPT))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?
            .rows_affected();
        for action in [AuditAction::LoginFailed, AuditAction::LoginThrottled] {
            gone += sqlx::query("DELETE FROM audit WHERE action = $1 AND at <= $2")
                .bind(action.as_str())
                .bind(now.saturating_sub(FAILURES_KEPT))
                .execute(&mut *transaction)
                .await
                .map_err(fault)?
                .rows_affected();
        }
        transaction.commit().await.map_err(fault)?;
        Ok(gone)
    }

    async fn begin_epoch(&self) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM chains")
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        sqlx::query("DELETE FROM held")
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        // From before the restore: never told by itself (S26).
        sqlx::query("DELETE FROM announcements")
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        sqlx::query("UPDATE outbox SET state = $1 WHERE state IN ($2, $3)")
            .bind(code(OutboxState::Held))
            .bind(code(OutboxState::Received))
            .bind(code(OutboxState::Submitting))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn check_integrity(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let rows = sqlx::query("PRAGMA integrity_check(100)")
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?;
        for row in rows {
            let line: String = row.try_get(0).map_err(fault)?;
            if line != "ok" {
                found.push(line);
            }
        }
        let rows = sqlx::query("PRAGMA foreign_key_check")
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?;
        for row in rows {
            let table: String = row.try_get(0).map_err(fault)?;
            found.push(format!("a row of {table} refers to one that is not there"));
        }
        Ok(found)
    }
}

/// Makes directory and file with the modes that keep others out; the write-ahead log inherits the
/// file's mode.
fn prepare_file(path: &Path) -> Result<()> {
    let failed = |hint| {
        move |error: std::io::Error| StoreError::Open {
            path: path.to_owned(),
            hint,
            source: error.into(),
        }
    };
    if let Some(directory) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(failed("cannot make the state directory"))?;
    }
    let file = OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(failed(
            "check that the state directory belongs to the user Airgate runs as",
        ))?;
    let mode = file
        .metadata()
        .map_err(failed("cannot read its mode"))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(failed("others can read it, and its mode cannot be changed"))?;
    }
    Ok(())
}

/// `Ok(false)` where no row can have such a name, so that a lookup is a plain "not there".
fn findable(names: &[&str]) -> bool {
    names.iter().all(|name| name.len() <= MAX_NAME)
}

/// Refuses what would be stored under an over-long name.
fn nameable(names: &[&str]) -> Result<()> {
    if findable(names) {
        Ok(())
    } else {
        Err(StoreError::TooLarge {
            what: "a name",
            limit: MAX_NAME,
        })
    }
}

fn storable(blobs: &[&[u8]]) -> Result<()> {
    if blobs.iter().all(|blob| blob.len() <= MAX_BLOB) {
        Ok(())
    } else {
        Err(StoreError::TooLarge {
            what: "a value",
            limit: MAX_BLOB,
        })
    }
}
