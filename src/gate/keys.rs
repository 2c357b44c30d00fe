//! The server's own keys (C17): one for passcode hashes, one for the vault. 32 bytes each in a file
//! of mode 0600 beside the database, made at the first start. Every row names its key by an id, so
//! that a lost or exchanged key is recognised instead of looking like wrong passcodes.
//!
//! A key that is exchanged (`airgate rotate-key`) goes on under `old/` beside the new ones until no row
//! names it any more: what it made opens with it, and is made anew with the new key whenever the
//! secret that belongs to it comes by. A running server sees the new files by itself.
//!
//! Losing a key costs the passcodes made with it, nothing else: docs/passcodes.md says how to
//! recover. A database or backup without the keys opens nothing (T47), so keep them apart.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// One key.
#[derive(Clone)]
pub struct ServerKey {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// The two keys of a server, and those before them.
#[derive(Clone, Debug)]
pub struct ServerKeys {
    /// Passcode hashes (C2).
    pub credential: ServerKey,
    /// The vault (C4).
    pub vault: ServerKey,
    /// Exchanged for the present ones; rows may still name them.
    old: Vec<ServerKey>,
    /// Where they were read.
    directory: Option<PathBuf>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot {what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} must be {KEY_BYTES} bytes long, it has {length}; restore it from a backup")]
    Length { path: PathBuf, length: u64 },
    #[error("{path} can be read by others (mode {mode:03o}); run: chmod 600 {path}")]
    Open { path: PathBuf, mode: u32 },
    #[error("these keys lie in no directory")]
    Nowhere,
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

/// Which of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    Credential,
    Vault,
}

const KEY_BYTES: usize = 32;
/// Where exchanged keys lie, under the directory of the present ones.
const OLD: &str = "old";

impl ServerKeys {
    /// Reads `keys/credential.key` and `keys/vault.key` under the state directory, and makes what
    /// is not there. Two processes that start at once end with the same keys.
    ///
    /// # Errors
    /// A file that cannot be read or made, has another length, or can be read by others.
    pub fn load(state: &Path) -> Result<Self, KeyError> {
        Self::load_from(&state.join("keys"))
    }

    /// The same from a directory of their own, such as systemd's for credentials.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_from(directory: &Path) -> Result<Self, KeyError> {
        if !directory.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(file_error("make", directory))?;
        }
        Ok(Self {
            credential: ServerKey::load(&directory.join(Purpose::Credential.file()))?,
            vault: ServerKey::load(&directory.join(Purpose::Vault.file()))?,
            old: read_old(&directory.join(OLD))?,
            directory: Some(directory.to_owned()),
        })
    }

    /// Keys that are kept nowhere: for tests.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Ok(Self {
            credential: ServerKey::generate()?,
            vault: ServerKey::generate()?,
            old: Vec::new(),
            directory: None,
        })
    }

    /// The key with this id, present or old.
    pub fn named(&self, id: &str) -> Option<&ServerKey> {
        [&self.credential, &self.vault]
            .into_iter()
            .chain(&self.old)
            .find(|key| key.id() == id)
    }

    /// Keys that were exchanged.
    pub fn old(&self) -> &[ServerKey] {
        &self.old
    }

    /// The keys as they are on disk now; `None` when there are no others than these.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn reread(&self) -> Result<Option<Self>, KeyError> {
        let Some(directory) = &self.directory else {
            return Ok(None);
        };
        let now = Self::load_from(directory)?;
        let ids = |keys: &Self| -> Vec<String> {
            let all = [&keys.credential, &keys.vault].into_iter().chain(&keys.old);
            all.map(|key| key.id().to_owned()).collect()
        };
        Ok((ids(&now) != ids(self)).then_some(now))
    }

    /// Puts a new key in place of one of the two; the one before stays under `old/`. Whatever
    /// moment this is cut at, every key that rows name is still there.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn rotate(&self, purpose: Purpose) -> Result<Self, KeyError> {
        let directory = self.directory.as_ref().ok_or(KeyError::Nowhere)?;
        let old = directory.join(OLD);
        if !old.exists() {
            DirBuilder::new()
                .mode(0o700)
                .create(&old)
                .map_err(file_error("make", &old))?;
        }
        let key = match purpose {
            Purpose::Credential => &self.credential,
            Purpose::Vault => &self.vault,
        };
        let path = directory.join(purpose.file());
        let kept = old.join(format!("{}.key", key.id()));
        match fs::hard_link(&path, &kept) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(file_error("keep", &kept)(error));
            }
            _ => sync_directory(&old)?,
        }
        let draft = ServerKey::draft(&path)?;
        fs::rename(&draft, &path).map_err(file_error("replace", &path))?;
        sync_directory(directory)?;
        Self::load_from(directory)
    }

    /// Removes the file of an old key that no row names any more; the caller has looked.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn drop_old(&self, id: &str) -> Result<(), KeyError> {
        let directory = self.directory.as_ref().ok_or(KeyError::Nowhere)?;
        let path = directory.join(OLD).join(format!("{id}.key"));
        fs::remove_file(&path).map_err(file_error("remove", &path))
    }
}

impl Purpose {
    const fn file(self) -> &'static str {
        match self {
            Self::Credential => "credential.key",
            Self::Vault => "vault.key",
        }
    }
}

