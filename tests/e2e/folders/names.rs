//! Names that phones give folders: in any script, with whatever is special in IMAP, from the phone to
//! the server and back (T24).

use airgate_codec::eas::folder_create::status;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::imap::modified_utf7;

use super::{Setup, assert_no_echo, mailboxes, on_servers, versions_on};
use crate::support::phone::Profile;

/// Names and whether Dovecot, Cyrus and Courier take them (`y`, `n`).
const NAMES: [(&str, &str); 15] = [
    ("Ärger & Co", "yyy"),
    ("日本語のフォルダ", "yyy"),
    ("🎉 Party 👩‍👩‍👧", "yyn"),
    ("שלום עולם", "yyy"),
    ("e\u{301} is not \u{e9}", "yyy"),
    ("A \"quoted\" name", "yny"),
    ("back\\slash", "yny"),
    ("100% *", "yny"),
    ("a&b&-c", "yyy"),
    ("{5}", "yny"),
    ("(brackets)", "yyy"),
    ("<b>bold<b>", "yny"),
    ("NIL", "yyy"),
    ("#hash", "yyy"),
    ("INBOX of mine", "yyy"),
];

async fn t24_any_name_there_and_back(setup: Setup) {
    let world = setup.world().await;
    let version = versions_on(setup)[0];
    let mut phone = world.phone(Profile::ios().speaking(version)).await;
    let mut other = world.phone(Profile::blackberry()).await;
    let mut made = Vec::new();
    let mut verdicts = Vec::new();
    for (name, expected) in NAMES {
        let answer = phone
            .try_create_folder("0", name, FolderType::UserMail)
            .await
            .unwrap();
        match answer.status {
            status::OK => made.push(name),
            status::MALFORMED => {}
            other => panic!("{name:?}: {other}"),
        }
        let at = match setup {
            Setup::Cyrus => 1,
            Setup::Courier => 2,
            _ => 0,
        };
        let expected = &expected[at..=at] == "y";
        if (answer.status == status::OK) != expected {
            verdicts.push((name, answer.status));
        }
    }
    assert_eq!(verdicts, [], "what the server takes is known");
    // The name on the server is the name, encoded.
    let listed = mailboxes(&world).await;
    for name in &made {
        let encoded = String::from_utf8(modified_utf7::encode(name)).unwrap();
        let path = world.backend.folder(&encoded);
        let quoted = path.replace('\\', "\\\\").replace('"', "\\\"");
        assert!(
            listed.contains(&path) || listed.contains(&quoted),
            "{name:?} in {listed:?}"
        );
    }
    // And comes back: to this phone as no news, to the other as the same name.
    assert_no_echo(&mut phone).await;
    other.folder_sync().await;
    for name in &made {
        assert_eq!(other.id(name), phone.id(name), "{name:?}");
    }
    assert!(!listed.iter().any(|name| name.contains("evil")));
    assert_eq!(phone.surprises(), [""; 0]);
    assert_eq!(other.surprises(), [""; 0]);
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus]
    t24_any_name_there_and_back
}
