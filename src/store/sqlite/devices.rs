//! Devices and notes in SQL.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::credentials::user_changed;
use super::{SqliteStore, fault, findable, nameable, storable};
use crate::identity::{DeviceId, UserId};
use crate::store::{DeviceRow, Devices, Result, Standing, StoreError, Wipe, WipeScope};

#[async_trait]
impl Devices for SqliteStore {
    async fn device(&self, user: &UserId, device: &DeviceId) -> Result<Option<DeviceRow>> {
        sqlx::query(
            "SELECT device_id, device_type, agent, protocol, first_seen, last_seen, last_address, \
             info, policy_key, policy_acknowledged, standing, wipe, told, told_anew, decided, \
             wipe_scope FROM devices \
             WHERE user_id = $1 AND device_id = $2",
        )
        .bind(user.as_str())
        .bind(device.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?
        .map(|row| read(user, &row))
        .transpose()
    }

    async fn devices(&self, user: &UserId) -> Result<Vec<DeviceRow>> {
        sqlx::query(
            "SELECT device_id, device_type, agent, protocol, first_seen, last_seen, last_address, \
             info, policy_key, policy_acknowledged, standing, wipe, told, told_anew, decided, \
             wipe_scope FROM devices \
             WHERE user_id = $1 ORDER BY last_seen DESC, device_id",
        )
        .bind(user.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| read(user, row))
        .collect()
    }

    async fn save_device(&self, row: &DeviceRow) -> Result<()> {
        nameable(&[
            &row.device_type,
            row.agent.as_deref().unwrap_or_default(),
            row.protocol.as_deref().unwrap_or_default(),
            row.last_address.as_deref().unwrap_or_default(),
        ])?;
        storable(&[&row.info])?;
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO devices (user_id, device_id, device_type, agent, protocol, first_seen, \
             last_seen, last_address, info, policy_key, policy_acknowledged, standing, wipe, told, \
             told_anew) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
             ON CONFLICT (user_id, device_id) DO UPDATE SET device_type = $3, agent = $4, \
             protocol = $5, last_seen = $7, last_address = $8, info = $9, policy_key = $10, \
             policy_acknowledged = $11, told = $14, told_anew = $15",
        )
        .bind(row.user.as_str())
        .bind(row.device.as_str())
        .bind(row.device_type.as_str())
        .bind(row.agent.as_deref())
        .bind(row.protocol.as_deref())
        .bind(row.first_seen)
        .bind(row.last_seen)
        .bind(row.last_address.as_deref())
        .bind(row.info.as_slice())
        .bind(i64::from(row.policy_key))
        .bind(row.policy_acknowledged)
        .bind(standing_code(Standing::Allowed))
        .bind(wipe_code(Wipe::None))
        .bind(row.told.as_deref())
        .bind(row.told_anew)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }

    async fn set_standing(
        &self,
        user: &UserId,
        device: &DeviceId,
        standing: Option<Standing>,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE devices SET standing = $1, decided = $2 WHERE user_id = $3 AND device_id = $4",
        )
        .bind(standing_code(standing.unwrap_or_default()))
        .bind(standing.is_some())
        .bind(user.as_str())
        .bind(device.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn order_wipe(&self, user: &UserId, device: &DeviceId, scope: WipeScope) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE devices SET wipe = $1, wipe_scope = $2 WHERE user_id = $3 AND device_id = $4 \
             AND wipe IN ($5, $6)",
        )
        .bind(wipe_code(Wipe::Requested))
        .bind(match scope {
            WipeScope::Device => 0_i64,
            WipeScope::Account => 1,
        })
        .bind(user.as_str())
        .bind(device.as_str())
        .bind(wipe_code(Wipe::None))
        .bind(wipe_code(Wipe::Done))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn advance_wipe(
        &self,
        user: &UserId,
        device: &DeviceId,
        from: Wipe,
        to: Wipe,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE devices SET wipe = $1 WHERE user_id = $2 AND device_id = $3 AND wipe = $4",
        )
        .bind(wipe_code(to))
        .bind(user.as_str())
        .bind(device.as_str())
        .bind(wipe_code(from))
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn reset_device(&self, user: &UserId, device: &DeviceId) -> Result<()> {
        let mut transaction = self.write().await?;
        begin_anew(&mut transaction, user, device).await?;
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)
    }

    async fn forget_device(&self, user: &UserId, device: &DeviceId) -> Result<()> {
        let mut transaction = self.write().await?;
        begin_anew(&mut transaction, user, device).await?;
        sqlx::query("DELETE FROM devices WHERE user_id = $1 AND device_id = $2")
            .bind(user.as_str())
            .bind(device.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        user_changed(&mut transaction, user).await?;
        transaction.commit().await.map_err(fault)
    }

    async fn note(&self, user: &UserId, device: &DeviceId, name: &str) -> Result<Option<Vec<u8>>> {
        if !findable(&[name]) {
            return Ok(None);
        }
        sqlx::query("SELECT value FROM notes WHERE user_id = $1 AND device_id = $2 AND name = $3")
            .bind(user.as_str())
            .bind(device.as_str())
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(fault)?
            .map(|row| row.try_get(0).map_err(fault))
            .transpose()
    }

    async fn set_note(
        &self,
        user: &UserId,
        device: &DeviceId,
        name: &str,
        value: Option<&[u8]>,
    ) -> Result<()> {
        nameable(&[name])?;
        storable(&[value.unwrap_or_default()])?;
        let mut transaction = self.write().await?;
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO notes (user_id, device_id, name, value) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (user_id, device_id, name) DO UPDATE SET value = $4",
            )
            .bind(user.as_str())
            .bind(device.as_str())
            .bind(name)
            .bind(value),
            None => {
                sqlx::query("DELETE FROM notes WHERE user_id = $1 AND device_id = $2 AND name = $3")
                    .bind(user.as_str())
                    .bind(device.as_str())
                    .bind(name)
            }
        };
        query.execute(&mut *transaction).await.map_err(fault)?;
        transaction.commit().await.map_err(fault)
    }
}

