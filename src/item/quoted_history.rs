//! The new text of a reply without the history below it, for BodyPart (14.1, REFERENCE.md 10.1).
//! A guess from the marks that mail programs leave; without one the whole body is the part.

/// Marks before the history in HTML, as Gmail, Outlook, Apple Mail, Thunderbird, Yahoo and AOSP
/// write them. Lower case.
const HTML_MARKS: [&str; 9] = [
    "class=\"gmail_quote",
    "class=\"gmail_attr",
    "id=\"appendonsend\"",
    "id=\"divrplyfwdmsg\"",
    "id=\"mail-editor-reference-message-container\"",
    "type=\"cite\"",
    "class=\"moz-cite-prefix\"",
    "class=\"yahoo_quoted",
    "class=\"quote\"",
];

/// HTML up to its history.
pub(crate) fn new_html(html: &str) -> &str {
    // ASCII lower case keeps every offset.
    let lower = html.to_ascii_lowercase();
    let mark = HTML_MARKS.iter().filter_map(|mark| lower.find(mark)).min();
    let start = mark.and_then(|mark| lower.get(..mark)?.rfind('<'));
    match start.and_then(|start| html.get(..start)) {
        Some(new) if has_text(new) => new,
        _ => html,
    }
}

/// A reply below its quotation has nothing before the mark: then everything is new.
fn has_text(html: &str) -> bool {
    let text = crate::item::html_to_text::convert(html, crate::item::html_to_text::Style::Words, 1);
    !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        for (html, new) in [
            (
                "<p>Yes</p><div class=\"gmail_quote\">On Monday",
                "<p>Yes</p>",
            ),
            (
                "<p>Yes</p><blockquote TYPE=\"cite\">old</blockquote>",
                "<p>Yes</p>",
            ),
            ("<p>Yes</p><div id=\"divRplyFwdMsg\">From", "<p>Yes</p>"),
            (
                "<blockquote type=\"cite\">old</blockquote>new",
                "<blockquote type=\"cite\">old</blockquote>new",
            ),
            ("<p>No history</p>", "<p>No history</p>"),
        ] {
            assert_eq!(new_html(html), new, "{html}");
        }
    }
}
