//! SendMail, SmartReply and SmartForward from 14.0 on ([MS-ASCMD] 2.2.1.17, 2.2.1.19, 2.2.1.20).
//!
//! A message may have fifty megabytes: it stays where it is in the request's body, and the value
//! borrows it. Success has no body; the response here is for failures.

use std::borrow::Cow;

use super::email::Body;
use super::fields::{number, open, required, schema_fault, text, write_mark, write_text};
use super::{Malformed, SchemaFault, SchemaFaultKind};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Tag, Writer, air_sync_base, compose_mail, rights_management};

/// Which of the three commands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Verb {
    SendMail,
    SmartReply,
    SmartForward,
}

impl Verb {
    const ALL: [Self; 3] = [Self::SendMail, Self::SmartReply, Self::SmartForward];

    const fn tag(self) -> Tag {
        match self {
            Self::SendMail => compose_mail::SEND_MAIL,
            Self::SmartReply => compose_mail::SMART_REPLY,
            Self::SmartForward => compose_mail::SMART_FORWARD,
        }
    }

    fn from_tag(tag: Tag) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.tag() == tag)
    }
}

/// A SendMail request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SendMail<'a> {
    /// Names the message, so that a repeated request does not send it twice.
    pub client_id: String,
    pub account_id: Option<String>,
    pub save_in_sent_items: bool,
    /// The message, to the octet.
    pub mime: Cow<'a, [u8]>,
    pub template_id: Option<String>,
}

impl<'a> SendMail<'a> {
    /// # Errors
    /// Not WBXML, or without ClientId or Mime: status 103.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, compose_mail::SEND_MAIL)?;
        let mut mail = Common::default();
        while let Some(tag) = reader.child()? {
            if !mail.take(&mut reader, tag)? {
                reader.skip()?;
            }
        }
        let mail = Self {
            client_id: required(mail.client_id, &reader, compose_mail::CLIENT_ID)?,
            account_id: mail.account_id,
            save_in_sent_items: mail.save_in_sent_items,
            mime: required(mail.mime, &reader, compose_mail::MIME)?,
            template_id: mail.template_id,
        };
        reader.finish()?;
        Ok(mail)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(compose_mail::SEND_MAIL);
        writer.text(compose_mail::CLIENT_ID, &self.client_id);
        write_text(
            &mut writer,
            compose_mail::ACCOUNT_ID,
            self.account_id.as_ref(),
        );
        write_mark(
            &mut writer,
            compose_mail::SAVE_IN_SENT_ITEMS,
            self.save_in_sent_items,
        );
        writer.opaque(compose_mail::MIME, &self.mime);
        write_text(
            &mut writer,
            rights_management::TEMPLATE_ID,
            self.template_id.as_ref(),
        );
        writer.end();
        writer.into_bytes()
    }
}

/// A SmartReply or SmartForward request.
#[derive(Clone, Debug, PartialEq)]
pub struct SmartMail<'a> {
    /// SmartReply or SmartForward.
    pub verb: Verb,
    /// Required by the text, not by the schema: without it, a repeat cannot be told.
    pub client_id: Option<String>,
    pub source: Source,
    pub account_id: Option<String>,
    pub save_in_sent_items: bool,
    /// The message is complete, nothing of the original is to be added.
    pub replace_mime: bool,
    /// Absent only when forwarding a meeting by `forwardees`.
    pub mime: Option<Cow<'a, [u8]>>,
    pub template_id: Option<String>,
    /// 16.0 and later, to go with `forwardees`.
    pub body: Option<Body>,
    /// 16.0 and later: the server makes the message. `None` without the element.
    pub forwardees: Option<Vec<Forwardee>>,
}

/// What is replied to or forwarded: folder and item, or a LongId from Search.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Source {
    pub folder_id: Option<String>,
    pub item_id: Option<String>,
    pub long_id: Option<String>,
    /// The original start of an occurrence, as text: a bad one has its own status (104).
    pub instance_id: Option<String>,
}

/// Who is to get a forwarded meeting.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Forwardee {
    pub email: String,
    pub name: Option<String>,
}

