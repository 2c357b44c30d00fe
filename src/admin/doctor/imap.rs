//! The IMAP server: can it be reached, does it let the user in, and what its extensions mean for phones.

use super::report::Section;
use crate::backend::Login;
use crate::backend::imap::{Capabilities, ImapError};
use crate::config::Config;
use crate::failure;
use crate::server;

pub(super) async fn examine(config: &Config, login: Option<&Login>) -> Section {
    let Some(url) = &config.imap else {
        let mut section = Section::new("IMAP server");
        section.problem("none is named", "Set imap = \"imaps://mail.example.com\".");
        return section;
    };
    let mut section = Section::new(format!("IMAP server {url}"));
    let imap = match server::imap(config) {
        Ok(Some(imap)) => imap,
        Ok(None) => return section,
        Err(error) => {
            section.problem(format!("{error:#}"), "See backend.ca_file.");
            return section;
        }
    };
    let offered = match imap.greet().await {
        Ok(offered) => offered,
        Err(error) => {
            section.problem(failure::chain(&error), trouble(&error));
            return section;
        }
    };
    section.good("it can be reached and speaks IMAP");
    if url.is_exposed() {
        section.warn(
            "passwords travel to it without encryption",
            "Use imaps:// or imap+starttls:// where the server can.",
        );
    }
    sign_in_ways(&offered, &mut section);
    let Some(login) = login else {
        section.note(
            "what else it can do was not asked",
            "Most servers tell after a login only: run airgate doctor --user alice@example.com.",
        );
        return section;
    };
    match imap.fresh_session(login).await {
        Ok(session) => {
            section.good(format!("{} can sign in", login.user));
            let max_message = u64::try_from(config.limits.max_message).unwrap_or(u64::MAX);
            extensions(session.capabilities(), max_message, &mut section);
        }
        Err(error) => section.problem(
            format!("{} cannot sign in: {}", login.user, failure::chain(&error)),
            trouble(&error),
        ),
    }
    section
}

fn trouble(error: &ImapError) -> &'static str {
    match error {
        ImapError::Unreachable(why) if why.starts_with("TLS") => {
            "Does the port speak TLS at once (993 does, imaps://) or after STARTTLS (143, imap+starttls://)? \
             If its certificate is from a private authority, name that in backend.ca_file; if it bears \
             another name, name the server so."
        }
        ImapError::Unreachable(_) | ImapError::Timeout => {
            "Check host and port, and whether a firewall is in between. Phones are told to come again \
             later until it answers."
        }
        ImapError::LoginRefused(_) => "Check name and password in another mail program.",
        ImapError::Protocol(_) => {
            "Is this an IMAP port, and is TLS right? 993 is imaps://, 143 imap+starttls://."
        }
        _ => "",
    }
}

fn sign_in_ways(offered: &Capabilities, section: &mut Section) {
    let known = ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"];
    let usable = offered
        .mechanisms
        .iter()
        .any(|mechanism| known.contains(&mechanism.as_str()));
    if !usable && offered.login_disabled {
        section.problem(
            "it offers no way to sign in that Airgate speaks",
            "It may want encryption first: use imaps:// or imap+starttls://. Airgate speaks PLAIN, LOGIN, \
             XOAUTH2 and OAUTHBEARER.",
        );
    }
}

/// What the extensions mean for phones.
fn extensions(offered: &Capabilities, max_message: u64, section: &mut Section) {
    if offered.qresync {
        section.good("QRESYNC: a Sync costs what has changed, however large the folder");
    } else if offered.condstore {
        section.note(
            "CONDSTORE but not QRESYNC",
            "Changed flags are found quickly; deleted mails cost one SEARCH of the folder.",
        );
    } else {
        section.warn(
            "it keeps no count of changes (no CONDSTORE)",
            "Every Sync reads the flags of all mails in the phone's window. Large folders are slow; a \
             shorter period of mail on the phones helps.",
        );
    }
    if offered.notify {
        section.good("NOTIFY: one connection tells of news in all folders at once");
    } else if offered.idle {
        section.note(
            "IDLE but not NOTIFY",
            "New mail in the inbox is pushed at once; news in other folders show when Airgate looks \
             (backend.poll).",
        );
    } else {
        section.warn(
            "it cannot tell of news (no IDLE)",
            "New mail is found by looking, every backend.poll: push is that much late.",
        );
    }
    if !offered.uidplus {
        section.warn(
            "it cannot delete single mails for good (no UIDPLUS)",
            "What phones delete for good is only marked as deleted and hidden; another mail program or the \
             server has to expunge it.",
        );
    }
    if !offered.move_ {
        section.note(
            "it cannot move mails in one step (no MOVE)",
            "Airgate copies, checks and then removes.",
        );
    }
    if !offered.special_use {
        section.note(
            "it does not say which folders are drafts, sent mail and trash (no SPECIAL-USE)",
            "They are found by their usual names in many languages; where that fails, set folders.drafts, \
             folders.sent and folders.trash.",
        );
    }
    if !offered.esearch {
        section.note(
            "long lists cannot be shortened (no ESEARCH)",
            "Searching and counting in large folders takes more time.",
        );
    }
    if !offered.object_id {
        section.note(
            "folders have no lasting ids (no OBJECTID)",
            "A renamed folder is recognised by its mails; phones keep it, after a moment of work.",
        );
    }
    if let Some(limit) = offered.append_limit.filter(|limit| *limit < max_message) {
        section.warn(
            format!("it keeps no mail above {}", size(limit)),
            format!(
                "Phones may send up to {} (limits.max_message): larger ones are sent but not filed under \
                 sent mail.",
                size(max_message)
            ),
        );
    }
    if offered.gmail {
        section.note(
            "this is Gmail",
            "Its folders are labels: a mail can be in several at once.",
        );
    }
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..0x400 => format!("{bytes} bytes"),
        0x400..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", (bytes >> 20) as f64 / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::doctor::Grade;

    fn grades(offered: &Capabilities) -> Vec<(Grade, String)> {
        let mut section = Section::new("");
        sign_in_ways(offered, &mut section);
        extensions(offered, 50 << 20, &mut section);
        section
            .findings
            .into_iter()
            .map(|finding| (finding.grade, finding.what))
            .collect()
    }

    #[test]
    fn what_is_missing_is_said_in_plain_words() {
        let offering = |line: &str| {
            let names: Vec<String> = line.split(' ').map(str::to_owned).collect();
            Capabilities::read(&names, &[])
        };
        let all = offering(
            "IMAP4rev1 ENABLE CONDSTORE QRESYNC ESEARCH MOVE UIDPLUS SPECIAL-USE IDLE NOTIFY OBJECTID \
             AUTH=PLAIN",
        );
        assert!(grades(&all).iter().all(|(grade, _)| *grade == Grade::Good));
        let little = offering("IMAP4rev1 LOGINDISABLED APPENDLIMIT=10485760");
        let found = grades(&little);
        let of = |wanted| found.iter().filter(|(grade, _)| *grade == wanted).count();
        assert_eq!(of(Grade::Problem), 1);
        // CONDSTORE, IDLE, UIDPLUS, the limit.
        assert_eq!(of(Grade::Warning), 4, "{found:?}");
        assert!(found.iter().any(|(_, what)| what.contains("10 MiB")));
    }

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (2048, "2 KiB"),
            (50 << 20, "50 MiB"),
            (3 << 29, "1.5 GiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
