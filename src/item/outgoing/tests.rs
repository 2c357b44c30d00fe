//! Known answers on mails shaped as phones send them, and what holds for any octets.

use airgate_codec::imap::TransferEncoding;
use proptest::prelude::*;

use super::*;
use crate::item::headers::Headers;
use crate::item::structure::Outline;
use crate::item::transfer::decode;
use crate::item::walk::walk;

const ACCOUNT: &str = "alice@example.com";
const STAMP: Stamp<'static> = Stamp {
    now: 1_700_000_000,
    message_id: "<fresh@example.com>",
};

fn draft(mime: &str) -> Draft {
    Draft::read(mime.as_bytes(), ACCOUNT).unwrap()
}

fn plain(mime: &str) -> String {
    let outgoing = draft(mime).compose(STAMP, None, Addition::Nothing).unwrap();
    String::from_utf8(outgoing.wire).unwrap()
}

/// The decoded text of the first part of that type.
fn part(wire: &[u8], kind: &str) -> String {
    let walked = walk(wire, true);
    let outline = Outline::of(&walked.root);
    let found = outline
        .text
        .iter()
        .chain(&outline.html)
        .find(|part| part.media_type == kind)
        .unwrap();
    let leaf = walked
        .leaves
        .iter()
        .find(|leaf| leaf.section == found.section)
        .unwrap();
    let octets = decode(&wire[leaf.body.clone()], &leaf.encoding);
    assert_eq!(found.parameter("charset").unwrap(), "utf-8");
    String::from_utf8(octets).unwrap()
}

const IOS: &str = "Content-Type: text/plain;\r\n\tcharset=us-ascii\r\n\
    Content-Transfer-Encoding: 7bit\r\n\
    From: Alice Example <alice@example.com>\r\n\
    Mime-Version: 1.0 (1.0)\r\n\
    Date: Tue, 14 Nov 2023 23:13:20 +0100\r\n\
    Subject: Lunch\r\n\
    Message-Id: <0A1B2C3D-0000@example.com>\r\n\
    To: Bob <bob@example.org>\r\n\
    Bcc: carol@example.org\r\n\
    X-Mailer: iPhone Mail (20G75)\r\n\r\n\
    At one?\r\n\r\nSent from my iPhone\r\n";

const GMAIL: &str = "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
    Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\
    Message-ID: <x.y@email.android.com>\r\n\
    To: bob@example.org, Bob <BOB@example.org>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=\"--_com.android.email_1\"\r\n\r\n\
    ----_com.android.email_1\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n\
    WWVzLCBncsO8bg==\r\n\r\n\
    ----_com.android.email_1\r\n\
    Content-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n\
    PGh0bWw+PGJvZHk+WWVzLCBncsO8bjwvYm9keT48L2h0bWw+\r\n\r\n\
    ----_com.android.email_1--\r\n\r\n";

const OUTLOOK: &str = "From: \"Alice Example\" <ALICE@EXAMPLE.COM>\r\n\
    To: \"'Bob'\" <bob@example.org>; <dan@example.org>\r\n\
    Cc: Team: erin@example.org, \"Frank, X\" <frank@example.org>;\r\n\
    Subject: Report\r\n\
    Date: Tue, 14 Nov 2023 23:13:20 +0100\r\n\
    Message-ID: <000001da@example.com>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed;\r\n\tboundary=\"----=_NextPart_000\"\r\n\
    X-Mailer: Microsoft Outlook 16.0\r\n\
    Thread-Index: AdoXabc=\r\n\
    Content-Language: en-us\r\n\r\n\
    This is a multipart message in MIME format.\r\n\r\n\
    ------=_NextPart_000\r\n\
    Content-Type: text/html;\r\n\tcharset=\"iso-8859-1\"\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
    <html><head><meta charset=3D\"iso-8859-1\"></head><body>Gr=FC=DFe</body></html>\r\n\
    ------=_NextPart_000\r\n\
    Content-Type: application/octet-stream; name=\"a.bin\"\r\n\
    Content-Transfer-Encoding: base64\r\n\
    Content-Disposition: attachment; filename=\"a.bin\"\r\n\r\n\
    AAECAwQ=\r\n\
    ------=_NextPart_000--\r\n";

