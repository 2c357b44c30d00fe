//! Xandikos: calendars and address books in git. It knows no passwords: whoever comes is its one
//! user.

use std::process::Command;

use super::User;
use super::packages::program;
use crate::support::process::{RunDir, Running, free_port};

/// A running Xandikos.
#[derive(Debug)]
pub struct Xandikos {
    process: Option<Running>,
    pub port: u16,
    principal: String,
    dir: RunDir,
}

impl Xandikos {
    /// # Errors
    /// It is not installed.
    pub fn available() -> Result<(), String> {
        program("xandikos")
    }

    /// Starts it for one user, who has a calendar `calendar` and an address book `addressbook`;
    /// ready when this returns.
    ///
    /// # Panics
    /// When it does not come up, with the end of its log.
    pub fn start(user: &User) -> Self {
        let local = user.name.split('@').next().unwrap_or_default();
        let dir = RunDir::new("xandikos");
        dir.make("store");
        let mut xandikos = Self {
            process: None,
            port: free_port(),
            principal: format!("/{local}"),
            dir,
        };
        for _ in 0..2 {
            if xandikos.try_start().is_ok() {
                return xandikos;
            }
            xandikos.port = free_port();
        }
        xandikos.restart();
        xandikos
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port with what it has.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        if let Err(trouble) = self.try_start() {
            panic!("{trouble}");
        }
    }

    /// The path of the user's principal.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    fn try_start(&mut self) -> Result<(), String> {
        let mut command = Command::new("xandikos");
        command
            .args(["--listen-address", "127.0.0.1", "--port"])
            .arg(self.port.to_string())
            .arg("--directory")
            .arg(self.dir.path().join("store"))
            .args(["--current-user-principal", &self.principal])
            .args(["--defaults", "--autocreate"]);
        let log = self.dir.path().join("xandikos.log");
        let mut process = Running::start("xandikos", command, &log)
            .map_err(|error| format!("xandikos cannot be started: {error}"))?;
        process.until_listening(self.port)?;
        self.process = Some(process);
        Ok(())
    }
}
