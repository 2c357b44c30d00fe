//! Mailboxes made quickly: believable mails whose bodies do not compress to nothing, written as a
//! delivery agent writes them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;

use crate::support::backend::maildir::Maildir;
use crate::support::mail::{date_header, delivered};

/// Octets of an HTML body.
const HTML: usize = 32 << 10;
/// Different bodies; more would only cost time here.
const POOL: usize = 16;

/// Numbers that look random and are the same on every run.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

/// What a mail of the mix is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shape {
    /// Text and HTML, quoted-printable: 60 of 100.
    Alternative,
    /// HTML alone, base64: 15.
    Html,
    /// Plain text: 10.
    Text,
    /// Text and HTML with an attachment: 15.
    Attachment,
}

impl Shape {
    const fn of(n: u64) -> Self {
        match n % 20 {
            0..12 => Self::Alternative,
            12..15 => Self::Html,
            15..17 => Self::Text,
            _ => Self::Attachment,
        }
    }
}

/// The section of mail `n`'s body that a phone asking for HTML gets.
pub const fn section(n: u64) -> &'static str {
    match Shape::of(n) {
        Shape::Alternative => "2",
        Shape::Html | Shape::Text => "1",
        Shape::Attachment => "1.2",
    }
}

/// Mixed mails with HTML bodies of 32 KiB, every third one unread.
pub fn fill_mixed(maildir: &Maildir, folder: &str, count: u64) {
    maildir.make_folder(folder);
    let mut random = Random::new(7);
    let pool: Vec<[String; 4]> = (0..POOL)
        .map(|_| {
            let html = html(&mut random, HTML);
            let text = words(&mut random, 2048);
            let mut noise = vec![0_u8; 18 << 10];
            noise.fill_with(|| u8::try_from(random.below(256)).unwrap_or(0));
            [
                quoted_printable(&html),
                base64_lines(html.as_bytes()),
                quoted_printable(&text),
                base64_lines(&noise),
            ]
        })
        .collect();
    let path = maildir.folder(folder).join("cur");
    for n in 0..count {
        let [printable, encoded, text, noise] = &pool[random.below(POOL)];
        let mut mail = head(n);
        let plain = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: \
             quoted-printable\r\n\r\n{text}\r\n"
        );
        let html = format!(
            "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: \
             quoted-printable\r\n\r\n{printable}\r\n"
        );
        let _ = match Shape::of(n) {
            Shape::Alternative => write!(
                mail,
                "Content-Type: multipart/alternative; boundary=\"b{n}\"\r\n\r\n\
                 --b{n}\r\n{plain}--b{n}\r\n{html}--b{n}--\r\n"
            ),
            Shape::Html => write!(
                mail,
                "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: \
                 base64\r\n\r\n{encoded}"
            ),
            Shape::Text => write!(mail, "{plain}"),
            Shape::Attachment => write!(
                mail,
                "Content-Type: multipart/mixed; boundary=\"m{n}\"\r\n\r\n--m{n}\r\n\
                 Content-Type: multipart/alternative; boundary=\"b{n}\"\r\n\r\n\
                 --b{n}\r\n{plain}--b{n}\r\n{html}--b{n}--\r\n--m{n}\r\n\
                 Content-Type: application/pdf; name=\"report {n}.pdf\"\r\n\
                 Content-Disposition: attachment; filename=\"report {n}.pdf\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{noise}--m{n}--\r\n"
            ),
        };
        let flags = if n % 3 == 0 { "" } else { "S" };
        put(&path, n, flags, mail.as_bytes());
    }
}

/// Small mails with the flags of a grown mailbox: most read, some answered, a few flagged, without
/// any order that would compress well.
pub fn fill_small(maildir: &Maildir, folder: &str, count: u64) {
    maildir.make_folder(folder);
    let mut random = Random::new(11);
    let path = maildir.folder(folder).join("cur");
    for n in 0..count {
        let mut mail = head(n);
        let _ = write!(
            mail,
            "Content-Type: text/plain; charset=utf-8\r\n\r\nThis is mail number {n}.\r\n"
        );
        let mut flags = String::new();
        for (letter, of_100) in [("F", 1), ("R", 8), ("S", 85)] {
            if random.below(100) < of_100 {
                flags.push_str(letter);
            }
        }
        put(&path, n, &flags, mail.as_bytes());
    }
}

