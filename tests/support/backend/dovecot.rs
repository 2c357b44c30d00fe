//! Dovecot with a private configuration: Maildir, password file, any number of users.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::User;
use super::maildir::{MAIL_GID, MAIL_UID, Maildir, give};
use crate::support::mail;
use crate::support::process::{RunDir, Running, free_port, run};
use crate::support::tls::Certificate;

/// What a Dovecot of the tests may differ in.
#[derive(Clone, Debug)]
pub struct Settings {
    users: Vec<User>,
    capability: Option<String>,
    quota: Option<String>,
    special_use: bool,
    extra: String,
}

impl Settings {
    /// All capabilities, no quota, the usual special-use folders.
    pub fn new(users: &[User]) -> Self {
        Self {
            users: users.to_vec(),
            capability: None,
            quota: None,
            special_use: true,
            extra: String::new(),
        }
    }

    /// Offers exactly these capabilities. Dovecot still does what it does not offer, so a client
    /// that uses it anyway is not caught here; [`super::courier`] catches it.
    pub fn capability(mut self, list: &str) -> Self {
        self.capability = Some(list.to_owned());
        self
    }

    /// IMAP4rev1 and nothing else: no UIDPLUS, MOVE, CONDSTORE, IDLE, special-use ...
    pub fn bare(self) -> Self {
        self.capability("IMAP4rev1").without_special_use()
    }

    /// Folders have the usual names but no marks.
    pub fn without_special_use(mut self) -> Self {
        self.special_use = false;
        self
    }

    /// Room for this much mail per user, such as `100K`.
    pub fn quota(mut self, storage: &str) -> Self {
        self.quota = Some(storage.to_owned());
        self
    }

    /// All of INBOX in one file.
    pub fn mbox(self) -> Self {
        self.extra("mail_location = mbox:~/mail:INBOX=~/inbox")
    }

    /// More lines for `dovecot.conf`.
    pub fn extra(mut self, lines: &str) -> Self {
        self.extra.push_str(lines);
        self.extra.push('\n');
        self
    }

    /// Starts it; ready to serve when this returns.
    ///
    /// # Panics
    /// When it does not come up, with the end of its log.
    pub fn start(self) -> Dovecot {
        let mut trouble = String::new();
        // Another process can take a port between our look and Dovecot's bind: try again.
        for _ in 0..3 {
            match Dovecot::try_start(&self) {
                Ok(dovecot) => return dovecot,
                Err(text) => trouble = text,
            }
        }
        panic!("{trouble}");
    }
}

/// A running Dovecot.
#[derive(Debug)]
pub struct Dovecot {
    process: Option<Running>,
    /// Plain IMAP and STARTTLS.
    pub imap_port: u16,
    /// IMAP in TLS.
    pub imaps_port: u16,
    /// The certificate of both, its own authority, for `localhost` and `127.0.0.1`.
    pub certificate: Certificate,
    config: PathBuf,
    dir: RunDir,
}

impl Dovecot {
    /// # Errors
    /// What is not installed.
    pub fn available() -> Result<(), String> {
        if !Path::new("/usr/sbin/dovecot").is_file()
            || !Path::new("/usr/lib/dovecot/imap").is_file()
        {
            return Err("no dovecot-imapd".to_owned());
        }
        // 2.4 (Debian 13) has another syntax of configuration, which the demo knows and we do not.
        let version = run(Command::new("/usr/sbin/dovecot").arg("--version"));
        if version.starts_with("2.3") {
            Ok(())
        } else {
            Err(format!(
                "Dovecot 2.3 is needed and this is {}",
                version.trim()
            ))
        }
    }

    /// A Dovecot with all it has and these users.
    pub fn start(users: &[User]) -> Self {
        Settings::new(users).start()
    }

    fn try_start(settings: &Settings) -> Result<Self, String> {
        let dir = RunDir::new("dovecot");
        let imap_port = free_port();
        let imaps_port = free_port();
        let certificate = Certificate::make(&dir);
        give(&dir.make("mail"));
        dir.make("run");
        dir.make("state");
        let config = dir.write(
            "dovecot.conf",
            configuration(settings, &dir, imap_port, imaps_port),
        );
        let mut dovecot = Self {
            process: None,
            imap_port,
            imaps_port,
            certificate,
            config,
            dir,
        };
        dovecot.set_users(&settings.users);
        dovecot.try_resume()?;
        Ok(dovecot)
    }

    /// Replaces the users; a running server sees it at once (changed passwords too).
    pub fn set_users(&self, users: &[User]) {
        let lines: String = users
            .iter()
            .map(|user| format!("{}:{{PLAIN}}{}\n", user.name, user.password))
            .collect();
        // Renamed into place: Dovecot must not read half of it.
        let new = self.dir.write("users.new", lines);
        std::fs::rename(new, self.dir.path().join("users")).expect("one directory");
    }

    /// The user's mail on disk.
    pub fn maildir(&self, user: &User) -> Maildir {
        let home = self.dir.path().join("mail").join(&user.name);
        std::fs::create_dir_all(&home).expect("a home can be made");
        give(&home);
        Maildir::at(home.join("Maildir"))
    }

