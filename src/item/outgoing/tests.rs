//! Known answers on mails shaped as phones send them, and what holds for any octets.

use airgate_codec::imap::{Fetched, FetchedSection, Structure, TransferEncoding};
use proptest::prelude::*;

use super::*;
use crate::item::address::Addresses;
use crate::item::headers::Headers;
use crate::item::structure::Outline;
use crate::item::transfer::decode;
use crate::item::walk::walk;

const ADDRESS: &str = "alice@example.com";
const ACCOUNT: Account<'static> = Account {
    address: ADDRESS,
    aliases: &[],
};
const STAMP: Stamp<'static> = Stamp {
    now: 1_700_000_000,
    message_id: "<fresh@example.com>",
    secret: "5ec4e7",
};

fn draft(mime: &str) -> Draft {
    Draft::read(&Bytes::copy_from_slice(mime.as_bytes()), ACCOUNT).unwrap()
}

fn plain(mime: &str) -> String {
    let outgoing = draft(mime).compose(STAMP, None, Addition::Nothing).unwrap();
    String::from_utf8(wire(&outgoing, b"")).unwrap()
}

/// What leaves when the original is this message.
fn wire(outgoing: &Outgoing, original: &[u8]) -> Vec<u8> {
    let walked = walk(original, true);
    let mut out = Vec::new();
    for piece in outgoing.pieces() {
        let mut writer = PieceWriter::default();
        match piece {
            Piece::Octets(octets) => writer.push(octets, &mut out),
            Piece::Section(section) if section.name.is_empty() => writer.push(original, &mut out),
            Piece::Section(section) => {
                let mut leaves = walked.leaves.iter();
                let leaf = leaves.find(|leaf| leaf.section == section.name).unwrap();
                writer.push(&original[leaf.body.clone()], &mut out);
            }
        }
        writer.end(&mut out);
    }
    out
}

/// A message as the first fetch tells it.
fn fetched(original: &[u8]) -> Fetched {
    let walked = walk(original, true);
    let header = original.split(|_| false).next().unwrap();
    let end = fields::header_end(header);
    let section = |section: &str, octets: &[u8]| FetchedSection {
        section: section.into(),
        origin: None,
        octets: Some(octets.to_vec()),
    };
    let mut sections = vec![section("HEADER.FIELDS (CONTENT-TYPE)", &original[..end])];
    for leaf in &walked.leaves {
        let name = format!("{}.MIME", leaf.section);
        sections.push(section(&name, &original[leaf.header.clone()]));
    }
    Fetched {
        structure: Some(Structure::Known(Box::new(walked.root))),
        size: Some(original.len() as u64),
        sections,
        ..Fetched::default()
    }
}

/// A reply or forward of that original by that mail; what leaves.
fn smart(mime: &str, original: &[u8], html: Option<&str>, forward: bool) -> Vec<u8> {
    let message = fetched(original);
    let quote = Quote {
        author: "Bob".into(),
        date: Some(0),
        heading: vec![("From", "Bob <bob@example.org>".into())],
        text: Some("old text ✓\r\n".into()),
        html: html.map(Into::into),
        is_html: html.is_some(),
    };
    let parts = Parts::of(&message).unwrap();
    let (shown, other) = parts.split(html.unwrap_or_default());
    let shown = shown.with_headers(&message).unwrap();
    let other = other.with_headers(&message).unwrap();
    let addition = if forward {
        Addition::Forward {
            quote: &quote,
            shown: &shown,
            attached: &other,
        }
    } else {
        Addition::Reply {
            quote: &quote,
            shown: &shown,
        }
    };
    let outgoing = draft(mime).compose(STAMP, None, addition).unwrap();
    wire(&outgoing, original)
}

/// The media types, nested as they are.
fn shape(octets: &[u8]) -> String {
    fn of(part: &airgate_codec::imap::Part) -> String {
        let kind = part.media_type.rsplit('/').next().unwrap();
        if part.children.is_empty() {
            return kind.to_owned();
        }
        let children: Vec<_> = part.children.iter().map(of).collect();
        format!("{kind}({})", children.join(" "))
    }
    of(&walk(octets, true).root)
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
    let wire = String::from_utf8(wire(&outgoing, b"")).unwrap();
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
    assert_eq!(outgoing.bcc(), &b"Bcc: carol@example.org\r\n"[..]);
    assert_eq!(outgoing.size(), wire.len() as u64);
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
            Draft::read(&Bytes::from_static(mime.as_bytes()), ACCOUNT).unwrap_err(),
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
        ..Quote::default()
    }
}

