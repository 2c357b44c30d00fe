//! `airgate policy ...`: who may come in with what, and what phones must enforce; for everyone, a
//! domain, a class of users or one user. What is nearest to the user wins, one setting at a time.

use std::fmt::Write as _;

use airgate_codec::ProtocolVersion;
use serde_json::{Value, json};

use super::desk::{Desk, DeskError};
use super::shown;
use crate::gate::policy::{self, AccessLayer};
use crate::gate::provisioning::{self, Layer, Setting};
use crate::gate::{UserRules, rules_from};
use crate::store::{AuditAction, PolicyKind, PolicyRow, PolicyScope};

/// What `airgate policy` can do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Verb {
    /// Show what was set, for whom
    List {
        #[arg(long)]
        json: bool,
    },
    /// Show what holds for a user, all layers together
    Show {
        user: String,
        #[arg(long)]
        json: bool,
    },
    /// Set NAME=VALUE, as in phone-secret=passcode or MinDevicePasswordLength=6
    Set {
        #[command(flatten)]
        scope: Scope,
        #[arg(required = true)]
        settings: Vec<String>,
        #[arg(long)]
        json: bool,
    },
    /// Take settings back: what is less near holds again
    Unset {
        #[command(flatten)]
        scope: Scope,
        #[arg(required = true)]
        names: Vec<String>,
        #[arg(long)]
        json: bool,
    },
    /// Show what a phone of a user will be asked to enforce
    Preview {
        user: String,
        /// The version the phone speaks
        #[arg(long, default_value = "16.1")]
        speaks: ProtocolVersion,
        #[arg(long)]
        json: bool,
    },
    /// Show all settings there are
    Settings {
        #[arg(long)]
        json: bool,
    },
}

/// Whom a policy is for.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Scope {
    #[arg(long)]
    everyone: bool,
    #[arg(long)]
    domain: Option<String>,
    #[arg(long)]
    class: Option<String>,
    #[arg(long)]
    user: Option<String>,
}

impl Desk<'_> {
    /// Does one of the verbs; returns what to print.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed then.
    pub async fn policy(&self, verb: &Verb) -> Result<String, DeskError> {
        match verb {
            Verb::List { json } => self.list_policies(*json).await,
            Verb::Show { user, json } => self.show_policy(user, *json).await,
            Verb::Preview { user, speaks, json } => self.preview(user, *speaks, *json).await,
            Verb::Settings { json } => Ok(all_settings(*json)),
            Verb::Set {
                scope,
                settings,
                json,
            } => {
                let mut pairs = Vec::new();
                for text in settings {
                    let pair = text.split_once('=');
                    let (name, value) = pair.ok_or_else(|| DeskError::NoPair(text.clone()))?;
                    pairs.push((name.trim(), Some(value.trim())));
                }
                self.change_policy(scope, &pairs, *json).await
            }
            Verb::Unset { scope, names, json } => {
                let pairs: Vec<_> = names.iter().map(|name| (name.trim(), None)).collect();
                self.change_policy(scope, &pairs, *json).await
            }
        }
    }

    fn scope(&self, scope: &Scope) -> Result<PolicyScope, DeskError> {
        Ok(match (&scope.domain, &scope.class, &scope.user) {
            (Some(domain), _, _) => {
                PolicyScope::Domain(domain.trim_start_matches('@').to_lowercase())
            }
            (_, Some(class), _) => PolicyScope::Class(class.clone()),
            (_, _, Some(user)) => PolicyScope::User(self.user(user)?),
            _ => PolicyScope::Everyone,
        })
    }

    /// All or nothing: a typo in the last setting leaves the first as it was.
    async fn change_policy(
        &self,
        scope: &Scope,
        pairs: &[(&str, Option<&str>)],
        json: bool,
    ) -> Result<String, DeskError> {
        let scope = self.scope(scope)?;
        let store = self.store();
        let rows = store.policies(std::slice::from_ref(&scope)).await?;
        let text = |kind| {
            let row = rows.iter().find(|row: &&PolicyRow| row.kind == kind);
            row.map_or("{}", |row| row.value.as_str())
        };
        // One that a newer release wrote cannot be changed here, only replaced.
        let mut access: AccessLayer =
            serde_json::from_str(text(PolicyKind::Access)).unwrap_or_default();
        let mut device: Layer = serde_json::from_str(text(PolicyKind::Device)).unwrap_or_default();
        let (mut access_changed, mut device_changed) = (false, false);
        for (name, value) in pairs {
            match Setting::named(name) {
                Some(setting) => {
                    device_changed = true;
                    match value {
                        Some(value) => device.insert(setting.name.to_owned(), setting.read(value)?),
                        None => device.remove(setting.name),
                    };
                }
                None => {
                    access_changed = true;
                    access.set(name, *value)?;
                }
            }
        }
        if access_changed {
            let value = serde_json::to_string(&access).unwrap_or_default();
            let value = (access != AccessLayer::default()).then_some(value);
            let kind = PolicyKind::Access;
            store.set_policy(&scope, kind, value.as_deref()).await?;
        }
        if device_changed {
            let value = Value::Object(device.clone()).to_string();
            let value = (!device.is_empty()).then_some(value);
            let kind = PolicyKind::Device;
            store.set_policy(&scope, kind, value.as_deref()).await?;
        }
        let said: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", value.unwrap_or("(not set)")))
            .collect();
        let who = name_of(&scope);
        let detail = format!("{who}: {}", said.join(" "));
        self.note(AuditAction::PolicyChanged, None, detail).await?;
        Ok(match json {
            true => shown::json(&json!({ "scope": who, "access": access, "device": device })),
            false => format!("Set for {who}; in force within 5 seconds.\n"),
        })
    }

    async fn list_policies(&self, json: bool) -> Result<String, DeskError> {
        let rows = self.store().all_policies().await?;
        let parsed = |row: &PolicyRow| -> Value {
            serde_json::from_str(&row.value).unwrap_or_else(|_| Value::from(row.value.as_str()))
        };
        if json {
            let rows: Vec<_> = rows
                .iter()
                .map(|row| json!({ "scope": name_of(&row.scope), "settings": parsed(row) }))
                .collect();
            return Ok(shown::json(&Value::Array(rows)));
        }
        if rows.is_empty() {
            return Ok("Nothing was set: the configuration holds for everyone.\n".to_owned());
        }
        let mut table = vec![["FOR", "SETTING", "VALUE"].map(String::from)];
        for row in &rows {
            let Value::Object(settings) = parsed(row) else {
                continue;
            };
            for (name, value) in settings {
                table.push([name_of(&row.scope), name, plain(&value)]);
            }
        }
        Ok(shown::columns(&table))
    }

    /// What holds for a user, as a running server would say.
    async fn rules(&self, user: &str) -> Result<UserRules, DeskError> {
        let user = self.user(user)?;
        Ok(rules_from(self.store(), &self.offline.settings, &user).await?)
    }

    async fn show_policy(&self, user: &str, json: bool) -> Result<String, DeskError> {
        let rules = self.rules(user).await?;
        let access = serde_json::to_value(&rules.access).unwrap_or_default();
        let policy = rules.provisioning.map(|one| one.policy).unwrap_or_default();
        let device: Vec<(&str, String)> = provisioning::SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.name, setting.said(&policy)?)))
            .collect();
        if json {
            let device: Layer = device
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            return Ok(shown::json(&json!({ "access": access, "device": device })));
        }
        let mut table = vec![["SETTING", "VALUE"].map(String::from)];
        if let Value::Object(access) = access {
            for (name, value) in access {
                table.push([name, plain(&value)]);
            }
        }
        for (name, value) in device {
            table.push([name.to_owned(), value]);
        }
        Ok(shown::columns(&table))
    }

    async fn preview(
        &self,
        user: &str,
        version: ProtocolVersion,
        json: bool,
    ) -> Result<String, DeskError> {
        let rules = self.rules(user).await?;
        let Some(provisioning) = rules.provisioning else {
            return Ok(match json {
                true => shown::json(&json!([])),
                false => "No policy is sent: phones go on without one.\n".to_owned(),
            });
        };
        let policy = provisioning.policy;
        let said = provisioning::SETTINGS.iter().filter_map(|setting| {
            let value = setting.said(&policy)?;
            let sent = reaches(setting, version);
            Some((setting, value, sent))
        });
        if json {
            let said: Vec<_> = said
                .map(|(setting, value, sent)| {
                    json!({
                        "name": setting.name, "value": value, "sent": sent,
                        "meaning": setting.meaning,
                    })
                })
                .collect();
            return Ok(shown::json(&Value::Array(said)));
        }
        let mut text = format!("A phone that speaks {version} is asked to enforce:\n\n");
        let mut table = Vec::new();
        for (setting, value, sent) in said {
            let meaning = match sent {
                true => setting.meaning.to_owned(),
                false => format!("{} (not known to {version})", setting.meaning),
            };
            table.push([setting.name.to_owned(), value, meaning]);
        }
        text.push_str(&shown::columns(&table));
        text.push_str(
            "\nPhones that cannot enforce all of it say so and are let in all the same; \
             `airgate device list --json` shows who acknowledged.\n",
        );
        if policy.device_password_enabled != Some(true) && needs_password(&policy) {
            let _ = writeln!(
                text,
                "\nThe settings about passwords say nothing without DevicePasswordEnabled=true."
            );
        }
        Ok(text)
    }
}

