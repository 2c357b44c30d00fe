//! An XML text as a list of lines, so that two texts can be compared that differ only in prefixes,
//! in CDATA, and in how empty elements are written.

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// `AirSync:Sync`, `= text`, `/` for an end. Colons behind namespaces are left out.
pub(crate) fn lines(xml: &str) -> Vec<String> {
    let mut reader = NsReader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut lines = Vec::new();
    let mut text = String::new();
    loop {
        let (namespace, event) = reader.read_resolved_event().expect("well-formed");
        match event {
            Event::Start(element) => {
                flush(&mut text, &mut lines);
                let ResolveResult::Bound(namespace) = namespace else {
                    panic!("{element:?} is in no namespace");
                };
                let namespace = namespace.0.trim_end_matches(':');
                let name = element.local_name().into_inner().to_owned();
                lines.push(format!("{namespace}:{name}"));
            }
            Event::End(_) => {
                flush(&mut text, &mut lines);
                lines.push("/".to_owned());
            }
            Event::Text(piece) => text.push_str(&piece.xml10_content()),
            Event::CData(piece) => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = match &*reference.xml10_content() {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => reference.resolve_char_ref().unwrap().unwrap(),
                };
                text.push(c);
            }
            Event::Eof => return lines,
            _ => {}
        }
    }
}

fn flush(text: &mut String, lines: &mut Vec<String>) {
    if !text.trim().is_empty() {
        lines.push(format!("= {text}"));
    }
    text.clear();
}
