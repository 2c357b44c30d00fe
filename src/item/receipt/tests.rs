use super::*;

const MAIL: &str = "Return-Path: <vera@contoso.example>\r\n\
    From: Vera <vera@contoso.example>\r\nTo: Alice <Alice@Example.com>, bob@example.com\r\n\
    Subject: Offer\r\nMessage-ID: <one@contoso.example>\r\n\
    Disposition-Notification-To: \"Vera L\" <vera@Contoso.Example>\r\n";

fn asked(header: &str) -> Option<Receipt> {
    let me = [
        "alice@example.com".to_owned(),
        "sales@example.com".to_owned(),
    ];
    Receipt::asked(header.as_bytes(), &me)
}

#[test]
fn a_plain_wish_is_heard() {
    let receipt = asked(MAIL).unwrap();
    assert_eq!(receipt.to.line(), "\"Vera L\" <vera@Contoso.Example>");
    assert_eq!(receipt.reader, "alice@example.com");
    assert_eq!(receipt.of(), Some("<one@contoso.example>"));
    let alias = MAIL.replace("Alice@Example.com", "x@example.com") + "Cc: SALES@example.com\r\n";
    assert_eq!(asked(&alias).unwrap().reader, "sales@example.com");
    let twice = MAIL.to_owned() + "Disposition-Notification-To: vera@contoso.example\r\n";
    assert!(asked(&twice).is_some(), "the same address again");
}

#[test]
fn what_a_program_may_not_answer_by_itself_is_not_answered() {
    for (why, from, to) in [
        ("nobody asks", "Disposition-Notification-To", "X-Nothing"),
        ("no way back", "Return-Path", "X-Nothing"),
        (
            "a null way back",
            "<vera@contoso.example>\r\nFrom",
            "<>\r\nFrom",
        ),
        (
            "another way back",
            "<vera@contoso.example>\r\nFrom",
            "<v@x.example>\r\nFrom",
        ),
        (
            "another letter case",
            "<vera@contoso.example>\r\nFrom",
            "<Vera@contoso.example>\r\nFrom",
        ),
        ("to somebody else", "Alice@Example.com", "list@example.com"),
        (
            "two who ask",
            "vera@Contoso.Example>",
            "vera@Contoso.Example>, c@d.example",
        ),
        ("no address", "<vera@Contoso.Example>", ""),
        ("a list", "Subject", "List-Id: <x.y>\r\nSubject"),
        ("a list", "Subject", "List-Post: <mailto:x@y>\r\nSubject"),
        ("in bulk", "Subject", "Precedence: Bulk\r\nSubject"),
        (
            "a machine",
            "Subject",
            "Auto-Submitted: auto-generated; x=y\r\nSubject",
        ),
        (
            "a receipt",
            "Subject",
            "Content-Type: multipart/report; report-type=disposition-notification\r\nSubject",
        ),
        (
            "more is required",
            "Subject",
            "Disposition-Notification-Options: x=Required,y\r\nSubject",
        ),
    ] {
        assert!(MAIL.contains(from), "{why}");
        assert_eq!(asked(&MAIL.replacen(from, to, 1)), None, "{why}");
    }
    let harmless = MAIL.replacen(
        "Subject",
        "Auto-Submitted: no\r\nPrecedence: normal\r\nSubject",
        1,
    ) + "Disposition-Notification-Options: x=optional,y\r\n";
    assert!(asked(&harmless).is_some());
}

const WRITTEN: &str = r#"From: alice@example.com
To: "Vera L" <vera@Contoso.Example>
Subject: Read: Offer
Date: Tue, 14 Nov 2023 22:13:20 +0000
Message-ID: <r@example.com>
In-Reply-To: <one@contoso.example>
References: <one@contoso.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification;
 boundary="=_airgate_receipt"

--=_airgate_receipt
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Your message to alice@example.com was displayed on Tue, 14 Nov 2023 22:13:2=
0 +0000.

Subject: Offer

This is no guarantee that it was read or understood.

--=_airgate_receipt
Content-Type: message/disposition-notification

Reporting-UA: Airgate
Original-Recipient: rfc822;alice+x@example.com
Final-Recipient: rfc822;alice@example.com
Original-Message-ID: <one@contoso.example>
Disposition: manual-action/MDN-sent-automatically; displayed

--=_airgate_receipt--
"#;

#[test]
fn a_receipt_says_who_read_what_and_that_a_program_says_so() {
    let header = MAIL.to_owned() + "Original-Recipient: rfc822;alice+x@example.com\r\n";
    let receipt = asked(&header).unwrap();
    let stamp = Stamp {
        now: 1_700_000_000,
        message_id: "<r@example.com>",
    };
    let mail = String::from_utf8(receipt.write(stamp).unwrap()).unwrap();
    assert_eq!(mail.replace("\r\n", "\n"), WRITTEN);
}

#[test]
fn t27_nothing_a_sender_wrote_becomes_a_field() {
    let evil = "=?utf-8?Q?x=0D=0ABcc:_eve=40evil.test=0D=0A=0D=0Abody?=";
    let stamp = Stamp {
        now: 0,
        message_id: "<r@example.com>",
    };
    for (from, to) in [
        ("Offer", evil.to_owned()),
        ("\"Vera L\"", evil.to_owned()),
        ("<one@contoso.example>", format!("<a@b> {evil}")),
        (
            "Subject",
            format!("Original-Recipient: rfc822;{evil}\r\nSubject"),
        ),
        (
            "Subject",
            "Original-Recipient: rfc822;a\rBcc: eve@evil.test\r\nSubject".to_owned(),
        ),
    ] {
        let receipt = asked(&MAIL.replacen(from, &to, 1)).unwrap();
        let mail = String::from_utf8(receipt.write(stamp).unwrap()).unwrap();
        assert!(!mail.contains("\nBcc"), "{mail}");
        assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "{mail}");
        let header = mail.split_once("\r\n\r\n").unwrap().0;
        assert_eq!(header.matches("\r\nContent-Type").count(), 1, "{header}");
    }
    let broken = Receipt {
        to: Mailbox {
            name: String::new(),
            address: "a@b\r\nBcc: eve@evil.test".into(),
        },
        ..asked(MAIL).unwrap()
    };
    assert_eq!(broken.write(stamp), Err(BrokenValue));
}
