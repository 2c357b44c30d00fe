//! `airgate audit`: what happened, to whom, from where (C15).

use serde_json::json;

use super::desk::{Desk, DeskError};
use super::shown;
use crate::store::{AuditAction, AuditRow};

#[derive(Clone, Debug, clap::Args)]
pub struct Trail {
    /// Only what is about this user
    pub user: Option<String>,
    /// Only events of this kind, as in login-failed or wipe-done; several with commas
    #[arg(long, value_delimiter = ',')]
    pub action: Vec<String>,
    /// Rows to show, the newest
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// For programs: one object a line, oldest first
    #[arg(long)]
    pub json: bool,
}

/// Rows that are looked through where only some kinds are wanted.
const LOOKED_AT: u32 = 100_000;

impl Desk<'_> {
    /// Shows the trail.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn audit(&self, asked: &Trail) -> Result<String, DeskError> {
        let user = asked.user.as_deref().map(|user| self.user(user));
        let user = user.transpose()?;
        let mut wanted = Vec::new();
        for word in &asked.action {
            let action = AuditAction::from_word(word);
            wanted.push(action.ok_or_else(|| DeskError::Action(word.clone()))?);
        }
        let most = if wanted.is_empty() {
            asked.limit
        } else {
            LOOKED_AT
        };
        let mut rows = self.store().recent_audit(user.as_ref(), most).await?;
        rows.retain(|row| wanted.is_empty() || wanted.contains(&row.action));
        rows.truncate(usize::try_from(asked.limit).unwrap_or(usize::MAX));
        rows.reverse();
        if asked.json {
            return Ok(rows
                .iter()
                .map(|row| format!("{}\n", as_json(row)))
                .collect());
        }
        if rows.is_empty() {
            return Ok("Nothing.\n".to_owned());
        }
        let mut table = vec![
            [
                "WHEN", "WHAT", "USER", "DEVICE", "PASSCODE", "FROM", "DETAIL",
            ]
            .map(String::from),
        ];
        table.extend(rows.iter().map(|row| {
            let text = |value: Option<String>| value.unwrap_or_default();
            [
                shown::day_and_time(row.at),
                row.action.as_str().to_owned(),
                text(row.user.as_ref().map(ToString::to_string)),
                text(row.device.as_ref().map(ToString::to_string)),
                text(row.credential.as_ref().map(ToString::to_string)),
                text(row.address.clone()),
                row.detail.clone(),
            ]
        }));
        Ok(shown::columns(&table))
    }
}

fn as_json(row: &AuditRow) -> serde_json::Value {
    json!({
        "at": shown::moment(row.at),
        "action": row.action.as_str(),
        "user": row.user.as_ref().map(|user| user.as_str()),
        "device": row.device.as_ref().map(|device| device.as_str()),
        "credential": row.credential.as_ref().map(|id| id.as_str()),
        "address": row.address,
        "detail": row.detail,
    })
}
