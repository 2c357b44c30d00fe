//! The command line verbs that are no server: each is a function of its input that returns what to
//! print, so that tests call what the operator calls.

pub mod audit;
pub mod desk;
pub mod device;
pub mod doctor;
pub mod init;
pub mod keys;
pub mod logging;
pub mod passcode;
pub mod policy;
mod shown;
pub mod undo;
pub mod user;
pub mod wbxml_view;

use std::io::{self, BufRead as _, IsTerminal as _};

use secrecy::SecretString;

/// One line from standard input, for secrets that shall not stand on a command line.
///
/// # Errors
/// Standard input that cannot be read, or ends at once.
pub fn read_secret() -> anyhow::Result<SecretString> {
    if io::stdin().is_terminal() {
        eprint!("password: ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        anyhow::bail!("no password was given on standard input");
    }
    Ok(secret.to_owned().into())
}
