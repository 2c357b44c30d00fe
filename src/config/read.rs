//! Gives raw values their meaning, collecting every complaint.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use tracing_subscriber::EnvFilter;

use super::keys;
use super::problem::{Complaint, ConfigErrors, Origin, Problem};
use super::sources::Sources;
use super::url::{BadUrl, DavUrl, ServerUrl};
use super::values::{self, Value};
use super::{
    AccessDefaults, Aliases, Backend, Config, Folders, Heartbeat, Limits, Loaded, Log, LogFormat,
    MasterLogin, Network, Notices, Policy, Portal, PublicUrl, ReadReceipts, SaveSent, Sending,
    SharedFolders, Tls, VersionCap,
};
use crate::gate::master::Form;
use crate::gate::policy::{FactorRule, NewDevices};
use crate::identity::UserId;
use crate::language::Language;
use crate::store::credentials::MAX_PER_USER;

/// Shorter, and a server with many users is asked without end; longer, and new mail is old.
const POLL_MIN: Duration = Duration::from_millis(100);
const POLL_MAX: Duration = Duration::from_secs(900);
/// The protocol's bounds on heartbeats ([MS-ASCMD] 2.2.3.79 gives Ping 60 to 3540 s).
const HEARTBEAT_MIN: Duration = Duration::from_secs(60);
const HEARTBEAT_MAX: Duration = Duration::from_secs(3540);

/// Reads everything; see [`Config::load`].
pub(super) fn config(sources: Sources) -> Result<Loaded, ConfigErrors> {
    let mut reader = Reader { sources };
    let config = reader.config();
    reader.cross_checks(config.as_ref());
    let Sources {
        mut problems,
        mut warnings,
        ..
    } = reader.sources;
    problems.sort_by_key(|problem| problem.origin.order());
    warnings.sort_by_key(|problem| problem.origin.order());
    match config {
        Some(config) if problems.is_empty() => Ok(Loaded { config, warnings }),
        _ => Err(ConfigErrors(problems)),
    }
}

struct Reader {
    sources: Sources,
}

impl Reader {
    /// None when a value with a default could not be read; the problems say which.
    fn config(&mut self) -> Option<Config> {
        // Each is read before any `?`, so that every complaint is heard.
        let listen = self.required("listen", listen);
        let tls = self.required("tls", tls);
        let state = match (self.sources.value("state"), &self.sources.state_directory) {
            (None, Some(directory)) => Some(PathBuf::from(directory)),
            _ => self.required("state", |value| values::text(value).map(PathBuf::from)),
        };
        let imap = self.optional("imap", |value| {
            server(value, ServerUrl::imap, "imaps://mail.example.com")
        });
        let smtp = self.optional("smtp", |value| {
            server(value, ServerUrl::smtp, "submissions://mail.example.com")
        });
        let caldav = self.optional("caldav", dav);
        let carddav = self.optional("carddav", dav);
        let accept_mail_password = self.required("accept_mail_password", values::boolean);
        let access = self.access();
        let notices = self.notices();
        let language = self.required("language", |value| {
            let text = values::text(value)?;
            Language::from_code(&text)
                .ok_or_else(|| Complaint::new(format!("`{text}` is none of en, de, fr")))
        });
        let keys = self.optional("keys", |value| values::text(value).map(PathBuf::from));
        let default_domain = self.optional("default_domain", domain);
        let public_url = self.optional("public_url", public_url);
        let domains = self.required("domains", domains);
        let allow_2_5 = self.required("allow_2_5", values::boolean);
        let time_zone = self.required("time_zone", time_zone);
        let version_caps = self.required("version_caps", version_caps);
        let trusted_proxies = self.required("trusted_proxies", networks);
        let backend = self.backend();
        let save_sent = self.required("sending.save_sent", save_sent);
        let aliases = self.required("sending.aliases", aliases);
        let read_receipts = self.required("sending.read_receipts", read_receipts);
        let meetings_from_mail = self.required("meetings.from_mail", values::boolean);
        let folders = self.folders();
        let heartbeat = self.heartbeat();
        let log = self.log();
        let policy = self.policy();
        let portal = self.portal();
        let limits = self.limits();
        Some(Config {
            listen: listen?,
            tls: tls?,
            state: state?,
            imap,
            smtp,
            caldav,
            carddav,
            accept_mail_password: accept_mail_password?,
            access: access?,
            notices: notices?,
            language: language?,
            keys,
            domains: match domains? {
                none if none.is_empty() => default_domain.iter().cloned().collect(),
                named => named,
            },
            default_domain,
            public_url,
            allow_2_5: allow_2_5?,
            time_zone: time_zone?,
            version_caps: version_caps?,
            trusted_proxies: trusted_proxies?,
            backend: backend?,
            folders: folders?,
            sending: Sending {
                save_sent: save_sent?,
                aliases: aliases?,
                read_receipts: read_receipts?,
            },
            meetings_from_mail: meetings_from_mail?,
            heartbeat: heartbeat?,
            log: log?,
            policy,
            portal: portal?,
            limits: limits?,
        })
    }

