//! A simulated phone: real HTTP and WBXML to a real server, its own copy of what it was told, and
//! the bad habits of real ones: it loses answers, repeats requests, crashes and does two things at
//! once.
//!
//! ```ignore
//! let mut phone = world.phone(Profile::ios()).await;
//! phone.sync_all("INBOX").await;
//! assert_eq!(phone.subjects("INBOX"), ["hello"]);
//! ```
//!
//! A method called `try_...` gives what came; the others insist on success. Folders are named as
//! the phone shows them; `INBOX` always means the inbox.

mod commands;
mod folders;
mod memory;
mod notes;
mod objects;
mod profile;
mod wire;

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::request_line::{CommandName, RequestLine};
use base64::Engine as _;
use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::backend::User;

pub use commands::{added, changed, smart_mail};
pub use memory::{Held, Memory};
pub use notes::note;
pub use objects::{object_added, object_changed, object_deleted, raw, text, with};
pub use profile::{Profile, Query};
pub use wire::{Answer, Loss, NoAnswer, Sent, Wire};

/// The path of EAS as most phones write it.
const PATH: &str = "/Microsoft-Server-ActiveSync";

/// One phone with one account. A clone is the same device doing two things at once, each with its
/// copy of the memory.
#[derive(Clone, Debug)]
pub struct Phone {
    pub profile: Profile,
    pub user: User,
    pub memory: Memory,
    wire: Wire,
    /// The memory before the last answer was taken over: see [`Self::crash`].
    before: Box<Memory>,
    /// The last Sync as it went out, for [`Self::repeat_sync`].
    last_sync: Option<(Sent, airgate_codec::eas::sync::Request)>,
    loss: Option<Loss>,
}

/// Why a command did not work.
#[derive(Debug)]
pub enum Trouble {
    NoAnswer(NoAnswer),
    /// Another HTTP status than 200.
    Http(Box<Answer>),
}

impl Trouble {
    /// The HTTP status, 0 where no answer came.
    pub fn http(&self) -> u16 {
        match self {
            Self::NoAnswer(_) => 0,
            Self::Http(answer) => answer.status,
        }
    }
}

impl Phone {
    /// A phone out of the box: it knows the account and nothing else.
    pub fn new(profile: Profile, user: &User, wire: Wire) -> Self {
        Self {
            profile,
            user: user.clone(),
            memory: Memory::default(),
            wire,
            before: Box::default(),
            last_sync: None,
            loss: None,
        }
    }

    /// What adding the account does: OPTIONS, a policy, the folders.
    pub async fn set_up(&mut self) {
        let options = self.options().await;
        assert_eq!(options.status, 200, "OPTIONS: {}", options.text());
        let versions = options.header("MS-ASProtocolVersions").to_owned();
        assert!(
            versions
                .split(',')
                .any(|version| version.trim() == self.version().as_str()),
            "{} is not among {versions}",
            self.version()
        );
        if self.profile.validates {
            let mut probe = self.clone();
            "validate".clone_into(&mut probe.profile.device_id);
            probe.folder_sync().await;
        }
        if self.profile.provisions {
            self.provision().await;
        }
        self.folder_sync().await;
    }

    /// The version this phone speaks.
    pub fn version(&self) -> ProtocolVersion {
        self.profile.version
    }

    /// The next answer gets lost.
    pub fn lose_next(&mut self, loss: Loss) {
        self.loss = Some(loss);
    }

    /// The phone dies before it has stored the last answer: its memory is as it was before.
    pub fn crash(&mut self) {
        self.memory = (*self.before).clone();
    }

    /// What came that should not have; empty in a good run.
    pub fn surprises(&self) -> &[String] {
        &self.memory.surprises
    }

    /// The collection id of a folder.
    ///
    /// # Panics
    /// When the phone has no such folder.
    pub fn id(&self, folder: &str) -> String {
        let found = if folder == "INBOX" {
            self.memory.folder_of(FolderType::Inbox)
        } else {
            self.memory.folder_named(folder)
        };
        found.map_or_else(
            || panic!("no folder {folder} in {:?}", self.folder_names()),
            |folder| folder.server_id.clone(),
        )
    }

    /// The names of all folders, sorted.
    pub fn folder_names(&self) -> Vec<String> {
        let folders = self.memory.folders.values();
        let mut names: Vec<String> = folders.map(|folder| folder.display_name.clone()).collect();
        names.sort();
        names
    }

    /// What the phone holds of a folder.
    pub fn held(&self, folder: &str) -> Held {
        let id = self.id(folder);
        self.memory
            .collections
            .get(&id)
            .cloned()
            .unwrap_or_default()
    }

