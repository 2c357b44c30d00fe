//! The machine and what stands between it and the phones: clock, descriptors, proxies.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::report::Section;
use crate::clock;
use crate::config::{Config, Tls};
use crate::front;

/// When this was written; no clock can rightly be before it. 2026-11-24.
const EARLIEST: i64 = 1_795_478_400;
/// How far a file of ours may lie in the future.
const AHEAD: i64 = 3600;
/// Fewer descriptors are a few hundred phones.
const FEW_DESCRIPTORS: usize = 4096;
/// What firewalls should leave a waiting phone at least, by Microsoft's advice.
const SHORT_WAIT: Duration = Duration::from_secs(900);

pub(super) fn examine(config: &Config) -> Section {
    let mut section = Section::new("Machine and network");
    time(
        clock::now_seconds(),
        newest(&config.state),
        Path::new("/run/systemd"),
        &mut section,
    );
    match front::descriptors() {
        Some(limit) if limit < FEW_DESCRIPTORS => section.warn(
            format!("a process here may open {limit} files"),
            "Each waiting phone takes one, its user's mail server one or two more. Set LimitNOFILE=524288 in \
             the unit, or ulimit -n.",
        ),
        Some(limit) => section.good(format!("a process here may open {limit} files")),
        None => section.note("it is not known how many files may be open", ""),
    }
    waiting(config, &mut section);
    section
}

/// A clock far off lets mails leave windows, codes fail and certificates run out.
fn time(now: i64, newest: Option<i64>, systemd: &Path, section: &mut Section) {
    let shown = Timestamp::from_second(now).map_or_else(|_| now.to_string(), |t| t.to_string());
    let help = "Set it, and let it be kept (systemd-timesyncd, chrony).";
    if now < EARLIEST {
        section.problem(format!("the clock is wrong: it says {shown}"), help);
    } else if newest.is_some_and(|newest| newest > now.saturating_add(AHEAD)) {
        section.problem(
            format!("the clock was set back: it says {shown}, and the state was written later"),
            help,
        );
    } else {
        section.good(format!("the clock says {shown}"));
    }
    if systemd.join("system").exists() && !systemd.join("timesync/synchronized").exists() {
        section.note(
            "systemd-timesyncd does not keep the clock",
            "Fine if something else does (chrony, ntpd, the host of a virtual machine).",
        );
    }
}

/// When the state was written last.
fn newest(state: &Path) -> Option<i64> {
    use std::os::unix::fs::MetadataExt as _;
    ["airgate.db", "airgate.db-wal"]
        .iter()
        .filter_map(|name| fs::metadata(state.join(name)).ok())
        .map(|metadata| metadata.mtime())
        .max()
}

/// How long phones may wait, and what must not cut them.
fn waiting(config: &Config, section: &mut Section) {
    let longest = config.heartbeat.max;
    if longest < SHORT_WAIT {
        section.warn(
            format!("phones may wait for news {} s at most", longest.as_secs()),
            "Each time they come again costs battery; below 15 minutes it shows. Raise heartbeat.max if no \
             proxy or firewall in between cuts earlier.",
        );
    }
    let proxied = config.tls == Tls::Off || !config.trusted_proxies.is_empty();
    let needed = longest.as_secs() + 60;
    if proxied {
        section.note(
            format!("a proxy is in front: it must leave a silent request {needed} s"),
            format!(
                "nginx: proxy_read_timeout {needed}s; proxy_buffering off; proxy_request_buffering off; \
                 client_max_body_size above limits.max_message. HAProxy: timeout server {needed}s. A wait that is \
                 cut costs a phone hours of push."
            ),
        );
    }
    if config.tls == Tls::Off && config.trusted_proxies.is_empty() {
        section.warn(
            "TLS is off and no proxy is trusted",
            "Then every phone seems to come from the proxy's address, and they are throttled together: name it \
             in trusted_proxies.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::doctor::Grade;

    #[test]
    fn t63_a_clock_that_cannot_be_right_is_a_problem() {
        let nowhere = Path::new("/nowhere");
        for (now, newest, grade) in [
            (0, None, Grade::Problem),
            (EARLIEST + 86_400, None, Grade::Good),
            (EARLIEST + 86_400, Some(EARLIEST), Grade::Good),
            (EARLIEST + 86_400, Some(EARLIEST + 86_400 + 10), Grade::Good),
            (
                EARLIEST + 86_400,
                Some(EARLIEST + 10 * 86_400),
                Grade::Problem,
            ),
        ] {
            let mut section = Section::new("");
            time(now, newest, nowhere, &mut section);
            assert_eq!(section.findings.len(), 1);
            assert_eq!(section.findings[0].grade, grade, "{now} {newest:?}");
        }
    }
}
