use airgate_codec::eas::email::{
    AttachmentAdd, AttachmentChange, BodyChange, BodyType, EmailChange,
};
use proptest::prelude::*;

use super::*;
use crate::item::headers::Headers;
use crate::item::transfer;

const STAMP: Stamp<'static> = Stamp {
    now: 1_700_000_000,
    message_id: "<draft@example.com>",
    account: "alice@example.com",
    sending: false,
};

/// As Thunderbird saves a reply with a picture and a file.
const STORED: &str = "X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0\r\n\
    Message-ID: <old@mail.example>\r\n\
    Date: Mon, 5 Jan 2026 08:00:00 +0000\r\n\
    From: Alice <alice@example.com>\r\n\
    To: Bob <bob@example.com>\r\n\
    Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\
    In-Reply-To: <first@x>\r\n\
    References: <root@x>\r\n <first@x>\r\n\
    X-Priority: 1 (Highest)\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"mix\"\r\n\
    \r\n\
    This is a multi-part message.\r\n\
    --mix\r\n\
    Content-Type: multipart/alternative; boundary=\"alt\"\r\n\
    \r\n\
    --alt\r\n\
    Content-Type: text/plain; charset=UTF-8\r\n\
    \r\n\
    old text\r\n\
    --alt\r\n\
    Content-Type: multipart/related; boundary=\"rel\"\r\n\
    \r\n\
    --rel\r\n\
    Content-Type: text/html; charset=UTF-8\r\n\
    \r\n\
    <p>old <img src=\"cid:pic@x\"></p>\r\n\
    --rel\r\n\
    Content-Type: image/png; name=p.png\r\n\
    Content-ID: <pic@x>\r\n\
    Content-Transfer-Encoding: base64\r\n\
    X-Odd: kept\r\n\
    \r\n\
    UE5H\r\n\
    --rel--\r\n\
    \r\n\
    --alt--\r\n\
    \r\n\
    --mix\r\n\
    Content-Type: application/pdf; name=a.pdf\r\n\
    Content-Disposition: attachment; filename=a.pdf\r\n\
    Content-Transfer-Encoding: BASE64\r\n\
    \r\n\
    SGVsbG8g\r\n d29ybGQ=\r\n\
    --mix--\r\n\
    the epilogue\r\n";

fn text(edited: &Edited) -> &str {
    std::str::from_utf8(&edited.octets).expect("text")
}

fn run(stored: &str, change: &EmailChange) -> Edited {
    edit(stored.as_bytes(), change, &[], STAMP).expect("it can be edited")
}

fn body(kind: BodyType, data: &str) -> EmailChange {
    EmailChange {
        body: Some(BodyChange::whole(kind, data)),
        ..EmailChange::default()
    }
}

fn attachment(name: &str, content: &[u8]) -> AttachmentChange {
    AttachmentChange::Add(AttachmentAdd {
        client_id: format!("c-{name}"),
        method: 1,
        content: content.to_vec(),
        display_name: name.to_owned(),
        ..AttachmentAdd::default()
    })
}

/// Media type and decoded content of each leaf, by section.
fn leaves(octets: &[u8]) -> Vec<(String, String, Vec<u8>)> {
    let walked = walk(octets, true);
    let mut waiting = vec![&walked.root];
    let mut found = Vec::new();
    while let Some(part) = waiting.pop() {
        waiting.extend(part.children.iter().rev());
        if let Some(leaf) = walked
            .leaves
            .iter()
            .find(|leaf| leaf.section == part.section && part.children.is_empty())
        {
            let content = octets.get(leaf.body.clone()).unwrap_or_default();
            let content = transfer::decode(content, &leaf.encoding);
            found.push((part.section.clone(), part.media_type.clone(), content));
        }
    }
    found
}

fn kinds(edited: &Edited) -> Vec<String> {
    leaves(&edited.octets)
        .into_iter()
        .map(|(section, kind, _)| format!("{section} {kind}"))
        .collect()
}

fn content(edited: &Edited, section: &str) -> String {
    let found = leaves(&edited.octets);
    let leaf = found.iter().find(|(at, ..)| at == section);
    String::from_utf8_lossy(&leaf.expect("such a part").2).into_owned()
}

