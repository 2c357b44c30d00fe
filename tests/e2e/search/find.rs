//! Find: the query language on a real mailbox, what is shown of a result, and that what was found can
//! be fetched.

use airgate_codec::eas::find::{
    Criterion, FindMail, Found, MailboxQuery, Options, Properties, Request, Response,
};
use airgate_codec::eas::item_operations::{self, Fetch, Outcome};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::sync::ItemData;
use airgate_codec::eas::{Class, Range};

use super::put;
use crate::stories::{Setup, make_folder, on_servers, store};
use crate::support::phone::{Phone, Profile};

/// A Find for a query in all folders.
fn query(id: &str, text: &str) -> Request {
    Request {
        search_id: id.into(),
        criterion: Criterion::Mailbox(MailboxQuery {
            class: Some(Class::Email),
            collection_id: None,
            free_text: Some(text.into()),
        }),
        options: Options::default(),
    }
}

async fn try_find(phone: &mut Phone, request: &Request) -> Response {
    let answer = phone
        .command(CommandName::Find, request.write(phone.version()))
        .await
        .expect("an answer to Find");
    Response::read(&answer.body).expect("a Find response")
}

async fn find(phone: &mut Phone, request: &Request) -> Found {
    let response = try_find(phone, request).await;
    assert_eq!(response.status, 1);
    response.found.expect("what was found")
}

fn mails(found: &Found) -> Vec<&FindMail> {
    fn mail(properties: &Properties) -> &FindMail {
        match properties {
            Properties::Mail(mail) => mail,
            other @ Properties::Gal(_) => panic!("{other:?}"),
        }
    }
    let results = found.results.iter();
    results.map(|result| mail(&result.properties)).collect()
}

fn subjects(found: &Found) -> Vec<&str> {
    let mails = mails(found).into_iter();
    mails
        .map(|mail| mail.subject.as_deref().unwrap_or_default())
        .collect()
}

const REPORT: &str = "From: \"Ann B\" <ann@example.com>\r\nTo: alice@example.com\r\n\
    Cc: \"Carol\" <carol@example.com>, dan@example.com\r\nSubject: report\r\nImportance: high\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
    Content-Type: text/plain\r\n\r\n";
const ATTACHED: &str = "\r\n--b\r\nContent-Type: application/pdf; name=r.pdf\r\n\
    Content-Disposition: attachment; filename=r.pdf\r\n\r\nxxxx\r\n--b--\r\n";

async fn queries(setup: Setup) {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    put(
        &world,
        "INBOX",
        &[("tea", "green leaves", 9), ("coffee", "black", 10)],
    )
    .await;
    put(&world, "Work", &[("plan", "drink more tea", 12)]).await;
    let long = format!(
        "{REPORT}{}the hidden TEAPOT is here{ATTACHED}",
        "filler words ".repeat(60)
    );
    world.deliver("INBOX", long.as_bytes()).await;
    store(&world, "INBOX", "coffee", "+FLAGS (\\Seen \\Flagged)").await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    for (text, expected) in [
        ("tea", vec!["report", "plan", "tea"]),
        ("tea -drink", vec!["report", "tea"]),
        ("tea NOT (drink OR leaves)", vec!["report"]),
        ("subject:tea", vec!["tea"]),
        ("subject:tea OR subject:coffee", vec!["coffee", "tea"]),
        ("\"more tea\"", vec!["plan"]),
        ("from:ann", vec!["report"]),
        ("from:\"Ann B\" hasattachment:true", vec!["report"]),
        ("hasattachment:false tea", vec!["plan", "tea"]),
        // Words and what IMAP cannot say as alternatives: asked for again.
        (
            "hasattachment:true OR subject:coffee",
            vec!["report", "coffee"],
        ),
        ("cc:carol", vec!["report"]),
        ("participants:dan", vec!["report"]),
        ("importance:high", vec!["report"]),
        ("isread:true", vec!["coffee"]),
        ("isflagged:yes", vec!["coffee"]),
        ("received:2026-09-01 black", vec!["coffee"]),
        ("received<2026-09-01 tea", vec![]),
        ("received:2026-09-01T12:00:00Z", vec!["plan"]),
        ("size>1MB", vec![]),
        ("kind:contacts tea", vec![]),
        ("nowhere", vec![]),
    ] {
        let found = find(&mut phone, &query(text, text)).await;
        assert_eq!(subjects(&found), expected, "{text}");
        assert_eq!(found.status, 1);
        let total = u32::try_from(expected.len()).expect("few");
        assert_eq!(found.total, Some(total), "{text}");
        assert_eq!(found.store.as_deref(), Some("Mailbox"));
    }
    let found = find(&mut phone, &query("shown", "teapot")).await;
    let report = mails(&found)[0];
    assert!(
        report
            .preview
            .as_ref()
            .expect("a preview")
            .contains("hidden TEAPOT")
    );
    assert!(report.preview.as_ref().expect("a preview").chars().count() <= 255);
    assert_eq!(report.display_cc.as_deref(), Some("Carol;dan@example.com"));
    assert_eq!(report.from.as_deref(), Some("\"Ann B\" <ann@example.com>"));
    assert_eq!(report.importance, Some(2));
    assert_eq!(report.has_attachments, Some(true));
    assert_eq!((report.read, report.is_draft), (Some(false), Some(false)));
    // Its id is the one of Sync.
    let id = found.results[0].server_id.clone();
    assert_eq!(id, Some(phone.item("INBOX", "report")));
    assert_eq!(phone.surprises(), [] as [&str; 0]);
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    queries
}

