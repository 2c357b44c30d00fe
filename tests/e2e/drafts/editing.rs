//! Change: another message under the same ServerId, with all that the phone did not send.

use airgate_codec::eas::email::{FollowUp, Moment};

use super::*;
use crate::sync::generations::made_anew;

/// As Thunderbird leaves a reply.
const STORED: &str = "From: Alice <alice@example.com>\r\nTo: bob@example.com\r\n\
    Subject: Re: plan\r\nMessage-ID: <tb@example.com>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
    In-Reply-To: <orig@bob>\r\nReferences: <root@bob> <orig@bob>\r\n\
    X-Mozilla-Draft-Info: internal/draft; vcard=0\r\nX-Identity-Key: id1\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n\
    old words\r\n--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\
    Content-Disposition: attachment; filename=a.pdf\r\nX-Part: kept\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQ=\r\n--x\r\n\
    Content-Type: image/png; name=b.png\r\nContent-Disposition: attachment; filename=b.png\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nUE5H\r\n--x--\r\n";

async fn put(world: &World) {
    let mut client = world.other_client().await;
    let folder = world.backend.folder("Drafts");
    client
        .append(&folder, "\\Draft \\Seen \\Flagged", STORED.as_bytes())
        .await;
    client.logout().await;
}

async fn an_edit_keeps_what_was_not_sent_and_the_number(setup: Setup) {
    let world = setup.world().await;
    put(&world).await;
    for version in VERSIONS {
        let mut phone = ready(&world, Profile::ios().speaking(version)).await;
        let mut other = ready(&world, Profile::gmail()).await;
        let item = phone.item("Drafts", "Re: plan");
        let files = phone.held("Drafts").items[&item].attachments.clone();
        // The words only.
        let change = EmailChange {
            body: Some(BodyChange::whole(BodyType::Plain, "new words")),
            ..EmailChange::default()
        };
        let response = phone.edit_draft(&item, change).await;
        assert_eq!(outcome(&response).0, 1);
        assert_eq!(counts(&response), "", "S6: no echo");
        assert_quiet(&mut phone, "Drafts").await;
        assert_eq!(on_server(&world, "Drafts").await, ["Re: plan"], "S10");
        let now = octets(&world, "Re: plan").await;
        let (head, _) = now.split_once("\r\n\r\n").unwrap();
        let (old_head, old_body) = STORED.split_once("\r\n\r\n").unwrap();
        for field in old_head.split("\r\n") {
            assert!(head.contains(field), "{field}: {head}");
        }
        for part in old_body.split("--x").skip(2) {
            assert!(now.contains(part), "{part}");
        }
        assert!(now.contains("new words") && !now.contains("old words"));
        let flags = flags_now(&world).await;
        for flag in ["\\Draft", "\\Seen", "\\Flagged"] {
            assert!(flags.contains(flag), "{flags}");
        }
        // The phone's old names of the files lead to them still.
        let (pdf, png) = (&files[0].file_reference, &files[1].file_reference);
        assert_eq!(phone.fetch_attachment(pdf, false).await, b"Hello world");
        // One goes, one comes, in one change with a new subject.
        let change = EmailChange {
            subject: Some("Re: plan B".into()),
            attachments: vec![remove(pdf), file("n", "c.txt", b"see")],
            ..EmailChange::default()
        };
        let response = phone.edit_draft(&item, change).await;
        let (status, _, told) = outcome(&response);
        assert_eq!(status, 1);
        let told = told.expect("the new file's name");
        assert_eq!(told.attachments[0].client_id.as_deref(), Some("n"));
        let new = &told.attachments[0].file_reference;
        assert_eq!(phone.fetch_attachment(new, false).await, b"see");
        let now = octets(&world, "Re: plan B").await;
        assert!(!now.contains("a.pdf") && now.contains("b.png"));
        assert!(now.contains("In-Reply-To: <orig@bob>"));
        // The other file, by the name it had two edits ago; taken away twice is taken away.
        assert_eq!(phone.fetch_attachment(png, false).await, b"PNG");
        for _ in 0..2 {
            let change = EmailChange {
                attachments: vec![remove(png)],
                ..EmailChange::default()
            };
            assert_eq!(outcome(&phone.edit_draft(&item, change).await).0, 1);
        }
        let now = octets(&world, "Re: plan B").await;
        assert!(!now.contains("b.png") && now.contains("c.txt"));
        // Others see the draft there is, once.
        assert_converged(&world, &mut phone, "Drafts").await;
        assert_converged(&world, &mut other, "Drafts").await;
        assert_eq!(other.subjects("Drafts"), ["Re: plan B"]);
        // As it was, for the next version.
        let items = [item];
        phone.delete("Drafts", &items, true).await;
        put(&world).await;
    }
}

