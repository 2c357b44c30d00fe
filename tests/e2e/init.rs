//! `airgate init`: from a host name to a configuration that serves.

use crate::operator::airgate;
use crate::support::backend::dav::DavKind;
use crate::support::process::RunDir;
use crate::support::world::World;

// The submission server of the rig runs in here while the program is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_writes_a_configuration_of_what_it_found() {
    let world = World::with_dav(DavKind::Radicale).await;
    let dir = RunDir::new("init");
    let (imap, smtp) = (world.backend.imap_url(), world.smtp.url());
    let words = |more: &[&str]| {
        let all = [&["init", "mail.example.com"], more].concat();
        airgate(&dir, &all)
    };
    let dav = world.dav().url();
    let found = [
        "--imap",
        &imap,
        "--smtp",
        &smtp,
        "--caldav",
        &dav,
        "--carddav",
        &dav,
    ];
    let output = words(&found);
    let text = String::from_utf8(output.stdout).unwrap();
    println!("{text}");
    assert!(output.status.success(), "{text}");
    for line in [
        &format!("IMAP: {imap} answers"),
        &format!("Submission: {smtp} answers"),
        &format!("CalDAV: {dav} answers"),
        "airgate doctor --config airgate.toml --user alice@example.com",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    let written = std::fs::read_to_string(dir.path().join("airgate.toml")).unwrap();
    assert!(
        written.contains("\ndefault_domain = \"example.com\"\n"),
        "{written}"
    );
    for key in ["caldav", "carddav"] {
        let line = format!("\n{key} = \"{dav}\"\n");
        assert!(written.contains(&line), "{written}");
    }
    let output = airgate(&dir, &["check-config"]);
    assert!(output.status.success(), "{output:?}");

    // What is there is never written over; where nobody answers, nothing is written.
    let again = words(&found);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"));
    let nobody = words(&["--imap", "imap://127.0.0.1:1", "--output", "other.toml"]);
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert_eq!(nobody.status.code(), Some(1), "{said}");
    assert!(said.contains("no IMAP server was found"), "{said}");
    assert!(!dir.path().join("other.toml").exists());
}
