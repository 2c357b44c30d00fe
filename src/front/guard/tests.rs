use super::*;
use crate::front::tests::default_limits;

fn check(head: &str) -> Result<Framing, Fault> {
    head::check(head.as_bytes(), &default_limits())
}

#[test]
fn t9_framing_is_read_from_sound_heads() {
    for (lines, framing) in [
        ("", Framing::Length(0)),
        ("Content-Length: 0\r\n", Framing::Length(0)),
        ("content-length:\t 42 \r\n", Framing::Length(42)),
        ("CONTENT-LENGTH: 007\r\n", Framing::Length(7)),
        ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
    ] {
        let head = format!("POST / HTTP/1.1\r\nHost: [::1]:80\r\n{lines}\r\n");
        assert_eq!(check(&head), Ok(framing), "{lines:?}");
    }
}

#[test]
fn t9_the_end_of_a_head_is_found_however_it_is_cut() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    for cut in 0..head.len() {
        let end = match head::end(&head[..cut], 0).unwrap() {
            Some(end) => Some(end),
            None => head::end(head, cut).unwrap(),
        };
        assert_eq!(end, Some(head.len() - 4), "cut at {cut}");
    }
}

proptest::proptest! {
    /// Whatever comes: a reading or a fault, and a head that is taken holds no second one.
    #[test]
    fn t9_any_bytes_end_in_a_framing_or_a_fault(
        lines in "[ -~\r\n\t\0é]{0,80}",
    ) {
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        if let Ok(Some(end)) = head::end(head.as_bytes(), 0)
            && head::check(&head.as_bytes()[..end], &default_limits()).is_ok()
        {
            proptest::prop_assert!(!head.as_bytes()[..end - 4].windows(4).any(|w| w == b"\r\n\r\n"));
        }
    }
}
