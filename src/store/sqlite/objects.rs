//! Objects, and what phones hold of them, in SQL.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction};

use super::{SqliteStore, fault, findable, nameable, storable};
use crate::identity::{DeviceId, UserId};
use crate::store::{HeldChanges, HeldVersion, ObjectRow, Objects, Result, StoreError};

/// Values in one list: far below the 32,766 parameters of a statement.
const AT_ONCE: usize = 500;
/// How long the number of what is gone stays known, in seconds: as long as a device counts that was not
/// seen (`command::partnership`).
const KEPT: i64 = 90 * 86_400;
/// Rows that go in one transaction, so that nobody waits long for it: more than a phone's user loses in
/// an hour.
const TRIMMED: i64 = 5_000;

#[async_trait]
impl Objects for SqliteStore {
    async fn number_objects(
        &self,
        user: &UserId,
        collection: &str,
        hrefs: &[String],
    ) -> Result<Vec<u32>> {
        nameable(&[collection])?;
        for href in hrefs {
            nameable(&[href])?;
        }
        let known = self.known_objects(user, collection, hrefs).await?;
        let mut numbers: HashMap<String, u32> = known
            .into_iter()
            .map(|row| (row.href, row.number))
            .collect();
        let missing: Vec<String> = hrefs
            .iter()
            .filter(|href| !numbers.contains_key(*href))
            .cloned()
            .collect();
        self.come_back(user, collection, hrefs).await?;
        if !missing.is_empty() {
            let mut transaction = self.write().await?;
            // Another device's request may have been first.
            for row in find(&mut transaction, user, collection, &missing).await? {
                numbers.insert(row.href, row.number);
            }
            let mut next: i64 = sqlx::query(
                "SELECT next_number FROM object_counters WHERE user_id = $1 AND collection = $2",
            )
            .bind(user.as_str())
            .bind(collection)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(fault)?
            .map_or(Ok(1), |row| row.try_get(0).map_err(fault))?;
            let mut fresh = Vec::new();
            for href in missing {
                if numbers.contains_key(&href) {
                    continue;
                }
                let number = number(next)?;
                next = next.saturating_add(1);
                numbers.insert(href.clone(), number);
                fresh.push((number, href));
            }
            sqlx::query(
                "INSERT INTO object_counters (user_id, collection, next_number) \
                 VALUES ($1, $2, $3) \
                 ON CONFLICT (user_id, collection) DO UPDATE SET next_number = $3",
            )
            .bind(user.as_str())
            .bind(collection)
            .bind(next)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
            for rows in fresh.chunks(AT_ONCE) {
                let mut insert = QueryBuilder::<Sqlite>::new(
                    "INSERT INTO objects (user_id, collection, number, href) ",
                );
                insert.push_values(rows, |mut row, (number, href)| {
                    row.push_bind(user.as_str())
                        .push_bind(collection)
                        .push_bind(i64::from(*number))
                        .push_bind(href.as_str());
                });
                insert
                    .build()
                    .persistent(false)
                    .execute(&mut *transaction)
                    .await
                    .map_err(fault)?;
            }
            transaction.commit().await.map_err(fault)?;
        }
        Ok(hrefs
            .iter()
            .filter_map(|href| numbers.get(href).copied())
            .collect())
    }

    async fn known_objects(
        &self,
        user: &UserId,
        collection: &str,
        hrefs: &[String],
    ) -> Result<Vec<ObjectRow>> {
        if !findable(&[collection]) || hrefs.is_empty() {
            return Ok(Vec::new());
        }
        let mut reader = self.readers.acquire().await.map_err(fault)?;
        find(&mut reader, user, collection, hrefs).await
    }

    async fn objects(
        &self,
        user: &UserId,
        collection: &str,
        numbers: &[u32],
    ) -> Result<Vec<ObjectRow>> {
        if !findable(&[collection]) {
            return Ok(Vec::new());
        }
        let mut found = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(AT_ONCE) {
            let mut select = QueryBuilder::<Sqlite>::new(
                "SELECT number, href, uid FROM objects WHERE user_id = ",
            );
            select
                .push_bind(user.as_str())
                .push(" AND collection = ")
                .push_bind(collection)
                .push(" AND number IN (");
            let mut list = select.separated(", ");
            for number in some {
                list.push_bind(i64::from(*number));
            }
            select.push(")");
            let rows = select
                .build()
                .persistent(false)
                .fetch_all(&self.readers)
                .await
                .map_err(fault)?;
            for row in &rows {
                found.push(read(row)?);
            }
        }
        Ok(found)
    }

    async fn objects_with_uid(
        &self,
        user: &UserId,
        collection: &str,
        uid: &str,
    ) -> Result<Vec<ObjectRow>> {
        if !findable(&[collection, uid]) {
            return Ok(Vec::new());
        }
        sqlx::query(
            "SELECT number, href, uid FROM objects \
             WHERE user_id = $1 AND collection = $2 AND uid = $3 ORDER BY number",
        )
        .bind(user.as_str())
        .bind(collection)
        .bind(uid)
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(read)
        .collect()
    }

