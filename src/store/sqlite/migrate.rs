//! Brings the tables up to this release: forward only, each step in one transaction (T67), and
//! only on a database that is ours. Two processes that start at once take turns.

use std::path::Path;

use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, Sqlite, Transaction};

use super::fault::{at_open, fault};
use crate::store::{Result, StoreError};

/// The steps in order; the number of a step is its place, counted from 1. Never edit one that was
/// released, add the next.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0004_version_told.sql"),
    include_str!("../migrations/0005_send.sql"),
    include_str!("../migrations/0006_objects.sql"),
    include_str!("../migrations/0007_undo.sql"),
    include_str!("../migrations/0008_portal.sql"),
    include_str!("../migrations/0009_gate.sql"),
    include_str!("../migrations/0010_collections.sql"),
    include_str!("../migrations/0011_meetings.sql"),
    include_str!("../migrations/0015_classes.sql"),
    include_str!("../migrations/0012_gate.sql"),
];

/// Marks the file as ours (`PRAGMA application_id`): "AirG".
const APPLICATION_ID: i64 = 0x4169_7247;

pub(super) async fn migrate(writer: &SqlitePool, path: &Path) -> Result<()> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let mut transaction = writer
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(|error| at_open(path, error))?;
    let found = version(&mut transaction, path).await?;
    if found > known {
        return Err(StoreError::NewerVersion {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for (step, number) in STEPS.iter().zip(1_i64..) {
        if number <= found {
            continue;
        }
        sqlx::raw_sql(*step)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        sqlx::query("INSERT INTO schema_steps (number) VALUES ($1)")
            .bind(number)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
    }
    transaction.commit().await.map_err(fault)
}

/// The number of the last step that was done; makes the book of steps in an empty file.
async fn version(transaction: &mut Transaction<'static, Sqlite>, path: &Path) -> Result<i64> {
    let not_ours = || StoreError::NotOurs {
        path: path.to_owned(),
    };
    let id: i64 = sqlx::query("PRAGMA application_id")
        .fetch_one(&mut **transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|error| at_open(path, error))?;
    let tables: i64 = sqlx::query("SELECT COUNT(*) FROM sqlite_master")
        .fetch_one(&mut **transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|error| at_open(path, error))?;
    if tables == 0 {
        sqlx::raw_sql(
            "PRAGMA application_id = 1097429575; \
             CREATE TABLE schema_steps (number BIGINT PRIMARY KEY);",
        )
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
        return Ok(0);
    }
    if id != APPLICATION_ID {
        return Err(not_ours());
    }
    sqlx::query("SELECT COALESCE(MAX(number), 0) FROM schema_steps")
        .fetch_one(&mut **transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|_| not_ours())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqliteStore;

    #[test]
    fn the_application_id_is_the_one_the_statement_sets() {
        assert_eq!(APPLICATION_ID, 1_097_429_575);
    }

    #[tokio::test]
    async fn a_second_open_finds_the_tables() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state/airgate.db");
        SqliteStore::open(&path).await.unwrap().close().await;
        SqliteStore::open(&path).await.unwrap().close().await;
    }

    #[tokio::test]
    async fn t67_a_newer_database_is_refused_with_path_and_versions() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("airgate.db");
        let store = SqliteStore::open(&path).await.unwrap();
        sqlx::query("INSERT INTO schema_steps (number) VALUES (99)")
            .execute(&store.writer)
            .await
            .unwrap();
        store.close().await;
        let error = SqliteStore::open(&path).await.unwrap_err().to_string();
        assert!(
            error.contains("airgate.db") && error.contains("99"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn foreign_and_damaged_files_are_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let text = directory.path().join("notes.db");
        let words = b"this is a text, and it is long enough to be taken for a page".repeat(40);
        std::fs::write(&text, &words).unwrap();
        let error = SqliteStore::open(&text).await.unwrap_err();
        assert!(matches!(error, StoreError::NotOurs { .. }), "{error:?}");
        assert_eq!(std::fs::read(&text).unwrap(), words);

        let other = directory.path().join("other.db");
        std::fs::write(&other, b"").unwrap();
        let pool = SqlitePool::connect(&format!("sqlite://{}", other.display()))
            .await
            .unwrap();
        sqlx::query("CREATE TABLE theirs (a)")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let error = SqliteStore::open(&other).await.unwrap_err();
        assert!(matches!(error, StoreError::NotOurs { .. }), "{error:?}");
    }
}
