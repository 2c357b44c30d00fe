//! Mails the tests make themselves: believable, and the same on every run.

use std::fmt::Write as _;

/// 2026-01-05 08:00 UTC, a Monday: the date of mail number 0.
pub const FIRST_MAIL: u64 = 1_767_600_000;

/// Seconds between two numbered mails.
const APART: u64 = 97;

const SENDERS: [(&str, &str); 6] = [
    ("Vera Lindqvist", "vera@contoso.example"),
    ("José Ñandú", "jose@fabrikam.example"),
    ("Build Robot", "ci@builds.example"),
    ("王小明", "xiaoming@contoso.example"),
    ("O'Brien, Pat", "pat@example.net"),
    ("Library", "noreply@library.example"),
];

/// When mail number `n` was delivered, in seconds since 1970.
pub fn delivered(n: u64) -> u64 {
    FIRST_MAIL + n * APART
}

/// Mail number `n`: plain text, UTF-8, CRLF, under 1 KiB.
pub fn numbered(n: u64) -> Vec<u8> {
    let index = usize::try_from(n).unwrap_or(0) % SENDERS.len();
    let (name, address) = SENDERS[index];
    mail(
        &encoded(name),
        address,
        &format!("Mail number {n}"),
        delivered(n),
        &format!("<{n}@mails.example>"),
        &format!("This is mail number {n}.\r\nGrüße,\r\n{name}\r\n"),
    )
}

/// A mail with this subject and text, from somebody, now as far as mails go.
pub fn simple(subject: &str, text: &str) -> Vec<u8> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    mail(
        "Vera Lindqvist",
        "vera@contoso.example",
        &encoded(subject),
        now(),
        &format!("<simple-{}-{n}@mails.example>", std::process::id()),
        text,
    )
}

/// The wall clock in seconds.
pub fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn mail(name: &str, address: &str, subject: &str, date: u64, id: &str, text: &str) -> Vec<u8> {
    let mut mail = String::with_capacity(600 + text.len());
    let _ = write!(
        mail,
        "From: {name} <{address}>\r\n\
         To: Alice <alice@example.com>\r\n\
         Subject: {subject}\r\n\
         Date: {}\r\n\
         Message-ID: {id}\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n{text}",
        date_header(date)
    );
    mail.into_bytes()
}

/// A header word: as it is, quoted, or as one RFC 2047 word.
fn encoded(text: &str) -> String {
    use base64::Engine as _;
    if !text.is_ascii() {
        let word = base64::engine::general_purpose::STANDARD.encode(text);
        return format!("=?utf-8?B?{word}?=");
    }
    if text.contains(',') {
        return format!("\"{text}\"");
    }
    text.to_owned()
}

/// `Mon, 5 Jan 2026 08:00:00 +0000`.
pub fn date_header(seconds: u64) -> String {
    written(seconds, "%a, %-d %b %Y %H:%M:%S +0000")
}

/// `05-Jan-2026 08:00:00 +0000`, as IMAP writes when a mail arrived.
pub fn internal_date(seconds: u64) -> String {
    written(seconds, "%d-%b-%Y %H:%M:%S +0000")
}

/// `Mon Jan  5 08:00:00 2026`, as the first line of a mail in an mbox has it.
pub fn mbox_date(seconds: u64) -> String {
    written(seconds, "%a %b %e %H:%M:%S %Y")
}

fn written(seconds: u64, format: &str) -> String {
    let moment = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(0))
        .expect("a date of our time");
    jiff::tz::TimeZone::UTC
        .to_datetime(moment)
        .strftime(format)
        .to_string()
}
