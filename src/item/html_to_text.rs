//! Plain text from HTML: tokens of html5gum, no tree, linear in the input (libraries.md: tree
//! builders are quadratic in nesting). Cells are separated, lists marked, quotes prefixed, links
//! and pictures written out. Line ends are CRLF, as Exchange sends them.

mod tag;

use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, Error, ForwardingEmitter, Span, Tokenizer};

use self::tag::Tag;
use crate::item::legal::legalise;

/// What is written besides the text itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// Links as `text <url>`, pictures as `[description]`.
    Full,
    /// Words only, for previews.
    Words,
}

/// The text of an HTML document or of its beginning.
pub fn html_to_text(html: &str, style: Style) -> String {
    convert(html, style, usize::MAX)
}

/// The same, but stops once `enough` octets of text are there.
pub(crate) fn convert(html: &str, style: Style, enough: usize) -> String {
    let mut renderer = Renderer::new(style, html.len().min(enough));
    let mut emitter = CallbackEmitter::new(Events {
        renderer: &mut renderer,
        enough,
    });
    emitter.naively_switch_states(true);
    // The only token there is means "enough": the rest of the input is not read.
    let _ = Tokenizer::new_with_emitter(html, Quiet(emitter)).next();
    legalise(renderer.finish())
}

/// Quotes and lists inside each other that are still shown as such.
const MAX_SHOWN_DEPTH: usize = 16;
/// Longest address written after a link's text; tracking links beyond it help nobody.
const MAX_LINK: usize = 1000;

struct Events<'a> {
    renderer: &'a mut Renderer,
    enough: usize,
}

impl Callback<(), ()> for Events<'_> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _span: Span<()>) -> Option<()> {
        match event {
            CallbackEvent::OpenStartTag { name } => self.renderer.open(name),
            CallbackEvent::AttributeName { name } => self.renderer.attribute_name(name),
            CallbackEvent::AttributeValue { value } => self.renderer.attribute_value(value),
            CallbackEvent::CloseStartTag { .. } => self.renderer.opened(),
            CallbackEvent::EndTag { name } => self.renderer.close(name),
            CallbackEvent::String { value } => {
                self.renderer.text(value);
                return (self.renderer.out.len() >= self.enough).then_some(());
            }
            _ => {}
        }
        None
    }
}

/// Looks neither for errors nor into comments: that alone costs half of the time.
struct Quiet<'a>(CallbackEmitter<Events<'a>, ()>);

impl ForwardingEmitter for Quiet<'_> {
    type Token = ();

    fn inner(&mut self) -> &mut impl Emitter<Token = ()> {
        &mut self.0
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn emit_error(&mut self, _error: Error) {}

    fn push_comment(&mut self, _text: &[u8]) {}
}

/// What must stand between the text before and the next text; the strongest wins.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Gap {
    None,
    Space,
    Cell,
    Line,
    Paragraph,
}

struct Renderer {
    style: Style,
    out: String,
    gap: Gap,
    /// The fewest quotes since the gap began: its blank line belongs to the outer text.
    gap_quotes: usize,
    /// A list mark was just written: its text follows on the same line.
    after_mark: bool,
    /// Something stands on the current line.
    line_begun: bool,
    quotes: usize,
    preformatted: usize,
    /// Inside an element whose content is not text; the tokenizer finds its end as browsers do.
    hidden: bool,
    lists: Vec<Option<u32>>,
    /// Lists beyond the depth that is shown.
    more_lists: usize,
    link: Option<(String, usize)>,
    tag: Tag,
    attribute: Attribute,
    target: String,
    description: String,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Attribute {
    Href,
    Alt,
    Other,
}

impl Renderer {
    fn new(style: Style, room: usize) -> Self {
        Self {
            style,
            out: String::with_capacity(room / 2),
            gap: Gap::None,
            gap_quotes: 0,
            after_mark: false,
            line_begun: false,
            quotes: 0,
            preformatted: 0,
            hidden: false,
            lists: Vec::new(),
            more_lists: 0,
            link: None,
            tag: Tag::Other,
            attribute: Attribute::Other,
            target: String::new(),
            description: String::new(),
        }
    }

