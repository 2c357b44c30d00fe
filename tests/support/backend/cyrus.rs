//! Cyrus IMAP, unpacked beside Dovecot (their packages exclude each other) and run from there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::User;
use super::maildir::give;
use super::packages::unpacked;
use crate::support::process::{RunDir, Running, free_port};

/// A running Cyrus.
#[derive(Debug)]
pub struct Cyrus {
    _process: Running,
    /// Plain IMAP.
    pub imap_port: u16,
    /// Plain HTTP with CalDAV and CardDAV.
    pub dav_port: u16,
    tree: PathBuf,
    _dir: RunDir,
}

impl Cyrus {
    /// # Errors
    /// What is not installed.
    pub fn available() -> Result<(), String> {
        let httpd = unpacked("cyrus")?.join("usr/lib/cyrus/bin/httpd");
        match httpd.is_file() {
            true => Ok(()),
            false => Err(format!("no {}", httpd.display())),
        }
    }

    /// Starts it; ready when this returns. INBOX, Sent, Drafts, Trash, Junk and Archive are made
    /// at a user's first login.
    ///
    /// # Panics
    /// When it does not come up, with the end of its log.
    pub fn start(users: &[User]) -> Self {
        let mut trouble = String::new();
        for _ in 0..3 {
            match Self::try_start(users) {
                Ok(cyrus) => return cyrus,
                Err(text) => trouble = text,
            }
        }
        panic!("{trouble}");
    }

    fn try_start(users: &[User]) -> Result<Self, String> {
        let tree = unpacked("cyrus")?;
        let dir = RunDir::new("cyrus");
        for name in [
            "conf",
            "conf/db",
            "conf/proc",
            "conf/socket",
            "conf/lock",
            "conf/log",
            "spool",
            "sockets",
        ] {
            give(&dir.make(name));
        }
        give(dir.path());
        let (imap_port, dav_port) = (free_port(), free_port());
        let root = dir.path().display();
        let imapd_conf = dir.write("imapd.conf", imapd_configuration(dir.path()));
        let imapd = imapd_conf.display();
        let bin = tree.join("usr/lib/cyrus/bin");
        let b = bin.display();
        let cyrus_conf = dir.write(
            "cyrus.conf",
            format!(
                "START {{\n  recover cmd=\"{b}/ctl_cyrusdb -C {imapd} -r\"\n}}\n\
                 SERVICES {{\n  imap cmd=\"{b}/imapd -C {imapd}\" \
                 listen=\"127.0.0.1:{imap_port}\" prefork=1 proto=\"tcp4\"\n  \
                 http cmd=\"{b}/httpd -C {imapd}\" listen=\"127.0.0.1:{dav_port}\" \
                 prefork=0 proto=\"tcp4\"\n}}\n\
                 EVENTS {{\n}}\n\
                 DAEMON {{\n  idled cmd=\"{b}/idled -C {imapd}\"\n}}\n"
            ),
        );
        let this = |program: &Path| {
            let mut command = Command::new(program);
            command.env("LD_LIBRARY_PATH", libraries(&tree));
            command
        };
        for user in users {
            // Cyrus writes a transcript of a user's sessions where it finds this directory.
            give(&dir.make(&format!("conf/log/{}", user.name)));
            add_user(this(&tree.join("usr/sbin/saslpasswd2")), dir.path(), user)?;
        }
        give(&dir.path().join("sasldb2"));

        let mut command = this(&bin.join("master"));
        command
            .args(["-D", "-C"])
            .arg(&imapd_conf)
            .arg("-M")
            .arg(&cyrus_conf)
            .arg("-p")
            .arg(format!("{root}/master.pid"));
        let log = dir.path().join("cyrus.log");
        let mut process = Running::start("cyrus", command, &log)
            .map_err(|error| format!("cyrus cannot be started: {error}"))?;
        process.until_listening(imap_port)?;
        Ok(Self {
            _process: process,
            imap_port,
            dav_port,
            tree,
            _dir: dir,
        })
    }

    /// Where the unpacked server lies.
    pub fn tree(&self) -> &Path {
        &self.tree
    }
}

fn libraries(tree: &Path) -> String {
    let tree = tree.display();
    format!("{tree}/usr/lib/x86_64-linux-gnu:{tree}/usr/lib/aarch64-linux-gnu:{tree}/usr/lib")
}

fn add_user(mut command: Command, root: &Path, user: &User) -> Result<(), String> {
    use std::io::Write as _;
    let (local, domain) = user
        .name
        .split_once('@')
        .unwrap_or((&user.name, "example.com"));
    let mut child = command
        .args(["-p", "-c", "-f"])
        .arg(root.join("sasldb2"))
        .args(["-u", domain, local])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| format!("saslpasswd2 cannot be started: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = writeln!(stdin, "{}", user.password);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("saslpasswd2 failed: {other:?}")),
    }
}

fn imapd_configuration(root: &Path) -> String {
    let root = root.display();
    format!(
        "\
configdirectory: {root}/conf
partition-default: {root}/spool
defaultpartition: default
proc_path: {root}/conf/proc
mboxname_lockpath: {root}/conf/lock
idlesocket: {root}/sockets/idle
notifysocket: {root}/sockets/notify
lmtpsocket: {root}/sockets/lmtp
cyrus_user: nobody
failedloginpause: 0
admins: cyrus
proxyservers: master@example.com
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {root}/sasldb2
sasl_mech_list: PLAIN LOGIN
virtdomains: userid
unixhierarchysep: yes
altnamespace: yes
munge8bit: no
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Sent | Drafts | Trash | Junk | Archive
autocreate_subscribe_folders: Sent | Drafts | Trash | Junk | Archive
conversations: 1
conversations_db: twoskip
xlist-sent: Sent
xlist-drafts: Drafts
xlist-trash: Trash
xlist-junk: Junk
xlist-archive: Archive
httpmodules: caldav carddav
caldav_realm: airgate-test
calendar_user_address_set: example.com
caldav_historical_age: -1
httpallowcompress: no
"
    )
}
