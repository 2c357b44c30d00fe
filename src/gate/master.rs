//! A master identity that logs in for users at the backend (C6): then no mail password is kept at all.
//!
//! Dovecot knows it as `alice@example.com*master` or by SASL's authorisation identity, Cyrus by the
//! latter (`proxyservers`, `admins`). It is used for users who have a passcode only, and always with
//! the user's canonical name, in which nothing can be taken for the separator (T43).

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::vault::MAX_PASSWORD;
use crate::identity::UserId;

/// Who it is.
#[derive(Clone, Debug)]
pub struct Master {
    pub name: String,
    pub secret: SecretString,
    pub form: Form,
}

/// How the backend is told for whom it logs in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Form {
    /// `user` + this + `master`, as one name.
    Separator(String),
    /// SASL PLAIN with an authorisation identity.
    Authzid,
}

/// Why a master's secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    #[error("cannot read {path}")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} can be read by others (mode {mode:03o}); run: chmod 400 {path}")]
    Open { path: PathBuf, mode: u32 },
    #[error("{0} holds no secret of one line")]
    Empty(PathBuf),
}

impl Master {
    /// Names of a login and whom it acts for; `None` for a user whose name could be read as two.
    pub(super) fn names(&self, user: &UserId) -> Option<(String, Option<String>)> {
        let user = user.as_str();
        match &self.form {
            Form::Separator(separator) if user.contains(separator.as_str()) => None,
            Form::Separator(separator) => Some((format!("{user}{separator}{}", self.name), None)),
            Form::Authzid => Some((self.name.clone(), Some(user.to_owned()))),
        }
    }
}

/// Reads a secret from a file nobody else can read: systemd's credentials are such.
///
/// # Errors
/// [`MasterError`].
pub fn read_secret(path: &Path) -> Result<SecretString, MasterError> {
    let error = |source| MasterError::File {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(error)?;
    let mode = file.metadata().map_err(error)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(MasterError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::with_capacity(MAX_PASSWORD + 2));
    file.take(MAX_PASSWORD as u64 + 2)
        .read_to_string(&mut text)
        .map_err(error)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.len() > MAX_PASSWORD || secret.contains(char::is_control) {
        return Err(MasterError::Empty(path.to_owned()));
    }
    Ok(SecretString::from(secret))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn t43_a_name_is_never_two() {
        let master = |form| Master {
            name: "master".into(),
            secret: SecretString::from("key"),
            form,
        };
        let user = |name: &str| UserId::parse(name, None).unwrap();
        let dovecot = master(Form::Separator("*".into()));
        assert_eq!(
            dovecot.names(&user("alice@example.com")),
            Some(("alice@example.com*master".into(), None))
        );
        let odd = master(Form::Separator("%".into()));
        assert_eq!(odd.names(&user("alice%bob@example.com")), None);
        let cyrus = master(Form::Authzid);
        assert_eq!(
            cyrus.names(&user("ALICE")),
            Some(("master".into(), Some("alice".into())))
        );
        for name in ["alice*admin", "alice\0bob", "*"] {
            assert!(UserId::parse(name, None).is_err(), "{name:?}");
        }
    }

    #[test]
    fn c6_a_secret_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master");
        std::fs::write(&path, "key of the master\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o644);
        let error = read_secret(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 400"), "{error}");
        mode(0o400);
        let secret = read_secret(&path).unwrap();
        assert_eq!(secret.expose_secret(), "key of the master");
        mode(0o600);
        for bad in ["", "\n", "two\nlines"] {
            std::fs::write(&path, bad).unwrap();
            assert!(
                matches!(read_secret(&path), Err(MasterError::Empty(_))),
                "{bad:?}"
            );
        }
    }
}