    fn portal(&mut self) -> Option<Portal> {
        let enabled = self.required("portal.enabled", values::boolean);
        let own = self.required("portal.listen", |value| {
            match values::list(value)?.as_slice() {
                [] => Ok(Vec::new()),
                _ => listen(value),
            }
        });
        let name = self.required("portal.name", values::text);
        let admins = self.required("portal.admins", |value| {
            let user = |text: &String| {
                UserId::parse(text, None)
                    .map_err(|error| Complaint::new(format!("`{text}` is no login: {error}")))
            };
            values::list(value)?.iter().map(user).collect()
        });
        let passcodes = self.required("portal.passcodes", |value| {
            let most = u64::try_from(MAX_PER_USER).unwrap_or(u64::MAX);
            values::number(value, 1, most)
        });
        let cert = self.optional("portal.profile_cert", |value| {
            existing_file(&values::text(value)?)
        });
        let key = self.optional("portal.profile_key", |value| {
            existing_file(&values::text(value)?)
        });
        Some(Portal {
            enabled: enabled?,
            listen: own?,
            name: name?,
            admins: admins?,
            passcodes: usize::try_from(passcodes?).ok()?,
            signing: cert.zip(key),
        })
    }

    fn access(&mut self) -> Option<AccessDefaults> {
        let second_factor = self.required("access.second_factor", |value| {
            match values::text(value)?.as_str() {
                "optional" => Ok(FactorRule::Optional),
                "required" => Ok(FactorRule::Required),
                _ => Err(Complaint::new("is neither optional nor required")),
            }
        });
        let grace = self.required("access.grace", values::duration);
        let explain = self.required("access.explain", values::boolean);
        let explain_frozen_after = self.required("access.explain_frozen_after", values::duration);
        let new_devices = self.required("access.new_devices", |value| {
            match values::text(value)?.as_str() {
                "allow" => Ok(NewDevices::Allow),
                "quarantine" => Ok(NewDevices::Quarantine),
                "block" => Ok(NewDevices::Block),
                _ => Err(Complaint::new("is none of allow, quarantine, block")),
            }
        });
        Some(AccessDefaults {
            second_factor: second_factor?,
            grace_days: u32::try_from(grace?.as_secs() / 86_400).unwrap_or(u32::MAX),
            explain: explain?,
            explain_frozen_after: explain_frozen_after?,
            new_devices: new_devices?,
        })
    }

    fn notices(&mut self) -> Option<Notices> {
        let enabled = self.required("notices.enabled", values::boolean);
        let sender = self.optional("notices.sender", |value| {
            let text = values::text(value)?;
            match text.rsplit_once('@') {
                Some((local, domain)) if !local.is_empty() && !domain.is_empty() => Ok(text),
                _ => Err(Complaint::new(format!("`{text}` is no mail address"))),
            }
        });
        let user = self.optional("notices.user", values::text);
        let secret = self.optional("notices.secret", |value| {
            values::text(value).map(PathBuf::from)
        });
        if sender.is_some() && secret.is_none() {
            let complaint = Complaint::new("the sender must sign in at the submission server")
                .hint("set notices.secret to a file with its password");
            self.problem("notices.sender", complaint);
        }
        Some(Notices {
            enabled: enabled?,
            sender,
            user,
            secret,
        })
    }