    /// The subjects it shows in a folder, sorted.
    pub fn subjects(&self, folder: &str) -> Vec<String> {
        let mut subjects: Vec<String> = self
            .held(folder)
            .items
            .values()
            .map(|email| email.subject.clone().unwrap_or_default())
            .collect();
        subjects.sort();
        subjects
    }

    /// The server id of the item with this subject.
    ///
    /// # Panics
    /// When it is not there, or twice.
    pub fn item(&self, folder: &str, subject: &str) -> String {
        let held = self.held(folder);
        let mut found = held
            .items
            .iter()
            .filter(|(_, email)| email.subject.as_deref() == Some(subject));
        let (Some((id, _)), None) = (found.next(), found.next()) else {
            panic!("{subject:?} not once in {:?}", self.subjects(folder));
        };
        id.clone()
    }

    /// OPTIONS, as asked before anything else.
    pub async fn options(&self) -> Answer {
        let mut headers = self.headers();
        headers.remove("ms-asprotocolversion");
        let sent = Sent {
            method: Method::OPTIONS,
            target: PATH.to_owned(),
            headers,
            body: Bytes::new(),
            what: "OPTIONS".to_owned(),
            held: Duration::ZERO,
        };
        match self.wire.send(&sent, self.version(), None).await {
            Ok(answer) => answer,
            Err(fault) => panic!("OPTIONS: {fault}"),
        }
    }

    /// The request line of a command of this phone.
    pub fn line(&self, command: CommandName) -> RequestLine {
        let mut line = RequestLine::new(command, &self.profile.device_id, self.profile.device_type);
        match self.profile.query {
            Query::Plain => line.user = Some(self.user.name.clone()),
            Query::Packed | Query::PackedPercent => {
                line.version = Some(self.version());
                line.policy_key = Some(self.memory.policy_key);
                line.locale = Some(0x0409);
            }
        }
        line
    }

    /// A request with this body, ready to be sent.
    pub fn prepare(&self, line: &RequestLine, body: Vec<u8>) -> Sent {
        let query = match self.profile.query {
            Query::Plain => line.to_plain(),
            Query::Packed | Query::PackedPercent => {
                let packed = line.to_base64(self.version()).expect("short values");
                if self.profile.query == Query::PackedPercent {
                    packed
                        .replace('+', "%2B")
                        .replace('/', "%2F")
                        .replace('=', "%3D")
                } else {
                    packed
                }
            }
        };
        let mut headers = self.headers();
        if line.accept_multipart {
            set(&mut headers, "ms-asacceptmultipart", "T");
        }
        if !body.is_empty() {
            set(&mut headers, "content-type", wire::WBXML);
        }
        Sent {
            method: Method::POST,
            target: format!("{PATH}?{query}"),
            headers,
            body: body.into(),
            what: line.command.to_string(),
            held: Duration::ZERO,
        }
    }

    /// Sends a prepared request. Whatever HTTP status comes is an answer.
    ///
    /// # Errors
    /// None came.
    pub async fn send(&mut self, sent: &Sent) -> Result<Answer, NoAnswer> {
        let loss = self.loss.take();
        self.wire.send(sent, self.version(), loss).await
    }

    /// Sends a command and gives the body of its answer.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn command(&mut self, name: CommandName, body: Vec<u8>) -> Result<Answer, Trouble> {
        let sent = self.prepare(&self.line(name), body);
        self.command_with(&sent).await
    }

    /// The same with a request made by hand.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn command_with(&mut self, sent: &Sent) -> Result<Answer, Trouble> {
        *self.before = self.memory.clone();
        let answer = self.send(sent).await.map_err(Trouble::NoAnswer)?;
        if answer.status == 200 {
            Ok(answer)
        } else {
            Err(Trouble::Http(Box::new(answer)))
        }
    }

    /// The same device with its next request to another server.
    pub fn by_way_of(&self, wire: Wire) -> Self {
        Self {
            wire,
            ..self.clone()
        }
    }

    /// The wire, for requests no phone makes.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The headers this phone sends with everything.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let login = format!("{}:{}", self.user.name, self.user.password);
        let login = base64::engine::general_purpose::STANDARD.encode(login);
        set(&mut headers, "host", "localhost");
        set(&mut headers, "authorization", &format!("Basic {login}"));
        set(&mut headers, "user-agent", self.profile.agent);
        set(&mut headers, "accept-language", "en-us");
        if self.profile.gzip {
            set(&mut headers, "accept-encoding", "gzip, deflate");
        }
        if self.profile.query == Query::Plain {
            set(
                &mut headers,
                "ms-asprotocolversion",
                self.version().as_str(),
            );
            set(
                &mut headers,
                "x-ms-policykey",
                &self.memory.policy_key.to_string(),
            );
        }
        headers
    }
}

/// Sets a header.
pub fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).expect("a header value");
    headers.insert(HeaderName::from_static(name), value);
}