async fn flags_now(world: &World) -> String {
    let mut client = client_in(world, "Drafts").await;
    let uid = live(&mut client, "Re: plan").await;
    client.flags(uid).await
}

/// Flags of a draft are deltas like anywhere (S11): no new message for them.
async fn s11_flags_alone_do_not_rewrite(setup: Setup) {
    let world = setup.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("flags", "x")).await;
    let item = phone.item("Drafts", "flags");
    let mut client = client_in(&world, "Drafts").await;
    let before = uid_of(&mut client, "flags").await;
    phone.mark_read("Drafts", &item, false).await;
    phone.flag("Drafts", &item, true).await;
    store(&world, "Drafts", "flags", "+FLAGS (Work)").await;
    assert_eq!(uid_of(&mut client, "flags").await, before);
    // An edit takes them along, with its own.
    let change = EmailChange {
        read: Some(true),
        ..draft("flags", "y")
    };
    phone.edit_draft(&item, change).await;
    let mut client = client_in(&world, "Drafts").await;
    let uid = live(&mut client, "flags").await;
    assert_ne!(uid, before);
    let flags = client.flags(uid).await;
    for flag in ["\\Draft", "\\Seen", "\\Flagged", "Work"] {
        assert!(flags.contains(flag), "{flags}");
    }
    assert_converged(&world, &mut phone, "Drafts").await;
}

/// Several commands for one draft in one request happen in their order.
async fn several_commands_for_one_draft(setup: Setup) {
    let world = setup.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("one", "x")).await;
    phone.add_draft("d", draft("two", "x")).await;
    let (one, two) = (phone.item("Drafts", "one"), phone.item("Drafts", "two"));
    let subject = |text: &str| EmailChange {
        subject: Some(text.into()),
        ..EmailChange::default()
    };
    let read = |read| EmailChange {
        read: Some(read),
        ..EmailChange::default()
    };
    use crate::support::phone::changed;
    let commands = vec![
        changed(&one, read(false)),
        changed(&one, subject("one A")),
        changed(&one, read(true)),
        changed(&one, subject("one B")),
        changed(&one, subject("one A")),
        changed(&one, read(false)),
        changed(&two, subject("two A")),
        sync::Command::Delete {
            server_id: two,
            instance_id: None,
        },
    ];
    let response = phone.do_in("Drafts", commands).await;
    assert_eq!(response.collections[0].responses, []);
    assert_eq!(on_server(&world, "Drafts").await, ["one A"]);
    assert_eq!(on_server(&world, "Trash").await, ["two A"]);
    assert_quiet(&mut phone, "Drafts").await;
    assert_converged(&world, &mut phone, "Drafts").await;
    // The answer was lost: the same again changes nothing.
    let client = client_in(&world, "Drafts").await;
    client.logout().await;
}

/// Two phones edit one draft. The second, which has not seen the first's edit, loses and is given
/// the other's version (status 7), or wins if it asks for that.
async fn s14_two_phones_edit_one_draft(setup: Setup) {
    let world = setup.world().await;
    let mut first = ready(&world, Profile::ios()).await;
    first.add_draft("c", draft("shared", "x")).await;
    let mut second = ready(&world, Profile::gmail().speaking(ProtocolVersion::V16_1)).await;
    let (mine, theirs) = (
        first.item("Drafts", "shared"),
        second.item("Drafts", "shared"),
    );
    first.edit_draft(&mine, draft("by the first", "1")).await;
    let response = second
        .edit_draft(&theirs, draft("by the second", "2"))
        .await;
    assert_eq!(outcome(&response).0, 7);
    assert_eq!(counts(&response), "~1");
    assert_eq!(on_server(&world, "Drafts").await, ["by the first"]);
    assert_eq!(second.item("Drafts", "by the first"), theirs);
    assert_converged(&world, &mut second, "Drafts").await;
    assert_converged(&world, &mut first, "Drafts").await;
    // Conflict 0.
    first.edit_draft(&mine, draft("first again", "1")).await;
    let mut collection = second.collection("Drafts");
    collection.options.as_mut().unwrap()[0].conflict = Some(0);
    let change = draft("second wins", "2");
    collection.commands = vec![crate::support::phone::changed(&theirs, change)];
    let response = second.sync_collections(vec![collection]).await;
    assert_eq!(outcome(&response).0, 1);
    assert_eq!(on_server(&world, "Drafts").await, ["second wins"]);
    assert_converged(&world, &mut second, "Drafts").await;
    assert_eq!(second.item("Drafts", "second wins"), theirs);
    assert_converged(&world, &mut first, "Drafts").await;
    // What somebody deleted is gone, whoever edits it.
    expunge(&world, "Drafts", "second wins").await;
    let response = second.edit_draft(&theirs, draft("late", "3")).await;
    assert_eq!(outcome(&response).0, 8);
    assert_eq!(on_server(&world, "Drafts").await, [""; 0]);
    assert_converged(&world, &mut second, "Drafts").await;
    assert_converged(&world, &mut first, "Drafts").await;
}