async fn begin_anew(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    device: &DeviceId,
) -> Result<()> {
    for statement in [
        "DELETE FROM chains WHERE user_id = $1 AND device_id = $2",
        "DELETE FROM held WHERE user_id = $1 AND device_id = $2",
        "DELETE FROM notes WHERE user_id = $1 AND device_id = $2",
        "DELETE FROM outcomes WHERE user_id = $1 AND device_id = $2",
    ] {
        sqlx::query(statement)
            .bind(user.as_str())
            .bind(device.as_str())
            .execute(&mut **transaction)
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn read(user: &UserId, row: &SqliteRow) -> Result<DeviceRow> {
    let device: String = row.try_get(0).map_err(fault)?;
    let policy_key: i64 = row.try_get(8).map_err(fault)?;
    Ok(DeviceRow {
        user: user.clone(),
        device: DeviceId::parse(&device).map_err(|_| StoreError::BadRow("a DeviceId"))?,
        device_type: row.try_get(1).map_err(fault)?,
        agent: row.try_get(2).map_err(fault)?,
        protocol: row.try_get(3).map_err(fault)?,
        first_seen: row.try_get(4).map_err(fault)?,
        last_seen: row.try_get(5).map_err(fault)?,
        last_address: row.try_get(6).map_err(fault)?,
        info: row.try_get(7).map_err(fault)?,
        policy_key: u32::try_from(policy_key).map_err(|_| StoreError::BadRow("a policy key"))?,
        policy_acknowledged: row.try_get(9).map_err(fault)?,
        standing: standing_of(row.try_get(10).map_err(fault)?)?,
        decided: row.try_get(14).map_err(fault)?,
        // A state this release does not know is never taken for a wipe (T54).
        wipe: match row.try_get(11).map_err(fault)? {
            1 => Wipe::Requested,
            2 => Wipe::Sent,
            3 => Wipe::Done,
            _ => Wipe::None,
        },
        // Nor is an order that cannot be read one to erase more than an account.
        wipe_scope: match row.try_get(15).map_err(fault)? {
            0_i64 => WipeScope::Device,
            _ => WipeScope::Account,
        },
        told: row.try_get(12).map_err(fault)?,
        told_anew: row.try_get(13).map_err(fault)?,
    })
}

pub(super) fn standing_of(code: i64) -> Result<Standing> {
    match code {
        0 => Ok(Standing::Allowed),
        1 => Ok(Standing::Quarantined),
        2 => Ok(Standing::Blocked),
        _ => Err(StoreError::BadRow("a device's standing")),
    }
}

pub(super) const fn standing_code(standing: Standing) -> i64 {
    match standing {
        Standing::Allowed => 0,
        Standing::Quarantined => 1,
        Standing::Blocked => 2,
    }
}

const fn wipe_code(wipe: Wipe) -> i64 {
    match wipe {
        Wipe::None => 0,
        Wipe::Requested => 1,
        Wipe::Sent => 2,
        Wipe::Done => 3,
    }
}
