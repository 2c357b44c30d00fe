//! Radicale: calendars and address books in files, all components everywhere, no scheduling.

use std::process::Command;

use super::User;
use super::packages::program;
use crate::support::process::{RunDir, Running, free_port};

/// A running Radicale.
#[derive(Debug)]
pub struct Radicale {
    process: Option<Running>,
    pub port: u16,
    dir: RunDir,
}

/// What it may be told beside the usual.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Collections nobody may write to, as regular expressions of paths without slashes at the ends.
    pub read_only: Option<String>,
}

impl Radicale {
    /// # Errors
    /// It is not installed.
    pub fn available() -> Result<(), String> {
        program("radicale")
    }

    /// Starts it; ready when this returns. Users have no collections yet.
    ///
    /// # Panics
    /// When it does not come up, with the end of its log.
    pub fn start(users: &[User], settings: &Settings) -> Self {
        let dir = RunDir::new("radicale");
        dir.make("collections");
        let passwords: String = users
            .iter()
            .map(|user| format!("{}:{}\n", user.name, user.password))
            .collect();
        dir.write("users", passwords);
        let mut radicale = Self {
            process: None,
            port: free_port(),
            dir,
        };
        radicale.fix(settings.read_only.as_deref());
        for _ in 0..2 {
            if radicale.try_start().is_ok() {
                return radicale;
            }
            radicale.port = free_port();
        }
        radicale.restart();
        radicale
    }

    /// Which collections nobody may write to from now on; it looks at every request.
    pub fn fix(&self, read_only: Option<&str>) {
        let fixed = read_only
            .map(|pattern| format!("[fixed]\nuser: .+\ncollection: {pattern}\npermissions: r\n\n"));
        // What `owner_only` says, behind what is fixed.
        self.dir.write(
            "rights",
            format!(
                "{}[root]\nuser: .+\ncollection:\npermissions: R\n\n\
                 [principal]\nuser: .+\ncollection: {{user}}\npermissions: RW\n\n\
                 [own]\nuser: .+\ncollection: {{user}}/[^/]+\npermissions: rw\n",
                fixed.unwrap_or_default()
            ),
        );
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

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Running::log).unwrap_or_default()
    }

    fn try_start(&mut self) -> Result<(), String> {
        let root = self.dir.path().display();
        let config = self.dir.write(
            "config",
            format!(
                "[server]\nhosts = 127.0.0.1:{}\nmax_connections = 100\n\
                 [auth]\ntype = htpasswd\nhtpasswd_filename = {root}/users\n\
                 htpasswd_encryption = plain\ndelay = 0\n\
                 [rights]\ntype = from_file\nfile = {root}/rights\n\
                 [storage]\nfilesystem_folder = {root}/collections\n\
                 [web]\ntype = none\n[logging]\nlevel = info\n",
                self.port
            ),
        );
        let mut command = Command::new("radicale");
        command.arg("--config").arg(config);
        let log = self.dir.path().join("radicale.log");
        let mut process = Running::start("radicale", command, &log)
            .map_err(|error| format!("radicale cannot be started: {error}"))?;
        process.until_listening(self.port)?;
        self.process = Some(process);
        Ok(())
    }
}
