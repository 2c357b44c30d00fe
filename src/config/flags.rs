//! The flags of `airgate serve`. Values stay text here: they are judged together with file and
//! environment, so that all errors come at once.

use std::path::PathBuf;

use clap::Args;

/// Run the gateway. What other verbs need as well may stand behind their own words too.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// Configuration file [default: airgate.toml in the current directory, if there is one]
    #[arg(long, value_name = "FILE", env = "AIRGATE_CONFIG", global = true)]
    pub config: Option<PathBuf>,

    /// Address to listen on, for example 0.0.0.0:443; may be repeated
    #[arg(long, value_name = "ADDR", value_delimiter = ',')]
    pub listen: Vec<String>,

    /// off, self-signed, or certificate and key as PEM files
    #[arg(long, value_name = "off|self-signed|CERT,KEY")]
    pub tls: Option<String>,

    /// Directory for database, keys and the self-made certificate
    #[arg(long, value_name = "DIR", global = true)]
    pub state: Option<String>,

    /// IMAP server: imaps://HOST, imap+starttls://HOST or imap://HOST
    #[arg(long, value_name = "URL", global = true)]
    pub imap: Option<String>,

    /// Submission server: submissions://HOST, smtp+starttls://HOST or smtp://HOST
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,

    /// CalDAV server; {user} and {localpart} are filled in
    #[arg(long, value_name = "URL")]
    pub caldav: Option<String>,

    /// CardDAV server; {user} and {localpart} are filled in
    #[arg(long, value_name = "URL")]
    pub carddav: Option<String>,

    /// Let phones sign in with the mail password itself
    #[arg(long)]
    pub accept_mail_password: bool,

    /// Domain that completes logins without one
    #[arg(long, value_name = "DOMAIN", global = true)]
    pub default_domain: Option<String>,

    /// Where phones reach this server, https://HOST; Autodiscover tells it
    #[arg(long, value_name = "URL", global = true)]
    pub public_url: Option<String>,

    /// Also speak protocol 2.5
    #[arg(long = "allow-2.5")]
    pub allow_2_5: bool,

    /// What to log: a level, or levels by module
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

impl ServeArgs {
    /// What was given, by key.
    pub(super) fn given(&self) -> Vec<(&'static str, String)> {
        let mut given = Vec::new();
        if !self.listen.is_empty() {
            given.push(("listen", self.listen.join(",")));
        }
        for (key, value) in [
            ("tls", &self.tls),
            ("state", &self.state),
            ("imap", &self.imap),
            ("smtp", &self.smtp),
            ("caldav", &self.caldav),
            ("carddav", &self.carddav),
            ("default_domain", &self.default_domain),
            ("public_url", &self.public_url),
            ("log.filter", &self.log),
        ] {
            if let Some(value) = value {
                given.push((key, value.clone()));
            }
        }
        for (key, set) in [
            ("accept_mail_password", self.accept_mail_password),
            ("allow_2_5", self.allow_2_5),
        ] {
            if set {
                given.push((key, "true".to_owned()));
            }
        }
        given
    }
}
