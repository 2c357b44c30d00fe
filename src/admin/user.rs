//! `airgate user ...`: who there is, which class they belong to, and who is still on a mail password.

use serde_json::json;

use super::desk::{Desk, DeskError};
use super::shown;
use crate::gate::report::Known;
use crate::gate::{Slowed, SlowedFor, slowed_from};
use crate::identity::UserId;
use crate::language::Language;
use crate::store::{AuditAction, UserSettings};

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
    /// Show who has to wait after too many wrong secrets: addresses, and accounts at the portal
    Throttled {
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

impl Desk<'_> {
    /// Does one of the verbs; returns what to print.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed then.
    pub async fn user_verb(&self, verb: &Verb) -> Result<String, DeskError> {
        match verb {
            Verb::List { json } => self.list_users(*json).await,
            Verb::Report { json } => self.report(*json).await,
            Verb::Throttled { json } => self.throttled(*json).await,
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
        Ok(Known::of(self.store(), user, self.now).await?)
    }

    /// As the running servers count (C14): whoever has to wait is kept out by each of them.
    async fn throttled(&self, json: bool) -> Result<String, DeskError> {
        let slowed = slowed_from(self.store(), &self.offline.settings).await?;
        // For programs, and for people.
        let why = |slowed: &Slowed| match slowed.why {
            SlowedFor::Secrets => ("address", "too many wrong secrets from this address"),
            SlowedFor::Passwords => ("account", "too many wrong passwords at the portal"),
            SlowedFor::Codes => ("codes", "too many wrong one-time or recovery codes"),
        };
        if json {
            let all: Vec<_> = slowed
                .iter()
                .map(|slowed| {
                    json!({
                        "who": slowed.who,
                        "why": why(slowed).0,
                        "seconds": slowed.wait.as_secs(),
                    })
                })
                .collect();
            return Ok(shown::json(&serde_json::Value::Array(all)));
        }
        if slowed.is_empty() {
            return Ok("Nobody has to wait.\n".to_owned());
        }
        let mut table = vec![["WHO", "FOR", "WHY"].map(String::from)];
        table.extend(slowed.iter().map(|slowed| {
            [
                slowed.who.clone(),
                format!("{} s", slowed.wait.as_secs()),
                why(slowed).1.to_owned(),
            ]
        }));
        Ok(shown::columns(&table))
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
            if known.on_the_way() {
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