#[test]
fn ios_passes_but_for_bcc() {
    let draft = draft(IOS);
    assert_eq!(draft.recipients(), ["bob@example.org", "carol@example.org"]);
    assert_eq!(draft.message_id(), Some("<0A1B2C3D-0000@example.com>"));
    let outgoing = draft.compose(STAMP, None, Addition::Nothing).unwrap();
    let wire = String::from_utf8(outgoing.wire.clone()).unwrap();
    assert_eq!(
        wire,
        "From: Alice Example <alice@example.com>\r\n\
         Mime-Version: 1.0 (1.0)\r\n\
         Date: Tue, 14 Nov 2023 23:13:20 +0100\r\n\
         Subject: Lunch\r\n\
         To: Bob <bob@example.org>\r\n\
         X-Mailer: iPhone Mail (20G75)\r\n\
         Message-ID: <0A1B2C3D-0000@example.com>\r\n\
         Content-Type: text/plain;\r\n\tcharset=us-ascii\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n\
         At one?\r\n\r\nSent from my iPhone\r\n"
    );
    let copy = String::from_utf8(outgoing.sent_copy()).unwrap();
    assert_eq!(copy, format!("Bcc: carol@example.org\r\n{wire}"));
}

#[test]
fn gmail_without_from_gets_one_and_repeated_recipients_go_once() {
    assert_eq!(draft(GMAIL).recipients(), ["bob@example.org"]);
    let wire = plain(GMAIL);
    assert!(wire.starts_with("From: alice@example.com\r\n"), "{wire}");
    let body = GMAIL.split_once("\r\n\r\n").unwrap().1;
    assert!(wire.ends_with(body), "the parts are the octets they were");
}

#[test]
fn outlook_lists_groups_and_names_are_read() {
    let read = draft(OUTLOOK);
    assert_eq!(
        read.recipients(),
        [
            "bob@example.org",
            "dan@example.org",
            "erin@example.org",
            "frank@example.org"
        ]
    );
    let wire = plain(OUTLOOK);
    // The letter case of an address is the user's own.
    assert!(wire.contains("From: \"Alice Example\" <ALICE@EXAMPLE.COM>\r\n"));
    assert!(wire.ends_with(OUTLOOK.split_once("\r\n\r\n").unwrap().1));
}

#[test]
fn nine_mixes_line_ends() {
    let nine = "From: alice@example.com\r\nTo: bob@example.org\r\nSubject: x\r\n\
        MIME-Version: 1.0\r\nMessage-ID: <n@nine>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
        Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIAG\r\nCSqG\n";
    let wire = plain(nine);
    assert!(wire.ends_with(
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIAG\r\nCSqG\r\n"
    ));
}

#[test]
fn htc_without_date_and_id_gets_both() {
    let wire = plain("To: user2\nSubject: hi\n\nhello");
    assert_eq!(
        wire,
        "From: alice@example.com\r\n\
         To: user2@example.com\r\n\
         Subject: hi\r\n\
         Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
         Message-ID: <fresh@example.com>\r\n\
         MIME-Version: 1.0\r\n\r\n\
         hello\r\n"
    );
}

#[test]
fn the_sender_is_always_the_account() {
    for (from, written) in [
        (
            "From: Eve <eve@evil.test>",
            "From: \"Eve\" <alice@example.com>",
        ),
        ("From: eve@evil.test", "From: alice@example.com"),
        (
            "From: =?utf-8?Q?J=C3=BCrgen?= <eve@evil.test>",
            "From: =?utf-8?B?SsO8cmdlbg==?= <alice@example.com>",
        ),
        (
            "From: a <alice@example.com>, b <eve@evil.test>",
            "From: \"a\" <alice@example.com>",
        ),
        (
            "From: alice@example.com\r\nFrom: eve@evil.test\r\nSender: eve@evil.test",
            "From: alice@example.com",
        ),
    ] {
        let wire = plain(&format!("{from}\r\nTo: bob@example.org\r\n\r\nx"));
        assert!(wire.starts_with(&format!("{written}\r\n")), "{wire}");
        assert!(!wire.contains("evil"), "{wire}");
    }
}

