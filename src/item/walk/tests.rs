use proptest::prelude::*;

use super::*;

fn sections(part: &Part, out: &mut Vec<String>) {
    out.push(format!("{}:{}", part.section, part.media_type));
    for child in &part.children {
        sections(child, out);
    }
}

fn shape(raw: &str) -> String {
    let mut out = Vec::new();
    sections(&walk(raw.as_bytes(), true).root, &mut out);
    out.join(" ")
}

#[test]
fn sections_are_numbered_as_imap_numbers_them() {
    assert_eq!(shape("Subject: x\n\nbody"), "1:text/plain");
    assert_eq!(shape(""), "1:text/plain");
    let mixed = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\
        Content-Type: multipart/alternative; boundary=\"b\"\n\n--b\n\ntext\n--b\n\
        Content-Type: text/html\n\n<p>\n--b--\n--a\nContent-Type: message/rfc822\n\n\
        Subject: inner\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c\n\ny\n--c--\n\
        --a\nContent-Type: message/rfc822\n\nSubject: leaf\n\nbody\n--a--\n";
    assert_eq!(
        shape(mixed),
        ":multipart/mixed 1:text/plain 2:multipart/alternative 2.1:text/plain 2.2:text/html \
         3:message/rfc822 3:multipart/mixed 3.1:text/plain 3.2:text/plain 4:message/rfc822 4.1:text/plain"
    );
    let walked = walk(mixed.as_bytes(), true);
    assert_eq!(walked.root.children[2].subject.as_deref(), Some("inner"));
    let text = walked
        .leaves
        .iter()
        .find(|leaf| leaf.section == "2.1")
        .expect("a leaf");
    assert_eq!(&mixed[text.body.clone()], "text");
    assert!(text.complete);
}

#[test]
fn broken_messages_are_read_as_far_as_they_go() {
    for (name, raw, expected) in [
        (
            "no boundary",
            "Content-Type: multipart/mixed\n\nx",
            "1:text/plain",
        ),
        (
            "never closed",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\nContent-Type: text/html",
            ":multipart/mixed 1:text/plain 2:text/html",
        ),
        (
            "equal boundaries",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\
             Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a--\n--a--\n",
            ":multipart/mixed 1:multipart/mixed 1.1:text/plain",
        ),
        (
            "boundary of one octet",
            "Content-Type: multipart/mixed; boundary=-\n\n---\n\none\n-----\n",
            ":multipart/mixed 1:text/plain",
        ),
        (
            "boundary inside a header",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nX: y\n--a\n\ntwo\n--a--",
            ":multipart/mixed 1:text/plain 2:text/plain",
        ),
        (
            "one boundary begins with the other",
            "Content-Type: multipart/mixed; boundary=a\n\n--a\n\
             Content-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab--\n--a\n\ntwo\n--a--",
            ":multipart/mixed 1:multipart/mixed 1.1:text/plain 2:text/plain",
        ),
    ] {
        assert_eq!(shape(raw), expected, "{name}");
    }
}

#[test]
fn t14_depth_and_number_are_bounded() {
    for depth in [23, 24, 25, 10_000] {
        let mut raw = String::new();
        for level in 0..depth {
            raw.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
            ));
        }
        raw.push_str("\nreadable\n");
        let walked = walk(raw.as_bytes(), true);
        assert_eq!(walked.cut, depth > MAX_DEPTH, "{depth}");
        let chain = "Content-Type: message/rfc822\n\n".repeat(depth) + "Subject: x\n\nreadable\n";
        let walked = walk(chain.as_bytes(), true);
        assert_eq!(walked.cut, depth > MAX_DEPTH, "{depth}");
        assert!(walked.leaves.len() <= MAX_DEPTH + 1);
    }
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=a\n\n{}--a--\n",
        "--a\n\nx\n".repeat(100_000)
    );
    let walked = walk(raw.as_bytes(), true);
    assert!(walked.cut);
    assert_eq!(walked.root.children.len(), MAX_PARTS - 1);
}

proptest! {
    #[test]
    fn any_octets_are_taken_apart_inside_their_bounds(
        pieces in proptest::collection::vec(prop_oneof![
            Just("Content-Type: multipart/mixed; boundary=a\n".to_owned()),
            Just("Content-Type: message/rfc822\n".into()), Just("\n".into()), Just("\r\n".into()),
            Just("--a\n".into()), Just("--a--\n".into()), "\\PC{0,5}"], 0..60),
    ) {
        let raw = pieces.concat();
        let walked = walk(raw.as_bytes(), true);
        for leaf in &walked.leaves {
            prop_assert!(leaf.header.start <= leaf.header.end && leaf.header.end <= leaf.body.start);
            prop_assert!(leaf.body.start <= leaf.body.end && leaf.body.end <= raw.len());
        }
    }
}
