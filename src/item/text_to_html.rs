//! HTML from plain text, for phones that asked for nothing else. Line ends and blanks stay where
//! they were; addresses of pages become links.

/// A whole document showing `text` as it is.
pub fn text_to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8 + HEAD.len() + TAIL.len());
    out.push_str(HEAD);
    fragment(text, &mut out);
    out.push_str(TAIL);
    out
}

/// `dir="auto"` lets each text run its own way: a plain mail has no other sign of being Arabic.
const HEAD: &str = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; \
    charset=utf-8\"></head><body><div dir=\"auto\">";
const TAIL: &str = "</div></body></html>";

/// The text as HTML without a document around it.
pub(crate) fn fragment(text: &str, out: &mut String) {
    let mut rest = text;
    loop {
        let end = rest.find("http").unwrap_or(rest.len());
        let (before, from) = rest.split_at(end);
        escape(before, out);
        if from.is_empty() {
            return;
        }
        let length = link_length(from);
        let (link, after) = if length == 0 {
            from.split_at(4)
        } else {
            from.split_at(length)
        };
        if length == 0 {
            out.push_str(link);
        } else {
            out.push_str("<a href=\"");
            escape(link, out);
            out.push_str("\">");
            escape(link, out);
            out.push_str("</a>");
        }
        rest = after;
    }
}

/// Octets of the page address at the start of `text`, 0 if there is none. Punctuation at its end
/// belongs to the sentence.
fn link_length(text: &str) -> usize {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.starts_with(scheme));
    let Some(scheme) = scheme else {
        return 0;
    };
    let end = text
        .find(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '`')
        })
        .unwrap_or(text.len());
    let link = text.get(..end).unwrap_or_default();
    let trimmed = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '*']);
    if trimmed.len() > scheme.len() {
        trimmed.len()
    } else {
        0
    }
}

fn escape(text: &str, out: &mut String) {
    let mut blank = out.ends_with("<br>\r\n") || out.ends_with(HEAD);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let was_blank = std::mem::replace(&mut blank, false);
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' | '\n' => {
                if character == '\r' {
                    characters.next_if_eq(&'\n');
                }
                out.push_str("<br>\r\n");
                blank = true;
            }
            '\t' => out.push_str("&nbsp;&nbsp;&nbsp; "),
            ' ' if was_blank => out.push_str("&nbsp;"),
            ' ' => {
                out.push(' ');
                blank = true;
            }
            character => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::item::html_to_text::{Style, html_to_text};

    fn inner(text: &str) -> String {
        let html = text_to_html(text);
        let html = html.strip_prefix(HEAD).expect("the head");
        html.strip_suffix(TAIL).expect("the tail").to_owned()
    }

    #[test]
    fn known_answers() {
        for (text, html) in [
            ("a & b <c> \"d\"", "a &amp; b &lt;c&gt; &quot;d&quot;"),
            (
                "one\r\ntwo\nthree\rfour",
                "one<br>\r\ntwo<br>\r\nthree<br>\r\nfour",
            ),
            ("a   b\n  c", "a &nbsp; b<br>\r\n&nbsp; c"),
            (
                "see https://x.y/a?b=1&c=2.",
                "see <a href=\"https://x.y/a?b=1&amp;c=2\">https://x.y/a?b=1&amp;c=2</a>.",
            ),
            ("(http://x.y)", "(<a href=\"http://x.y\">http://x.y</a>)"),
            ("http://", "http://"),
            ("httpd", "httpd"),
            (
                "https://x\"onclick=y",
                "<a href=\"https://x\">https://x</a>&quot;onclick=y",
            ),
        ] {
            assert_eq!(inner(text), html, "{text}");
        }
    }

    proptest! {
        #[test]
        fn t22_text_never_becomes_markup(text in "[a-z<>&\"'/=:. \\n]{0,80}") {
            let html = inner(&text);
            let bare = html.replace("<br>", "").replace("</a>", "");
            for piece in bare.split('<').skip(1) {
                prop_assert!(piece.starts_with("a href=\"http"), "{}", html);
            }
        }

        #[test]
        fn words_survive_there_and_back(text in "[a-z<>& ]{0,80}") {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let back = html_to_text(&text_to_html(&text), Style::Words);
            prop_assert_eq!(words(&back), words(&text));
        }
    }
}
