//! `--hold`: waits as a phone waits, through everything that stands between `public_url` and the server. A
//! proxy that cuts silent requests costs phones hours of push, and nothing else shows it.

use std::time::Duration;

use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::ping;
use airgate_codec::eas::request_line::CommandName;
use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;

use super::report::Section;
use crate::backend::Login;
use crate::clock;
use crate::config::{Config, PublicUrl};
use crate::gate::Scopes;
use crate::gate::issue::{self, NewPasscode};
use crate::identity::DeviceId;
use crate::server::Offline;
use crate::traffic::client::EasClient;
use crate::traffic::first_sync;

/// The device it calls itself.
const DEVICE: &str = "AIRGATEDOCTOR";
/// In the audit trail.
const BY: &str = "doctor";
/// How much longer its passcode lives, should nobody be left to revoke it.
const SPARE: Duration = Duration::from_secs(600);

/// What came of waiting.
enum Outcome {
    /// The server answered in its own time.
    Whole,
    /// It answered earlier: there was news.
    News,
    /// It would wait for another time only, in seconds.
    Bound(u32),
    /// Somebody else ended it.
    Cut(String),
}

pub(super) async fn examine(config: &Config, login: &Login, wait: Duration) -> Section {
    let mut section = Section::new("A phone's wait");
    let Some(url) = &config.public_url else {
        section.note("not tried", "Set public_url.");
        return section;
    };
    let begun = clock::monotonic();
    let outcome = match hold(config, url, login, wait).await {
        Ok(outcome) => outcome,
        Err(error) => {
            section.problem(format!("it cannot be tried: {error:#}"), "");
            return section;
        }
    };
    let passed = begun.elapsed().as_secs();
    match outcome {
        Outcome::Whole => section.good(format!("a silent request lived for {} s", wait.as_secs())),
        Outcome::News => section.note(
            format!("there was news after {passed} s"),
            "Nothing was cut until then. Try again when it is quieter.",
        ),
        Outcome::Bound(bound) => section.note(
            format!("the server takes no such wait; the next it takes is {bound} s"),
            "See heartbeat.min and heartbeat.max.",
        ),
        Outcome::Cut(why) => section.problem(
            format!("a silent request was cut after {passed} s: {why}"),
            format!(
                "Something between {url} and Airgate gives up too early, and phones lose their push for hours \
                 each time. Raise its timeout for reading (nginx: proxy_read_timeout, HAProxy: timeout server, \
                 Apache: ProxyTimeout), or set heartbeat.max below it.",
            ),
        ),
    }
    section
}

/// Waits with a passcode made for that, and takes all back that it left behind.
async fn hold(
    config: &Config,
    url: &PublicUrl,
    login: &Login,
    wait: Duration,
) -> anyhow::Result<Outcome> {
    let offline = Offline::open(config).await?;
    let now = clock::now_seconds();
    let life = i64::try_from((wait + SPARE).as_secs()).unwrap_or(i64::MAX);
    let new = NewPasscode {
        user: login.user.clone(),
        name: "airgate doctor".to_owned(),
        scopes: Scopes::ALL,
        expires_at: Some(now.saturating_add(life)),
    };
    let store = offline.store.as_ref();
    let issued = issue::issue(store, &offline.keys, &new, &login.secret, BY, now).await?;
    let secret = issued.passcode.reveal().expose_secret().to_owned();
    let client =
        EasClient::new(&url.to_string(), login.user.as_str(), secret.into(), None)?.called(DEVICE);
    let outcome = ask(&client, wait).await;
    issue::revoke(store, &login.user, &issued.id, BY, clock::now_seconds()).await?;
    if let Ok(device) = DeviceId::parse(DEVICE) {
        store.forget_device(&login.user, &device).await?;
    }
    outcome
}

/// News right away may be our own: the gateway hears a moment late what an earlier trial took back.
async fn ask(client: &EasClient, wait: Duration) -> anyhow::Result<Outcome> {
    match ask_once(client, wait).await? {
        Outcome::News => ask_once(client, wait).await,
        outcome => Ok(outcome),
    }
}

async fn ask_once(client: &EasClient, wait: Duration) -> anyhow::Result<Outcome> {
    let folders = first_sync::folders(client).await?;
    let inbox = folders
        .into_iter()
        .find(|folder| folder.kind == FolderType::Inbox)
        .context("the account has no inbox")?;
    // A folder that was never synchronised has no news: the wait is over when its time is.
    let request = ping::Request {
        heartbeat: u32::try_from(wait.as_secs()).ok(),
        folders: Some(vec![ping::Folder {
            id: inbox.server_id,
            class: None,
        }]),
    };
    let body = request.write(client.version);
    let answer = match client.command(CommandName::Ping, body).await {
        Ok(answer) => answer,
        Err(error) => return Ok(Outcome::Cut(format!("{error:#}"))),
    };
    if answer.status != 200 {
        return Ok(Outcome::Cut(format!("HTTP {}", answer.status)));
    }
    let response = ping::Response::read(&answer.body)?;
    Ok(match response.status {
        ping::status::NO_CHANGES => Outcome::Whole,
        ping::status::INTERVAL_OUT_OF_RANGE => {
            Outcome::Bound(response.heartbeat.unwrap_or_default())
        }
        ping::status::CHANGES | ping::status::HIERARCHY_CHANGED => Outcome::News,
        other => bail!("Ping answered status {other}"),
    })
}
