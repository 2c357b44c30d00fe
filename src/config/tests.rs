use std::fs;
use std::path::Path;

use clap::Parser;

use super::keys::KEYS;
use super::sources::Sources;
use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

fn flags(words: &[&str]) -> ServeArgs {
    Command::try_parse_from([&["airgate"], words].concat())
        .unwrap()
        .serve
}

fn load(words: &[&str], variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(&flags(words), variables)
}

fn toml(text: &str) -> Result<Loaded, ConfigErrors> {
    let mut sources = Sources::default();
    sources.toml("airgate.toml", text);
    read::config(sources)
}

fn complaints(text: &str) -> String {
    toml(text).unwrap_err().to_string()
}

#[test]
fn the_flags_of_a_test_rig() {
    let config = load(
        &[
            "--listen",
            "127.0.0.1:0",
            "--tls",
            "off",
            "--state",
            "/tmp/s",
            "--imap",
            "imap://127.0.0.1:11143",
            "--smtp",
            "smtp://127.0.0.1:1025",
            "--caldav",
            "http://127.0.0.1:5232/{user}/",
            "--accept-mail-password",
            "--allow-2.5",
            "--default-domain",
            "example.com",
            "--log",
            "debug",
        ],
        &[],
    )
    .unwrap()
    .config;
    assert_eq!(config.listen, ["127.0.0.1:0".parse().unwrap()]);
    assert_eq!(config.tls, Tls::Off);
    assert_eq!(config.state, Path::new("/tmp/s"));
    assert_eq!(config.imap.unwrap().port, 11143);
    assert!(config.accept_mail_password && config.allow_2_5);
    assert_eq!(config.default_domain.as_deref(), Some("example.com"));
    assert_eq!(config.log.filter, "debug");
    assert_eq!(config.policy, None);
}

#[test]
fn defaults_are_those_of_the_threat_model() {
    let config = load(&["--imap", "imaps://m"], &[]).unwrap().config;
    assert_eq!(config.listen, ["[::]:443".parse().unwrap()]);
    assert_eq!(config.tls, Tls::SelfSigned);
    let limits = &config.limits;
    let ten = Duration::from_secs(10);
    assert_eq!(
        (limits.first_byte, limits.handshake, limits.head),
        (ten, ten, ten)
    );
    assert_eq!((limits.head_size, limits.head_fields), (16 * 1024, 64));
    assert_eq!((limits.body, limits.max_message), (4 << 20, 50 << 20));
    assert_eq!((limits.pace, limits.pace_grace), (1024, ten));
    assert_eq!(limits.request, Duration::from_secs(600));
    assert_eq!(limits.connections_per_address, 64);
    assert_eq!(limits.handshakes_per_address, 100);
    assert!(!config.accept_mail_password && !config.allow_2_5);
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.toml");
    fs::write(
        &file,
        "imap = 'imaps://file'\nsmtp = 'smtps://file'\ncaldav = 'https://file'\n\
         [limits]\nbody = '1MiB'\n[policy]\npassword_length = 6\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let config = load(
        &["--config", file, "--imap", "imaps://flag"],
        &[
            ("AIRGATE_IMAP", "imaps://variable"),
            ("AIRGATE_SMTP", "smtps://variable"),
            ("AIRGATE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
            ("STATE_DIRECTORY", "/var/lib/unit:/other"),
        ],
    )
    .unwrap()
    .config;
    assert_eq!(config.imap.unwrap().host, "flag");
    assert_eq!(config.smtp.unwrap().host, "variable");
    assert_eq!(config.caldav.unwrap().host, "file");
    assert_eq!(config.limits.body, 1 << 20);
    assert_eq!(config.policy.unwrap().password_length, Some(6));
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.state, Path::new("/var/lib/unit"));
}

#[test]
fn all_errors_come_at_once_with_line_key_and_hint() {
    let text = "\
listn = ['[::]:443']
imap = 'imap:/mail'
smtp = 'submissions://m:99999'
state = 7
trusted_proxies = ['10.0.0.1/8', 5]
max_message = '1MiB'

[limits]
body = '4 apples'
head_fields = 3
imap = 'imaps://m'
[heartbeat]
min = '5s'
[frob]
x = 1
";
    let expected = "\
airgate.toml:1: unknown key `listn`
    hint: did you mean `listen`?
airgate.toml:2: imap: `imap:/mail` is no URL: `://` is missing
    hint: write imaps://mail.example.com
airgate.toml:3: smtp: `99999` is no port (1 to 65535)
    hint: write submissions://mail.example.com
airgate.toml:4: state: expected text, found a number
    hint: put it in quotes
airgate.toml:5: trusted_proxies: expected text in the list, found integer
    hint: put it in quotes
airgate.toml:5: trusted_proxies: `10.0.0.1` has bits set behind its prefix of 8
    hint: write 10.0.0.0/8 or 127.0.0.1
airgate.toml:6: unknown key `max_message`
    hint: did you mean `max_message` under [limits]?
airgate.toml:9: limits.body: `4 apples` is no size
    hint: write 4096, 64KiB or 50MiB
airgate.toml:10: limits.head_fields: 3 is not a number from 8 to 1000
airgate.toml:11: unknown key `limits.imap`
    hint: did you mean `imap` at the top, before any [section]?
airgate.toml:13: heartbeat.min: a heartbeat is between 60s and 59m
airgate.toml:14: unknown key `frob`";
    assert_eq!(complaints(text), expected);
}

