//! What can go wrong with a submission, one variant per reason that someone handles differently.

use std::fmt;

use crate::backend::sasl::SaslFault;
use crate::failure::Failure;

/// A refusal in the server's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    pub code: u16,
    /// The enhanced status code (RFC 3463), zeros where the server gave none.
    pub enhanced: [u8; 3],
    pub text: String,
}

/// Why a mail was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error("the submission server cannot be reached: {0}")]
    Unreachable(String),
    /// Before the final dot: the mail certainly was not sent.
    #[error("the submission server did not answer in time")]
    Timeout,
    /// The same, by a cut.
    #[error("the submission server broke off: {0}")]
    Disconnected(String),
    #[error("the submission server refused the login: {0}")]
    LoginRefused(Reply),
    /// 4xx anywhere: try again later.
    #[error("the submission server refuses for the moment: {0}")]
    NotNow(Reply),
    #[error("the submission server refused the sender: {0}")]
    SenderRefused(Reply),
    #[error("the submission server refused the recipient {address}: {reply}")]
    RecipientRefused { address: String, reply: Reply },
    #[error("the mail is too large for the submission server (limit {limit} bytes)")]
    TooLarge { limit: u64 },
    /// 5xx to the mail itself.
    #[error("the submission server refused the mail: {0}")]
    Rejected(Reply),
    /// The connection was cut between the final dot and its answer: perhaps sent (S17).
    #[error("it is not known whether the mail was sent: {0}")]
    Unknown(String),
    #[error("the mail has no recipient")]
    NoRecipient,
    #[error("{0:?} is no address")]
    BadAddress(String),
    #[error("the submission server offers no way to sign in that we speak")]
    NoMechanism,
    #[error("this login cannot be sent")]
    Login(#[from] SaslFault),
    /// The server does not take 8-bit addresses, and this one is the sender's or a recipient's.
    #[error(
        "the submission server takes no international addresses (SMTPUTF8) such as {address:?}"
    )]
    NeedsUtf8 { address: String, sender: bool },
    /// The mail could not be read to its end while it was handed over: it was not sent.
    #[error("the mail could not be read")]
    Source(#[source] Failure),
    #[error("the submission server offers no STARTTLS")]
    NoStartTls,
}

/// Longest text of the server's kept.
const MAX_TEXT: usize = 200;

impl Reply {
    /// A reply made fit for a log line (T49).
    pub(super) fn new(code: u16, enhanced: [u8; 3], text: &str) -> Self {
        let text = text
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_TEXT)
            .collect();
        Self {
            code,
            enhanced,
            text,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [class, subject, detail] = self.enhanced;
        if class != 0 {
            return write!(f, "{} {class}.{subject}.{detail} {}", self.code, self.text);
        }
        write!(f, "{} {}", self.code, self.text)
    }
}