impl<'a> SmartMail<'a> {
    /// Reads a request; its root says which of the two it is.
    ///
    /// # Errors
    /// Not WBXML, without Source, or with a forwardee that has no address: status 103.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body)?;
        let root = reader.root()?;
        let verb = match Verb::from_tag(root) {
            Some(verb) if verb != Verb::SendMail => verb,
            _ => return Err(schema_fault(reader.offset(), root, SchemaFaultKind::Root)),
        };
        let mut mail = Common::default();
        let (mut source, mut replace_mime, mut body) = (None, false, None);
        let mut forwardees = None;
        while let Some(tag) = reader.child()? {
            match tag {
                compose_mail::SOURCE => source = Some(Source::read(&mut reader)?),
                compose_mail::REPLACE_MIME => {
                    replace_mime = super::fields::boolean(&mut reader, tag)?;
                }
                air_sync_base::BODY => {
                    body = Some(Body::read(&mut reader).map_err(|fault| within(tag, fault))?);
                }
                compose_mail::FORWARDEES => {
                    let list = Forwardee::read_all(&mut reader);
                    forwardees = Some(list.map_err(|fault| within(tag, fault))?);
                }
                _ if mail.take(&mut reader, tag)? => {}
                _ => reader.skip()?,
            }
        }
        let source = required(source, &reader, compose_mail::SOURCE)?;
        reader.finish()?;
        Ok(Self {
            verb,
            client_id: mail.client_id,
            source,
            account_id: mail.account_id,
            save_in_sent_items: mail.save_in_sent_items,
            replace_mime,
            mime: mail.mime,
            template_id: mail.template_id,
            body,
            forwardees,
        })
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        let w = &mut writer;
        w.start(self.verb.tag());
        write_text(w, compose_mail::CLIENT_ID, self.client_id.as_ref());
        self.source.write(w);
        write_text(w, compose_mail::ACCOUNT_ID, self.account_id.as_ref());
        write_mark(w, compose_mail::SAVE_IN_SENT_ITEMS, self.save_in_sent_items);
        write_mark(w, compose_mail::REPLACE_MIME, self.replace_mime);
        if let Some(mime) = &self.mime {
            w.opaque(compose_mail::MIME, mime);
        }
        write_text(w, rights_management::TEMPLATE_ID, self.template_id.as_ref());
        if let Some(body) = &self.body {
            body.write(w);
        }
        match &self.forwardees {
            Some(none) if none.is_empty() => {
                w.start(compose_mail::FORWARDEES);
                w.end();
            }
            Some(forwardees) => Forwardee::write_all(forwardees, w),
            None => {}
        }
        w.end();
        writer.into_bytes()
    }
}

/// What all three have.
#[derive(Default)]
struct Common<'a> {
    client_id: Option<String>,
    account_id: Option<String>,
    save_in_sent_items: bool,
    mime: Option<Cow<'a, [u8]>>,
    template_id: Option<String>,
}

impl<'a> Common<'a> {
    /// Takes the element if it is one of these; says whether it was.
    fn take(&mut self, reader: &mut Reader<'a>, tag: Tag) -> Result<bool, Malformed> {
        match tag {
            compose_mail::CLIENT_ID => self.client_id = Some(text(reader, tag)?),
            compose_mail::ACCOUNT_ID => self.account_id = Some(text(reader, tag)?),
            compose_mail::SAVE_IN_SENT_ITEMS => {
                self.save_in_sent_items = super::fields::boolean(reader, tag)?;
            }
            compose_mail::MIME => self.mime = Some(reader.bytes()?),
            rights_management::TEMPLATE_ID => self.template_id = Some(text(reader, tag)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Source {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut source = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                compose_mail::FOLDER_ID => source.folder_id = Some(text(reader, tag)?),
                compose_mail::ITEM_ID => source.item_id = Some(text(reader, tag)?),
                compose_mail::LONG_ID => source.long_id = Some(text(reader, tag)?),
                compose_mail::INSTANCE_ID => source.instance_id = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(source)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(compose_mail::SOURCE);
        write_text(writer, compose_mail::FOLDER_ID, self.folder_id.as_ref());
        write_text(writer, compose_mail::ITEM_ID, self.item_id.as_ref());
        write_text(writer, compose_mail::LONG_ID, self.long_id.as_ref());
        write_text(writer, compose_mail::INSTANCE_ID, self.instance_id.as_ref());
        writer.end();
    }
}

/// Whether the fault lies in Body or Forwardees, which has a status of its own (179).
pub fn is_of_forward(fault: &Malformed) -> bool {
    let element = fault.schema_fault().and_then(|fault| fault.element);
    matches!(
        element,
        Some(air_sync_base::BODY | compose_mail::FORWARDEES)
    )
}

/// A fault inside an element, as that element's.
fn within(element: Tag, fault: Malformed) -> Malformed {
    match fault {
        Malformed::Schema(fault) => Malformed::Schema(SchemaFault {
            element: Some(element),
            ..fault
        }),
        other => other,
    }
}

impl Forwardee {
    /// The children of Forwardees.
    pub(super) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<Self>, Malformed> {
        let mut forwardees = Vec::new();
        while let Some(tag) = reader.child()? {
            match tag {
                compose_mail::FORWARDEE => forwardees.push(Self::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(forwardees)
    }

    /// The element Forwardees; nothing where there are none.
    pub(super) fn write_all(forwardees: &[Self], writer: &mut Writer) {
        if forwardees.is_empty() {
            return;
        }
        writer.start(compose_mail::FORWARDEES);
        for forwardee in forwardees {
            writer.start(compose_mail::FORWARDEE);
            writer.text(compose_mail::EMAIL, &forwardee.email);
            write_text(writer, compose_mail::NAME, forwardee.name.as_ref());
            writer.end();
        }
        writer.end();
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut email, mut name) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                compose_mail::EMAIL => email = Some(text(reader, tag)?),
                compose_mail::NAME => name = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            email: required(email, reader, compose_mail::EMAIL)?,
            name,
        })
    }
}

/// The response of any of the three to a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Failure {
    pub verb: Verb,
    pub status: u16,
}

impl Failure {
    /// # Errors
    /// Not WBXML, or none of the three responses.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body)?;
        let root = reader.root()?;
        let verb = Verb::from_tag(root)
            .ok_or_else(|| schema_fault(reader.offset(), root, SchemaFaultKind::Root))?;
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                compose_mail::STATUS => status = Some(number(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, compose_mail::STATUS)?;
        reader.finish()?;
        Ok(Self { verb, status })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(self.verb.tag());
        writer.number(compose_mail::STATUS, self.status);
        writer.end();
        writer.into_bytes()
    }
}