    async fn learn_uids(
        &self,
        user: &UserId,
        collection: &str,
        uids: &[(u32, String)],
    ) -> Result<()> {
        if !findable(&[collection]) || uids.is_empty() {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        // One that is longer than anything is found by is nobody's we could look for.
        for (number, uid) in uids.iter().filter(|(_, uid)| findable(&[uid])) {
            sqlx::query(
                "UPDATE objects SET uid = $1 \
                 WHERE user_id = $2 AND collection = $3 AND number = $4",
            )
            .bind(uid.as_str())
            .bind(user.as_str())
            .bind(collection)
            .bind(i64::from(*number))
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    async fn note_gone_but(
        &self,
        user: &UserId,
        collection: &str,
        below: &str,
        present: &[u32],
        now: i64,
    ) -> Result<()> {
        if !findable(&[collection]) {
            return Ok(());
        }
        let rows = sqlx::query(
            "SELECT number FROM objects WHERE user_id = $1 AND collection = $2 \
             AND gone_at IS NULL AND substr(href, 1, length($3)) = $3",
        )
        .bind(user.as_str())
        .bind(collection)
        .bind(below)
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?;
        let present: HashSet<u32> = present.iter().copied().collect();
        let mut gone = Vec::new();
        for row in &rows {
            let number = number(row.try_get(0).map_err(fault)?)?;
            if !present.contains(&number) {
                gone.push(number);
            }
        }
        self.note_gone(user, collection, &gone, now).await
    }

    async fn note_gone(
        &self,
        user: &UserId,
        collection: &str,
        numbers: &[u32],
        now: i64,
    ) -> Result<()> {
        if !findable(&[collection]) || numbers.is_empty() {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        for some in numbers.chunks(AT_ONCE) {
            let mut update = QueryBuilder::<Sqlite>::new("UPDATE objects SET gone_at = ");
            update
                .push_bind(now)
                .push(" WHERE gone_at IS NULL AND user_id = ")
                .push_bind(user.as_str())
                .push(" AND collection = ")
                .push_bind(collection)
                .push(" AND number IN (");
            let mut list = update.separated(", ");
            for number in some {
                list.push_bind(i64::from(*number));
            }
            update.push(")");
            update
                .build()
                .persistent(false)
                .execute(&mut *transaction)
                .await
                .map_err(fault)?;
        }
        transaction.commit().await.map_err(fault)
    }

    async fn held(
        &self,
        user: &UserId,
        device: &DeviceId,
        chain: &str,
        numbers: &[u32],
    ) -> Result<Vec<HeldVersion>> {
        if !findable(&[chain]) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for some in numbers.chunks(AT_ONCE) {
            let start = "SELECT number, mark, digest FROM held WHERE user_id = ";
            let mut select = of_chain(start, user, device, chain);
            select.push(" AND number IN (");
            let mut list = select.separated(", ");
            for number in some {
                list.push_bind(i64::from(*number));
            }
            select.push(")");
            let rows = select
                .build()
                .persistent(false)
                .fetch_all(&self.readers)
                .await
                .map_err(fault)?;
            for row in &rows {
                found.push(HeldVersion {
                    number: number(row.try_get(0).map_err(fault)?)?,
                    mark: row.try_get::<i64, _>(1).map_err(fault)?.cast_unsigned(),
                    digest: row.try_get(2).map_err(fault)?,
                });
            }
        }
        Ok(found)
    }
}

impl SqliteStore {
    /// Objects that are at their places again are known as before.
    async fn come_back(&self, user: &UserId, collection: &str, hrefs: &[String]) -> Result<()> {
        for some in hrefs.chunks(AT_ONCE) {
            let among = |start: &'static str| {
                let mut query = QueryBuilder::<Sqlite>::new(start);
                query
                    .push(" gone_at IS NOT NULL AND user_id = ")
                    .push_bind(user.as_str())
                    .push(" AND collection = ")
                    .push_bind(collection)
                    .push(" AND href IN (");
                let mut list = query.separated(", ");
                for href in some {
                    list.push_bind(href.as_str());
                }
                query.push(")");
                query
            };
            let mut select = among("SELECT 1 FROM objects WHERE");
            let select = select.build().persistent(false);
            let found = select.fetch_optional(&self.readers).await.map_err(fault)?;
            if found.is_some() {
                let mut transaction = self.write().await?;
                let mut update = among("UPDATE objects SET gone_at = NULL WHERE");
                let update = update.build().persistent(false);
                update.execute(&mut *transaction).await.map_err(fault)?;
                transaction.commit().await.map_err(fault)?;
            }
        }
        Ok(())
    }
}

/// Deletes rows of what has been gone for long, some at a time.
pub(super) async fn expire(
    transaction: &mut Transaction<'static, Sqlite>,
    now: i64,
) -> Result<u64> {
    let deleted = sqlx::query(
        "DELETE FROM objects WHERE rowid IN \
         (SELECT rowid FROM objects WHERE gone_at < $1 LIMIT $2)",
    )
    .bind(now.saturating_sub(KEPT))
    .bind(TRIMMED)
    .execute(&mut **transaction)
    .await
    .map_err(fault)?;
    Ok(deleted.rows_affected())
}

/// Writes what a step changes of held versions, in the step's own transaction.
pub(super) async fn change_held(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    device: &DeviceId,
    chain: &str,
    changes: &HeldChanges,
) -> Result<()> {
    if changes.afresh {
        drop_held(transaction, user, device, chain).await?;
    }
    // A page has a hundred objects: a statement for each would take longer than all the rest of it.
    let whole = changes
        .objects
        .iter()
        .filter(|object| object.keep.is_empty());
    let numbers: Vec<u32> = whole.map(|object| object.number).collect();
    for some in [&numbers, &changes.forgotten] {
        for some in some.chunks(AT_ONCE) {
            let mut delete = of_chain("DELETE FROM held WHERE user_id = ", user, device, chain);
            delete.push(" AND number IN (");
            let mut list = delete.separated(", ");
            for number in some {
                list.push_bind(i64::from(*number));
            }
            delete.push(")");
            let delete = delete.build().persistent(false);
            delete.execute(&mut **transaction).await.map_err(fault)?;
        }
    }
    for object in &changes.objects {
        if object.keep.is_empty() {
            continue;
        }
        let mut delete = of_chain("DELETE FROM held WHERE user_id = ", user, device, chain);
        delete
            .push(" AND number = ")
            .push_bind(i64::from(object.number))
            .push(" AND mark NOT IN (");
        let mut list = delete.separated(", ");
        for mark in object.keep.iter().take(AT_ONCE) {
            list.push_bind(mark.cast_signed());
        }
        delete.push(")");
        let delete = delete.build();
        delete.execute(&mut **transaction).await.map_err(fault)?;
    }
    let versions = changes.objects.iter().flat_map(|object| {
        let versions = object.versions.iter();
        versions.map(|(mark, digest)| (object.number, *mark, digest.as_slice()))
    });
    let versions: Vec<(u32, u64, &[u8])> = versions.collect();
    for some in versions.chunks(AT_ONCE) {
        for (_, _, digest) in some {
            storable(&[digest])?;
        }
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO held (user_id, device_id, chain, number, mark, digest) ",
        );
        insert.push_values(some, |mut row, (number, mark, digest)| {
            row.push_bind(user.as_str())
                .push_bind(device.as_str())
                .push_bind(chain)
                .push_bind(i64::from(*number))
                .push_bind(mark.cast_signed())
                .push_bind(*digest);
        });
        insert.push(
            " ON CONFLICT (user_id, device_id, chain, number, mark) \
             DO UPDATE SET digest = excluded.digest",
        );
        let insert = insert.build().persistent(false);
        insert.execute(&mut **transaction).await.map_err(fault)?;
    }
    Ok(())
}

/// A statement about what a device holds of a collection, to be gone on with.
fn of_chain(
    start: &'static str,
    user: &UserId,
    device: &DeviceId,
    chain: &str,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new(start);
    query
        .push_bind(user.as_str())
        .push(" AND device_id = ")
        .push_bind(device.as_str())
        .push(" AND chain = ")
        .push_bind(chain);
    query
}

/// Forgets all a device holds of a collection.
pub(super) async fn drop_held(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    device: &DeviceId,
    chain: &str,
) -> Result<()> {
    sqlx::query("DELETE FROM held WHERE user_id = $1 AND device_id = $2 AND chain = $3")
        .bind(user.as_str())
        .bind(device.as_str())
        .bind(chain)
        .execute(&mut **transaction)
        .await
        .map_err(fault)?;
    Ok(())
}

async fn find(
    connection: &mut SqliteConnection,
    user: &UserId,
    collection: &str,
    hrefs: &[String],
) -> Result<Vec<ObjectRow>> {
    let mut found = Vec::with_capacity(hrefs.len());
    for some in hrefs.chunks(AT_ONCE) {
        let mut select =
            QueryBuilder::<Sqlite>::new("SELECT number, href, uid FROM objects WHERE user_id = ");
        select
            .push_bind(user.as_str())
            .push(" AND collection = ")
            .push_bind(collection)
            .push(" AND href IN (");
        let mut list = select.separated(", ");
        for href in some {
            list.push_bind(href.as_str());
        }
        select.push(")");
        let rows = select
            .build()
            .persistent(false)
            .fetch_all(&mut *connection)
            .await
            .map_err(fault)?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

fn read(row: &SqliteRow) -> Result<ObjectRow> {
    Ok(ObjectRow {
        number: number(row.try_get(0).map_err(fault)?)?,
        href: row.try_get(1).map_err(fault)?,
        uid: row.try_get(2).map_err(fault)?,
    })
}

fn number(stored: i64) -> Result<u32> {
    u32::try_from(stored).map_err(|_| StoreError::BadRow("an object's number"))
}
