//! What the operator decided: TOML, environment and flags become one checked [`Config`].
//!
//! Flags win over the environment, the environment over the file, the file over defaults. All
//! errors are found in one go, each with file, line, key and a hint; unknown keys are errors,
//! because a misspelt limit is no limit. Everything there is to set stands in one table
//! (`config/keys.rs`) from which the readers take their defaults and docs/configuration.md is made.

mod flags;
mod keys;
mod limits;
mod network;
mod problem;
mod public_url;
mod read;
mod reference;
mod sending;
mod sources;
mod url;
mod values;
mod version_cap;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::gate::master::Form;
use crate::gate::policy::{FactorRule, NewDevices};
use crate::language::Language;

pub use flags::ServeArgs;
pub use limits::Limits;
pub use network::{BadNetwork, Network};
pub use problem::{ConfigErrors, Origin, Problem};
pub use public_url::PublicUrl;
pub use reference::{example, reference};
pub use sending::{Aliases, BadAlias, ReadReceipts, SaveSent, Sending};
pub use url::{BadUrl, DavUrl, Security, ServerUrl};
pub(crate) use version_cap::wildcard;
pub use version_cap::{BadVersionCap, VersionCap};

use crate::identity::UserId;

/// Everything an operator can set, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    pub listen: Vec<SocketAddr>,
    pub tls: Tls,
    /// Where the database, keys and the self-made certificate live.
    pub state: PathBuf,
    pub imap: Option<ServerUrl>,
    pub smtp: Option<ServerUrl>,
    pub caldav: Option<DavUrl>,
    pub carddav: Option<DavUrl>,
    /// Phones may sign in with the mail password itself.
    pub accept_mail_password: bool,
    pub access: AccessDefaults,
    pub notices: Notices,
    /// Of users who did not choose one.
    pub language: Language,
    /// Where the server keys are; `None` is under `state`.
    pub keys: Option<PathBuf>,
    /// Completes a login without `@`.
    pub default_domain: Option<String>,
    /// Where phones reach this server; `None` leaves Autodiscover off.
    pub public_url: Option<PublicUrl>,
    /// Domains whose addresses Autodiscover answers for, lower case (T35).
    pub domains: Vec<String>,
    /// Speak protocol 2.5 as well.
    pub allow_2_5: bool,
    /// Where the users' days begin.
    pub time_zone: TimeZone,
    /// Clients that are offered less than all versions; the first that fits decides.
    pub version_caps: Vec<VersionCap>,
    /// Peers whose X-Forwarded-For is believed (T41).
    pub trusted_proxies: Vec<Network>,
    pub backend: Backend,
    pub folders: Folders,
    pub sending: Sending,
    /// What comes by mail of meetings is put into the calendar.
    pub meetings_from_mail: bool,
    pub heartbeat: Heartbeat,
    pub log: Log,
    /// None sends no policy to phones at all.
    pub policy: Option<Policy>,
    pub portal: Portal,
    pub limits: Limits,
}

/// What holds for everyone of whom nothing else is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessDefaults {
    pub second_factor: FactorRule,
    pub grace_days: u32,
    pub explain: bool,
    pub explain_frozen_after: Duration,
    pub new_devices: NewDevices,
}

/// Mail that tells users what happens to their account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notices {
    pub enabled: bool,
    /// None puts them into the inbox.
    pub sender: Option<String>,
    pub user: Option<String>,
    pub secret: Option<PathBuf>,
}

/// A master identity that logs in for users.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MasterLogin {
    pub user: String,
    pub secret: PathBuf,
    pub form: Form,
}

/// Where the certificate comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tls {
    /// Plain HTTP, for behind a balancer or on loopback.
    Off,
    /// One made at the first start and kept in the state directory.
    SelfSigned,
    /// PEM files, read again when they change.
    Files { cert: PathBuf, key: PathBuf },
}

/// How backends are reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Backend {
    /// Further certificate authorities for backends, PEM.
    pub ca_file: Option<PathBuf>,
    pub imap_connections: usize,
    pub imap_compress: bool,
    pub dav_connections: usize,
    /// For name, TCP, TLS and greeting together.
    pub connect: Duration,
    /// How long a backend that works may say nothing.
    pub silence: Duration,
    /// IMAP capabilities to ignore.
    pub hide_capabilities: Vec<String>,
    /// None logs in with the users' mail passwords.
    pub master: Option<MasterLogin>,
    /// Pause between looks at mailboxes the server does not tell of by itself.
    pub poll: Duration,
    /// Pause between looks at calendars and address books, which no server tells of by itself.
    pub dav_poll: Duration,
}

/// Which mailboxes phones are shown, and the names of those with a role where SPECIAL-USE and
/// well-known names do not find them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Folders {
    pub trash: Option<String>,
    pub sent: Option<String>,
    pub drafts: Option<String>,
    /// `none` for none at all.
    pub notes: Option<String>,
    pub subscribed_only: bool,
    pub shared: SharedFolders,
}

/// Which mailboxes of other users and of everybody phones are shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SharedFolders {
    #[default]
    All,
    Subscribed,
    None,
}

/// The heartbeats a phone may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Heartbeat {
    pub min: Duration,
    pub max: Duration,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    pub format: LogFormat,
    /// In the syntax of tracing's EnvFilter.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The pages where people manage their passcodes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Portal {
    pub enabled: bool,
    /// Addresses of its own; empty serves it beside phones.
    pub listen: Vec<SocketAddr>,
    /// What users know the service by.
    pub name: String,
    /// Who may see the pages of administrators.
    pub admins: Vec<UserId>,
    /// Passcodes a user may have.
    pub passcodes: usize,
    /// Certificate and key that configuration profiles are signed with.
    pub signing: Option<(PathBuf, PathBuf)>,
}

/// What phones are asked to enforce. Only what is set is sent: some phones choke on the rest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    pub device_password: Option<bool>,
    pub password_length: Option<u8>,
    pub password_alphanumeric: Option<bool>,
    pub password_attempts: Option<u8>,
    pub lock_after: Option<Duration>,
    pub device_encryption: Option<bool>,
}

/// A configuration, and what is odd but not wrong about it.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Problem>,
}

impl Config {
    /// Puts together file, environment and flags. The file is the one `args` names, or
    /// `airgate.toml` in the current directory if there is one.
    ///
    /// # Errors
    /// All problems at once, in the order file, environment, flags.
    pub fn load(
        args: &ServeArgs,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Loaded, ConfigErrors> {
        let sources = sources::Sources::gather(args, environment);
        read::config(sources)
    }
}

#[cfg(test)]
mod tests;