impl ServerKey {
    /// What rows name it by; says nothing about the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// HMAC-SHA256 over parts, each with its length before it: a proof that this server wrote them.
    pub fn authenticate(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        super::hash::authenticate(&self.bytes, purpose, parts)
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self::of(bytes))
    }

    fn of(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let digest = Sha256::new()
            .chain_update(b"airgate key id 1")
            .chain_update(bytes.as_slice())
            .finalize();
        // 64 bits: enough to tell keys apart, far too few to find one.
        let id = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self { id, bytes }
    }

    fn load(path: &Path) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::make(path)?;
                // Whoever was first, this is the key everyone has.
                Self::read(path)
            }
            other => other,
        }
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let mut file = File::open(path).map_err(file_error("open", path))?;
        let metadata = file.metadata().map_err(file_error("read", path))?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Open {
                path: path.to_owned(),
                mode,
            });
        }
        if metadata.len() != KEY_BYTES as u64 {
            return Err(KeyError::Length {
                path: path.to_owned(),
                length: metadata.len(),
            });
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        file.read_exact(bytes.as_mut_slice())
            .map_err(file_error("read", path))?;
        Ok(Self::of(bytes))
    }

    /// Writes a whole key beside the path and links it there, so that no one ever sees half a key
    /// and no one's key is overwritten.
    fn make(path: &Path) -> Result<(), KeyError> {
        let draft = Self::draft(path)?;
        let linked = fs::hard_link(&draft, path);
        let removed = fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(file_error("make", path)(error));
            }
            _ => removed.map_err(file_error("remove", &draft))?,
        }
        path.parent().map_or(Ok(()), sync_directory)
    }

    /// A new key in a file beside the path.
    fn draft(path: &Path) -> Result<PathBuf, KeyError> {
        let key = Self::generate()?;
        let draft = path.with_extension(format!("new{:08x}", getrandom::u32()?));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)
            .map_err(file_error("make", &draft))?;
        file.write_all(key.bytes())
            .and_then(|()| file.sync_all())
            .map_err(file_error("write", &draft))?;
        Ok(draft)
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKey({}, ***)", self.id)
    }
}

/// All keys under `old/`, by name, so that two readings give the same.
fn read_old(directory: &Path) -> Result<Vec<ServerKey>, KeyError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file_error("read", directory)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(file_error("read", directory))?.path();
        if path.extension().is_some_and(|extension| extension == "key") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| ServerKey::read(path)).collect()
}

fn sync_directory(directory: &Path) -> Result<(), KeyError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(file_error("write", directory))
}

fn file_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::File { what, path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn c17_keys_are_made_once_and_kept() {
        let state = tempfile::tempdir().unwrap();
        let first = ServerKeys::load(state.path()).unwrap();
        let again = ServerKeys::load(state.path()).unwrap();
        assert_eq!(first.credential.id(), again.credential.id());
        assert_eq!(first.vault.bytes(), again.vault.bytes());
        assert_ne!(first.credential.bytes(), first.vault.bytes());
        let mut files = 0;
        for entry in fs::read_dir(state.path().join("keys")).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().mode() & 0o777;
            assert_eq!(mode, 0o600);
            files += 1;
        }
        assert_eq!(files, 2, "no drafts are left");
    }

    #[test]
    fn c17_an_exchanged_key_stays_until_nobody_needs_it() {
        let state = tempfile::tempdir().unwrap();
        let first = ServerKeys::load(state.path()).unwrap();
        assert!(first.reread().unwrap().is_none());
        let second = first.rotate(Purpose::Credential).unwrap();
        assert_ne!(second.credential.id(), first.credential.id());
        assert_eq!(second.vault.id(), first.vault.id());
        let kept = second.named(first.credential.id()).unwrap();
        assert_eq!(kept.bytes(), first.credential.bytes());
        // Whoever has the old ones in memory finds the new ones.
        let reread = first.reread().unwrap().unwrap();
        assert_eq!(reread.credential.id(), second.credential.id());
        let third = second.rotate(Purpose::Vault).unwrap();
        assert_eq!(third.old().len(), 2);
        third.drop_old(first.credential.id()).unwrap();
        let left = ServerKeys::load(state.path()).unwrap();
        assert!(left.named(first.credential.id()).is_none());
        assert!(left.named(first.vault.id()).is_some());
    }

    #[test]
    fn processes_that_start_at_once_end_with_one_key() {
        let state = tempfile::tempdir().unwrap();
        let ids: Vec<String> = std::thread::scope(|scope| {
            let load = || {
                ServerKeys::load(state.path())
                    .unwrap()
                    .vault
                    .id()
                    .to_owned()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]));
    }

    #[test]
    fn a_key_others_can_read_or_a_cut_one_is_refused() {
        let state = tempfile::tempdir().unwrap();
        ServerKeys::load(state.path()).unwrap();
        let path = state.path().join("keys/vault.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = ServerKeys::load(state.path()).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"short").unwrap();
        let error = ServerKeys::load(state.path()).unwrap_err().to_string();
        assert!(
            error.contains("vault.key") && error.contains('5'),
            "{error}"
        );
    }
}
