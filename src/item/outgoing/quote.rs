//! The original below a reply or in a forward, as text and as HTML.

use super::write;
use crate::item::html_to_text::{self, html_to_text};
use crate::item::text_to_html;

/// The original mail, as a reader saw it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Quote {
    /// A name, or an address where there is none.
    pub author: String,
    /// Seconds since 1970.
    pub date: Option<i64>,
    /// What stands above a forward: From, To, Cc and Subject as far as there are any.
    pub heading: Vec<(&'static str, String)>,
    /// At least one of the two; the other is made from it.
    pub text: Option<String>,
    pub html: Option<String>,
    /// The sender wrote HTML.
    pub is_html: bool,
}

/// What the original becomes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    /// Each line marked, under one line that says whose it is.
    Reply,
    /// As it was, under its head ([MS-ASCMD] leaves the words to the server; these are Exchange's).
    Forward,
}

/// What marks a quotation for mail programs, so that they can fold it away.
const QUOTE_OPEN: &str = "<blockquote type=\"cite\" style=\"margin:0 0 0 .8ex;border-left:1px solid \
    #ccc;padding-left:1ex\">";
/// Above a forwarded original.
const FORWARDED: &str = "-----Original Message-----";

impl Quote {
    /// The reply's or forward's text with the original below.
    pub(super) fn below_text(&self, own: &str, style: Style) -> String {
        let original = match (&self.text, &self.html) {
            (Some(text), _) => text.clone(),
            (None, Some(html)) => html_to_text(html, html_to_text::Style::Full),
            (None, None) => String::new(),
        };
        let own = own.trim_end();
        let mut out = String::with_capacity(own.len() + original.len() + original.len() / 16);
        out.push_str(own);
        if !own.is_empty() {
            out.push_str("\r\n\r\n");
        }
        for line in self.head(style) {
            out.push_str(&line);
            out.push_str("\r\n");
        }
        if style == Style::Forward {
            out.push_str("\r\n");
        }
        for line in original.trim_end().split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if style == Style::Reply {
                // No blank behind a mark that is quoted already, as RFC 3676 4.5 counts depth.
                out.push_str(if line.starts_with('>') || line.is_empty() {
                    ">"
                } else {
                    "> "
                });
            }
            out.push_str(line);
            out.push_str("\r\n");
        }
        out
    }

    /// The reply's or forward's HTML with the original inside its body, at the end.
    pub(super) fn below_html(&self, own: &str, style: Style) -> String {
        let mut quoted = String::from("<br><div>");
        for (number, line) in self.head(style).iter().enumerate() {
            if number > 0 {
                quoted.push_str("<br>");
            }
            text_to_html::fragment(line, &mut quoted);
        }
        quoted.push_str("</div>");
        quoted.push_str(match style {
            Style::Reply => QUOTE_OPEN,
            Style::Forward => "<br><div>",
        });
        match (&self.html, &self.text) {
            (Some(html), _) => quoted.push_str(inner(html)),
            (None, Some(text)) => text_to_html::fragment(text, &mut quoted),
            (None, None) => {}
        }
        quoted.push_str(match style {
            Style::Reply => "</blockquote>",
            Style::Forward => "</div>",
        });
        let (before, after) = own.split_at(end_of_body(own));
        [before, &quoted, after].concat()
    }

    /// The lines above the original.
    fn head(&self, style: Style) -> Vec<String> {
        let author = if self.author.is_empty() {
            "the sender"
        } else {
            &self.author
        };
        match (style, self.date) {
            (Style::Reply, Some(date)) => {
                vec![line(&format!("On {}, {author} wrote:", write::date(date)))]
            }
            (Style::Reply, None) => vec![line(&format!("{author} wrote:"))],
            (Style::Forward, date) => {
                let mut lines = vec![FORWARDED.to_owned()];
                for (name, value) in &self.heading {
                    lines.push(line(&format!("{name}: {value}")));
                    if *name == "From"
                        && let Some(date) = date
                    {
                        lines.push(format!("Sent: {}", write::date(date)));
                    }
                }
                lines
            }
        }
    }
}

/// One line, whatever the sender put into it (T27).
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
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
            ..Quote::default()
        }
    }

    const HEAD: &str = "On Thu, 01 Jan 1970 00:00:00 +0000, Ann <b> wrote:";

    #[test]
    fn text_is_marked_line_by_line() {
        let quote = quote(Some("one\r\n> two\n\nthree\r\n\r\n"), None);
        assert_eq!(
            quote.below_text("Yes.\r\n", Style::Reply),
            format!("Yes.\r\n\r\n{HEAD}\r\n> one\r\n>> two\r\n>\r\n> three\r\n")
        );
        assert!(quote.below_text("", Style::Reply).starts_with(HEAD));
        let bare = Quote::default();
        assert_eq!(
            bare.below_text("a", Style::Reply),
            "a\r\n\r\nthe sender wrote:\r\n>\r\n"
        );
    }

    #[test]
    fn html_goes_inside_the_body() {
        let head = "<br><div>On Thu, 01 Jan 1970 00:00:00 +0000, Ann &lt;b&gt; wrote:</div>";
        let quote = quote(
            None,
            Some("<HTML><head><title>x</title></head><BODY class=\"a\"><p>old</p></BODY></HTML>"),
        );
        assert_eq!(
            quote.below_html("<html><body><p>Yes</p></body></html>", Style::Reply),
            format!(
                "<html><body><p>Yes</p>{head}{QUOTE_OPEN}<p>old</p></blockquote></body></html>"
            )
        );
        assert_eq!(
            quote.below_html("Yes", Style::Reply),
            format!("Yes{head}{QUOTE_OPEN}<p>old</p></blockquote>")
        );
        // The other form is made where the original has but one.
        assert!(quote.below_text("Yes", Style::Reply).contains("> old"));
    }

    #[test]
    fn a_forward_keeps_the_lines_under_the_originals_head() {
        let mut quote = quote(Some("one\r\n> two\r\n"), None);
        quote.heading = vec![("From", "Ann <b>".into()), ("Subject", "x".into())];
        let head = "-----Original Message-----\r\nFrom: Ann <b>\r\n\
            Sent: Thu, 01 Jan 1970 00:00:00 +0000\r\nSubject: x\r\n";
        assert_eq!(
            quote.below_text("See.", Style::Forward),
            format!("See.\r\n\r\n{head}\r\none\r\n> two\r\n")
        );
        let html = quote.below_html("<p>See.</p>", Style::Forward);
        assert!(
            html.starts_with(
                "<p>See.</p><br><div>-----Original Message-----<br>From: Ann &lt;b&gt;"
            )
        );
        assert!(!html.contains("blockquote"), "{html}");
    }

    #[test]
    fn t27_an_author_cannot_write_lines() {
        let evil = Quote {
            author: "Ann\r\nfake line".into(),
            ..Quote::default()
        };
        let quoted = evil.below_text("", Style::Reply);
        assert!(quoted.starts_with("Annfake line wrote:\r\n"));
        let evil = Quote {
            heading: vec![("From", "a\r\nTo: b".into())],
            ..Quote::default()
        };
        let quoted = evil.below_text("", Style::Forward);
        assert!(quoted.contains("\r\nFrom: aTo: b\r\n"), "{quoted}");
        assert_eq!(inner("</body><body>x"), "x");
        assert_eq!(inner("<body"), "<body");
    }
}