    /// Makes INBOX one mbox file with mails number `0..count`, every third one read and their UIDs
    /// one more than their numbers: a folder of hundreds of thousands in a second. For a server
    /// with [`Settings::mbox`] that nobody has logged in to.
    pub fn fill_mbox(&self, user: &User, count: u64) {
        let home = self.dir.path().join("mail").join(&user.name);
        std::fs::create_dir_all(&home).expect("a home can be made");
        give(&home);
        let path = home.join("inbox");
        let file = std::fs::File::create(&path).expect("a home is writable");
        let mut file = std::io::BufWriter::with_capacity(1 << 20, file);
        // Only what is numbered already is not written anew.
        let mut base = format!("X-IMAPbase: 1767600000 {count:010}\n");
        let mut dates = (String::new(), String::new());
        for n in 0..count {
            if n % 1000 == 0 {
                let seconds = mail::delivered(n);
                dates = (mail::mbox_date(seconds), mail::date_header(seconds));
            }
            let (mbox_date, date) = &dates;
            let status = if n % 3 == 0 { "RO" } else { "O" };
            write!(
                file,
                "From vera@contoso.example {mbox_date}\n{base}X-UID: {}\nStatus: {status}\n\
                 From: Vera Lindqvist <vera@contoso.example>\nTo: alice@example.com\n\
                 Subject: Mail number {n}\nDate: {date}\nMessage-ID: <{n}@mails.example>\n\n\
                 This is mail number {n}.\n\n",
                n + 1
            )
            .expect("the disk has room");
            base.clear();
        }
        file.flush().expect("the disk has room");
        give(&path);
    }

    /// Where LMTP listens, for a mail server in front.
    pub fn lmtp_socket(&self) -> PathBuf {
        self.dir.path().join("run/lmtp")
    }

    /// Stops the server as a crash would; its mail stays. [`Self::resume`] starts it again.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts a stopped server on the same ports.
    pub fn resume(&mut self) {
        if let Err(trouble) = self.try_resume() {
            panic!("{trouble}");
        }
    }

    fn try_resume(&mut self) -> Result<(), String> {
        let mut command = Command::new("/usr/sbin/dovecot");
        command.arg("-F").arg("-c").arg(&self.config);
        let log = self.dir.path().join("dovecot.log");
        let mut process = Running::start("dovecot", command, &log)
            .map_err(|error| format!("dovecot cannot be started: {error}"))?;
        process.until_listening(self.imap_port)?;
        self.process = Some(process);
        Ok(())
    }

    /// Runs `doveadm` on this server.
    pub fn doveadm(&self, arguments: &[&str]) -> String {
        run(Command::new("doveadm")
            .arg("-c")
            .arg(&self.config)
            .args(arguments))
    }

    /// Ends all IMAP sessions of a user.
    pub fn kick(&self, user: &User) {
        // Kicking nobody is an error to doveadm and none to us.
        let _ = Command::new("doveadm")
            .arg("-c")
            .arg(&self.config)
            .args(["kick", &user.name])
            .output();
    }

    /// Everything Dovecot logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_default()
    }
}

fn configuration(settings: &Settings, dir: &RunDir, imap_port: u16, imaps_port: u16) -> String {
    let root = dir.path().display();
    let mark = |role: &str| {
        if settings.special_use {
            format!("special_use = \\{role}")
        } else {
            String::new()
        }
    };
    let folders: String = ["Drafts", "Sent", "Trash", "Junk", "Archive"]
        .iter()
        .map(|name| {
            let role = mark(name);
            format!("  mailbox {name} {{\n    auto = subscribe\n    {role}\n  }}\n")
        })
        .collect();
    let capability = settings
        .capability
        .as_ref()
        .map(|list| format!("imap_capability = {list}"))
        .unwrap_or_default();
    let (plugins, imap_plugins, quota) = settings.quota.as_ref().map_or_else(
        || ("mail_plugins =", String::new(), String::new()),
        |storage| {
            (
                "mail_plugins = quota",
                "  mail_plugins = $mail_plugins imap_quota\n".to_owned(),
                format!("plugin {{\n  quota = count:User\n  quota_rule = *:storage={storage}\n  quota_grace = 0\n  quota_vsizes = yes\n}}\n"),
            )
        },
    );
    format!(
        "\
base_dir = {root}/run
state_dir = {root}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
mail_uid = {MAIL_UID}
mail_gid = {MAIL_GID}
first_valid_uid = {MAIL_UID}
first_valid_gid = {MAIL_GID}
mail_home = {root}/mail/%u
mail_location = maildir:~/Maildir
mailbox_list_index = yes
maildir_very_dirty_syncs = no
{plugins}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
auth_failure_delay = 0
auth_cache_size = 0
ssl = yes
ssl_cert = <{root}/certificate.pem
ssl_key = <{root}/key.pem
ssl_dh =
mail_max_userip_connections = 1000
mail_fsync = never
{capability}
passdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={MAIL_UID} gid={MAIL_GID} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}}}
protocol imap {{
{imap_plugins}}}
protocol lmtp {{
  auth_username_format = %u
  postmaster_address = postmaster@example.com
}}
service imap-login {{
  process_min_avail = 1
  service_count = 0
  client_limit = 2000
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 2000
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{quota}{}",
        settings.extra
    )
}
