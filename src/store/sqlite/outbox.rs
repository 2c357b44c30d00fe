//! The outbox in SQL.

use async_trait::async_trait;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, fault, nameable};
use crate::identity::{DeviceId, UserId};
use crate::store::outbox::{code, state};
use crate::store::{NewOutbox, Outbox, OutboxEntry, OutboxRow, OutboxState, Result, StoreError};

#[async_trait]
impl Outbox for SqliteStore {
    async fn outbox_enter(&self, new: &NewOutbox) -> Result<OutboxEntry> {
        nameable(&[&new.message_id])?;
        let mut transaction = self.write().await?;
        let entered = sqlx::query(
            "INSERT INTO outbox (user_id, device_id, content_key, message_id, state, created, \
             updated) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING \
             RETURNING id, user_id, device_id, content_key, message_id, state, created, updated",
        )
        .bind(new.user.as_str())
        .bind(new.device.as_str())
        .bind(new.key.as_slice())
        .bind(new.message_id.as_str())
        .bind(code(OutboxState::Received))
        .bind(new.now)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(fault)?;
        if let Some(row) = entered {
            let row = read(&row)?;
            transaction.commit().await.map_err(fault)?;
            return Ok(OutboxEntry::New(row));
        }
        let row = sqlx::query(
            "SELECT id, user_id, device_id, content_key, message_id, state, created, updated \
             FROM outbox WHERE user_id = $1 AND device_id = $2 AND content_key = $3",
        )
        .bind(new.user.as_str())
        .bind(new.device.as_str())
        .bind(new.key.as_slice())
        .fetch_one(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.rollback().await.map_err(fault)?;
        Ok(OutboxEntry::Known(read(&row)?))
    }

    async fn outbox_advance(
        &self,
        user: &UserId,
        id: i64,
        from: OutboxState,
        to: OutboxState,
        now: i64,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE outbox SET state = $1, updated = $2 \
             WHERE user_id = $3 AND id = $4 AND state = $5",
        )
        .bind(code(to))
        .bind(now)
        .bind(user.as_str())
        .bind(id)
        .bind(code(from))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn outbox_row(&self, user: &UserId, id: i64) -> Result<Option<OutboxRow>> {
        sqlx::query(
            "SELECT id, user_id, device_id, content_key, message_id, state, created, updated \
             FROM outbox WHERE user_id = $1 AND id = $2",
        )
        .bind(user.as_str())
        .bind(id)
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(&row))
        .transpose()
    }

    async fn outbox_in_state(&self, state: OutboxState, limit: u32) -> Result<Vec<OutboxRow>> {
        sqlx::query(
            "SELECT id, user_id, device_id, content_key, message_id, state, created, updated \
             FROM outbox WHERE state = $1 ORDER BY created, id LIMIT $2",
        )
        .bind(code(state))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(read)
        .collect()
    }
}

fn read(row: &SqliteRow) -> Result<OutboxRow> {
    let user: String = row.try_get(1).map_err(fault)?;
    let device: String = row.try_get(2).map_err(fault)?;
    let key: Vec<u8> = row.try_get(3).map_err(fault)?;
    Ok(OutboxRow {
        id: row.try_get(0).map_err(fault)?,
        user: UserId::parse(&user, None).map_err(|_| StoreError::BadRow("a user"))?,
        device: DeviceId::parse(&device).map_err(|_| StoreError::BadRow("a DeviceId"))?,
        key: key
            .try_into()
            .map_err(|_| StoreError::BadRow("an outbox key"))?,
        message_id: row.try_get(4).map_err(fault)?,
        state: state(row.try_get(5).map_err(fault)?)
            .ok_or(StoreError::BadRow("an outbox state"))?,
        created: row.try_get(6).map_err(fault)?,
        updated: row.try_get(7).map_err(fault)?,
    })
}
