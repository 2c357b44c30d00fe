//! Counts of the throttles in SQL.

use async_trait::async_trait;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, fault, nameable};
use crate::store::tallies::{KEPT, MOST};
use crate::store::{Result, Tallies, Tally};

#[async_trait]
impl Tallies for SqliteStore {
    async fn add_tallies(&self, rows: &[Tally], now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        for row in rows {
            nameable(&[&row.of])?;
            sqlx::query(
                "INSERT INTO tallies (node, lane, counted, forgiven, failures, at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(row.node)
            .bind(row.lane)
            .bind(row.of.as_str())
            .bind(row.forgiven)
            .bind(i64::from(row.failures))
            .bind(row.at)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        }
        // Behind the new rows, so that the highest number stays and none is given twice.
        sqlx::query(
            "DELETE FROM tallies WHERE id < (SELECT MAX(id) FROM tallies) \
             AND (at < $1 OR id <= (SELECT MAX(id) FROM tallies) - $2)",
        )
        .bind(now.saturating_sub(KEPT))
        .bind(MOST)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn tallies_after(&self, id: i64, but: Option<i64>) -> Result<Vec<Tally>> {
        sqlx::query(
            "SELECT id, node, lane, counted, forgiven, failures, at FROM tallies \
             WHERE id > $1 AND ($2 IS NULL OR node <> $2) ORDER BY id",
        )
        .bind(id)
        .bind(but)
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| read(row).map_err(fault))
        .collect()
    }
}

fn read(row: &SqliteRow) -> sqlx::Result<Tally> {
    let failures: i64 = row.try_get(5)?;
    Ok(Tally {
        id: row.try_get(0)?,
        node: row.try_get(1)?,
        lane: row.try_get(2)?,
        of: row.try_get(3)?,
        forgiven: row.try_get(4)?,
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        at: row.try_get(6)?,
    })
}