    /// The master identity; its settings are complaints where they do not fit together.
    fn master(&mut self) -> Option<Option<MasterLogin>> {
        let kind = self.required("backend.login", |value| {
            let text = values::text(value)?;
            match ["vault", "separator", "authzid"].contains(&text.as_str()) {
                true => Ok(text),
                false => Err(Complaint::new("is none of vault, separator, authzid")),
            }
        })?;
        let user = self.optional("backend.master_user", values::text);
        let secret = self.optional("backend.master_secret", |value| {
            values::text(value).map(PathBuf::from)
        });
        let separator = self.required("backend.master_separator", |value| {
            let text = values::text(value)?;
            match text.is_empty() || text.chars().any(|c| c.is_alphanumeric() || c == '@') {
                true => Err(Complaint::new("could stand in a user's name").hint(r#"write "*""#)),
                false => Ok(text),
            }
        })?;
        let form = match kind.as_str() {
            "separator" => Form::Separator(separator),
            "authzid" => Form::Authzid,
            _ => return Some(None),
        };
        let (Some(user), Some(secret)) = (user, secret) else {
            let complaint = Complaint::new("a master needs a name and a secret")
                .hint("set backend.master_user and backend.master_secret");
            self.problem("backend.login", complaint);
            return None;
        };
        Some(Some(MasterLogin { user, secret, form }))
    }

    fn folders(&mut self) -> Option<Folders> {
        let subscribed_only = self.required("folders.subscribed_only", values::boolean);
        let shared = self.required("folders.shared", |value| {
            match values::text(value)?.as_str() {
                "all" => Ok(SharedFolders::All),
                "subscribed" => Ok(SharedFolders::Subscribed),
                "none" => Ok(SharedFolders::None),
                _ => Err(Complaint::new("is none of all, subscribed, none")),
            }
        });
        Some(Folders {
            trash: self.optional("folders.trash", values::text),
            sent: self.optional("folders.sent", values::text),
            drafts: self.optional("folders.drafts", values::text),
            notes: self.optional("folders.notes", values::text),
            subscribed_only: subscribed_only?,
            shared: shared?,
        })
    }

    fn backend(&mut self) -> Option<Backend> {
        let ca_file = self.optional("backend.ca_file", |value| {
            existing_file(&values::text(value)?)
        });
        let connections = self.required("backend.imap_connections", |value| {
            values::number(value, 1, 64)
        });
        let dav = self.required("backend.dav_connections", |value| {
            values::number(value, 1, 64)
        });
        let compress = self.required("backend.imap_compress", values::boolean);
        let connect = self.required("backend.connect", positive);
        let silence = self.required("backend.silence", positive);
        let hide = self.required("backend.hide_capabilities", values::list);
        let master = self.master();
        let pause = |value: &Value| {
            let pause = values::duration(value)?;
            if (POLL_MIN..=POLL_MAX).contains(&pause) {
                return Ok(pause);
            }
            Err(Complaint::new("the pause is between 100ms and 15m"))
        };
        let poll = self.required("backend.poll", pause);
        let dav_poll = self.required("backend.dav_poll", pause);
        Some(Backend {
            ca_file,
            imap_connections: usize::try_from(connections?).ok()?,
            imap_compress: compress?,
            dav_connections: usize::try_from(dav?).ok()?,
            connect: connect?,
            silence: silence?,
            hide_capabilities: hide?.iter().map(|name| name.to_ascii_uppercase()).collect(),
            master: master?,
            poll: poll?,
            dav_poll: dav_poll?,
        })
    }

    fn heartbeat(&mut self) -> Option<Heartbeat> {
        let within = |value: &Value| {
            let wait = values::duration(value)?;
            if (HEARTBEAT_MIN..=HEARTBEAT_MAX).contains(&wait) {
                return Ok(wait);
            }
            Err(Complaint::new("a heartbeat is between 60s and 59m"))
        };
        let min = self.required("heartbeat.min", within);
        let max = self.required("heartbeat.max", within);
        Some(Heartbeat {
            min: min?,
            max: max?,
        })
    }

    fn log(&mut self) -> Option<Log> {
        let format = self.required("log.format", |value| match values::text(value)?.as_str() {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => Err(Complaint::new(format!(
                "`{other}` is neither text nor json"
            ))),
        });
        let filter = self.required("log.filter", |value| {
            let text = values::text(value)?;
            EnvFilter::builder()
                .parse(&text)
                .map_err(|error| Complaint::new(format!("`{text}` is no filter: {error}")))?;
            Ok(text)
        });
        Some(Log {
            format: format?,
            filter: filter?,
        })
    }

    fn policy(&mut self) -> Option<Policy> {
        let policy = Policy {
            device_password: self.optional("policy.device_password", values::boolean),
            password_length: self.optional("policy.password_length", |value| byte(value, 1, 16)),
            password_alphanumeric: self.optional("policy.password_alphanumeric", values::boolean),
            password_attempts: self
                .optional("policy.password_attempts", |value| byte(value, 4, 16)),
            lock_after: self.optional("policy.lock_after", |value| {
                let time = values::duration(value)?;
                if time.as_secs() == 0 || time.as_secs() > 9999 {
                    return Err(Complaint::new("a lock time is between 1s and 9999s"));
                }
                Ok(time)
            }),
            device_encryption: self.optional("policy.device_encryption", values::boolean),
        };
        self.sources.has_section("policy").then_some(policy)
    }

    fn limits(&mut self) -> Option<Limits> {
        let first_byte = self.required("limits.first_byte", positive);
        let handshake = self.required("limits.handshake", positive);
        let head = self.required("limits.head", positive);
        let idle = self.required("limits.idle", positive);
        let head_size = self.required("limits.head_size", |value| bytes(value, 1024, 64 * 1024));
        let head_fields = self.count("limits.head_fields", 8, 1000);
        let body = self.required("limits.body", |value| bytes(value, 1024, 1 << 30));
        let max_message = self.required("limits.max_message", |value| bytes(value, 1024, 1 << 30));
        let pace = self.required("limits.pace", values::size);
        let pace_grace = self.required("limits.pace_grace", positive);
        let pace_stall = self.required("limits.pace_stall", positive);
        let request = self.required("limits.request", positive);
        let search = self.required("limits.search", positive);
        let page_time = self.required("limits.page_time", positive);
        let held_request = self.required("limits.held_request", positive);
        let connections = self.count("limits.connections", 0, 10_000_000);
        let per_address = self.count("limits.connections_per_address", 1, 1_000_000);
        let handshakes = self.count("limits.handshakes_per_address", 1, 1_000_000);
        let per_device = self.count("limits.requests_per_device", 1, 1000);
        let devices = self.count("limits.devices", 1, 100_000);
        let shutdown = self.required("limits.shutdown", values::duration);
        Some(Limits {
            first_byte: first_byte?,
            handshake: handshake?,
            head: head?,
            idle: idle?,
            head_size: head_size?,
            head_fields: head_fields?,
            body: body?,
            max_message: max_message?,
            pace: pace?,
            pace_grace: pace_grace?,
            pace_stall: pace_stall?,
            request: request?,
            search: search?,
            page_time: page_time?,
            held_request: held_request?,
            connections: connections.map(|number| (number > 0).then_some(number))?,
            connections_per_address: u32::try_from(per_address?).ok()?,
            handshakes_per_address: u32::try_from(handshakes?).ok()?,
            requests_per_device: u32::try_from(per_device?).ok()?,
            devices: devices?,
            shutdown: shutdown?,
        })
    }

    /// What no single value can be blamed for.
    fn cross_checks(&mut self, config: Option<&Config>) {
        let named = ["imap", "caldav", "carddav"]
            .iter()
            .any(|key| self.sources.value(key).is_some());
        if !named {
            self.problem(
                "imap",
                Complaint::new("no server to stand in front of is named")
                    .hint(r#"set imap = "imaps://mail.example.com", or AIRGATE_IMAP, or --imap"#),
            );
        }
        let Some(config) = config else { return };
        if config.heartbeat.min > config.heartbeat.max {
            self.problem(
                "heartbeat.min",
                Complaint::new("the shortest heartbeat is longer than the longest (heartbeat.max)"),
            );
        }
        if config.limits.held_request < config.heartbeat.max + Duration::from_secs(60) {
            self.problem(
                "limits.held_request",
                Complaint::new("a waiting phone would be cut before its heartbeat is over")
                    .hint("keep it at least a minute above heartbeat.max"),
            );
        }
        if config.limits.max_message < config.limits.body {
            self.problem(
                "limits.max_message",
                Complaint::new("is smaller than limits.body, the limit for all other requests"),
            );
        }
        if config.public_url.is_some() && config.domains.is_empty() {
            self.warning(
                "public_url",
                Complaint::new("Autodiscover answers nobody, for no domain is named")
                    .hint(r#"set domains = ["example.com"]"#),
            );
        }
        if config.notices.sender.is_some() && config.smtp.is_none() {
            self.warning(
                "notices.sender",
                Complaint::new("there is no submission server, so notices go into inboxes")
                    .hint("set smtp"),
            );
        }
        let exposed = [
            (
                "imap",
                config.imap.as_ref().is_some_and(ServerUrl::is_exposed),
            ),
            (
                "smtp",
                config.smtp.as_ref().is_some_and(ServerUrl::is_exposed),
            ),
            (
                "caldav",
                config.caldav.as_ref().is_some_and(DavUrl::is_exposed),
            ),
            (
                "carddav",
                config.carddav.as_ref().is_some_and(DavUrl::is_exposed),
            ),
        ];
        for (key, exposed) in exposed {
            if exposed {
                self.warning(
                    key,
                    Complaint::new("passwords cross the network without encryption")
                        .hint("use imaps://, submissions:// or https:// where the server can"),
                );
            }
        }
        if config.tls == Tls::Off
            && config.trusted_proxies.is_empty()
            && config
                .listen
                .iter()
                .any(|listen| !listen.ip().is_loopback())
        {
            self.warning(
                "tls",
                Complaint::new("phones' passcodes cross the network without encryption")
                    .hint("listen on loopback, or name the balancer in trusted_proxies"),
            );
        }
    }

    /// A value that has a default.
    fn required<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        let default = keys::find(key).and_then(|key| key.default);
        let result = match self.sources.value(key) {
            Some((value, _)) => read(value),
            None => read(&Value::Text(default?.to_owned())),
        };
        result
            .map_err(|complaint| self.problem(key, complaint))
            .ok()
    }

    /// A value that may be absent.
    fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        let (value, _) = self.sources.value(key)?;
        read(value)
            .map_err(|complaint| self.problem(key, complaint))
            .ok()
    }

    fn count(&mut self, key: &'static str, least: u64, most: u64) -> Option<usize> {
        self.required(key, |value| {
            let number = values::number(value, least, most)?;
            usize::try_from(number).map_err(|_| Complaint::new("the number is too large"))
        })
    }

    fn problem(&mut self, key: &str, complaint: Complaint) {
        let problem = self.place(key, complaint);
        self.sources.problems.push(problem);
    }

    fn warning(&mut self, key: &str, complaint: Complaint) {
        let problem = self.place(key, complaint);
        self.sources.warnings.push(problem);
    }

    fn place(&self, key: &str, complaint: Complaint) -> Problem {
        Problem {
            origin: self
                .sources
                .value(key)
                .map_or(Origin::Nowhere, |(_, origin)| origin.clone()),
            key: Some(key.to_owned()),
            message: complaint.message,
            hint: complaint.hint,
        }
    }
}

fn listen(value: &Value) -> Result<Vec<SocketAddr>, Complaint> {
    let addresses = values::list(value)?;
    if addresses.is_empty() {
        return Err(Complaint::new("there must be an address to listen on"));
    }
    addresses.iter().map(|text| listen_address(text)).collect()
}

fn listen_address(text: &str) -> Result<SocketAddr, Complaint> {
    let port = |port: &str| port.parse::<u16>().ok();
    let read = if let Some(number) = text.strip_prefix(':') {
        port(number).map(|port| SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port))
    } else if let Some(number) = text.strip_prefix("localhost:") {
        port(number).map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
    } else {
        text.parse().ok()
    };
    read.ok_or_else(|| {
        let hint = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => format!("write {text}:443"),
            Ok(IpAddr::V6(_)) => format!("write [{text}]:443"),
            Err(_) => "write 0.0.0.0:443, [::]:443 or :8443".to_owned(),
        };
        Complaint::new(format!("`{text}` is no address with a port")).hint(hint)
    })
}

