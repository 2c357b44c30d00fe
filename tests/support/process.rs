//! Child processes that cannot outlive the test.
//!
//! Each child leads a process group of its own, and beside it sits a guard: a shell that waits for
//! the end of a pipe whose other end only this test holds. However the test ends (return, panic,
//! the runner's SIGKILL), the pipe closes and the guard kills the group. Servers fork, so killing
//! the one process we started would leave the rest behind.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it listens. A busy two-core machine is slow; a server that is
/// not up by then never will be.
const READY: Duration = Duration::from_secs(9);

/// How often a wait looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The lines of a log shown when a test fails.
const TAIL: usize = 40;

/// What the names of all run directories begin with.
const PREFIX: &str = "airgate-test-";

/// Directories that failed or killed tests left behind go after this time.
const KEPT: Duration = Duration::from_secs(1200);

/// A directory for one test: removed at the end, kept (and named) when the test fails.
#[derive(Debug)]
pub struct RunDir {
    dir: Option<tempfile::TempDir>,
    path: PathBuf,
}

impl RunDir {
    /// Makes one that every user may enter, because mail servers drop root.
    pub fn new(name: &str) -> Self {
        let dir = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{name}-"))
            .tempdir_in(place())
            .expect("a temporary directory");
        let path = dir.path().to_owned();
        open_to_all(&path);
        Self {
            dir: Some(dir),
            path,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A directory in it, open to all.
    pub fn make(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path).expect("a directory in the run directory");
        open_to_all(&path);
        path
    }

    /// Writes a file in it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, content).expect("a file in the run directory");
        path
    }
}

/// Memory when there is enough of it, because making 20,000 files takes seconds on a disk; else
/// `/tmp`. Both are short: a socket's path may not exceed 107 bytes.
fn place() -> &'static Path {
    const SHARED_MEMORY: &str = "/dev/shm";
    const ENOUGH_BYTES: u64 = 1 << 30;
    static PLACE: OnceLock<&Path> = OnceLock::new();
    PLACE.get_or_init(|| {
        let free = Command::new("stat")
            .args(["--file-system", "--format=%a %S", SHARED_MEMORY])
            .output()
            .ok()
            .and_then(|output| String::from_utf8(output.stdout).ok())
            .and_then(|text| {
                let (blocks, size) = text.trim().split_once(' ')?;
                blocks.parse::<u64>().ok()?.checked_mul(size.parse().ok()?)
            });
        let place = if free.is_some_and(|free| free > ENOUGH_BYTES) {
            Path::new(SHARED_MEMORY)
        } else {
            Path::new("/tmp")
        };
        sweep(place);
        place
    })
}

/// Removes what earlier runs left, which in memory would add up.
fn sweep(place: &Path) {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let old = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > KEPT));
        if old && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if thread::panicking()
            && let Some(dir) = self.dir.take()
        {
            eprintln!("kept for a look: {}", dir.keep().display());
        }
    }
}

/// Lets every user read and enter a directory.
pub fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .expect("the test made this directory");
}

/// A child process with its group and its guard.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    guard: Child,
    lifeline: Option<ChildStdin>,
    log: PathBuf,
}

impl Running {
    /// Starts `command`, its output going to `log`.
    ///
    /// # Errors
    /// The program is not there or cannot be started.
    pub fn start(name: &str, mut command: Command, log: &Path) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let mut guard = Command::new("/bin/sh")
            .args(["-c", "read _; kill -s KILL -- -$1 2>/dev/null", "guard"])
            .arg(child.id().to_string())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let lifeline = guard.stdin.take();
        Ok(Self {
            name: name.to_owned(),
            child,
            guard,
            lifeline,
            log: log.to_owned(),
        })
    }

    /// The process id of the leader.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the leader is still there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until `ready` says yes.
    ///
    /// # Errors
    /// The process ended before, or [`READY`] has passed; the text carries the end of the log.
    pub fn until(&mut self, mut ready: impl FnMut() -> bool) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if ready() {
                return Ok(());
            }
            if !self.is_alive() {
                return Err(format!("{} ended at start\n{}", self.name, self.log_tail()));
            }
            if start.elapsed() > READY {
                return Err(format!("{} is not ready\n{}", self.name, self.log_tail()));
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Waits until something accepts on the port.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub fn until_listening(&mut self, port: u16) -> Result<(), String> {
        self.until(|| TcpStream::connect(loopback(port)).is_ok())
    }

    /// Asks the leader to end and waits for it; kills it when it does not.
    pub fn terminate(mut self) -> Option<ExitStatus> {
        signal("TERM", self.child.id());
        let start = Instant::now();
        while start.elapsed() < READY {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(LOOK_AGAIN);
        }
        None
    }

    /// Kills the whole group at once, as a crash would.
    pub fn kill(self) {
        drop(self);
    }

    /// All that was logged so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let from = lines.len().saturating_sub(TAIL);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- {} said last ---\n{}", self.name, self.log_tail());
        }
        // End of file is the guard's word to kill.
        drop(self.lifeline.take());
        let _ = self.guard.wait();
        let group = self.child.id();
        let _ = self.child.wait();
        // The others die a moment later, and until then they hold the ports.
        let start = Instant::now();
        while group_lives(group) && start.elapsed() < READY {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

/// Whether a process of the group is not dead yet. Zombies do not count: they hold nothing, and in
/// a container without an init they stay.
fn group_lives(group: u32) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok())
        .any(|stat| {
            // `pid (name) state ppid pgrp ...`; the name may hold anything.
            let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
            let state = fields.next();
            state != Some("Z") && fields.nth(1).and_then(|id| id.parse().ok()) == Some(group)
        })
}

/// Sends a signal to one process.
pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .stderr(Stdio::null())
        .status();
    assert!(sent.is_ok(), "no kill command on this machine");
}

/// The loopback address with this port.
pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A port nobody listens on now. Taken below the range of the kernel's own choice, so that no
/// outgoing connection of another test sits on it a moment later.
pub fn free_port() -> u16 {
    use std::collections::hash_map::RandomState;
    use std::hash::{BuildHasher as _, Hasher as _};
    for _ in 0..1000 {
        let random = RandomState::new().build_hasher().finish();
        let port = 12_000 + u16::try_from(random % 18_000).unwrap_or(0);
        if TcpListener::bind(loopback(port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on loopback");
}

/// Runs a command to its end.
///
/// # Panics
/// When it fails; its output is in the message.
pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed:\n{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}