#[test]
fn a_new_draft_is_a_whole_message() {
    let change = EmailChange {
        to: Some("\"Bob\" <bob@example.com>; carol@example.com".into()),
        cc: Some(String::new()),
        bcc: Some("Zoë <z@example.com>".into()),
        subject: Some("Hi\r\nBcc: evil@x".into()),
        importance: Some(2),
        ..body(BodyType::Html, "<p>Grüße &amp; more</p>")
    };
    let edited = run("", &change);
    let headers = Headers::read(&edited.octets);
    let field = |name: &str| headers.text(name, None);
    assert_eq!(
        field("To").as_deref(),
        Some("\"Bob\" <bob@example.com>, carol@example.com")
    );
    assert_eq!(field("Cc"), None);
    assert_eq!(field("Bcc").as_deref(), Some("Zoë <z@example.com>"));
    assert_eq!(field("Subject").as_deref(), Some("Hi Bcc: evil@x"));
    assert_eq!(field("Importance").as_deref(), Some("high"));
    assert_eq!(field("From").as_deref(), Some("alice@example.com"));
    assert_eq!(field("Message-ID").as_deref(), Some("<draft@example.com>"));
    assert_eq!(headers.all("Bcc").count(), 1, "T27");
    assert_eq!(kinds(&edited), ["1 text/plain", "2 text/html"]);
    assert_eq!(content(&edited, "1").trim(), "Grüße & more");
    assert_eq!(content(&edited, "2"), "<p>Grüße &amp; more</p>");
    assert!(edited.octets.is_ascii());
}

#[test]
fn an_empty_draft_and_one_of_nothing_but_a_file() {
    let edited = run("", &EmailChange::default());
    assert_eq!(kinds(&edited), ["1 text/plain"]);
    let files = EmailChange {
        attachments: vec![attachment("ü.txt", b"x\0y"), attachment("b", b"")],
        ..EmailChange::default()
    };
    let edited = run("", &files);
    assert_eq!(
        kinds(&edited),
        ["1 text/plain", "2 text/plain", "3 application/octet-stream"]
    );
    assert_eq!(content(&edited, "2"), "x\0y");
    let sections: Vec<&str> = edited
        .added
        .iter()
        .map(|added| added.section.as_str())
        .collect();
    assert_eq!(sections, ["2", "3"]);
}

#[test]
fn s12_what_was_not_sent_stays_to_the_byte() {
    let change = EmailChange {
        subject: Some("new".into()),
        to: Some("dora@example.com".into()),
        importance: Some(1),
        ..EmailChange::default()
    };
    let edited = run(STORED, &change);
    let expected = STORED
        .replace(
            "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n",
            "Subject: new\r\n",
        )
        .replace("To: Bob <bob@example.com>\r\n", "To: dora@example.com\r\n")
        .replace("X-Priority: 1 (Highest)\r\n", "");
    // Content fields come last.
    let (head, rest) = expected.split_once("\r\n\r\n").unwrap();
    let (got_head, got_rest) = text(&edited).split_once("\r\n\r\n").unwrap();
    assert_eq!(got_rest, rest);
    let sorted = |head: &str| {
        let mut fields: Vec<String> = head.split("\r\n").map(ToOwned::to_owned).collect();
        fields.sort();
        fields
    };
    assert_eq!(sorted(got_head), sorted(head));
}

#[test]
fn a_new_body_is_in_each_form_and_pictures_stay() {
    let new = "<p>new <img src=\"cid:pic@x\"></p>";
    let edited = run(STORED, &body(BodyType::Html, new));
    assert_eq!(
        kinds(&edited),
        [
            "1.1 text/plain",
            "1.2.1 text/html",
            "1.2.2 image/png",
            "2 application/pdf"
        ]
    );
    assert!(content(&edited, "1.1").contains("new"));
    assert_eq!(content(&edited, "1.2.1"), new);
    assert!(!text(&edited).contains("old text"));
    let untouched = [
        "Content-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\nX-Odd: kept\r\n\r\nUE5H\r\n",
        "SGVsbG8g\r\n d29ybGQ=\r\n",
        "This is a multi-part message.\r\n",
        "the epilogue\r\n",
    ];
    for octets in untouched {
        assert!(text(&edited).contains(octets), "{octets:?}");
    }
    let edited = run(STORED, &body(BodyType::Plain, "only\nwords"));
    assert_eq!(content(&edited, "1.1"), "only\r\nwords");
    assert!(content(&edited, "1.2.1").contains("only"));
}

