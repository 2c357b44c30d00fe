//! `airgate device ...`: the devices of users, what they may do, and the rules about new ones. Works
//! beside a running server, which does what is said here within 5 s (T46).

use serde_json::json;

use super::desk::{Desk, DeskError, device_id};
use super::shown;
use crate::gate::devices::{self, DeviceError};
use crate::gate::{fits, model_of};
use crate::identity::{DeviceId, UserId};
use crate::store::{AuditAction, DeviceRow, DeviceRule, Standing, Wipe, WipeScope};

/// What `airgate device` can do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Verb {
    /// Show the devices of a user, or of everybody
    List {
        user: Option<String>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Let a device in, whatever rules say; one that was wiped may be set up again
    Allow(Named),
    /// Keep a device out
    Block(Named),
    /// Show a device nothing but a mail that it is waiting to be let in
    Quarantine(Named),
    /// Leave a device to the rules again
    Undecide(Named),
    /// Forget a device and revoke its passcodes
    Remove(Named),
    /// Make a device synchronise again from scratch
    Resync(Named),
    /// Have a device erase itself, or this account on it
    Wipe {
        #[command(flatten)]
        named: Named,
        /// Erase this account only; needs a device that speaks 16.1
        #[arg(
            long,
            required_unless_present = "whole_device",
            conflicts_with = "whole_device"
        )]
        account: bool,
        /// Erase everything on the device, private things too
        #[arg(long)]
        whole_device: bool,
        /// I mean it
        #[arg(long)]
        yes: bool,
    },
    /// Withdraw a wipe the device has not confirmed yet
    CancelWipe(Named),
    /// Rules about devices nobody decided about one by one
    Rule {
        #[command(subcommand)]
        verb: RuleVerb,
    },
}

#[derive(Clone, Debug, clap::Args)]
pub struct Named {
    pub user: String,
    /// The id that `airgate device list` shows
    pub device: String,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, clap::Subcommand)]
