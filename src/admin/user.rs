//! `airgate user ...`: who there is, which class they belong to, and who is still on a mail password.

use serde_json::json;

use super::desk::{Desk, DeskError};
use super::shown;
use crate::identity::UserId;
use crate::language::Language;
use crate::store::{AuditAction, DeviceRow, UserSettings};

/// What `airgate user` can do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Verb {
    /// Show everybody of whom Airgate keeps something
    List {
        #[arg(long)]
        json: bool,
    },
    /// Show who still uses the mail password on a phone, and who has no second factor
    Report {
        #[arg(long)]
        json: bool,
    },
    /// Put a user into a class, whose policies are then the user's too
    Class {
        user: String,
        #[arg(required_unless_present = "none", conflicts_with = "none")]
        class: Option<String>,
        /// Take the user out of the class
        #[arg(long)]
        none: bool,
        #[arg(long)]
        json: bool,
    },
    /// Choose the language a user is written to in: en, de or fr
    Language {
        user: String,
        language: String,
        #[arg(long)]
        json: bool,
    },
    /// Switch a user's second factor off, for somebody who lost phone and recovery codes
    FactorOff {
        user: String,
        #[arg(long)]
        json: bool,
    },
}

/// What is known of a user.
struct Known {
    user: UserId,
    settings: UserSettings,
    factor: bool,
    devices: Vec<DeviceRow>,
    passcodes: usize,
    /// Phones that came without a passcode.
    by_mail_password: Vec<String>,
}

/// A phone not seen for so many seconds has been replaced.
const GONE_AFTER: i64 = 90 * 86_400;

impl Desk<'_> {
    /// Does one of the verbs; returns what to print.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed then.
    pub async fn user_verb(&self, verb: &Verb) -> Result<String, DeskError> {
        match verb {
            Verb::List { json } => self.list_users(*json).await,
            Verb::Report { json } => self.report(*json).await,
            Verb::Class {
                user, class, json, ..
            } => {
                let user = self.user(user)?;
                let mut settings = self.store().user_settings(&user).await?;
                settings.class.clone_from(class);
                self.change(&user, &settings, "class", class.as_deref(), *json)
                    .await
            }
            Verb::Language {
                user,
                language,
                json,
            } => {
                let user = self.user(user)?;
                if Language::from_code(language).is_none() {
                    return Err(DeskError::Language(language.clone()));
                }
                let mut settings = self.store().user_settings(&user).await?;
                settings.language = Some(language.clone());
                self.change(&user, &settings, "language", Some(language), *json)
                    .await
            }
            Verb::FactorOff { user, json } => {
                let user = self.user(user)?;
                if !self.store().remove_factor(&user).await? {
                    return Err(DeskError::NoFactor(user));
                }
                let detail = "command line".to_owned();
                self.note(AuditAction::FactorOff, Some(&user), detail)
                    .await?;
                Ok(match json {
                    true => shown::json(&json!({ "user": user.as_str(), "factor": false })),
                    false => format!("The second factor of {user} is off.\n"),
                })
            }
        }
    }

    async fn change(
        &self,
        user: &UserId,
        settings: &UserSettings,
        what: &str,
        value: Option<&str>,
        json: bool,
    ) -> Result<String, DeskError> {
        self.store().set_user_settings(user, settings).await?;
        let shown = value.unwrap_or("none");
        let detail = format!("{what} {shown}");
        self.note(AuditAction::AdminAct, Some(user), detail).await?;
        Ok(match json {
            true => shown::json(&json!({ "user": user.as_str(), what: value })),
            false => format!("The {what} of {user} is {shown}.\n"),
        })
    }

    async fn known(&self, user: UserId) -> Result<Known, DeskError> {
        let store = self.store();
        let credentials = store.credentials(&user).await?;
        let live = |at: Option<i64>| at.is_none_or(|at| at > self.now);
        let live: Vec<_> = credentials
            .iter()
            .filter(|row| row.revoked_at.is_none() && live(row.expires_at))
            .collect();
        let mut devices = store.devices(&user).await?;
        devices.retain(|row| self.now.saturating_sub(row.last_seen) < GONE_AFTER);
        let bound = |device: &DeviceRow| {
            live.iter()
                .any(|row| row.device.as_ref() == Some(&device.device))
        };
        Ok(Known {
            settings: store.user_settings(&user).await?,
            factor: store.second_factor_of(&user).await?.is_some(),
            by_mail_password: devices
                .iter()
                .filter(|device| !bound(device))
                .map(|device| device.device.to_string())
                .collect(),
            passcodes: live.len(),
            devices,
            user,
        })
    }

    async fn list_users(&self, json: bool) -> Result<String, DeskError> {
        let mut all = Vec::new();
        for user in self.store().users().await? {
            all.push(self.known(user).await?);
        }
        if json {
            let all: Vec<_> = all.iter().map(as_json).collect();
            return Ok(shown::json(&serde_json::Value::Array(all)));
        }
        if all.is_empty() {
            return Ok("There is nobody yet.\n".to_owned());
        }
        let mut table = vec![
            [
                "USER",
                "CLASS",
                "SECOND FACTOR",
                "PASSCODES",
                "DEVICES",
                "LAST SEEN",
            ]
            .map(String::from),
        ];
        table.extend(all.iter().map(|known| {
            let last = known.devices.iter().map(|row| row.last_seen).max();
            [
                known.user.to_string(),
                known.settings.class.clone().unwrap_or_default(),
                if known.factor { "on" } else { "off" }.to_owned(),
                known.passcodes.to_string(),
                known.devices.len().to_string(),
                last.map_or_else(|| "never".to_owned(), shown::day_and_time),
            ]
        }));
        Ok(shown::columns(&table))
    }

    async fn report(&self, json: bool) -> Result<String, DeskError> {
        let mut all = Vec::new();
        for user in self.store().users().await? {
            let known = self.known(user).await?;
            if !known.by_mail_password.is_empty() || !known.factor {
                all.push(known);
            }
        }
        if json {
            let all: Vec<_> = all.iter().map(as_json).collect();
            return Ok(shown::json(&serde_json::Value::Array(all)));
        }
        if all.is_empty() {
            return Ok("Everybody has a second factor, and every phone a passcode.\n".to_owned());
        }
        let mut table = vec![
            [
                "USER",
                "SECOND FACTOR",
                "ASKED SINCE",
                "PHONES ON THE MAIL PASSWORD",
            ]
            .map(String::from),
        ];
        table.extend(all.iter().map(|known| {
            [
                known.user.to_string(),
                if known.factor { "on" } else { "off" }.to_owned(),
                known
                    .settings
                    .factor_asked
                    .map(shown::day)
                    .unwrap_or_default(),
                known.by_mail_password.join(" "),
            ]
        }));
        Ok(shown::columns(&table))
    }
}

fn as_json(known: &Known) -> serde_json::Value {
    json!({
        "user": known.user.as_str(),
        "class": known.settings.class,
        "language": known.settings.language,
        "factor": known.factor,
        "factor_asked": known.settings.factor_asked.map(shown::moment),
        "passcodes": known.passcodes,
        "devices": known.devices.len(),
        "by_mail_password": known.by_mail_password,
    })
}
