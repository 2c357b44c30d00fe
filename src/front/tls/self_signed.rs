//! `--tls self-signed`: a certificate made at the first start and kept, so that a phone that was
//! told to trust it goes on trusting it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType, date_time_ymd};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::{TlsError, validity};
use crate::clock;

/// Apple's systems refuse server certificates that hold longer than 825 days.
const HOLDS_DAYS: i32 = 820;
/// A new one is made at a start this close to the end of the old one.
const RENEW_SECONDS: i64 = 30 * 86_400;

/// The PEM file with certificate and key under `state`, made if it is missing, broken or about to
/// run out.
pub(super) fn keep(state: &Path) -> Result<PathBuf, TlsError> {
    let directory = state.join("tls");
    let file = directory.join("self-signed.pem");
    if let Ok(text) = fs::read(&file)
        && let Ok(cert) = CertificateDer::from_pem_slice(&text)
        && validity::not_after(&cert)
            .is_some_and(|ends| ends - clock::now_seconds() > RENEW_SECONDS)
    {
        return Ok(file);
    }
    let pem = make(&host_name()).map_err(TlsError::Make)?;
    write(&directory, &file, &pem).map_err(|error| TlsError::Write(file.clone(), error))?;
    tracing::info!(file = %file.display(), "made a self-signed certificate");
    Ok(file)
}

fn make(host: &str) -> Result<String, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    if host != "localhost"
        && let Ok(name) = host.to_owned().try_into()
    {
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    for address in [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Airgate on {host}"));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = Timestamp::from_second(clock::now_seconds()).unwrap_or_default();
    let today = TimeZone::UTC.to_datetime(now).date();
    let day = |date: Date| {
        let number = |n: i8| u8::try_from(n).unwrap_or(1);
        date_time_ymd(
            i32::from(date.year()),
            number(date.month()),
            number(date.day()),
        )
    };
    params.not_before = day(today.saturating_sub(1.day()));
    params.not_after = day(today.saturating_add(HOLDS_DAYS.days()));
    let cert = params.self_signed(&key)?;
    Ok(cert.pem() + &key.serialize_pem())
}

/// Whole or not at all, and readable by us only.
fn write(directory: &Path, file: &Path, pem: &str) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let fresh = file.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    out.write_all(pem.as_bytes())?;
    out.sync_all()?;
    fs::rename(&fresh, file)
}

/// The machine's name as the kernel has it.
fn host_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_ascii_lowercase())
        .ok()
        .filter(|name| !name.is_empty() && name.is_ascii())
        .unwrap_or_else(|| "localhost".to_owned())
}
