//! How phones find the server: the public address, Autodiscover for each domain, and the records that lead
//! there.

use std::net::IpAddr;

use serde_json::Value;

use super::Options;
use super::dns::Resolver;
use super::report::Section;
use super::web::{self, Place, WebFault};
use crate::config::{Config, PublicUrl};

pub(super) async fn examine(config: &Config, options: &Options) -> Section {
    let mut section = Section::new("Public address and Autodiscover");
    let Some(url) = &config.public_url else {
        section.note(
            "Autodiscover is off",
            "Users type the server's name into their phones. To spare them that, set public_url = \
             \"https://mail.example.com\" and domains.",
        );
        return section;
    };
    if config.domains.is_empty() {
        section.warn(
            "Autodiscover answers nobody",
            "Set domains = [\"example.com\"] to the domains of your users' mail addresses.",
        );
    }
    if options.offline {
        section.note("not looked at (--offline)", "");
        for domain in &config.domains {
            section.note(
                format!("phones find {domain} by one of these"),
                records(domain, url),
            );
        }
        return section;
    }
    let resolver = options.resolver.map_or(Resolver::System, Resolver::Server);
    let place = Place {
        host: &url.host,
        port: url.port,
        tls: url.tls,
    };
    let addresses = match resolver.addresses(&url.host).await {
        Ok(addresses) => addresses,
        Err(fault) => {
            section.problem(format!("{} cannot be looked up: {fault}", url.host), "");
            return section;
        }
    };
    if addresses.is_empty() {
        section.problem(
            format!("{} has no address", url.host),
            format!("Publish an A or AAAA record for {}.", url.host),
        );
        return section;
    }
    if !public(place, &addresses, url, &mut section).await {
        return section;
    }
    for domain in &config.domains {
        match discovered(place, &addresses, domain).await {
            Reached::Told(told) if told == url.active_sync() => {}
            other => section.problem(
                format!("Autodiscover at {url} does not answer for {domain}: {other}"),
                "Is the running server's configuration the one that was looked at?",
            ),
        }
        way(&resolver, domain, url, &mut section).await;
    }
    section
}

/// Whether an ActiveSync server answers where phones are sent.
async fn public(
    place: Place<'_>,
    addresses: &[IpAddr],
    url: &PublicUrl,
    section: &mut Section,
) -> bool {
    match web::get(place, addresses, "/Microsoft-Server-ActiveSync").await {
        Ok(answer) if answer.headers.contains_key("ms-server-activesync") => {
            section.good(format!("an ActiveSync server answers at {url}"));
            true
        }
        Ok(answer) => {
            section.problem(
                format!("something else answers at {url} (HTTP {})", answer.status),
                "Let the web server or balancer there pass /Microsoft-Server-ActiveSync and /autodiscover on \
                 to Airgate.",
            );
            false
        }
        Err(fault) => {
            let help = match &fault {
                WebFault::Unreachable(_) => {
                    "Is Airgate running, and does a firewall or router let the port through? From inside of a \
                     network its own public address often cannot be reached: then try from outside."
                }
                WebFault::Tls(_) => "See the section about the certificate.",
                WebFault::Http => "",
            };
            section.problem(format!("{url}: {fault}"), help);
            false
        }
    }
}

/// Which of the ways that phones try leads to the server.
async fn way(resolver: &Resolver, domain: &str, url: &PublicUrl, section: &mut Section) {
    let own = url.active_sync();
    let mut ways = Vec::new();
    for host in [domain.to_owned(), format!("autodiscover.{domain}")] {
        let addresses = resolver.addresses(&host).await.unwrap_or_default();
        if addresses.is_empty() {
            continue;
        }
        let place = Place {
            host: &host,
            port: 443,
            tls: true,
        };
        match discovered(place, &addresses, domain).await {
            Reached::Told(told) if told == own => ways.push(format!("https://{host}")),
            Reached::Told(told) => section.problem(
                format!("https://{host} sends phones of {domain} to {told}"),
                "Phones ask there before they look further: correct or remove what answers.",
            ),
            // A web site of the domain's that knows nothing of this is no harm.
            Reached::Nothing(_) if host == *domain => {}
            Reached::Nothing(why) => section.warn(
                format!("{host} has an address, but no Autodiscover that phones could use: {why}"),
                "Let it lead to Airgate with a certificate that bears its name, or remove the record.",
            ),
        }
    }
    let name = format!("_autodiscover._tcp.{domain}");
    match resolver.services(&name).await {
        Ok(found) => match found.first() {
            Some(service) if service.target == url.host && service.port == url.port => {
                ways.push(format!("the SRV record {name}"));
            }
            Some(service) => section.warn(
                format!(
                    "the SRV record {name} leads to {}:{}, not to {url}",
                    service.target, service.port
                ),
                "Correct it.",
            ),
            None => {}
        },
        Err(fault) => section.note(format!("{name} could not be looked up: {fault}"), ""),
    }
    match ways.is_empty() {
        false => section.good(format!(
            "phones of {domain} find it by {}",
            ways.join(" and ")
        )),
        true => section.warn(
            format!("phones of {domain} do not find the server by the mail address"),
            format!(
                "Publish one of these, the first if you can:\n{}",
                records(domain, url)
            ),
        ),
    }
}

/// What Autodiscover said.
#[derive(Debug)]
enum Reached {
    Told(String),
    Nothing(String),
}

impl std::fmt::Display for Reached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Told(url) => write!(f, "it tells {url}"),
            Self::Nothing(why) => f.write_str(why),
        }
    }
}

/// Asks as phones do. Nobody needs to have this address.
async fn discovered(place: Place<'_>, addresses: &[IpAddr], domain: &str) -> Reached {
    let path = format!(
        "/autodiscover/autodiscover.json?Email=postmaster%40{domain}&Protocol=ActiveSync&RedirectCount=0"
    );
    let answer = match web::get(place, addresses, &path).await {
        Ok(answer) => answer,
        Err(fault) => return Reached::Nothing(fault.to_string()),
    };
    let told = serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .and_then(|document| Some(document.get("Url")?.as_str()?.to_owned()));
    match told {
        Some(url) if answer.status == 200 => Reached::Told(url),
        _ => Reached::Nothing(format!("HTTP {}", answer.status)),
    }
}

/// The records to publish, ready to be copied.
fn records(domain: &str, url: &PublicUrl) -> String {
    let PublicUrl { host, port, .. } = url;
    let service = format!("  _autodiscover._tcp.{domain}. IN SRV 0 0 {port} {host}.");
    if *port != 443 {
        return service;
    }
    format!(
        "  autodiscover.{domain}. IN CNAME {host}.\n{service}\nThe first needs a certificate that bears the \
         name autodiscover.{domain} as well; the second is not asked for by every phone."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_can_be_copied() {
        let url = PublicUrl::parse("https://mail.example.com").unwrap();
        let text = records("example.org", &url);
        assert!(text.contains("  autodiscover.example.org. IN CNAME mail.example.com.\n"));
        assert!(
            text.contains("  _autodiscover._tcp.example.org. IN SRV 0 0 443 mail.example.com.\n")
        );
        // Phones ask port 443 of autodiscover.DOMAIN, so another port needs SRV.
        let url = PublicUrl::parse("https://mail.example.com:8443").unwrap();
        assert_eq!(
            records("example.org", &url),
            "  _autodiscover._tcp.example.org. IN SRV 0 0 8443 mail.example.com."
        );
    }
}
