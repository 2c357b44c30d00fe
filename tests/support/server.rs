//! The real `airgate serve`, as a process: started, killed, started again on the same state.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::Arc;

use super::backend::User;
use super::process::{RunDir, Running, free_port, loopback, signal};
use super::tls::Certificate;

/// Where its certificate comes from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Tls {
    #[default]
    Off,
    /// Files made by the test.
    Files,
    /// Made by the server itself.
    SelfSigned,
}

/// A passcode as `airgate passcode add` showed it.
#[derive(Clone, Debug)]
pub struct Passcode {
    pub id: String,
    pub code: String,
}

/// How to start it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    imap: Option<String>,
    smtp: Option<String>,
    tls: Tls,
    backend_ca: Option<PathBuf>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    toml: String,
    state: Option<PathBuf>,
}

impl Settings {
    /// In front of these servers, without TLS, mail passwords accepted, and no notices: a mail that
    /// comes by itself would be one too many in most tests.
    pub fn new(imap: &str) -> Self {
        Self {
            environment: vec![("AIRGATE_NOTICES_ENABLED".to_owned(), "false".to_owned())],
            imap: Some(imap.to_owned()),
            arguments: vec!["--accept-mail-password".to_owned()],
            ..Self::default()
        }
    }

    /// In front of this IMAP server instead.
    pub fn imap(mut self, url: &str) -> Self {
        self.imap = Some(url.to_owned());
        self
    }

    /// With this submission server.
    pub fn smtp(mut self, url: &str) -> Self {
        self.smtp = Some(url.to_owned());
        self
    }

    /// With this server of calendars and address books.
    pub fn dav(self, url: &str) -> Self {
        self.argument("--caldav")
            .argument(url)
            .argument("--carddav")
            .argument(url)
    }

    /// With TLS, by a certificate made here.
    pub fn tls(mut self) -> Self {
        self.tls = Tls::Files;
        self
    }

    /// With TLS, by a certificate that the server makes and keeps.
    pub fn self_signed(mut self) -> Self {
        self.tls = Tls::SelfSigned;
        self
    }

    /// Trusting this certificate of a backend.
    pub fn trusting(mut self, certificate: &Certificate) -> Self {
        self.backend_ca = Some(certificate.certificate.clone());
        self
    }

    /// With one more argument.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Without passing mail passwords through: passcodes only.
    pub fn only_passcodes(mut self) -> Self {
        self.arguments
            .retain(|argument| argument != "--accept-mail-password");
        self
    }

    /// With a variable, such as `AIRGATE_LIMITS_BODY`.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With more lines of configuration.
    pub fn toml(mut self, lines: &str) -> Self {
        self.toml.push_str(lines);
        self.toml.push('\n');
        self
    }

    /// With its state in this directory instead of the run's own.
    pub fn state_in(mut self, directory: PathBuf) -> Self {
        self.state = Some(directory);
        self
    }

    /// Starts it; ready when this returns.
    ///
    /// # Panics
    /// When it does not get ready, with the end of its log.
    pub fn start(self) -> Server {
        let dir = RunDir::new("server");
        let certificate = (self.tls == Tls::Files).then(|| Certificate::make(&dir));
        let config = dir.write("airgate.toml", &self.toml);
        dir.make("state");
        let mut server = Server {
            process: None,
            port: free_port(),
            certificate,
            config,
            settings: self,
            dir,
        };
        // Another process can take the port between our look and the server's bind.
        for _ in 0..2 {
            if server.try_start().is_ok() {
                return server;
            }
            server.port = free_port();
        }
        server.start();
        server
    }
}

/// A running (or stopped) Airgate.
#[derive(Debug)]
pub struct Server {
    process: Option<Running>,
    port: u16,
    certificate: Option<Certificate>,
    config: PathBuf,
    settings: Settings,
    dir: RunDir,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    /// What a phone must trust; `None` without TLS.
    pub fn trust(&self) -> Option<Arc<rustls::ClientConfig>> {
        if self.settings.tls == Tls::SelfSigned {
            let file = self.state().join("tls/self-signed.pem");
            return Some(Certificate::trust(&file));
        }
        self.certificate.as_ref().map(Certificate::client)
    }