    fn open(&mut self, name: &[u8]) {
        self.tag = Tag::named(name);
        self.attribute = Attribute::Other;
        self.target.clear();
        self.description.clear();
    }

    fn attribute_name(&mut self, name: &[u8]) {
        self.attribute = match (self.tag, name) {
            (Tag::Link, b"href") => Attribute::Href,
            (Tag::Picture, b"alt") => Attribute::Alt,
            _ => Attribute::Other,
        };
    }

    fn attribute_value(&mut self, value: &[u8]) {
        match self.attribute {
            Attribute::Href if value.len() <= MAX_LINK => {
                self.target = String::from_utf8_lossy(value).into_owned();
            }
            Attribute::Alt => self.description = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
    }

    /// A start tag with its attributes is complete.
    fn opened(&mut self) {
        match self.tag {
            Tag::Hidden => self.hidden = true,
            Tag::Block | Tag::Row => self.want(Gap::Line),
            Tag::Paragraph => self.want(Gap::Paragraph),
            Tag::Break => self.line_break(),
            Tag::Rule => {
                self.want(Gap::Line);
                if self.style == Style::Full {
                    self.word("----------------------------------------");
                }
                self.want(Gap::Line);
            }
            Tag::Cell => self.want(Gap::Cell),
            Tag::Item => self.item(),
            Tag::Ordered => self.list(Some(0)),
            Tag::Unordered => self.list(None),
            Tag::Quote => {
                self.want(Gap::Paragraph);
                self.quotes += 1;
            }
            Tag::Preformatted => {
                self.want(Gap::Paragraph);
                self.preformatted += 1;
            }
            Tag::Link => {
                self.end_link();
                let target = std::mem::take(&mut self.target);
                self.link = Some((target, self.out.len()));
            }
            Tag::Picture => {
                let description = std::mem::take(&mut self.description);
                if self.style == Style::Full && !description.trim().is_empty() {
                    self.word("[");
                    self.flowing(&description);
                    self.gap = Gap::None;
                    self.word("]");
                }
            }
            Tag::Other => {}
        }
    }

    fn close(&mut self, name: &[u8]) {
        match Tag::named(name) {
            Tag::Hidden => self.hidden = false,
            Tag::Block | Tag::Row | Tag::Item => self.want(Gap::Line),
            Tag::Paragraph => self.want(Gap::Paragraph),
            Tag::Break => self.line_break(),
            Tag::Cell => self.want(Gap::Cell),
            Tag::Ordered | Tag::Unordered => {
                if self.more_lists > 0 {
                    self.more_lists -= 1;
                } else {
                    self.lists.pop();
                }
                self.want(if self.lists.is_empty() {
                    Gap::Paragraph
                } else {
                    Gap::Line
                });
            }
            Tag::Quote => {
                // The quote ends before the gap: the blank line after it is not quoted.
                self.quotes = self.quotes.saturating_sub(1);
                self.want(Gap::Paragraph);
            }
            Tag::Preformatted => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.want(Gap::Paragraph);
            }
            Tag::Link => self.end_link(),
            Tag::Rule | Tag::Picture | Tag::Other => {}
        }
    }

    fn text(&mut self, value: &[u8]) {
        if self.hidden {
            return;
        }
        let text = String::from_utf8_lossy(value);
        if self.preformatted == 0 {
            self.flowing(&text);
            return;
        }
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.line_break();
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !line.is_empty() {
                self.word(line);
            }
        }
    }