fn tls(value: &Value) -> Result<Tls, Complaint> {
    let parts = values::list(value)?;
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["off"] => Ok(Tls::Off),
        ["self-signed"] => Ok(Tls::SelfSigned),
        [cert, key] => Ok(Tls::Files {
            cert: existing_file(cert)?,
            key: existing_file(key)?,
        }),
        _ => Err(
            Complaint::new(format!("`{}` is not understood", parts.join(",")))
                .hint("write off, self-signed, or two PEM files as CERT,KEY"),
        ),
    }
}

fn server(
    value: &Value,
    read: impl Fn(&str) -> Result<ServerUrl, BadUrl>,
    example: &str,
) -> Result<ServerUrl, Complaint> {
    read(&values::text(value)?)
        .map_err(|fault| Complaint::new(fault.to_string()).hint(format!("write {example}")))
}

fn dav(value: &Value) -> Result<DavUrl, Complaint> {
    DavUrl::parse(&values::text(value)?).map_err(|fault| {
        Complaint::new(fault.to_string()).hint("write https://dav.example.com/{user}/")
    })
}

fn public_url(value: &Value) -> Result<PublicUrl, Complaint> {
    PublicUrl::parse(&values::text(value)?)
        .map_err(|fault| Complaint::new(fault.to_string()).hint("write https://mail.example.com"))
}

