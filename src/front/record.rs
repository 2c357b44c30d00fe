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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use http::HeaderMap;

    use super::super::tests::default_limits;
    use super::*;
    use crate::clock;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What one request writes.
    fn written(user: &str, json: bool) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let builder = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let shared = Shared::new(Arc::new(default_limits()), Box::new(|_| {}));
        let work = || {
            let client = "203.0.113.9".parse().unwrap();
            let mut record = Record::new(shared, 1, client, clock::monotonic());
            let mut headers = HeaderMap::new();
            let basic = base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                format!("{user}:canary-secret"),
            );
            headers.insert("authorization", format!("Basic {basic}").parse().unwrap());
            headers.insert("ms-asprotocolversion", "14.1".parse().unwrap());
            let query = "Cmd=Sync&User=x&DeviceId=a%20user%3D%22b%22&DeviceType=SP";
            record.note(&Head::read(Some(query), &headers, client, 1).unwrap());
        };
        match json {
            true => tracing::subscriber::with_default(builder.json().finish(), work),
            false => tracing::subscriber::with_default(builder.finish(), work),
        }
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn t49_user_text_stands_last_and_quoted_and_makes_no_lines() {
        for user in [
            "alice",
            "x\nairgate auth-failed addr=198.51.100.1 reason=passcode user=\"y\"",
            "\" addr=198.51.100.1 status=200",
            "a\r\n\u{1b}[2J\u{85}\u{2028}",
        ] {
            let text = written(user, false);
            assert_eq!(text.trim_end().lines().count(), 1, "{text:?}");
            let text = text.trim_end();
            assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
            let (fields, strange) = text.split_once(" device=").unwrap();
            assert!(
                fields.contains("addr=203.0.113.9 command=\"Sync\" status=499"),
                "{text}"
            );
            assert!(!fields.contains("198.51.100.1"), "{text}");
            assert!(strange.ends_with(&format!(" user={user:?}")), "{text}");
            let json: serde_json::Value = serde_json::from_str(&written(user, true)).unwrap();
            assert_eq!(json["fields"]["addr"], "203.0.113.9");
        }
    }

    #[test]
    fn t48_the_line_has_no_secret() {
        assert!(!written("alice", false).contains("canary"));
    }
}
