//! A document as its events, without the differences that mean nothing: adjacent strings are one,
//! empty ones none, and characters XML cannot say are U+FFFD.

use airgate_codec::wbxml::{Event, Fault, Limits, Reader};

pub(crate) fn events(bytes: &[u8]) -> Result<Vec<Event<'_>>, Fault> {
    let mut reader = Reader::with_limits(bytes, Limits::VIEW)?;
    let mut events = vec![Event::Start(reader.root()?)];
    while let Some(event) = reader.next()? {
        match event {
            Event::Text(text) if text.is_empty() => {}
            Event::Text(text) => {
                let text = text.chars().map(|c| match c {
                    '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => c,
                    _ => '\u{fffd}',
                });
                if let Some(Event::Text(before)) = events.last_mut() {
                    before.to_mut().extend(text);
                } else {
                    events.push(Event::Text(text.collect::<String>().into()));
                }
            }
            other => events.push(other),
        }
    }
    Ok(events)
}
