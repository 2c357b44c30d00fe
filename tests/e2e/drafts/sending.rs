//! `Send`: a draft goes out once, is filed in Sent and is no draft any more (S17-S19).

use super::*;
use crate::support::phone::{Loss, Trouble};
use crate::support::smtp::Fault;

fn send_new(client_id: &str, draft: EmailChange) -> sync::Command {
    sync::Command::Add {
        class: None,
        client_id: client_id.into(),
        data: sync::ApplicationData::Email(Box::new(draft)),
        send: true,
    }
}

fn send_held(item: &str, change: EmailChange) -> sync::Command {
    sync::Command::Change {
        server_id: item.into(),
        instance_id: None,
        data: sync::ApplicationData::Email(Box::new(change)),
        send: true,
    }
}

async fn a_draft_is_sent_once_filed_and_gone(setup: Setup) {
    let world = setup.world().await;
    let mut sent = 0;
    for version in VERSIONS {
        let profile = Profile::ios().speaking(version).called(version.as_str());
        let mut phone = ready(&world, profile).await;
        // One the server has never seen.
        let mut new = draft(&format!("new {version}"), "straight");
        new.bcc = Some("carol@example.org".into());
        new.attachments = vec![file("a", "a.txt", b"text")];
        let response = phone.do_in("Drafts", vec![send_new("c1", new)]).await;
        let (status, id, _) = outcome(&response);
        assert_eq!(status, 1);
        assert!(id.is_some());
        assert_eq!(counts(&response), "-1", "not among the phone's drafts");
        sent += 1;
        let got = world.smtp.wait_for(sent).await.pop().unwrap();
        assert_eq!(got.to, ["bob@example.com", "carol@example.org"]);
        assert!(!got.text().contains("carol"), "{}", got.text());
        assert!(got.text().contains("a.txt"));
        // One it holds, with a last change; the answer is lost and asked for again.
        let subject = format!("held {version}");
        phone.add_draft("c2", draft(&subject, "old")).await;
        let item = phone.item("Drafts", &subject);
        let change = EmailChange {
            body: Some(BodyChange::whole(BodyType::Plain, "the last word")),
            ..EmailChange::default()
        };
        phone.lose_next(Loss::Answer);
        let send = request(&phone, vec![send_held(&item, change)]);
        phone.try_sync(send).await.unwrap_err();
        let response = phone.repeat_sync().await.unwrap();
        assert_eq!(outcome(&response).0, 1);
        assert_eq!(counts(&response), "-1");
        sent += 1;
        let got = world.smtp.wait_for(sent).await.pop().unwrap();
        assert!(got.text().contains("the last word"), "{}", got.text());
        // As it is, with only the element.
        let subject = format!("as it is {version}");
        phone.add_draft("c3", draft(&subject, "x")).await;
        let item = phone.item("Drafts", &subject);
        let send = send_held(&item, EmailChange::default());
        assert_eq!(outcome(&phone.do_in("Drafts", vec![send]).await).0, 1);
        sent += 1;
        world.smtp.wait_for(sent).await;
        assert_eq!(on_server(&world, "Drafts").await, [""; 0]);
        assert_converged(&world, &mut phone, "Drafts").await;
    }
    assert_eq!(world.smtp.received().len(), sent);
    assert_eq!(
        on_server(&world, "Sent").await.len(),
        sent,
        "each filed once"
    );
    let mut other = ready(&world, Profile::gmail()).await;
    assert_eq!(other.subjects("Drafts"), [""; 0]);
    other.sync_all("Sent").await;
    assert_eq!(other.surprises(), [""; 0]);
    assert_eq!(world.smtp.client_faults(), [""; 0]);
}

/// A reply that was begun elsewhere, or as one whole message.
async fn a_sent_reply_marks_what_it_answers(setup: Setup) {
    let world = setup.world().await;
    for version in VERSIONS {
        let mail = format!(
            "From: vera@contoso.example\r\nTo: alice@example.com\r\nSubject: asks {version}\r\n\
             Message-ID: <asks-{version}@contoso.example>\r\n\r\nWell?\r\n"
        );
        world.deliver("INBOX", mail.as_bytes()).await;
        let reply = format!(
            "From: alice@example.com\r\nTo: vera@contoso.example\r\nSubject: Re: asks {version}\r\n\
             Message-ID: <reply-{version}@example.com>\r\n\
             In-Reply-To: <asks-{version}@contoso.example>\r\n\r\nYes.\r\n"
        );
        world.deliver("Drafts", reply.as_bytes()).await;
        let profile = Profile::ios().speaking(version).called(version.as_str());
        let mut phone = ready(&world, profile).await;
        let item = phone.item("Drafts", &format!("Re: asks {version}"));
        let send = send_held(&item, EmailChange::default());
        assert_eq!(outcome(&phone.do_in("Drafts", vec![send]).await).0, 1);
        let flags = flags_of(&world, "INBOX", &format!("asks {version}")).await;
        assert!(flags.contains("\\Answered"), "{version} {flags}");
    }
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    a_draft_is_sent_once_filed_and_gone
}

on_servers! {
    [dovecot Dovecot, cyrus Cyrus, plain Plain]
    a_sent_reply_marks_what_it_answers
}

