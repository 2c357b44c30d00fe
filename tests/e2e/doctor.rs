//! `airgate doctor`, as an operator reads it: beside a running server, and with everything wrong.

use std::net::UdpSocket;
use std::process::Output;
use std::thread;
use std::time::Duration;

use airgate::identity::UserId;
use airgate::store::{Credentials as _, Devices as _, SqliteStore};
use serde_json::Value;

use crate::operator::airgate;
use crate::support::backend::Kind;
use crate::support::backend::dav::DavKind;
use crate::support::faulty::{Faulty, Mode};
use crate::support::process::RunDir;
use crate::support::world::World;

/// A name server that knows the SRV record of one domain and nothing else; gives its address.
fn name_server(domain: &str, target: &str, port: u16) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let mut asked_for = Vec::new();
    for label in format!("_autodiscover._tcp.{domain}").split('.') {
        asked_for.push(u8::try_from(label.len()).unwrap());
        asked_for.extend_from_slice(label.as_bytes());
    }
    let mut data = vec![0, 0, 0, 0];
    data.extend_from_slice(&port.to_be_bytes());
    for label in target.split('.') {
        data.push(u8::try_from(label.len()).unwrap());
        data.extend_from_slice(label.as_bytes());
    }
    data.push(0);
    // It ends with the test's process.
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let mut answer = buffer[..length].to_vec();
            let known =
                answer[12..].starts_with(&asked_for) && answer[length - 4..] == [0, 33, 0, 1];
            answer[2..4].copy_from_slice(&[0x81, if known { 0x80 } else { 0x83 }]);
            if known {
                answer[7] = 1;
                answer.extend_from_slice(&[0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0]);
                answer.push(u8::try_from(data.len()).unwrap());
                answer.extend_from_slice(&data);
            }
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}

/// Without the breaks that only fit a terminal.
fn flat(text: &str) -> String {
    text.replace("\n           ", " ")
}

/// Runs the doctor on the world's configuration.
fn doctor(world: &World, more: &[&str], input: &str) -> (Output, String) {
    let smtp = world.smtp.url();
    let arguments = [&["doctor", "--smtp", &smtp], more].concat();
    let output = world.server.verb_with(&arguments, input);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

// The submission server of the rig runs in here while the doctor is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_server_is_told_to_be_one() {
    let mut world = World::with_dav(DavKind::Radicale).await;
    let address = world.server.address();
    let dav = world.dav().url();
    let lines = format!("public_url = \"http://{address}\"\ndomains = [\"doctor.test\"]\n");
    std::fs::write(world.server.config(), lines).unwrap();
    world.server.terminate();
    world.server.start();
    let names = name_server("doctor.test", "127.0.0.1", address.port());
    let password = format!("{}\n", world.alice.password);
    let asked = [
        "--user",
        &world.alice.name,
        "--resolver",
        &names,
        "--tls",
        "off",
        "--caldav",
        &dav,
        "--carddav",
        &dav,
    ];
    let (output, text) = doctor(&world, &asked, &password);
    println!("{text}");
    assert!(output.status.success(), "{text}");
    for line in [
        "ok       it can be reached and speaks HTTP",
        "ok       calendars: ",
        "ok       address books: Contacts",
        "ok       sync-collection: a Sync costs what has changed",
        "note     it sends no invitations",
        "ok       alice@example.com can sign in",
        "ok       QRESYNC: a Sync costs what has changed",
        "ok       NOTIFY: one connection",
        "ok       it can be reached and speaks SMTP",
        &format!("ok       an ActiveSync server answers at http://{address}"),
        "ok       phones of doctor.test find it by the SRV record",
        "ok       the database is whole",
        "ok       its server keys open all passcodes",
        "ok       the clock says 20",
    ] {
        assert!(flat(&text).contains(line), "{line} is not in:\n{text}");
    }
    // Every line fits a terminal, but for what is to be copied.
    for line in text.lines().filter(|line| !line.contains("http")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let all = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains(&world.alice.password));

    // Where the record leads elsewhere, or the public address to somebody else.
    let names = name_server("doctor.test", "old.example.com", 443);
    let (_, text) = doctor(&world, &["--resolver", &names, "--tls", "off"], "");
    assert!(
        flat(&text).contains("leads to old.example.com:443"),
        "{text}"
    );
    assert!(
        text.contains("  _autodiscover._tcp.doctor.test. IN SRV 0 0"),
        "{text}"
    );
    let smtp = format!("http://{}", world.smtp.url().rsplit('/').next().unwrap());
    let elsewhere = ["--public-url", &smtp, "--resolver", &names, "--json"];
    let (output, text) = doctor(&world, &elsewhere, "");
    assert_eq!(output.status.code(), Some(1), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["problems"], 1, "{text}");
}

