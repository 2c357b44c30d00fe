//! Folder ids in SQL.

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, Sqlite, Transaction};

use super::{SqliteStore, fault, nameable};
use crate::identity::UserId;
use crate::store::{FolderKind, FolderRow, FolderTable, Folders, NewFolder, Result, StoreError};

#[async_trait]
impl Folders for SqliteStore {
    async fn folders(&self, user: &UserId) -> Result<FolderTable> {
        // Version and rows must be of one moment.
        let mut snapshot = self.readers.begin().await.map_err(fault)?;
        let table = read_table(&mut snapshot, user).await?;
        snapshot.commit().await.map_err(fault)?;
        Ok(table)
    }

    async fn save_folders(
        &self,
        user: &UserId,
        expected: u64,
        changed: &[FolderRow],
        added: &[NewFolder],
    ) -> Result<Option<FolderTable>> {
        for row in changed {
            nameable(&[&row.name, row.mailbox_id.as_deref().unwrap_or_default()])?;
        }
        for row in added {
            nameable(&[&row.name, row.mailbox_id.as_deref().unwrap_or_default()])?;
        }
        let mut transaction = self.write().await?;
        let current =
            sqlx::query("SELECT version, next_number FROM folder_tables WHERE user_id = $1")
                .bind(user.as_str())
                .fetch_optional(&mut *transaction)
                .await
                .map_err(fault)?;
        let (version, mut next): (i64, i64) = match current {
            Some(row) => (
                row.try_get(0).map_err(fault)?,
                row.try_get(1).map_err(fault)?,
            ),
            None => (0, 1),
        };
        if version.cast_unsigned() != expected {
            transaction.rollback().await.map_err(fault)?;
            return Ok(None);
        }
        if !changed.is_empty() || !added.is_empty() {
            let count = i64::try_from(added.len()).unwrap_or(i64::MAX);
            sqlx::query(
                "INSERT INTO folder_tables (user_id, version, next_number) VALUES ($1, $2, $3) \
                 ON CONFLICT (user_id) DO UPDATE SET version = $2, next_number = $3",
            )
            .bind(user.as_str())
            .bind(version + 1)
            .bind(next.saturating_add(count))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
            for row in changed {
                update(&mut transaction, user, row).await?;
            }
            for row in added {
                insert(&mut transaction, user, next, row).await?;
                next = next.saturating_add(1);
            }
        }
        let table = read_table(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(Some(table))
    }
}

async fn update(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    row: &FolderRow,
) -> Result<()> {
    sqlx::query(
        "UPDATE folders SET kind = $1, name = $2, uid_validity = $3, mailbox_id = $4, role = $5, \
         missing_since = $6, retired = $7 WHERE user_id = $8 AND id = $9",
    )
    .bind(row.kind.code())
    .bind(row.name.as_str())
    .bind(row.uid_validity.map(i64::from))
    .bind(row.mailbox_id.as_deref())
    .bind(i64::from(row.role))
    .bind(row.missing_since)
    .bind(row.retired)
    .bind(user.as_str())
    .bind(row.id.as_str())
    .execute(&mut **transaction)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    number: i64,
    row: &NewFolder,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO folders (user_id, id, number, kind, name, uid_validity, mailbox_id, role, \
         retired) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(user.as_str())
    .bind(format!("{}{number}", row.kind.letter()))
    .bind(number)
    .bind(row.kind.code())
    .bind(row.name.as_str())
    .bind(row.uid_validity.map(i64::from))
    .bind(row.mailbox_id.as_deref())
    .bind(i64::from(row.role))
    .bind(false)
    .execute(&mut **transaction)
    .await
    .map_err(fault)?;
    Ok(())
}

async fn read_table(connection: &mut SqliteConnection, user: &UserId) -> Result<FolderTable> {
    let version = sqlx::query("SELECT version FROM folder_tables WHERE user_id = $1")
        .bind(user.as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(fault)?;
    let Some(version) = version else {
        return Ok(FolderTable::default());
    };
    let rows = sqlx::query(
        "SELECT id, kind, name, uid_validity, mailbox_id, role, missing_since, retired \
         FROM folders WHERE user_id = $1 ORDER BY number",
    )
    .bind(user.as_str())
    .fetch_all(&mut *connection)
    .await
    .map_err(fault)?;
    Ok(FolderTable {
        version: version.try_get::<i64, _>(0).map_err(fault)?.cast_unsigned(),
        rows: rows.iter().map(read).collect::<Result<_>>()?,
    })
}

fn read(row: &SqliteRow) -> Result<FolderRow> {
    let kind = row.try_get(1).map_err(fault)?;
    let role: i64 = row.try_get(5).map_err(fault)?;
    let uid_validity: Option<i64> = row.try_get(3).map_err(fault)?;
    Ok(FolderRow {
        id: row.try_get(0).map_err(fault)?,
        kind: FolderKind::from_code(kind).ok_or(StoreError::BadRow("a folder's kind"))?,
        name: row.try_get(2).map_err(fault)?,
        uid_validity: uid_validity
            .map(u32::try_from)
            .transpose()
            .map_err(|_| StoreError::BadRow("a UIDVALIDITY"))?,
        mailbox_id: row.try_get(4).map_err(fault)?,
        role: u8::try_from(role).map_err(|_| StoreError::BadRow("a folder's role"))?,
        missing_since: row.try_get(6).map_err(fault)?,
        retired: row.try_get(7).map_err(fault)?,
    })
}
