//! What is known of a message once its structure and header are read, and what that leaves of a
//! condition.

use airgate_codec::eas::email::Email;
use airgate_codec::imap::Fetched;

use super::Condition;

/// What decides about a message where IMAP cannot.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// In seconds since 1970.
    pub received: Option<i64>,
    /// `None`: not looked at.
    pub has_attachment: Option<bool>,
    pub importance: Option<u8>,
    pub conversation: Option<Vec<u8>>,
}

impl Facts {
    /// What INTERNALDATE alone tells.
    pub fn of_date(message: &Fetched) -> Self {
        Self {
            received: message.internal_date,
            ..Self::default()
        }
    }

    /// What a phone is told of the message.
    pub fn of_email(email: &Email) -> Self {
        Self {
            received: email.date_received.map(|moment| moment.0.div_euclid(1000)),
            has_attachment: Some(email.attachments.iter().any(|each| !each.is_inline)),
            importance: email.importance,
            conversation: email.conversation_id.clone(),
        }
    }

    /// Whether the date decides all that can be decided of this condition.
    pub fn date_suffices(condition: &Condition) -> bool {
        match condition {
            Condition::HasAttachment | Condition::Importance(_) | Condition::Conversation(_) => {
                false
            }
            Condition::And(several) | Condition::Or(several) => {
                several.iter().all(Self::date_suffices)
            }
            Condition::Not(inner) => Self::date_suffices(inner),
            _ => true,
        }
    }

    /// What is left to find out of a condition: [`Condition::All`] if the message fits,
    /// [`Condition::Nothing`] if it does not, else what IMAP has to be asked.
    pub fn leave(&self, condition: &Condition) -> Condition {
        let known = match condition {
            Condition::Since(moment) => self.received.map(|received| received >= *moment),
            Condition::Before(moment) => self.received.map(|received| received < *moment),
            Condition::HasAttachment => self.has_attachment,
            Condition::Importance(level) => self.importance.map(|is| is == *level),
            Condition::Conversation(id) => self.conversation.as_ref().map(|is| is == id),
            Condition::And(several) => {
                return Condition::all(several.iter().map(|each| self.leave(each)));
            }
            Condition::Or(several) => {
                return Condition::any(several.iter().map(|each| self.leave(each)));
            }
            Condition::Not(inner) => return self.leave(inner).negated(),
            _ => return condition.clone(),
        };
        // What cannot be told, a date that nobody wrote, counts as not so.
        Condition::All.when(known.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_decided_and_the_rest_is_left() {
        let text = || Condition::Text("a".into());
        let facts = Facts {
            received: Some(100),
            has_attachment: Some(true),
            importance: Some(2),
            conversation: Some(vec![1]),
        };
        for (condition, left) in [
            (Condition::Since(100), Condition::All),
            (Condition::Since(101), Condition::Nothing),
            (Condition::Before(100), Condition::Nothing),
            (Condition::Before(101), Condition::All),
            (Condition::HasAttachment.negated(), Condition::Nothing),
            (Condition::Importance(2), Condition::All),
            (Condition::Conversation(vec![2]), Condition::Nothing),
            (
                Condition::And(vec![Condition::HasAttachment, text()]),
                text(),
            ),
            (
                Condition::Or(vec![Condition::HasAttachment, text()]),
                Condition::All,
            ),
            (
                Condition::Or(vec![Condition::HasAttachment.negated(), text()]),
                text(),
            ),
        ] {
            assert_eq!(facts.leave(&condition), left, "{condition:?}");
        }
        assert!(Facts::date_suffices(&Condition::And(vec![
            Condition::Since(1),
            text()
        ])));
        assert!(!Facts::date_suffices(&Condition::HasAttachment.negated()));
    }
}
