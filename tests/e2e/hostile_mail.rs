//! Mails made to hurt, delivered for real (T1, T14, T15, T22, T23, T59, T68): all of them arrive,
//! what can be read of them can be read, in time, and the server stays up.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::BodyPreference;
use airgate_codec::eas::email::{BodyType, Email};
use airgate_codec::eas::item_operations::{Fetch, FetchOptions, Outcome, Store, status};

use crate::support::backend::{Backend, Kind, User};
use crate::support::mail;
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

/// When the first of them arrived, a minute before the next.
const ARRIVED: u64 = 1_770_022_800;

/// A mail whose subject is its name, with more header lines and everything behind them.
fn named(name: &str, rest: &str) -> Vec<u8> {
    format!(
        "From: ann@example.com\r\nTo: alice@example.com\r\nSubject: {name}\r\n\
         Message-ID: <{name}@example.com>\r\nMIME-Version: 1.0\r\n{rest}"
    )
    .into_bytes()
}

/// `depth` multiparts inside each other, a text on every level.
fn nest(depth: usize) -> String {
    let mut mail = String::from("Content-Type: multipart/mixed; boundary=b0\r\n\r\n");
    for level in 0..depth {
        mail.push_str(&format!(
            "--b{level}\r\n\r\nlevel {level}\r\n--b{level}\r\n"
        ));
        let next = level + 1;
        mail.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{next}\r\n\r\n"
        ));
    }
    for level in (0..=depth).rev() {
        mail.push_str(&format!("--b{level}--\r\n"));
    }
    mail
}

/// A message in a message in a message.
fn chain(depth: usize) -> String {
    let link = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nMIME-Version: 1.0\r\n";
    format!(
        "{}Content-Type: text/plain\r\n\r\nthe innermost\r\n",
        link.repeat(depth)
    )
}

/// T1, T14: what a message is made of, so deep and with so many siblings.
fn structures(depths: &[usize], siblings: usize) -> Vec<(String, Vec<u8>)> {
    let mut mails = Vec::new();
    for &depth in depths {
        mails.push((format!("nest {depth}"), nest(depth)));
        mails.push((format!("chain {depth}"), chain(depth)));
    }
    let mixed = |boundary: &str, body: &str| {
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n{body}")
    };
    let siblings = "--s\r\n\r\nx\r\n".repeat(siblings);
    mails.extend(
        [
            (
                "siblings",
                mixed("s", &format!("--s\r\n\r\nthe first\r\n{siblings}--s--\r\n")),
            ),
            (
                "no boundary",
                "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhere it is\r\n--x--\r\n"
                    .to_owned(),
            ),
            (
                "empty boundary",
                mixed("", "--\r\n\r\nhere it is\r\n----\r\n"),
            ),
            ("long boundary", {
                let long = "b".repeat(5000);
                mixed(
                    &long,
                    &format!("--{long}\r\n\r\nhere it is\r\n--{long}--\r\n"),
                )
            }),
            (
                "one octet",
                mixed("-", "---\r\n\r\nhere it is\r\n-----\r\n"),
            ),
            (
                "wrong boundary",
                mixed("never", "--x\r\n\r\nhere it is\r\n--x--\r\n"),
            ),
            (
                "equal boundaries",
                mixed(
                    "e",
                    "--e\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n\
                     --e\r\n\r\nhere it is\r\n--e--\r\n--e--\r\n",
                ),
            ),
            (
                "cut in a header",
                mixed("c", "--c\r\n\r\nhere it is\r\n--c\r\nContent-Ty"),
            ),
            (
                "cut in a part",
                mixed("c", "--c\r\n\r\nhere it is\r\n--c\r\n\r\nand"),
            ),
            ("cut at once", mixed("c", "")),
            ("only boundaries", mixed("c", &"--c\r\n".repeat(5000))),
            (
                "partial",
                "Content-Type: message/partial; id=x; number=1; total=1\r\n\r\nhere it is\r\n"
                    .into(),
            ),
            (
                "external",
                "Content-Type: message/external-body; access-type=local-file; \
                 name=\"/etc/passwd\"\r\n\r\nContent-Type: text/plain\r\n\r\nphantom\r\n"
                    .into(),
            ),
            ("no type", "Content-Type: \r\n\r\nhere it is\r\n".into()),
            (
                "odd type",
                "Content-Type: /;;=;charset\r\n\r\nhere it is\r\n".into(),
            ),
        ]
        .map(|(name, rest)| (name.to_owned(), rest)),
    );
    mails
        .into_iter()
        .map(|(name, rest)| {
            let mail = named(&name, &rest);
            (name, mail)
        })
        .collect()
}

