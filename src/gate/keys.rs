//! The server's own keys (C17): one for passcode hashes, one for the vault. 32 bytes each in a file
//! of mode 0600 beside the database, made at the first start. Every row names its key by an id, so
//! that a lost or exchanged key is recognised instead of looking like wrong passcodes.
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

/// The two keys of a server.
#[derive(Clone, Debug)]
pub struct ServerKeys {
    /// Passcode hashes (C2).
    pub credential: ServerKey,
    /// The vault (C4).
    pub vault: ServerKey,
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
    #[error("the operating system gives no random numbers")]
    Random(#[from] getrandom::Error),
}

const KEY_BYTES: usize = 32;

impl ServerKeys {
    /// Reads `keys/credential.key` and `keys/vault.key` under the state directory, and makes what
    /// is not there. Two processes that start at once end with the same keys.
    ///
    /// # Errors
    /// A file that cannot be read or made, has another length, or can be read by others.
    pub fn load(state: &Path) -> Result<Self, KeyError> {
        let directory = state.join("keys");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(file_error("make", &directory))?;
        Ok(Self {
            credential: ServerKey::load(&directory.join("credential.key"))?,
            vault: ServerKey::load(&directory.join("vault.key"))?,
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
        })
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
        let key = Self::generate()?;
        let draft = path.with_extension(format!("new{:08x}", getrandom::u32()?));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)
            .map_err(file_error("make", &draft))?;
        let written = file.write_all(key.bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&draft, path));
        let removed = fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(file_error("make", path)(error));
            }
            _ => removed.map_err(file_error("remove", &draft))?,
        }
        if let Some(directory) = path.parent() {
            File::open(directory)
                .and_then(|directory| directory.sync_all())
                .map_err(file_error("write", directory))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKey({}, ***)", self.id)
    }
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
