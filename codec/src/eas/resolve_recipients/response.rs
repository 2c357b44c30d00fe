//! Who they are.

use crate::ProtocolVersion;
use crate::eas::Malformed;
use crate::eas::fields::{
    base64_bytes, choice, number, open, required, text, write_base64, write_number, write_text,
};
use crate::eas::picture::Picture;
use crate::wbxml::{Reader, Writer, resolve_recipients};

/// A ResolveRecipients response: the answers in the order of the request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    pub answers: Vec<Resolved>,
}

/// The answer for one name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Resolved {
    pub to: String,
    pub status: u16,
    /// How many match, be they listed or not.
    pub recipient_count: Option<u32>,
    pub recipients: Vec<Recipient>,
}

/// A person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipient {
    pub kind: RecipientKind,
    pub display_name: String,
    pub email_address: String,
    pub availability: Option<Availability>,
    pub certificates: Option<Certificates>,
    pub picture: Option<Picture>,
}

/// Where the person is from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecipientKind {
    Directory = 1,
    Contact = 2,
}

/// Free time.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Availability {
    /// 1, or 160 to 163.
    pub status: u16,
    /// A digit for each half hour: 0 free, 1 tentative, 2 busy, 3 out, 4 unknown.
    pub merged_free_busy: Option<String>,
}

/// Certificates for mail to this person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Certificates {
    pub status: u16,
    pub certificate_count: Option<u32>,
    pub recipient_count: Option<u32>,
    /// In DER.
    pub certificates: Vec<Vec<u8>>,
    pub mini_certificate: Option<Vec<u8>>,
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
    /// Not WBXML, or not a ResolveRecipients response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, resolve_recipients::RESOLVE_RECIPIENTS)?;
        let (mut status, mut answers) = (None, Vec::new());
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::STATUS => status = Some(number(&mut reader, tag)?),
                resolve_recipients::RESPONSE => answers.push(Resolved::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, resolve_recipients::STATUS)?;
        reader.finish()?;
        Ok(Self { status, answers })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(resolve_recipients::RESOLVE_RECIPIENTS);
        writer.number(resolve_recipients::STATUS, self.status);
        for answer in &self.answers {
            answer.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Resolved {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut to, mut status, mut recipient_count) = (None, None, None);
        let mut recipients = Vec::new();
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::TO => to = Some(text(reader, tag)?),
                resolve_recipients::STATUS => status = Some(number(reader, tag)?),
                resolve_recipients::RECIPIENT_COUNT => {
                    recipient_count = Some(number(reader, tag)?);
                }
                resolve_recipients::RECIPIENT => recipients.push(Recipient::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            to: required(to, reader, resolve_recipients::TO)?,
            status: required(status, reader, resolve_recipients::STATUS)?,
            recipient_count,
            recipients,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(resolve_recipients::RESPONSE);
        writer.text(resolve_recipients::TO, &self.to);
        writer.number(resolve_recipients::STATUS, self.status);
        write_number(
            writer,
            resolve_recipients::RECIPIENT_COUNT,
            self.recipient_count,
        );
        for recipient in &self.recipients {
            recipient.write(writer);
        }
        writer.end();
    }
}

impl Recipient {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut kind, mut display_name, mut email_address) = (None, None, None);
        let (mut availability, mut certificates, mut picture) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::TYPE => {
                    kind = Some(choice(reader, tag, RecipientKind::from_number)?);
                }
                resolve_recipients::DISPLAY_NAME => display_name = Some(text(reader, tag)?),
                resolve_recipients::EMAIL_ADDRESS => email_address = Some(text(reader, tag)?),
                resolve_recipients::AVAILABILITY => {
                    availability = Some(Availability::read(reader)?);
                }
                resolve_recipients::CERTIFICATES => {
                    certificates = Some(Certificates::read(reader)?);
                }
                resolve_recipients::PICTURE => {
                    picture = Some(Picture::read(
                        reader,
                        resolve_recipients::STATUS,
                        resolve_recipients::DATA,
                    )?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            kind: required(kind, reader, resolve_recipients::TYPE)?,
            display_name: required(display_name, reader, resolve_recipients::DISPLAY_NAME)?,
            email_address: required(email_address, reader, resolve_recipients::EMAIL_ADDRESS)?,
            availability,
            certificates,
            picture,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(resolve_recipients::RECIPIENT);
        writer.number(resolve_recipients::TYPE, self.kind as u8);
        writer.text(resolve_recipients::DISPLAY_NAME, &self.display_name);
        writer.text(resolve_recipients::EMAIL_ADDRESS, &self.email_address);
        if let Some(availability) = &self.availability {
            writer.start(resolve_recipients::AVAILABILITY);
            writer.number(resolve_recipients::STATUS, availability.status);
            write_text(
                writer,
                resolve_recipients::MERGED_FREE_BUSY,
                availability.merged_free_busy.as_ref(),
            );
            writer.end();
        }
        if let Some(certificates) = &self.certificates {
            certificates.write(writer);
        }
        if let Some(picture) = &self.picture {
            picture.write(
                writer,
                resolve_recipients::PICTURE,
                resolve_recipients::STATUS,
                resolve_recipients::DATA,
            );
        }
        writer.end();
    }
}

impl RecipientKind {
    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Directory),
            2 => Some(Self::Contact),
            _ => None,
        }
    }
}

impl Availability {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut status, mut merged_free_busy) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::STATUS => status = Some(number(reader, tag)?),
                resolve_recipients::MERGED_FREE_BUSY => {
                    merged_free_busy = Some(text(reader, tag)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            status: required(status, reader, resolve_recipients::STATUS)?,
            merged_free_busy,
        })
    }
}

impl Certificates {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut all = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                resolve_recipients::STATUS => status = Some(number(reader, tag)?),
                resolve_recipients::CERTIFICATE_COUNT => {
                    all.certificate_count = Some(number(reader, tag)?);
                }
                resolve_recipients::RECIPIENT_COUNT => {
                    all.recipient_count = Some(number(reader, tag)?);
                }
                resolve_recipients::CERTIFICATE => {
                    all.certificates.push(base64_bytes(reader, tag)?);
                }
                resolve_recipients::MINI_CERTIFICATE => {
                    all.mini_certificate = Some(base64_bytes(reader, tag)?);
                }
                _ => reader.skip()?,
            }
        }
        all.status = required(status, reader, resolve_recipients::STATUS)?;
        Ok(all)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(resolve_recipients::CERTIFICATES);
        writer.number(resolve_recipients::STATUS, self.status);
        write_number(
            writer,
            resolve_recipients::CERTIFICATE_COUNT,
            self.certificate_count,
        );
        write_number(
            writer,
            resolve_recipients::RECIPIENT_COUNT,
            self.recipient_count,
        );
        for certificate in &self.certificates {
            write_base64(writer, resolve_recipients::CERTIFICATE, certificate);
        }
        if let Some(mini) = &self.mini_certificate {
            write_base64(writer, resolve_recipients::MINI_CERTIFICATE, mini);
        }
        writer.end();
    }
}
