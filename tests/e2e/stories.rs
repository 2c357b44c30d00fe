//! What the stories are told with: kinds of mail servers ([`Setup`]) to tell each on
//! (`on_every_server!`), the user's other mail program in a line, and what a phone must hold (S1).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use airgate_codec::eas::sync::{self, ServerCommand};

use crate::support::backend::Kind;
use crate::support::mail;
use crate::support::other_client::OtherClient;
use crate::support::phone::Phone;
use crate::support::server::Settings;
use crate::support::world::World;

/// A mail server and how much of it Airgate may use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Setup {
    /// Dovecot with all it has.
    Dovecot,
    /// No CONDSTORE, QRESYNC, MOVE, ESEARCH, SPECIAL-USE or NOTIFY, everything below INBOX.
    Courier,
    Cyrus,
    /// Dovecot that counts modifications but cannot tell what vanished, and wakes by IDLE.
    Condstore,
    /// Dovecot of which hardly IMAP4rev1 is used: no UIDPLUS and no IDLE either.
    Plain,
}

impl Setup {
    pub(crate) async fn world(self) -> World {
        self.world_with(|settings| settings).await
    }

    pub(crate) async fn world_with(self, adjust: impl FnOnce(Settings) -> Settings) -> World {
        let kind = match self {
            Self::Courier => Kind::Courier,
            Self::Cyrus => Kind::Cyrus,
            Self::Dovecot | Self::Condstore | Self::Plain => Kind::Dovecot,
        };
        World::start_with(kind, |settings| adjust(self.restrict(settings))).await
    }

    /// The settings with only what of the server may be used.
    pub(crate) fn restrict(self, settings: Settings) -> Settings {
        let hidden = match self {
            Self::Condstore => "QRESYNC,NOTIFY,LIST-STATUS",
            Self::Plain => {
                "CONDSTORE,QRESYNC,ENABLE,MOVE,UIDPLUS,ESEARCH,SEARCHRES,NOTIFY,IDLE,SPECIAL-USE,\
                 LIST-EXTENDED,LIST-STATUS,LITERAL+,LITERAL-,UNSELECT,NAMESPACE,ID"
            }
            _ => "",
        };
        settings
            .variable("AIRGATE_BACKEND_HIDE_CAPABILITIES", hidden)
            .variable("AIRGATE_BACKEND_POLL", "200ms")
    }
}

/// Tells each story on every setup, as `story::setup`.
macro_rules! on_every_server {
    ($($story:ident),+ $(,)?) => {
        $crate::stories::on_servers! {
            [dovecot Dovecot, courier Courier, cyrus Cyrus, condstore Condstore, plain Plain]
            $($story),+
        }
    };
}

/// Tells each story on these setups.
macro_rules! on_servers {
    ($setups:tt $($story:ident),+) => {
        $( $crate::stories::on_servers! { @one $story $setups } )+
    };
    (@one $story:ident [$($test:ident $setup:ident),+]) => {
        mod $story {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$story($crate::stories::Setup::$setup).await;
                }
            )+
        }
    };
}

pub(crate) use {on_every_server, on_servers};

/// A mail client that has this folder open, freshly: it sees what there is now.
pub(crate) async fn client_in(world: &World, folder: &str) -> OtherClient {
    let mut client = world.other_client().await;
    client.select(&world.backend.folder(folder)).await;
    client
}

/// Makes a folder as another client would.
pub(crate) async fn make_folder(world: &World, folder: &str) {
    let mut client = world.other_client().await;
    let name = world.backend.folder(folder);
    client.command(&format!("CREATE \"{name}\"")).await;
    client.command(&format!("SUBSCRIBE \"{name}\"")).await;
    client.logout().await;
}

/// Delivers mails with these subjects.
pub(crate) async fn deliver(world: &World, folder: &str, subjects: &[&str]) {
    let mut client = world.other_client().await;
    let name = world.backend.folder(folder);
    for subject in subjects {
        client
            .append(&name, "", &mail::simple(subject, "Some text.\r\n"))
            .await;
    }
    client.logout().await;
}

