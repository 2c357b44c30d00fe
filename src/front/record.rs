//! One line per request, written when its answer is sent or given up, whatever happened (T49: text a
//! stranger chose stands last and quoted). It also frees the connection for the next request.

use std::net::IpAddr;
use std::sync::Arc;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use http::StatusCode;
use tokio::time::Instant;

use super::guard::Shared;
use super::request::{Authorization, Head};

/// Text of strangers is cut in logs.
const MAX_TEXT: usize = 128;

/// What is told about a request.
pub(super) struct Record {
    shared: Arc<Shared>,
    pub id: u64,
    pub client: IpAddr,
    pub started: Instant,
    pub command: Option<CommandName>,
    /// What it was if it was no command.
    pub what: &'static str,
    version: Option<ProtocolVersion>,
    device: Option<String>,
    user: Option<String>,
    /// None until there is an answer: the phone went away first.
    pub status: Option<StatusCode>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// The answer was cut.
    pub broken: bool,
    /// Not worth a line unless debugging: probes.
    pub quiet: bool,
}

impl Record {
    pub(super) fn new(shared: Arc<Shared>, id: u64, client: IpAddr, started: Instant) -> Self {
        Self {
            shared,
            id,
            client,
            started,
            command: None,
            what: "other",
            version: None,
            device: None,
            user: None,
            status: None,
            bytes_in: 0,
            bytes_out: 0,
            broken: false,
            quiet: false,
        }
    }

    /// Notes who asks what.
    pub(super) fn note(&mut self, head: &Head) {
        self.version = head.version;
        if let Some(line) = &head.line {
            self.command = Some(line.command);
            self.device = Some(cut(&line.device_id));
        }
        if let Some(Authorization::Basic { user, .. }) = &head.authorization {
            self.user = Some(cut(user));
        }
    }

    /// The id as the answer and the log show it.
    pub(super) fn id_text(&self) -> String {
        format!("{:016x}", self.id)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.shared.finished();
        let took = self.started.elapsed();
        let what = self.command.map_or(self.what, CommandName::as_str);
        let status = self.status.map_or(499, |status| status.as_u16());
        metrics::counter!(
            "airgate_http_requests_total",
            "command" => what,
            "status" => status.to_string(),
        )
        .increment(1);
        metrics::histogram!("airgate_request_duration_seconds", "command" => what).record(took);
        let end = match (self.status, self.broken) {
            (None, _) => "phone gone",
            (_, true) => "cut",
            _ => "sent",
        };
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: "airgate::request",
                    $level,
                    id = %self.id_text(),
                    addr = %self.client,
                    command = what,
                    status,
                    end,
                    ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                    bytes_in = self.bytes_in,
                    bytes_out = self.bytes_out,
                    version = self.version.map_or("-", ProtocolVersion::as_str),
                    device = ?self.device.as_deref().unwrap_or("-"),
                    user = ?self.user.as_deref().unwrap_or("-"),
                )
            };
        }
        match self.quiet {
            true => line!(tracing::Level::DEBUG),
            false => line!(tracing::Level::INFO),
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
