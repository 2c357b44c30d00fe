//! The table of everything that can be set: the one source of names, defaults and documentation.

/// One setting.
pub(super) struct Key {
    /// Dotted, as in TOML: `limits.body` is `body` under `[limits]`.
    pub name: &'static str,
    /// The value as a flag or variable would spell it; None is "not set".
    pub default: Option<&'static str>,
    /// A value for the example file, in TOML.
    pub example: &'static str,
    /// The flag of `airgate serve`, if there is one.
    pub flag: Option<&'static str>,
    pub kind: Kind,
    /// One or more sentences for the operator.
    pub doc: &'static str,
}

/// The shape of a value, for documentation and error messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Text,
    Path,
    Boolean,
    Number,
    Duration,
    Size,
    List,
    Url,
}

impl Kind {
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Boolean => "true or false",
            Self::Number => "number",
            Self::Duration => "duration, for example 10s, 5m, 1h",
            Self::Size => "size, for example 64KiB, 50MiB",
            Self::List => "list of text (in a variable or flag: separated by commas)",
            Self::Url => "URL",
        }
    }
}

impl Key {
    /// The environment variable: `limits.body` is `AIRGATE_LIMITS_BODY`.
    pub(super) fn variable(&self) -> String {
        format!(
            "AIRGATE_{}",
            self.name.replace('.', "_").to_ascii_uppercase()
        )
    }

    /// The section and the name in it.
    pub(super) fn split(&self) -> (Option<&'static str>, &'static str) {
        match self.name.split_once('.') {
            Some((section, name)) => (Some(section), name),
            None => (None, self.name),
        }
    }
}

/// The setting with a name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Sections with a sentence each, in the order of the table.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("backend", "How the servers behind are reached."),
    (
        "folders",
        "Which mailboxes phones are shown, and those with a special role. The latter are found by SPECIAL-USE or well-known names; set them only where that fails.",
    ),
    ("sending", "Mail that phones send."),
    ("heartbeat", "How long a phone may wait for news."),
    ("log", "What is written to standard error."),
    (
        "policy",
        "What phones are asked to enforce. Nothing set means no policy is sent, which every phone accepts; what is set is sent, nothing else.",
    ),
    (
        "limits",
        "What one peer may cost. Every limit that is hit is counted in a metric.",
    ),
];

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    example: &'static str,
    flag: Option<&'static str>,
    doc: &'static str,
) -> Key {
    Key {
        name,
        default,
        example,
        flag,
        kind,
        doc,
    }
}

