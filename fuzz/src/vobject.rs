//! Any octets as an iCalendar or vCard object: they come back as they were, every property can be
//! read, and an edit changes nothing but its own line.

use airgate_codec::vobject::{ContentLine, Document};

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(object, data);
}

fn object(data: &[u8]) {
    let Ok(mut document) = Document::parse(data) else {
        return;
    };
    assert_eq!(&*document.to_bytes(), data);
    let mut waiting: Vec<_> = document.components().collect();
    let mut first = None;
    while let Some(component) = waiting.pop() {
        for property in component.properties() {
            let _ = (property.text(), property.list(), property.octets());
            let _ = (property.structured(), property.parameter("TZID"));
            first.get_or_insert_with(|| (component.id(), property.id()));
        }
        waiting.extend(component.components());
    }
    let Some((component, property)) = first else {
        return;
    };
    let line = ContentLine::new("X-FUZZ").text(&String::from_utf8_lossy(data));
    let Ok(id) = document.insert(component, &line) else {
        return;
    };
    document.remove(id).expect("the line that was put in");
    let back = document.to_bytes();
    // Only the end of a last line that had none may be new.
    assert!(back.starts_with(data) && back.len() <= data.len() + 2);
    document.remove(property).expect("the first property");
}
