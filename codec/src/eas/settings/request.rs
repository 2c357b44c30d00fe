//! What a client asks for or sets.

use super::{DeviceInformation, Oof, OofBodyType};
use crate::ProtocolVersion;
use crate::eas::fields::{open, required, text};
use crate::eas::{Malformed, SchemaFault};
use crate::wbxml::{Reader, Tag, Writer, settings};

/// A Settings request: one or more properties, to be answered in this order. One that comes twice is
/// a protocol error, left for the command to see.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    pub asks: Vec<Ask>,
}

/// One property and what is wanted of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ask {
    Oof(OofAsk),
    /// A recovery password to store.
    DevicePassword(String),
    DeviceInformation(DeviceInformation),
    UserInformation,
    RightsManagementInformation,
    /// Decodes, but a value in it does not fit: this property gets status 2, the others go on.
    Invalid(Property, SchemaFault),
}

/// What is wanted of Oof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OofAsk {
    Get(Option<OofBodyType>),
    Set(Oof),
}

/// The name of a property.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Property {
    Oof,
    DevicePassword,
    DeviceInformation,
    UserInformation,
    RightsManagementInformation,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not a Settings request: status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, settings::SETTINGS)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match Property::from_tag(tag) {
                Some(property) => request.asks.push(Ask::read(&mut reader, property)?),
                None => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(settings::SETTINGS);
        for ask in &self.asks {
            ask.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Ask {
    /// Which property it is about.
    pub const fn property(&self) -> Property {
        match self {
            Self::Oof(_) => Property::Oof,
            Self::DevicePassword(_) => Property::DevicePassword,
            Self::DeviceInformation(_) => Property::DeviceInformation,
            Self::UserInformation => Property::UserInformation,
            Self::RightsManagementInformation => Property::RightsManagementInformation,
            Self::Invalid(property, _) => *property,
        }
    }

    fn read(reader: &mut Reader<'_>, property: Property) -> Result<Self, Malformed> {
        let mut attempt = reader.clone();
        match Self::read_strictly(&mut attempt, property) {
            Ok(ask) => {
                *reader = attempt;
                Ok(ask)
            }
            Err(Malformed::Schema(fault)) => {
                reader.skip()?;
                Ok(Self::Invalid(property, fault))
            }
            Err(fault) => Err(fault),
        }
    }

    fn read_strictly(reader: &mut Reader<'_>, property: Property) -> Result<Self, Malformed> {
        match property {
            Property::Oof => OofAsk::read(reader).map(Self::Oof),
            Property::DevicePassword => read_password(reader).map(Self::DevicePassword),
            Property::DeviceInformation => {
                DeviceInformation::read(reader).map(Self::DeviceInformation)
            }
            Property::UserInformation => {
                reader.skip()?;
                Ok(Self::UserInformation)
            }
            Property::RightsManagementInformation => {
                reader.skip()?;
                Ok(Self::RightsManagementInformation)
            }
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Oof(ask) => {
                writer.start(settings::OOF);
                ask.write(writer);
                writer.end();
            }
            Self::DevicePassword(password) => {
                writer.start(settings::DEVICE_PASSWORD);
                writer.start(settings::SET);
                writer.text(settings::PASSWORD, password);
                writer.end();
                writer.end();
            }
            Self::DeviceInformation(information) => information.write(writer),
            Self::UserInformation | Self::RightsManagementInformation => {
                writer.start(self.property().tag());
                writer.empty(settings::GET);
                writer.end();
            }
            Self::Invalid(property, _) => writer.empty(property.tag()),
        }
    }
}

impl OofAsk {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut ask = None;
        while let Some(tag) = reader.child()? {
            match tag {
                settings::GET => {
                    let mut body_type = None;
                    while let Some(tag) = reader.child()? {
                        match tag {
                            settings::BODY_TYPE => body_type = Some(OofBodyType::read(reader)?),
                            _ => reader.skip()?,
                        }
                    }
                    ask = Some(Self::Get(body_type));
                }
                settings::SET => ask = Some(Self::Set(Oof::read(reader)?)),
                _ => reader.skip()?,
            }
        }
        required(ask, reader, settings::GET)
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Get(None) => writer.empty(settings::GET),
            Self::Get(Some(body_type)) => {
                writer.start(settings::GET);
                body_type.write(writer);
                writer.end();
            }
            Self::Set(oof) => oof.write(writer, settings::SET),
        }
    }
}

fn read_password(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    let mut password = None;
    while let Some(tag) = reader.child()? {
        match tag {
            settings::SET => {
                while let Some(tag) = reader.child()? {
                    match tag {
                        settings::PASSWORD => password = Some(text(reader, tag)?),
                        _ => reader.skip()?,
                    }
                }
            }
            _ => reader.skip()?,
        }
    }
    required(password, reader, settings::PASSWORD)
}

impl Property {
    const ALL: [Self; 5] = [
        Self::Oof,
        Self::DevicePassword,
        Self::DeviceInformation,
        Self::UserInformation,
        Self::RightsManagementInformation,
    ];

    pub(super) const fn tag(self) -> Tag {
        match self {
            Self::Oof => settings::OOF,
            Self::DevicePassword => settings::DEVICE_PASSWORD,
            Self::DeviceInformation => settings::DEVICE_INFORMATION,
            Self::UserInformation => settings::USER_INFORMATION,
            Self::RightsManagementInformation => settings::RIGHTS_MANAGEMENT_INFORMATION,
        }
    }

    pub(super) fn from_tag(tag: Tag) -> Option<Self> {
        Self::ALL.into_iter().find(|property| property.tag() == tag)
    }
}