pub(super) const KEYS: &[Key] = &[
    key(
        "listen",
        Kind::List,
        Some("[::]:443"),
        r#"["[::]:443"]"#,
        Some("--listen"),
        "Addresses to listen on. `[::]` takes IPv4 as well; `:8443` is short for `[::]:8443`.",
    ),
    key(
        "tls",
        Kind::Text,
        Some("self-signed"),
        r#""/etc/airgate/fullchain.pem,/etc/airgate/privkey.pem""#,
        Some("--tls"),
        "`CERT,KEY` (PEM files with the full chain; read again when they change or on SIGHUP), `self-signed` (made at the first start and kept in the state directory) or `off` (plain HTTP, for behind a balancer that ends TLS).",
    ),
    key(
        "state",
        Kind::Path,
        Some("/var/lib/airgate"),
        r#""/var/lib/airgate""#,
        Some("--state"),
        "Directory for the database, the server keys and the self-made certificate. Under systemd the unit's StateDirectory is the default.",
    ),
    key(
        "imap",
        Kind::Url,
        None,
        r#""imaps://mail.example.com""#,
        Some("--imap"),
        "The IMAP server: `imaps://host[:993]`, `imap+starttls://host[:143]`, or `imap://host[:143]` without encryption.",
    ),
    key(
        "smtp",
        Kind::Url,
        None,
        r#""submissions://mail.example.com""#,
        Some("--smtp"),
        "The submission server: `submissions://host[:465]` (also spelt `smtps`), `smtp+starttls://host[:587]`, or `smtp://host[:25]` without encryption.",
    ),
    key(
        "caldav",
        Kind::Url,
        None,
        r#""https://dav.example.com/calendars/{user}/""#,
        Some("--caldav"),
        "The CalDAV server, `https://` or `http://`: its address alone, or with a path where the user's calendars begin to be looked for. `{user}` becomes the login, `{localpart}` what stands before its `@`. Redirects and links to other hosts are not followed.",
    ),
    key(
        "carddav",
        Kind::Url,
        None,
        r#""https://dav.example.com/contacts/{user}/""#,
        Some("--carddav"),
        "The CardDAV server; placeholders as for `caldav`.",
    ),
    key(
        "accept_mail_password",
        Kind::Boolean,
        Some("false"),
        "true",
        Some("--accept-mail-password"),
        "Let phones sign in with the mail password itself, not only with passcodes. Without it a stolen phone never holds the mail password.",
    ),
    key(
        "default_domain",
        Kind::Text,
        None,
        r#""example.com""#,
        Some("--default-domain"),
        "Completes logins without a domain: `alice` becomes `alice@example.com`.",
    ),
    key(
        "public_url",
        Kind::Url,
        None,
        r#""https://mail.example.com""#,
        Some("--public-url"),
        "Where phones reach this server, `https://host[:port]`. Autodiscover tells it to them, and only this: without it there is no Autodiscover.",
    ),
    key(
        "domains",
        Kind::List,
        Some(""),
        r#"["example.com", "example.org"]"#,
        None,
        "Domains of the mail addresses that Autodiscover answers for; addresses of others are sent away. Empty means `default_domain`.",
    ),
    key(
        "allow_2_5",
        Kind::Boolean,
        Some("false"),
        "true",
        Some("--allow-2.5"),
        "Also speak protocol 2.5, for Windows Mobile and Nokia phones of before 2007.",
    ),
    key(
        "time_zone",
        Kind::Text,
        Some("system"),
        r#""Europe/Berlin""#,
        None,
        "Where the users are, as an IANA name: there the days begin by which phones ask for \"three days of mail\". `system` is the zone of this machine.",
    ),
    key(
        "version_caps",
        Kind::List,
        Some("*meego*=12.0"),
        r#"["*meego*=12.0", "TroubledPhone/3.*=14.1"]"#,
        None,
        "Highest protocol version to offer to some clients, as PATTERN=VERSION. The pattern is compared with DeviceType and User-Agent, whatever their letter case; `*` stands for anything; the first that fits decides. The default is for Nokia's MeeGo phones, which cannot read the empty answers of 12.1. Phones that are told something new are told once and then begin their folders anew.",
    ),
    key(
        "trusted_proxies",
        Kind::List,
        Some(""),
        r#"["127.0.0.1", "10.0.0.0/8"]"#,
        None,
        "Balancers in front, as addresses or networks. Only from them is X-Forwarded-For believed; everyone else is who they connect as.",
    ),
    key(
        "backend.ca_file",
        Kind::Path,
        None,
        r#""/etc/ssl/private-ca.pem""#,
        None,
        "PEM file with certificate authorities to trust for backends besides the system's.",
    ),
    key(
        "backend.imap_connections",
        Kind::Number,
        Some("4"),
        "4",
        None,
        "IMAP connections per user, besides the one that waits for news. Keep it below the server's own limit (Dovecot: mail_max_userip_connections).",
    ),
    key(
        "backend.imap_compress",
        Kind::Boolean,
        Some("false"),
        "true",
        None,
        "Use COMPRESS where the IMAP server offers it. Worth it only over slow lines.",
    ),
    key(
        "backend.dav_connections",
        Kind::Number,
        Some("4"),
        "4",
        None,
        "Connections per user to a CalDAV or CardDAV server.",
    ),
    key(
        "backend.connect",
        Kind::Duration,
        Some("10s"),
        r#""10s""#,
        None,
        "Time for a connection to a backend until it says hello.",
    ),
    key(
        "backend.silence",
        Kind::Duration,
        Some("60s"),
        r#""60s""#,
        None,
        "How long a backend may say nothing while it works. After that the connection is given up and the phone is told to come again.",
    ),
    key(
        "backend.hide_capabilities",
        Kind::List,
        Some(""),
        r#"["NOTIFY"]"#,
        None,
        "IMAP capabilities to ignore, for servers that offer what they cannot do.",
    ),
    key(
        "backend.poll",
        Kind::Duration,
        Some("30s"),
        r#""30s""#,
        None,
        "Pause between two looks at mailboxes that the IMAP server does not tell of by itself: all but one without NOTIFY, all without IDLE.",
    ),
    key(
        "folders.trash",
        Kind::Text,
        None,
        r#""Trash""#,
        None,
        "Mailbox for deleted mail.",
    ),
    key(
        "folders.sent",
        Kind::Text,
        None,
        r#""Sent""#,
        None,
        "Mailbox for sent mail.",
    ),
    key(
        "folders.drafts",
        Kind::Text,
        None,
        r#""Drafts""#,
        None,
        "Mailbox for drafts.",
    ),
    key(
        "folders.subscribed_only",
        Kind::Boolean,
        Some("false"),
        "true",
        None,
        "Show phones only the mailboxes the user subscribed to, and those with a role.",
    ),
    key(
        "folders.shared",
        Kind::Text,
        Some("all"),
        r#""subscribed""#,
        None,
        "Which mailboxes of other users and of everybody phones are shown: `all` the user may see, those `subscribed` to, or `none`.",
    ),
    key(
        "sending.save_sent",
        Kind::Text,
        Some("auto"),
        r#""never""#,
        None,
        "Who saves sent mail in the Sent folder when a phone asks for it. `auto`: Airgate does, unless the submission server did so itself by then (it looks for the Message-ID first). `always`: Airgate does without looking. `never`: the submission server does.",
    ),
    key(
        "sending.aliases",
        Kind::List,
        Some(""),
        r#"["alice@example.com=sales@example.com", "@example.com=@example.org"]"#,
        None,
        "Other addresses users may write from, as `LOGIN=ADDRESS`, or `@DOMAIN=@DOMAIN` for everyone. Any other From becomes the account's own address.",
    ),
    key(
        "sending.read_receipts",
        Kind::Text,
        Some("never"),
        r#""send""#,
        None,
        "What happens when a phone marks a mail as read whose sender asked to be told. `never`: nothing. `send`: a receipt (RFC 8098) goes to the sender, once for all devices, if the mail names one of the user's addresses in To or Cc, the receipt is to go where the mail came from (Return-Path), and it is no list's or machine's mail.",
    ),
    key(
        "heartbeat.min",
        Kind::Duration,
        Some("60s"),
        r#""60s""#,
        None,
        "Shortest wait a phone may ask for; below it is told this bound.",
    ),
    key(
        "heartbeat.max",
        Kind::Duration,
        Some("59m"),
        r#""59m""#,
        None,
        "Longest wait, at most 59 minutes. Set it below the idle time of the firewalls and balancers in between: a wait that is cut costs a phone hours of push.",
    ),
    key(
        "log.format",
        Kind::Text,
        Some("text"),
        r#""json""#,
        None,
        "`text` for people, `json` for collectors.",
    ),
    key(
        "log.filter",
        Kind::Text,
        Some("info"),
        r#""info,airgate::backend=debug""#,
        Some("--log"),
        "What is logged: a level (error, warn, info, debug, trace), or levels by module separated by commas.",
    ),
    key(
        "policy.device_password",
        Kind::Boolean,
        None,
        "true",
        None,
        "Phones must be locked by a password.",
    ),
    key(
        "policy.password_length",
        Kind::Number,
        None,
        "6",
        None,
        "Shortest password of a phone, 1 to 16.",
    ),
    key(
        "policy.password_alphanumeric",
        Kind::Boolean,
        None,
        "false",
        None,
        "The phone's password needs letters as well as digits.",
    ),
    key(
        "policy.password_attempts",
        Kind::Number,
        None,
        "10",
        None,
        "Wrong tries before a phone erases itself, 4 to 16.",
    ),
    key(
        "policy.lock_after",
        Kind::Duration,
        None,
        r#""15m""#,
        None,
        "Time without use after which a phone locks, at most 9999 seconds.",
    ),
    key(
        "policy.device_encryption",
        Kind::Boolean,
        None,
        "true",
        None,
        "Phones must encrypt their storage.",
    ),
    key(
        "limits.first_byte",
        Kind::Duration,
        Some("10s"),
        r#""10s""#,
        None,
        "Time from connecting to the first byte.",
    ),
    key(
        "limits.handshake",
        Kind::Duration,
        Some("10s"),
        r#""10s""#,
        None,
        "Time for the TLS handshake.",
    ),
    key(
        "limits.head",
        Kind::Duration,
        Some("10s"),
        r#""10s""#,
        None,
        "Time from the first byte of a request to the end of its head.",
    ),
    key(
        "limits.idle",
        Kind::Duration,
        Some("2m"),
        r#""2m""#,
        None,
        "How long a connection is kept between two requests.",
    ),
    key(
        "limits.head_size",
        Kind::Size,
        Some("16KiB"),
        r#""16KiB""#,
        None,
        "Request line and headers together.",
    ),
    key(
        "limits.head_fields",
        Kind::Number,
        Some("64"),
        "64",
        None,
        "Number of headers.",
    ),
    key(
        "limits.body",
        Kind::Size,
        Some("4MiB"),
        r#""4MiB""#,
        None,
        "Body of a request, on the wire and inflated.",
    ),
    key(
        "limits.max_message",
        Kind::Size,
        Some("50MiB"),
        r#""50MiB""#,
        None,
        "Largest message a phone may send (SendMail, SmartReply, SmartForward, drafts with attachments).",
    ),
    key(
        "limits.pace",
        Kind::Size,
        Some("1KiB"),
        r#""1KiB""#,
        None,
        "Bytes per second a phone must send or take while a body or an answer is under way.",
    ),
    key(
        "limits.pace_grace",
        Kind::Duration,
        Some("10s"),
        r#""10s""#,
        None,
        "How long a phone may be slower than that at the beginning.",
    ),
    key(
        "limits.pace_stall",
        Kind::Duration,
        Some("30s"),
        r#""30s""#,
        None,
        "Longest standstill later on, whatever was saved up: a phone in a tunnel gets through, a connection held for nothing does not last.",
    ),
    key(
        "limits.request",
        Kind::Duration,
        Some("10m"),
        r#""10m""#,
        None,
        "Time for a whole request from its head to the end of its answer.",
    ),
    key(
        "limits.search",
        Kind::Duration,
        Some("18s"),
        r#""18s""#,
        None,
        "How long a search may take before a phone is shown what was found so far; many phones give up after 30 seconds. The search goes on, and a phone that asks again finds the rest.",
    ),
    key(
        "limits.page_time",
        Kind::Duration,
        Some("20s"),
        r#""20s""#,
        None,
        "How long the mail server may be read from for one answer to Sync. What was read by then is sent, and the phone asks for the rest; many phones give up after 30 seconds.",
    ),
    key(
        "limits.held_request",
        Kind::Duration,
        Some("65m"),
        r#""65m""#,
        None,
        "The same for Ping and Sync, which may wait for news.",
    ),
    key(
        "limits.connections",
        Kind::Number,
        Some("0"),
        "0",
        None,
        "Connections of phones at a time. 0 is four fifths of the descriptors the process may open; the rest is kept for backends and the database.",
    ),
    key(
        "limits.connections_per_address",
        Kind::Number,
        Some("64"),
        "64",
        None,
        "Connections from one address (IPv6: one /64) on which nobody has signed in yet. Trusted proxies are not counted.",
    ),
    key(
        "limits.handshakes_per_address",
        Kind::Number,
        Some("100"),
        "100",
        None,
        "New connections per second from one address. Trusted proxies are not counted.",
    ),
    key(
        "limits.requests_per_device",
        Kind::Number,
        Some("4"),
        "4",
        None,
        "Requests of one device at a time, a held Ping not counted. More are told to come again.",
    ),
    key(
        "limits.devices",
        Kind::Number,
        Some("20"),
        "20",
        None,
        "Devices a user may have. One that was not seen for 90 days does not count.",
    ),
    key(
        "limits.shutdown",
        Kind::Duration,
        Some("30s"),
        r#""30s""#,
        None,
        "How long running requests may finish when the server stops.",
    ),
];