/// T15: a mebibyte of everything a header can hold.
fn headers() -> Vec<(String, Vec<u8>)> {
    const MANY: usize = 1 << 20;
    let fill = |piece: &str| piece.repeat(MANY / piece.len());
    let text = "\r\nhere it is\r\n";
    let fields = [
        ("long comment", format!("Date: {}\r\n", fill("("))),
        (
            "closed comments",
            format!("Sender: {} x@y.z\r\n", fill("(a(b)c)")),
        ),
        (
            "words",
            format!("Cc: {} <x@y.z>\r\n", fill("=?utf-8?q?=C3=BC?=\r\n ")),
        ),
        ("broken words", format!("Cc: {}\r\n", fill("=?utf-8?q?"))),
        ("groups", format!("Cc: {}\r\n", fill("g: a@b.c, d@e.f;, "))),
        ("quotes", format!("Cc: {}\r\n", fill("\"\\\""))),
        ("angles", format!("Cc: {}\r\n", fill("<"))),
        (
            "references",
            format!("References: {}\r\n", fill("<a@b.c>\r\n ")),
        ),
        (
            "continuations",
            format!(
                "Content-Type: text/plain{}\r\n",
                (0..30_000)
                    .map(|n| format!(";\r\n name*{n}*=%41"))
                    .collect::<String>()
            ),
        ),
        (
            "parameters",
            format!(
                "Content-Disposition: attachment{}\r\n",
                (0..30_000)
                    .map(|n| format!(";\r\n p{n}=\"x\""))
                    .collect::<String>()
            ),
        ),
        (
            "fields",
            (0..50_000).map(|n| format!("X-{n}: y\r\n")).collect(),
        ),
        ("one field", fill("Subject: again\r\n")),
        ("folds", format!("X-Long:{}\r\n", fill("\r\n x"))),
    ];
    let mut mails: Vec<(String, Vec<u8>)> = fields
        .into_iter()
        .map(|(name, fields)| (name.to_owned(), named(name, &(fields + text))))
        .collect();
    let long = format!(
        "Subject: long {}\r\nFrom: ann@example.com\r\n{text}",
        fill("subject ")
    );
    mails.push(("long subject".to_owned(), long.into_bytes()));
    mails
}

fn arrived(at: usize) -> u64 {
    ARRIVED + 60 * at as u64
}

/// What a phone has of the mail delivered as number `at`.
fn held(phone: &Phone, at: usize) -> Option<(String, Email)> {
    let arrived = i64::try_from(arrived(at)).unwrap() * 1000;
    let items = phone.held("INBOX").items;
    items
        .into_iter()
        .find(|(_, email)| email.date_received.is_some_and(|date| date.0 == arrived))
}

/// Syncs the inbox with patience for a slow build, and tells how long it took.
async fn in_time(phone: &mut Phone, limit: Duration) {
    let start = Instant::now();
    phone.sync_all("INBOX").await;
    let took = start.elapsed();
    assert!(took < limit, "{} took {took:?}", phone.profile.name);
    assert_eq!(phone.surprises(), [""; 0]);
}

fn assert_unhurt(world: &World) {
    let log = world.server.log();
    assert!(!log.contains("panicked"), "{log}");
    assert_eq!(log.matches("airgate ready on ").count(), 1);
}

/// Delivers them, and syncs them all with these phones.
async fn all_arrive(
    kind: Kind,
    mails: Vec<(String, Vec<u8>)>,
    phones: Vec<Profile>,
) -> (World, Vec<(usize, String)>) {
    let alice = User::alice();
    let backend = Backend::start(kind, &[alice.clone()]);
    let dated = mails.iter().enumerate();
    let dated = dated.map(|(at, (_, mail))| (arrived(at), &**mail));
    let taken = backend.deliver_at(&alice, "INBOX", dated).await;
    let there: Vec<(usize, String)> = mails
        .into_iter()
        .enumerate()
        .filter(|(at, _)| taken[*at])
        .map(|(at, (name, _))| (at, name))
        .collect();
    assert!(there.len() * 4 >= taken.len() * 3, "{there:?}");
    let world = World::around(backend, &[alice], |settings| {
        settings.argument("--allow-2.5")
    })
    .await;
    for profile in phones {
        let mut phone = world.phone(profile).await;
        in_time(&mut phone, Duration::from_secs(8)).await;
        for (at, name) in &there {
            assert!(held(&phone, *at).is_some(), "{name}");
        }
    }
    assert_unhurt(&world);
    (world, there)
}

/// HTML with previews, MIME, and text in the oldest form.
fn all_forms() -> Vec<Profile> {
    let old = Profile::blackberry().keeps_all();
    vec![
        Profile::windows_phone().keeps_all(),
        Profile::ios(),
        old.speaking(ProtocolVersion::V2_5),
    ]
}

