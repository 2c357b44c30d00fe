//! Rules, policies and settings of users in SQL. A change of a rule or a policy takes the next
//! number of the counter `rules`.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::devices::{standing_code, standing_of};
use super::{SqliteStore, fault, nameable, storable};
use crate::identity::UserId;
use crate::store::{
    DeviceRule, PolicyKind, PolicyRow, PolicyScope, Result, Rules, StoreError, UserSettings,
};

#[async_trait]
impl Rules for SqliteStore {
    async fn rules_version(&self) -> Result<u64> {
        sqlx::query("SELECT value FROM counters WHERE name = 'rules'")
            .fetch_one(&self.readers)
            .await
            .and_then(|row| row.try_get::<i64, _>(0))
            .map(i64::cast_unsigned)
            .map_err(fault)
    }

    async fn device_rules(&self) -> Result<Vec<DeviceRule>> {
        sqlx::query(
            "SELECT id, standing, user_pattern, type_pattern, model_pattern, agent_pattern, \
             created FROM device_rules ORDER BY id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(fault)?
        .iter()
        .map(|row| {
            Ok(DeviceRule {
                id: row.try_get(0).map_err(fault)?,
                standing: standing_of(row.try_get(1).map_err(fault)?)?,
                user: row.try_get(2).map_err(fault)?,
                device_type: row.try_get(3).map_err(fault)?,
                model: row.try_get(4).map_err(fault)?,
                agent: row.try_get(5).map_err(fault)?,
                created: row.try_get(6).map_err(fault)?,
            })
        })
        .collect()
    }

    async fn add_device_rule(&self, rule: &DeviceRule) -> Result<i64> {
        let patterns = [&rule.user, &rule.device_type, &rule.model, &rule.agent];
        for pattern in patterns.into_iter().flatten() {
            nameable(&[pattern])?;
        }
        let mut transaction = self.write().await?;
        let id = sqlx::query(
            "INSERT INTO device_rules (standing, user_pattern, type_pattern, model_pattern, \
             agent_pattern, created) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(standing_code(rule.standing))
        .bind(rule.user.as_deref())
        .bind(rule.device_type.as_deref())
        .bind(rule.model.as_deref())
        .bind(rule.agent.as_deref())
        .bind(rule.created)
        .fetch_one(&mut *transaction)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(fault)?;
        changed(&mut transaction).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(id)
    }

    async fn remove_device_rule(&self, id: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("DELETE FROM device_rules WHERE id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(fault)?;
        changed(&mut transaction).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn policies(&self, scopes: &[PolicyScope]) -> Result<Vec<PolicyRow>> {
        let mut policies = Vec::new();
        for scope in scopes {
            let (code, name) = scope_code(scope);
            let rows = sqlx::query(
                "SELECT scope, name, kind, value FROM policies WHERE scope = $1 AND name = $2 \
                 ORDER BY kind",
            )
            .bind(code)
            .bind(name)
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?;
            for row in &rows {
                policies.push(read_policy(row)?);
            }
        }
        Ok(policies)
    }

    async fn all_policies(&self) -> Result<Vec<PolicyRow>> {
        sqlx::query("SELECT scope, name, kind, value FROM policies ORDER BY scope, name, kind")
            .fetch_all(&self.readers)
            .await
            .map_err(fault)?
            .iter()
            .map(read_policy)
            .collect()
    }

    async fn set_policy(
        &self,
        scope: &PolicyScope,
        kind: PolicyKind,
        value: Option<&str>,
    ) -> Result<bool> {
        let (code, name) = scope_code(scope);
        nameable(&[name])?;
        storable(&[value.unwrap_or_default().as_bytes()])?;
        let mut transaction = self.write().await?;
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO policies (scope, name, kind, value) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (scope, name, kind) DO UPDATE SET value = $4",
            )
            .bind(code)
            .bind(name)
            .bind(kind_code(kind))
            .bind(value),
            None => {
                sqlx::query("DELETE FROM policies WHERE scope = $1 AND name = $2 AND kind = $3")
                    .bind(code)
                    .bind(name)
                    .bind(kind_code(kind))
            }
        };
        let done = query.execute(&mut *transaction).await.map_err(fault)?;
        changed(&mut transaction).await?;
        transaction.commit().await.map_err(fault)?;
        Ok(done.rows_affected() == 1)
    }

    async fn user_settings(&self, user: &UserId) -> Result<UserSettings> {
        let row = sqlx::query(
            "SELECT class, language, factor_asked FROM user_settings WHERE user_id = $1",
        )
        .bind(user.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(fault)?;
        let Some(row) = row else {
            return Ok(UserSettings::default());
        };
        Ok(UserSettings {
            class: row.try_get(0).map_err(fault)?,
            language: row.try_get(1).map_err(fault)?,
            factor_asked: row.try_get(2).map_err(fault)?,
        })
    }

    async fn set_user_settings(&self, user: &UserId, settings: &UserSettings) -> Result<()> {
        for name in [&settings.class, &settings.language].into_iter().flatten() {
            nameable(&[name])?;
        }
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO user_settings (user_id, class, language, factor_asked) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id) DO UPDATE SET class = $2, language = $3, factor_asked = $4",
        )
        .bind(user.as_str())
        .bind(settings.class.as_deref())
        .bind(settings.language.as_deref())
        .bind(settings.factor_asked)
        .execute(&mut *transaction)
        .await
        .map_err(fault)?;
        changed(&mut transaction).await?;
        transaction.commit().await.map_err(fault)
    }

    async fn users(&self) -> Result<Vec<UserId>> {
        sqlx::query(
            "SELECT user_id FROM devices UNION SELECT user_id FROM credentials \
             UNION SELECT user_id FROM second_factors WHERE NOT pending \
             UNION SELECT user_id FROM user_settings ORDER BY 1",
        )
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
}

async fn changed(transaction: &mut Transaction<'static, Sqlite>) -> Result<()> {
    sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'rules'")
        .execute(&mut **transaction)
        .await
        .map(|_| ())
        .map_err(fault)
}

fn read_policy(row: &SqliteRow) -> Result<PolicyRow> {
    let name: String = row.try_get(1).map_err(fault)?;
    Ok(PolicyRow {
        scope: match row.try_get(0).map_err(fault)? {
            0_i64 => PolicyScope::Everyone,
            1 => PolicyScope::Domain(name),
            2 => PolicyScope::Class(name),
            3 => PolicyScope::User(
                UserId::parse(&name, None).map_err(|_| StoreError::BadRow("a user"))?,
            ),
            _ => return Err(StoreError::BadRow("a policy's scope")),
        },
        kind: match row.try_get(2).map_err(fault)? {
            0_i64 => PolicyKind::Access,
            1 => PolicyKind::Device,
            _ => return Err(StoreError::BadRow("a policy's kind")),
        },
        value: row.try_get(3).map_err(fault)?,
    })
}

fn scope_code(scope: &PolicyScope) -> (i64, &str) {
    match scope {
        PolicyScope::Everyone => (0, ""),
        PolicyScope::Domain(name) => (1, name),
        PolicyScope::Class(name) => (2, name),
        PolicyScope::User(user) => (3, user.as_str()),
    }
}

const fn kind_code(kind: PolicyKind) -> i64 {
    match kind {
        PolicyKind::Access => 0,
        PolicyKind::Device => 1,
    }
}
