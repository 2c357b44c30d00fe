//! Provision ([MS-ASPROV]): the policy handshake, and the orders to wipe.

mod policy;

use super::fields::{number, open, required, text, write_mark, write_number, write_text};
use super::settings::DeviceInformation;
use super::{Malformed, SchemaFaultKind};
use crate::ProtocolVersion;
use crate::wbxml::{Event, Reader, Tag, Writer, provision, settings};

pub use policy::{Bound, Policy};

/// Status codes of Provision itself, and of a Policy in it.
pub mod status {
    pub const OK: u16 = 1;
    /// The request breaks the protocol.
    pub const PROTOCOL_ERROR: u16 = 2;
    pub const SERVER_ERROR: u16 = 3;
    /// Policy: none is defined, the client goes on without.
    pub const POLICY_NOT_DEFINED: u16 = 2;
    pub const POLICY_TYPE_UNKNOWN: u16 = 3;
    pub const POLICY_CORRUPT: u16 = 4;
    /// Policy: the acknowledged key is not the one that was given.
    pub const POLICY_KEY_WRONG: u16 = 5;
}

/// The PolicyType of 12.0 and later.
pub const WBXML_POLICY: &str = "MS-EAS-Provisioning-WBXML";
/// The PolicyType of 2.5.
pub const WAP_POLICY: &str = "MS-WAP-Provisioning-XML";

/// A Provision request. Without anything in it, it asks whether there is an order to wipe.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    /// From 14.1 on in the first phase.
    pub device_information: Option<DeviceInformation>,
    pub policy: Option<PolicyRequest>,
    /// How the wipe went: 1 done, 2 failed.
    pub remote_wipe: Option<u8>,
    pub account_only_remote_wipe: Option<u8>,
}

/// What a client asks or acknowledges.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicyRequest {
    pub policy_type: String,
    /// In the acknowledgement: the key that was given, as text, since a wrong one has its own status.
    pub key: Option<String>,
    /// In the acknowledgement: 1 applied, 2 partly, 3 not, 4 managed by others.
    pub status: Option<u8>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not a Provision request (a Policy without PolicyType, say): status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, provision::PROVISION)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                settings::DEVICE_INFORMATION => {
                    request.device_information = Some(DeviceInformation::read(&mut reader)?);
                }
                provision::POLICIES => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            provision::POLICY => {
                                request.policy = Some(PolicyRequest::read(&mut reader)?);
                            }
                            _ => reader.skip()?,
                        }
                    }
                }
                provision::REMOTE_WIPE => {
                    request.remote_wipe = Some(wipe_status(&mut reader)?);
                }
                provision::ACCOUNT_ONLY_REMOTE_WIPE => {
                    request.account_only_remote_wipe = Some(wipe_status(&mut reader)?);
                }
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        if *self == Self::default() {
            writer.empty(provision::PROVISION);
            return writer.into_bytes();
        }
        writer.start(provision::PROVISION);
        if let Some(information) = &self.device_information {
            information.write(&mut writer);
        }
        if let Some(policy) = &self.policy {
            writer.start(provision::POLICIES);
            policy.write(&mut writer);
            writer.end();
        }
        for (tag, status) in [
            (provision::REMOTE_WIPE, self.remote_wipe),
            (
                provision::ACCOUNT_ONLY_REMOTE_WIPE,
                self.account_only_remote_wipe,
            ),
        ] {
            if let Some(status) = status {
                writer.start(tag);
                writer.number(provision::STATUS, status);
                writer.end();
            }
        }
        writer.end();
        writer.into_bytes()
    }
}

impl PolicyRequest {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut policy_type, mut key, mut status) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                provision::POLICY_TYPE => policy_type = Some(text(reader, tag)?),
                provision::POLICY_KEY => key = Some(text(reader, tag)?),
                provision::STATUS => status = Some(number(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            policy_type: required(policy_type, reader, provision::POLICY_TYPE)?,
            key,
            status,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(provision::POLICY);
        writer.text(provision::POLICY_TYPE, &self.policy_type);
        write_text(writer, provision::POLICY_KEY, self.key.as_ref());
        write_number(writer, provision::STATUS, self.status);
        writer.end();
    }
}

fn wipe_status(reader: &mut Reader<'_>) -> Result<u8, Malformed> {
    let status = status_inside(reader, provision::STATUS)?;
    required(status, reader, provision::STATUS)
}

