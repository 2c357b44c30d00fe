//! The submission server: can it be reached, does it let the user in, what does it take.

use super::imap::size;
use super::report::Section;
use crate::backend::Login;
use crate::backend::smtp::{SmtpError, SmtpOffer};
use crate::config::Config;
use crate::failure;
use crate::server;

pub(super) async fn examine(config: &Config, login: Option<&Login>) -> Section {
    let Some(url) = &config.smtp else {
        let mut section = Section::new("Submission server");
        section.warn(
            "none is named: phones can read mail but not send any",
            "Set smtp = \"submissions://mail.example.com\".",
        );
        return section;
    };
    let mut section = Section::new(format!("Submission server {url}"));
    let smtp = match server::smtp(config) {
        Ok(Some(smtp)) => smtp,
        Ok(None) => return section,
        Err(error) => {
            section.problem(format!("{error:#}"), "See backend.ca_file.");
            return section;
        }
    };
    let offered = match smtp.probe(login).await {
        Ok(offered) => offered,
        Err(error) => {
            section.problem(failure::chain(&error), trouble(&error));
            return section;
        }
    };
    section.good("it can be reached and speaks SMTP");
    if url.is_exposed() {
        section.warn(
            "passwords and mails travel to it without encryption",
            "Use submissions:// or smtp+starttls:// where the server can.",
        );
    }
    if let Some(login) = login {
        match offered.mechanisms.is_empty() {
            true => section.note(
                "it asks for no login",
                "Whoever may reach it may send: make sure that only this machine can.",
            ),
            false => section.good(format!("{} can sign in", login.user)),
        }
    }
    let max_message = u64::try_from(config.limits.max_message).unwrap_or(u64::MAX);
    abilities(&offered, max_message, &mut section);
    section
}

fn trouble(error: &SmtpError) -> &'static str {
    match error {
        SmtpError::LoginRefused(_) => {
            "Its users may be others than the IMAP server's: check name and password in another mail \
             program."
        }
        SmtpError::NoMechanism => {
            "It may want encryption first: use submissions:// or smtp+starttls://. Airgate speaks PLAIN, \
             LOGIN, XOAUTH2 and OAUTHBEARER."
        }
        SmtpError::NoStartTls => "Use submissions:// if it has a port for TLS (465).",
        SmtpError::Unreachable(why) if why.contains("TLS") => {
            "Does the port speak TLS at once (465 does, submissions://) or after STARTTLS (587, \
             smtp+starttls://)? If its certificate is from a private authority, name that in backend.ca_file."
        }
        SmtpError::Unreachable(_) | SmtpError::Timeout => {
            "Check host and port (465 is submissions://, 587 smtp+starttls://), and whether a firewall is \
             in between."
        }
        _ => "",
    }
}

fn abilities(offered: &SmtpOffer, max_message: u64, section: &mut Section) {
    match offered.size {
        Some(limit) if limit < max_message => section.warn(
            format!("it takes mails up to {}", size(limit)),
            format!(
                "Phones may upload up to {} (limits.max_message) only to be told then that the mail is too \
                 large: set limits.max_message = \"{}KiB\".",
                size(max_message),
                limit >> 10
            ),
        ),
        Some(limit) => section.good(format!("it takes mails up to {}", size(limit))),
        None => section.note(
            "it does not say how large a mail may be (no SIZE)",
            "Too large a mail is refused only after the phone has sent all of it.",
        ),
    }
    if !offered.eight_bit {
        section.note(
            "it takes 7-bit mails only (no 8BITMIME)",
            "Mails that phones send in 8 bits are encoded for it, or refused by it.",
        );
    }
    if !offered.utf8 {
        section.note(
            "no international addresses (no SMTPUTF8)",
            "A mail to jörg@exämple.com cannot be sent; everything else can.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::doctor::Grade;

    #[test]
    fn a_smaller_limit_than_phones_are_allowed_is_a_warning() {
        let offer = |size| SmtpOffer {
            size,
            eight_bit: true,
            utf8: true,
            dsn: true,
            mechanisms: vec!["PLAIN".to_owned()],
        };
        for (limit, grade) in [
            (Some(10 << 20), Grade::Warning),
            (Some(50 << 20), Grade::Good),
            (None, Grade::Note),
        ] {
            let mut section = Section::new("");
            abilities(&offer(limit), 50 << 20, &mut section);
            assert_eq!(section.findings.len(), 1);
            assert_eq!(section.findings[0].grade, grade, "{limit:?}");
        }
    }
}