fn reply(quote: &Quote) -> Addition<'_> {
    Addition::Reply { quote, shown: &[] }
}

fn wants(text: bool, html: bool) -> Wants {
    Wants::Quote { text, html }
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
    assert_eq!(read.wants(false), wants(true, true));
    let quote = quote();
    let outgoing = read.compose(STAMP, Some(&thread()), reply(&quote)).unwrap();
    let wire = wire(&outgoing, b"");
    let text = part(&wire, "text/plain");
    assert_eq!(
        text,
        "Yes, grün\r\n\r\nOn Thu, 01 Jan 1970 00:00:00 +0000, Bob wrote:\r\n> old text ✓\r\n"
    );
    let html = part(&wire, "text/html");
    assert!(
        html.starts_with("<html><body>Yes, grün<br><div>On Thu"),
        "{html}"
    );
    assert!(
        html.ends_with("<b>old ✓</b></blockquote></body></html>"),
        "{html}"
    );
    let headers = Headers::read(&wire);
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
    assert_eq!(read.wants(false), wants(false, true));
    let quote = quote();
    let outgoing = read.compose(STAMP, None, reply(&quote)).unwrap();
    let wire = wire(&outgoing, b"");
    let html = part(&wire, "text/html");
    assert!(html.contains("Grüße") && html.contains("old ✓"), "{html}");
    assert!(!html.contains("iso-8859-1"), "{html}");
    let wire = String::from_utf8(wire).unwrap();
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
    assert_eq!(read.wants(false), wants(true, false));
    let quote = quote();
    let outgoing = read.compose(STAMP, None, reply(&quote)).unwrap();
    assert_eq!(shape(&wire(&outgoing, b"")), "mixed(png plain)");
}

#[test]
fn flowed_text_is_joined_before_it_is_quoted_below() {
    let read = draft(
        "To: b@c\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\none \r\ntwo\r\n",
    );
    let quote = quote();
    let outgoing = read.compose(STAMP, None, reply(&quote)).unwrap();
    assert!(part(&wire(&outgoing, b""), "text/plain").starts_with("one two\r\n\r\nOn "));
}

const ORIGINAL: &[u8] = b"From: bob@example.org\r\nSubject: old\r\n\
    Content-Type: multipart/mixed; boundary=\"=_airgate_5ec4e7_1\"\r\n\r\n\
    --=_airgate_5ec4e7_1\r\n\r\nold text\r\n--=_airgate_5ec4e7_1\r\n\
    Content-Type: application/pdf\r\nX-Own: no\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n\
    --=_airgate_5ec4e7_1--\r\n";

/// HTML that shows one picture and has another beside it.
const PICTURES: &[u8] = b"From: bob@example.org\r\nSubject: old\r\n\
    Content-Type: multipart/related; boundary=x\r\n\r\n\
    --x\r\nContent-Type: text/html\r\n\r\n<b>old</b> <img src=\"cid:one@x\">\r\n\
    --x\r\nContent-Type: image/png\r\nContent-ID: <One@x>\r\n\
    Content-Disposition: inline\r\n\r\nshown\r\n\
    --x\r\nContent-Type: image/gif\r\nContent-ID: <two@x>\r\n\r\nbeside\r\n--x--\r\n";
const SHOWS: &str = "<html><body><b>old</b> <img src=\"cid:one@x\"></body></html>";

#[test]
fn s20_a_forward_carries_text_and_parts_of_the_original() {
    for (mime, expected) in [
        (IOS, "mixed(plain pdf)"),
        (GMAIL, "mixed(alternative(plain html) pdf)"),
        (OUTLOOK, "mixed(mixed(html octet-stream) pdf)"),
    ] {
        let wire = smart(mime, ORIGINAL, None, true);
        assert_eq!(shape(&wire), expected);
        let text = String::from_utf8_lossy(&wire).into_owned();
        let attached = "Content-Type: application/pdf\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--=_airgate_5ec4e7_1--\r\n";
        assert!(text.ends_with(attached), "{text}");
        assert!(!text.contains("X-Own"), "{text}");
    }
    let text = part(&smart(IOS, ORIGINAL, None, true), "text/plain");
    assert_eq!(
        text,
        "At one?\r\n\r\nSent from my iPhone\r\n\r\n-----Original Message-----\r\n\
         From: Bob <bob@example.org>\r\nSent: Thu, 01 Jan 1970 00:00:00 +0000\r\n\r\n\
         old text ✓\r\n"
    );
}

