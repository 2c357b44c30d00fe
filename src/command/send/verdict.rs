//! What a failed submission sounds like to a phone (REFERENCE.md 8.1). A phone drops a mail only when
//! told that it was sent; nothing is ever lost (S18).
//!
//! One recipient refused refuses the mail: nobody has got it, the phone keeps it and says why, and
//! the user corrects the address. The other way, Exchange's, is to send it to the rest and report by
//! mail; then a phone that repeats after a cut would send twice to some.
//!
//! Three kinds: what is wrong with this mail has a status of its own; what the server says to this
//! mail for the moment is 111; and a server that is not there is 503 as everywhere.

use airgate_codec::eas::status;

use crate::backend::smtp::{Reply, SmtpError};
use crate::failure::{Blame, Failure, Remedy};

/// A status, or a failure that may pass.
#[derive(Debug)]
pub(super) enum Verdict {
    Status(u16),
    Passing(Failure),
}

/// Judges a failed submission.
pub(super) fn of(error: SmtpError) -> Verdict {
    let status = match &error {
        SmtpError::NoRecipient => status::MESSAGE_HAS_NO_RECIPIENT,
        SmtpError::BadAddress(_) | SmtpError::NeedsUtf8 { sender: false, .. } => {
            status::MESSAGE_RECIPIENT_UNRESOLVED
        }
        SmtpError::NeedsUtf8 { sender: true, .. } => status::MAIL_SUBMISSION_FAILED,
        SmtpError::TooLarge { .. } => status::ATTACHMENT_IS_TOO_LARGE,
        SmtpError::RecipientRefused { reply, .. } if names_nobody(reply) => {
            status::MESSAGE_RECIPIENT_UNRESOLVED
        }
        // His own mailbox is full, so he may not send either.
        SmtpError::SenderRefused(Reply {
            enhanced: [5, 2, 2],
            ..
        }) => status::MAILBOX_QUOTA_EXCEEDED,
        SmtpError::RecipientRefused { reply, .. }
        | SmtpError::SenderRefused(reply)
        | SmtpError::Rejected(reply) => refused(reply),
        // It will not take so many the next time either (RFC 5321 4.5.3.1.10).
        SmtpError::NotNow(Reply {
            enhanced: [4, 5, 3],
            ..
        }) => status::SEND_QUOTA_EXCEEDED,
        SmtpError::NotNow(reply) if !is_about_the_server(reply) => {
            status::SERVER_ERROR_RETRY_LATER
        }
        SmtpError::Source(_)
        // Not a matter of the user's secret: it opened the mailbox a moment ago, and reading must
        // not freeze because the submission server is set up otherwise.
        | SmtpError::LoginRefused(_)
        | SmtpError::Unreachable(_)
        | SmtpError::Timeout
        | SmtpError::Disconnected(_)
        | SmtpError::NotNow(_)
        | SmtpError::Unknown(_)
        | SmtpError::NoMechanism
        | SmtpError::Login(_)
        | SmtpError::NoStartTls => {
            return Verdict::Passing(match error {
                SmtpError::Source(failure) => failure,
                error => Failure::new(Blame::Backend, Remedy::RetryLater, error),
            });
        }
    };
    Verdict::Status(status)
}

/// Closing down, or not able to check logins (RFC 5321 4.2.3, RFC 4954 6).
const fn is_about_the_server(reply: &Reply) -> bool {
    matches!(reply.code, 421 | 454)
}

/// There is no such mailbox or domain (RFC 3463 3.2).
const fn names_nobody(reply: &Reply) -> bool {
    matches!(reply.enhanced, [5, 1, 0..=3 | 6 | 10])
}

const fn refused(reply: &Reply) -> u16 {
    match (reply.code, reply.enhanced) {
        // Too big for the mailbox, or for the system.
        (_, [5, 2, 3] | [5, 3, 4]) => status::ATTACHMENT_IS_TOO_LARGE,
        // Too many recipients; too many mails (Google's 5.4.5).
        (_, [5, 5, 3] | [5, 4, 5]) => status::SEND_QUOTA_EXCEEDED,
        // What is in it cannot be passed on (RFC 3463 3.7).
        (_, [5, 6, _]) => status::INVALID_MIME,
        // Servers without enhanced codes mean the size by it, when they answer to the mail itself.
        (552, [0, ..]) => status::ATTACHMENT_IS_TOO_LARGE,
        _ => status::MAIL_SUBMISSION_FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, enhanced: [u8; 3]) -> Reply {
        Reply {
            code,
            enhanced,
            text: String::new(),
        }
    }

    #[test]
    fn s18_what_may_pass_is_never_final_and_the_rest_is_named() {
        let recipient = |code, enhanced| SmtpError::RecipientRefused {
            address: "a@b".into(),
            reply: reply(code, enhanced),
        };
        let needs_utf8 = |sender| SmtpError::NeedsUtf8 {
            address: "ü@b".into(),
            sender,
        };
        for (error, expected) in [
            (SmtpError::NoRecipient, 119),
            (SmtpError::BadAddress("x".into()), 116),
            (recipient(550, [5, 1, 1]), 116),
            (recipient(550, [5, 1, 2]), 116),
            (recipient(550, [5, 7, 1]), 120),
            (recipient(550, [0, 0, 0]), 120),
            (recipient(552, [5, 2, 2]), 120),
            (recipient(550, [5, 4, 5]), 115),
            (recipient(550, [5, 5, 3]), 115),
            (SmtpError::SenderRefused(reply(552, [5, 2, 2])), 113),
            (SmtpError::SenderRefused(reply(552, [5, 3, 4])), 122),
            (SmtpError::Rejected(reply(554, [5, 6, 0])), 107),
            (SmtpError::NotNow(reply(451, [4, 0, 0])), 111),
            (SmtpError::NotNow(reply(450, [4, 7, 1])), 111),
            (SmtpError::NotNow(reply(452, [4, 5, 3])), 115),
            (SmtpError::TooLarge { limit: 1 }, 122),
            (SmtpError::Rejected(reply(552, [5, 3, 4])), 122),
            (SmtpError::Rejected(reply(552, [0, 0, 0])), 122),
            (SmtpError::Rejected(reply(554, [5, 7, 1])), 120),
            (SmtpError::SenderRefused(reply(550, [5, 7, 1])), 120),
            (needs_utf8(true), 120),
            (needs_utf8(false), 116),
        ] {
            let said = error.to_string();
            match of(error) {
                Verdict::Status(status) => assert_eq!(status, expected, "{said}"),
                Verdict::Passing(_) => panic!("{said} passes"),
            }
        }
        for error in [
            SmtpError::Unreachable("x".into()),
            SmtpError::Timeout,
            SmtpError::Disconnected("x".into()),
            SmtpError::NotNow(reply(421, [4, 3, 2])),
            SmtpError::NotNow(reply(454, [4, 7, 0])),
            SmtpError::Source(Failure::gateway("x")),
            SmtpError::Unknown("x".into()),
            SmtpError::NoStartTls,
            SmtpError::LoginRefused(reply(535, [5, 7, 8])),
        ] {
            let said = error.to_string();
            match of(error) {
                Verdict::Passing(failure) => {
                    assert_eq!(failure.remedy, Remedy::RetryLater, "{said}");
                }
                Verdict::Status(status) => panic!("{said} is final: {status}"),
            }
        }
    }
}
