//! One property as a reader wants it: name, parameters, value.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::escape::{
    from_carets, from_old_component, from_old_text, split_list, split_structured, unescape_text,
};
use super::line::{Line, head, unfold};

/// A property's name for edits; good until it is removed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PropertyId(pub(super) u32);

/// `[group.]NAME;PARAMETER=value:value`
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Property {
    id: PropertyId,
    group: Option<String>,
    name: String,
    parameters: Vec<Parameter>,
    value: String,
    /// Of vCard 2.1.
    old: bool,
}

/// One parameter with its values. vCard 2.1 has some without any: `TEL;HOME;VOICE:`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parameter {
    /// In upper case.
    pub name: String,
    pub values: Vec<String>,
}

/// Base64 as it is read: some leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Parameters looked at in one line; more are an attack.
const MAX_PARAMETERS: usize = 64;

impl Property {
    pub(super) fn read(line: &Line, old: bool) -> Option<Self> {
        let unfolded = unfold(&line.raw);
        let head = head(&unfolded)?;
        let group = head
            .name_start
            .checked_sub(1)
            .and_then(|dot| unfolded.get(..dot))
            .filter(|group| !group.is_empty())
            .map(|group| String::from_utf8_lossy(group).into_owned());
        let parameters = unfolded.get(head.name_end..head.colon).unwrap_or_default();
        let parameters = read_parameters(&decode(parameters, None), old);
        let value = unfolded.get(head.colon + 1..).unwrap_or_default();
        let mut property = Self {
            id: PropertyId(line.id),
            group,
            name: line.name.to_string(),
            parameters,
            value: String::new(),
            old,
        };
        let charset = property.parameter("CHARSET");
        let decoded = if property.has_encoding("QUOTED-PRINTABLE") {
            decode(&from_quoted_printable(value), charset)
        } else {
            decode(value, charset)
        };
        property.value = decoded;
        Some(property)
    }

    /// For edits.
    pub const fn id(&self) -> PropertyId {
        self.id
    }

    /// `item1` of `item1.EMAIL`.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// In upper case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All parameters, in order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The first value of a parameter, whose name is given in upper case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameter = self.parameters.iter().find(|p| p.name == name)?;
        parameter.values.first().map(String::as_str)
    }

    /// Whether one of a parameter's values is that word, in any letter case.
    pub fn says(&self, name: &str, word: &str) -> bool {
        self.parameters
            .iter()
            .filter(|parameter| parameter.name == name)
            .flat_map(|parameter| &parameter.values)
            .any(|value| value.eq_ignore_ascii_case(word))
    }

    /// The value as it stands, only unfolded and decoded.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value as text.
    pub fn text(&self) -> String {
        if self.old {
            return from_old_text(&self.value);
        }
        unescape_text(&self.value)
    }

    /// The value as a list of texts.
    pub fn list(&self) -> Vec<String> {
        split_list(&self.value)
    }

    /// The text of one component out of [`Self::structured`], where a list is its texts joined.
    pub fn component_text(&self, component: &str, joint: &str) -> String {
        if self.old {
            return from_old_component(component);
        }
        let texts = split_list(component);
        let texts: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
        texts.join(joint)
    }

    /// The components of a structured value, still escaped.
    pub fn structured(&self) -> Vec<&str> {
        split_structured(&self.value)
    }

    /// The octets of a value in base64 (`ENCODING=BASE64`, `ENCODING=b`).
    pub fn octets(&self) -> Option<Vec<u8>> {
        if !self.has_encoding("BASE64") && !self.has_encoding("B") {
            return None;
        }
        let digits: Vec<u8> = self
            .value
            .bytes()
            .filter(|octet| !octet.is_ascii_whitespace())
            .collect();
        BASE64.decode(digits).ok()
    }

    fn has_encoding(&self, encoding: &str) -> bool {
        self.says("ENCODING", encoding)
            || self.old
                && self
                    .parameters
                    .iter()
                    .any(|p| p.values.is_empty() && p.name.eq_ignore_ascii_case(encoding))
    }
}

/// `;NAME=value,"value";NAME=value`
fn read_parameters(text: &str, old: bool) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    let mut pieces = unquoted(text, ';');
    // Nothing stands before the first semicolon.
    pieces.next();
    for piece in pieces.take(MAX_PARAMETERS) {
        let (name, values) = match piece.split_once('=') {
            Some((name, values)) => (name, Some(values)),
            None => (piece, None),
        };
        let value = |value: &str| {
            let value = value.trim();
            let value = value.strip_prefix('"').unwrap_or(value);
            let value = value.strip_suffix('"').unwrap_or(value);
            if old {
                value.to_owned()
            } else {
                from_carets(value)
            }
        };
        parameters.push(Parameter {
            name: name.trim().to_ascii_uppercase(),
            values: values
                .map(|values| unquoted(values, ',').map(value).collect())
                .unwrap_or_default(),
        });
    }
    parameters
}

/// Split at separators outside quotes.
pub(super) fn unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        quoted ^= character == '"';
        character == separator && !quoted
    })
}

/// UTF-8, what the label says, or else Windows-1252, in which no octet is wrong.
fn decode(octets: &[u8], label: Option<&str>) -> String {
    let labelled = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    match (labelled, str::from_utf8(octets)) {
        (None, Ok(text)) => text.to_owned(),
        (Some(encoding), Ok(text)) if encoding == UTF_8 => text.to_owned(),
        (Some(encoding), _) if encoding != UTF_8 => encoding.decode(octets).0.into_owned(),
        _ => WINDOWS_1252
            .decode_without_bom_handling(octets)
            .0
            .into_owned(),
    }
}

fn from_quoted_printable(value: &[u8]) -> Vec<u8> {
    let digit = |octet: Option<&u8>| octet.and_then(|&octet| char::from(octet).to_digit(16));
    let mut decoded = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(&octet) = value.get(at) {
        let pair = digit(value.get(at + 1)).zip(digit(value.get(at + 2)));
        match pair {
            Some((high, low)) if octet == b'=' => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            _ => {
                decoded.push(octet);
                at += 1;
            }
        }
    }
    decoded
}
