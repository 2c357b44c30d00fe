//! Schema of ItemOperations ([MS-ASCMD] 2.2.3.158): only the properties a phone names.

use super::Email;
use crate::wbxml::{Tag, air_sync_base, email, email2};

impl Email {
    /// The message with just the named properties.
    #[must_use]
    pub fn with_only(self, named: &[Tag]) -> Self {
        let is = |tags: &[Tag]| tags.iter().any(|tag| named.contains(tag));
        let attachments = is(&[air_sync_base::ATTACHMENTS, email::ATTACHMENTS]);
        // Every property is here, so that one that is added later is not forgotten.
        Self {
            to: self.to.filter(|_| is(&[email::TO])),
            cc: self.cc.filter(|_| is(&[email::CC])),
            bcc: self.bcc.filter(|_| is(&[email2::BCC])),
            from: self.from.filter(|_| is(&[email::FROM])),
            reply_to: self.reply_to.filter(|_| is(&[email::REPLY_TO])),
            sender: self.sender.filter(|_| is(&[email2::SENDER])),
            subject: self.subject.filter(|_| is(&[email::SUBJECT])),
            thread_topic: self.thread_topic.filter(|_| is(&[email::THREAD_TOPIC])),
            date_received: self.date_received.filter(|_| is(&[email::DATE_RECEIVED])),
            display_to: self.display_to.filter(|_| is(&[email::DISPLAY_TO])),
            importance: self.importance.filter(|_| is(&[email::IMPORTANCE])),
            read: self.read.filter(|_| is(&[email::READ])),
            flag: self.flag.filter(|_| is(&[email::FLAG])),
            categories: self.categories.filter(|_| is(&[email::CATEGORIES])),
            message_class: self.message_class.filter(|_| is(&[email::MESSAGE_CLASS])),
            content_class: self.content_class.filter(|_| is(&[email::CONTENT_CLASS])),
            internet_cpid: self.internet_cpid.filter(|_| is(&[email::INTERNET_CPID])),
            meeting_request: self
                .meeting_request
                .filter(|_| is(&[email::MEETING_REQUEST])),
            conversation_id: self
                .conversation_id
                .filter(|_| is(&[email2::CONVERSATION_ID])),
            conversation_index: self
                .conversation_index
                .filter(|_| is(&[email2::CONVERSATION_INDEX])),
            last_verb: self.last_verb.filter(|_| is(&[email2::LAST_VERB_EXECUTED])),
            last_verb_time: self
                .last_verb_time
                .filter(|_| is(&[email2::LAST_VERB_EXECUTION_TIME])),
            received_as_bcc: self
                .received_as_bcc
                .filter(|_| is(&[email2::RECEIVED_AS_BCC])),
            is_draft: self.is_draft.filter(|_| is(&[email2::IS_DRAFT])),
            body: self
                .body
                .filter(|_| is(&[air_sync_base::BODY, email::BODY, email::MIME_DATA])),
            body_part: self.body_part.filter(|_| is(&[air_sync_base::BODY_PART])),
            attachments: if attachments {
                self.attachments
            } else {
                Vec::new()
            },
            native_body_type: self
                .native_body_type
                .filter(|_| is(&[air_sync_base::NATIVE_BODY_TYPE])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eas::email::Attachment;

    #[test]
    fn only_what_is_named_stays() {
        let mail = Email {
            to: Some("a@b".into()),
            subject: Some("tea".into()),
            read: Some(true),
            attachments: vec![Attachment::default()],
            ..Email::default()
        };
        let expected = Email {
            subject: Some("tea".into()),
            attachments: mail.attachments.clone(),
            ..Email::default()
        };
        let named = [email::SUBJECT, air_sync_base::ATTACHMENTS, email::FROM];
        assert_eq!(mail.clone().with_only(&named), expected);
        assert_eq!(mail.with_only(&[]), Email::default());
    }
}
