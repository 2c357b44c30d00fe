//! `airgate passcode add|list|revoke|reseal`: application passcodes from the command line. Works
//! beside a running server, which hears of it within 5 s (T46).
//!
//! A passcode without a mail password behind it opens nothing, so `add` always asks for one, and
//! has the backend confirm it unless told otherwise: a typo found here costs a second, one found on
//! the phone an afternoon.

pub mod ask;
mod expiry;

use std::fmt::Write as _;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use self::ask::{AskPassword, StandardInput};
pub use self::expiry::{Expiry, Past};
use super::shown::{columns, day, day_and_time, json as as_text, moment};
use crate::backend::login::Login;
use crate::clock;
use crate::failure::{Failure, Remedy};
use crate::gate::issue::{self, IssueError, NewPasscode};
use crate::gate::keys::ServerKeys;
use crate::gate::{Scopes, VerifyLogin};
use crate::identity::{BadName, UserId};
use crate::server::Offline;
use crate::store::{CredentialId, CredentialRow, Store, StoreError};

/// What `airgate passcode` can do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Verb {
    /// Make a passcode for a user's phone and show it once
    Add(Add),
    /// Show a user's passcodes; the passcodes themselves nobody can show again
    List(List),
    /// Make a passcode useless; the phone is out within 5 seconds
    Revoke(Revoke),
    /// Put a changed mail password behind all passcodes of a user; the phones keep theirs
    Reseal(Reseal),
}

#[derive(Clone, Debug, clap::Args)]
pub struct Add {
    /// The user's login, as in alice@example.com
    pub user: String,
    /// What its owner calls it, as in "My phone"
    #[arg(long)]
    pub name: String,
    /// What the phone may use: mail, mail-no-send, calendar, contacts, tasks, notes, several with commas, or all
    #[arg(long, default_value = "all")]
    pub classes: Scopes,
    /// When it ends: 90d, 12w, a date like 2027-01-31, or never
    #[arg(long, default_value = "never")]
    pub expires: Expiry,
    /// Do not have the mail server confirm the mail password
    #[arg(long)]
    pub unchecked: bool,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub struct List {
    pub user: String,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub struct Revoke {
    pub user: String,
    /// The id that `add` and `list` show
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub id: Option<String>,
    /// All passcodes of the user
    #[arg(long)]
    pub all: bool,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub struct Reseal {
    pub user: String,
    /// Do not have the mail server confirm the mail password
    #[arg(long)]
    pub unchecked: bool,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// What the verbs work with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub store: &'a dyn Store,
    pub keys: &'a ServerKeys,
    /// `None` where no mail server is configured: then nothing can be confirmed.
    pub verifier: Option<&'a dyn VerifyLogin>,
    pub default_domain: Option<&'a str>,
    /// Whether a master identity logs in for users, so that no mail password is kept.
    pub master: bool,
    /// Seconds since 1970 UTC.
    pub now: i64,
}

/// Why it was not done, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PasscodeError {
    #[error("`{0}` is no user name: {1}")]
    User(String, BadName),
    #[error("`{0}` is no id of a passcode; `airgate passcode list` shows them")]
    BadId(String),
    #[error("{user} has no live passcode {id}; `airgate passcode list {user}` shows what there is")]
    NotThere { user: UserId, id: CredentialId },
    #[error("{0} has no live passcodes")]
    None(UserId),
    #[error("--expires: {0}")]
    Past(#[from] Past),
    #[error("the mail password is empty")]
    Empty,
    #[error("cannot read the mail password")]
    Ask(#[source] std::io::Error),
    #[error(
        "the mail server refuses this mail password for {0}; nothing was stored. Try again, or \
         store it all the same with --unchecked"
    )]
    Refused(UserId),
    #[error(
        "the mail server cannot be asked whether the mail password is right; nothing was stored. \
         Look into that first, or store it all the same with --unchecked"
    )]
    Down(#[source] Failure),
    #[error(
        "no mail server is configured (`imap`), so the mail password cannot be confirmed; \
         configure one, or use --unchecked"
    )]
    NoBackend,
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the audit trail says it came from.
const BY: &str = "local";

