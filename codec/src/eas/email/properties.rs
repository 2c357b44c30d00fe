//! The properties of a message on the wire, inside ApplicationData or Properties.

use super::body::SiblingBody;
use super::{Attachment, Body, BodyPart, BodyType, Email, FollowUp, MeetingRequest};
use crate::ProtocolVersion;
use crate::eas::Malformed;
use crate::eas::fields::{
    boolean, choice, moment, moment_or_none, number, text, texts, write_boolean, write_list,
    write_number, write_separated, write_text,
};
use crate::wbxml::{Reader, Writer, air_sync_base, email, email2};

impl Email {
    /// Writes what is set into the open element, in the order Exchange uses. What the phone's
    /// version lacks is left out; bodies take their 2.5 form where the writer is for 2.5.
    pub fn write_properties(&self, writer: &mut Writer) {
        write_text(writer, email::TO, self.to.as_ref());
        write_text(writer, email::CC, self.cc.as_ref());
        write_text(writer, email::FROM, self.from.as_ref());
        write_text(writer, email::SUBJECT, self.subject.as_ref());
        write_text(writer, email::REPLY_TO, self.reply_to.as_ref());
        write_separated(writer, email::DATE_RECEIVED, self.date_received);
        write_text(writer, email::DISPLAY_TO, self.display_to.as_ref());
        write_text(writer, email::THREAD_TOPIC, self.thread_topic.as_ref());
        write_number(writer, email::IMPORTANCE, self.importance);
        write_boolean(writer, email::READ, self.read);
        if writer.version() == Some(ProtocolVersion::V2_5) {
            self.write_content_2_5(writer);
        } else {
            self.write_content(writer);
        }
        write_text(writer, email::MESSAGE_CLASS, self.message_class.as_ref());
        if let Some(meeting) = &self.meeting_request {
            meeting.write(writer);
        }
        write_number(writer, email::INTERNET_CPID, self.internet_cpid);
        if let Some(flag) = &self.flag {
            flag.write(writer);
        }
        write_text(writer, email::CONTENT_CLASS, self.content_class.as_ref());
        write_categories(writer, self.categories.as_deref());
        write_number(
            writer,
            air_sync_base::NATIVE_BODY_TYPE,
            self.native_body_type.map(|kind| kind as u8),
        );
        self.write_email2(writer);
    }

    /// Reads the properties in the current element, whose end is consumed. Unknown ones are passed
    /// over.
    ///
    /// # Errors
    /// A fault in the bytes, or a value of the wrong type.
    pub fn read_properties(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut mail = Self::default();
        let mut siblings = SiblingBody::default();
        while let Some(tag) = reader.child()? {
            match tag {
                email::TO => mail.to = Some(text(reader, tag)?),
                email::CC => mail.cc = Some(text(reader, tag)?),
                email::FROM => mail.from = Some(text(reader, tag)?),
                email::SUBJECT => mail.subject = Some(text(reader, tag)?),
                email::REPLY_TO => mail.reply_to = Some(text(reader, tag)?),
                email::DATE_RECEIVED => mail.date_received = Some(moment(reader, tag)?),
                email::DISPLAY_TO => mail.display_to = Some(text(reader, tag)?),
                email::THREAD_TOPIC => mail.thread_topic = Some(text(reader, tag)?),
                email::IMPORTANCE => mail.importance = Some(number(reader, tag)?),
                email::READ => mail.read = Some(boolean(reader, tag)?),
                email::MESSAGE_CLASS => mail.message_class = Some(text(reader, tag)?),
                email::MEETING_REQUEST => {
                    mail.meeting_request = Some(Box::new(MeetingRequest::read(reader)?));
                }
                email::INTERNET_CPID => mail.internet_cpid = Some(number(reader, tag)?),
                email::FLAG => mail.flag = Some(FollowUp::read(reader)?),
                email::CONTENT_CLASS => mail.content_class = Some(text(reader, tag)?),
                email::CATEGORIES => mail.categories = Some(texts(reader, email::CATEGORY)?),
                air_sync_base::ATTACHMENTS | email::ATTACHMENTS => {
                    mail.attachments = read_attachments(reader)?;
                }
                air_sync_base::BODY => mail.body = Some(Body::read(reader)?),
                air_sync_base::BODY_PART => mail.body_part = Some(BodyPart::read(reader)?),
                air_sync_base::NATIVE_BODY_TYPE => {
                    mail.native_body_type = Some(choice(reader, tag, BodyType::from_number)?);
                }
                email2::CONVERSATION_ID => mail.conversation_id = Some(reader.bytes()?.into()),
                email2::CONVERSATION_INDEX => {
                    mail.conversation_index = Some(reader.bytes()?.into());
                }
                email2::LAST_VERB_EXECUTED => mail.last_verb = Some(number(reader, tag)?),
                email2::LAST_VERB_EXECUTION_TIME => {
                    mail.last_verb_time = moment_or_none(reader, tag)?;
                }
                email2::RECEIVED_AS_BCC => mail.received_as_bcc = Some(boolean(reader, tag)?),
                email2::SENDER => mail.sender = Some(text(reader, tag)?),
                email2::IS_DRAFT => mail.is_draft = Some(boolean(reader, tag)?),
                email2::BCC => mail.bcc = Some(text(reader, tag)?),
                _ if siblings.take(reader, tag)? => {}
                _ => reader.skip()?,
            }
        }
        if mail.body.is_none() {
            mail.body = siblings.into_body();
        }
        Ok(mail)
    }

    fn write_content(&self, writer: &mut Writer) {
        if !self.attachments.is_empty() {
            writer.start(air_sync_base::ATTACHMENTS);
            for attachment in &self.attachments {
                attachment.write(writer);
            }
            writer.end();
        }
        if let Some(body) = &self.body {
            body.write(writer);
        }
        if let Some(part) = &self.body_part {
            part.write(writer);
        }
    }

    fn write_content_2_5(&self, writer: &mut Writer) {
        if !self.attachments.is_empty() {
            writer.start(email::ATTACHMENTS);
            for attachment in &self.attachments {
                attachment.write_2_5(writer);
            }
            writer.end();
        }
        if let Some(body) = &self.body {
            body.write_2_5(writer);
        }
    }

    fn write_email2(&self, writer: &mut Writer) {
        if let Some(id) = &self.conversation_id {
            writer.opaque(email2::CONVERSATION_ID, id);
        }
        if let Some(index) = &self.conversation_index {
            writer.opaque(email2::CONVERSATION_INDEX, index);
        }
        write_number(writer, email2::LAST_VERB_EXECUTED, self.last_verb);
        write_separated(
            writer,
            email2::LAST_VERB_EXECUTION_TIME,
            self.last_verb_time,
        );
        write_boolean(writer, email2::RECEIVED_AS_BCC, self.received_as_bcc);
        write_text(writer, email2::SENDER, self.sender.as_ref());
        write_text(writer, email2::BCC, self.bcc.as_ref());
        write_boolean(writer, email2::IS_DRAFT, self.is_draft);
    }
}

pub(super) fn write_categories(writer: &mut Writer, categories: Option<&[String]>) {
    write_list(writer, email::CATEGORIES, email::CATEGORY, categories);
}

fn read_attachments(reader: &mut Reader<'_>) -> Result<Vec<Attachment>, Malformed> {
    let mut attachments = Vec::new();
    while let Some(tag) = reader.child()? {
        match tag {
            air_sync_base::ATTACHMENT | email::ATTACHMENT => {
                attachments.push(Attachment::read(reader)?);
            }
            _ => reader.skip()?,
        }
    }
    Ok(attachments)
}
