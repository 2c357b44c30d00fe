//! What a client is told.

use super::{Oof, Property, UserInformation};
use crate::ProtocolVersion;
use crate::eas::Malformed;
use crate::eas::fields::{number, open, required};
use crate::wbxml::{Reader, Writer, rights_management, settings};

/// A Settings response: the answers in the order of the request. With another status than 1 there
/// are none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    pub answers: Vec<Answer>,
}

/// The answer for one property.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    Oof {
        status: u16,
        /// Only for Get, and only on success.
        oof: Option<Oof>,
    },
    DevicePassword {
        status: u16,
    },
    DeviceInformation {
        status: u16,
    },
    UserInformation {
        status: u16,
        information: Option<UserInformation>,
    },
    /// Always with an empty list of templates: the schema wants the list, and there are none.
    RightsManagementInformation {
        status: u16,
    },
}

impl Response {
    /// The answer to a request that failed as a whole.
    pub const fn failure(status: u16) -> Self {
        Self {
            status,
            answers: Vec::new(),
        }
    }

    /// # Errors
    /// Not WBXML, or not a Settings response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, settings::SETTINGS)?;
        let mut status = None;
        let mut answers = Vec::new();
        while let Some(tag) = reader.child()? {
            match (tag, Property::from_tag(tag)) {
                (settings::STATUS, _) => status = Some(number(&mut reader, tag)?),
                (_, Some(property)) => answers.push(Answer::read(&mut reader, property)?),
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, settings::STATUS)?;
        reader.finish()?;
        Ok(Self { status, answers })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(settings::SETTINGS);
        writer.number(settings::STATUS, self.status);
        for answer in &self.answers {
            answer.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Answer {
    /// An answer that is only a status.
    pub const fn of(property: Property, status: u16) -> Self {
        match property {
            Property::Oof => Self::Oof { status, oof: None },
            Property::DevicePassword => Self::DevicePassword { status },
            Property::DeviceInformation => Self::DeviceInformation { status },
            Property::UserInformation => Self::UserInformation {
                status,
                information: None,
            },
            Property::RightsManagementInformation => Self::RightsManagementInformation { status },
        }
    }

    fn read(reader: &mut Reader<'_>, property: Property) -> Result<Self, Malformed> {
        let (mut status, mut oof, mut information) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match (tag, property) {
                (settings::STATUS, _) => status = Some(number(reader, tag)?),
                (settings::GET, Property::Oof) => oof = Some(Oof::read(reader)?),
                (settings::GET, Property::UserInformation) => {
                    information = Some(UserInformation::read(reader)?);
                }
                _ => reader.skip()?,
            }
        }
        let status = required(status, reader, settings::STATUS)?;
        Ok(match property {
            Property::Oof => Self::Oof { status, oof },
            Property::UserInformation => Self::UserInformation {
                status,
                information,
            },
            _ => Self::of(property, status),
        })
    }

    fn write(&self, writer: &mut Writer) {
        let (property, status) = match self {
            Self::Oof { status, .. } => (Property::Oof, *status),
            Self::DevicePassword { status } => (Property::DevicePassword, *status),
            Self::DeviceInformation { status } => (Property::DeviceInformation, *status),
            Self::UserInformation { status, .. } => (Property::UserInformation, *status),
            Self::RightsManagementInformation { status } => {
                (Property::RightsManagementInformation, *status)
            }
        };
        writer.start(property.tag());
        writer.number(settings::STATUS, status);
        match self {
            Self::Oof { oof: Some(oof), .. } => oof.write(writer, settings::GET),
            Self::UserInformation {
                information: Some(information),
                ..
            } => information.write(writer),
            Self::RightsManagementInformation { .. } => {
                writer.start(settings::GET);
                writer.empty(rights_management::RIGHTS_MANAGEMENT_TEMPLATES);
                writer.end();
            }
            _ => {}
        }
        writer.end();
    }
}