#[test]
fn what_is_no_mail_or_for_nobody_is_refused() {
    for (mime, fault) in [
        ("", Unsendable::NotMime),
        ("\r\n\r\n", Unsendable::NotMime),
        ("just words\r\n", Unsendable::NotMime),
        ("Subject: x\r\n\r\nbody", Unsendable::NoRecipient),
        ("To: \r\n\r\nbody", Unsendable::NoRecipient),
        (
            "To: undisclosed-recipients:;\r\n\r\nbody",
            Unsendable::NoRecipient,
        ),
        (
            "To: \"Bob without address\"\r\n\r\nbody",
            Unsendable::NoRecipient,
        ),
    ] {
        assert_eq!(
            Draft::read(mime.as_bytes(), ACCOUNT).unwrap_err(),
            fault,
            "{mime:?}"
        );
    }
    let hidden = draft("To: undisclosed-recipients:;\r\nBcc: x@y.org\r\n\r\nbody");
    assert_eq!(hidden.recipients(), ["x@y.org"]);
}

#[test]
fn raw_8_bit_headers_leave_as_encoded_words() {
    let wire = plain(
        "From: Jürgen <alice@example.com>\r\nTo: Zoë <zoe@example.org>\r\nSubject: Grüße\r\n\
         Reply-To: Zoë <zoe@example.org>\r\n\r\nx",
    );
    assert!(wire.is_ascii(), "{wire}");
    let headers = Headers::read(wire.as_bytes());
    assert_eq!(headers.text("Subject", None).unwrap(), "Grüße");
    assert_eq!(
        headers.text("From", None).unwrap(),
        "Jürgen <alice@example.com>"
    );
    assert_eq!(headers.text("To", None).unwrap(), "Zoë <zoe@example.org>");
}

fn quote() -> Quote {
    Quote {
        author: "Bob".into(),
        date: Some(0),
        text: Some("old text ✓\r\n".into()),
        html: Some("<html><body><b>old ✓</b></body></html>".into()),
    }
}

fn thread() -> Thread {
    Thread {
        message_id: Some("<orig@example.org>".into()),
        references: Some("<first@example.org> <second@example.org>".into()),
    }
}

#[test]
fn s20_a_reply_quotes_in_every_form_the_phone_wrote() {
    let read = draft(GMAIL);
    assert_eq!(read.wants(), (true, true));
    let quote = quote();
    let outgoing = read
        .compose(STAMP, Some(&thread()), Addition::Reply(&quote))
        .unwrap();
    let text = part(&outgoing.wire, "text/plain");
    assert_eq!(
        text,
        "Yes, grün\r\n\r\nOn Thu, 01 Jan 1970 00:00:00 +0000, Bob wrote:\r\n> old text ✓\r\n"
    );
    let html = part(&outgoing.wire, "text/html");
    assert!(
        html.starts_with("<html><body>Yes, grün<br><div>On Thu"),
        "{html}"
    );
    assert!(
        html.ends_with("<b>old ✓</b></blockquote></body></html>"),
        "{html}"
    );
    let headers = Headers::read(&outgoing.wire);
    assert_eq!(
        headers.text("In-Reply-To", None).unwrap(),
        "<orig@example.org>"
    );
    assert_eq!(
        headers.text("References", None).unwrap(),
        "<first@example.org> <second@example.org> <orig@example.org>"
    );
}

#[test]
fn s20_a_reply_keeps_attachments_byte_for_byte_and_mends_the_charset() {
    let read = draft(OUTLOOK);
    assert_eq!(read.wants(), (false, true));
    let quote = quote();
    let outgoing = read.compose(STAMP, None, Addition::Reply(&quote)).unwrap();
    let html = part(&outgoing.wire, "text/html");
    assert!(html.contains("Grüße") && html.contains("old ✓"), "{html}");
    assert!(!html.contains("iso-8859-1"), "{html}");
    let wire = String::from_utf8(outgoing.wire).unwrap();
    let tail = OUTLOOK
        .split_once("Content-Type: application/octet")
        .unwrap()
        .1;
    assert!(wire.ends_with(tail));
}