/// Without UIDPLUS the old versions stay, marked. Whoever takes the mark off one gets a message of
/// its own.
#[tokio::test]
async fn an_old_version_comes_back_as_another_draft() {
    let world = Setup::Plain.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("old", "x")).await;
    let item = phone.item("Drafts", "old");
    phone.edit_draft(&item, draft("new", "y")).await;
    assert_converged(&world, &mut phone, "Drafts").await;
    store(&world, "Drafts", "old", "-FLAGS (\\Deleted)").await;
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.subjects("Drafts"), ["new", "old"]);
    assert_eq!(phone.item("Drafts", "new"), item);
    let old = phone.item("Drafts", "old");
    phone.edit_draft(&old, draft("old, too", "z")).await;
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.item("Drafts", "old, too"), old);
}

/// S15: an edited draft keeps its number through a new UIDVALIDITY as well.
#[tokio::test]
async fn s15_a_rewritten_draft_is_found_again() {
    let world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("first", "x")).await;
    phone.add_draft("d", draft("second", "x")).await;
    let (first, second) = (
        phone.item("Drafts", "first"),
        phone.item("Drafts", "second"),
    );
    phone.edit_draft(&first, draft("edited", "y")).await;
    made_anew(&world, "Drafts", &["second", "edited"]).await;
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.item("Drafts", "edited"), first);
    assert_eq!(phone.item("Drafts", "second"), second);
    phone.edit_draft(&first, draft("edited again", "z")).await;
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.item("Drafts", "edited again"), first);
}

/// Its own drafts do not wake a phone (S6); a follow-up's dates survive an edit.
async fn own_drafts_do_not_wake_the_phone(setup: Setup) {
    let world = setup.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    let mut waiting = phone.clone();
    let ping = tokio::spawn(async move { waiting.ping(&["Drafts"], 60).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    phone.add_draft("c", draft("mine", "x")).await;
    let item = phone.item("Drafts", "mine");
    let day = |text| Moment::parse(text);
    let due = EmailChange {
        flag: Some(FollowUp {
            status: 2,
            flag_type: Some("Follow up".into()),
            start_date: day("2026-12-01"),
            due_date: day("2026-12-02"),
            utc_start_date: day("2026-12-01"),
            utc_due_date: day("2026-12-02"),
            ..FollowUp::default()
        }),
        ..EmailChange::default()
    };
    phone.edit_draft(&item, due).await;
    phone.edit_draft(&item, draft("edited", "y")).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(!ping.is_finished(), "{:?}", ping.await);
    deliver(&world, "Drafts", &["another"]).await;
    assert_eq!(ping.await.unwrap().folders, [phone.id("Drafts")]);
    let mut other = ready(&world, Profile::gmail()).await;
    let item = other.item("Drafts", "edited");
    let flag = other.held("Drafts").items[&item].flag.clone().unwrap();
    assert_eq!(flag.utc_due_date, day("2026-12-02"), "{flag:?}");
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_converged(&world, &mut other, "Drafts").await;
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    an_edit_keeps_what_was_not_sent_and_the_number,
    s11_flags_alone_do_not_rewrite,
    several_commands_for_one_draft,
    own_drafts_do_not_wake_the_phone,
    s14_two_phones_edit_one_draft
}
