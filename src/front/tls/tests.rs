use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

fn pair(name: &str, year: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(year, 1, 1);
    let cert = params.self_signed(&key).unwrap();
    (cert.pem(), key.serialize_pem())
}

#[test]
fn a_self_signed_certificate_is_stable_and_private() {
    let state = tempfile::tempdir().unwrap();
    let load = || TlsMode::load(&Tls::SelfSigned, state.path()).unwrap();
    load();
    let file = state.path().join("tls/self-signed.pem");
    let first = fs::read(&file).unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    load();
    assert_eq!(fs::read(&file).unwrap(), first);
    // A damaged one is replaced.
    fs::write(&file, "junk").unwrap();
    load();
    assert_ne!(fs::read(&file).unwrap(), first);
}

#[test]
fn t64_a_broken_pair_keeps_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let (cert, key) = (
        directory.path().join("c.pem"),
        directory.path().join("k.pem"),
    );
    let write = |c: &str, k: &str| {
        fs::write(&cert, c).unwrap();
        fs::write(&key, k).unwrap();
    };
    let (cert_one, key_one) = pair("one.test", 2090);
    let (cert_two, key_two) = pair("two.test", 2090);
    let (old_cert, old_key) = pair("old.test", 2020);
    write(&cert_one, &key_one);
    let certificates = Certificates::load(cert.clone(), key.clone()).unwrap();
    assert!(!certificates.reload_if_changed().unwrap());

    write(&cert_two, &key_one);
    assert!(matches!(certificates.reload(), Err(TlsError::Mismatch(_))));
    write("junk", &key_one);
    assert!(matches!(
        certificates.reload(),
        Err(TlsError::NoCertificate(_))
    ));
    write(&cert_two, "junk");
    assert!(matches!(certificates.reload(), Err(TlsError::NoKey(_))));
    // A cut certificate: half written by a careless script.
    write(&cert_two[..cert_two.len() / 2], &key_two);
    assert!(certificates.reload().is_err());
    write(&old_cert, &old_key);
    assert!(matches!(certificates.reload(), Err(TlsError::Expired(_))));
    // Said once, not on every look.
    assert!(!certificates.reload_if_changed().unwrap());
    fs::remove_file(&key).unwrap();
    assert!(!certificates.reload_if_changed().unwrap());

    write(&cert_two, &key_two);
    assert!(certificates.reload_if_changed().unwrap());
    assert!(!certificates.reload_if_changed().unwrap());
}

#[test]
fn files_that_do_not_work_are_an_error_at_the_start() {
    let missing = Tls::Files {
        cert: "/nonexistent/c".into(),
        key: "/nonexistent/k".into(),
    };
    let error = TlsMode::load(&missing, Path::new("/nonexistent")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/nonexistent/c`");
}
