//! A phone's first minutes: OPTIONS, folders, the inbox; then a listing for people.

use std::fmt::Write as _;

use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::sync::{Collection, ItemData, Options, ServerCommand};
use airgate_codec::eas::{BodyPreference, folder_sync, provision, settings, sync};
use anyhow::{Context as _, bail};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::client::{Answer, EasClient};

/// Rounds of MoreAvailable before a server that never ends is given up on.
const MAX_ROUNDS: usize = 400;

/// What the phone got.
#[derive(Clone, Debug, Default)]
pub struct FirstSync {
    pub versions: String,
    pub folders: Vec<folder_sync::Folder>,
    /// Newest first.
    pub inbox: Vec<Email>,
    /// Answers it took.
    pub rounds: usize,
}

/// Sets up an account as a phone does and fetches the inbox.
///
/// # Errors
/// A refusal, said in words that help.
pub async fn run(client: &EasClient) -> anyhow::Result<FirstSync> {
    let answer = client.options().await?;
    expect_ok("OPTIONS", &answer)?;
    let mut result = FirstSync {
        versions: answer
            .headers
            .get("ms-asprotocolversions")
            .and_then(|value| value.to_str().ok())
            .context("this is no Exchange ActiveSync server: it names no versions")?
            .to_owned(),
        ..FirstSync::default()
    };
    describe(client).await?;
    let folders = folders(client).await?;
    let inbox = folders
        .iter()
        .find(|folder| folder.kind == folder_sync::FolderType::Inbox)
        .context("the account has no inbox")?
        .server_id
        .clone();
    result.folders = folders;
    let mut key = "0".to_owned();
    loop {
        let first = key == "0";
        let (next, items, more) = page(client, &inbox, &key).await?;
        result.rounds += 1;
        result.inbox.extend(items);
        let done = !first && !more;
        key = next;
        if done {
            return Ok(result);
        }
        if result.rounds > MAX_ROUNDS {
            bail!("the server keeps saying that there is more");
        }
    }
}

/// Tells the server what this phone is; no policy is expected.
async fn describe(client: &EasClient) -> anyhow::Result<()> {
    let request = provision::Request {
        device_information: Some(settings::DeviceInformation {
            model: Some("Built-in phone".to_owned()),
            os: Some(format!("Airgate {}", env!("CARGO_PKG_VERSION"))),
            ..settings::DeviceInformation::default()
        }),
        policy: Some(provision::PolicyRequest {
            policy_type: provision::WBXML_POLICY.to_owned(),
            ..provision::PolicyRequest::default()
        }),
        ..provision::Request::default()
    };
    let answer = client
        .command(CommandName::Provision, request.write(client.version))
        .await?;
    expect_ok("Provision", &answer)?;
    provision::Response::read(&answer.body)?;
    Ok(())
}

/// The folders, as a phone asks for them first.
///
/// # Errors
/// A refusal, said in words that help.
pub(crate) async fn folders(client: &EasClient) -> anyhow::Result<Vec<folder_sync::Folder>> {
    let request = folder_sync::Request {
        sync_key: "0".to_owned(),
    };
    let answer = client
        .command(CommandName::FolderSync, request.write(client.version))
        .await?;
    expect_ok("FolderSync", &answer)?;
    let response = folder_sync::Response::read(&answer.body)?;
    if response.status != folder_sync::status::OK {
        bail!("FolderSync answered status {}", response.status);
    }
    Ok(response.changes.unwrap_or_default().adds)
}

async fn page(
    client: &EasClient,
    inbox: &str,
    key: &str,
) -> anyhow::Result<(String, Vec<Email>, bool)> {
    let first = key == "0";
    let preference = BodyPreference {
        truncation_size: Some(512),
        preview: Some(80),
        ..BodyPreference::of(BodyType::Plain)
    };
    let request = sync::Request {
        collections: Some(vec![Collection {
            sync_key: Some(key.to_owned()),
            collection_id: inbox.to_owned(),
            get_changes: (!first).then_some(true),
            window_size: (!first).then_some(50),
            options: (!first).then(|| {
                vec![Options {
                    body_preferences: vec![preference],
                    ..Options::default()
                }]
            }),
            ..Collection::default()
        }]),
        ..sync::Request::default()
    };
    let answer = client
        .command(CommandName::Sync, request.write(client.version))
        .await?;
    expect_ok("Sync", &answer)?;
    let response = sync::Response::read(&answer.body)?;
    if let Some(status) = response.status.filter(|status| *status != 1) {
        bail!("Sync answered status {status}");
    }
    let Some(collection) = response.collections.into_iter().next() else {
        return Ok((key.to_owned(), Vec::new(), false));
    };
    if collection.head.status != 1 {
        bail!(
            "Sync answered status {} for the inbox",
            collection.head.status
        );
    }
    let items = collection
        .commands
        .into_iter()
        .filter_map(|command| match command {
            ServerCommand::Add {
                data: ItemData::Email(email),
                ..
            } => Some(*email),
            _ => None,
        })
        .collect();
    Ok((
        collection.head.sync_key,
        items,
        collection.head.more_available,
    ))
}

fn expect_ok(command: &str, answer: &Answer) -> anyhow::Result<()> {
    match answer.status {
        200 => Ok(()),
        401 => bail!("{command}: the user name or the passcode is wrong"),
        403 => bail!("{command}: this device may not synchronise"),
        503 => bail!("{command}: the server or the mail server behind it is not ready, try later"),
        status => bail!("{command}: HTTP {status}"),
    }
}

impl FirstSync {
    /// The listing: folders and the inbox, a line a message.
    pub fn listing(&self) -> String {
        let mut text = format!("protocol versions  {}\nfolders            ", self.versions);
        let names: Vec<&str> = self
            .folders
            .iter()
            .map(|folder| folder.display_name.as_str())
            .collect();
        text.push_str(&names.join(", "));
        let plural = if self.inbox.len() == 1 { "" } else { "s" };
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "\ninbox              {} message{plural}\n\n",
            self.inbox.len()
        );
        for email in &self.inbox {
            let mark = if email.read == Some(true) { ' ' } else { '*' };
            let from = email.from.as_deref().unwrap_or("(nobody)");
            let from = from
                .split('<')
                .next()
                .unwrap_or(from)
                .trim()
                .trim_matches('"');
            let subject = email
                .subject
                .as_deref()
                .filter(|subject| !subject.is_empty());
            let attachments = match email.attachments.iter().filter(|a| !a.is_inline).count() {
                0 => String::new(),
                count => format!("  [{count} attached]"),
            };
            let when = email.date_received.map_or_else(String::new, |moment| {
                moment
                    .to_separated()
                    .get(..16)
                    .unwrap_or_default()
                    .replace('T', " ")
            });
            let from = clip(from, 24);
            let fill = " ".repeat(24 - from.width());
            let subject = clip(subject.unwrap_or("(no subject)"), 60);
            let _ = writeln!(
                text,
                "{mark} {when:16}  {from}{fill}  {subject}{attachments}"
            );
        }
        text
    }
}

/// The text, cut where it would take more columns of a terminal than `most`.
fn clip(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        if cut.width() + character.width().unwrap_or(0) > most.saturating_sub(1) {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_keep_the_columns() {
        assert_eq!(clip("王小明的邮件", 7), "王小明…");
        assert_eq!(clip("short", 7), "short");
        assert!(clip("a very long name indeed", 10).width() <= 10);
    }
}