#[test]
fn a_reply_without_any_text_gets_a_part_of_its_own() {
    let read = draft(
        "To: b@c\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n",
    );
    assert_eq!(read.wants(), (true, false));
    let quote = quote();
    let outgoing = read.compose(STAMP, None, Addition::Reply(&quote)).unwrap();
    let walked = walk(&outgoing.wire, true);
    let kinds: Vec<_> = walked
        .root
        .children
        .iter()
        .map(|p| p.media_type.as_str())
        .collect();
    assert_eq!(kinds, ["image/png", "text/plain"]);
}

#[test]
fn flowed_text_is_joined_before_it_is_quoted_below() {
    let read = draft(
        "To: b@c\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\none \r\ntwo\r\n",
    );
    let quote = quote();
    let outgoing = read.compose(STAMP, None, Addition::Reply(&quote)).unwrap();
    assert!(part(&outgoing.wire, "text/plain").starts_with("one two\r\n\r\nOn "));
}

const ORIGINAL: &[u8] = b"From: bob@example.org\r\nSubject: old\r\n\
    Content-Type: multipart/mixed; boundary=\"=_airgate_1_\"\r\n\r\n\
    --=_airgate_1_\r\n\r\n\xe4\xf6\xfc\r\n--=_airgate_1_\r\n\
    Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n\
    --=_airgate_1_--\r\n";

#[test]
fn s20_a_forward_carries_the_original_byte_for_byte() {
    for mime in [IOS, GMAIL, OUTLOOK] {
        let read = draft(mime);
        let addition = Addition::Forward {
            original: ORIGINAL,
            subject: "Grüße",
        };
        let outgoing = read.compose(STAMP, Some(&thread()), addition).unwrap();
        let walked = walk(&outgoing.wire, true);
        assert_eq!(walked.root.media_type, "multipart/mixed");
        let [own, original] = walked.root.children.as_slice() else {
            panic!("two parts");
        };
        assert_eq!(original.media_type, "message/rfc822");
        assert_eq!(original.file_name(), Some("Grüße.eml"));
        assert_eq!(original.encoding, TransferEncoding::EightBit);
        let leaf = walked.leaves.iter().find(|leaf| leaf.is_message).unwrap();
        assert_eq!(&outgoing.wire[leaf.body.clone()], ORIGINAL);
        // And the phone's own body as it was.
        let body = mime.split_once("\r\n\r\n").unwrap().1;
        let wire = outgoing.wire;
        assert!(
            wire.windows(body.len())
                .any(|window| window == body.as_bytes())
        );
        assert_ne!(own.media_type, "message/rfc822");
    }
}

#[test]
fn sealed_mail_is_never_touched() {
    let body = "--b\r\nContent-Type: text/plain\r\n\r\nsigned  \r\n--b\r\n\
        Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIAG\r\n--b--\r\n";
    let mime = format!(
        "To: b@c\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary=b\r\n\r\n{body}"
    );
    let read = draft(&mime);
    assert_eq!(read.wants(), (false, false));
    let quote = quote();
    for addition in [
        Addition::Nothing,
        Addition::Reply(&quote),
        Addition::Forward {
            original: ORIGINAL,
            subject: "",
        },
    ] {
        let wire = read.compose(STAMP, None, addition).unwrap().wire;
        assert!(
            wire.windows(body.len())
                .any(|window| window == body.as_bytes())
        );
    }
}

#[test]
fn t27_nothing_from_the_original_begins_a_line_of_its_own() {
    let evil = Thread {
        message_id: Some("<a@b>\r\nBcc: x@y".into()),
        references: Some("<c@d>\r\nBcc: x@y <e\n@f> <g@h>".into()),
    };
    let addition = Addition::Forward {
        original: b"Subject: x\r\n\r\n",
        subject: "a\"\r\nBcc: x@y\r\n\r\nbody",
    };
    let outgoing = draft(IOS).compose(STAMP, Some(&evil), addition).unwrap();
    let headers = Headers::read(&outgoing.wire);
    assert_eq!(headers.raw("Bcc"), None);
    assert_eq!(headers.raw("In-Reply-To"), None);
    assert_eq!(headers.text("References", None).unwrap(), "<c@d> <g@h>");
    let wire = String::from_utf8(outgoing.wire).unwrap();
    assert!(!wire.contains("\r\nBcc"), "{wire}");

    let fault = draft("To: b@c\r\n\r\nx").compose(
        Stamp {
            now: 0,
            message_id: "<a>\r\nBcc: x@y",
        },
        None,
        Addition::Nothing,
    );
    assert_eq!(fault, Err(Unsendable::Broken(BrokenValue)));
}

