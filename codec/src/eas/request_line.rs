//! The query of an EAS request, in both its forms ([MS-ASHTTP] 2.2.1.1.1): plain
//! (`Cmd=Sync&User=...`) and one base64 blob of packed fields (12.1 and later).
//!
//! Both forms end in one [`RequestLine`] through the same checks, so whatever a phone sends in one
//! form is taken or refused as it would be in the other (T12). Ambiguity is an error: no parameter
//! may come twice, no number may overflow, no byte may be left over.
//!
//! ```
//! use airgate_codec::eas::request_line::{CommandName, RequestLine};
//! let plain = RequestLine::read("Cmd=Sync&User=&DeviceId=ABC1&DeviceType=SP")?;
//! let packed = RequestLine::read("jQAJBARBQkMxAAJTUA==")?;
//! assert_eq!(plain.command, CommandName::Sync);
//! assert_eq!(plain.device_id, packed.device_id);
//! # Ok::<(), airgate_codec::eas::request_line::Fault>(())
//! ```

mod packed;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use crate::ProtocolVersion;
use crate::percent;

/// Longest query looked at. A head has 16 KiB in all (threats section 1).
pub const MAX_QUERY: usize = 8 * 1024;
/// Longest DeviceId. The specification says 32 characters; the hex form of a binary id of 64 bytes
/// still fits.
pub const MAX_DEVICE_ID: usize = 128;
/// Longest DeviceType: what fits in a length byte.
pub const MAX_DEVICE_TYPE: usize = 255;
/// Longest other value. Ids have 64 characters; a LongId or AttachmentName is ours and shorter.
pub const MAX_VALUE: usize = 1024;

/// What the query says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestLine {
    pub command: CommandName,
    /// A hint only: who it is comes from the Authorization header. An empty user is none.
    pub user: Option<String>,
    /// The phone's id as text; a binary id is given as upper-case hex.
    pub device_id: String,
    pub device_type: String,
    /// Only the base64 form carries it; with the plain form it is a header.
    pub version: Option<ProtocolVersion>,
    /// Only the base64 form carries it; with the plain form it is a header.
    pub policy_key: Option<u32>,
    /// Windows language id; only in the base64 form.
    pub locale: Option<u16>,
    pub attachment_name: Option<String>,
    pub collection_id: Option<String>,
    pub item_id: Option<String>,
    pub long_id: Option<String>,
    pub occurrence: Option<String>,
    pub save_in_sent: bool,
    /// Only the base64 form carries it; with the plain form it is a header.
    pub accept_multipart: bool,
}

/// One way a query can be wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("the query has {0} bytes, more than {MAX_QUERY}")]
    QueryTooLong(usize),
    #[error("{0} is missing")]
    Missing(Parameter),
    #[error("{0} comes twice")]
    Repeated(Parameter),
    #[error("{0} is longer than {1} bytes")]
    TooLong(Parameter, usize),
    #[error("{0} is not text or holds control characters")]
    NotText(Parameter),
    #[error("{0} has a value that is not allowed")]
    BadValue(Parameter),
    #[error("no such command")]
    UnknownCommand,
    #[error("the percent-encoding is broken")]
    Percent,
    #[error("the query is neither parameters nor base64")]
    Base64,
    #[error("the packed query ends too early")]
    Truncated,
    #[error("the packed query names version byte {0}")]
    Version(u8),
}

/// A field of the query, for messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parameter {
    Cmd,
    User,
    DeviceId,
    DeviceType,
    PolicyKey,
    AttachmentName,
    CollectionId,
    ItemId,
    LongId,
    Occurrence,
    SaveInSent,
    Options,
}

/// A value cannot be packed: the base64 form has one length byte per value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} is longer than the 255 bytes a packed query holds")]
pub struct TooLongToPack(pub Parameter);

impl CommandName {
    /// Whether the command is there in that version ([MS-ASCMD] 1.7): later versions took some on
    /// and let one go.
    pub fn exists_in(self, version: ProtocolVersion) -> bool {
        match self {
            Self::ItemOperations | Self::Settings => version >= ProtocolVersion::V12_0,
            Self::Find => version >= ProtocolVersion::V16_1,
            Self::GetAttachment | Self::GetHierarchy => version <= ProtocolVersion::V12_1,
            _ => true,
        }
    }
}

