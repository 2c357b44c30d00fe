//! Kept objects in SQL.

use async_trait::async_trait;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, fault, nameable, storable};
use crate::identity::UserId;
use crate::store::undo::MAX_PER_USER;
use crate::store::{Result, StoreError, Undo, UndoReason, UndoRow};

#[async_trait]
impl Undo for SqliteStore {
    async fn keep_undo(&self, row: &UndoRow) -> Result<i64> {
        nameable(&[&row.device, &row.collection, &row.key_id])?;
        storable(&[&row.sealed])?;
        let mut transaction = self.write().await?;
        let id = sqlx::query(
            "INSERT INTO undo (user_id, device_id, collection, kind, reason, at, key_id, sealed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        )
        .bind(row.user.as_str())
        .bind(row.device.as_str())
        .bind(row.collection.as_str())
        .bind(i64::from(row.kind))
        .bind(row.reason.code())
        .bind(row.at)
        .bind(row.key_id.as_str())
        .bind(row.sealed.as_slice())
        .fetch_one(&mut *transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)?;
        sqlx::query(
            "DELETE FROM undo WHERE user_id = $1 AND id <= (SELECT id FROM undo \
             WHERE user_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
        )
        .bind(row.user.as_str())
        .bind(MAX_PER_USER)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(id)
    }

    async fn undo_rows(
        &self,
        user: &UserId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<UndoRow>> {
        sqlx::query(
            "SELECT id, device_id, collection, kind, reason, at, key_id, sealed FROM undo \
             WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(user.as_str())
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| read(user, row))
        .collect()
    }

    async fn undo_row(&self, user: &UserId, id: i64) -> Result<Option<UndoRow>> {
        sqlx::query(
            "SELECT id, device_id, collection, kind, reason, at, key_id, sealed FROM undo \
             WHERE user_id = $1 AND id = $2",
        )
        .bind(user.as_str())
        .bind(id)
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(user, &row))
        .transpose()
    }

    async fn drop_undo(&self, user: &UserId, ids: &[i64]) -> Result<()> {
        let mut transaction = self.write().await?;
        for id in ids {
            sqlx::query("DELETE FROM undo WHERE user_id = $1 AND id = $2")
                .bind(user.as_str())
                .bind(*id)
                .execute(&mut *transaction)
                .await
                .map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }
}

fn read(user: &UserId, row: &SqliteRow) -> Result<UndoRow> {
    let kind: i64 = row.try_get(3).map_err(fault)?;
    let reason = row.try_get(4).map_err(fault)?;
    Ok(UndoRow {
        id: row.try_get(0).map_err(fault)?,
        user: user.clone(),
        device: row.try_get(1).map_err(fault)?,
        collection: row.try_get(2).map_err(fault)?,
        kind: u8::try_from(kind).map_err(|_| StoreError::BadRow("a class"))?,
        reason: UndoReason::from_code(reason).ok_or(StoreError::BadRow("a reason"))?,
        at: row.try_get(5).map_err(fault)?,
        key_id: row.try_get(6).map_err(fault)?,
        sealed: row.try_get(7).map_err(fault)?,
    })
}
