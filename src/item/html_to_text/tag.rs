//! What the elements of HTML do to plain text.

/// What a tag does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tag {
    Block,
    Paragraph,
    Break,
    Rule,
    Row,
    Cell,
    Item,
    Ordered,
    Unordered,
    Quote,
    Preformatted,
    Link,
    Picture,
    /// Its content is not text.
    Hidden,
    Other,
}

impl Tag {
    /// By its name, which html5gum gives in lower case.
    pub(super) fn named(name: &[u8]) -> Self {
        match name {
            b"div" | b"section" | b"article" | b"header" | b"footer" | b"nav" | b"main"
            | b"aside" | b"address" | b"center" | b"form" | b"fieldset" | b"dt" | b"dd"
            | b"caption" | b"figure" | b"figcaption" | b"option" | b"body" | b"legend"
            | b"thead" | b"tbody" | b"textarea" | b"select" | b"button" => Self::Block,
            b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"dl" | b"table" => {
                Self::Paragraph
            }
            b"br" => Self::Break,
            b"hr" => Self::Rule,
            b"tr" => Self::Row,
            b"td" | b"th" => Self::Cell,
            b"li" => Self::Item,
            b"ol" => Self::Ordered,
            b"ul" | b"menu" | b"dir" => Self::Unordered,
            b"blockquote" => Self::Quote,
            b"pre" | b"listing" | b"xmp" => Self::Preformatted,
            b"a" => Self::Link,
            b"img" => Self::Picture,
            b"style" | b"script" | b"title" | b"iframe" | b"noembed" | b"noframe" | b"noscript" => {
                Self::Hidden
            }
            _ => Self::Other,
        }
    }
}