/// Nobody to send it to, or nobody there can be: the draft stays one.
#[tokio::test]
async fn missing_and_malformed_recipients_are_status_183() {
    let world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    for (round, to) in ["", "just a name, carol@example.org", "bob@"]
        .into_iter()
        .enumerate()
    {
        let bad = EmailChange {
            to: Some(to.into()),
            ..draft("nobody", "x")
        };
        let response = phone
            .do_in("Drafts", vec![send_new(&format!("n{round}"), bad.clone())])
            .await;
        assert_eq!(outcome(&response), (183, None, None), "{to:?}");
        phone.add_draft(&format!("h{round}"), bad).await;
        let item = phone.item("Drafts", "nobody");
        let response = phone
            .do_in("Drafts", vec![send_held(&item, EmailChange::default())])
            .await;
        assert_eq!(outcome(&response).0, 183, "{to:?}");
        assert_eq!(on_server(&world, "Drafts").await, ["nobody"]);
        // The user adds somebody and sends it again.
        let change = EmailChange {
            to: Some("bob@example.com".into()),
            ..EmailChange::default()
        };
        let response = phone.do_in("Drafts", vec![send_held(&item, change)]).await;
        assert_eq!(outcome(&response).0, 1);
        assert_eq!(world.smtp.wait_for(round + 1).await.len(), round + 1);
    }
    assert_converged(&world, &mut phone, "Drafts").await;
}

/// Send outside the drafts, of what is gone, or of what somebody else changed.
#[tokio::test]
async fn what_cannot_be_sent_is_said() {
    let world = Setup::Dovecot.world().await;
    deliver(&world, "INBOX", &["mail"]).await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let mail = phone.item("INBOX", "mail");
    let send = send_held(&mail, EmailChange::default());
    assert_eq!(outcome(&phone.do_in("INBOX", vec![send]).await).0, 6);
    phone.add_draft("c", draft("shared", "x")).await;
    let item = phone.item("Drafts", "shared");
    let mut other = ready(&world, Profile::gmail().speaking(ProtocolVersion::V16_1)).await;
    let theirs = other.item("Drafts", "shared");
    other.edit_draft(&theirs, draft("changed", "y")).await;
    let send = send_held(&item, EmailChange::default());
    let response = phone.do_in("Drafts", vec![send.clone()]).await;
    assert_eq!(outcome(&response).0, 7);
    assert_eq!(phone.item("Drafts", "changed"), item);
    expunge(&world, "Drafts", "changed").await;
    let response = phone.do_in("Drafts", vec![send]).await;
    assert_eq!(outcome(&response).0, 8);
    assert_eq!(world.smtp.received().len(), 0);
    assert_converged(&world, &mut phone, "Drafts").await;
}

/// Whatever the submission server does, the mail goes out once or stays a draft.
#[tokio::test]
async fn s17_s18_every_fault_ends_in_one_mail_or_a_draft() {
    let world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    let mut expected = Vec::new();
    for (round, (fault, answer)) in [
        (Fault::Message(451), Ok(5)),
        (Fault::Message(554), Ok(120)),
        (Fault::Recipient(550), Ok(120)),
        (Fault::LoseAfterDot, Ok(1)),
        (Fault::CutAtData, Err(503)),
    ]
    .into_iter()
    .enumerate()
    {
        let subject = format!("fault {round}");
        phone.add_draft(&subject, draft(&subject, "x")).await;
        let item = phone.item("Drafts", &subject);
        world.smtp.next_goes_wrong(fault);
        let send = request(&phone, vec![send_held(&item, EmailChange::default())]);
        let got = match phone.try_sync(send.clone()).await {
            Ok(response) => Ok(outcome(&response).0),
            Err(Trouble::Http(answer)) => Err(answer.status),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(got, answer, "{fault:?}");
        if got != Ok(1) {
            assert_eq!(on_server(&world, "Drafts").await, [subject.clone()]);
            let again = match got {
                // The same request, since it was not answered.
                Err(_) => phone.repeat_sync().await.unwrap(),
                Ok(_) => {
                    let send = send_held(&item, EmailChange::default());
                    phone.do_in("Drafts", vec![send]).await
                }
            };
            assert_eq!(outcome(&again).0, 1, "{fault:?}");
        }
        expected.push(subject);
        assert_eq!(on_server(&world, "Drafts").await, [""; 0], "{fault:?}");
        assert_eq!(on_server(&world, "Sent").await, expected, "{fault:?}");
    }
    assert_eq!(world.smtp.received().len(), expected.len());
    assert_converged(&world, &mut phone, "Drafts").await;
}

/// kill -9 at moments all over a request that sends (F4). Between the final dot and its record a
/// second submission may follow, under the same Message-ID; nothing is lost and nothing stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s17_s18_kill_nine_around_sending() {
    let mut world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    let mut cut = 0;
    let mut expected = Vec::new();
    for round in 1..=10_u64 {
        let subject = format!("mail {round:02}");
        let command = if round % 2 == 0 {
            phone.add_draft(&subject, draft(&subject, "x")).await;
            let item = phone.item("Drafts", &subject);
            send_held(&item, EmailChange::default())
        } else {
            send_new(&subject, draft(&subject, "x"))
        };
        expected.push(subject);
        let sync = request(&phone, vec![command]);
        let moment = Duration::from_millis(round * 4);
        let (response, again) = insist(&mut world, &mut phone, sync, moment).await;
        cut += usize::from(again);
        assert_eq!(outcome(&response).0, 1, "{response:?}");
    }
    println!("{cut} of 10 rounds were cut");
    let received = world.smtp.received();
    let mut ids: Vec<String> = received
        .iter()
        .map(|mail| {
            let text = mail.text();
            let (_, id) = text.split_once("Message-ID: ").unwrap();
            id.lines().next().unwrap().to_owned()
        })
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), expected.len());
    assert!(received.len() <= expected.len() + cut, "{}", received.len());
    assert_eq!(on_server(&world, "Drafts").await, [""; 0]);
    assert_eq!(on_server(&world, "Sent").await, expected);
    assert_converged(&world, &mut phone, "Drafts").await;
}
