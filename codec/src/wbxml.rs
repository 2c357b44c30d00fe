//! WBXML as EAS uses it ([MS-ASWBXML] 2): a pull reader, a writer, the code pages, and an XML view.

mod code_pages;
mod index;
mod legal;
mod reader;
mod tag;
mod writer;
mod xml;

pub use code_pages::*;
pub use reader::{Event, Fault, FaultKind, Limits, Reader};
pub use tag::{CodePage, Tag, TagInfo};
pub use writer::Writer;
pub(crate) use xml::resolve_reference;
pub use xml::{XmlFault, XmlFaultKind, from_xml, to_pretty_xml, to_xml};

const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const STR_I: u8 = 0x03;
const OPAQUE: u8 = 0xC3;
/// Below are the global tokens of WBXML; a code page's own begin here.
const FIRST_TAG: u8 = 0x05;
/// Set in a tag byte when the element has content.
const HAS_CONTENT: u8 = 0x40;
/// Set in a tag byte when the element has attributes, which EAS never does.
const HAS_ATTRIBUTES: u8 = 0x80;
/// WBXML 1.3, public id "unknown", UTF-8, no string table.
const HEADER: [u8; 4] = [0x03, 0x01, 0x6A, 0x00];
