//! What can go wrong behind the IMAP client, one variant per reason that someone handles
//! differently.

use airgate_codec::imap::{BadArgument, Code, FramingFault, MailboxName, Status};
use tokio::time::Instant;

use crate::backend::sasl::SaslFault;
use crate::failure::{Blame, Failure, Remedy};

/// Why an IMAP request has no answer. Never means "nothing there" (S7).
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// No connection: refused, no route, no such name, TLS not trusted.
    #[error("the mail server cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended: BYE, end of stream, reset.
    #[error("the mail server closed the connection: {0}")]
    Disconnected(String),
    /// A deadline passed; the connection is gone (T33).
    #[error("the mail server did not answer in time")]
    Timeout,
    /// The server says the name or the secret is wrong. Trying again changes nothing (T40).
    #[error("the mail server refused the login: {0}")]
    LoginRefused(String),
    /// The server cannot check logins at the moment, or the user has too many connections.
    #[error("the mail server cannot take the login at the moment: {0}")]
    LoginUnavailable(String),
    #[error("there is no such mailbox")]
    NoMailbox(MailboxName),
    /// The mailbox to be made is there already.
    #[error("the mailbox exists already")]
    MailboxExists(MailboxName),
    /// A mailbox to be made or renamed that the server would not have under this name.
    #[error("the mail server takes no such mailbox: {0}")]
    BadName(String),
    /// The user lacks the right.
    #[error("the mail server denies it: {0}")]
    Denied(String),
    #[error("the mailbox is full")]
    OverQuota,
    #[error("the mailbox is read-only")]
    ReadOnly,
    /// A message or section above what the server takes or we keep in memory.
    #[error("too large")]
    TooLarge,
    /// Another NO or BAD.
    #[error("the mail server refused the command: {0}")]
    Refused(String),
    /// What the server sent is not IMAP, or not complete enough to rely on.
    #[error("the mail server broke the protocol: {0}")]
    Protocol(String),
    /// All of the user's connections stayed in use.
    #[error("all connections of this user are in use")]
    Busy,
    /// The backend failed repeatedly and is left alone for a moment (T60).
    #[error("the mail server failed repeatedly and is left alone for a moment")]
    BreakerOpen { until: Instant },
    /// The server lacks the extension; do it another way.
    #[error("the mail server does not offer {0}")]
    Unsupported(&'static str),
    /// An argument that cannot be put into a command (T24).
    #[error("this cannot be said in IMAP")]
    Argument(#[from] BadArgument),
    /// A command that needs a mailbox came before [`Session::select`](super::Session::select).
    #[error("no mailbox is selected")]
    NothingSelected,
    /// The receiver of a stream went away.
    #[error("nobody takes the octets any more")]
    SinkClosed,
}

impl ImapError {
    /// Whether the connection it happened on is of no further use.
    pub(super) const fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Disconnected(_)
                | Self::Timeout
                | Self::Protocol(_)
                | Self::SinkClosed
        )
    }

    /// Reads a tagged NO or BAD. `mailbox` is the one the command was about, if any.
    pub(super) fn from_refusal(
        status: Status,
        code: Option<&Code>,
        text: &str,
        mailbox: Option<&MailboxName>,
    ) -> Self {
        let text = printable(text);
        match (code, mailbox) {
            (Some(Code::NonExistent | Code::TryCreate), Some(name)) => {
                Self::NoMailbox(name.clone())
            }
            (Some(Code::AlreadyExists), Some(name)) => Self::MailboxExists(name.clone()),
            (Some(Code::NoPerm | Code::AuthorizationFailed | Code::Cannot), _) => {
                Self::Denied(text)
            }
            (Some(Code::OverQuota), _) => Self::OverQuota,
            (Some(Code::ReadOnly), _) => Self::ReadOnly,
            (Some(Code::TooBig), _) => Self::TooLarge,
            _ if status == Status::Bad => Self::Refused(format!("BAD {text}")),
            _ => Self::Refused(text),
        }
    }

    /// Reads the refusal of a login. Only a NO that does not blame the server's own state freezes
    /// the secret; in doubt about BAD, it is not the user's fault.
    pub(super) fn from_login_refusal(status: Status, code: Option<&Code>, text: &str) -> Self {
        let said = printable(text);
        match code {
            Some(
                Code::AuthenticationFailed
                | Code::AuthorizationFailed
                | Code::Expired
                | Code::ContactAdmin,
            ) => Self::LoginRefused(said),
            Some(
                Code::Unavailable
                | Code::InUse
                | Code::Limit
                | Code::ServerBug
                | Code::Corruption
                | Code::PrivacyRequired,
            ) => Self::LoginUnavailable(said),
            _ if status == Status::No && !sounds_temporary(text) => Self::LoginRefused(said),
            _ => Self::LoginUnavailable(said),
        }
    }
}

