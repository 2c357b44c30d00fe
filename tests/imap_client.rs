//! The IMAP client on a real Dovecot, started for each test on a free loopback port: with all its
//! extensions, and the same again with none.

#![allow(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use airgate::backend::Login;
use airgate::backend::imap::{
    Covers, Expunged, FetchItems, Imap, ImapError, ImapSettings, Known, Search, Security, Session,
    SpecialUse, WatchEvent,
};
use airgate::backend::tls::{Pin, Trust, client_config};
use airgate::identity::UserId;
use airgate_codec::imap::{Flag, MailboxName, Structure, Uid, UidSet};
use secrecy::SecretString;
use tokio::time::timeout;

/// What a server may have that the client does without.
const EXTENSIONS: [&str; 17] = [
    "CONDSTORE",
    "QRESYNC",
    "ENABLE",
    "UIDPLUS",
    "MOVE",
    "ESEARCH",
    "SPECIAL-USE",
    "LIST-STATUS",
    "LIST-EXTENDED",
    "IDLE",
    "NOTIFY",
    "LITERAL+",
    "SASL-IR",
    "ID",
    "UNSELECT",
    "NAMESPACE",
    "AUTH=PLAIN",
];

struct Dovecot {
    child: Child,
    port: u16,
    pin: Pin,
    _place: tempfile::TempDir,
}

