//! Chains and fingerprints in SQL.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction};

use super::objects::{change_held, drop_held};
use super::{SqliteStore, fault, findable, nameable, storable};
use crate::identity::{DeviceId, UserId};
use crate::store::{Along, ChainRow, ChainVersion, Chains, FingerprintBatch, Result, StoreError};

/// Rows in one INSERT: 5 values each, and a statement takes 32,766.
const ROWS_AT_ONCE: usize = 500;

#[async_trait]
impl Chains for SqliteStore {
    async fn chain(
        &self,
        user: &UserId,
        device: &DeviceId,
        chain: &str,
    ) -> Result<Option<ChainRow>> {
        if !findable(&[chain]) {
            return Ok(None);
        }
        sqlx::query(
            "SELECT epoch, counter, options, current_view, previous_view, journal, updated \
             FROM chains WHERE user_id = $1 AND device_id = $2 AND chain = $3",
        )
        .bind(user.as_str())
        .bind(device.as_str())
        .bind(chain)
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(&row).map_err(fault))
        .transpose()
    }

    async fn commit_chain(
        &self,
        user: &UserId,
        device: &DeviceId,
        chain: &str,
        expected: Option<ChainVersion>,
        row: &ChainRow,
        along: Along<'_>,
    ) -> Result<bool> {
        nameable(&[chain])?;
        storable(&[
            &row.options,
            &row.view,
            row.previous_view.as_deref().unwrap_or_default(),
            &row.journal,
        ])?;
        let mut transaction = self.write().await?;
        let statement = match expected {
            None => {
                "INSERT INTO chains (epoch, counter, options, current_view, previous_view, \
                 journal, updated, user_id, device_id, chain) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING"
            }
            Some(_) => {
                "UPDATE chains SET epoch = $1, counter = $2, options = $3, current_view = $4, \
                 previous_view = $5, journal = $6, updated = $7 \
                 WHERE user_id = $8 AND device_id = $9 AND chain = $10 \
                 AND epoch = $11 AND counter = $12"
            }
        };
        let mut query = sqlx::query(statement)
            .bind(row.epoch.cast_signed())
            .bind(row.counter.cast_signed())
            .bind(row.options.as_slice())
            .bind(row.view.as_slice())
            .bind(row.previous_view.as_deref())
            .bind(row.journal.as_slice())
            .bind(row.updated)
            .bind(user.as_str())
            .bind(device.as_str())
            .bind(chain);
        if let Some(version) = expected {
            query = query
                .bind(version.epoch.cast_signed())
                .bind(version.counter.cast_signed());
        }
        let done = query.execute(&mut *transaction).await.map_err(fault)?;
        if done.rows_affected() != 1 {
            transaction.rollback().await.map_err(fault)?;
            return Ok(false);
        }
        for batch in along.fingerprints {
            nameable(&[&batch.collection])?;
            insert_fingerprints(&mut transaction, user, batch).await?;
        }
        if let Some(changes) = along.held {
            change_held(&mut transaction, user, device, chain, changes).await?;
        }
        transaction.commit().await.map_err(fault)?;
        Ok(true)
    }

    async fn drop_chain(&self, user: &UserId, device: &DeviceId, chain: &str) -> Result<()> {
        if !findable(&[chain]) {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM chains WHERE user_id = $1 AND device_id = $2 AND chain = $3")
            .bind(user.as_str())
            .bind(device.as_str())
            .bind(chain)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        drop_held(&mut transaction, user, device, chain).await?;
        transaction.commit().await.map_err(fault)
    }

    async fn chains_of_device(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Vec<(String, ChainVersion)>> {
        sqlx::query(
            "SELECT chain, epoch, counter FROM chains \
             WHERE user_id = $1 AND device_id = $2 ORDER BY chain",
        )
        .bind(user.as_str())
        .bind(device.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| {
            let version = ChainVersion {
                epoch: row.try_get::<i64, _>(1).map_err(fault)?.cast_unsigned(),
                counter: row.try_get::<i64, _>(2).map_err(fault)?.cast_unsigned(),
            };
            Ok((row.try_get(0).map_err(fault)?, version))
        })
        .collect()
    }

    async fn fingerprints(
        &self,
        user: &UserId,
        collection: &str,
        uid_validity: u32,
    ) -> Result<Vec<(u32, i64)>> {
        if !findable(&[collection]) {
            return Ok(Vec::new());
        }
        sqlx::query(
            "SELECT uid, hash FROM fingerprints \
             WHERE user_id = $1 AND collection = $2 AND uid_validity = $3 ORDER BY uid",
        )
        .bind(user.as_str())
        .bind(collection)
        .bind(i64::from(uid_validity))
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| {
            let uid: i64 = row.try_get(0).map_err(fault)?;
            let uid = u32::try_from(uid).map_err(|_| StoreError::BadRow("a UID"))?;
            Ok((uid, row.try_get(1).map_err(fault)?))
        })
        .collect()
    }

    async fn fingerprint(
        &self,
        user: &UserId,
        collection: &str,
        uid_validity: u32,
        uid: u32,
    ) -> Result<Option<i64>> {
        if !findable(&[collection]) {
            return Ok(None);
        }
        sqlx::query(
            "SELECT hash FROM fingerprints \
             WHERE user_id = $1 AND collection = $2 AND uid_validity = $3 AND uid = $4",
        )
        .bind(user.as_str())
        .bind(collection)
        .bind(i64::from(uid_validity))
        .bind(i64::from(uid))
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| row.try_get(0).map_err(fault))
        .transpose()
    }

    async fn drop_fingerprints(
        &self,
        user: &UserId,
        collection: &str,
        keep: Option<u32>,
    ) -> Result<()> {
        if !findable(&[collection]) {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        // No UIDVALIDITY is negative, so -1 keeps nothing.
        sqlx::query(
            "DELETE FROM fingerprints \
             WHERE user_id = $1 AND collection = $2 AND uid_validity <> $3",
        )
        .bind(user.as_str())
        .bind(collection)
        .bind(keep.map_or(-1, i64::from))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }
}

async fn insert_fingerprints(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    batch: &FingerprintBatch,
) -> Result<()> {
    for entries in batch.entries.chunks(ROWS_AT_ONCE) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO fingerprints (user_id, collection, uid_validity, uid, hash) ",
        );
        insert.push_values(entries, |mut row, (uid, hash)| {
            row.push_bind(user.as_str())
                .push_bind(batch.collection.as_str())
                .push_bind(i64::from(batch.uid_validity))
                .push_bind(i64::from(*uid))
                .push_bind(*hash);
        });
        insert.push(" ON CONFLICT DO NOTHING");
        insert
            .build()
            .persistent(false)
            .execute(&mut **transaction)
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn read(row: &SqliteRow) -> sqlx::Result<ChainRow> {
    Ok(ChainRow {
        epoch: row.try_get::<i64, _>(0)?.cast_unsigned(),
        counter: row.try_get::<i64, _>(1)?.cast_unsigned(),
        options: row.try_get(2)?,
        view: row.try_get(3)?,
        previous_view: row.try_get(4)?,
        journal: row.try_get(5)?,
        updated: row.try_get(6)?,
    })
}