    /// Its certificate, for rotation tests.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Its configuration file, read at the next start.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        let own = || self.dir.path().join("state");
        self.settings.state.clone().unwrap_or_else(own)
    }

    /// Starts it again on the same state and port.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn start(&mut self) {
        if let Err(trouble) = self.try_start() {
            panic!("{trouble}");
        }
    }

    fn try_start(&mut self) -> Result<(), String> {
        let address = self.address();
        let tls = match (self.settings.tls, &self.certificate) {
            (Tls::SelfSigned, _) => "self-signed".to_owned(),
            (_, Some(pair)) => format!("{},{}", pair.certificate.display(), pair.key.display()),
            (_, None) => "off".to_owned(),
        };
        let mut command = self.program();
        command
            .arg("serve")
            .arg("--config")
            .arg(&self.config)
            .arg("--listen")
            .arg(address.to_string())
            .args(["--tls", &tls])
            .arg("--state")
            .arg(self.state());
        for (flag, value) in [
            ("--imap", &self.settings.imap),
            ("--smtp", &self.settings.smtp),
        ] {
            if let Some(value) = value {
                command.args([flag, value]);
            }
        }
        if let Some(ca) = &self.settings.backend_ca {
            command.env("AIRGATE_BACKEND_CA_FILE", ca);
        }
        command.args(&self.settings.arguments);
        let log = self.dir.path().join("airgate.log");
        let before = self.ready_lines();
        let mut process = Running::start("airgate", command, &log)
            .map_err(|error| format!("airgate cannot be started: {error}"))?;
        let announced = {
            let log = log.clone();
            move || ready_lines(&log) > before
        };
        process.until(announced)?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills it as a power cut would (F4).
    pub fn kill_nine(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Asks it to end and waits; `None` when it had to be killed.
    pub fn terminate(&mut self) -> Option<ExitStatus> {
        self.process.take()?.terminate()
    }

    /// Sends it a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it runs");
        signal(name, process.pid());
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").pid()
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))
            .expect("a running process");
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| {
                rest.trim()
                    .trim_end_matches("kB")
                    .trim()
                    .parse::<u64>()
                    .ok()
            })
            .map(|kib| kib * 1024)
            .expect("Linux tells it")
    }

    /// Where it logs.
    pub fn log_file(&self) -> PathBuf {
        self.dir.path().join("airgate.log")
    }

    /// All it logged since the first start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Runs another verb of the program on the same state, such as `passcode add`; gives what it
    /// prints.
    ///
    /// # Panics
    /// When it fails.
    pub fn verb(&self, arguments: &[&str]) -> String {
        let mut command = self.program();
        command.args(arguments).arg("--state").arg(self.state());
        super::process::run(&mut command)
    }

    /// What the program says about itself.
    pub fn help(&self, arguments: &[&str]) -> String {
        let mut command = self.program();
        super::process::run(command.args(arguments))
    }

    /// The same as [`Self::verb`] with something on its standard input, whatever comes of it.
    pub fn verb_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.program();
        command.args(arguments).arg("--config").arg(&self.config);
        command.arg("--state").arg(self.state());
        if let Some(imap) = &self.settings.imap {
            command.args(["--imap", imap]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("our own program");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }

    /// Makes a passcode for a user on the command line, the mail password on standard input.
    ///
    /// # Panics
    /// When it is not made.
    pub fn passcode(&self, user: &User, more: &[&str]) -> Passcode {
        let mut arguments = vec!["passcode", "add", &user.name, "--name", "My phone"];
        arguments.extend(more);
        let output = self.verb_with(&arguments, &format!("{}\n", user.password));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}{errors}");
        let (_, id) = text.split_once("(id ").expect("it shows the id");
        let (id, rest) = id.split_once(')').expect("it shows the id");
        let code = rest
            .lines()
            .find_map(|line| line.strip_prefix("    "))
            .expect("it shows the passcode");
        Passcode {
            id: id.to_owned(),
            code: code.to_owned(),
        }
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_airgate"));
        // What a developer has set for his own server is not for ours.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AIRGATE_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.dir.path())
            .env("RUST_BACKTRACE", "1")
            .envs(self.settings.environment.iter().cloned());
        command
    }

    fn ready_lines(&self) -> usize {
        ready_lines(&self.dir.path().join("airgate.log"))
    }
}

/// How often the log says that the server is ready.
fn ready_lines(log: &Path) -> usize {
    std::fs::read_to_string(log)
        .unwrap_or_default()
        .matches("airgate ready on ")
        .count()
}
