//! WBXML as XML text, for xmllint. Test only: short, and panics on what is no WBXML.

use airgate_codec::wbxml::{Event, Reader, Tag};
use base64::Engine as _;

/// The document as XML; byte arrays become base64 text, as the schemas expect.
pub(crate) fn to_xml(wbxml: &[u8]) -> String {
    let mut reader = Reader::new(wbxml).expect("a WBXML header");
    let mut xml = String::new();
    let mut open: Vec<Tag> = Vec::new();
    while let Some(event) = reader.next().expect("well-formed WBXML") {
        match event {
            Event::Start(tag) => {
                let name = tag.info().expect("a known tag").name;
                xml.push('<');
                xml.push_str(name);
                if open.last().is_none_or(|parent| parent.page != tag.page) {
                    let page = tag.code_page().expect("a known page");
                    xml.push_str(&format!(" xmlns=\"{}\"", page.namespace));
                }
                xml.push('>');
                open.push(tag);
            }
            Event::End => {
                let tag = open.pop().expect("an open element");
                xml.push_str(&format!("</{}>", tag.info().expect("known").name));
            }
            Event::Text(text) => {
                for character in text.chars() {
                    match character {
                        '&' => xml.push_str("&amp;"),
                        '<' => xml.push_str("&lt;"),
                        '>' => xml.push_str("&gt;"),
                        other => xml.push(other),
                    }
                }
            }
            Event::Opaque(bytes) => {
                xml.push_str(&base64::engine::general_purpose::STANDARD.encode(bytes));
            }
        }
    }
    xml
}
