//! The audit trail in SQL.

use async_trait::async_trait;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, fault, nameable};
use crate::identity::{DeviceId, UserId};
use crate::store::{Audit, AuditAction, AuditRow, CredentialId, Result};

#[async_trait]
impl Audit for SqliteStore {
    async fn append_audit(&self, rows: &[AuditRow]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        for row in rows {
            nameable(&[&row.detail, row.address.as_deref().unwrap_or_default()])?;
            sqlx::query(
                "INSERT INTO audit (at, action, user_id, device_id, credential_id, address, \
                 detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(row.at)
            .bind(row.action.as_str())
            .bind(row.user.as_ref().map(UserId::as_str))
            .bind(row.device.as_ref().map(DeviceId::as_str))
            .bind(row.credential.as_ref().map(CredentialId::as_str))
            .bind(row.address.as_deref())
            .bind(row.detail.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    async fn recent_audit(&self, user: Option<&UserId>, limit: u32) -> Result<Vec<AuditRow>> {
        let query = match user {
            Some(user) => sqlx::query(
                "SELECT at, action, user_id, device_id, credential_id, address, detail \
                 FROM audit WHERE user_id = $2 ORDER BY id DESC LIMIT $1",
            )
            .bind(i64::from(limit))
            .bind(user.as_str()),
            None => sqlx::query(
                "SELECT at, action, user_id, device_id, credential_id, address, detail \
                 FROM audit ORDER BY id DESC LIMIT $1",
            )
            .bind(i64::from(limit)),
        };
        let rows = query.fetch_all(&self.readers).await.map_err(fault)?;
        // A row whose action a newer release wrote is left out, not an error.
        rows.iter()
            .filter_map(|row| read(row).map_err(fault).transpose())
            .collect()
    }
}

pub(super) fn read(row: &SqliteRow) -> sqlx::Result<Option<AuditRow>> {
    let action: String = row.try_get(1)?;
    let Some(action) = AuditAction::from_word(&action) else {
        return Ok(None);
    };
    let user: Option<String> = row.try_get(2)?;
    let device: Option<String> = row.try_get(3)?;
    let credential: Option<String> = row.try_get(4)?;
    Ok(Some(AuditRow {
        at: row.try_get(0)?,
        action,
        user: user.and_then(|text| UserId::parse(&text, None).ok()),
        device: device.and_then(|text| DeviceId::parse(&text).ok()),
        credential: credential.and_then(|text| CredentialId::parse(&text)),
        address: row.try_get(5)?,
        detail: row.try_get(6)?,
    }))
}
