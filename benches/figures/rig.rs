//! The servers of the benches: Dovecot's mail in memory, Airgate's database on the disk, so that a
//! commit costs what a commit costs.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::backend::dovecot::Dovecot;
use crate::support::process::loopback;
use crate::support::server::{Server, Settings};

/// A state directory on the disk.
pub fn state() -> TempDir {
    tempfile::Builder::new()
        .prefix("figures-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("the target directory is writable")
}

/// An Airgate in front of a mail server, without TLS.
pub fn server(imap_port: u16, state: PathBuf, adjust: impl FnOnce(Settings) -> Settings) -> Server {
    let settings = Settings::new(&format!("imap://{}", loopback(imap_port)))
        .state_in(state)
        .variable("RUST_LOG", "warn");
    adjust(settings).start()
}

/// The database below a state directory.
pub fn database(server: &Server) -> PathBuf {
    server.state().join("airgate.db")
}

/// What a Dovecot for many users needs beyond the usual: processes that serve many each, so that a
/// thousand users do not mean a thousand processes.
pub const MANY_USERS: &str = "\
service imap {
  client_limit = 100
  service_count = 0
}
default_vsz_limit = 1G
";

/// Puts a Dovecot's name into errors.
pub const fn port(dovecot: &Dovecot) -> u16 {
    dovecot.imap_port
}