fn version_caps(value: &Value) -> Result<Vec<VersionCap>, Complaint> {
    values::list(value)?
        .iter()
        .map(|text| {
            text.parse().map_err(|fault: super::BadVersionCap| {
                Complaint::new(fault.to_string()).hint("write PATTERN=VERSION, as in WP8=14.1")
            })
        })
        .collect()
}

fn domains(value: &Value) -> Result<Vec<String>, Complaint> {
    values::list(value)?
        .iter()
        .map(|text| domain_name(text))
        .collect()
}

fn domain(value: &Value) -> Result<String, Complaint> {
    domain_name(&values::text(value)?)
}

fn domain_name(text: &str) -> Result<String, Complaint> {
    let text = text.strip_prefix('@').unwrap_or(text).to_lowercase();
    let fine = (1..=253).contains(&text.len())
        && !text.starts_with('.')
        && !text.ends_with('.')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
    match fine {
        true => Ok(text),
        false => Err(Complaint::new(format!("`{text}` is no domain")).hint("write example.com")),
    }
}

/// An IANA name, or `system` for the zone of the machine.
fn time_zone(value: &Value) -> Result<TimeZone, Complaint> {
    let text = values::text(value)?;
    if text.eq_ignore_ascii_case("system") {
        return Ok(TimeZone::system());
    }
    TimeZone::get(&text).map_err(|_| {
        Complaint::new(format!("`{text}` is no time zone"))
            .hint("write a name like Europe/Berlin, or system")
    })
}