/// The UID of the mail with exactly this subject in the open folder.
pub(crate) async fn uid_of(client: &mut OtherClient, subject: &str) -> u32 {
    let answer = client
        .command("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        .await;
    let mut found = answer.untagged.iter().filter_map(|line| {
        let (before, rest) = line.split_once("Subject:")?;
        let here = rest.lines().next().unwrap_or_default().trim() == subject;
        // `UID 7` stands before the header, or behind it.
        let (_, uid) = before
            .split_once("UID ")
            .or_else(|| rest.split_once("UID "))?;
        let digits: String = uid.chars().take_while(char::is_ascii_digit).collect();
        here.then(|| digits.parse::<u32>().expect("a UID"))
    });
    let (Some(uid), None) = (found.next(), found.next()) else {
        panic!("{subject:?} is not there once: {answer:?}");
    };
    uid
}

/// Changes flags as another client would: `"+FLAGS (\\Seen)"`.
pub(crate) async fn store(world: &World, folder: &str, subject: &str, change: &str) {
    let mut client = client_in(world, folder).await;
    let uid = uid_of(&mut client, subject).await;
    client.command(&format!("UID STORE {uid} {change}")).await;
    client.logout().await;
}

/// Removes a mail as another client would.
pub(crate) async fn expunge(world: &World, folder: &str, subject: &str) {
    let mut client = client_in(world, folder).await;
    let uid = uid_of(&mut client, subject).await;
    client
        .command(&format!("UID STORE {uid} +FLAGS (\\Deleted)"))
        .await;
    client.command("EXPUNGE").await;
    client.logout().await;
}

/// A mail's flags as the server spells them.
pub(crate) async fn flags_of(world: &World, folder: &str, subject: &str) -> String {
    let mut client = client_in(world, folder).await;
    let uid = uid_of(&mut client, subject).await;
    client.flags(uid).await
}

/// The subjects in a folder on the server, sorted, without those marked `\Deleted`.
pub(crate) async fn on_server(world: &World, folder: &str) -> Vec<String> {
    let mut subjects: Vec<String> = server_state(world, folder).await.into_keys().collect();
    subjects.sort();
    subjects
}

/// Read and flagged by subject, as the server has it, without what is marked `\Deleted`.
pub(crate) async fn server_state(world: &World, folder: &str) -> BTreeMap<String, (bool, bool)> {
    let mut client = client_in(world, folder).await;
    let answer = client
        .command("UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        .await;
    let mut state = BTreeMap::new();
    for line in &answer.untagged {
        let Some((before, rest)) = line.split_once("Subject:") else {
            continue;
        };
        // Some servers give FLAGS first, others last.
        let flags = before
            .split_once("FLAGS (")
            .or_else(|| rest.split_once("FLAGS ("))
            .map_or("", |(_, flags)| flags.split(')').next().unwrap_or(""));
        if flags.contains("\\Deleted") {
            continue;
        }
        let subject = rest.lines().next().unwrap_or_default().trim().to_owned();
        let value = (flags.contains("\\Seen"), flags.contains("\\Flagged"));
        let twice = state.insert(subject.clone(), value);
        assert_eq!(twice, None, "{subject:?} is there twice");
    }
    client.logout().await;
    state
}

/// The same as the phone has it.
pub(crate) fn phone_state(phone: &Phone, folder: &str) -> BTreeMap<String, (bool, bool)> {
    let mut state = BTreeMap::new();
    for email in phone.held(folder).items.values() {
        let subject = email.subject.clone().unwrap_or_default();
        let flagged = email.flag.as_ref().is_some_and(|flag| flag.status == 2);
        let twice = state.insert(subject.clone(), (email.read == Some(true), flagged));
        assert_eq!(twice, None, "the phone shows {subject:?} twice");
    }
    state
}

/// S1: the phone has come to rest and holds what the server has; and nothing odd happened.
pub(crate) async fn assert_converged(world: &World, phone: &mut Phone, folder: &str) {
    phone.sync_all(folder).await;
    assert_quiet(phone, folder).await;
    let server = server_state(world, folder).await;
    assert_eq!(phone_state(phone, folder), server, "{folder}");
    assert_eq!(phone.surprises(), [""; 0]);
}

/// S6: a Sync has nothing to tell.
pub(crate) async fn assert_quiet(phone: &mut Phone, folder: &str) {
    let response = phone.sync(folder).await;
    assert!(response.collections.is_empty(), "{response:?}");
}

/// What the server told, one word each: `+id`, `~id`, `-id`, `<id` for Add, Change, Delete and
/// SoftDelete.
pub(crate) fn told(response: &sync::Response) -> Vec<String> {
    let mut told = Vec::new();
    for collection in &response.collections {
        for command in &collection.commands {
            told.push(match command {
                ServerCommand::Add { server_id, .. } => format!("+{server_id}"),
                ServerCommand::Change { server_id, .. } => format!("~{server_id}"),
                ServerCommand::Delete { server_id } => format!("-{server_id}"),
                ServerCommand::SoftDelete { server_id } => format!("<{server_id}"),
            });
        }
    }
    told
}

/// How many of each kind.
pub(crate) fn counts(response: &sync::Response) -> String {
    let told = told(response);
    let mut text = String::new();
    for mark in ['+', '~', '-', '<'] {
        let count = told.iter().filter(|word| word.starts_with(mark)).count();
        if count > 0 {
            let _ = write!(text, "{mark}{count}");
        }
    }
    text
}

/// The one collection of a response.
pub(crate) fn only(response: &sync::Response) -> &sync::CollectionResponse {
    assert_eq!(response.status, None, "{response:?}");
    let [collection] = response.collections.as_slice() else {
        panic!("not one collection: {response:?}");
    };
    collection
}