#[test]
fn s20_pictures_of_quoted_html_go_along() {
    let related = "To: b@c\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<i>new</i>\r\n\
        --b\r\nContent-Type: image/jpeg\r\n\r\nown\r\n--b--\r\n";
    for (mime, forward, expected) in [
        // Plain text shows no pictures; a forward of HTML stays HTML.
        (IOS, false, "plain"),
        (IOS, true, "mixed(alternative(plain related(html png)) gif)"),
        (GMAIL, false, "alternative(plain related(html png))"),
        (
            GMAIL,
            true,
            "mixed(alternative(plain related(html png)) gif)",
        ),
        (OUTLOOK, false, "mixed(related(html png) octet-stream)"),
        // Beside the picture that is there, in the phone's own multipart.
        (related, false, "related(html png jpeg)"),
        (related, true, "mixed(related(html png jpeg) gif)"),
    ] {
        let wire = smart(mime, PICTURES, Some(SHOWS), forward);
        assert_eq!(shape(&wire), expected);
        if expected.contains("png") {
            let html = part(&wire, "text/html");
            assert!(html.contains("cid:one@x"), "{html}");
            let text = String::from_utf8_lossy(&wire).into_owned();
            let picture = "Content-ID: <One@x>\r\nContent-Disposition: inline\r\n\r\nshown\r\n--";
            assert!(text.contains(picture), "{text}");
        }
    }
    // What a phone without any text forwards.
    let picture = "To: b@c\r\nContent-Type: image/jpeg\r\n\r\nown\r\n";
    let wire = smart(picture, PICTURES, Some(SHOWS), true);
    assert_eq!(
        shape(&wire),
        "mixed(jpeg alternative(plain related(html png)) gif)"
    );
}

#[test]
fn s20_a_message_of_one_part_goes_along_as_that_part() {
    let pdf = b"From: bob@example.org\r\nSubject: scan\r\nMIME-Version: 1.0\r\n\
        Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\
        Bcc: x@y\r\n\r\nJVBERi0=\r\n";
    let wire = smart(IOS, pdf, None, true);
    assert_eq!(shape(&wire), "mixed(plain pdf)");
    let text = String::from_utf8_lossy(&wire).into_owned();
    let attached = "Content-Type: application/pdf; name=a.pdf\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n";
    assert!(text.contains(attached), "{text}");
    assert!(!text.contains("x@y"), "{text}");
}

#[test]
fn s20_what_cannot_be_taken_apart_goes_whole() {
    for (name, content) in [
        (
            "signed",
            "multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=x",
        ),
        (
            "encrypted",
            "application/pkcs7-mime; smime-type=enveloped-data",
        ),
        ("PGP", "multipart/encrypted; boundary=x"),
        (
            "binary",
            "application/zip\r\nContent-Transfer-Encoding: binary",
        ),
        // The structure denies what the header says (T68).
        ("without boundary", "multipart/mixed; boundary=y"),
    ] {
        let original = format!(
            "Subject: old\r\nContent-Type: {content}\r\n\r\n\
             --x\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n"
        );
        let message = fetched(original.as_bytes());
        assert!(Parts::of(&message).is_none(), "{name}");
        let section = whole(&message);
        for (mime, expected) in [
            (IOS, "mixed(plain rfc822("),
            (OUTLOOK, "mixed(mixed(html octet-stream) rfc822("),
        ] {
            let addition = Addition::Whole {
                section: &section,
                subject: "Grüße",
            };
            let outgoing = draft(mime).compose(STAMP, Some(&thread()), addition);
            let outgoing = outgoing.unwrap();
            assert!(outgoing.is_eight_bit());
            let wire = wire(&outgoing, original.as_bytes());
            assert!(shape(&wire).starts_with(expected), "{}", shape(&wire));
            let walked = walk(&wire, true);
            let enclosed = walked.root.children.last().unwrap();
            assert_eq!(enclosed.file_name(), Some("Grüße.eml"));
            assert_eq!(enclosed.encoding, TransferEncoding::EightBit);
            let leaf = walked.leaves.iter().rfind(|leaf| leaf.is_message).unwrap();
            assert_eq!(&wire[leaf.body.clone()], original.as_bytes(), "{name}");
        }
    }
}

