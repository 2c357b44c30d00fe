use std::io::Write as _;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::duplex;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

/// A certificate authority and one server certificate by it.
struct Identity {
    authority_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

fn identity(name: &str, expired: bool) -> Identity {
    let authority_key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority
        .self_signed(&authority_key)
        .expect("a certificate")
        .pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().expect("a key");
    let mut server = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    if expired {
        server.not_before = rcgen::date_time_ymd(2001, 1, 1);
        server.not_after = rcgen::date_time_ymd(2002, 1, 1);
    }
    let certificate = server.signed_by(&key, &issuer).expect("a certificate");
    Identity {
        authority_pem,
        chain: vec![certificate.der().clone()],
        key,
    }
}

/// Whether a client with this trust finishes a handshake with this server, asking for `name`.
async fn trusts(trust: &Trust, server: &Identity, name: &str) -> bool {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(server.key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|b| {
            b.with_no_client_auth()
                .with_single_cert(server.chain.clone(), key)
        })
        .expect("a server configuration");
    let (near, far) = duplex(64 << 10);
    let client = TlsConnector::from(client_config(trust).expect("a client configuration"));
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let (client, _) = tokio::join!(
        client.connect(name, near),
        TlsAcceptor::from(Arc::new(config)).accept(far)
    );
    client.is_ok()
}

fn authority_file(identity: &Identity) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(identity.authority_pem.as_bytes())
        .expect("written");
    file
}

#[tokio::test]
async fn t32_name_and_chain_are_verified() {
    let sound = identity("mail.test", false);
    let file = authority_file(&sound);
    let trust = Trust::Authorities(file.path().to_path_buf());
    assert!(trusts(&trust, &sound, "mail.test").await);
    assert!(!trusts(&trust, &sound, "other.test").await, "wrong name");
    let stranger = identity("mail.test", false);
    assert!(!trusts(&trust, &stranger, "mail.test").await, "wrong chain");
    assert!(
        !trusts(&Trust::System, &sound, "mail.test").await,
        "private"
    );
    let old = identity("mail.test", true);
    let file = authority_file(&old);
    let trust = Trust::Authorities(file.path().to_path_buf());
    assert!(!trusts(&trust, &old, "mail.test").await, "expired");
}

#[tokio::test]
async fn t32_a_pin_trusts_one_certificate_or_key_and_nothing_else() {
    let server = identity("mail.test", false);
    let stranger = identity("mail.test", false);
    let certificate = server.chain.first().expect("one");
    let key = ParsedCertificate::try_from(certificate)
        .expect("a certificate")
        .subject_public_key_info();
    let pins = [
        Pin::of(certificate),
        Pin(Sha256::digest(key.as_ref()).into()),
    ];
    for pin in pins {
        let trust = Trust::Pinned(vec![pin]);
        assert!(trusts(&trust, &server, "any.test").await);
        assert!(!trusts(&trust, &stranger, "mail.test").await, "wrong pin");
    }
    assert!(matches!(
        client_config(&Trust::Pinned(Vec::new())),
        Err(BadTrust::NoPin)
    ));
}

#[tokio::test]
async fn t32_the_laboratory_switch_is_bound_to_loopback_addresses() {
    let server = identity("mail.test", false);
    let trust = Trust::LaboratoryLoopback;
    assert!(trusts(&trust, &server, "127.0.0.1").await);
    assert!(trusts(&trust, &server, "::1").await);
    for name in ["192.0.2.1", "mail.test", "localhost"] {
        assert!(!trusts(&trust, &server, name).await, "{name}");
    }
}

#[test]
fn bad_authority_files_and_pins_are_named() {
    let empty = tempfile::NamedTempFile::new().expect("a file");
    let trust = Trust::Authorities(empty.path().to_path_buf());
    assert!(matches!(
        client_config(&trust),
        Err(BadTrust::NoAuthority(_))
    ));
    let trust = Trust::Authorities("/nonexistent/ca.pem".into());
    assert!(matches!(client_config(&trust), Err(BadTrust::File { .. })));

    let hex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    let colons: Vec<&str> = (0..32).map(|i| &hex[2 * i..2 * i + 2]).collect();
    let pin = Pin::parse(hex).expect("hexadecimal");
    assert_eq!(Pin::parse(&colons.join(":")).expect("colons"), pin);
    for bad in [
        "",
        "00",
        &hex[1..],
        &format!("{hex}0"),
        &hex.replace('f', "g"),
    ] {
        assert!(Pin::parse(bad).is_err(), "{bad}");
    }
}