// The submission server of the rig runs in here while the doctor is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_what_helps() {
    let world = World::start(Kind::Dovecot).await;
    let (output, text) = doctor(
        &world,
        &["--user", "alice@example.com", "--offline", "--tls", "off"],
        "wrong\n",
    );
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("problem  alice@example.com cannot sign in"),
        "{text}"
    );
    assert!(
        text.contains("the submission server refused the login"),
        "{text}"
    );

    // Nobody there, no TLS there, a certificate that is none, and half a database.
    let dir = RunDir::new("doctor");
    let half = dir.path().join("state/airgate.db");
    SqliteStore::open(&half).await.unwrap().close().await;
    let whole = std::fs::read(&half).unwrap();
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let not_pem = dir.write("cert.pem", "hello");
    let smtp = world.smtp.url().replace("smtp://", "submissions://");
    let output = airgate(
        &dir,
        &[
            "doctor",
            "--imap",
            "imaps://127.0.0.1:1",
            "--smtp",
            &smtp,
            "--tls",
            &format!("{0},{0}", not_pem.display()),
            "--state",
            &half.parent().unwrap().display().to_string(),
            "--public-url",
            "https://mail.example.com",
            "--default-domain",
            "example.com",
            "--offline",
        ],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    println!("{text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
    for line in [
        "IMAP server 127.0.0.1:1 (TLS)\n  problem  the mail server cannot be reached",
        "Check host and port",
        "(TLS)\n  problem  the submission server cannot be reached: no TLS",
        "Certificate\n  problem  `",
        "holds no certificate in PEM form",
        "_autodiscover._tcp.example.com. IN SRV 0 0 443 mail.example.com.",
        "4 problems",
    ] {
        assert!(flat(&text).contains(line), "{line:?} is not in:\n{text}");
    }
}

// The submission server of the rig runs in here while the doctor is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_cuts_waiting_phones_is_found() {
    let mut world = World::start_with(Kind::Dovecot, |settings| settings.only_passcodes()).await;
    let proxy = Faulty::before(world.server.address()).await;
    let address = proxy.imap_url().replace("imap://", "http://");
    let lines = format!("public_url = \"{address}\"\ndomains = [\"doctor.test\"]\n");
    std::fs::write(world.server.config(), lines).unwrap();
    world.server.terminate();
    world.server.start();
    let names = name_server("doctor.test", "127.0.0.1", 443);
    let held = |world: &World, seconds: &str| {
        let password = format!("{}\n", world.alice.password);
        let name = world.alice.name.clone();
        let asked = [
            "--user",
            &name,
            "--resolver",
            &names,
            "--tls",
            "off",
            "--hold",
            seconds,
        ];
        doctor(world, &asked, &password)
    };
    // The server itself says what it takes.
    let (_, text) = held(&world, "10");
    assert!(flat(&text).contains("the next it takes is 60 s"), "{text}");

    // Cut in the middle of the wait, a second after the folders were told.
    let log = world.server.log_file();
    let cutter = tokio::spawn(async move {
        let asked = || {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            log.matches("command=\"FolderSync\"").count()
        };
        let before = asked();
        while asked() == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(1200)).await;
        proxy.set(Mode::Close);
        proxy
    });
    let (_, text) = held(&world, "60");
    let _proxy = cutter.await.unwrap();
    println!("{text}");
    assert!(
        flat(&text).contains("problem  a silent request was cut after 1 s"),
        "{text}"
    );
    assert!(flat(&text).contains("proxy_read_timeout"), "{text}");
    // Nothing of it is left.
    let store = SqliteStore::open(&world.server.state().join("airgate.db"))
        .await
        .unwrap();
    let user = UserId::parse(&world.alice.name, None).unwrap();
    assert!(store.devices(&user).await.unwrap().is_empty());
    let passcodes = store.credentials(&user).await.unwrap();
    assert!(
        passcodes.iter().all(|row| row.revoked_at.is_some()),
        "{passcodes:?}"
    );
}
