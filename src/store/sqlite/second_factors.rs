//! Second factors in SQL.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::credentials::user_changed;
use super::{SqliteStore, fault, nameable, storable};
use crate::identity::UserId;
use crate::store::{RecoveryCode, Result, SecondFactorRow, SecondFactors, StoreError};

#[async_trait]
impl SecondFactors for SqliteStore {
    async fn second_factor_of(&self, user: &UserId) -> Result<Option<SecondFactorRow>> {
        self.factor(user, false).await
    }

    async fn pending_factor_of(&self, user: &UserId) -> Result<Option<SecondFactorRow>> {
        self.factor(user, true).await
    }

    async fn begin_factor(&self, row: &SecondFactorRow) -> Result<()> {
        nameable(&[&row.key_id])?;
        storable(&[&row.sealed])?;
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO second_factors (user_id, pending, key_id, sealed, created, last_step) \
             VALUES ($1, TRUE, $2, $3, $4, $5) ON CONFLICT (user_id, pending) \
             DO UPDATE SET key_id = $2, sealed = $3, created = $4, last_step = $5",
        )
        .bind(row.user.as_str())
        .bind(row.key_id.as_str())
        .bind(row.sealed.as_slice())
        .bind(row.created)
        .bind(row.last_step.cast_signed())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn confirm_factor(
        &self,
        user: &UserId,
        sealed: &[u8],
        step: u64,
        recovery: &[String],
        now: i64,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let waiting: i64 = sqlx::query(
            "SELECT COUNT(*) FROM second_factors WHERE user_id = $1 AND pending AND sealed = $2",
        )
        .bind(user.as_str())
        .bind(sealed)
        .fetch_one(&mut *transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)?;
        if waiting != 1 {
            transaction.rollback().await.map_err(fault)?;
            return Ok(false);
        }
        sqlx::query("DELETE FROM second_factors WHERE user_id = $1 AND NOT pending")
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        sqlx::query(
            "UPDATE second_factors SET pending = FALSE, last_step = $1, created = $2 \
             WHERE user_id = $3 AND pending",
        )
        .bind(step.cast_signed())
        .bind(now)
        .bind(user.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        put_recovery_codes(&mut transaction, user, recovery, now).await?;
        // Running servers must ask for more than a mail password from now on (T36).
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(true)
    }

    async fn burn_step(&self, user: &UserId, step: u64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE second_factors SET last_step = $1 \
             WHERE user_id = $2 AND NOT pending AND last_step < $1",
        )
        .bind(step.cast_signed())
        .bind(user.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn remove_factor(&self, user: &UserId) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("DELETE FROM second_factors WHERE user_id = $1")
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1")
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() > 0)
    }

    async fn all_factors(&self) -> Result<Vec<SecondFactorRow>> {
        sqlx::query(
            "SELECT key_id, sealed, created, last_step, user_id FROM second_factors \
             ORDER BY user_id, pending",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| {
            let user: String = row.try_get(4).map_err(fault)?;
            let user = UserId::parse(&user, None).map_err(|_| StoreError::BadRow("a user"))?;
            read(&user, row)
        })
        .collect()
    }

    async fn reseal_factor(
        &self,
        row: &SecondFactorRow,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<bool> {
        nameable(&[key_id])?;
        storable(&[sealed])?;
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE second_factors SET key_id = $1, sealed = $2 WHERE user_id = $3 AND sealed = $4",
        )
        .bind(key_id)
        .bind(sealed)
        .bind(row.user.as_str())
        .bind(row.sealed.as_slice())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn users_with_factor(&self) -> Result<Vec<UserId>> {
        sqlx::query("SELECT user_id FROM second_factors WHERE NOT pending ORDER BY user_id")
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?
            .iter()
            .map(|row| {
                let user: String = row.try_get(0).map_err(fault)?;
                UserId::parse(&user, None).map_err(|_| StoreError::BadRow("a user"))
            })
            .collect()
    }

    async fn set_recovery_codes(&self, user: &UserId, hashes: &[String], now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        put_recovery_codes(&mut transaction, user, hashes, now).await?;
        transaction.commit().await.map_err(fault)
    }

    async fn recovery_codes(&self, user: &UserId) -> Result<Vec<RecoveryCode>> {
        sqlx::query(
            "SELECT number, hash, used_at FROM recovery_codes WHERE user_id = $1 ORDER BY number",
        )
        .bind(user.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| {
            let number: i64 = row.try_get(0).map_err(fault)?;
            Ok(RecoveryCode {
                number: u32::try_from(number)
                    .map_err(|_| StoreError::BadRow("a recovery code's number"))?,
                hash: row.try_get(1).map_err(fault)?,
                used_at: row.try_get(2).map_err(fault)?,
            })
        })
        .collect()
    }

    async fn use_recovery_code(&self, user: &UserId, number: u32, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE recovery_codes SET used_at = $1 \
             WHERE user_id = $2 AND number = $3 AND used_at IS NULL",
        )
        .bind(now)
        .bind(user.as_str())
        .bind(i64::from(number))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }
}

impl SqliteStore {
    async fn factor(&self, user: &UserId, pending: bool) -> Result<Option<SecondFactorRow>> {
        sqlx::query(
            "SELECT key_id, sealed, created, last_step FROM second_factors \
             WHERE user_id = $1 AND pending = $2",
        )
        .bind(user.as_str())
        .bind(pending)
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(user, &row))
        .transpose()
    }
}

async fn put_recovery_codes(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    hashes: &[String],
    now: i64,
) -> Result<()> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1")
        .bind(user.as_str())
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
    for (hash, number) in hashes.iter().zip(1_i64..) {
        nameable(&[hash])?;
        sqlx::query(
            "INSERT INTO recovery_codes (user_id, number, hash, created) VALUES ($1, $2, $3, $4)",
        )
        .bind(user.as_str())
        .bind(number)
        .bind(hash.as_str())
        .bind(now)
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
    }
    Ok(())
}

fn read(user: &UserId, row: &SqliteRow) -> Result<SecondFactorRow> {
    let last_step: i64 = row.try_get(3).map_err(fault)?;
    Ok(SecondFactorRow {
        user: user.clone(),
        key_id: row.try_get(0).map_err(fault)?,
        sealed: row.try_get(1).map_err(fault)?,
        created: row.try_get(2).map_err(fault)?,
        last_step: last_step.cast_unsigned(),
    })
}
