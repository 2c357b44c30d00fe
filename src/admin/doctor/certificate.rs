//! The certificate that phones will see: until when it is good, and whether it bears the public name.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::client::verify_server_name;
use rustls::server::ParsedCertificate;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};

use super::report::Section;
use crate::clock;
use crate::config::{Config, Tls};
use crate::front;

const DAY: i64 = 86_400;
/// When to renew at the latest (T64).
const WARN_DAYS: i64 = 21;

pub(super) fn examine(config: &Config) -> Section {
    let mut section = Section::new("Certificate");
    let path: PathBuf = match &config.tls {
        Tls::Off => {
            section.note(
                "TLS is off",
                "Whatever stands in front must end TLS: phones take nothing else, and their secrets must \
                 not cross a network in the clear.",
            );
            return section;
        }
        Tls::SelfSigned => {
            section.warn(
                "it is self-signed",
                "Every phone has to be told to trust it, and some cannot be. Get one from an authority \
                 (certbot, acme.sh) and set tls = \"CERT,KEY\".",
            );
            let path = config.state.join("tls/self-signed.pem");
            if !path.exists() {
                section.note("it is made at the first start", "");
                return section;
            }
            path
        }
        Tls::Files { cert, .. } => {
            if let Err(error) = front::TlsMode::load(&config.tls, &config.state) {
                section.problem(crate::failure::chain(&error), "");
                return section;
            }
            cert.clone()
        }
    };
    match chain(&path) {
        Some(chain) => judge(config, &chain, clock::now_seconds(), &mut section),
        None => section.problem(format!("{} cannot be read", path.display()), ""),
    }
    section
}

fn chain(path: &Path) -> Option<Vec<CertificateDer<'static>>> {
    let text = fs::read(path).ok()?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty())
}

fn judge(config: &Config, chain: &[CertificateDer<'_>], now: i64, section: &mut Section) {
    let Some(own) = chain.first() else { return };
    let left = front::certificate_end(own).map(|end| (end - now).div_euclid(DAY));
    match left {
        None => section.problem("its dates cannot be read", ""),
        Some(days) if days < 0 => section.problem(
            format!("it ran out {} days ago", -days),
            "Phones refuse it. Renew it; Airgate reads the new file by itself.",
        ),
        Some(days) if days < WARN_DAYS => section.warn(
            format!("it runs out in {days} days"),
            "Renew it; Airgate reads the new file by itself.",
        ),
        Some(days) => section.good(format!("it is good for another {days} days")),
    }
    if config.tls != Tls::SelfSigned && chain.len() == 1 {
        section.warn(
            "the file holds one certificate only",
            "Several Android and BlackBerry phones need the whole chain: use the file that is often called \
             fullchain.pem.",
        );
    }
    let Some(url) = &config.public_url else {
        return;
    };
    let Ok(name) = ServerName::try_from(url.host.as_str()) else {
        return;
    };
    let named = ParsedCertificate::try_from(own)
        .and_then(|parsed| verify_server_name(&parsed, &name))
        .is_ok();
    match named {
        true => section.good(format!("it is for {}", url.host)),
        false => section.problem(
            format!("it is not for {}, the name in public_url", url.host),
            "Phones that are sent there will refuse it: get one with that name in it.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;
    use crate::admin::doctor::Grade;
    use crate::config::{PublicUrl, ServeArgs};

    #[test]
    fn expiry_chain_and_name_are_looked_at() {
        let mut params = CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap();
        params.not_after = date_time_ymd(2031, 3, 4);
        let end = 1_930_348_800;
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap().der().clone();
        let args = ServeArgs {
            imap: Some("imaps://m".to_owned()),
            ..ServeArgs::default()
        };
        let mut config = Config::load(&args, []).unwrap().config;
        config.tls = Tls::Files {
            cert: PathBuf::new(),
            key: PathBuf::new(),
        };
        for (days, host, length, expected) in [
            (
                100,
                "mail.example.com",
                2,
                [Grade::Good, Grade::Good].as_slice(),
            ),
            (20, "mail.example.com", 2, &[Grade::Warning, Grade::Good]),
            (-1, "mail.example.com", 2, &[Grade::Problem, Grade::Good]),
            (100, "other.example.com", 2, &[Grade::Good, Grade::Problem]),
            (
                100,
                "mail.example.com",
                1,
                &[Grade::Good, Grade::Warning, Grade::Good],
            ),
        ] {
            config.public_url = PublicUrl::parse(&format!("https://{host}")).ok();
            let chain = vec![own.clone(); length];
            let mut section = Section::new("");
            judge(&config, &chain, end - days * DAY, &mut section);
            let grades: Vec<Grade> = section.findings.iter().map(|found| found.grade).collect();
            assert_eq!(grades, expected, "{section:?}");
        }
    }
}
