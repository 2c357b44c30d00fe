//! Delivery reports (RFC 3461): what is asked of the server beside sender and recipients.

use std::fmt::Write as _;

/// The reports a sender wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reports {
    /// Of arrival too, not only of failure and delay.
    pub success: bool,
    /// What names the mail in them (ENVID).
    pub id: String,
}

/// Longest ENVID (RFC 3461 4.4).
const MAX_ID: usize = 100;
/// Longest original address (RFC 3461 4.2).
const MAX_ADDRESS: usize = 500;

impl Reports {
    /// Behind MAIL FROM. Only the header comes back: the sender has the rest in his Sent folder.
    pub(super) fn of_mail(&self, line: &mut String) {
        line.push_str(" RET=HDRS");
        let id = xtext(&self.id);
        if !id.is_empty() && id.len() <= MAX_ID {
            line.push_str(" ENVID=");
            line.push_str(&id);
        }
    }

    /// Behind RCPT TO.
    pub(super) fn of_recipient(&self, address: &str, line: &mut String) {
        line.push_str(if self.success {
            " NOTIFY=SUCCESS,FAILURE,DELAY"
        } else {
            " NOTIFY=FAILURE,DELAY"
        });
        let original = xtext(address);
        // RFC 6533 has a form for others, which few servers know.
        if address.is_ascii() && original.len() <= MAX_ADDRESS {
            line.push_str(" ORCPT=rfc822;");
            line.push_str(&original);
        }
    }
}

/// RFC 3461 4: what is no visible ASCII, and `+` and `=`, as `+XX` (T26).
fn xtext(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, octet| {
        if octet.is_ascii_graphic() && !matches!(octet, b'+' | b'=') {
            out.push(char::from(octet));
        } else {
            let _ = write!(out, "+{octet:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t26_no_value_leaves_its_word() {
        for (text, expected) in [
            ("<a@b>", "<a@b>"),
            ("a+b=c", "a+2Bb+3Dc"),
            ("a b\r\nRCPT TO:<x>", "a+20b+0D+0ARCPT+20TO:<x>"),
        ] {
            assert_eq!(xtext(text), expected);
        }
        let reports = Reports {
            success: false,
            id: "x".repeat(101),
        };
        let mut line = String::new();
        reports.of_mail(&mut line);
        reports.of_recipient("b@c", &mut line);
        assert_eq!(line, " RET=HDRS NOTIFY=FAILURE,DELAY ORCPT=rfc822;b@c");
    }
}
