//! The letters Airgate writes to people, in their language: why a phone sees no mail, and notices of
//! what happened to their account (C16). Pure; who sends them is elsewhere.
//!
//! Nothing in them comes from outside but names, which are cut and freed of control characters; no
//! secret ever stands in one.

use std::sync::LazyLock;

use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;

use crate::gate::Why;
use crate::language::{Language, Table, fill, table};
use crate::store::{AuditAction, AuditRow};

/// One letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Letter {
    pub subject: String,
    /// Plain text, LF at line ends.
    pub text: String,
}

/// From whom to whom a letter goes.
#[derive(Clone, Debug)]
pub struct Parties<'a> {
    pub name: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    /// Seconds since 1970 UTC.
    pub at: i64,
    /// What stands before the `@` of its Message-ID.
    pub id: String,
}

/// What people call what a notice is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    pub device: Option<String>,
    pub passcode: Option<String>,
}

/// What the command line calls itself in the trail.
const HERE: &str = "local";

/// What is told by mail (C16).
pub const TOLD: [AuditAction; 12] = [
    AuditAction::DeviceNew,
    AuditAction::DevicePinned,
    AuditAction::DeviceEnrolled,
    AuditAction::DeviceRefused,
    AuditAction::PasscodeCreated,
    AuditAction::PasscodeRevoked,
    AuditAction::FactorOn,
    AuditAction::FactorOff,
    AuditAction::RecoveryUsed,
    AuditAction::RecoveryRenewed,
    AuditAction::WipeRequested,
    AuditAction::WipeDone,
];

impl Letter {
    /// As a mail (RFC 5322).
    pub fn message(&self, parties: &Parties<'_>) -> Vec<u8> {
        let domain = parties.from.rsplit_once('@').map_or("localhost", |at| at.1);
        let message = MessageBuilder::new()
            .from((parties.name, parties.from))
            .to(parties.to)
            .subject(self.subject.as_str())
            .date(parties.at)
            .message_id(format!("{}@{domain}", parties.id))
            // So that nobody's out-of-office answers (RFC 3834 5).
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .text_body(self.text.replace('\n', "\r\n"));
        // Writing into memory does not fail.
        message.write_to_vec().unwrap_or_default()
    }
}

static ENGLISH: LazyLock<Table> = LazyLock::new(|| table(include_str!("letter/en.txt")));
static GERMAN: LazyLock<Table> = LazyLock::new(|| table(include_str!("letter/de.txt")));
static FRENCH: LazyLock<Table> = LazyLock::new(|| table(include_str!("letter/fr.txt")));

/// Longest name of a device in a letter, in characters.
const MAX_NAME: usize = 64;

/// The name of the inbox a phone is shown.
pub fn inbox(language: Language) -> &'static str {
    say(language, "inbox")
}

/// Who such letters come from.
pub fn sender(language: Language) -> &'static str {
    say(language, "sender")
}

/// Why a phone sees no other mail, and what to do. `page` is where its user manages passcodes.
pub fn explaining(why: Why, language: Language, page: Option<&str>) -> Letter {
    let topic = match why {
        Why::SecondFactor => "second-factor",
        Why::Passcodes => "passcodes",
        Why::FactorDue => "factor-due",
        Why::Frozen => "frozen",
        Why::Quarantine => "quarantine",
    };
    let mut paragraphs = vec![of(language, topic, "why"), of(language, topic, "do")];
    match page {
        // A quarantine is not lifted by the user himself.
        Some(page) if why != Why::Quarantine => {
            paragraphs.push(fill(say(language, "help"), &[page]));
        }
        None if why != Why::Quarantine => paragraphs.push(say(language, "no-help").to_owned()),
        _ => {}
    }
    paragraphs.push(say(language, "again").to_owned());
    paragraphs.push(say(language, "safe").to_owned());
    Letter {
        subject: of(language, topic, "subject"),
        text: paragraphs.join("\n\n") + "\n",
    }
}

/// What happened to somebody's account; `None` for what is not worth a letter. `time` is when, as its
/// reader writes it.
pub fn notice(
    row: &AuditRow,
    names: &Names,
    language: Language,
    time: &str,
    page: Option<&str>,
) -> Option<Letter> {
    if !TOLD.contains(&row.action) {
        return None;
    }
    let topic = row.action.as_str();
    let mut facts = vec![fill(say(language, "notice.details"), &[time])];
    if let Some(device) = &row.device {
        let name = match &names.device {
            Some(name) => format!("{} ({})", clean(name), clean(device.as_str())),
            None => clean(device.as_str()),
        };
        facts.push(fill(say(language, "notice.device"), &[&name]));
    }
    if let Some(passcode) = &names.passcode {
        facts.push(fill(say(language, "notice.passcode"), &[&clean(passcode)]));
    }
    if let Some(address) = &row.address {
        let address = match address.as_str() {
            HERE => say(language, "notice.local").to_owned(),
            address => clean(address),
        };
        facts.push(fill(say(language, "notice.address"), &[&address]));
    }
    let mut paragraphs = vec![
        say(language, "notice.hello").to_owned(),
        of(language, topic, "why"),
        facts.join("\n"),
        say(language, "notice.not-you").to_owned(),
    ];
    if let Some(page) = page {
        paragraphs.push(fill(say(language, "notice.page"), &[page]));
    }
    Some(Letter {
        subject: of(language, topic, "subject"),
        text: paragraphs.join("\n\n") + "\n",
    })
}

