//! WBXML to XML: one pass over the reader's events, an explicit stack, no tree.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{BASE64, BLANKS, Form, OPAQUE, STRING, UNKNOWN};
use crate::wbxml::legal::first_illegal;
use crate::wbxml::reader::{Event, Fault, Limits, Reader};
use crate::wbxml::tag::Tag;

/// The document as XML, on one line.
///
/// # Errors
/// The fault of the bytes, where they have one.
pub fn to_xml(bytes: &[u8]) -> Result<String, Fault> {
    let mut printer = Printer::new(false, bytes.len());
    printer.print(bytes)?;
    Ok(printer.out)
}

/// The document as XML, an element a line, indented; the same tree as [`to_xml`]'s.
///
/// # Errors
/// The fault of the bytes, and the XML as far as it could be read.
pub fn to_pretty_xml(bytes: &[u8]) -> Result<String, (Fault, String)> {
    let mut printer = Printer::new(true, bytes.len());
    match printer.print(bytes) {
        Ok(()) => {
            printer.out.push('\n');
            Ok(printer.out)
        }
        Err(fault) => {
            printer.close_start_tag();
            Err((fault, printer.out))
        }
    }
}

/// An element begun and not ended.
#[derive(Debug)]
struct Open {
    tag: Tag,
    /// The default namespace inside it.
    namespace: &'static str,
    /// What stood in it last.
    last: Last,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Last {
    Nothing,
    Value(Form),
    /// An element, and values before it or not.
    Child {
        mixed: bool,
    },
}

#[derive(Debug)]
struct Printer {
    out: String,
    stack: Vec<Open>,
    pretty: bool,
    /// The start tag written last lacks its `>`: what comes next decides between `>` and `/>`.
    unclosed: bool,
}

impl Printer {
    fn new(pretty: bool, length: usize) -> Self {
        Self {
            // Names are longer than tokens; bodies are most of the bytes.
            out: String::with_capacity(length.saturating_mul(2)),
            stack: Vec::with_capacity(Limits::VIEW.depth),
            pretty,
            unclosed: false,
        }
    }

    fn print(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mut reader = Reader::with_limits(bytes, Limits::VIEW)?;
        self.start(reader.root()?);
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(tag) => self.start(tag),
                Event::End => self.end(),
                Event::Text(text) => self.text(&text),
                Event::Opaque(bytes) => self.opaque(bytes),
            }
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag) {
        self.close_start_tag();
        if let Some(parent) = self.stack.last_mut() {
            let mixed = match parent.last {
                Last::Nothing => false,
                Last::Value(_) => true,
                Last::Child { mixed } => mixed,
            };
            parent.last = Last::Child { mixed };
            if !mixed {
                self.line();
            }
        }
        let outer = self.stack.last().map_or("", |open| open.namespace);
        self.out.push('<');
        push_name(&mut self.out, tag);
        let namespace = tag.info().and_then(|_| tag.code_page());
        let namespace = namespace.map_or(outer, |page| page.namespace);
        if namespace != outer {
            self.out.push_str(" xmlns=\"");
            self.out.push_str(namespace);
            self.out.push('"');
        }
        self.unclosed = true;
        self.stack.push(Open {
            tag,
            namespace,
            last: Last::Nothing,
        });
    }

    fn end(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        if self.unclosed {
            self.unclosed = false;
            self.out.push_str("/>");
            return;
        }
        if open.last == (Last::Child { mixed: false }) {
            self.line();
        }
        self.out.push_str("</");
        push_name(&mut self.out, open.tag);
        self.out.push('>');
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.form(Form::Text, text.trim_matches(BLANKS).is_empty());
            push_escaped(&mut self.out, text);
        }
    }

    fn opaque(&mut self, bytes: &[u8]) {
        let usual = self.stack.last().map(|open| Form::usual(open.tag));
        if usual == Some(Form::Text)
            && let Ok(text) = std::str::from_utf8(bytes)
            && first_illegal(text).is_none()
        {
            self.form(Form::OpaqueText, false);
            push_escaped(&mut self.out, text);
        } else if bytes.is_empty() {
            self.form(Form::OpaqueText, false); // nothing would be written after an unmarked one
        } else {
            self.form(Form::OpaqueBase64, false);
            STANDARD.encode_string(bytes, &mut self.out);
        }
    }

    /// Marks the form of the value that follows, unless it goes without saying. A blank value is
    /// marked always, since it would pass for layout.
    fn form(&mut self, form: Form, blank: bool) {
        self.close_start_tag();
        let Some(open) = self.stack.last_mut() else {
            return;
        };
        let evident = !blank
            && match open.last {
                Last::Nothing => form == Form::usual(open.tag),
                Last::Value(before) => form == before && form == Form::Text,
                Last::Child { .. } => false,
            };
        open.last = match open.last {
            Last::Child { .. } => Last::Child { mixed: true },
            _ => Last::Value(form),
        };
        if !evident {
            let (target, space, content) = match form {
                Form::Text => (STRING, "", ""),
                Form::OpaqueText => (OPAQUE, "", ""),
                Form::OpaqueBase64 => (OPAQUE, " ", BASE64),
            };
            for piece in ["<?", target, space, content, "?>"] {
                self.out.push_str(piece);
            }
        }
    }

    fn close_start_tag(&mut self) {
        if self.unclosed {
            self.unclosed = false;
            self.out.push('>');
        }
    }

    /// A new line at the present depth.
    fn line(&mut self) {
        if self.pretty {
            self.out.push('\n');
            for _ in 0..self.stack.len() {
                self.out.push_str("  ");
            }
        }
    }
}

fn push_name(out: &mut String, tag: Tag) {
    match tag.info() {
        Some(info) => out.push_str(info.name),
        None => {
            let _infallible = write!(out, "{UNKNOWN}{}-0x{:02x}", tag.page, tag.token);
        }
    }
}

/// Appends `text` with markup escaped. CR too: a parser would make LF of it. What XML cannot say
/// at all becomes U+FFFD.
fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = first_special(rest)
        && let Some((plain, special)) = rest.split_at_checked(at)
    {
        out.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('\r') => out.push_str("&#13;"),
            Some(other) if first_illegal(other.encode_utf8(&mut [0; 4])).is_none() => {
                out.push(other);
            }
            Some(_) => out.push(char::REPLACEMENT_CHARACTER),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// Where the first byte stands that may need care.
fn first_special(text: &str) -> Option<usize> {
    text.bytes().position(|byte| {
        matches!(byte, b'&' | b'<' | b'>' | 0xEF) || (byte < 0x20 && byte != b'\n' && byte != b'\t')
    })
}