impl From<FramingFault> for ImapError {
    fn from(fault: FramingFault) -> Self {
        Self::Protocol(fault.to_string())
    }
}

impl From<SaslFault> for ImapError {
    /// A name or secret no mechanism can carry is as wrong as a wrong one.
    fn from(fault: SaslFault) -> Self {
        match fault {
            SaslFault::TooManyChallenges => Self::Protocol(fault.to_string()),
            _ => Self::LoginRefused(fault.to_string()),
        }
    }
}

impl From<ImapError> for Failure {
    fn from(error: ImapError) -> Self {
        let (blame, remedy) = match &error {
            ImapError::LoginRefused(_) => (Blame::Backend, Remedy::FreshSecret),
            ImapError::NoMailbox(_) => (Blame::Backend, Remedy::ResyncFolders),
            ImapError::OverQuota => (Blame::Backend, Remedy::FreeSpace),
            ImapError::Denied(_) | ImapError::ReadOnly => (Blame::Backend, Remedy::Forbidden),
            ImapError::TooLarge | ImapError::Refused(_) | ImapError::BadName(_) => {
                (Blame::Backend, Remedy::None)
            }
            ImapError::MailboxExists(_) | ImapError::Argument(_) => (Blame::Device, Remedy::None),
            ImapError::NothingSelected | ImapError::Unsupported(_) => {
                (Blame::Gateway, Remedy::None)
            }
            ImapError::SinkClosed => (Blame::Device, Remedy::RetryLater),
            ImapError::Busy => (Blame::Gateway, Remedy::RetryLater),
            ImapError::Unreachable(_)
            | ImapError::Disconnected(_)
            | ImapError::Timeout
            | ImapError::LoginUnavailable(_)
            | ImapError::Protocol(_)
            | ImapError::BreakerOpen { .. } => (Blame::Backend, Remedy::RetryLater),
        };
        Self::new(blame, remedy, error)
    }
}

/// Server text for logs: one line, bounded (T49).
pub(in crate::backend) fn printable(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect()
}

/// Servers without RFC 5530 codes say it in words: Dovecot before 2.0, Courier, Cyrus.
fn sounds_temporary(text: &str) -> bool {
    const WORDS: [&str; 7] = [
        "temporar",
        "try again",
        "later",
        "unavailable",
        "too many",
        "maximum number of connections",
        "internal error",
    ];
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t40_only_a_refused_secret_is_a_refused_login() {
        use Status::{Bad, No};
        for (status, code, text, refused) in [
            (
                No,
                Some(Code::AuthenticationFailed),
                "Authentication failed.",
                true,
            ),
            (
                No,
                Some(Code::Unavailable),
                "Temporary authentication failure.",
                false,
            ),
            (No, Some(Code::Expired), "Password expired", true),
            (No, Some(Code::Limit), "Too many connections", false),
            (No, None, "LOGIN failed.", true),
            (No, None, "Temporary problem, please try again later", false),
            (Bad, None, "Command unknown", false),
        ] {
            let error = ImapError::from_login_refusal(status, code.as_ref(), text);
            assert_eq!(
                matches!(error, ImapError::LoginRefused(_)),
                refused,
                "{text}"
            );
        }
    }

    #[test]
    fn t49_server_text_is_one_bounded_line() {
        let said = printable(&format!("a\r\nb{}", "x".repeat(1000)));
        assert!(said.starts_with("a  b") && said.len() == 200);
    }
}