/// A name from outside: one line of moderate length.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(MAX_NAME)
        .collect()
}

fn of(language: Language, topic: &str, part: &str) -> String {
    let key = format!("{topic}.{part}");
    let table = sentences(language);
    let sentence = table
        .get(key.as_str())
        .or_else(|| ENGLISH.get(key.as_str()));
    sentence.copied().unwrap_or_default().to_owned()
}

fn say(language: Language, key: &'static str) -> &'static str {
    let sentence = sentences(language).get(key).or_else(|| ENGLISH.get(key));
    sentence.copied().unwrap_or_default()
}

fn sentences(language: Language) -> &'static Table {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceId, UserId};

    #[test]
    fn all_languages_have_the_same_sentences() {
        let mut keys: Vec<_> = ENGLISH.keys().collect();
        keys.sort_unstable();
        for language in Language::ALL {
            let mut others: Vec<_> = sentences(language).keys().collect();
            others.sort_unstable();
            assert_eq!(keys, others, "{language:?}");
            for (key, english) in ENGLISH.iter() {
                let other = sentences(language)[key];
                assert_eq!(
                    english.contains("{1}"),
                    other.contains("{1}"),
                    "{key} in {language:?}"
                );
            }
        }
    }

    #[test]
    fn every_reason_is_explained_in_every_language() {
        for language in Language::ALL {
            for why in [
                Why::SecondFactor,
                Why::Passcodes,
                Why::FactorDue,
                Why::Frozen,
                Why::Quarantine,
            ] {
                let page = "https://mail.example.com/account";
                let letter = explaining(why, language, Some(page));
                assert!(!letter.subject.is_empty());
                assert_eq!(
                    letter.text.contains(page),
                    why != Why::Quarantine,
                    "{why:?}"
                );
                assert!(letter.text.len() > 200 && !letter.text.contains('{'));
                assert!(!explaining(why, language, None).text.contains("http"));
            }
        }
    }

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a mail of our own, not one from outside"
    )]
    fn c16_every_event_that_is_told_has_its_words() {
        for language in Language::ALL {
            for action in TOLD {
                let row = AuditRow {
                    user: UserId::parse("alice@example.com", None).ok(),
                    device: DeviceId::parse("appl123").ok(),
                    address: Some("192.0.2.1\r\nBcc: all@example.com".into()),
                    ..AuditRow::new(1, action)
                };
                let names = Names {
                    device: Some("iPhone\r\n\r\nClick here".into()),
                    passcode: Some("Mine\r\n\r\nClick there".into()),
                };
                let time = "2026-11-24 12:00";
                let letter = notice(&row, &names, language, time, None).unwrap();
                assert!(!letter.subject.is_empty(), "{action:?}");
                assert!(letter.text.contains("Mine") && letter.text.contains("iPhone"));
                assert!(letter.text.contains("appl123") && letter.text.contains("192.0.2.1"));
                assert!(!letter.text.contains('\r') && !letter.text.contains("\nClick"));
            }
        }
        let row = AuditRow::new(1, AuditAction::FactorOff);
        let nameless = Names::default();
        let page = Some("https://mail.example.com/account");
        let letter = notice(&row, &nameless, Language::German, "heute", page).unwrap();
        assert!(letter.text.contains("https://mail.example.com/account"));
        let row = AuditRow {
            address: Some(HERE.into()),
            ..row
        };
        let here = notice(&row, &nameless, Language::German, "heute", page).unwrap();
        assert!(
            here.text.contains("Von: der Mailserver selbst"),
            "{}",
            here.text
        );
        let mail = letter.message(&Parties {
            name: sender(Language::French),
            from: "postmaster@example.com",
            to: "alice@example.com",
            at: 1_700_000_000,
            id: "notice-1".into(),
        });
        let read = mail_parser::MessageParser::new().parse(&mail).unwrap();
        assert_eq!(read.subject().unwrap(), letter.subject);
        assert_eq!(read.message_id(), Some("notice-1@example.com"));
        assert_eq!(read.date().unwrap().to_timestamp(), 1_700_000_000);
        let text = read.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim(), letter.text.trim());
        let row = AuditRow::new(1, AuditAction::LoginOk);
        assert_eq!(notice(&row, &nameless, Language::English, "", None), None);
    }
}