#[test]
fn one_form_becomes_what_was_sent() {
    let plain = "From: a@b\r\nContent-Type: text/plain\r\nContent-Language: de\r\n\r\nold\r\n";
    let edited = run(plain, &body(BodyType::Html, "<b>x</b>"));
    assert_eq!(kinds(&edited), ["1 text/plain", "2 text/html"]);
    assert!(text(&edited).contains("Content-Language: de\r\n"));
    let html = "From: a@b\r\nContent-Type: text/html\r\n\r\n<p>old\r\n";
    let edited = run(html, &body(BodyType::Plain, "x"));
    assert_eq!(kinds(&edited), ["1 text/plain"]);
    let apple = "From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\none\r\n\
        --b\r\nContent-Type: image/png\r\n\r\nPNG\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n";
    let edited = run(apple, &body(BodyType::Plain, "x"));
    assert_eq!(kinds(&edited), ["1 text/plain", "2 image/png"]);
    let file = "From: a@b\r\nContent-Type: application/pdf\r\n\r\nPDF\r\n";
    let edited = run(file, &body(BodyType::Plain, "x"));
    assert_eq!(kinds(&edited), ["1 text/plain", "2 application/pdf"]);
    assert_eq!(edited.moved, [("1".to_owned(), "2".to_owned())]);
}

#[test]
fn attachments_come_and_go() {
    let change = EmailChange {
        attachments: vec![
            attachment("new.txt", b"new"),
            AttachmentChange::Add(AttachmentAdd {
                client_id: "mail".into(),
                method: 5,
                content: b"Subject: inner\n\nhi\n".to_vec(),
                display_name: "mail.eml".into(),
                ..AttachmentAdd::default()
            }),
            AttachmentChange::Add(AttachmentAdd {
                client_id: "inline".into(),
                method: 1,
                content: b"GIF".to_vec(),
                display_name: "i.gif".into(),
                content_id: Some("i@x".into()),
                is_inline: true,
                ..AttachmentAdd::default()
            }),
        ],
        ..EmailChange::default()
    };
    let removed = ["2".to_owned()];
    let edited = edit(STORED.as_bytes(), &change, &removed, STAMP).expect("fine");
    let added: Vec<(&str, &str)> = edited
        .added
        .iter()
        .map(|added| (added.client_id.as_str(), added.section.as_str()))
        .collect();
    assert_eq!(
        added,
        [("c-new.txt", "2"), ("mail", "3"), ("inline", "1.2.3")]
    );
    assert_eq!(content(&edited, "2"), "new");
    assert_eq!(content(&edited, "1.2.3"), "GIF");
    assert!(!text(&edited).contains("a.pdf"));
    let missing = ["7".to_owned()];
    assert_eq!(
        edit(STORED.as_bytes(), &change, &missing, STAMP),
        Err(Unusable::NoSuchAttachment)
    );
    // The last part gone leaves an empty text, not nothing.
    let file = "From: a@b\r\nContent-Type: application/pdf\r\n\r\nPDF\r\n";
    let edited = edit(
        file.as_bytes(),
        &EmailChange::default(),
        &["1".into()],
        STAMP,
    )
    .unwrap();
    assert_eq!(kinds(&edited), ["1 text/plain"]);
}

#[test]
fn a_whole_message_keeps_what_it_does_not_know() {
    let mime = "From: Alice <alice@example.com>\nTo: eve@example.com\nSubject: iOS\n\
        Message-ID: <phone@ios>\nDate: Tue, 6 Jan 2026 08:00:00 +0000\n\
        Content-Type: text/plain\n\nwritten whole\n";
    let edited = run(STORED, &body(BodyType::Mime, mime));
    let headers = Headers::read(&edited.octets);
    let field = |name: &str| headers.text(name, None).unwrap_or_default();
    assert_eq!(field("Message-ID"), "<old@mail.example>");
    assert_eq!(headers.all("Message-ID").count(), 1);
    assert_eq!(field("In-Reply-To"), "<first@x>");
    assert!(!field("X-Mozilla-Draft-Info").is_empty());
    assert_eq!(field("To"), "eve@example.com");
    assert_eq!(field("Date"), "Tue, 6 Jan 2026 08:00:00 +0000");
    // It has no attachments, so it does not speak of them.
    assert_eq!(
        kinds(&edited),
        ["1 text/plain", "2 image/png", "3 application/pdf"]
    );
    assert_eq!(
        edited.moved,
        [
            ("1.2.2".to_owned(), "2".to_owned()),
            ("2".to_owned(), "3".to_owned())
        ]
    );
    // One that has some is complete.
    let mime = "From: a@b\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nhi\n--z\n\
        Content-Type: image/gif\n\nGIF\n--z--\n";
    let edited = run(STORED, &body(BodyType::Mime, mime));
    assert_eq!(kinds(&edited), ["1 text/plain", "2 image/gif"]);
    // A new one keeps its own name.
    let edited = run("", &body(BodyType::Mime, mime));
    assert!(text(&edited).contains("Message-ID: <draft@example.com>\r\n"));
}