    /// Text whose blanks and line ends are only word gaps. A no-break space is a blank here: in
    /// mail it is used for width, not for meaning.
    fn flowing(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let blanks = blanks(rest.as_bytes());
            if blanks > 0 {
                self.want(Gap::Space);
            }
            let (_, word) = rest.split_at(blanks);
            if word.is_empty() {
                return;
            }
            let (word, after) = word.split_at(word_length(word.as_bytes()));
            self.word(word);
            rest = after;
        }
    }

    fn want(&mut self, gap: Gap) {
        if self.hidden || self.after_mark || self.out.is_empty() {
            return;
        }
        if self.gap == Gap::None {
            self.gap_quotes = self.quotes;
        }
        self.gap_quotes = self.gap_quotes.min(self.quotes);
        self.gap = self.gap.max(gap);
    }

    fn line_break(&mut self) {
        // After a block or another break it makes an empty line, but never several.
        self.want(if self.gap >= Gap::Line {
            Gap::Paragraph
        } else {
            Gap::Line
        });
    }

    fn word(&mut self, word: &str) {
        self.flush_gap();
        self.after_mark = false;
        if !self.line_begun {
            self.prefix();
            self.line_begun = true;
        }
        self.out.push_str(word);
    }

    fn flush_gap(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        match gap {
            Gap::None => {}
            Gap::Space if self.line_begun => self.out.push(' '),
            Gap::Cell if self.line_begun => self.out.push('\t'),
            Gap::Space | Gap::Cell => {}
            Gap::Line => self.end_line(),
            Gap::Paragraph => {
                self.end_line();
                for _ in 0..self.gap_quotes.min(MAX_SHOWN_DEPTH) {
                    self.out.push('>');
                }
                self.out.push_str("\r\n");
            }
        }
    }

    fn end_line(&mut self) {
        if self.line_begun {
            self.out.push_str("\r\n");
            self.line_begun = false;
        }
    }

    fn prefix(&mut self) {
        for _ in 0..self.quotes.min(MAX_SHOWN_DEPTH) {
            self.out.push('>');
        }
        if self.quotes > 0 {
            self.out.push(' ');
        }
    }

    fn list(&mut self, number: Option<u32>) {
        self.want(if self.lists.is_empty() {
            Gap::Paragraph
        } else {
            Gap::Line
        });
        if self.lists.len() < MAX_SHOWN_DEPTH {
            self.lists.push(number);
        } else {
            self.more_lists += 1;
        }
    }

    fn item(&mut self) {
        self.want(Gap::Line);
        if self.style == Style::Words || self.hidden {
            return;
        }
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{indent}{number}. ")
            }
            _ => format!("{indent}* "),
        };
        self.word(&mark);
        self.after_mark = true;
    }

    fn end_link(&mut self) {
        let Some((target, start)) = self.link.take() else {
            return;
        };
        if self.style == Style::Words || self.hidden {
            return;
        }
        let shown = self.out.get(start..).unwrap_or_default().trim();
        if shown.is_empty() || !is_useful(&target) || bare(shown) == bare(&target) {
            return;
        }
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        self.word(" <");
        let visible = |c: &char| !c.is_whitespace() && !c.is_control();
        self.out.extend(target.chars().filter(visible));
        self.out.push('>');
        self.gap = gap;
    }

    fn finish(mut self) -> String {
        self.end_link();
        self.out
    }
}

/// A target that a reader of plain text can use.
fn is_useful(target: &str) -> bool {
    let scheme = target.split(':').next().unwrap_or_default();
    ["http", "https", "mailto", "tel", "ftp"]
        .iter()
        .any(|useful| scheme.eq_ignore_ascii_case(useful))
}

/// A target or a text without what links add to the words.
fn bare(text: &str) -> &str {
    let text = ["mailto:", "tel:", "https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .unwrap_or(text);
    text.strip_suffix('/').unwrap_or(text)
}

/// Octets of blanks at the start; the two octets of a no-break space go together.
fn blanks(octets: &[u8]) -> usize {
    let mut length = 0;
    loop {
        length += match octets.get(length..) {
            Some([b' ' | b'\t' | b'\r' | b'\n' | 0xC, ..]) => 1,
            Some([0xC2, 0xA0, ..]) => 2,
            _ => return length,
        };
    }
}

/// Octets up to the next blank.
fn word_length(octets: &[u8]) -> usize {
    let mut from = 0;
    while let Some(rest) = octets.get(from..) {
        let Some(at) = rest
            .iter()
            .position(|&octet| octet <= b' ' || octet == 0xC2)
        else {
            break;
        };
        from += at;
        if blanks(octets.get(from..).unwrap_or_default()) > 0 {
            return from;
        }
        from += 1;
    }
    octets.len()
}

#[cfg(test)]
mod tests;