/// A mail with one attachment of so many octets.
pub fn large(octets: usize) -> Vec<u8> {
    let mut random = Random::new(3);
    let mut noise = vec![0_u8; octets];
    for piece in noise.chunks_mut(4) {
        let value = u32::try_from(random.below(1 << 31))
            .unwrap_or(0)
            .to_be_bytes();
        piece.copy_from_slice(&value[..piece.len()]);
    }
    let mut mail = head(0);
    let _ = write!(
        mail,
        "Content-Type: multipart/mixed; boundary=\"m\"\r\n\r\n--m\r\n\
         Content-Type: text/plain\r\n\r\nsee the film\r\n--m\r\n\
         Content-Type: video/mp4; name=\"film.mp4\"\r\n\
         Content-Disposition: attachment; filename=\"film.mp4\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}--m--\r\n",
        base64_lines(&noise)
    );
    mail.into_bytes()
}

/// A small mail, for delivery.
pub fn small(n: u64) -> Vec<u8> {
    let mut mail = head(n);
    mail.push_str("Content-Type: text/plain\r\n\r\nnews\r\n");
    mail.into_bytes()
}

fn head(n: u64) -> String {
    format!(
        "Received: from mx{}.example.net ([192.0.2.{}]) by mail.example.com with ESMTPS id \
         {n:08x}\r\n\tfor <alice@example.com>; {date}\r\n\
         From: \"Vera Lindqvist {n}\" <vera{}@contoso.example>\r\n\
         To: Alice <alice@example.com>, \"O'Brien, Pat\" <pat@example.net>\r\n\
         Subject: Mail number {n} about the plans for next week\r\nDate: {date}\r\n\
         Message-ID: <{n}.bench@mails.example>\r\n\
         References: <{}.bench@mails.example>\r\nX-Mailer: Bench 1\r\nMIME-Version: 1.0\r\n",
        n % 4,
        n % 250,
        n % 50,
        n / 3,
        date = date_header(delivered(n)),
    )
}

fn put(path: &Path, n: u64, flags: &str, mail: &[u8]) {
    let size = mail.len();
    let name = format!(
        "{}.M{n:09}P1.bench,S={size},W={size}:2,{flags}",
        delivered(n)
    );
    fs::write(path.join(name), mail).expect("a Maildir is writable");
}

/// HTML as newsletters and mail programs make it.
fn html(random: &mut Random, octets: usize) -> String {
    let mut html = String::with_capacity(octets + 256);
    html.push_str("<html><head><style>p.x{margin:0;font-family:Calibri}</style></head><body>");
    while html.len() < octets {
        let colour = random.below(0xFF_FFFF);
        let words = words(random, 160);
        let _ = writeln!(
            html,
            "<p class=\"x\" style=\"color:#{colour:06x};margin:{}px\"><span \
             style=\"font-size:{}pt\">{words}</span> <a href=\"https://example.com/{colour:x}\">\
             {}</a></p>",
            random.below(30),
            random.below(20),
            colour % 977
        );
    }
    html.push_str("</body></html>");
    html
}

/// Pronounceable words, some of them not ASCII.
fn words(random: &mut Random, octets: usize) -> String {
    const SYLLABLES: [&str; 20] = [
        "an", "ber", "che", "da", "en", "für", "ge", "hin", "ist", "kä", "lo", "men", "nis", "or",
        "per", "que", "ra", "sto", "ti", "un",
    ];
    let mut text = String::with_capacity(octets + 16);
    while text.len() < octets {
        for _ in 0..=random.below(4) {
            text.push_str(SYLLABLES[random.below(SYLLABLES.len())]);
        }
        text.push(if random.below(12) == 0 { '\n' } else { ' ' });
    }
    text
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 11 / 10);
    for line in text.lines() {
        let mut width = 0;
        for octet in line.bytes() {
            if width > 72 {
                out.push_str("=\r\n");
                width = 0;
            }
            if octet == b'=' || !(0x20..0x7F).contains(&octet) {
                let _ = write!(out, "={octet:02X}");
                width += 3;
            } else {
                out.push(char::from(octet));
                width += 1;
            }
        }
        out.push_str("\r\n");
    }
    out
}

fn base64_lines(octets: &[u8]) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
    let mut lines = String::with_capacity(encoded.len() * 79 / 76);
    for line in encoded.as_bytes().chunks(76) {
        lines.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        lines.push_str("\r\n");
    }
    lines
}