/// What is found outside of what the phone synchronises can be fetched: in a folder it never opened,
/// and in one it opened but for this message.
#[tokio::test]
async fn what_was_found_can_be_fetched() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Work").await;
    put(&world, "INBOX", &[("old tea", "x", 1)]).await;
    put(&world, "Work", &[("tea at work", "x", 2)]).await;
    let mut phone = world.phone(Profile::ios().filter(1)).await;
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX"), [""; 0], "older than a day");
    let found = find(&mut phone, &query("1", "tea")).await;
    assert_eq!(subjects(&found), ["tea at work", "old tea"]);
    for result in &found.results {
        let fetch = Fetch {
            store: Some(item_operations::Store::Mailbox),
            collection_id: result.collection_id.clone(),
            server_id: result.server_id.clone(),
            ..Fetch::default()
        };
        let (response, _) = phone.item_operations(vec![fetch], false).await;
        match (&response.outcomes[0], &result.properties) {
            (
                Outcome::Fetch {
                    properties: Some(item_operations::Properties::Item(ItemData::Email(email))),
                    ..
                },
                Properties::Mail(mail),
            ) => assert_eq!(email.subject, mail.subject),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn pages_and_what_is_asked_wrongly() {
    let world = Setup::Dovecot.world().await;
    put(
        &world,
        "INBOX",
        &[("tea 1", "x", 1), ("tea 2", "x", 2), ("tea 3", "x", 3)],
    )
    .await;
    let mut phone = world.phone(Profile::ios()).await;
    let page = |id: &str, first, last| {
        let mut request = query(id, "tea");
        request.options.range = Some(Range { first, last });
        request
    };
    let found = find(&mut phone, &page("a", 0, 1)).await;
    assert_eq!(subjects(&found), ["tea 3", "tea 2"]);
    assert_eq!(found.total, Some(3));
    let found = find(&mut phone, &page("a", 2, 3)).await;
    assert_eq!(subjects(&found), ["tea 1"]);
    assert_eq!(found.range, Some(Range { first: 2, last: 2 }));
    let found = find(&mut phone, &page("b", 2, 3)).await;
    assert_eq!(
        (found.status, found.results.len()),
        (4, 0),
        "b has no first page"
    );
    let mut changed = page("a", 2, 3);
    if let Criterion::Mailbox(query) = &mut changed.criterion {
        query.free_text = Some("coffee".into());
    }
    assert_eq!(find(&mut phone, &changed).await.status, 4, "another search");
    for (wrong, status) in [
        (query("", "tea"), 2),
        (query(&"x".repeat(300), "tea"), 2),
        (query("c", ""), 2),
        (query("c", &"x".repeat(8192)), 2),
        (query("c", &"x ".repeat(100)), 2),
    ] {
        assert_eq!(
            try_find(&mut phone, &wrong).await.status,
            status,
            "{wrong:?}"
        );
    }
    let mut elsewhere = query("d", "tea");
    if let Criterion::Mailbox(query) = &mut elsewhere.criterion {
        query.collection_id = Some("m999".into());
    }
    assert_eq!(try_find(&mut phone, &elsewhere).await.status, 3);
    let fresh = Profile::ios().called("FRESH");
    let mut fresh = world.new_phone(fresh, &world.alice);
    assert_eq!(try_find(&mut fresh, &query("e", "tea")).await.status, 3);
}
