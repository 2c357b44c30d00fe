//! What is SQLite's own: modes, faults, another process at the same file.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use super::*;
use crate::identity::{DeviceId, UserId};
use crate::store::{Along, ChainRow, Chains as _, Credentials as _, Devices as _, suite};

async fn open(directory: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(&directory.path().join("state/airgate.db"))
        .await
        .unwrap()
}

fn names() -> (UserId, DeviceId) {
    (
        UserId::parse("alice@example.com", None).unwrap(),
        DeviceId::parse("phone").unwrap(),
    )
}

#[tokio::test]
async fn sqlite_does_what_a_store_must() {
    let directory = tempfile::tempdir().unwrap();
    suite::run(Arc::new(open(&directory).await)).await;
}

#[tokio::test]
async fn files_are_for_the_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    store.ready(1).await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let state = directory.path().join("state");
    assert_eq!(mode(&state), 0o700);
    let mut files = 0;
    for entry in std::fs::read_dir(&state).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 3, "the file, its log and its index");

    let loose = directory.path().join("loose.db");
    std::fs::write(&loose, b"").unwrap();
    std::fs::set_permissions(&loose, Permissions::from_mode(0o644)).unwrap();
    SqliteStore::open(&loose).await.unwrap();
    assert_eq!(mode(&loose), 0o600);
}

#[tokio::test]
async fn o9_settings_hold_on_writer_and_readers() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    for pool in [&store.writer, &store.readers] {
        for (pragma, expected) in [
            ("PRAGMA synchronous", 2_i64),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA busy_timeout", 5_000),
        ] {
            let value: i64 = sqlx::query(pragma).fetch_one(pool).await.unwrap().get(0);
            assert_eq!(value, expected, "{pragma}");
        }
        let mode: String = sqlx::query("PRAGMA journal_mode")
            .fetch_one(pool)
            .await
            .unwrap()
            .get(0);
        assert_eq!(mode, "wal");
    }
    let refused = sqlx::query("DELETE FROM chains")
        .execute(&store.readers)
        .await;
    assert!(matches!(refused.map_err(fault), Err(StoreError::ReadOnly)));
}

#[tokio::test]
async fn t61_a_full_disk_is_found_before_anything_happens() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    // SQLite's own limit stands in for the disk: the same result code.
    let pages: i64 = sqlx::query("PRAGMA page_count")
        .fetch_one(&store.writer)
        .await
        .unwrap()
        .get(0);
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "PRAGMA max_page_count = {pages}"
    )))
    .execute(&store.writer)
    .await
    .unwrap();
    let (alice, phone) = names();
    let row = ChainRow {
        view: vec![1; 200_000],
        ..ChainRow::default()
    };
    let full = store
        .commit_chain(&alice, &phone, "m1", None, &row, Along::default())
        .await;
    assert!(matches!(full, Err(StoreError::DiskFull)), "{full:?}");
    assert_eq!(store.chain(&alice, &phone, "m1").await.unwrap(), None);
    sqlx::query("PRAGMA max_page_count = 1000000")
        .execute(&store.writer)
        .await
        .unwrap();
    store.ready(1).await.unwrap();
    assert!(
        store
            .commit_chain(&alice, &phone, "m1", None, &row, Along::default())
            .await
            .unwrap(),
        "it goes on by itself"
    );
}

#[tokio::test]
async fn t61_a_read_only_database_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    sqlx::query("PRAGMA query_only = ON")
        .execute(&store.writer)
        .await
        .unwrap();
    assert!(matches!(store.ready(1).await, Err(StoreError::ReadOnly)));
}

#[tokio::test]
async fn a_dropped_request_leaves_no_transaction_behind() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).await;
    let transaction = store.write().await.unwrap();
    drop(transaction);
    store.ready(1).await.unwrap();
}

#[tokio::test]
async fn t46_another_process_sees_and_is_seen() {
    let directory = tempfile::tempdir().unwrap();
    let (server, tool) = (open(&directory).await, open(&directory).await);
    let (alice, phone) = names();
    tool.set_note(&alice, &phone, "n", Some(b"from outside"))
        .await
        .unwrap();
    assert_eq!(
        server.note(&alice, &phone, "n").await.unwrap(),
        Some(b"from outside".to_vec())
    );
    let quiet = server.credential_changes(0).await.unwrap();
    assert_eq!(quiet.version, 0);
}

#[tokio::test]
async fn t51_any_flipped_byte_ends_in_an_error_or_a_finding() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("airgate.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let (alice, phone) = names();
    let row = ChainRow {
        view: vec![7; 3_000],
        ..ChainRow::default()
    };
    store
        .commit_chain(&alice, &phone, "m1", None, &row, Along::default())
        .await
        .unwrap();
    store.close().await;
    let whole = std::fs::read(&path).unwrap();
    for place in (0..whole.len()).step_by(whole.len() / 40) {
        let mut broken = whole.clone();
        broken[place] ^= 0xff;
        for leftover in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{leftover}", path.display()));
        }
        std::fs::write(&path, &broken).unwrap();
        // The point is that nothing panics and nothing hangs.
        if let Ok(store) = SqliteStore::open(&path).await {
            let _ = store.chain(&alice, &phone, "m1").await;
            let _ = store.check_integrity().await;
            let _ = store.ready(1).await;
            store.close().await;
        }
    }
}