#[test]
fn own_references_stay_and_long_threads_are_shortened() {
    let mime = "To: b@c\r\nIn-Reply-To: <own@x>\r\nReferences: <own@x>\r\n\r\nx";
    let wire = draft(mime)
        .compose(STAMP, Some(&thread()), Addition::Nothing)
        .unwrap()
        .wire;
    let headers = Headers::read(&wire);
    assert_eq!(headers.text("References", None).unwrap(), "<own@x>");
    assert_eq!(headers.all("In-Reply-To").count(), 1);
    let long: String = (0..100).map(|n| format!("<{n}@x> ")).collect();
    let thread = Thread {
        message_id: Some("<last@x>".into()),
        references: Some(long),
    };
    let wire = draft("To: b@c\r\n\r\nx")
        .compose(STAMP, Some(&thread), Addition::Nothing)
        .unwrap()
        .wire;
    let references = Headers::read(&wire).text("References", None).unwrap();
    assert!(references.starts_with("<0@x> <82@x>") && references.ends_with("<99@x> <last@x>"));
    assert_eq!(references.split(' ').count(), MAX_REFERENCES);
}

/// Pieces that make octets look like mail more often than chance would have it.
const PIECES: [&[u8]; 17] = [
    b"To: bob@example.org",
    b"Bcc: secret@example.org",
    b"BCC : secret@example.org",
    b"bcc:\r\n secret@example.org",
    b"From: eve@evil.test",
    b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: text/html; charset=utf-7",
    b"Content-Transfer-Encoding: base64",
    b"--b",
    b"--b--",
    b".",
    b"\xff\xfe\0",
    b"Subject: \xe4",
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
];
const ENDS: [&[u8]; 3] = [b"\r\n", b"\n", b""];

fn mailish() -> impl Strategy<Value = Vec<u8>> {
    let pieces = (
        proptest::sample::select(PIECES.to_vec()),
        proptest::sample::select(ENDS.to_vec()),
    );
    proptest::collection::vec(pieces, 0..24).prop_map(|pieces| {
        let mut octets = b"To: bob@example.org\r\n".to_vec();
        for (piece, end) in pieces {
            octets.extend_from_slice(piece);
            octets.extend_from_slice(end);
        }
        octets
    })
}

fn holds(octets: &[u8]) -> Result<(), TestCaseError> {
    let Ok(draft) = Draft::read(octets, ACCOUNT) else {
        return Ok(());
    };
    let quote = quote();
    for addition in [
        Addition::Nothing,
        Addition::Reply(&quote),
        Addition::Forward {
            original: octets,
            subject: "x",
        },
    ] {
        let outgoing = draft.compose(STAMP, Some(&thread()), addition).unwrap();
        prop_assert!(lines::is_normal(&outgoing.wire) && lines::is_normal(&outgoing.sent_copy()));
        prop_assert!(outgoing.wire.ends_with(b"\r\n"));
        let headers = Headers::read(&outgoing.wire);
        prop_assert_eq!(headers.all("Bcc").count(), 0);
        prop_assert_eq!(headers.all("From").count(), 1);
        prop_assert_eq!(headers.all("Message-ID").count(), 1);
        prop_assert_eq!(headers.all("Date").count(), 1);
        prop_assert_eq!(headers.all("MIME-Version").count(), 1);
        let from = Addresses::read(headers.raw("From").unwrap(), None);
        prop_assert!(from.contains(ACCOUNT) && from.mailboxes.len() == 1);
    }
    Ok(())
}

proptest! {
    #[test]
    fn t26_t27_any_octets_become_a_mail_with_one_sender_and_no_bcc(
        octets in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        holds(&octets)?;
    }

    #[test]
    fn t26_t27_anything_like_mail_does_too(octets in mailish()) {
        holds(&octets)?;
    }
}