/// The bodies of these kinds and some attachments of all mails, asked for one by one.
async fn can_be_read(world: &World, there: &[(usize, String)], kinds: &[BodyType]) {
    let mut phone = world
        .phone(Profile::gmail().called("READER").window(100))
        .await;
    phone.sync_all("INBOX").await;
    let folder = phone.id("INBOX");
    for (at, name) in there {
        let (item, email) = held(&phone, *at).unwrap();
        let body = |kind| Fetch {
            store: Some(Store::Mailbox),
            collection_id: Some(folder.clone()),
            server_id: Some(item.clone()),
            options: FetchOptions {
                mime_support: Some(2),
                body_preferences: vec![BodyPreference::of(kind)],
                ..FetchOptions::default()
            },
            ..Fetch::default()
        };
        let mut fetches: Vec<Fetch> = kinds.iter().map(|kind| body(*kind)).collect();
        let attachments = email.attachments.iter();
        let some = attachments.clone().take(3).chain(attachments.rev().take(2));
        fetches.extend(some.map(|attachment| Fetch {
            store: Some(Store::Mailbox),
            file_reference: Some(attachment.file_reference.clone()),
            ..Fetch::default()
        }));
        let (response, _) = phone.item_operations(fetches, true).await;
        for (at, outcome) in response.outcomes.into_iter().enumerate() {
            let Outcome::Fetch { head, .. } = outcome else {
                panic!("{name}");
            };
            assert_eq!(
                head.status,
                status::OK,
                "{name}, fetch {at}: {:?}",
                email.attachments
            );
        }
    }
    assert_unhurt(world);
}

#[tokio::test]
async fn t1_t14_structures_on_dovecot() {
    let depths = [11, 12, 13, 22, 23, 24, 25, 40, 100, 500, 2000];
    let (world, there) = all_arrive(Kind::Dovecot, structures(&depths, 100_000), all_forms()).await;
    can_be_read(&world, &there, &[BodyType::Plain, BodyType::Mime]).await;
    let mut phone = world
        .phone(Profile::gmail().called("TEXTS").window(100))
        .await;
    phone.sync_all("INBOX").await;
    for (at, name) in &there {
        let (item, email) = held(&phone, *at).unwrap();
        assert_eq!(email.subject.as_ref(), Some(name));
        let text = phone.fetch_body("INBOX", &item, BodyType::Plain).await;
        let text = text.unwrap_or_default();
        let expected = match name.as_str() {
            "cut at once" | "only boundaries" => "",
            // What is inside is an attachment.
            "partial" | "external" => "",
            name if name.starts_with("chain") => "",
            name if name.starts_with("nest") => "level 0",
            "siblings" => "the first",
            _ => "here it is",
        };
        assert!(text.contains(expected), "{name}: {text:?} {email:?}");
        if expected.is_empty() && name != "cut at once" && name != "only boundaries" {
            assert!(!email.attachments.is_empty(), "{name}");
        }
    }
}

#[tokio::test]
async fn t15_headers_on_dovecot() {
    let (world, there) = all_arrive(
        Kind::Dovecot,
        headers(),
        vec![Profile::windows_phone().keeps_all()],
    )
    .await;
    // Not as MIME: the tests' own reading of 15 MiB takes longer than all the rest.
    can_be_read(&world, &there, &[BodyType::Plain]).await;
}

#[tokio::test]
async fn t1_t14_t68_structures_on_courier() {
    let (world, there) = all_arrive(
        Kind::Courier,
        structures(&[12, 25, 500], 5000),
        vec![Profile::ios()],
    )
    .await;
    can_be_read(&world, &there, &[BodyType::Plain, BodyType::Mime]).await;
}

#[tokio::test]
async fn t1_t14_t68_structures_on_cyrus() {
    let (world, there) = all_arrive(
        Kind::Cyrus,
        structures(&[12, 25, 500], 5000),
        vec![Profile::ios()],
    )
    .await;
    can_be_read(&world, &there, &[BodyType::Plain, BodyType::Mime]).await;
}