macro_rules! commands {
    ($($name:ident = $code:literal,)*) => {
        /// The commands of the protocol.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum CommandName {
            $($name,)*
        }

        impl CommandName {
            /// All commands, by code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code in a packed query.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The name as the specification spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

commands! {
    Sync = 0,
    SendMail = 1,
    SmartForward = 2,
    SmartReply = 3,
    GetAttachment = 4,
    GetHierarchy = 5,
    // 6 to 8 belonged to CreateCollection, DeleteCollection and MoveCollection.
    FolderSync = 9,
    FolderCreate = 10,
    FolderDelete = 11,
    FolderUpdate = 12,
    MoveItems = 13,
    GetItemEstimate = 14,
    MeetingResponse = 15,
    Search = 16,
    Settings = 17,
    Ping = 18,
    ItemOperations = 19,
    Provision = 20,
    ResolveRecipients = 21,
    ValidateCert = 22,
    Find = 23,
}

impl RequestLine {
    /// A line for `command` from a device, with nothing else said.
    pub fn new(command: CommandName, device_id: &str, device_type: &str) -> Self {
        Self {
            command,
            user: None,
            device_id: device_id.to_owned(),
            device_type: device_type.to_owned(),
            version: None,
            policy_key: None,
            locale: None,
            attachment_name: None,
            collection_id: None,
            item_id: None,
            long_id: None,
            occurrence: None,
            save_in_sent: false,
            accept_multipart: false,
        }
    }

    /// Reads a query (what stands behind the `?`) in either form.
    ///
    /// # Errors
    /// See [`Fault`]; [`Fault::UnknownCommand`] is HTTP 501, the others are HTTP 400.
    pub fn read(query: &str) -> Result<Self, Fault> {
        if query.len() > MAX_QUERY {
            return Err(Fault::QueryTooLong(query.len()));
        }
        if is_plain(query) {
            read_plain(query)
        } else {
            packed::read(query)
        }
    }

    /// The plain form. Version, policy key, locale and multipart are not in it: they are headers.
    pub fn to_plain(&self) -> String {
        let mut query = format!("Cmd={}", self.command);
        let mut push = |name: Parameter, value: &str| {
            query.push('&');
            query.push_str(name.as_str());
            query.push('=');
            percent::encode_into(&mut query, value);
        };
        push(Parameter::User, self.user.as_deref().unwrap_or_default());
        push(Parameter::DeviceId, &self.device_id);
        push(Parameter::DeviceType, &self.device_type);
        for (name, value) in self.values() {
            if let Some(value) = value {
                push(name, value);
            }
        }
        if self.save_in_sent {
            push(Parameter::SaveInSent, "T");
        }
        query
    }

    /// The packed form for a phone that speaks `version`.
    ///
    /// # Errors
    /// A value of more than 255 bytes does not fit.
    pub fn to_base64(&self, version: ProtocolVersion) -> Result<String, TooLongToPack> {
        packed::write(self, version)
    }

    /// The command parameters that are plain text, in the order the grammar lists them.
    fn values(&self) -> [(Parameter, Option<&str>); 5] {
        [
            (Parameter::AttachmentName, self.attachment_name.as_deref()),
            (Parameter::CollectionId, self.collection_id.as_deref()),
            (Parameter::ItemId, self.item_id.as_deref()),
            (Parameter::LongId, self.long_id.as_deref()),
            (Parameter::Occurrence, self.occurrence.as_deref()),
        ]
    }
}

impl CommandName {
    /// The command with a code, as packed queries name it.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|command| command.code() == code)
    }

    /// The command with a name, whatever its letter case.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|command| command.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Parameter {
    /// The name as plain queries spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cmd => "Cmd",
            Self::User => "User",
            Self::DeviceId => "DeviceId",
            Self::DeviceType => "DeviceType",
            Self::PolicyKey => "PolicyKey",
            Self::AttachmentName => "AttachmentName",
            Self::CollectionId => "CollectionId",
            Self::ItemId => "ItemId",
            Self::LongId => "LongId",
            Self::Occurrence => "Occurrence",
            Self::SaveInSent => "SaveInSent",
            Self::Options => "Options",
        }
    }

    /// The parameter a plain query may carry under this name, whatever its letter case.
    fn from_name(name: &[u8]) -> Option<Self> {
        [
            Self::Cmd,
            Self::User,
            Self::DeviceId,
            Self::DeviceType,
            Self::AttachmentName,
            Self::CollectionId,
            Self::ItemId,
            Self::LongId,
            Self::Occurrence,
            Self::SaveInSent,
        ]
        .into_iter()
        .find(|parameter| parameter.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Raw values as either form delivers them, each at most once; [`Fields::finish`] is the one place
/// that judges them.
#[derive(Default)]
struct Fields<'a> {
    command: Option<CommandName>,
    user: Option<Cow<'a, [u8]>>,
    device_id: Option<Cow<'a, [u8]>>,
    device_type: Option<Cow<'a, [u8]>>,
    attachment_name: Option<Cow<'a, [u8]>>,
    collection_id: Option<Cow<'a, [u8]>>,
    item_id: Option<Cow<'a, [u8]>>,
    long_id: Option<Cow<'a, [u8]>>,
    occurrence: Option<Cow<'a, [u8]>>,
    save_in_sent: Option<bool>,
    accept_multipart: bool,
    version: Option<ProtocolVersion>,
    policy_key: Option<u32>,
    locale: Option<u16>,
}

impl<'a> Fields<'a> {
    /// Keeps a value of one of the text parameters.
    fn put(&mut self, parameter: Parameter, value: Cow<'a, [u8]>) -> Result<(), Fault> {
        let place = match parameter {
            Parameter::User => &mut self.user,
            Parameter::DeviceId => &mut self.device_id,
            Parameter::DeviceType => &mut self.device_type,
            Parameter::AttachmentName => &mut self.attachment_name,
            Parameter::CollectionId => &mut self.collection_id,
            Parameter::ItemId => &mut self.item_id,
            Parameter::LongId => &mut self.long_id,
            Parameter::Occurrence => &mut self.occurrence,
            Parameter::Cmd | Parameter::PolicyKey | Parameter::SaveInSent | Parameter::Options => {
                return Err(Fault::BadValue(parameter));
            }
        };
        once(place, parameter, value)
    }

    fn finish(self) -> Result<RequestLine, Fault> {
        let device_id = self
            .device_id
            .filter(|id| !id.is_empty())
            .ok_or(Fault::Missing(Parameter::DeviceId))?;
        let device_type = self
            .device_type
            .filter(|kind| !kind.is_empty())
            .ok_or(Fault::Missing(Parameter::DeviceType))?;
        let optional = |parameter, value: Option<Cow<'_, [u8]>>| {
            value
                .map(|value| text(parameter, &value, MAX_VALUE))
                .transpose()
        };
        Ok(RequestLine {
            command: self.command.ok_or(Fault::Missing(Parameter::Cmd))?,
            user: self
                .user
                .filter(|user| !user.is_empty())
                .map(|user| user_text(&user))
                .transpose()?,
            device_id: device_id_text(&device_id)?,
            device_type: text(Parameter::DeviceType, &device_type, MAX_DEVICE_TYPE)?,
            version: self.version,
            policy_key: self.policy_key,
            locale: self.locale,
            attachment_name: optional(Parameter::AttachmentName, self.attachment_name)?,
            collection_id: optional(Parameter::CollectionId, self.collection_id)?,
            item_id: optional(Parameter::ItemId, self.item_id)?,
            long_id: optional(Parameter::LongId, self.long_id)?,
            occurrence: optional(Parameter::Occurrence, self.occurrence)?,
            save_in_sent: self.save_in_sent.unwrap_or(false),
            accept_multipart: self.accept_multipart,
        })
    }
}

