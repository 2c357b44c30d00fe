//! `airgate init mail.example.com`: finds out how the mail servers are reached, and writes a configuration
//! with a comment on everything there is to set.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::time::timeout;

use super::doctor::dns::Resolver;
use crate::config::{self, Config, PublicUrl, ServeArgs};
use crate::failure;
use crate::server;

/// What to set up.
#[derive(Clone, Debug, clap::Args)]
pub struct Init {
    /// The mail server
    pub host: String,
    /// The domain of the users' mail addresses [default: the host without its first label]
    #[arg(long)]
    pub domain: Option<String>,
    /// IMAP server, where it is not found at the host's usual ports
    #[arg(long, value_name = "URL")]
    pub imap: Option<String>,
    /// Submission server, likewise
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,
    /// CalDAV server, where it is not found by the domain's records or on the host itself
    #[arg(long, value_name = "URL")]
    pub caldav: Option<String>,
    /// CardDAV server, likewise
    #[arg(long, value_name = "URL")]
    pub carddav: Option<String>,
    /// Where phones will reach Airgate, https://HOST; switches Autodiscover on
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The file to write; one that is there already is left alone
    #[arg(long, value_name = "FILE", default_value = "airgate.toml")]
    pub output: PathBuf,
}

/// How long a port may take to answer before the next is tried.
const PATIENCE: Duration = Duration::from_secs(8);

/// Finds the servers, writes the file, and says what comes next.
///
/// # Errors
/// No IMAP server is found, or the file is there already or cannot be written.
pub async fn run(init: &Init) -> anyhow::Result<String> {
    if init.output.exists() {
        bail!(
            "{} is there already: move it away, or name another file with --output",
            init.output.display()
        );
    }
    if let Some(url) = &init.public_url {
        PublicUrl::parse(url).with_context(|| format!("--public-url {url}"))?;
    }
    let mut said = String::new();
    let imap = find(&mut said, "IMAP", &imap_urls(init), async |url| {
        greets(url).await
    })
    .await;
    let smtp = find(&mut said, "Submission", &smtp_urls(init), async |url| {
        takes_mail(url).await
    })
    .await;
    let Some(imap) = imap else {
        bail!("{said}no IMAP server was found; name it with --imap imaps://HOST:PORT",);
    };
    let domain = match &init.domain {
        Some(domain) => Some(domain.trim_start_matches('@').to_lowercase()),
        None => domain_of(&init.host),
    };
    let mut davs = Vec::new();
    for (what, key, service, named) in [
        ("CalDAV", "caldav", "_caldavs", &init.caldav),
        ("CardDAV", "carddav", "_carddavs", &init.carddav),
    ] {
        let urls = match (named, &domain) {
            (Some(url), _) => vec![url.clone()],
            (None, Some(domain)) => dav_urls(&init.host, domain, service).await,
            (None, None) => vec![format!("https://{}", init.host)],
        };
        let known = davs
            .last()
            .and_then(|(_, url): &(_, Option<String>)| url.as_ref());
        // The one that was just found need not be asked twice.
        let url = match known.filter(|known| urls.contains(*known)) {
            Some(known) => Some(known.clone()),
            None => find(&mut said, what, &urls, async |url| has_calendars(url).await).await,
        };
        davs.push((key, url));
    }
    let found = |key: &str| {
        let url = davs.iter().find(|(known, _)| *known == key);
        url.and_then(|(_, url)| url.as_deref()).map(quoted)
    };
    let text = fill(&[
        ("caldav", found("caldav")),
        ("carddav", found("carddav")),
        ("imap", Some(quoted(&imap))),
        ("smtp", smtp.as_deref().map(quoted)),
        ("default_domain", domain.as_deref().map(quoted)),
        ("public_url", init.public_url.as_deref().map(quoted)),
    ]);
    write(&init.output, &text)?;
    let file = init.output.display();
    let _ = write!(
        said,
        "\nWrote {file}. Look it over, then:\n\n\
         \x20   airgate doctor --config {file} --user alice@{domain}\n\
         \x20   airgate passcode add alice@{domain} --config {file} --name \"My phone\"\n\
         \x20   airgate serve --config {file}\n",
        domain = domain.as_deref().unwrap_or("example.com"),
    );
    if smtp.is_none() {
        said.push_str("\nWithout a submission server phones can read mail but not send any.\n");
    }
    Ok(said)
}

fn imap_urls(init: &Init) -> Vec<String> {
    let host = &init.host;
    init.imap.clone().map_or_else(
        || vec![format!("imaps://{host}"), format!("imap+starttls://{host}")],
        |named| vec![named],
    )
}

fn smtp_urls(init: &Init) -> Vec<String> {
    let host = &init.host;
    init.smtp.clone().map_or_else(
        || {
            vec![
                format!("submissions://{host}"),
                format!("smtp+starttls://{host}"),
            ]
        },
        |named| vec![named],
    )
}