/// The Status among the children of the current element.
fn status_inside<T: std::str::FromStr>(
    reader: &mut Reader<'_>,
    wanted: Tag,
) -> Result<Option<T>, Malformed> {
    let mut status = None;
    while let Some(tag) = reader.child()? {
        if tag == wanted {
            status = Some(number(reader, tag)?);
        } else {
            reader.skip()?;
        }
    }
    Ok(status)
}

/// A Provision response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// Where the request brought DeviceInformation.
    pub device_information_status: Option<u16>,
    pub status: u16,
    pub policy: Option<PolicyResponse>,
    /// Erase the whole device.
    pub remote_wipe: bool,
    /// Erase this account only (16.1).
    pub account_only_remote_wipe: bool,
}

/// A policy, or the permanent key for one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PolicyResponse {
    pub policy_type: String,
    pub status: u16,
    /// The temporary key in the first phase, the permanent one in the second.
    pub key: Option<u32>,
    /// Only in the first phase.
    pub data: Option<PolicyData>,
}

/// The settings themselves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PolicyData {
    /// 12.0 and later.
    Document(Box<Policy>),
    /// 2.5: a WAP provisioning document as text.
    Wap(String),
}

impl Response {
    /// The answer to a request that failed.
    pub fn failure(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// # Errors
    /// Not WBXML, or not a Provision response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, provision::PROVISION)?;
        let mut response = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                settings::DEVICE_INFORMATION => {
                    response.device_information_status =
                        status_inside(&mut reader, settings::STATUS)?;
                }
                provision::STATUS => status = Some(number(&mut reader, tag)?),
                provision::POLICIES => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            provision::POLICY => {
                                response.policy = Some(PolicyResponse::read(&mut reader)?);
                            }
                            _ => reader.skip()?,
                        }
                    }
                }
                provision::REMOTE_WIPE => {
                    response.remote_wipe = true;
                    reader.skip()?;
                }
                provision::ACCOUNT_ONLY_REMOTE_WIPE => {
                    response.account_only_remote_wipe = true;
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
        }
        response.status = required(status, &reader, provision::STATUS)?;
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(provision::PROVISION);
        if let Some(status) = self.device_information_status {
            writer.start(settings::DEVICE_INFORMATION);
            writer.number(settings::STATUS, status);
            writer.end();
        }
        writer.number(provision::STATUS, self.status);
        if let Some(policy) = &self.policy {
            writer.start(provision::POLICIES);
            policy.write(&mut writer);
            writer.end();
        }
        write_mark(&mut writer, provision::REMOTE_WIPE, self.remote_wipe);
        write_mark(
            &mut writer,
            provision::ACCOUNT_ONLY_REMOTE_WIPE,
            self.account_only_remote_wipe,
        );
        writer.end();
        writer.into_bytes()
    }
}

impl PolicyResponse {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut policy_type, mut status, mut key, mut data) = (None, None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                provision::POLICY_TYPE => policy_type = Some(text(reader, tag)?),
                provision::STATUS => status = Some(number(reader, tag)?),
                provision::POLICY_KEY => key = Some(number(reader, tag)?),
                provision::DATA => data = Some(PolicyData::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            policy_type: required(policy_type, reader, provision::POLICY_TYPE)?,
            status: required(status, reader, provision::STATUS)?,
            key,
            data,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(provision::POLICY);
        writer.text(provision::POLICY_TYPE, &self.policy_type);
        writer.number(provision::STATUS, self.status);
        write_number(writer, provision::POLICY_KEY, self.key);
        match &self.data {
            None => {}
            Some(PolicyData::Wap(document)) => writer.text(provision::DATA, document),
            Some(PolicyData::Document(policy)) => {
                writer.start(provision::DATA);
                policy.write(writer);
                writer.end();
            }
        }
        writer.end();
    }
}

impl PolicyData {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        if matches!(
            reader.clone().next()?,
            Some(Event::Text(_) | Event::Opaque(_))
        ) {
            return Ok(Self::Wap(text(reader, provision::DATA)?));
        }
        let mut policy = None;
        while let Some(tag) = reader.child()? {
            match tag {
                provision::EAS_PROVISION_DOC => policy = Some(Policy::read(reader)?),
                _ => reader.skip()?,
            }
        }
        let policy = policy.ok_or_else(|| {
            super::fields::schema_fault(
                reader.offset(),
                provision::EAS_PROVISION_DOC,
                SchemaFaultKind::Missing,
            )
        })?;
        Ok(Self::Document(Box::new(policy)))
    }
}
