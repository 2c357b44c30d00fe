//! What a client did to the items of a collection ([MS-ASCMD] 2.2.3.32).

use crate::eas::email::EmailChange;
use crate::eas::fields::{identifier, required, text, write_text};
use crate::eas::{Class, Malformed, Raw, SchemaFault};
use crate::wbxml::{
    Reader, Writer, air_sync, air_sync_base, calendar, contacts, contacts2, email, email2, notes,
    tasks,
};

/// One command of a client. Ids are as they came.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Add {
        /// Only for SMS.
        class: Option<Class>,
        client_id: String,
        data: ApplicationData,
        /// 16.0 and later: send this draft now.
        send: bool,
    },
    Change {
        server_id: String,
        /// The occurrence meant (16.0 and later), as text: a bad one fails the item only.
        instance_id: Option<String>,
        /// Absent in a Change that only sends a draft; then it is empty.
        data: ApplicationData,
        send: bool,
    },
    Delete {
        server_id: String,
        instance_id: Option<String>,
    },
    Fetch {
        server_id: String,
    },
}

/// The properties a client sent, told apart by their namespaces: the collection's class is not in
/// the request from 14.0 on.
#[derive(Clone, Debug, PartialEq)]
pub enum ApplicationData {
    /// At least one property is an Email one.
    Email(Box<EmailChange>),
    /// Another class, or nothing but AirSyncBase elements, which all classes have: see
    /// [`Self::into_email`].
    Other(Raw),
    /// Decodes, but a value in it does not fit: the item gets status 6, the rest goes on.
    Invalid(SchemaFault),
}

impl ApplicationData {
    /// The same as a message, for a collection known to hold mail.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn into_email(self) -> Result<Box<EmailChange>, Malformed> {
        match self {
            Self::Email(change) => Ok(change),
            Self::Other(raw) => EmailChange::from_raw(&raw).map(Box::new),
            Self::Invalid(fault) => Err(Malformed::Schema(fault)),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        if !is_email(&mut reader.clone())? {
            return Raw::read(reader).map(Self::Other);
        }
        let mut attempt = reader.clone();
        match EmailChange::read_properties(&mut attempt) {
            Ok(change) => {
                *reader = attempt;
                Ok(Self::Email(Box::new(change)))
            }
            Err(Malformed::Schema(fault)) => {
                reader.skip()?;
                Ok(Self::Invalid(fault))
            }
            Err(fault) => Err(fault),
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Email(change) => {
                writer.start(air_sync::APPLICATION_DATA);
                change.write_properties(writer);
                writer.end();
            }
            Self::Other(raw) if !raw.is_empty() => {
                writer.start(air_sync::APPLICATION_DATA);
                raw.write(writer);
                writer.end();
            }
            Self::Other(_) | Self::Invalid(_) => writer.empty(air_sync::APPLICATION_DATA),
        }
    }
}

/// Whether the current element's children are a message's. Looks no further than it must.
fn is_email(ahead: &mut Reader<'_>) -> Result<bool, Malformed> {
    while let Some(tag) = ahead.child()? {
        const OTHERS: [u8; 5] = [
            calendar::SUBJECT.page,
            contacts::FILE_AS.page,
            contacts2::NICK_NAME.page,
            notes::SUBJECT.page,
            tasks::SUBJECT.page,
        ];
        if tag.page == email::SUBJECT.page || tag.page == email2::SENDER.page {
            return Ok(true);
        }
        if OTHERS.contains(&tag.page) {
            return Ok(false);
        }
        ahead.skip()?;
    }
    Ok(false)
}

impl Command {
    /// Reads one child of Commands; `None` for an element that is no command.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        tag: crate::wbxml::Tag,
    ) -> Result<Option<Self>, Malformed> {
        if !matches!(
            tag,
            air_sync::ADD | air_sync::CHANGE | air_sync::DELETE | air_sync::FETCH
        ) {
            reader.skip()?;
            return Ok(None);
        }
        let (mut class, mut client_id, mut server_id, mut instance_id) = (None, None, None, None);
        let (mut data, mut send) = (ApplicationData::Other(Raw::default()), false);
        while let Some(child) = reader.child()? {
            match child {
                air_sync::CLASS => class = Some(Class::read(reader, child)?),
                air_sync::CLIENT_ID => client_id = Some(identifier(reader, child)?),
                air_sync::SERVER_ID => server_id = Some(identifier(reader, child)?),
                air_sync_base::INSTANCE_ID => instance_id = Some(text(reader, child)?),
                air_sync::APPLICATION_DATA => data = ApplicationData::read(reader)?,
                email2::SEND => {
                    send = true;
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
        }
        let command = match tag {
            air_sync::ADD => Self::Add {
                class,
                client_id: required(client_id, reader, air_sync::CLIENT_ID)?,
                data,
                send,
            },
            air_sync::CHANGE => Self::Change {
                server_id: required(server_id, reader, air_sync::SERVER_ID)?,
                instance_id,
                data,
                send,
            },
            air_sync::DELETE => Self::Delete {
                server_id: required(server_id, reader, air_sync::SERVER_ID)?,
                instance_id,
            },
            _ => Self::Fetch {
                server_id: required(server_id, reader, air_sync::SERVER_ID)?,
            },
        };
        Ok(Some(command))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Add {
                class,
                client_id,
                data,
                send,
            } => {
                writer.start(air_sync::ADD);
                if let Some(class) = class {
                    writer.text(air_sync::CLASS, class.as_str());
                }
                writer.text(air_sync::CLIENT_ID, client_id);
                data.write(writer);
                write_send(writer, *send);
            }
            Self::Change {
                server_id,
                instance_id,
                data,
                send,
            } => {
                writer.start(air_sync::CHANGE);
                writer.text(air_sync::SERVER_ID, server_id);
                write_text(writer, air_sync_base::INSTANCE_ID, instance_id.as_ref());
                if !matches!(data, ApplicationData::Other(raw) if raw.is_empty()) {
                    data.write(writer);
                }
                write_send(writer, *send);
            }
            Self::Delete {
                server_id,
                instance_id,
            } => {
                writer.start(air_sync::DELETE);
                writer.text(air_sync::SERVER_ID, server_id);
                write_text(writer, air_sync_base::INSTANCE_ID, instance_id.as_ref());
            }
            Self::Fetch { server_id } => {
                writer.start(air_sync::FETCH);
                writer.text(air_sync::SERVER_ID, server_id);
            }
        }
        writer.end();
    }
}

fn write_send(writer: &mut Writer, send: bool) {
    if send {
        writer.empty(email2::SEND);
    }
}