fn save_sent(value: &Value) -> Result<SaveSent, Complaint> {
    match values::text(value)?.as_str() {
        "auto" => Ok(SaveSent::Auto),
        "always" => Ok(SaveSent::Always),
        "never" => Ok(SaveSent::Never),
        other => Err(Complaint::new(format!(
            "`{other}` is neither auto, always nor never"
        ))),
    }
}

fn read_receipts(value: &Value) -> Result<ReadReceipts, Complaint> {
    match values::text(value)?.as_str() {
        "never" => Ok(ReadReceipts::Never),
        "send" => Ok(ReadReceipts::Send),
        other => Err(Complaint::new(format!(
            "`{other}` is neither never nor send"
        ))),
    }
}

fn aliases(value: &Value) -> Result<Aliases, Complaint> {
    Aliases::read(&values::list(value)?).map_err(|fault| {
        Complaint::new(fault.to_string())
            .hint("write alice@example.com=sales@example.com or @example.com=@example.org")
    })
}

fn networks(value: &Value) -> Result<Vec<Network>, Complaint> {
    values::list(value)?
        .iter()
        .map(|text| {
            text.parse().map_err(|fault: super::BadNetwork| {
                Complaint::new(fault.to_string()).hint("write 10.0.0.0/8 or 127.0.0.1")
            })
        })
        .collect()
}

fn existing_file(path: &str) -> Result<PathBuf, Complaint> {
    let path = PathBuf::from(path);
    match std::fs::File::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(Complaint::new(format!(
            "`{}` cannot be read: {error}",
            path.display()
        ))),
    }
}

fn byte(value: &Value, least: u64, most: u64) -> Result<u8, Complaint> {
    let number = values::number(value, least, most)?;
    u8::try_from(number).map_err(|_| Complaint::new("the number is too large"))
}

fn bytes(value: &Value, least: u64, most: u64) -> Result<usize, Complaint> {
    let bytes = values::size(value)?;
    if !(least..=most).contains(&bytes) {
        return Err(Complaint::new(format!(
            "{bytes} bytes are not between {least} and {most}"
        )));
    }
    usize::try_from(bytes).map_err(|_| Complaint::new("the size is too large"))
}

fn positive(value: &Value) -> Result<Duration, Complaint> {
    let time = values::duration(value)?;
    match time.is_zero() {
        true => Err(Complaint::new("a limit of no time at all cuts everyone")),
        false => Ok(time),
    }
}