#[test]
fn syntax_errors_have_a_line_and_do_not_hide_others() {
    let found = complaints("imap = 'imaps://m'\nstate = \nsmtp = 'x'\n");
    assert!(found.contains("airgate.toml:2: "), "{found}");
    assert!(found.contains("airgate.toml:3: smtp: "), "{found}");
    let found = complaints("imap = 'imaps://m'\nimap = 'imaps://n'\n");
    assert!(found.contains("airgate.toml:2: duplicate key"), "{found}");
}

#[test]
fn flags_and_variables_are_named_in_their_errors() {
    let error = load(
        &["--imap", "ftp://x", "--listen", "1.2.3.4", "--tls", "on"],
        &[("AIRGATE_SMTP", "smtp://"), ("AIRGATE_ALLOW_2_5", "maybe")],
    )
    .unwrap_err()
    .to_string();
    for line in [
        "--imap: the scheme `ftp` is not one of imap, imaps, imap+starttls",
        "--listen: `1.2.3.4` is no address with a port",
        "hint: write 1.2.3.4:443",
        "--tls: `on` is not understood",
        "AIRGATE_SMTP: the URL has no host",
        "AIRGATE_ALLOW_2_5: `maybe` is neither true nor false",
    ] {
        assert!(error.contains(line), "{line}\nin\n{error}");
    }
}

#[test]
fn what_no_single_value_is_to_blame_for() {
    let none = load(&[], &[]).unwrap_err().to_string();
    assert!(
        none.starts_with("imap: no server to stand in front of"),
        "{none}"
    );
    let crossed = complaints("imap = 'imaps://m'\n[heartbeat]\nmin = '30m'\nmax = '10m'\n");
    assert!(
        crossed.contains("airgate.toml:3: heartbeat.min: "),
        "{crossed}"
    );
    let cut = complaints("imap = 'imaps://m'\n[limits]\nheld_request = '20m'\n");
    assert!(
        cut.contains("airgate.toml:3: limits.held_request: "),
        "{cut}"
    );
    let missing = complaints("imap = 'imaps://m'\ntls = '/nonexistent/c,/nonexistent/k'\n");
    assert!(
        missing.contains("airgate.toml:2: tls: `/nonexistent/c` cannot be read"),
        "{missing}"
    );
    let file = load(&["--config", "/nonexistent/a.toml"], &[])
        .unwrap_err()
        .to_string();
    assert!(
        file.starts_with("/nonexistent/a.toml: cannot be read"),
        "{file}"
    );
}

#[test]
fn oddities_are_warnings() {
    let loaded = load(
        &["--imap", "imap://mail", "--tls", "off", "--listen", ":80"],
        &[
            ("AIRGATE_PORT", "tcp://10.0.0.1:443"),
            ("AIRGATE_SMTPS", "x"),
        ],
    )
    .unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(warnings[0].starts_with("AIRGATE_PORT: no such setting"));
    assert!(
        warnings[1].contains("did you mean AIRGATE_SMTP?"),
        "{}",
        warnings[1]
    );
    assert!(warnings[2].starts_with("--imap: passwords cross the network"));
    assert!(warnings[3].starts_with("--tls: "));
}

#[test]
fn every_key_is_documented_and_every_flag_exists() {
    let mut command = <Command as clap::CommandFactory>::command();
    let help = command.render_long_help().to_string();
    for key in KEYS {
        assert!(key.doc.ends_with('.'), "{}", key.name);
        if let Some(flag) = key.flag {
            assert!(help.contains(flag), "{flag}");
        }
    }
    assert_eq!(
        KEYS.iter()
            .map(|key| key.name)
            .collect::<std::collections::HashSet<_>>()
            .len(),
        KEYS.len()
    );
}

/// Replaces what stands behind the marker; the prose before it is written by hand.
#[test]
fn the_documentation_is_what_the_code_says() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = docs.join("configuration.md");
    let written = fs::read_to_string(&page).unwrap();
    let (prose, _) = written.split_once("writes it anew -->\n").unwrap();
    let made = format!("{prose}writes it anew -->\n\n{}", reference());
    let sample = docs.join("airgate.toml.example");
    if std::env::var_os("AIRGATE_UPDATE_DOCS").is_some() {
        fs::write(&page, &made).unwrap();
        fs::write(&sample, example()).unwrap();
    }
    let hint = "run with AIRGATE_UPDATE_DOCS=1 to write it anew";
    assert!(
        fs::read_to_string(&page).unwrap() == made,
        "docs/configuration.md is stale: {hint}"
    );
    assert!(
        fs::read_to_string(&sample).unwrap() == example(),
        "docs/airgate.toml.example is stale: {hint}"
    );
}

#[test]
fn the_example_file_is_valid_with_everything_switched_on() {
    let on: String = example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let on = on
        .replace(
            "/etc/airgate/fullchain.pem,/etc/airgate/privkey.pem",
            "self-signed",
        )
        .replace("/etc/airgate/fullchain.pem", "/dev/null")
        .replace("/etc/airgate/privkey.pem", "/dev/null")
        .replace("/etc/ssl/private-ca.pem", "/dev/null");
    let config = toml(&on).unwrap().config;
    assert!(config.caldav.is_some() && config.policy.is_some());
}