/// Whether a phone of that version is told of a setting. 2.5 has words for five of them.
fn reaches(setting: &Setting, version: ProtocolVersion) -> bool {
    const KNOWN_TO_2_5: [&str; 5] = [
        "DevicePasswordEnabled",
        "AlphanumericDevicePasswordRequired",
        "MinDevicePasswordLength",
        "MaxInactivityTimeDeviceLock",
        "MaxDevicePasswordFailedAttempts",
    ];
    match version {
        ProtocolVersion::V2_5 => KNOWN_TO_2_5.contains(&setting.name),
        version => version >= setting.since,
    }
}

fn needs_password(policy: &airgate_codec::eas::provision::Policy) -> bool {
    policy.min_device_password_length.is_some()
        || policy.alphanumeric_device_password_required == Some(true)
        || policy.max_device_password_failed_attempts.is_some()
        || policy.max_inactivity_time_device_lock.is_some()
}

fn all_settings(json: bool) -> String {
    let device = provisioning::SETTINGS
        .iter()
        .map(|setting| (setting.name, setting.takes(), setting.meaning));
    let access = policy::SETTINGS
        .iter()
        .map(|(name, takes)| (*name, *takes, ""));
    let all = access.chain(device);
    if json {
        let all: Vec<_> = all
            .map(|(name, takes, meaning)| json!({"name": name, "takes": takes, "meaning": meaning}))
            .collect();
        return shown::json(&Value::Array(all));
    }
    let mut table = vec![["NAME", "TAKES", "MEANING"].map(String::from)];
    table.extend(all.map(|(name, takes, meaning)| [name, takes, meaning].map(String::from)));
    shown::columns(&table)
}

fn name_of(scope: &PolicyScope) -> String {
    match scope {
        PolicyScope::Everyone => "everyone".to_owned(),
        PolicyScope::Domain(name) => format!("domain {name}"),
        PolicyScope::Class(name) => format!("class {name}"),
        PolicyScope::User(user) => format!("user {user}"),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
