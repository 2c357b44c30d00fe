//! `airgate doctor`: looks at everything a phone will depend on and says in plain words what will not
//! work, what will be slow, and what to do about it (O4). It is safe beside a running server and leaves
//! nothing changed.

mod certificate;
mod dav;
mod discovery;
pub(super) mod dns;
mod hold;
mod imap;
mod machine;
mod report;
mod smtp;
mod state;
mod web;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;

pub use self::report::{Finding, Grade, Report, Section};
use super::passcode::ask::{AskPassword, StandardInput};
use crate::backend::Login;
use crate::config::Config;
use crate::identity::UserId;

/// What to look at.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Also sign in at the mail servers as this user; the mail password is asked for
    #[arg(long)]
    pub user: Option<String>,
    /// For programs
    #[arg(long)]
    pub json: bool,
    /// Ask no name server and none of the public addresses
    #[arg(long)]
    pub offline: bool,
    /// Name server to ask instead of the system's
    #[arg(long, value_name = "ADDR")]
    pub resolver: Option<SocketAddr>,
    /// Also wait so many seconds as a phone would, to find what cuts it; needs --user
    #[arg(long, value_name = "SECONDS", requires = "user")]
    pub hold: Option<u32>,
}

/// Looks at everything.
///
/// # Errors
/// A user name or password that cannot be read; what is found wrong is in the report.
pub async fn examine(config: &Config, options: &Options) -> anyhow::Result<Report> {
    let login = match &options.user {
        Some(name) => Some(ask_login(config, name).await?),
        None => None,
    };
    let mut sections = vec![
        imap::examine(config, login.as_ref()).await,
        smtp::examine(config, login.as_ref()).await,
        certificate::examine(config),
        state::examine(config).await,
        machine::examine(config),
    ];
    sections.insert(3, discovery::examine(config, options).await);
    let dav = dav::examine(config, login.as_ref(), options).await;
    sections.splice(2..2, dav);
    if let (Some(seconds), Some(login)) = (options.hold, &login) {
        let wait = Duration::from_secs(u64::from(seconds));
        sections.push(hold::examine(config, login, wait).await);
    }
    Ok(Report { sections })
}

async fn ask_login(config: &Config, name: &str) -> anyhow::Result<Login> {
    let user = UserId::parse(name, config.default_domain.as_deref())
        .with_context(|| format!("`{name}` cannot be a login"))?;
    let secret: SecretString = StandardInput.mail_password(&user).await?;
    Ok(Login {
        name: user.as_str().to_owned(),
        user,
        acts_for: None,
        secret,
        version: 0,
    })
}
