//! Courier IMAP, unpacked beside Dovecot and run in a mount namespace of its own.
//!
//! Courier has its paths compiled in, so the namespace lays the unpacked `/usr` and `/etc` over
//! the machine's and gives it a private `/run`; nothing outside the namespace changes.

use std::path::PathBuf;
use std::process::Command;

use super::User;
use super::maildir::{MAIL_GID, MAIL_UID, Maildir, give};
use super::packages::unpacked;
use crate::support::process::{RunDir, Running, free_port, run};

/// A running Courier.
#[derive(Debug)]
pub struct Courier {
    _process: Running,
    /// Plain IMAP.
    pub imap_port: u16,
    dir: RunDir,
}

/// Runs inside the namespace. `$1` is the unpacked tree, `$2` the run directory, `$3` the port.
const INSIDE: &str = r#"
set -e
mount -t overlay airgate-etc -o "lowerdir=$1/etc:/etc" /etc
mount -t overlay airgate-usr -o "lowerdir=$1/usr:/usr" /usr
mount -t tmpfs airgate-run /run
mkdir -p /run/courier/authdaemon
mount --bind "$2/etc" /etc/courier
export LD_LIBRARY_PATH=/usr/lib
makeuserdb
/usr/lib/courier/courier-authlib/authdaemond &
until [ -S /run/courier/authdaemon/socket ]; do sleep 0.01; done
set -a
. "$1/etc/courier/imapd"
IMAP_STARTTLS=NO IMAP_TLS_REQUIRED=0 IMAP_EMPTYTRASH= IMAP_ACL=0 IMAP_USELOCKS=0
IMAP_IDLE_TIMEOUT=1 IMAP_CHECK_ALL_FOLDERS=1
exec /usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup \
  -noidentlookup "$3" /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
"#;

impl Courier {
    /// # Errors
    /// What is not installed.
    pub fn available() -> Result<(), String> {
        unpacked("courier").map(|_| ())
    }

    /// Starts it; ready when this returns. Every user has Sent, Drafts and Trash.
    ///
    /// # Panics
    /// When it does not come up, with the end of its log.
    pub fn start(users: &[User]) -> Self {
        let mut trouble = String::new();
        for _ in 0..3 {
            match Self::try_start(users) {
                Ok(courier) => return courier,
                Err(text) => trouble = text,
            }
        }
        panic!("{trouble}");
    }

    fn try_start(users: &[User]) -> Result<Self, String> {
        use std::os::unix::fs::PermissionsExt as _;
        let tree = unpacked("courier")?;
        let dir = RunDir::new("courier");
        dir.make("etc");
        give(&dir.make("mail"));
        let root = dir.path().display();
        let mut userdb = String::new();
        for user in users {
            let hash = run(Command::new("openssl").args(["passwd", "-6", &user.password]));
            userdb.push_str(&format!(
                "{name}\tuid={MAIL_UID}|gid={MAIL_GID}|home={root}/mail/{name}|\
                 mail={root}/mail/{name}/Maildir|systempw={}\n",
                hash.trim(),
                name = user.name,
            ));
        }
        let userdb = dir.write("etc/userdb", userdb);
        std::fs::set_permissions(userdb, std::fs::Permissions::from_mode(0o600))
            .expect("we own the file");
        dir.write(
            "etc/authdaemonrc",
            "authmodulelist=\"authuserdb\"\nauthmodulelistorig=\"authuserdb\"\ndaemons=2\n\
             authdaemonvar=/run/courier/authdaemon\nDEBUG_LOGIN=0\nDEFAULTOPTIONS=\"\"\n\
             LOGGEROPTS=\"\"\n",
        );
        let imap_port = free_port();
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                INSIDE,
                "courier",
            ])
            .arg(&tree)
            .arg(dir.path())
            .arg(imap_port.to_string());
        let log = dir.path().join("courier.log");
        let mut process = Running::start("courier", command, &log)
            .map_err(|error| format!("courier cannot be started: {error}"))?;
        process.until_listening(imap_port)?;
        let courier = Self {
            _process: process,
            imap_port,
            dir,
        };
        for user in users {
            let maildir = courier.maildir(user);
            for folder in ["Sent", "Drafts", "Trash"] {
                maildir.make_folder(folder);
            }
        }
        Ok(courier)
    }

    /// The user's mail on disk.
    pub fn maildir(&self, user: &User) -> Maildir {
        let home: PathBuf = self.dir.path().join("mail").join(&user.name);
        std::fs::create_dir_all(&home).expect("a home can be made");
        give(&home);
        Maildir::at(home.join("Maildir"))
    }
}
