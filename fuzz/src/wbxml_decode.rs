//! Any bytes as a WBXML body: read in three ways that must agree, shown as XML, and back.

use airgate_codec::wbxml::{Fault, Limits, Reader, from_xml, to_pretty_xml, to_xml};

use crate::events::events;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(decode, data);
}

fn decode(data: &[u8]) {
    let walked = walking(data);
    assert_eq!(walked, skipping(data), "by events and by skipping");
    if let Err(fault) = walked {
        assert!(fault.offset <= data.len());
    }
    // A command's reader meets what it does not expect, and must not lose its place.
    let _may_be_refused = typed(data);

    let xml = to_xml(data);
    let pretty = to_pretty_xml(data).map_err(|(fault, _)| fault);
    assert_eq!(xml.as_ref().err(), pretty.as_ref().err());
    let (Ok(xml), Ok(pretty)) = (xml, pretty) else {
        return;
    };
    assert!(xml.len() <= 64 * data.len(), "{} bytes of XML", xml.len());
    let again = from_xml(&xml).expect("our own XML");
    assert_eq!(from_xml(&pretty).as_ref(), Ok(&again), "{pretty}");
    assert_eq!(events(&again), events(data), "{xml}");
}

fn walking(data: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(data)?;
    reader.root()?;
    while reader.next()?.is_some() {}
    assert!(reader.steps() <= data.len());
    Ok(())
}

fn skipping(data: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(data)?;
    reader.root()?;
    reader.skip()?;
    reader.finish()
}

/// Reads children as elements, values, numbers or nothing, by their tokens.
fn typed(data: &[u8]) -> Result<(), Fault> {
    let limits = Limits {
        depth: 8,
        tokens: 10_000,
    };
    let mut reader = Reader::with_limits(data, limits)?;
    reader.root()?;
    let mut depth = 1;
    while depth > 0 {
        match reader.child()? {
            None => depth -= 1,
            Some(tag) => match tag.token % 6 {
                0 => drop(reader.text()?),
                1 => drop(reader.bytes()?),
                2 => drop(reader.number::<u32>()?),
                3 => drop(reader.boolean()?),
                4 => reader.skip()?,
                _ => depth += 1,
            },
        }
    }
    reader.finish()
}