#[test]
fn what_cannot_be_used_is_refused_and_half_a_body_is_none() {
    let rtf = body(BodyType::Rtf, "{}");
    assert_eq!(edit(b"", &rtf, &[], STAMP), Err(Unusable::BodyType));
    let none = body(BodyType::Mime, "no header at all\n\nx");
    assert_eq!(edit(b"", &none, &[], STAMP), Err(Unusable::NotMime));
    let mut half = body(BodyType::Plain, "half");
    half.body.as_mut().unwrap().truncated = true;
    assert!(text(&run(STORED, &half)).contains("old text"));
}

#[test]
fn sealed_content_is_not_touched() {
    let signed = "From: a@b\r\nContent-Type: multipart/signed; boundary=s; \
        protocol=\"application/pkcs7-signature\"; micalg=sha-256\r\n\r\n--s\r\n\
        Content-Type: text/plain\r\n\r\nsigned  \r\n--s\r\n\
        Content-Type: application/pkcs7-signature\r\n\r\nMIIB\r\n--s--\r\n";
    let change = EmailChange {
        attachments: vec![attachment("a", b"a")],
        ..body(BodyType::Plain, "on top")
    };
    let edited = run(signed, &change);
    let seal = signed.split_once("\r\n\r\n").unwrap().1;
    assert!(text(&edited).contains(seal));
    assert!(edited.moved.contains(&("1".to_owned(), "2.1".to_owned())));
    assert_eq!(edited.added[0].section, "3");
}

#[test]
fn sending_dates_the_mail_now() {
    let stamp = Stamp {
        sending: true,
        ..STAMP
    };
    let edited = edit(STORED.as_bytes(), &EmailChange::default(), &[], stamp).unwrap();
    let headers = Headers::read(&edited.octets);
    assert_eq!(headers.all("Date").count(), 1);
    assert_eq!(
        headers.text("Date", None).as_deref(),
        Some("Tue, 14 Nov 2023 22:13:20 +0000")
    );
    assert_eq!(headers.text("X-Mozilla-Draft-Info", None), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// T27, S12: whatever is typed, the fields stay apart, the parts stay and the result can be
    /// edited again.
    #[test]
    fn any_words_leave_the_rest_alone(
        to in "\\PC{0,60}|[a@b<>,;: \"\r\n]{0,40}",
        subject in "\\PC{0,80}|[ -~\r\n\t]{0,80}",
        words in "(\\PC|[\r\n\0]){0,200}",
        html in any::<bool>(),
    ) {
        let kind = if html { BodyType::Html } else { BodyType::Plain };
        let change = EmailChange {
            to: Some(to),
            subject: Some(subject),
            ..body(kind, &words)
        };
        let once = edit(STORED.as_bytes(), &change, &[], STAMP).expect("always");
        let headers = Headers::read(&once.octets);
        prop_assert!(headers.all("To").count() <= 1);
        prop_assert_eq!(headers.all("References").count(), 1);
        prop_assert!(lines::is_normal(&once.octets));
        let files = |edited: &Edited| {
            let found = leaves(&edited.octets);
            let found: Vec<Vec<u8>> = found.into_iter().skip(2).map(|leaf| leaf.2).collect();
            found
        };
        prop_assert_eq!(files(&once), [b"PNG".to_vec(), b"Hello world".to_vec()]);
        // S28: the same edit again changes nothing more.
        let twice = edit(&once.octets, &change, &[], STAMP).expect("always");
        prop_assert_eq!(text(&once), text(&twice));
    }

    /// T14: whatever is stored, editing ends in a message or a refusal.
    #[test]
    fn any_stored_octets_end(
        stored in "(From: a\r\n|Content-Type: multipart/mixed; boundary=b\r\n|\r\n|--b\r\n|--b--\r\n|x\r\n|Content-Type: text/html\r\n){0,24}",
        removed in "[12](\\.[12])?",
    ) {
        let change = EmailChange {
            attachments: vec![attachment("a", b"aaa")],
            ..body(BodyType::Html, "<p>x")
        };
        for removed in [Vec::new(), vec![removed]] {
            if let Ok(edited) = edit(stored.as_bytes(), &change, &removed, STAMP) {
                prop_assert_eq!(content(&edited, &edited.added[0].section), "aaa");
                prop_assert!(text(&edited).contains("x"));
            }
        }
    }
}
