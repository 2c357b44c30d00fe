//! Due letters in SQL.

use async_trait::async_trait;
use sqlx::Row as _;

use super::audit::read;
use super::{SqliteStore, fault};
use crate::store::notices::{DueNotice, KEPT};
use crate::store::{AuditAction, Notices, Result};

#[async_trait]
impl Notices for SqliteStore {
    async fn collect_notices(&self, actions: &[AuditAction]) -> Result<u64> {
        // Mostly there is nothing new: no turn of the writer for that.
        let newest: i64 = sqlx::query("SELECT COALESCE(MAX(id), 0) FROM audit")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(fault)?;
        let seen: i64 = sqlx::query("SELECT value FROM counters WHERE name = 'notices'")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(fault)?;
        if newest <= seen {
            return Ok(0);
        }
        let mut transaction = self.write().await?;
        let seen: i64 = sqlx::query("SELECT value FROM counters WHERE name = 'notices'")
            .fetch_one(&mut *transaction)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(fault)?;
        let mut due = 0;
        for action in actions {
            due += sqlx::query(
                "INSERT INTO notices (audit_id, taken_until) SELECT id, 0 FROM audit \
                 WHERE id > $1 AND id <= $2 AND action = $3 AND user_id IS NOT NULL",
            )
            .bind(seen)
            .bind(newest)
            .bind(action.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?
            .rows_affected();
        }
        sqlx::query("UPDATE counters SET value = $1 WHERE name = 'notices'")
            .bind(newest)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(due)
    }

    async fn take_notices(&self, now: i64, until: i64, limit: u32) -> Result<Vec<DueNotice>> {
        let due: i64 = sqlx::query("SELECT COUNT(*) FROM notices WHERE taken_until <= $1")
            .bind(now)
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(fault)?;
        if due == 0 {
            return Ok(Vec::new());
        }
        let mut transaction = self.write().await?;
        sqlx::query(
            "DELETE FROM notices WHERE audit_id IN (SELECT notices.audit_id FROM notices \
             LEFT JOIN audit ON audit.id = notices.audit_id \
             WHERE audit.at IS NULL OR audit.at < $1)",
        )
        .bind(now.saturating_sub(KEPT))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        let rows = sqlx::query(
            "SELECT audit.at, audit.action, audit.user_id, audit.device_id, audit.credential_id, \
             audit.address, audit.detail, audit.id FROM notices \
             JOIN audit ON audit.id = notices.audit_id WHERE notices.taken_until <= $1 \
             ORDER BY audit.id LIMIT $2",
        )
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(fault)?;
        let mut notices = Vec::with_capacity(rows.len());
        for row in &rows {
            let id: i64 = row.try_get(7).map_err(fault)?;
            sqlx::query("UPDATE notices SET taken_until = $1 WHERE audit_id = $2")
                .bind(until)
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(fault)?;
            if let Some(row) = read(row).map_err(fault)? {
                notices.push(DueNotice { id, row });
            }
        }
        transaction.commit().await.map_err(fault)?;
        Ok(notices)
    }

    async fn put_off_notice(&self, id: i64, until: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE notices SET taken_until = $1 WHERE audit_id = $2")
            .bind(until)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn notice_done(&self, id: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM notices WHERE audit_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }
}
