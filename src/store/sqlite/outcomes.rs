//! Outcomes in SQL.

use async_trait::async_trait;
use sqlx::Row as _;

use super::{MAX_NAME, SqliteStore, fault, findable, nameable, storable};
use crate::identity::{DeviceId, UserId};
use crate::store::{Outcomes, Result, StoreError};

#[async_trait]
impl Outcomes for SqliteStore {
    async fn recall(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
        kind: &str,
        key: &[u8],
        now: i64,
    ) -> Result<Option<Vec<u8>>> {
        if !findable(&[kind]) || key.len() > MAX_NAME {
            return Ok(None);
        }
        sqlx::query(
            "SELECT value FROM outcomes WHERE user_id = $1 AND device_id = $2 AND kind = $3 \
             AND outcome_key = $4 AND expires_at > $5",
        )
        .bind(user.as_str())
        .bind(device.map_or("", DeviceId::as_str))
        .bind(kind)
        .bind(key)
        .bind(now)
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| row.try_get(0).map_err(fault))
        .transpose()
    }

    async fn remember(
        &self,
        user: &UserId,
        device: Option<&DeviceId>,
        kind: &str,
        key: &[u8],
        value: &[u8],
        expires_at: i64,
    ) -> Result<()> {
        nameable(&[kind])?;
        if key.len() > MAX_NAME {
            return Err(StoreError::TooLarge {
                what: "a key",
                limit: MAX_NAME,
            });
        }
        storable(&[value])?;
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO outcomes (user_id, device_id, kind, outcome_key, value, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (user_id, device_id, kind, outcome_key) \
             DO UPDATE SET value = $5, expires_at = $6",
        )
        .bind(user.as_str())
        .bind(device.map_or("", DeviceId::as_str))
        .bind(kind)
        .bind(key)
        .bind(value)
        .bind(expires_at)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }
}
