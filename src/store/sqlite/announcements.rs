//! What others have to be told of meetings, in SQL.

use async_trait::async_trait;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, fault, nameable, storable};
use crate::identity::{DeviceId, UserId};
use crate::store::announcements::MOST;
use crate::store::{AnnouncementRow, Announcements, Result, StoreError};

#[async_trait]
impl Announcements for SqliteStore {
    async fn announce(&self, row: &AnnouncementRow) -> Result<i64> {
        nameable(&[&row.key_id])?;
        storable(&[&row.sealed])?;
        let mut transaction = self.write().await?;
        let id = sqlx::query(
            "INSERT INTO announcements (user_id, device_id, key_id, sealed, created) \
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(row.user.as_str())
        .bind(row.device.as_str())
        .bind(row.key_id.as_str())
        .bind(row.sealed.as_slice())
        .bind(row.created)
        .fetch_one(&mut *transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(id)
    }

    async fn announcements(&self, user: &UserId) -> Result<Vec<AnnouncementRow>> {
        sqlx::query(
            "SELECT id, device_id, key_id, sealed, created FROM announcements \
             WHERE user_id = $1 ORDER BY id LIMIT $2",
        )
        .bind(user.as_str())
        .bind(i64::from(MOST))
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| read(user, row))
        .collect()
    }

    async fn drop_announcement(&self, user: &UserId, id: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM announcements WHERE user_id = $1 AND id = $2")
            .bind(user.as_str())
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }
}

fn read(user: &UserId, row: &SqliteRow) -> Result<AnnouncementRow> {
    let device: String = row.try_get(1).map_err(fault)?;
    Ok(AnnouncementRow {
        id: row.try_get(0).map_err(fault)?,
        user: user.clone(),
        device: DeviceId::parse(&device).map_err(|_| StoreError::BadRow("a DeviceId"))?,
        key_id: row.try_get(2).map_err(fault)?,
        sealed: row.try_get(3).map_err(fault)?,
        created: row.try_get(4).map_err(fault)?,
    })
}
