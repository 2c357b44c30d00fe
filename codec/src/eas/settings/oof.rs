//! Out of office, as it is told to the client and set by it ([MS-ASCMD] 2.2.3.122 to 2.2.3.124).

use crate::eas::fields::{
    boolean, choice, moment, schema_fault, text, write_boolean, write_separated, write_text,
};
use crate::eas::{Malformed, Moment, SchemaFaultKind};
use crate::wbxml::{Reader, Tag, Writer, settings};

/// The content of Oof's Get (response) and Set (request).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Oof {
    pub state: Option<OofState>,
    /// Both or neither; one alone is a protocol error, left for the command to see.
    pub start: Option<Moment>,
    pub end: Option<Moment>,
    /// One for each audience, disabled ones included.
    pub messages: Vec<OofMessage>,
}

/// Whether replies are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OofState {
    Off = 0,
    On = 1,
    Timed = 2,
}

/// The reply for an audience.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OofMessage {
    /// One by the specification; a client may name several.
    pub audiences: Vec<Audience>,
    pub enabled: Option<bool>,
    pub reply: Option<String>,
    pub body_type: Option<OofBodyType>,
}

/// Who gets the reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    Internal,
    ExternalKnown,
    ExternalUnknown,
}

/// The form of the reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OofBodyType {
    Text,
    Html,
}

impl Oof {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut oof = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                settings::OOF_STATE => {
                    oof.state = Some(choice(reader, tag, OofState::from_number)?);
                }
                settings::START_TIME => oof.start = Some(moment(reader, tag)?),
                settings::END_TIME => oof.end = Some(moment(reader, tag)?),
                settings::OOF_MESSAGE => oof.messages.push(OofMessage::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(oof)
    }

    /// Writes it as `element`: Get or Set.
    pub(super) fn write(&self, writer: &mut Writer, element: Tag) {
        writer.start(element);
        if let Some(state) = self.state {
            writer.number(settings::OOF_STATE, state as u8);
        }
        write_separated(writer, settings::START_TIME, self.start);
        write_separated(writer, settings::END_TIME, self.end);
        for message in &self.messages {
            message.write(writer);
        }
        writer.end();
    }
}

impl OofState {
    const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Off),
            1 => Some(Self::On),
            2 => Some(Self::Timed),
            _ => None,
        }
    }
}

impl OofMessage {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut message = Self::default();
        while let Some(tag) = reader.child()? {
            if let Some(audience) = Audience::from_tag(tag) {
                message.audiences.push(audience);
                reader.skip()?;
                continue;
            }
            match tag {
                settings::ENABLED => message.enabled = Some(boolean(reader, tag)?),
                settings::REPLY_MESSAGE => message.reply = Some(text(reader, tag)?),
                settings::BODY_TYPE => message.body_type = Some(OofBodyType::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(message)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(settings::OOF_MESSAGE);
        for audience in &self.audiences {
            writer.empty(audience.tag());
        }
        write_boolean(writer, settings::ENABLED, self.enabled);
        write_text(writer, settings::REPLY_MESSAGE, self.reply.as_ref());
        if let Some(body_type) = self.body_type {
            body_type.write(writer);
        }
        writer.end();
    }
}

impl Audience {
    /// All audiences, in the order Exchange lists them.
    pub const ALL: [Self; 3] = [Self::Internal, Self::ExternalKnown, Self::ExternalUnknown];

    const fn tag(self) -> Tag {
        match self {
            Self::Internal => settings::APPLIES_TO_INTERNAL,
            Self::ExternalKnown => settings::APPLIES_TO_EXTERNAL_KNOWN,
            Self::ExternalUnknown => settings::APPLIES_TO_EXTERNAL_UNKNOWN,
        }
    }

    fn from_tag(tag: Tag) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.tag() == tag)
    }
}

impl OofBodyType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Html => "HTML",
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let offset = reader.offset();
        let word = reader.text()?;
        [Self::Text, Self::Html]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word.trim()))
            .ok_or_else(|| schema_fault(offset, settings::BODY_TYPE, SchemaFaultKind::Word))
    }

    pub(super) fn write(self, writer: &mut Writer) {
        writer.text(settings::BODY_TYPE, self.as_str());
    }
}
