//! The XML view of a document, for people, schemas and `airgate decode`/`encode`; no request passes
//! through it.
//!
//! Element names and namespaces are those of the code pages; a namespace is declared as the default
//! wherever it changes, so the text validates against the schemas in fixtures/schema. A value in
//! its usual form is plain: text, or base64 where the tables say OPAQUE. An unusual one (clients
//! differ, [MS-ASDTYPE] R98) is marked by a processing instruction, which schemas pass over:
//!
//! ```text
//! <Mime xmlns="ComposeMail">RnJvbTog</Mime>       OPAQUE, the usual form of this tag
//! <Mime xmlns="ComposeMail"><?string?>From: </Mime>   it came as a string
//! <Data><?opaque?>hello</Data>                    OPAQUE where a string is usual, readable
//! <Data><?opaque base64?>/wA=</Data>              the same, not text
//! <Subject><?string?> </Subject>                  blanks that are a value and not layout
//! <unknown-0-0x3f/>                               page 0 has no such token
//! ```
//!
//! Both directions keep the tree and every byte of every value, with one exception: characters
//! XML 1.0 has no way to write are shown as U+FFFD.

mod parse;
mod print;

pub(crate) use parse::resolve as resolve_reference;
pub use parse::{XmlFault, XmlFaultKind, from_xml};
pub use print::{to_pretty_xml, to_xml};

/// The processing instruction before a value that travels as STR_I though its tag is OPAQUE.
const STRING: &str = "string";
/// The one before a value that travels as OPAQUE though its tag is not.
const OPAQUE: &str = "opaque";
/// What [`OPAQUE`] adds when the bytes are no text.
const BASE64: &str = "base64";
/// Names of tokens without a name: `unknown-`, the page, `-0x`, the token.
const UNKNOWN: &str = "unknown-";
/// What XML calls white space.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// How a value is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// STR_I, as it is.
    Text,
    /// OPAQUE, whose bytes are text.
    OpaqueText,
    /// OPAQUE, in base64.
    OpaqueBase64,
}

impl Form {
    /// The form a tag's value takes when nothing says otherwise.
    fn usual(tag: super::Tag) -> Self {
        match tag.info() {
            Some(info) if info.opaque => Self::OpaqueBase64,
            _ => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests;
