//! The original below a reply, as text and as HTML.

use super::write;
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::text_to_html;

/// The mail replied to, as a reader saw it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Quote {
    /// A name, or an address where there is none.
    pub author: String,
    /// Seconds since 1970.
    pub date: Option<i64>,
    /// At least one of the two; the other is made from it.
    pub text: Option<String>,
    pub html: Option<String>,
}

/// What marks a quotation for mail programs, so that they can fold it away.
const QUOTE_OPEN: &str = "<blockquote type=\"cite\" style=\"margin:0 0 0 .8ex;border-left:1px solid \
    #ccc;padding-left:1ex\">";

impl Quote {
    fn head(&self) -> String {
        let author = if self.author.is_empty() {
            "the sender"
        } else {
            &self.author
        };
        let author: String = author.chars().filter(|c| !c.is_control()).collect();
        match self.date {
            Some(date) => format!("On {}, {author} wrote:", write::date(date)),
            None => format!("{author} wrote:"),
        }
    }

    /// The reply's text with the original quoted below.
    pub(super) fn below_text(&self, reply: &str) -> String {
        let original = match (&self.text, &self.html) {
            (Some(text), _) => text.clone(),
            (None, Some(html)) => html_to_text(html, Style::Full),
            (None, None) => String::new(),
        };
        let reply = reply.trim_end();
        let mut out = String::with_capacity(reply.len() + original.len() + original.len() / 16);
        out.push_str(reply);
        if !reply.is_empty() {
            out.push_str("\r\n\r\n");
        }
        out.push_str(&self.head());
        out.push_str("\r\n");
        for line in original.trim_end().split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            // No blank behind a mark that is quoted already, as RFC 3676 4.5 counts depth.
            out.push_str(if line.starts_with('>') || line.is_empty() {
                ">"
            } else {
                "> "
            });
            out.push_str(line);
            out.push_str("\r\n");
        }
        out
    }

    /// The reply's HTML with the original quoted inside its body, at the end.
    pub(super) fn below_html(&self, reply: &str) -> String {
        let mut quoted = String::from("<br><div>");
        text_to_html::fragment(&self.head(), &mut quoted);
        quoted.push_str("</div>");
        quoted.push_str(QUOTE_OPEN);
        match (&self.html, &self.text) {
            (Some(html), _) => quoted.push_str(inner(html)),
            (None, Some(text)) => text_to_html::fragment(text, &mut quoted),
            (None, None) => {}
        }
        quoted.push_str("</blockquote>");
        let (before, after) = reply.split_at(end_of_body(reply));
        [before, &quoted, after].concat()
    }
}

/// What stands inside `<body>`, all of it where there is none.
fn inner(html: &str) -> &str {
    // ASCII lower case keeps every offset.
    let lower = html.to_ascii_lowercase();
    let start = lower
        .find("<body")
        .and_then(|at| lower.get(at..)?.find('>').map(|end| at + end + 1))
        .unwrap_or(0);
    let rest = html.get(start..).unwrap_or(html);
    rest.get(..end_of_body(rest)).unwrap_or(rest)
}

fn end_of_body(html: &str) -> usize {
    let lower = html.to_ascii_lowercase();
    lower
        .rfind("</body")
        .or_else(|| lower.rfind("</html"))
        .unwrap_or(html.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(text: Option<&str>, html: Option<&str>) -> Quote {
        Quote {
            author: "Ann <b>".into(),
            date: Some(0),
            text: text.map(Into::into),
            html: html.map(Into::into),
        }
    }

    const HEAD: &str = "On Thu, 01 Jan 1970 00:00:00 +0000, Ann <b> wrote:";

    #[test]
    fn text_is_marked_line_by_line() {
        let quote = quote(Some("one\r\n> two\n\nthree\r\n\r\n"), None);
        assert_eq!(
            quote.below_text("Yes.\r\n"),
            format!("Yes.\r\n\r\n{HEAD}\r\n> one\r\n>> two\r\n>\r\n> three\r\n")
        );
        assert!(quote.below_text("").starts_with(HEAD));
        let bare = Quote::default();
        assert_eq!(bare.below_text("a"), "a\r\n\r\nthe sender wrote:\r\n>\r\n");
    }

    #[test]
    fn html_goes_inside_the_body() {
        let head = "<br><div>On Thu, 01 Jan 1970 00:00:00 +0000, Ann &lt;b&gt; wrote:</div>";
        let quote = quote(
            None,
            Some("<HTML><head><title>x</title></head><BODY class=\"a\"><p>old</p></BODY></HTML>"),
        );
        assert_eq!(
            quote.below_html("<html><body><p>Yes</p></body></html>"),
            format!(
                "<html><body><p>Yes</p>{head}{QUOTE_OPEN}<p>old</p></blockquote></body></html>"
            )
        );
        assert_eq!(
            quote.below_html("Yes"),
            format!("Yes{head}{QUOTE_OPEN}<p>old</p></blockquote>")
        );
        // The other form is made where the original has but one.
        assert!(quote.below_text("Yes").contains("> old"));
    }

    #[test]
    fn t27_an_author_cannot_write_lines() {
        let evil = Quote {
            author: "Ann\r\nfake line".into(),
            ..Quote::default()
        };
        assert!(evil.below_text("").starts_with("Annfake line wrote:\r\n"));
        assert_eq!(inner("</body><body>x"), "x");
        assert_eq!(inner("<body"), "<body");
    }
}
