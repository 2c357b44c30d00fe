//! What crosses the boundary from the rooms below to a command: whose fault it is and what helps,
//! since that decides the answer to the phone (S30).

use std::error::Error;
use std::fmt;

/// Something went wrong below a command.
#[derive(Debug)]
pub struct Failure {
    pub blame: Blame,
    pub remedy: Remedy,
    source: Box<dyn Error + Send + Sync>,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// The phone asked for something impossible.
    Device,
    /// A mail, calendar or contact server.
    Backend,
    /// Airgate itself: its database, its disk.
    Gateway,
}

/// What would help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remedy {
    /// Ask again later; nothing is lost.
    RetryLater,
    /// The backend refused the user's secret; frozen until it changes (T40).
    FreshSecret,
    /// The mailbox or message named does not exist (any more).
    ResyncFolders,
    /// The mailbox is full.
    FreeSpace,
    /// The backend forbids it: read-only, no right.
    Forbidden,
    /// Nothing: asking again gives the same answer.
    None,
}

impl Failure {
    pub fn new(
        blame: Blame,
        remedy: Remedy,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            blame,
            remedy,
            source: source.into(),
        }
    }

    /// A fault of Airgate's own that may pass.
    pub fn gateway(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Blame::Gateway, Remedy::RetryLater, source)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.blame {
            Blame::Device => "the request",
            Blame::Backend => "the backend",
            Blame::Gateway => "the gateway",
        };
        write!(f, "{who} failed")
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// An error with all its sources on one line, for logs.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