#[test]
fn the_phones_octets_are_shared_and_not_copied() {
    let mime = format!(
        "{}{}",
        OUTLOOK.split_once("AAECAwQ=").unwrap().0,
        "AAECAwQFBgcICQ==\r\n".repeat(10_000)
    );
    let mime = Bytes::from(mime + "------=_NextPart_000--\r\n");
    let range = mime.as_ptr_range();
    let shared = |outgoing: &Outgoing| {
        let own = outgoing.pieces().iter().map(|piece| match piece {
            Piece::Octets(octets) if range.contains(&octets.as_ptr()) => 0,
            Piece::Octets(octets) => octets.len(),
            Piece::Section(_) => 0,
        });
        own.sum::<usize>()
    };
    let draft = Draft::read(&mime, ACCOUNT).unwrap();
    let quote = quote();
    for addition in [Addition::Nothing, reply(&quote)] {
        let outgoing = draft.compose(STAMP, None, addition).unwrap();
        assert!(outgoing.size() > 150_000);
        assert!(shared(&outgoing) < 3000, "{}", shared(&outgoing));
    }
}

#[test]
fn an_alias_may_stand_in_from_and_nobody_else() {
    let aliases = ["Sales@example.com".to_owned()];
    let account = Account {
        address: ADDRESS,
        aliases: &aliases,
    };
    for (from, sender, written) in [
        (
            "From: \"S\" <sales@EXAMPLE.com>",
            "Sales@example.com",
            "From: \"S\" <sales@EXAMPLE.com>",
        ),
        ("From: eve@evil.test", ADDRESS, "From: alice@example.com"),
        (
            "From: Jürgen <sales@example.com>",
            "Sales@example.com",
            "From: =?utf-8?B?SsO8cmdlbg==?= <Sales@example.com>",
        ),
        ("X: y", ADDRESS, "From: alice@example.com"),
    ] {
        let mime = format!("{from}\r\nSender: sales@example.com\r\nTo: b@c\r\n\r\nx");
        let draft = Draft::read(&mime.into(), account).unwrap();
        assert_eq!(draft.sender(), sender);
        let outgoing = draft.compose(STAMP, None, Addition::Nothing).unwrap();
        let text = String::from_utf8(wire(&outgoing, b"")).unwrap();
        assert!(text.starts_with(&format!("{written}\r\n")), "{text}");
        assert!(text.contains("\r\nSender: sales@example.com\r\n"));
    }
}

#[test]
fn lists_of_any_kind_leave_as_the_standard_has_them() {
    let mail = "To: user2; Bob <bob@example.org>;\r\nCc: Team: a@b.org, c@d.org;\r\n\
        Bcc: bob@bücher.example\r\n\r\nx";
    let read = draft(mail);
    assert_eq!(
        read.recipients(),
        [
            "user2@example.com",
            "bob@example.org",
            "a@b.org",
            "c@d.org",
            "bob@xn--bcher-kva.example"
        ]
    );
    let text = plain(mail);
    assert!(
        text.contains("To: user2@example.com,\r\n \"Bob\" <bob@example.org>\r\n"),
        "{text}"
    );
    assert!(text.contains("Cc: Team: a@b.org, c@d.org;\r\n"), "{text}");
}