impl Dovecot {
    /// Starts it and waits until it answers. Any user may log in with `secret`.
    fn start() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("open");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).expect("made");
        let path = place.path();
        fs::write(path.join("cert.pem"), made.cert.pem()).expect("written");
        fs::write(path.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
        fs::create_dir(path.join("mail")).expect("made");
        let owner = std::os::unix::fs::chown(path.join("mail"), Some(user_id("dovecot")), None);
        owner.expect("root, to give Dovecot its directory");
        fs::write(path.join("dovecot.conf"), configuration(path, port)).expect("written");
        let child = Command::new("/usr/sbin/dovecot")
            .arg("-F")
            .arg("-c")
            .arg(path.join("dovecot.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("Dovecot is installed (apt-get install dovecot-imapd)");
        let server = Self {
            child,
            port,
            pin: Pin::of(made.cert.der()),
            _place: place,
        };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("Dovecot does not listen");
    }

    fn client(&self, change: impl FnOnce(&mut ImapSettings)) -> Imap {
        let tls = client_config(&Trust::Pinned(vec![self.pin])).expect("a TLS configuration");
        let mut settings = ImapSettings::new("127.0.0.1", self.port, Security::Plain, tls);
        change(&mut settings);
        Imap::new(settings)
    }

    fn bare_client(&self) -> Imap {
        self.client(|settings| settings.hide = EXTENSIONS.map(Into::into).into())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // The group is Dovecot's own; asked politely it takes a second to end.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

fn user_id(name: &str) -> u32 {
    let users = fs::read_to_string("/etc/passwd").expect("users");
    let line = users
        .lines()
        .find(|line| line.starts_with(&format!("{name}:")));
    line.and_then(|line| line.split(':').nth(2))
        .and_then(|id| id.parse().ok())
        .expect("Dovecot's own user")
}

fn configuration(path: &Path, port: u16) -> String {
    let path = path.display();
    format!(
        "base_dir = {path}/run
state_dir = {path}/state
log_path = {path}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{path}/cert.pem
ssl_key = <{path}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login
mail_location = maildir:{path}/mail/%u
mail_uid = dovecot
mail_gid = dovecot
first_valid_uid = 1
first_valid_gid = 1
default_login_user = dovenull
default_internal_user = dovecot
mailbox_list_index = yes
mailbox_idle_check_interval = 1 s
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={path}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
protocol imap {{
  mail_plugins = imap_zlib
}}
"
    )
}

fn login(name: &str, secret: &str) -> Login {
    Login {
        user: UserId::parse(name, None).expect("a name"),
        name: name.into(),
        acts_for: None,
        secret: SecretString::from(secret),
        version: 1,
    }
}

fn uid(number: u32) -> Uid {
    Uid::new(number).expect("a UID")
}

fn set(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    UidSet::from_iter(numbers)
}

fn mail(number: u32) -> Vec<u8> {
    format!(
        "From: Bob <bob@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= {number}\r\n\
         Message-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello {number}\r\n\
         --b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nAAAA\r\n\
         --b--\r\n"
    )
    .into_bytes()
}

/// INBOX with the messages 1 to `count`, all received in February 2026.
async fn filled(imap: &Imap, login: &Login, count: u32) -> Session {
    let mut session = imap.session(login, None).await.expect("a session");
    let inbox = MailboxName::inbox();
    for number in 1..=count {
        session
            .append(&inbox, &[], Some(1_769_940_000), &mail(number))
            .await
            .expect("appended");
    }
    session
}

#[tokio::test]
async fn everything_on_a_server_with_all_extensions() {
    let dovecot = Dovecot::start();
    let imap = dovecot.client(|_| {});
    let alice = login("alice@example.org", "secret");
    imap.verify(&alice).await.expect("the right secret");
    let wrong = login("alice@example.org", "wrong");
    let refused = imap.verify(&wrong).await;
    assert!(
        matches!(refused, Err(ImapError::LoginRefused(_))),
        "{refused:?}"
    );

    let mut session = filled(&imap, &alice, 5).await;
    let offered = session.capabilities();
    assert!(offered.qresync && offered.condstore && offered.notify && offered.uidplus);
    let selected = session.select(&MailboxName::inbox(), None).await;
    let selected = selected.expect("selected");
    assert!(selected.highest_modseq.is_some(), "on the first SELECT");
    assert!(selected.permanent_keywords && !selected.read_only);
    assert_eq!((selected.exists, selected.uid_next), (5, uid(6)));
    mailboxes(&mut session, true).await;
    messages(&mut session).await;
    changes(&imap, &alice, true).await;
    transfers(&mut session, true).await;
}

#[tokio::test]
async fn everything_on_a_server_without_any() {
    let dovecot = Dovecot::start();
    let imap = dovecot.bare_client();
    let alice = login("alice@example.org", "secret");
    imap.verify(&alice).await.expect("the right secret");
    let mut session = filled(&imap, &alice, 5).await;
    let selected = session.select(&MailboxName::inbox(), None).await;
    let selected = selected.expect("selected");
    assert_eq!(selected.highest_modseq, None);
    assert_eq!((selected.exists, selected.uid_next), (5, uid(6)));
    mailboxes(&mut session, false).await;
    messages(&mut session).await;
    changes(&imap, &alice, false).await;
    transfers(&mut session, false).await;
    let watch = imap.watch(&alice, Vec::new()).await;
    assert!(matches!(watch, Err(ImapError::Unsupported(_))));
}

async fn mailboxes(session: &mut Session, rich: bool) {
    let sent = MailboxName::new("Sent");
    let list = session.list().await.expect("a listing");
    let of = |name: &str| {
        let name = MailboxName::new(name);
        list.iter().find(|each| each.name == name).expect("listed")
    };
    assert!(of("INBOX").selectable && of("INBOX").delimiter == Some('/'));
    assert!(of("Trash").subscribed && !of("Sent").subscribed);
    if rich {
        assert_eq!(of("Sent").special_use, Some(SpecialUse::Sent));
    }
    let status = of("INBOX").status.as_ref();
    let validity = status.map(|status| status.uid_validity.is_some());
    assert_eq!(validity, rich.then_some(true));

    let deep = MailboxName::new("Entwürfe & \"mehr\"/zwei*");
    session.create(&deep).await.expect("created");
    let again = session.create(&deep).await;
    assert!(
        matches!(again, Err(ImapError::MailboxExists(_))),
        "{again:?}"
    );
    session.subscribe(&deep).await.expect("subscribed");
    let gone = MailboxName::new("gone");
    let names = [MailboxName::inbox(), gone.clone(), deep.clone(), sent];
    let status = session.status(&names).await.expect("answers");
    let inbox = status[0].as_ref().expect("there");
    assert_eq!((inbox.messages, inbox.unseen), (Some(5), Some(5)));
    assert_eq!(inbox.highest_modseq.is_some(), rich);
    assert!(matches!(&status[1], Err(ImapError::NoMailbox(name)) if *name == gone));
    assert_eq!(status[2].as_ref().expect("there").messages, Some(0));

    let renamed = MailboxName::new("Entwürfe & \"mehr\"/drei");
    session.select(&deep, None).await.expect("selected");
    session.rename(&deep, &renamed).await.expect("renamed");
    let list = session.list().await.expect("a listing");
    assert!(list.iter().any(|each| each.name == renamed));
    assert!(!list.iter().any(|each| each.name == deep && each.selectable));
    session.delete(&renamed).await.expect("deleted");
    let error = session.delete(&renamed).await;
    assert!(matches!(error, Err(ImapError::NoMailbox(_))), "{error:?}");
    let error = session.select(&gone, None).await;
    assert!(matches!(error, Err(ImapError::NoMailbox(_))), "{error:?}");
    let error = session.append(&gone, &[], None, b"x").await;
    assert!(matches!(error, Err(ImapError::NoMailbox(_))), "{error:?}");
    session
        .select(&MailboxName::inbox(), None)
        .await
        .expect("selected");
}

async fn messages(session: &mut Session) {
    for (search, found) in [
        (Search::All, set(1..6)),
        (Search::UidFrom(uid(4)), set([4, 5])),
        (Search::UidFrom(uid(40)), set([])),
        (Search::In(set([2, 3, 9])), set([2, 3])),
        (
            Search::Header("Message-ID".into(), "<3@example.org>".into()),
            set([3]),
        ),
        (Search::Subject("Grüße 2".into()), set([2])),
        (Search::Since(1_769_940_000), set(1..6)),
        (Search::Before(1_769_940_000), set([])),
        (Search::Deleted, set([])),
        (
            Search::Not(Box::new(Search::Or(
                Box::new(Search::In(set([1]))),
                Box::new(Search::Text("hello 5".into())),
            ))),
            set([2, 3, 4]),
        ),
    ] {
        assert_eq!(
            session.search(&search).await.expect("found"),
            found,
            "{search:?}"
        );
    }

    let items = FetchItems {
        flags: true,
        internal_date: true,
        size: true,
        structure: true,
        modseq: true,
        email_id: true,
        thread_id: true,
        headers: Some(vec!["SUBJECT", "FROM"]),
        sections: vec![("1".into(), Some((0, 5))), ("2.MIME".into(), None)],
    };
    let fetched = session.fetch(&set([2, 4, 77]), &items).await.expect("read");
    assert_eq!(fetched.len(), 2);
    assert_eq!(fetched[0].uid, Some(uid(2)));
    assert_eq!(fetched[0].internal_date, Some(1_769_940_000));
    assert_eq!(fetched[0].size, Some(mail(2).len() as u64));
    assert_eq!(fetched[0].section("1"), Some(&b"Hello"[..]));
    let Some(Structure::Known(part)) = &fetched[0].structure else {
        panic!("a structure");
    };
    assert_eq!(part.children[1].file_name(), Some("a.pdf"));
    let header = FetchItems::header_of(&fetched[0]).expect("a header");
    assert!(String::from_utf8_lossy(header).contains("Subject: =?utf-8?q?"));
    assert!(!fetched[0].flags.as_ref().expect("flags").seen, "PEEK");

    let add = [Flag::Seen, Flag::Keyword("$Work".into())];
    let undone = session
        .store(&set([1, 2, 77]), &add, &[Flag::Flagged])
        .await;
    assert_eq!(undone.expect("stored"), set([77]));
    let flags = session.fetch_flags(None, None).await.expect("a listing");
    assert_eq!(flags.len(), 5);
    assert!(flags[0].1.seen && flags[0].1.keywords == ["$Work"] && !flags[2].1.seen);

    let mut whole = Vec::new();
    let total = session
        .stream_section(uid(3), "", None, |piece| {
            whole.extend_from_slice(&piece);
            std::future::ready(Ok(()))
        })
        .await
        .expect("streamed");
    assert_eq!(total, Some(whole.len() as u64));
    assert!(whole == mail(3));
}

/// Another session changes INBOX; what does the first one learn of it?
async fn changes(imap: &Imap, login: &Login, rich: bool) {
    let inbox = MailboxName::inbox();
    let mut session = imap.session(login, Some(&inbox)).await.expect("a session");
    let before = session.select(&inbox, None).await.expect("selected");
    let known = before.highest_modseq.map(|modseq| Known {
        uid_validity: before.uid_validity,
        modseq,
        uids: set(1..6),
    });
    let same = session.select(&inbox, known.as_ref()).await.expect("again");
    assert_eq!(same.resynced, rich);
    assert!(same.flags.is_empty() && same.vanished.is_empty());

    let mut other = imap.fresh_session(login).await.expect("another");
    other.select(&inbox, None).await.expect("selected");
    other
        .store(&set([2]), &[Flag::Answered], &[])
        .await
        .expect("stored");
    // Marked by someone else, and not to be swept away.
    other
        .store(&set([3]), &[Flag::Deleted], &[])
        .await
        .expect("stored");
    let expunged = other.expunge(&set([4])).await.expect("expunged");
    assert_eq!(
        expunged,
        if rich {
            Expunged::Removed
        } else {
            Expunged::Marked
        }
    );
    other
        .append(&inbox, &[Flag::Seen], None, &mail(6))
        .await
        .expect("appended");
    drop(other);

    let after = session.select(&inbox, known.as_ref()).await.expect("again");
    assert_eq!(after.resynced, rich);
    assert_eq!(after.uid_next, uid(7));
    if rich {
        assert_eq!(after.vanished, set([4]));
        let changed: Vec<u32> = after.flags.iter().map(|(uid, _)| uid.get()).collect();
        assert_eq!(changed, [2, 3], "and not 6, which was not known");
        assert_eq!(after.exists, 5);
        let since = known.as_ref().map(|known| known.modseq);
        let flags = session.fetch_flags(None, since).await.expect("changes");
        assert_eq!(flags.len(), 3);
    }
    let deleted = session.search(&Search::Deleted).await.expect("found");
    assert_eq!(deleted, if rich { set([3]) } else { set([3, 4]) });
}

async fn transfers(session: &mut Session, rich: bool) {
    let inbox = MailboxName::inbox();
    let sent = MailboxName::new("Sent");
    let trash = MailboxName::new("Trash");
    session.select(&inbox, None).await.expect("selected");
    let copied = session
        .copy_messages(&set([1, 2]), &sent)
        .await
        .expect("copied");
    assert_eq!(
        copied.pairs,
        [(uid(1), Some(uid(1))), (uid(2), Some(uid(2)))]
    );
    let moved = session
        .move_messages(&set([2, 6, 99]), &trash)
        .await
        .expect("moved");
    assert_eq!(
        moved.pairs,
        [(uid(2), Some(uid(1))), (uid(6), Some(uid(2)))]
    );
    assert!(moved.validity.is_some());
    let undeleted = session.search(&Search::Undeleted).await.expect("found");
    assert_eq!(undeleted, set([1, 5]));
    let all = session.search(&Search::All).await.expect("found");
    assert_eq!(
        all.contains(2),
        !rich,
        "only marked where it cannot be removed alone"
    );
    assert!(
        all.contains(3),
        "S9: what another has marked is still there"
    );
    let gone = MailboxName::new("gone");
    let error = session.move_messages(&set([1]), &gone).await;
    assert!(matches!(error, Err(ImapError::NoMailbox(_))), "{error:?}");
    session.select(&trash, None).await.expect("selected");
    let found = session.search(&Search::All).await.expect("found");
    assert_eq!(found, set([1, 2]));
}

#[tokio::test]
async fn large_sections_stream_through_tls_and_compression() {
    let dovecot = Dovecot::start();
    let alice = login("alice@example.org", "secret");
    let body: String = (0..60_000).map(|line| format!("{line:060}\r\n")).collect();
    let message = format!("Subject: large\r\n\r\n{body}").into_bytes();
    for (security, compress) in [
        (Security::StartTls, false),
        (Security::StartTls, true),
        (Security::Plain, true),
    ] {
        let imap = dovecot.client(|settings| {
            settings.security = security;
            settings.compress = compress;
        });
        let mut session = imap.session(&alice, None).await.expect("a session");
        let inbox = MailboxName::inbox();
        let place = session.append(&inbox, &[], None, &message).await;
        let (_, uid) = place.expect("appended").expect("a place");
        session.select(&inbox, None).await.expect("selected");
        let mut whole = Vec::with_capacity(message.len());
        let mut largest = 0;
        let total = session
            .stream_section(uid, "", None, |piece| {
                largest = largest.max(piece.len());
                whole.extend_from_slice(&piece);
                std::future::ready(Ok(()))
            })
            .await
            .expect("streamed");
        assert_eq!(total, Some(message.len() as u64));
        assert!(whole == message && largest <= 64 << 10);
        // And the connection is in step.
        assert!(
            session
                .search(&Search::All)
                .await
                .expect("found")
                .contains(uid.get())
        );
    }
}

#[tokio::test]
async fn starttls_with_another_certificate_than_the_pinned_is_refused() {
    let dovecot = Dovecot::start();
    let alice = login("alice@example.org", "secret");
    let stranger = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).expect("made");
    let trust = Trust::Pinned(vec![Pin::of(stranger.cert.der())]);
    let imap = dovecot.client(|settings| {
        settings.security = Security::StartTls;
        settings.tls = client_config(&trust).expect("a TLS configuration");
    });
    let result = imap.verify(&alice).await;
    assert!(
        matches!(result, Err(ImapError::Unreachable(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn watches_tell_where_something_happened() {
    let dovecot = Dovecot::start();
    let alice = login("alice@example.org", "secret");
    let imap = dovecot.client(|_| {});
    let mut session = imap.session(&alice, None).await.expect("a session");
    let sent = MailboxName::new("Sent");
    // Dovecot makes it when it is first used.
    session
        .append(&sent, &[], None, &mail(0))
        .await
        .expect("appended");

    let mut watch = imap.watch(&alice, Vec::new()).await.expect("a watch");
    assert_eq!(watch.covers(), &Covers::All);
    session
        .append(&sent, &[], None, &mail(1))
        .await
        .expect("appended");
    assert_eq!(soon(&mut watch).await, WatchEvent::Mailbox(sent.clone()));
    session.select(&sent, None).await.expect("selected");
    session
        .store(&set([1]), &[Flag::Seen], &[])
        .await
        .expect("stored");
    assert_eq!(soon(&mut watch).await, WatchEvent::Mailbox(sent.clone()));
    session
        .create(&MailboxName::new("new"))
        .await
        .expect("created");
    assert_eq!(soon(&mut watch).await, WatchEvent::HierarchyChanged);

    let imap = dovecot.client(|settings| settings.hide = vec!["NOTIFY".into()]);
    let mut watch = imap
        .watch(&alice, vec![sent.clone()])
        .await
        .expect("a watch");
    assert_eq!(watch.covers(), &Covers::Only(sent.clone()));
    session
        .append(&sent, &[], None, &mail(2))
        .await
        .expect("appended");
    assert_eq!(soon(&mut watch).await, WatchEvent::Mailbox(sent.clone()));
    session.expunge(&set([1])).await.expect("expunged");
    assert_eq!(soon(&mut watch).await, WatchEvent::Mailbox(sent));
}

async fn soon(watch: &mut airgate::backend::imap::Watch) -> WatchEvent {
    timeout(Duration::from_secs(8), watch.next())
        .await
        .expect("in time")
        .expect("an event")
}

#[tokio::test]
async fn many_questions_of_one_user_share_a_few_connections() {
    let dovecot = Dovecot::start();
    let imap = dovecot.client(|settings| settings.per_user_connections = 3);
    let alice = Arc::new(login("alice@example.org", "secret"));
    drop(filled(&imap, &alice, 5).await);
    let mut tasks = Vec::new();
    for _ in 0..30 {
        let (imap, alice) = (imap.clone(), Arc::clone(&alice));
        tasks.push(airgate::task::spawn("test", async move {
            let inbox = MailboxName::inbox();
            let mut session = imap.session(&alice, Some(&inbox)).await.expect("a session");
            session.select(&inbox, None).await.expect("selected");
            session.search(&Search::All).await.expect("found").len()
        }));
    }
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), 5);
    }
}
