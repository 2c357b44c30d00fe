//! Add: what is typed on the phone lies in the Drafts folder, and the phone knows its names.

use super::*;

async fn a_draft_is_added_and_known(setup: Setup) {
    let world = setup.world().await;
    for version in VERSIONS {
        let profile = Profile::ios().speaking(version).called(version.as_str());
        let mut phone = ready(&world, profile).await;
        let subject = format!("plans {version}");
        let mut new = draft(&subject, "line one\r\nline two");
        new.bcc = Some("eve@example.org".into());
        new.importance = Some(2);
        new.attachments = vec![file("a1", "Straße.pdf", b"PDF\0\xff"), file("a2", "b", b"")];
        let response = phone.add_draft("c1", new).await;
        let (status, id, told) = outcome(&response);
        let (id, told) = (id.expect("a ServerId"), told.expect("properties"));
        assert_eq!(status, 1);
        assert!(told.conversation_id.is_some() && told.conversation_index.is_some());
        let names: Vec<_> = told
            .attachments
            .iter()
            .map(|one| one.client_id.clone().unwrap())
            .collect();
        assert_eq!(names, ["a1", "a2"]);
        // No echo (S6), and the attachment is there under its new name.
        assert_eq!(counts(&response), "");
        assert_quiet(&mut phone, "Drafts").await;
        let reference = &told.attachments[0].file_reference;
        assert_eq!(phone.fetch_attachment(reference, false).await, b"PDF\0\xff");
        // Other mail programs see a draft.
        let flags = flags_of(&world, "Drafts", &subject).await;
        assert!(
            flags.contains("\\Draft") && flags.contains("\\Seen"),
            "{flags}"
        );
        let octets = octets(&world, &subject).await;
        for text in [
            "To: \"Bob\" <bob@example.com>",
            "Bcc: eve@example.org",
            "From: alice@example.com",
            "Importance: high",
            "line one\r\nline two",
        ] {
            assert!(octets.contains(text), "{text}: {octets}");
        }
        // Another phone of hers sees the same, with the same conversation and as a draft.
        let other = Profile::gmail().speaking(version);
        let mut other = ready(&world, other.called(&format!("o{version}"))).await;
        let item = other.item("Drafts", &subject);
        let seen = other.held("Drafts").items[&item].clone();
        assert_eq!(seen.conversation_id, told.conversation_id);
        assert_eq!(seen.conversation_index, told.conversation_index);
        assert_eq!(seen.is_draft, Some(true));
        assert_eq!(seen.bcc.as_deref(), Some("eve@example.org"));
        assert_eq!(seen.attachments[0].display_name, "Straße.pdf");
        assert_eq!(id, item, "the first look gives the plain number");
        assert_converged(&world, &mut phone, "Drafts").await;
        assert_converged(&world, &mut other, "Drafts").await;
    }
}

/// iOS and Nine write the whole message.
async fn a_whole_message_is_a_draft(setup: Setup) {
    let world = setup.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    let mime = "From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: whole\r\n\
        Message-ID: <whole@phone>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
        X-Universally-Unique-Identifier: 1\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/html; charset=utf-8\r\n\r\n<b>bold</b>\r\n";
    let new = EmailChange {
        read: Some(false),
        body: Some(BodyChange::whole(BodyType::Mime, mime)),
        attachments: vec![file("a", "a.txt", b"text")],
        ..EmailChange::default()
    };
    let response = phone.add_draft("c1", new).await;
    let (status, id, told) = outcome(&response);
    assert_eq!(status, 1);
    let octets = octets(&world, "whole").await;
    assert!(octets.contains("X-Universally-Unique-Identifier: 1\r\n"));
    assert!(octets.contains("Message-ID: <whole@phone>\r\n"));
    assert!(octets.contains("<b>bold</b>"));
    let flags = flags_of(&world, "Drafts", "whole").await;
    assert!(!flags.contains("\\Seen"), "{flags}");
    let reference = told.unwrap().attachments[0].file_reference.clone();
    assert_eq!(phone.fetch_attachment(&reference, true).await, b"text");
    let body = phone
        .fetch_body("Drafts", &id.unwrap(), BodyType::Html)
        .await;
    assert!(body.unwrap().contains("<b>bold</b>"));
    assert_quiet(&mut phone, "Drafts").await;
}

/// S5: the ClientId alone is nobody's key, and several drafts in one request are several.
async fn s5_drafts_are_told_apart(setup: Setup) {
    let world = setup.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("1", draft("first", "x")).await;
    // The phone's counter began anew.
    phone.add_draft("1", draft("second", "x")).await;
    phone.add_draft("1", draft("second again", "x")).await;
    let commands = ["a", "b", "c"].map(|name| {
        let subject = format!("{name} of three");
        crate::support::phone::added(name, draft(&subject, "x"))
    });
    let response = phone.do_in("Drafts", commands.into()).await;
    assert_eq!(response.collections[0].responses.len(), 3);
    assert_quiet(&mut phone, "Drafts").await;
    assert_eq!(
        on_server(&world, "Drafts").await,
        [
            "a of three",
            "b of three",
            "c of three",
            "first",
            "second",
            "second again"
        ]
    );
    let mut other = ready(&world, Profile::gmail()).await;
    assert_converged(&world, &mut other, "Drafts").await;
    // Deleted like any mail: to the trash.
    let items = [phone.item("Drafts", "first")];
    phone.delete("Drafts", &items, false).await;
    assert_eq!(on_server(&world, "Trash").await, ["first"]);
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_converged(&world, &mut other, "Drafts").await;
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    a_draft_is_added_and_known,
    a_whole_message_is_a_draft,
    s5_drafts_are_told_apart
}