/// Where the domain says that a kind of server is (RFC 6764), and the mail host itself.
async fn dav_urls(host: &str, domain: &str, service: &str) -> Vec<String> {
    let said = timeout(PATIENCE, Resolver::System.dav(service, domain)).await;
    let mut urls: Vec<String> = said.ok().flatten().into_iter().collect();
    let own = format!("https://{host}");
    if !urls.contains(&own) {
        urls.push(own);
    }
    urls
}

/// The first URL at which somebody answers; a line for each that was tried.
async fn find(
    said: &mut String,
    what: &str,
    urls: &[String],
    ask: impl AsyncFn(&str) -> Result<(), String>,
) -> Option<String> {
    for url in urls {
        let answer = timeout(PATIENCE, ask(url)).await;
        let answer = answer.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let _ = match &answer {
            Ok(()) => writeln!(said, "{what}: {url} answers"),
            Err(why) => writeln!(said, "{what}: {url}: {why}"),
        };
        if answer.is_ok() {
            return Some(url.clone());
        }
    }
    None
}

async fn greets(url: &str) -> Result<(), String> {
    let config = with(|args| args.imap = Some(url.to_owned()))?;
    let imap = server::imap(&config).map_err(|error| format!("{error:#}"))?;
    let imap = imap.ok_or("it is no IMAP server")?;
    let greeted = imap.greet().await;
    greeted.map(|_| ()).map_err(|error| failure::chain(&error))
}

async fn takes_mail(url: &str) -> Result<(), String> {
    // A configuration needs an IMAP server to be one.
    let config = with(|args| {
        args.imap = Some("imaps://localhost".to_owned());
        args.smtp = Some(url.to_owned());
    })?;
    let smtp = server::smtp(&config).map_err(|error| format!("{error:#}"))?;
    let smtp = smtp.ok_or("it is no submission server")?;
    let asked = smtp.probe(None).await;
    asked.map(|_| ()).map_err(|error| failure::chain(&error))
}

async fn has_calendars(url: &str) -> Result<(), String> {
    let config = with(|args| {
        args.imap = Some("imaps://localhost".to_owned());
        args.caldav = Some(url.to_owned());
    })?;
    let davs = server::dav(&config).map_err(|error| format!("{error:#}"))?;
    let dav = davs.calendars.ok_or("it is no DAV server")?;
    match dav.greet().await {
        Ok(true) => Ok(()),
        Ok(false) => Err("a web server without calendars".to_owned()),
        Err(error) => Err(failure::chain(&error)),
    }
}

/// The configuration with these flags; what the environment says (a private authority) holds.
fn with(set: impl FnOnce(&mut ServeArgs)) -> Result<Config, String> {
    let mut args = ServeArgs::default();
    set(&mut args);
    let loaded = Config::load(&args, std::env::vars_os());
    loaded
        .map(|loaded| loaded.config)
        .map_err(|errors| errors.to_string().trim().to_owned())
}

/// The example file with these values set, everything else left as comments.
fn fill(values: &[(&str, Option<String>)]) -> String {
    let mut out = String::new();
    for line in config::example().lines() {
        let set = values.iter().find_map(|(name, value)| {
            let begins = line.starts_with(&format!("#{name} = "));
            value
                .as_ref()
                .filter(|_| begins)
                .map(|value| (*name, value))
        });
        let _ = match set {
            Some((name, value)) => writeln!(out, "{name} = {value}"),
            None => writeln!(out, "{line}"),
        };
    }
    out
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// `mail.example.com` serves `example.com`; an address or a bare name serves nobody knows what.
fn domain_of(host: &str) -> Option<String> {
    let (_, domain) = host.split_once('.')?;
    let named = domain.contains('.') && host.parse::<std::net::IpAddr>().is_err();
    named.then(|| domain.to_lowercase())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_what_was_found_and_a_comment_on_the_rest() {
        let text = fill(&[
            ("caldav", None),
            ("carddav", None),
            ("imap", Some(quoted("imaps://mail.example.com"))),
            ("smtp", None),
            ("public_url", Some(quoted("https://a\"b"))),
        ]);
        assert!(
            text.contains("\nimap = \"imaps://mail.example.com\"\n"),
            "{text}"
        );
        assert!(text.contains("\n#smtp = "));
        assert!(!text.contains("\n#imap = "));
        let set = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
        assert_eq!(set.count(), 2);
        let read: toml::Table = text.parse().unwrap();
        assert_eq!(read["public_url"].as_str(), Some("https://a\"b"));
    }

    #[test]
    fn domains_are_guessed_from_names_only() {
        for (host, domain) in [
            ("mail.example.com", Some("example.com")),
            ("MX.Mail.Example.com", Some("mail.example.com")),
            ("example.com", None),
            ("localhost", None),
            ("192.0.2.7", None),
            ("2001:db8::1", None),
        ] {
            assert_eq!(domain_of(host).as_deref(), domain, "{host}");
        }
    }
}