pub enum RuleVerb {
    /// Show the rules in the order in which they are asked; the first that fits decides
    List {
        #[arg(long)]
        json: bool,
    },
    /// Add a rule behind the others; in a pattern `*` stands for anything
    Add {
        #[arg(value_enum)]
        standing: Decided,
        #[arg(long)]
        user: Option<String>,
        /// DeviceType, as in `iPhone` or `Android*`
        #[arg(long = "type")]
        device_type: Option<String>,
        /// What the device says it is, as in `*Nexus 5*`
        #[arg(long)]
        model: Option<String>,
        /// User-Agent
        #[arg(long)]
        agent: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Remove a rule
    Remove {
        id: i64,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Decided {
    Allow,
    Quarantine,
    Block,
}

impl Desk<'_> {
    /// Does one of the verbs; returns what to print.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed then.
    pub async fn device(&self, verb: &Verb) -> Result<String, DeskError> {
        let store = self.store();
        let decision = self.decision();
        match verb {
            Verb::List { user, json } => self.list_devices(user.as_deref(), *json).await,
            Verb::Rule { verb } => self.rule(verb).await,
            Verb::Allow(named) => self.stand(named, Some(Standing::Allowed)).await,
            Verb::Block(named) => self.stand(named, Some(Standing::Blocked)).await,
            Verb::Quarantine(named) => self.stand(named, Some(Standing::Quarantined)).await,
            Verb::Undecide(named) => self.stand(named, None).await,
            Verb::Remove(named) => {
                let (user, device) = self.named(named)?;
                let done = devices::remove(store, &user, &device, decision).await;
                self.done(named, "removed", done)
            }
            Verb::Resync(named) => {
                let (user, device) = self.named(named)?;
                let done = devices::resync(store, &user, &device, decision).await;
                self.done(named, "made to begin anew", done)
            }
            Verb::Wipe {
                named,
                account,
                yes,
                ..
            } => {
                if !yes {
                    return Err(DeskError::NotSure);
                }
                let (user, device) = self.named(named)?;
                let scope = match account {
                    true => WipeScope::Account,
                    false => WipeScope::Device,
                };
                let done = devices::wipe(store, &user, &device, scope, decision).await;
                self.done(named, "told to erase itself at its next request", done)
            }
            Verb::CancelWipe(named) => {
                let (user, device) = self.named(named)?;
                let done = devices::cancel_wipe(store, &user, &device, decision).await;
                self.done(named, "not to be wiped any more", done)
            }
        }
    }

    async fn stand(&self, named: &Named, standing: Option<Standing>) -> Result<String, DeskError> {
        let (user, device) = self.named(named)?;
        let done = devices::decide(self.store(), &user, &device, standing, self.decision()).await;
        self.done(
            named,
            standing.map_or("left to the rules", devices::word),
            done,
        )
    }

    fn named(&self, named: &Named) -> Result<(UserId, DeviceId), DeskError> {
        Ok((self.user(&named.user)?, device_id(&named.device)?))
    }

    fn done(
        &self,
        named: &Named,
        what: &str,
        done: Result<(), DeviceError>,
    ) -> Result<String, DeskError> {
        let (user, device) = self.named(named)?;
        match done {
            Ok(()) if named.json => Ok(shown::json(&json!({
                "user": user.as_str(), "device": device.as_str(), "done": what,
            }))),
            Ok(()) => Ok(format!(
                "{device} of {user} is {what}. A running server knows within 5 seconds.\n"
            )),
            Err(DeviceError::NotThere) => Err(DeskError::NoDevice(user, device)),
            Err(error) => Err(DeskError::Device(error)),
        }
    }

    async fn list_devices(&self, user: Option<&str>, json: bool) -> Result<String, DeskError> {
        let users = match user {
            Some(text) => vec![self.user(text)?],
            None => self.store().users().await?,
        };
        let mut rows = Vec::new();
        for user in &users {
            rows.extend(self.store().devices(user).await?);
        }
        let rules = self.store().device_rules().await?;
        if json {
            let rows: Vec<_> = rows.iter().map(|row| as_json(row, &rules)).collect();
            return Ok(shown::json(&serde_json::Value::Array(rows)));
        }
        if rows.is_empty() {
            return Ok("There are no devices.\n".to_owned());
        }
        let mut table = vec![
            [
                "USER",
                "DEVICE",
                "TYPE",
                "MODEL",
                "VERSION",
                "LAST SEEN",
                "STANDING",
                "WIPE",
            ]
            .map(String::from),
        ];
        table.extend(rows.iter().map(|row| {
            [
                row.user.to_string(),
                row.device.to_string(),
                row.device_type.clone(),
                model_of(row).unwrap_or_default(),
                row.protocol.clone().unwrap_or_default(),
                shown::day_and_time(row.last_seen),
                standing(row, &rules),
                wipe(row),
            ]
        }));
        Ok(shown::columns(&table))
    }

    async fn rule(&self, verb: &RuleVerb) -> Result<String, DeskError> {
        let store = self.store();
        match verb {
            RuleVerb::List { json } => {
                let rules = store.device_rules().await?;
                if *json {
                    let rules: Vec<_> = rules.iter().map(rule_as_json).collect();
                    return Ok(shown::json(&serde_json::Value::Array(rules)));
                }
                if rules.is_empty() {
                    return Ok(
                        "There are no rules: new devices are treated as the policy says.\n"
                            .to_owned(),
                    );
                }
                let mut table =
                    vec![["ID", "STANDING", "USER", "TYPE", "MODEL", "AGENT"].map(String::from)];
                let any = |pattern: &Option<String>| pattern.clone().unwrap_or_else(|| "*".into());
                table.extend(rules.iter().map(|rule| {
                    [
                        rule.id.to_string(),
                        devices::word(rule.standing).to_owned(),
                        any(&rule.user),
                        any(&rule.device_type),
                        any(&rule.model),
                        any(&rule.agent),
                    ]
                }));
                Ok(shown::columns(&table))
            }
            RuleVerb::Add {
                standing,
                user,
                device_type,
                model,
                agent,
                json,
            } => {
                let mut rule = DeviceRule {
                    id: 0,
                    standing: match standing {
                        Decided::Allow => Standing::Allowed,
                        Decided::Quarantine => Standing::Quarantined,
                        Decided::Block => Standing::Blocked,
                    },
                    user: user.clone(),
                    device_type: device_type.clone(),
                    model: model.clone(),
                    agent: agent.clone(),
                    created: self.now,
                };
                if [user, device_type, model, agent]
                    .iter()
                    .all(|pattern| pattern.is_none())
                {
                    return Err(DeskError::EmptyRule);
                }
                rule.id = store.add_device_rule(&rule).await?;
                let detail = format!("rule {} {}", rule.id, devices::word(rule.standing));
                self.note(AuditAction::PolicyChanged, None, detail).await?;
                Ok(match json {
                    true => shown::json(&rule_as_json(&rule)),
                    false => format!("Rule {} is in force within 5 seconds.\n", rule.id),
                })
            }
            RuleVerb::Remove { id, json } => {
                if !store.remove_device_rule(*id).await? {
                    return Err(DeskError::NoRule(*id));
                }
                let detail = format!("rule {id} removed");
                self.note(AuditAction::PolicyChanged, None, detail).await?;
                Ok(match json {
                    true => shown::json(&json!({ "removed": id })),
                    false => format!("Rule {id} is gone.\n"),
                })
            }
        }
    }
}

fn standing(row: &DeviceRow, rules: &[DeviceRule]) -> String {
    if row.decided {
        return devices::word(row.standing).to_owned();
    }
    let model = model_of(row);
    let rule = rules.iter().find(|rule| fits(rule, row, model.as_deref()));
    match rule {
        Some(rule) => format!("{} by rule {}", devices::word(rule.standing), rule.id),
        None => "by policy".to_owned(),
    }
}

fn wipe(row: &DeviceRow) -> String {
    let scope = devices::scope_word(row.wipe_scope);
    match row.wipe {
        Wipe::None => String::new(),
        Wipe::Requested => format!("{scope}: waiting"),
        Wipe::Sent => format!("{scope}: told"),
        Wipe::Done => format!("{scope}: done"),
    }
}

fn as_json(row: &DeviceRow, rules: &[DeviceRule]) -> serde_json::Value {
    json!({
        "user": row.user.as_str(),
        "device": row.device.as_str(),
        "type": row.device_type,
        "model": model_of(row),
        "agent": row.agent,
        "version": row.protocol,
        "first_seen": shown::moment(row.first_seen),
        "last_seen": shown::moment(row.last_seen),
        "last_address": row.last_address,
        "standing": standing(row, rules),
        "decided": row.decided,
        "policy_acknowledged": row.policy_acknowledged,
        "wipe": wipe(row),
    })
}

fn rule_as_json(rule: &DeviceRule) -> serde_json::Value {
    json!({
        "id": rule.id,
        "standing": devices::word(rule.standing),
        "user": rule.user,
        "type": rule.device_type,
        "model": rule.model,
        "agent": rule.agent,
        "created": shown::moment(rule.created),
    })
}