/// Does one of the verbs, asking for a mail password at standard input; returns what to print. That
/// is a secret because `add` shows the passcode.
///
/// # Errors
/// [`PasscodeError`]; nothing was changed then, except that `revoke --all` may have revoked some.
pub async fn run(
    offline: &Offline,
    default_domain: Option<&str>,
    verb: &Verb,
) -> Result<SecretString, PasscodeError> {
    let desk = Desk {
        store: offline.store.as_ref(),
        keys: &offline.keys,
        verifier: offline.verifier.as_deref(),
        default_domain,
        master: offline.settings.master.is_some(),
        now: clock::now_seconds(),
    };
    desk.perform(verb, &mut StandardInput).await
}

impl Desk<'_> {
    /// Does one of the verbs; see [`run`].
    ///
    /// # Errors
    /// [`PasscodeError`].
    pub async fn perform(
        &self,
        verb: &Verb,
        ask: &mut dyn AskPassword,
    ) -> Result<SecretString, PasscodeError> {
        match verb {
            Verb::Add(add) => self.add(add, ask).await,
            Verb::List(list) => self.list(list).await.map(SecretString::from),
            Verb::Revoke(revoke) => self.revoke(revoke).await.map(SecretString::from),
            Verb::Reseal(reseal) => self.reseal(reseal, ask).await.map(SecretString::from),
        }
    }

    async fn add(
        &self,
        add: &Add,
        ask: &mut dyn AskPassword,
    ) -> Result<SecretString, PasscodeError> {
        let user = self.user(&add.user)?;
        let expires_at = add.expires.at(self.now)?;
        let password = match self.master {
            // A master logs in for the user: there is nothing to seal (C6).
            true => SecretString::default(),
            false => self.mail_password(&user, add.unchecked, ask).await?,
        };
        let new = NewPasscode {
            user: user.clone(),
            name: add.name.clone(),
            scopes: add.classes,
            expires_at,
        };
        let issued = issue::issue(self.store, self.keys, &new, &password, BY, self.now).await?;
        let code = issued.passcode.reveal();
        if add.json {
            let mut text = String::with_capacity(1_024);
            let value = json!({
                "id": issued.id.as_str(),
                "user": user.as_str(),
                "name": new.name.trim(),
                "passcode": code.expose_secret(),
                "expires": expires_at.map(moment),
            });
            let _ = writeln!(text, "{value:#}");
            return Ok(SecretString::from(text));
        }
        // Room for everything at once: growing would leave copies of the passcode behind.
        let mut text = String::with_capacity(1_024);
        let _ = write!(
            text,
            "Passcode for {user}, \"{name}\" (id {id}):\n\n    {code}\n\n\
             Type it on the phone where it asks for the password, with or without the hyphens.\n\
             It is shown only now. The first device that uses it keeps it; another needs its own.\n",
            name = new.name.trim(),
            id = issued.id,
            code = code.expose_secret(),
        );
        if let Some(at) = expires_at {
            let _ = writeln!(text, "It ends {}.", day_and_time(at));
        }
        Ok(SecretString::from(text))
    }

    async fn list(&self, list: &List) -> Result<String, PasscodeError> {
        let user = self.user(&list.user)?;
        let rows = self.store.credentials(&user).await?;
        if list.json {
            let rows: Vec<_> = rows.iter().map(|row| self.as_json(row)).collect();
            return Ok(as_text(&serde_json::Value::Array(rows)));
        }
        if rows.is_empty() {
            return Ok(format!("{user} has no passcodes.\n"));
        }
        let mut table =
            vec![["ID", "NAME", "STATE", "CLASSES", "DEVICE", "LAST USED"].map(String::from)];
        table.extend(rows.iter().map(|row| {
            let device = match (&row.device, &row.device_type) {
                (Some(id), Some(kind)) => format!("{kind} {id}"),
                _ => "none yet".into(),
            };
            let used = match (row.last_used, &row.last_address) {
                (Some(at), Some(address)) => format!("{} from {address}", day_and_time(at)),
                _ => "never".into(),
            };
            [
                row.id.to_string(),
                row.name.clone(),
                self.state(row),
                Scopes::from_bits(row.scopes).to_string(),
                device,
                used,
            ]
        }));
        Ok(columns(&table))
    }

    async fn revoke(&self, revoke: &Revoke) -> Result<String, PasscodeError> {
        let user = self.user(&revoke.user)?;
        let ids = match &revoke.id {
            Some(text) => {
                vec![CredentialId::parse(text).ok_or_else(|| PasscodeError::BadId(text.clone()))?]
            }
            None => {
                let rows = self.store.credentials(&user).await?;
                let live = rows.into_iter().filter(|row| row.revoked_at.is_none());
                live.map(|row| row.id).collect()
            }
        };
        if ids.is_empty() {
            return Err(PasscodeError::None(user));
        }
        let mut text = String::new();
        let mut revoked = Vec::new();
        for id in ids {
            if issue::revoke(self.store, &user, &id, BY, self.now).await? {
                let _ = writeln!(text, "Revoked passcode {id} of {user}.");
                revoked.push(id.to_string());
            } else if !revoke.all {
                return Err(PasscodeError::NotThere { user, id });
            }
        }
        if revoke.json {
            return Ok(as_text(&json!({ "revoked": revoked })));
        }
        text.push_str("A running server shuts the phone out within 5 seconds.\n");
        Ok(text)
    }

    async fn reseal(
        &self,
        reseal: &Reseal,
        ask: &mut dyn AskPassword,
    ) -> Result<String, PasscodeError> {
        let user = self.user(&reseal.user)?;
        let password = self.mail_password(&user, reseal.unchecked, ask).await?;
        let sealed =
            issue::change_mail_password(self.store, &user, &password, BY, self.now).await?;
        // Whoever signed in with the old one signs in again (C13).
        self.store.end_sessions(&user, None).await?;
        match sealed {
            1.. if reseal.json => Ok(as_text(&json!({ "resealed": sealed }))),
            0 => Err(PasscodeError::None(user)),
            1 => Ok(format!("1 passcode of {user} has the new mail password.\n")),
            more => Ok(format!(
                "{more} passcodes of {user} have the new mail password.\n"
            )),
        }
    }

    fn user(&self, text: &str) -> Result<UserId, PasscodeError> {
        UserId::parse(text, self.default_domain)
            .map_err(|error| PasscodeError::User(text.to_owned(), error))
    }

    /// Asks for the mail password and has the backend confirm it.
    async fn mail_password(
        &self,
        user: &UserId,
        unchecked: bool,
        ask: &mut dyn AskPassword,
    ) -> Result<SecretString, PasscodeError> {
        let verifier = match (unchecked, self.verifier) {
            (true, _) => None,
            (false, Some(verifier)) => Some(verifier),
            (false, None) => return Err(PasscodeError::NoBackend),
        };
        let password = ask.mail_password(user).await.map_err(PasscodeError::Ask)?;
        if password.expose_secret().is_empty() {
            return Err(PasscodeError::Empty);
        }
        if let Some(verifier) = verifier {
            let login = Login {
                user: user.clone(),
                name: user.as_str().to_owned(),
                acts_for: None,
                secret: password.clone(),
                version: 0,
            };
            match verifier.verify(&login).await {
                Ok(()) => {}
                Err(failure) if failure.remedy == Remedy::FreshSecret => {
                    return Err(PasscodeError::Refused(user.clone()));
                }
                Err(failure) => return Err(PasscodeError::Down(failure)),
            }
        }
        Ok(password)
    }

    fn state(&self, row: &CredentialRow) -> String {
        match (row.revoked_at, row.expires_at) {
            (Some(at), _) => format!("revoked {}", day(at)),
            (None, Some(at)) if at <= self.now => format!("expired {}", day(at)),
            (None, Some(at)) => format!("until {}", day(at)),
            (None, None) => "live".into(),
        }
    }

    fn as_json(&self, row: &CredentialRow) -> serde_json::Value {
        let time = |at: Option<i64>| at.map(moment);
        let live =
            row.revoked_at.is_none() && row.expires_at.is_none_or(|expires| expires > self.now);
        json!({
            "id": row.id.as_str(),
            "user": row.user.as_str(),
            "name": row.name,
            "live": live,
            "classes": Scopes::from_bits(row.scopes).to_string(),
            "created": moment(row.created),
            "expires": time(row.expires_at),
            "revoked": time(row.revoked_at),
            "device": row.device.as_ref().map(|device| device.as_str()),
            "device_type": row.device_type,
            "last_used": time(row.last_used),
            "last_address": row.last_address,
        })
    }
}

#[cfg(test)]
mod tests;
