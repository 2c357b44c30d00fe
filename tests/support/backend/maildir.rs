//! Writing into a Maildir behind the server's back: the fastest way to have a large folder, and
//! exactly what a delivery agent does.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use crate::support::mail;

/// The one system user that owns all test mail. Servers refuse to serve mail as root, and every
/// Debian has this one.
pub const MAIL_UID: u32 = 65_534;
/// The group of [`MAIL_UID`].
pub const MAIL_GID: u32 = 65_534;

/// One user's Maildir++ tree.
#[derive(Clone, Debug)]
pub struct Maildir {
    root: PathBuf,
}

impl Maildir {
    /// Makes the tree when it is not there.
    pub fn at(root: PathBuf) -> Self {
        make_box(&root);
        Self { root }
    }

    /// The directory of a folder; `folder` is as IMAP has it (modified UTF-7), levels by `/`.
    pub fn folder(&self, folder: &str) -> PathBuf {
        if folder.eq_ignore_ascii_case("INBOX") {
            self.root.clone()
        } else {
            self.root.join(format!(".{}", folder.replace('/', ".")))
        }
    }

    /// Makes a folder. Safe while the server runs.
    pub fn make_folder(&self, folder: &str) {
        let path = self.folder(folder);
        if !path.join("cur").is_dir() {
            make_box(&path);
            let mark = path.join("maildirfolder");
            fs::write(&mark, b"").expect("a Maildir is writable");
            give(&mark);
        }
    }

    /// Delivers one mail: written in `tmp`, renamed to `new`. A waiting IDLE sees it.
    pub fn deliver(&self, folder: &str, message: &[u8]) {
        let path = self.folder(folder);
        let name = unique_name(mail::now(), message.len());
        let from = path.join("tmp").join(&name);
        write_open(&from, message);
        fs::rename(&from, path.join("new").join(&name)).expect("tmp and new are on one disk");
    }

    /// Puts a mail there that arrived at this time, unseen: any octets at all, which an APPEND
    /// would refuse.
    pub fn deliver_at(&self, folder: &str, seconds: u64, message: &[u8]) {
        let name = unique_name(seconds, message.len());
        // The size with CRLF stands in the name: of a mail with bare LF we do not know it.
        let name = name.rsplit_once(",W=").map_or(&*name, |(name, _)| name);
        let file = write_open(
            &self.folder(folder).join("cur").join(format!("{name}:2,")),
            message,
        );
        let when = UNIX_EPOCH + Duration::from_secs(seconds);
        file.set_modified(when).expect("we own the file");
    }

    /// Writes mails of these numbers, every third one read; UIDs follow the numbers in a folder
    /// the server has not looked at.
    pub fn fill(&self, folder: &str, numbers: Range<u64>) {
        self.make_folder(folder);
        let path = self.folder(folder);
        for n in numbers {
            let message = mail::numbered(n);
            let delivered = mail::delivered(n);
            let name = unique_name(delivered, message.len());
            let place = if n % 3 == 0 {
                path.join("cur").join(format!("{name}:2,S"))
            } else {
                path.join("cur").join(format!("{name}:2,"))
            };
            let file = write_open(&place, &message);
            let when = UNIX_EPOCH + Duration::from_secs(delivered);
            file.set_modified(when).expect("we own the file");
        }
    }

    /// How many mails lie in a folder, whatever any index says.
    pub fn count(&self, folder: &str) -> usize {
        ["cur", "new"]
            .iter()
            .filter_map(|part| fs::read_dir(self.folder(folder).join(part)).ok())
            .map(Iterator::count)
            .sum()
    }

    /// The mails of a folder as they lie on disk.
    pub fn messages(&self, folder: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for part in ["cur", "new"] {
            for entry in fs::read_dir(self.folder(folder).join(part))
                .into_iter()
                .flatten()
            {
                let path = entry.expect("a readable directory").path();
                found.push(fs::read(path).expect("a readable mail"));
            }
        }
        found
    }

    /// Forgets the server's numbering of a folder: the next SELECT gives another UIDVALIDITY. No
    /// session may have the folder open.
    pub fn lose_uids(&self, folder: &str) {
        let path = self.folder(folder);
        for entry in fs::read_dir(&path).expect("the folder is there") {
            let entry = entry.expect("a readable directory").path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            // `dovecot-uidvalidity*` stays: it keeps Dovecot from giving the old value again.
            let numbering = ["dovecot-uidlist", "dovecot.index"];
            if numbering.iter().any(|start| name.starts_with(start))
                || name.starts_with("courierimapuiddb")
            {
                let _ = fs::remove_file(&entry);
            }
        }
    }
}

fn make_box(path: &Path) {
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(path.join(part)).expect("a Maildir can be made");
        give(&path.join(part));
    }
    give(path);
}

/// Hands a path to the mail user.
pub fn give(path: &Path) {
    std::os::unix::fs::chown(path, Some(MAIL_UID), Some(MAIL_GID))
        .expect("the end-to-end tests run as root");
}

/// A file the mail user may read though root wrote it: one system call less per mail than giving
/// it away, and the directory's owner may rename and remove it all the same.
fn write_open(path: &Path, content: &[u8]) -> fs::File {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o666)
        .open(path)
        .expect("a Maildir is writable");
    if file
        .metadata()
        .is_ok_and(|meta| meta.permissions().mode() & 0o044 != 0o044)
    {
        file.set_permissions(fs::Permissions::from_mode(0o666))
            .expect("we own the file");
    }
    file.write_all(content).expect("room on disk");
    file
}

/// Servers number new mails in the order of the seconds and then the `M` part.
fn unique_name(seconds: u64, size: usize) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    format!("{seconds}.M{n:09}P{process}.airgate,S={size},W={size}")
}