#[tokio::test]
async fn t23_every_octet_in_a_subject_and_in_a_body() {
    let mails: Vec<(String, Vec<u8>)> = (0..=255_u8)
        .map(|octet| {
            let mut mail = b"From: a".to_vec();
            mail.extend_from_slice(&[octet]);
            mail.extend_from_slice(b"b <ann@example.com>\r\nSubject: x");
            mail.extend_from_slice(&[octet, octet]);
            mail.extend_from_slice(b"y\r\nContent-Type: text/plain; charset=utf-8; name=\"n");
            mail.extend_from_slice(&[octet]);
            mail.extend_from_slice(b".txt\"\r\n\r\nbefore ");
            mail.extend_from_slice(&[octet]);
            mail.extend_from_slice(b" after\r\n");
            (format!("octet {octet}"), mail)
        })
        .collect();
    // The wire checks that every answer is legal XML; here, that the rest of the text is there.
    let (world, there) = all_arrive(Kind::Dovecot, mails, all_forms()).await;
    let mut phone = world
        .phone(Profile::gmail().called("OCTETS").window(100))
        .await;
    phone.sync_all("INBOX").await;
    for (at, name) in &there {
        let (_, email) = held(&phone, *at).unwrap();
        let data = email.body.and_then(|body| body.data).unwrap_or_default();
        // A line end in the header makes the rest of it another field, or the body.
        if !matches!(at, 10 | 13) {
            assert!(
                data.contains("before") && data.contains("after"),
                "{name}: {data}"
            );
            let subject = email.subject.unwrap_or_default();
            assert!(
                subject.starts_with('x') && subject.ends_with('y'),
                "{name}: {subject}"
            );
        }
    }
}

#[tokio::test]
async fn t22_html_comes_as_it_was_sent_or_cut_between_tags() {
    let html = "<p title='a>b'>One &amp; <b>tw\u{f6}</b><!-- > --></p><script>if (a<b) x()</script>\
                <img src=x onerror=alert(1)><a href=\"javascript:x\">l</a><div <p>>&#x1F600;</div>";
    let world = World::start(Kind::Dovecot).await;
    let rest = format!("Content-Type: text/html; charset=utf-8\r\n\r\n{html}");
    world.deliver("INBOX", &named("html", &rest)).await;
    let whole = BodyPreference::of(BodyType::Html);
    let mut phone = world.phone(Profile::gmail().bodies(&[whole])).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "html");
    let email = phone.held("INBOX").items[&item].clone();
    let data = email.body.and_then(|body| body.data).unwrap_or_default();
    assert!(data.ends_with(html), "{data}");
    for size in [0, 1, 7, 30, 60, 90, 120, 150] {
        let preference = BodyPreference {
            truncation_size: Some(size),
            ..whole
        };
        let device = format!("HTML{size}");
        let profile = Profile::gmail().bodies(&[preference]).called(&device);
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let email = phone.held("INBOX").items[&phone.item("INBOX", "html")].clone();
        let body = email.body.unwrap();
        let cut = body.data.unwrap_or_default();
        assert!(
            body.truncated && cut.len() <= size as usize,
            "{size}: {cut}"
        );
        assert!(data.starts_with(&cut), "{size}: {cut}");
        let half_open = cut.rfind('<') > cut.rfind('>') && !cut.ends_with('>');
        assert!(!half_open || cut.contains("<script>"), "{size}: {cut}");
    }
}

#[tokio::test]
async fn t59_a_poisoned_mail_costs_no_other() {
    let alice = User::alice();
    let backend = Backend::start(Kind::Dovecot, &[alice.clone()]);
    backend.fill(&alice, "INBOX", 300).await;
    let Backend::Dovecot(dovecot) = &backend else {
        unreachable!("started above");
    };
    let maildir = dovecot.maildir(&alice);
    let poison = mail::delivered(150) + 1;
    maildir.deliver_at("INBOX", poison, &named("poison", "\r\nunreadable\r\n"));
    // A mail that the server knows of and cannot read: every FETCH of it fails.
    for entry in std::fs::read_dir(maildir.folder("INBOX").join("cur")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(&format!("{poison}.")) {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    let world = World::around(backend, &[alice], |settings| settings).await;
    let mut phone = world.phone(Profile::outlook()).await;
    in_time(&mut phone, Duration::from_secs(8)).await;
    let items = phone.held("INBOX").items;
    assert_eq!(items.len(), 301);
    let numbered = |email: &&Email| {
        let subject = email.subject.as_deref().unwrap_or_default();
        subject.starts_with("Mail number ")
    };
    assert_eq!(items.values().filter(numbered).count(), 300);
    let stub = items.values().find(|email| !numbered(email)).unwrap();
    let text = stub.body.as_ref().and_then(|body| body.data.as_deref());
    assert!(
        text.is_some_and(|text| text.contains("unchanged in the mailbox")),
        "{stub:?}"
    );
    // And it goes on: new mail comes, nothing comes twice.
    world
        .deliver("INBOX", &mail::simple("after", "hi\r\n"))
        .await;
    in_time(&mut phone, Duration::from_secs(8)).await;
    assert_eq!(phone.held("INBOX").items.len(), 302);
    assert_unhurt(&world);
}