/// Plain queries have a `Cmd=` parameter; one with several parameters and no `Cmd=` is a plain
/// query that forgot it.
fn is_plain(query: &str) -> bool {
    query.contains('&')
        || query.split_once('=').is_some_and(|(name, value)| {
            !value.is_empty() && !is_padding(value) && !name.is_empty()
        })
        || query
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("cmd="))
}

/// What may follow base64 digits, `=` or its percent-encoded form.
fn is_padding(text: &str) -> bool {
    let rest = text.strip_prefix('=').unwrap_or(text);
    rest.is_empty() || rest.eq_ignore_ascii_case("%3d")
}

fn read_plain(query: &str) -> Result<RequestLine, Fault> {
    let mut fields = Fields::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(parameter) = Parameter::from_name(&percent::decode(name).ok_or(Fault::Percent)?)
        else {
            // Unknown parameters are ignored, but not the way they are written.
            percent::decode(value).ok_or(Fault::Percent)?;
            continue;
        };
        let value = percent::decode(value).ok_or(Fault::Percent)?;
        match parameter {
            Parameter::Cmd => {
                let command = CommandName::from_name(&value).ok_or(if value.is_empty() {
                    Fault::Missing(Parameter::Cmd)
                } else {
                    Fault::UnknownCommand
                })?;
                once(&mut fields.command, parameter, command)?;
            }
            Parameter::SaveInSent => {
                let save = match value.as_ref() {
                    b"T" | b"t" => true,
                    b"F" | b"f" => false,
                    _ => return Err(Fault::BadValue(parameter)),
                };
                once(&mut fields.save_in_sent, parameter, save)?;
            }
            _ => fields.put(parameter, value)?,
        }
    }
    fields.finish()
}

fn once<T>(place: &mut Option<T>, parameter: Parameter, value: T) -> Result<(), Fault> {
    if place.replace(value).is_some() {
        return Err(Fault::Repeated(parameter));
    }
    Ok(())
}

/// UTF-8 without control characters.
fn text(parameter: Parameter, bytes: &[u8], limit: usize) -> Result<String, Fault> {
    if bytes.len() > limit {
        return Err(Fault::TooLong(parameter, limit));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(Fault::NotText(parameter)),
    }
}

/// The user hint: old Windows clients write it in Latin-1.
fn user_text(bytes: &[u8]) -> Result<String, Fault> {
    match std::str::from_utf8(bytes) {
        Ok(_) => text(Parameter::User, bytes, MAX_VALUE),
        Err(_) => {
            let latin: String = bytes.iter().copied().map(char::from).collect();
            text(Parameter::User, latin.as_bytes(), MAX_VALUE)
        }
    }
}

/// Text where it is printable ASCII, else hex: a packed query may hold a binary GUID.
fn device_id_text(bytes: &[u8]) -> Result<String, Fault> {
    let id = if bytes.iter().all(|byte| (0x20..0x7F).contains(byte)) {
        text(Parameter::DeviceId, bytes, MAX_DEVICE_ID)?
    } else {
        bytes.iter().map(|byte| format!("{byte:02X}")).collect()
    };
    if id.len() > MAX_DEVICE_ID {
        return Err(Fault::TooLong(Parameter::DeviceId, MAX_DEVICE_ID));
    }
    Ok(id)
}