#[test]
fn reports_are_asked_for_by_several_fields() {
    for (field, delivery, reading) in [
        ("Return-Receipt-To: alice@example.com", true, false),
        ("X-PMRQC: 1", true, false),
        (
            "Disposition-Notification-To: <alice@example.com>",
            false,
            true,
        ),
        ("Return-Receipt-To:", false, false),
        ("X-Other: 1", false, false),
    ] {
        let mail = format!("To: b@c\r\n{field}\r\n\r\nx");
        let expected = Receipts { delivery, reading };
        assert_eq!(draft(&mail).receipts(), expected, "{field}");
        assert!(plain(&mail).contains(field), "and the field stays");
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
    assert_eq!(read.wants(false), Wants::Nothing);
    assert_eq!(read.wants(true), Wants::Whole);
    let quote = quote();
    let section = whole(&fetched(ORIGINAL));
    let enclosed = Addition::Whole {
        section: &section,
        subject: "",
    };
    for addition in [Addition::Nothing, reply(&quote), enclosed] {
        let wire = wire(&read.compose(STAMP, None, addition).unwrap(), ORIGINAL);
        assert!(
            wire.windows(body.len())
                .any(|window| window == body.as_bytes())
        );
    }
}

#[test]
fn nothing_stands_in_the_clear_beside_what_is_encrypted() {
    let mime = "To: b@c\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\
        \r\nMIAG\r\n";
    let read = draft(mime);
    assert_eq!(read.wants(true), Wants::Nothing);
    let section = whole(&fetched(ORIGINAL));
    let enclosed = Addition::Whole {
        section: &section,
        subject: "",
    };
    let outgoing = read.compose(STAMP, None, enclosed).unwrap();
    assert_eq!(shape(&wire(&outgoing, ORIGINAL)), "pkcs7-mime");
}

#[test]
fn t27_nothing_from_the_original_begins_a_line_of_its_own() {
    let evil = Thread {
        message_id: Some("<a@b>\r\nBcc: x@y".into()),
        references: Some("<c@d>\r\nBcc: x@y <e\n@f> <g@h>".into()),
    };
    let section = whole(&fetched(ORIGINAL));
    let addition = Addition::Whole {
        section: &section,
        subject: "a\"\r\nBcc: x@y\r\n\r\nbody",
    };
    let outgoing = draft(IOS).compose(STAMP, Some(&evil), addition).unwrap();
    let wire = wire(&outgoing, ORIGINAL);
    let headers = Headers::read(&wire);
    assert_eq!(headers.raw("Bcc"), None);
    assert_eq!(headers.raw("In-Reply-To"), None);
    assert_eq!(headers.text("References", None).unwrap(), "<c@d> <g@h>");
    let wire = String::from_utf8(wire).unwrap();
    assert!(!wire.contains("\r\nBcc"), "{wire}");

    let fault = draft("To: b@c\r\n\r\nx").compose(
        Stamp {
            now: 0,
            message_id: "<a>\r\nBcc: x@y",
            secret: "x",
        },
        None,
        Addition::Nothing,
    );
    assert_eq!(fault, Err(Unsendable::Broken(BrokenValue)));
}

#[test]
fn own_references_stay_and_long_threads_are_shortened() {
    let mime = "To: b@c\r\nIn-Reply-To: <own@x>\r\nReferences: <own@x>\r\n\r\nx";
    let own = draft(mime).compose(STAMP, Some(&thread()), Addition::Nothing);
    let own = wire(&own.unwrap(), b"");
    let headers = Headers::read(&own);
    assert_eq!(headers.text("References", None).unwrap(), "<own@x>");
    assert_eq!(headers.all("In-Reply-To").count(), 1);
    let long: String = (0..100).map(|n| format!("<{n}@x> ")).collect();
    let thread = Thread {
        message_id: Some("<last@x>".into()),
        references: Some(long),
    };
    let long = draft("To: b@c\r\n\r\nx").compose(STAMP, Some(&thread), Addition::Nothing);
    let references = Headers::read(&wire(&long.unwrap(), b""))
        .text("References", None)
        .unwrap();
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
    let Ok(draft) = Draft::read(&Bytes::copy_from_slice(octets), ACCOUNT) else {
        return Ok(());
    };
    let quote = Quote {
        is_html: true,
        ..quote()
    };
    let section = whole(&fetched(octets));
    let attached = [Attached::new(
        &airgate_codec::imap::Part::default(),
        b"Content-ID: <x>\r\n\r\n",
    )];
    let attached = attached.map(|attached| Attached {
        section: section.clone(),
        ..attached
    });
    for addition in [
        Addition::Nothing,
        Addition::Reply {
            quote: &quote,
            shown: &attached,
        },
        Addition::Forward {
            quote: &quote,
            shown: &attached,
            attached: &attached,
        },
        Addition::Whole {
            section: &section,
            subject: "x",
        },
    ] {
        let outgoing = draft.compose(STAMP, Some(&thread()), addition).unwrap();
        let wire = wire(&outgoing, octets);
        prop_assert!(lines::is_normal(&wire) && lines::is_normal(outgoing.bcc()));
        prop_assert!(wire.ends_with(b"\r\n"));
        let headers = Headers::read(&wire);
        prop_assert_eq!(headers.all("Bcc").count(), 0);
        prop_assert_eq!(headers.all("From").count(), 1);
        prop_assert_eq!(headers.all("Message-ID").count(), 1);
        prop_assert_eq!(headers.all("Date").count(), 1);
        prop_assert_eq!(headers.all("MIME-Version").count(), 1);
        let from = Addresses::read(headers.raw("From").unwrap(), None);
        prop_assert!(from.contains(ADDRESS) && from.mailboxes.len() == 1);
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
