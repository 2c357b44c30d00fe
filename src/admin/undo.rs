//! `airgate undo list|restore`: what phones overwrote or deleted in calendars, address books and task
//! lists, and its way back.
//!
//! A restore writes to the user's own server, so it takes the user's mail password, read from standard
//! input: nothing on this machine opens it without the user (C4).

use std::fmt::Write as _;

use jiff::Timestamp;
use secrecy::SecretString;

use crate::backend::Login;
use crate::backend::dav::Davs;
use crate::clock;
use crate::identity::UserId;
use crate::server::Offline;
use crate::undo::{self, Entry};

/// What `airgate undo` can do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Verb {
    /// Show what phones of a user deleted or overwrote in the last 30 days, the newest first
    List(List),
    /// Bring objects back as they were; asks for the user's mail password
    Restore(Restore),
}

#[derive(Clone, Debug, clap::Args)]
pub struct List {
    /// The user's login, as in alice@example.com
    #[arg(long)]
    pub user: String,
    /// Only entries older than the one with this id: the next page
    #[arg(long)]
    pub before: Option<i64>,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub struct Restore {
    /// The user's login, as in alice@example.com
    #[arg(long)]
    pub user: String,
    /// The ids that `list` shows
    #[arg(required = true)]
    pub ids: Vec<i64>,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Shows the entries of a user.
///
/// # Errors
/// A name that is none; the store's.
pub async fn list(
    offline: &Offline,
    default_domain: Option<&str>,
    list: &List,
) -> anyhow::Result<String> {
    let user = UserId::parse(&list.user, default_domain)?;
    let entries = undo::list(offline.store.as_ref(), &offline.keys, &user, list.before).await?;
    if list.json {
        return Ok(format!("{}\n", serde_json::to_string_pretty(&entries)?));
    }
    Ok(table(&user, &entries))
}

/// Brings entries of a user back.
///
/// # Errors
/// A name that is none, a server that is not there, an entry that cannot be brought back: those before
/// it are.
pub async fn restore(
    offline: &Offline,
    davs: &Davs,
    default_domain: Option<&str>,
    asked: &Restore,
    password: SecretString,
) -> anyhow::Result<String> {
    let user = UserId::parse(&asked.user, default_domain)?;
    let login = Login {
        name: user.as_str().to_owned(),
        user,
        acts_for: None,
        secret: password,
        version: 0,
    };
    let store = offline.store.as_ref();
    let mut restored = Vec::new();
    for id in &asked.ids {
        let now = clock::now_seconds();
        let back = undo::restore(store, &offline.keys, davs, &login, *id, now)
            .await
            .map_err(|error| anyhow::Error::new(error).context(format!("entry {id}")))?;
        restored.push((*id, back));
    }
    if asked.json {
        let all: Vec<_> = restored
            .iter()
            .map(|(id, back)| {
                let href = back.href.to_string();
                serde_json::json!({ "id": id, "href": href, "untold": back.untold })
            })
            .collect();
        return Ok(format!("{}\n", serde_json::to_string_pretty(&all)?));
    }
    let mut text = String::new();
    for (id, back) in restored {
        let _ = writeln!(text, "{id} is back as {}", back.href);
        if back.untold > 0 {
            let _ = writeln!(
                text,
                "     Nobody is told that the meeting is back (invited: {}). Invite them again on a phone \
                 or in a calendar program.",
                back.untold
            );
        }
    }
    Ok(text)
}

fn table(user: &UserId, entries: &[Entry]) -> String {
    if entries.is_empty() {
        return format!("Phones of {user} overwrote and deleted nothing in the last 30 days.\n");
    }
    let mut text = String::new();
    for entry in entries {
        let at = Timestamp::from_second(entry.at)
            .map(|at| at.to_string())
            .unwrap_or_default();
        let Entry {
            id,
            reason,
            class,
            device,
            ..
        } = entry;
        let title = entry.title.as_deref();
        let title = title.unwrap_or("(sealed under a key that is not here)");
        let device = match device.as_str() {
            "" => "a restore",
            device => device,
        };
        let _ = writeln!(
            text,
            "{id:>6}  {at}  {reason:<11}  {class:<7}  {title}  ({device})"
        );
    }
    text
}
