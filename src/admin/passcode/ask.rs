//! Asking for a mail password: at the terminal without showing it, or one line of standard input
//! where that is no terminal. Never from the command line, which every process on the machine can
//! read.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use async_trait::async_trait;
use secrecy::SecretString;
use zeroize::{Zeroize as _, Zeroizing};

use crate::gate::vault::MAX_PASSWORD;
use crate::identity::UserId;

/// Whoever knows the mail password.
#[async_trait]
pub trait AskPassword: Send {
    /// # Errors
    /// When nothing can be read.
    async fn mail_password(&mut self, user: &UserId) -> io::Result<SecretString>;
}

/// Standard input, a terminal or not.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardInput;

/// What a shell expects of a program that Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// The terminal's echo, off while this lives. The standard library cannot turn it off and this
/// crate has no unsafe code, so `stty` does it.
struct Hidden;

impl Hidden {
    /// `None` where there is no `stty`: then the input shows, and the operator is told.
    fn begin() -> Option<Self> {
        stty("-echo").then_some(Self)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        stty("echo");
        let _ = writeln!(io::stderr());
    }
}

#[async_trait]
impl AskPassword for StandardInput {
    async fn mail_password(&mut self, user: &UserId) -> io::Result<SecretString> {
        if !io::stdin().is_terminal() {
            return line_of_input().await;
        }
        let hidden = Hidden::begin();
        let note = if hidden.is_some() {
            ""
        } else {
            " (it will show)"
        };
        let mut errors = io::stderr();
        write!(errors, "Mail password of {user}{note}: ")?;
        errors.flush()?;
        // Ctrl-C must not leave the terminal mute, and the thread that reads it cannot be woken.
        tokio::select! {
            line = line_of_input() => line,
            _ = tokio::signal::ctrl_c() => {
                drop(hidden);
                std::process::exit(INTERRUPTED)
            }
        }
    }
}

async fn line_of_input() -> io::Result<SecretString> {
    tokio::task::spawn_blocking(|| read_line(&mut io::stdin().lock()))
        .await
        .map_err(io::Error::other)?
}

/// One line without its end; the buffer has its full size from the start, so that growing leaves no
/// copies behind.
fn read_line(input: &mut dyn io::BufRead) -> io::Result<SecretString> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD + 2));
    let mut limited = io::Read::take(input, MAX_PASSWORD as u64 + 2);
    limited.read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "no mail password was given: type it, or pipe it in as one line",
        ));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    if line.len() > MAX_PASSWORD {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a mail password can have at most {MAX_PASSWORD} bytes"),
        ));
    }
    match String::from_utf8(std::mem::take(&mut *line)) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the mail password is not UTF-8",
            ))
        }
    }
}

fn stty(mode: &str) -> bool {
    Command::new("stty")
        .arg(mode)
        .stdin(Stdio::inherit())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(input: &[u8]) -> Option<String> {
        read_line(&mut io::Cursor::new(input))
            .ok()
            .map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn one_line_is_the_password() {
        for (input, expected) in [
            (&b"hunter2\n"[..], Some("hunter2")),
            (b"hunter2\r\nmore\n", Some("hunter2")),
            (b"no line end", Some("no line end")),
            (b" blanks stay \n", Some(" blanks stay ")),
            (b"\n", Some("")),
            (b"", None),
            (b"\xff\n", None),
        ] {
            assert_eq!(read(input).as_deref(), expected, "{input:?}");
        }
        assert!(read(&vec![b'x'; MAX_PASSWORD]).is_some());
        assert!(read(&vec![b'x'; MAX_PASSWORD + 1]).is_none());
        assert!(read(&vec![b'x'; 1_000_000]).is_none());
    }
}
