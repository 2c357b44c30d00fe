//! What a failed submission sounds like to a phone (REFERENCE.md 8.1). A phone drops a mail only when
//! told that it was sent; so anything that may pass is 503, and nothing is ever lost (S18).

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
        SmtpError::BadAddress(_) => status::MESSAGE_RECIPIENT_UNRESOLVED,
        SmtpError::RecipientRefused { reply, .. } if names_nobody(reply) => {
            status::MESSAGE_RECIPIENT_UNRESOLVED
        }
        SmtpError::TooLarge { .. } => status::ATTACHMENT_IS_TOO_LARGE,
        SmtpError::RecipientRefused { reply, .. }
        | SmtpError::SenderRefused(reply)
        | SmtpError::Rejected(reply) => refused(reply),
        SmtpError::NeedsUtf8 => status::MAIL_SUBMISSION_FAILED,
        // Not a matter of the user's secret: it opened the mailbox a moment ago, and reading must
        // not freeze because the submission server is set up otherwise.
        SmtpError::LoginRefused(_)
        | SmtpError::Unreachable(_)
        | SmtpError::Timeout
        | SmtpError::Disconnected(_)
        | SmtpError::NotNow(_)
        | SmtpError::Unknown(_)
        | SmtpError::NoMechanism
        | SmtpError::Login(_)
        | SmtpError::NoStartTls => {
            return Verdict::Passing(Failure::new(Blame::Backend, Remedy::RetryLater, error));
        }
    };
    Verdict::Status(status)
}

/// There is no such mailbox or domain (RFC 3463 3.2).
const fn names_nobody(reply: &Reply) -> bool {
    matches!(reply.enhanced, [5, 1, 0..=3 | 6 | 10])
}

const fn refused(reply: &Reply) -> u16 {
    match (reply.code, reply.enhanced) {
        // Too big for the mailbox, or for the system.
        (_, [5, 2, 3] | [5, 3, 4]) => status::ATTACHMENT_IS_TOO_LARGE,
        // Mailbox full; sent too much.
        (_, [5, 2, 2]) => status::SEND_QUOTA_EXCEEDED,
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
        for (error, expected) in [
            (SmtpError::NoRecipient, 119),
            (SmtpError::BadAddress("x".into()), 116),
            (recipient(550, [5, 1, 1]), 116),
            (recipient(550, [5, 1, 2]), 116),
            (recipient(550, [5, 7, 1]), 120),
            (recipient(550, [0, 0, 0]), 120),
            (recipient(552, [5, 2, 2]), 115),
            (SmtpError::TooLarge { limit: 1 }, 122),
            (SmtpError::Rejected(reply(552, [5, 3, 4])), 122),
            (SmtpError::Rejected(reply(552, [0, 0, 0])), 122),
            (SmtpError::Rejected(reply(554, [5, 7, 1])), 120),
            (SmtpError::SenderRefused(reply(550, [5, 7, 1])), 120),
            (SmtpError::NeedsUtf8, 120),
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
            SmtpError::NotNow(reply(451, [4, 0, 0])),
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
