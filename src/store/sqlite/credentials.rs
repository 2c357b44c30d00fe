//! Credentials in SQL. Every change takes the next number of the counter `credentials` first; in a
//! database with several writers that row is what makes them take turns.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{SqliteStore, fault, nameable};
use crate::identity::{DeviceId, UserId};
use crate::store::credentials::MAX_PER_USER;
use crate::store::{
    CredentialChanges, CredentialId, CredentialKind, CredentialRow, Credentials, PinOutcome,
    Result, SealedSecret, StoreError, Touch,
};

#[async_trait]
impl Credentials for SqliteStore {
    async fn add_credential(&self, row: &CredentialRow, now: i64) -> Result<()> {
        nameable(&[&row.name])?;
        let mut transaction = self.write().await?;
        let changed = next_change(&mut transaction).await?;
        let live: i64 = sqlx::query(
            "SELECT COUNT(*) FROM credentials WHERE user_id = $1 AND revoked_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(row.user.as_str())
        .bind(now)
        .fetch_one(&mut *transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)?;
        if usize::try_from(live).unwrap_or(usize::MAX) >= MAX_PER_USER {
            return Err(StoreError::TooManyCredentials {
                limit: MAX_PER_USER,
            });
        }
        let sealed = row.sealed.as_ref();
        sqlx::query(
            "INSERT INTO credentials (user_id, id, name, key_id, hash, scopes, created, \
             expires_at, revoked_at, device_id, device_type, last_used, last_address, \
             vault_key_id, vault_salt, vault_public_key, vault_private_key, vault_password, \
             vault_version, changed, kind, tag) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
             $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        )
        .bind(row.user.as_str())
        .bind(row.id.as_str())
        .bind(row.name.as_str())
        .bind(row.key_id.as_str())
        .bind(row.hash.as_slice())
        .bind(i64::from(row.scopes))
        .bind(row.created)
        .bind(row.expires_at)
        .bind(row.revoked_at)
        .bind(row.device.as_ref().map(DeviceId::as_str))
        .bind(row.device_type.as_deref())
        .bind(row.last_used)
        .bind(row.last_address.as_deref())
        .bind(sealed.map(|sealed| sealed.key_id.as_str()))
        .bind(sealed.map(|sealed| sealed.salt.as_slice()))
        .bind(sealed.map(|sealed| sealed.public_key.as_slice()))
        .bind(sealed.map(|sealed| sealed.sealed_private_key.as_slice()))
        .bind(sealed.map(|sealed| sealed.sealed_password.as_slice()))
        .bind(sealed.map(|sealed| sealed.version.cast_signed()))
        .bind(changed)
        .bind(match row.kind {
            CredentialKind::Passcode => 0_i64,
            CredentialKind::Enrolled => 1,
        })
        .bind(row.tag.map(i64::from))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn credentials(&self, user: &UserId) -> Result<Vec<CredentialRow>> {
        sqlx::query(
            "SELECT id, name, key_id, hash, scopes, created, expires_at, revoked_at, device_id, \
             device_type, last_used, last_address, vault_key_id, vault_salt, vault_public_key, \
             vault_private_key, vault_password, vault_version, kind, tag FROM credentials \
             WHERE user_id = $1 ORDER BY created, id",
        )
        .bind(user.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| read(user, row))
        .collect()
    }

    async fn credentials_for_login(
        &self,
        user: &UserId,
        now: i64,
        limit: u32,
    ) -> Result<Vec<CredentialRow>> {
        sqlx::query(
            "SELECT id, name, key_id, hash, scopes, created, expires_at, revoked_at, device_id, \
             device_type, last_used, last_address, vault_key_id, vault_salt, vault_public_key, \
             vault_private_key, vault_password, vault_version, kind, tag FROM credentials \
             WHERE user_id = $1 ORDER BY CASE WHEN revoked_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2) THEN 0 ELSE 1 END, \
             created DESC LIMIT $3",
        )
        .bind(user.as_str())
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| read(user, row))
        .collect()
    }

    async fn credential(&self, user: &UserId, id: &CredentialId) -> Result<Option<CredentialRow>> {
        sqlx::query(
            "SELECT id, name, key_id, hash, scopes, created, expires_at, revoked_at, device_id, \
             device_type, last_used, last_address, vault_key_id, vault_salt, vault_public_key, \
             vault_private_key, vault_password, vault_version, kind, tag FROM credentials \
             WHERE user_id = $1 AND id = $2",
        )
        .bind(user.as_str())
        .bind(id.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(user, &row))
        .transpose()
    }

    async fn pin_device(
        &self,
        user: &UserId,
        id: &CredentialId,
        device: &DeviceId,
        device_type: &str,
    ) -> Result<PinOutcome> {
        nameable(&[device_type])?;
        let mut transaction = self.write().await?;
        let bound = sqlx::query(
            "SELECT device_id FROM credentials \
             WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL",
        )
        .bind(user.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(fault)?;
        let Some(bound) = bound else {
            transaction.rollback().await.map_err(fault)?;
            return Ok(PinOutcome::Gone);
        };
        let bound: Option<String> = bound.try_get(0).map_err(fault)?;
        if let Some(bound) = bound {
            transaction.rollback().await.map_err(fault)?;
            return DeviceId::parse(&bound)
                .map(PinOutcome::Bound)
                .map_err(|_| StoreError::BadRow("a DeviceId"));
        }
        let changed = next_change(&mut transaction).await?;
        let done = sqlx::query(
            "UPDATE credentials SET device_id = $1, device_type = $2, changed = $3 \
             WHERE user_id = $4 AND id = $5 AND device_id IS NULL AND revoked_at IS NULL",
        )
        .bind(device.as_str())
        .bind(device_type)
        .bind(changed)
        .bind(user.as_str())
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        if done.rows_affected() != 1 {
            transaction.rollback().await.map_err(fault)?;
            return Err(StoreError::Busy);
        }
        transaction.commit().await.map_err(fault)?;
        Ok(PinOutcome::Pinned)
    }

    async fn rename_credential(
        &self,
        user: &UserId,
        id: &CredentialId,
        name: &str,
    ) -> Result<bool> {
        nameable(&[name])?;
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE credentials SET name = $1 \
             WHERE user_id = $2 AND id = $3 AND revoked_at IS NULL",
        )
        .bind(name)
        .bind(user.as_str())
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn touch_credentials(&self, touches: &[Touch]) -> Result<()> {
        if touches.is_empty() {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        for touch in touches {
            nameable(&[&touch.address])?;
            sqlx::query(
                "UPDATE credentials SET last_used = $1, last_address = $2 \
                 WHERE user_id = $3 AND id = $4 AND (last_used IS NULL OR last_used <= $1)",
            )
            .bind(touch.at)
            .bind(touch.address.as_str())
            .bind(touch.user.as_str())
            .bind(touch.id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    async fn revoke_credential(&self, user: &UserId, id: &CredentialId, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let changed = next_change(&mut transaction).await?;
        // What the vault sealed goes with it: nobody needs it any more (T47).
        let done = sqlx::query(
            "UPDATE credentials SET revoked_at = $1, changed = $2, vault_key_id = NULL, \
             vault_salt = NULL, vault_public_key = NULL, vault_private_key = NULL, \
             vault_password = NULL, vault_version = NULL \
             WHERE user_id = $3 AND id = $4 AND revoked_at IS NULL",
        )
        .bind(now)
        .bind(changed)
        .bind(user.as_str())
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        if done.rows_affected() != 1 {
            transaction.rollback().await.map_err(fault)?;
            return Ok(false);
        }
        transaction.commit().await.map_err(fault)?;
        Ok(true)
    }

    async fn reseal(&self, user: &UserId, sealed: &[(CredentialId, SealedSecret)]) -> Result<bool> {
        let mut transaction = self.write().await?;
        let changed = next_change(&mut transaction).await?;
        for (id, sealed) in sealed {
            let version = sealed.version.cast_signed();
            let done = sqlx::query(
                "UPDATE credentials SET vault_key_id = $1, vault_salt = $2, \
                 vault_public_key = $3, vault_private_key = $4, vault_password = $5, \
                 vault_version = $6, changed = $7 WHERE user_id = $8 AND id = $9 \
                 AND revoked_at IS NULL AND vault_version = $10",
            )
            .bind(sealed.key_id.as_str())
            .bind(sealed.salt.as_slice())
            .bind(sealed.public_key.as_slice())
            .bind(sealed.sealed_private_key.as_slice())
            .bind(sealed.sealed_password.as_slice())
            .bind(version)
            .bind(changed)
            .bind(user.as_str())
            .bind(id.as_str())
            .bind(version.wrapping_sub(1))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
            if done.rows_affected() != 1 {
                transaction.rollback().await.map_err(fault)?;
                return Ok(false);
            }
        }
        transaction.commit().await.map_err(fault)?;
        Ok(true)
    }

    async fn rekey_credential(&self, row: &CredentialRow, renewed: &CredentialRow) -> Result<bool> {
        let sealed = renewed.sealed.as_ref();
        let before = row.sealed.as_ref();
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE credentials SET key_id = $1, hash = $2, tag = $3, vault_key_id = $4, \
             vault_salt = $5, vault_public_key = $6, vault_private_key = $7, vault_password = $8, \
             vault_version = $9 WHERE user_id = $10 AND id = $11 AND key_id = $12 \
             AND COALESCE(vault_version, 0) = $13 AND revoked_at IS NULL",
        )
        .bind(renewed.key_id.as_str())
        .bind(renewed.hash.as_slice())
        .bind(renewed.tag.map(i64::from))
        .bind(sealed.map(|sealed| sealed.key_id.as_str()))
        .bind(sealed.map(|sealed| sealed.salt.as_slice()))
        .bind(sealed.map(|sealed| sealed.public_key.as_slice()))
        .bind(sealed.map(|sealed| sealed.sealed_private_key.as_slice()))
        .bind(sealed.map(|sealed| sealed.sealed_password.as_slice()))
        .bind(sealed.map(|sealed| sealed.version.cast_signed()))
        .bind(row.user.as_str())
        .bind(row.id.as_str())
        .bind(row.key_id.as_str())
        .bind(before.map_or(0, |sealed| sealed.version.cast_signed()))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn credential_version(&self) -> Result<u64> {
        sqlx::query("SELECT value FROM counters WHERE name = 'credentials'")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get::<i64, _>(0))
            .map(i64::cast_unsigned)
            .map_err(fault)
    }

    async fn credential_changes(&self, since: u64) -> Result<CredentialChanges> {
        let rows = sqlx::query(
            "SELECT user_id, MAX(changed) FROM (\
             SELECT user_id, changed FROM credentials WHERE changed > $1 UNION ALL \
             SELECT user_id, changed FROM user_changes WHERE changed > $1) AS both_kinds \
             GROUP BY user_id",
        )
        .bind(since.cast_signed())
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?;
        let mut changes = CredentialChanges {
            version: since,
            users: Vec::with_capacity(rows.len()),
        };
        for row in rows {
            let user: String = row.try_get(0).map_err(fault)?;
            let changed: i64 = row.try_get(1).map_err(fault)?;
            changes.version = changes.version.max(changed.cast_unsigned());
            changes
                .users
                .push(UserId::parse(&user, None).map_err(|_| StoreError::BadRow("a user"))?);
        }
        Ok(changes)
    }

    async fn credential_key_ids(&self) -> Result<Vec<String>> {
        sqlx::query(
            "SELECT key_id FROM credentials WHERE revoked_at IS NULL \
             UNION SELECT vault_key_id FROM credentials \
             WHERE revoked_at IS NULL AND vault_key_id IS NOT NULL \
             UNION SELECT key_id FROM second_factors",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| row.try_get(0).map_err(fault))
        .collect()
    }
}

/// Notes that something about a user changed that is not a credential.
pub(super) async fn user_changed(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
) -> Result<()> {
    let changed = next_change(transaction).await?;
    sqlx::query(
        "INSERT INTO user_changes (user_id, changed) VALUES ($1, $2) \
         ON CONFLICT (user_id) DO UPDATE SET changed = $2",
    )
    .bind(user.as_str())
    .bind(changed)
    .execute(&mut **transaction)
    .await
    .map(|_| ())
    .map_err(fault)
}

async fn next_change(transaction: &mut Transaction<'static, Sqlite>) -> Result<i64> {
    sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'credentials' RETURNING value")
        .fetch_one(&mut **transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)
}

fn read(user: &UserId, row: &SqliteRow) -> Result<CredentialRow> {
    let id: String = row.try_get(0).map_err(fault)?;
    let hash: Vec<u8> = row.try_get(3).map_err(fault)?;
    let scopes: i64 = row.try_get(4).map_err(fault)?;
    let device: Option<String> = row.try_get(8).map_err(fault)?;
    Ok(CredentialRow {
        id: CredentialId::parse(&id).ok_or(StoreError::BadRow("a credential id"))?,
        user: user.clone(),
        kind: match row.try_get(18).map_err(fault)? {
            0_i64 => CredentialKind::Passcode,
            1 => CredentialKind::Enrolled,
            _ => return Err(StoreError::BadRow("a credential's kind")),
        },
        tag: row
            .try_get::<Option<i64>, _>(19)
            .map_err(fault)?
            .map(u16::try_from)
            .transpose()
            .map_err(|_| StoreError::BadRow("a credential's tag"))?,
        name: row.try_get(1).map_err(fault)?,
        key_id: row.try_get(2).map_err(fault)?,
        hash: hash
            .try_into()
            .map_err(|_| StoreError::BadRow("a credential's hash"))?,
        scopes: u8::try_from(scopes).map_err(|_| StoreError::BadRow("a credential's scopes"))?,
        created: row.try_get(5).map_err(fault)?,
        expires_at: row.try_get(6).map_err(fault)?,
        revoked_at: row.try_get(7).map_err(fault)?,
        device: device
            .map(|device| DeviceId::parse(&device))
            .transpose()
            .map_err(|_| StoreError::BadRow("a DeviceId"))?,
        device_type: row.try_get(9).map_err(fault)?,
        last_used: row.try_get(10).map_err(fault)?,
        last_address: row.try_get(11).map_err(fault)?,
        sealed: read_sealed(row).map_err(fault)?,
    })
}

fn read_sealed(row: &SqliteRow) -> sqlx::Result<Option<SealedSecret>> {
    let Some(key_id) = row.try_get(12)? else {
        return Ok(None);
    };
    Ok(Some(SealedSecret {
        key_id,
        salt: row.try_get(13)?,
        public_key: row.try_get(14)?,
        sealed_private_key: row.try_get(15)?,
        sealed_password: row.try_get(16)?,
        version: row.try_get::<i64, _>(17)?.cast_unsigned(),
    }))
}
