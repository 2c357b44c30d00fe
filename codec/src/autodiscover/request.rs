//! `<Autodiscover><Request><EMailAddress/><AcceptableResponseSchema/></Request></Autodiscover>`.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::MOBILE_SYNC;
use crate::wbxml::resolve_reference;

/// What was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// EMailAddress as it came, trimmed. Hostile text until somebody looked at it.
    pub address: String,
    pub schema: Schema,
}

/// The schema that the answer is wanted in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Schema {
    /// A phone's.
    MobileSync,
    /// Windows Outlook's, or one nobody knows.
    Other,
}

/// Why a body is no request; all of them are error 600.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("the document has {0} bytes, more than {MAX_DOCUMENT}")]
    TooLong(usize),
    #[error("the document is not UTF-8")]
    Encoding,
    #[error("a document type declaration, which is refused")]
    DocType,
    #[error("an entity that is not one of XML's own five")]
    Entity,
    #[error("not well-formed: {0}")]
    Syntax(String),
    #[error("more than {MAX_DEPTH} open elements")]
    Depth,
    #[error("more than {MAX_ATTRIBUTES} attributes")]
    Attributes,
    #[error("the element {0} is missing")]
    Missing(&'static str),
    #[error("the element {0} comes twice")]
    Repeated(&'static str),
    #[error("the element {0} is longer than {MAX_VALUE} bytes")]
    ValueTooLong(&'static str),
}

/// Longest document. A request has 400 bytes; the limit of XML in general (32 MiB, threats section
/// 1) would be an invitation here.
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// Open elements (threats section 1).
const MAX_DEPTH: usize = 64;
/// Attributes of one element (T17).
const MAX_ATTRIBUTES: usize = 64;
/// Longest value: a schema is a URL, an address has 254 bytes.
const MAX_VALUE: usize = 1024;

const ADDRESS: &str = "EMailAddress";
const SCHEMA: &str = "AcceptableResponseSchema";

impl Request {
    /// Reads a body. Elements that are not known are skipped with what is in them.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn read(body: &[u8]) -> Result<Self, Fault> {
        if body.len() > MAX_DOCUMENT {
            return Err(Fault::TooLong(body.len()));
        }
        let text = std::str::from_utf8(body).map_err(|_| Fault::Encoding)?;
        let mut reader = Reader::from_str(text.trim_start_matches(['\u{feff}', ' ', '\r', '\n']));
        reader.config_mut().expand_empty_elements = true;
        let mut walk = Walk::default();
        loop {
            match reader.read_event() {
                Ok(Event::Start(element)) => walk.start(&element)?,
                Ok(Event::End(_)) => walk.end()?,
                Ok(Event::Text(text)) => walk.text(&text.xml10_content())?,
                Ok(Event::CData(text)) => walk.text(&text.xml10_content())?,
                Ok(Event::GeneralRef(reference)) => {
                    let character = resolve_reference(&reference).map_err(|_| Fault::Entity)?;
                    walk.text(character.encode_utf8(&mut [0; 4]))?;
                }
                Ok(Event::DocType(_)) => return Err(Fault::DocType),
                Ok(Event::Eof) => return walk.finish(),
                Ok(_) => {}
                Err(error) => return Err(Fault::Syntax(error.to_string())),
            }
        }
    }
}

/// Where the reader stands, and what was found.
#[derive(Default)]
struct Walk {
    depth: usize,
    /// The known elements that lead to here; as long as `depth` on the way to a value.
    path: Vec<Known>,
    address: Option<String>,
    schema: Option<String>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Known {
    Root,
    Request,
    Address,
    Schema,
}

impl Walk {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::Depth);
        }
        // Without the library's search for duplicates, which is quadratic (T17).
        if element.attributes().with_checks(false).count() > MAX_ATTRIBUTES {
            return Err(Fault::Attributes);
        }
        let known = if self.path.len() == self.depth {
            match (self.path.as_slice(), element.local_name().as_ref()) {
                ([], "Autodiscover") => Some(Known::Root),
                ([Known::Root], "Request") => Some(Known::Request),
                ([Known::Root, Known::Request], "EMailAddress") => Some(Known::Address),
                ([Known::Root, Known::Request], "AcceptableResponseSchema") => Some(Known::Schema),
                _ => None,
            }
        } else {
            None
        };
        let begun = match known {
            Some(Known::Address) => Some((ADDRESS, self.address.replace(String::new()))),
            Some(Known::Schema) => Some((SCHEMA, self.schema.replace(String::new()))),
            _ => None,
        };
        if let Some((name, Some(_))) = begun {
            return Err(Fault::Repeated(name));
        }
        self.path.extend(known);
        self.depth += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        if self.path.len() == self.depth {
            self.path.pop();
        }
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| Fault::Syntax("an end without a start".to_owned()))?;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        if self.path.len() != self.depth {
            return Ok(());
        }
        let (name, value) = match self.path.last() {
            Some(Known::Address) => (ADDRESS, &mut self.address),
            Some(Known::Schema) => (SCHEMA, &mut self.schema),
            _ => return Ok(()),
        };
        let value = value.get_or_insert_default();
        if value.len() + text.len() > MAX_VALUE {
            return Err(Fault::ValueTooLong(name));
        }
        value.push_str(text);
        Ok(())
    }

    fn finish(self) -> Result<Request, Fault> {
        if self.depth > 0 {
            return Err(Fault::Syntax("the document ends too early".to_owned()));
        }
        let said = |value: Option<String>, name| {
            let value = value.map(|text| text.trim().to_owned());
            value
                .filter(|text| !text.is_empty())
                .ok_or(Fault::Missing(name))
        };
        // Outlook may name a LegacyDN instead of an address; it learns then that its schema is not
        // spoken here, rather than that its request is none.
        let schema = match said(self.schema, SCHEMA)? {
            schema if schema.eq_ignore_ascii_case(MOBILE_SYNC) => Schema::MobileSync,
            _ => Schema::Other,
        };
        let address = match (said(self.address, ADDRESS), &schema) {
            (Err(_), Schema::Other) => String::new(),
            (address, _) => address?,
        };
        Ok(Request { address, schema })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><Autodiscover xmlns=\"x\"><Request>{inner}</Request></Autodiscover>"
        )
    }

    fn asked(address: &str, schema: &str) -> String {
        request(&format!(
            "<EMailAddress>{address}</EMailAddress>\
             <AcceptableResponseSchema>{schema}</AcceptableResponseSchema>"
        ))
    }

    #[test]
    fn requests_as_phones_write_them() {
        let example = include_str!("../../../fixtures/schema/examples/autodiscover-request.xml");
        let outlook =
            "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
        let swapped = request(&format!(
            "<AcceptableResponseSchema> {MOBILE_SYNC}\n</AcceptableResponseSchema><Extra><EMailAddress>\
             no@d</EMailAddress></Extra>\n<EMailAddress><![CDATA[a]]>&amp;b@d&#46;t</EMailAddress>"
        ));
        for (xml, address, schema) in [
            (example.to_owned(), "a@example.org", Schema::MobileSync),
            (asked("a@d", MOBILE_SYNC), "a@d", Schema::MobileSync),
            (asked(" a@d\r\n", MOBILE_SYNC), "a@d", Schema::MobileSync),
            (asked("a@d", outlook), "a@d", Schema::Other),
            (asked("", outlook), "", Schema::Other),
            (swapped, "a&b@d.t", Schema::MobileSync),
            (
                format!("\u{feff}{}", asked("a@d", MOBILE_SYNC)),
                "a@d",
                Schema::MobileSync,
            ),
            (
                asked("a@d", MOBILE_SYNC).replace(
                    "?xml version=\"1.0\"?",
                    "?xml version=\"1.0\" encoding=\"utf-16\"?",
                ),
                "a@d",
                Schema::MobileSync,
            ),
        ] {
            let expected = Request {
                address: address.to_owned(),
                schema,
            };
            assert_eq!(Request::read(xml.as_bytes()), Ok(expected), "{xml}");
        }
    }

    #[test]
    fn what_is_no_request_is_said_to_be_none() {
        let twice = request("<EMailAddress>a@d</EMailAddress><EMailAddress>b@d</EMailAddress>");
        for (xml, fault) in [
            ("", Fault::Missing(SCHEMA)),
            ("no xml", Fault::Missing(SCHEMA)),
            ("<Autodiscover/>", Fault::Missing(SCHEMA)),
            (&asked("a@d", ""), Fault::Missing(SCHEMA)),
            (&asked("  ", MOBILE_SYNC), Fault::Missing(ADDRESS)),
            (&twice, Fault::Repeated(ADDRESS)),
            (
                &asked(&"a".repeat(2000), MOBILE_SYNC),
                Fault::ValueTooLong(ADDRESS),
            ),
        ] {
            assert_eq!(Request::read(xml.as_bytes()), Err(fault), "{xml:.80}");
        }
        for xml in [
            "<Autodiscover>",
            "<Autodiscover></Request>",
            "</Autodiscover>",
            "<Autodiscover><",
        ] {
            let read = Request::read(xml.as_bytes());
            assert!(matches!(read, Err(Fault::Syntax(_))), "{xml}: {read:?}");
        }
        assert_eq!(Request::read(b"<a>\xFF</a>"), Err(Fault::Encoding));
    }

    #[test]
    fn t16_no_document_type_and_no_entity_but_xmls_own() {
        let body = asked("&e;@d", MOBILE_SYNC);
        let body = body.strip_prefix("<?xml version=\"1.0\"?>").unwrap();
        for doctype in [
            "<!DOCTYPE a>",
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">",
            "<!DOCTYPE a [<!ENTITY e SYSTEM \"http://127.0.0.1/\">]>",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1/\"> %p;]>",
            "<!DOCTYPE a [<!ENTITY e \"ha\"><!ENTITY f \"&e;&e;&e;&e;\">]>",
            "<!doctype a>",
        ] {
            let read = Request::read(format!("<?xml version=\"1.0\"?>{doctype}{body}").as_bytes());
            assert!(
                matches!(read, Err(Fault::DocType | Fault::Syntax(_))),
                "{doctype}: {read:?}"
            );
        }
        for entity in ["&e;", "&nbsp;", "&#xD800;", "&#0;", "&#99999999999;"] {
            let body = asked(entity, MOBILE_SYNC);
            assert_eq!(
                Request::read(body.as_bytes()),
                Err(Fault::Entity),
                "{entity}"
            );
        }
    }

    #[test]
    fn t17_storms_of_attributes_and_depth_are_cut_short() {
        let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        let wide = |count: usize| {
            let attributes: String = (0..count).map(|n| format!(" a{n}=\"\"")).collect();
            format!("<Autodiscover{attributes}/>")
        };
        let names = |count: usize| {
            let spaces: String = (0..count).map(|n| format!(" xmlns:a{n}=\"b\"")).collect();
            format!("<Autodiscover{spaces}/>")
        };
        assert_eq!(Request::read(deep(65).as_bytes()), Err(Fault::Depth));
        assert_eq!(
            Request::read(deep(64).as_bytes()),
            Err(Fault::Missing(SCHEMA))
        );
        assert_eq!(Request::read(wide(65).as_bytes()), Err(Fault::Attributes));
        assert_eq!(
            Request::read(names(2000).as_bytes()),
            Err(Fault::Attributes)
        );
        for xml in [deep(10_000), wide(80_000), names(80_000)] {
            assert_eq!(
                Request::read(xml.as_bytes()),
                Err(Fault::TooLong(xml.len()))
            );
        }
    }
}
