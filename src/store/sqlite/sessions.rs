//! Sessions, trusted browsers and one-time links in SQL.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{SqliteStore, fault, nameable, storable};
use crate::identity::UserId;
use crate::store::sessions::{SESSION_IDLE, SESSION_LONGEST};
use crate::store::{
    Area, Result, SessionRow, Sessions, Stage, StoreError, TokenHash, TrustedBrowser,
};

#[async_trait]
impl Sessions for SqliteStore {
    async fn save_session(&self, row: &SessionRow) -> Result<()> {
        let mut transaction = self.write().await?;
        insert(&mut transaction, row).await?;
        transaction.commit().await.map_err(fault)
    }

    async fn session(&self, token: &TokenHash, now: i64) -> Result<Option<SessionRow>> {
        let row = sqlx::query(
            "SELECT token_hash, user_id, id, area, stage, created, last_seen, proved_at, agent, \
             address, key_id, sealed_password FROM sessions WHERE token_hash = $1",
        )
        .bind(token.as_slice())
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(&row))
        .transpose()?;
        Ok(row.filter(|row| row.alive(now)))
    }

    async fn touch_session(&self, token: &TokenHash, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE sessions SET last_seen = $1 WHERE token_hash = $2 AND last_seen < $1")
            .bind(now)
            .bind(token.as_slice())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn replace_session(&self, old: &TokenHash, new: &SessionRow) -> Result<bool> {
        let mut transaction = self.write().await?;
        let gone = sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(old.as_slice())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        if gone.rows_affected() != 1 {
            transaction.rollback().await.map_err(fault)?;
            return Ok(false);
        }
        insert(&mut transaction, new).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(true)
    }

    async fn end_session(&self, token: &TokenHash) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token.as_slice())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn end_sessions(&self, user: &UserId, but: Option<&TokenHash>) -> Result<u64> {
        let mut transaction = self.write().await?;
        // No token hashes to nothing, so nothing is spared.
        let but = but.map_or(&[][..], TokenHash::as_slice);
        let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2")
            .bind(user.as_str())
            .bind(but)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected())
    }

    async fn sessions_of(&self, user: &UserId, now: i64) -> Result<Vec<SessionRow>> {
        let mut rows = sqlx::query(
            "SELECT token_hash, user_id, id, area, stage, created, last_seen, proved_at, agent, \
             address, key_id, sealed_password FROM sessions WHERE user_id = $1 \
             ORDER BY created DESC, id",
        )
        .bind(user.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(read)
        .collect::<Result<Vec<_>>>()?;
        rows.retain(|row| row.alive(now));
        Ok(rows)
    }

    async fn trust_browser(&self, row: &TrustedBrowser) -> Result<()> {
        nameable(&[&row.id, &row.agent, &row.address])?;
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO trusted_browsers (token_hash, user_id, id, agent, address, created, \
             last_used, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(row.token_hash.as_slice())
        .bind(row.user.as_str())
        .bind(row.id.as_str())
        .bind(row.agent.as_str())
        .bind(row.address.as_str())
        .bind(row.created)
        .bind(row.last_used)
        .bind(row.expires_at)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn browser_trusted(&self, user: &UserId, token: &TokenHash, now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE trusted_browsers SET last_used = $1 \
             WHERE token_hash = $2 AND user_id = $3 AND expires_at > $1",
        )
        .bind(now)
        .bind(token.as_slice())
        .bind(user.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn trusted_browsers(&self, user: &UserId, now: i64) -> Result<Vec<TrustedBrowser>> {
        sqlx::query(
            "SELECT token_hash, id, agent, address, created, last_used, expires_at \
             FROM trusted_browsers WHERE user_id = $1 AND expires_at > $2 \
             ORDER BY created DESC, id",
        )
        .bind(user.as_str())
        .bind(now)
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| {
            Ok(TrustedBrowser {
                token_hash: token_hash(row)?,
                user: user.clone(),
                id: row.try_get(1).map_err(fault)?,
                agent: row.try_get(2).map_err(fault)?,
                address: row.try_get(3).map_err(fault)?,
                created: row.try_get(4).map_err(fault)?,
                last_used: row.try_get(5).map_err(fault)?,
                expires_at: row.try_get(6).map_err(fault)?,
            })
        })
        .collect()
    }

    async fn distrust_browsers(&self, user: &UserId, id: Option<&str>) -> Result<u64> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "DELETE FROM trusted_browsers WHERE user_id = $1 AND ($2 IS NULL OR id = $2)",
        )
        .bind(user.as_str())
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected())
    }

    async fn add_link(
        &self,
        token: &TokenHash,
        user: &UserId,
        sealed: &[u8],
        expires_at: i64,
    ) -> Result<()> {
        storable(&[sealed])?;
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO one_time_links (token_hash, user_id, sealed, expires_at) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(token.as_slice())
        .bind(user.as_str())
        .bind(sealed)
        .bind(expires_at)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn link_waits(&self, token: &TokenHash, now: i64) -> Result<bool> {
        let waiting: i64 = sqlx::query(
            "SELECT COUNT(*) FROM one_time_links WHERE token_hash = $1 AND expires_at > $2",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_one(&self.readers)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)?;
        Ok(waiting == 1)
    }

    async fn take_link(&self, token: &TokenHash, now: i64) -> Result<Option<(UserId, Vec<u8>)>> {
        let mut transaction = self.write().await?;
        let row = sqlx::query(
            "DELETE FROM one_time_links WHERE token_hash = $1 AND expires_at > $2 \
             RETURNING user_id, sealed",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let user: String = row.try_get(0).map_err(fault)?;
        let user = UserId::parse(&user, None).map_err(|_| StoreError::BadRow("a user"))?;
        Ok(Some((user, row.try_get(1).map_err(fault)?)))
    }
}

/// Deletes what has run out; returns how many rows went.
pub(super) async fn expire(
    transaction: &mut Transaction<'static, Sqlite>,
    now: i64,
) -> Result<u64> {
    let mut gone = sqlx::query("DELETE FROM sessions WHERE last_seen <= $1 OR created <= $2")
        .bind(now.saturating_sub(SESSION_IDLE))
        .bind(now.saturating_sub(SESSION_LONGEST))
        .execute(&mut **transaction)
        .await
        .map_err(fault)?
        .rows_affected();
    gone += sqlx::query("DELETE FROM trusted_browsers WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut **transaction)
        .await
        .map_err(fault)?
        .rows_affected();
    gone += sqlx::query("DELETE FROM one_time_links WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut **transaction)
        .await
        .map_err(fault)?
        .rows_affected();
    Ok(gone)
}

async fn insert(transaction: &mut Transaction<'static, Sqlite>, row: &SessionRow) -> Result<()> {
    nameable(&[&row.id, &row.agent, &row.address, &row.key_id])?;
    storable(&[&row.sealed_password])?;
    sqlx::query(
        "INSERT INTO sessions (token_hash, user_id, id, area, stage, created, last_seen, \
         proved_at, agent, address, key_id, sealed_password) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(row.token_hash.as_slice())
    .bind(row.user.as_str())
    .bind(row.id.as_str())
    .bind(match row.area {
        Area::Account => 0_i64,
        Area::Admin => 1,
    })
    .bind(match row.stage {
        Stage::Password => 0_i64,
        Stage::Full => 1,
    })
    .bind(row.created)
    .bind(row.last_seen)
    .bind(row.proved_at)
    .bind(row.agent.as_str())
    .bind(row.address.as_str())
    .bind(row.key_id.as_str())
    .bind(row.sealed_password.as_slice())
    .execute(&mut **transaction)
    .await
    .map_err(fault)?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<SessionRow> {
    let user: String = row.try_get(1).map_err(fault)?;
    let area: i64 = row.try_get(3).map_err(fault)?;
    let stage: i64 = row.try_get(4).map_err(fault)?;
    Ok(SessionRow {
        token_hash: token_hash(row)?,
        user: UserId::parse(&user, None).map_err(|_| StoreError::BadRow("a user"))?,
        id: row.try_get(2).map_err(fault)?,
        area: match area {
            0 => Area::Account,
            1 => Area::Admin,
            _ => return Err(StoreError::BadRow("a session's area")),
        },
        stage: match stage {
            0 => Stage::Password,
            1 => Stage::Full,
            _ => return Err(StoreError::BadRow("a session's stage")),
        },
        created: row.try_get(5).map_err(fault)?,
        last_seen: row.try_get(6).map_err(fault)?,
        proved_at: row.try_get(7).map_err(fault)?,
        agent: row.try_get(8).map_err(fault)?,
        address: row.try_get(9).map_err(fault)?,
        key_id: row.try_get(10).map_err(fault)?,
        sealed_password: row.try_get(11).map_err(fault)?,
    })
}

fn token_hash(row: &SqliteRow) -> Result<TokenHash> {
    let hash: Vec<u8> = row.try_get(0).map_err(fault)?;
    hash.try_into()
        .map_err(|_| StoreError::BadRow("a token's hash"))
}
