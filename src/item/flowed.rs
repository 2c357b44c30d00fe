//! format=flowed undone (RFC 3676 4): lines that end in a blank go on in the next one of the same
//! quote depth. Phones wrap by themselves; hard line ends at 72 would look torn.

/// Joins flowed lines. `delete_space` is the DelSp parameter.
pub(crate) fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Quote depth of the paragraph that is still open.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        // Space-stuffing (4.4).
        let content = content.strip_prefix(' ').unwrap_or(content);
        // The signature separator is always its own line (4.3).
        let signature = content == "-- ";
        let flows = content.ends_with(' ') && !signature;
        if open != Some(depth) || signature {
            if open.is_some() {
                end_line(&mut out);
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let content = match content.strip_suffix(' ') {
            Some(shorter) if flows && delete_space => shorter,
            _ => content,
        };
        out.push_str(content);
        open = flows.then_some(depth);
        if !flows {
            out.push_str("\r\n");
        }
    }
    if !text.ends_with('\n') && open.is_none() && out.ends_with("\r\n") {
        out.truncate(out.len() - 2);
    }
    out
}

fn end_line(out: &mut String) {
    while out.ends_with(' ') {
        out.pop();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        for (text, delete_space, unflowed) in [
            ("one \r\ntwo\r\nthree\r\n", false, "one two\r\nthree\r\n"),
            ("one \ntwo", false, "one two"),
            ("one \r\ntwo", true, "onetwo"),
            (
                "> a \r\n> b\r\n>> c \r\n> d\r\n",
                false,
                "> a b\r\n>> c\r\n> d\r\n",
            ),
            (" >from\r\n  x\r\n", false, ">from\r\n x\r\n"),
            ("text \r\n-- \r\nAnn\r\n", false, "text\r\n-- \r\nAnn\r\n"),
            ("a\r\n\r\nb\r\n", false, "a\r\n\r\nb\r\n"),
            ("", false, ""),
        ] {
            assert_eq!(unflow(text, delete_space), unflowed, "{text:?}");
        }
    }
}
