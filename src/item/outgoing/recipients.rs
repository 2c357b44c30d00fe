//! One list of recipients, as phones write them: bare account names, blanks for a domain in another
//! script, semicolons for commas (Android), attendees without any address (Outlook 2016).

use super::fields::Field;
use crate::item::address::{Addresses, Mailbox};

/// What a To, Cc or Bcc says.
pub(super) struct List {
    pub(super) mailboxes: Vec<Mailbox>,
    /// The field cannot go out as it came.
    pub(super) rewrite: bool,
}

/// Reads a list of a mail from `account`. Bare account names are completed with its domain
/// (exchange-habits.md 11), in the header as well, so that the others can answer.
pub(super) fn read(field: &Field<'_>, account: &str) -> List {
    let mut mailboxes = Addresses::read(field.value(), None).mailboxes;
    let mut rewrite = !field.raw.is_ascii() || is_separated_by_semicolons(field.value());
    for mailbox in &mut mailboxes {
        if mailbox.address.is_empty() {
            continue;
        }
        if !mailbox.address.contains('@')
            && let Some((_, domain)) = account.rsplit_once('@')
        {
            mailbox.address = format!("{}@{domain}", mailbox.address);
            rewrite = true;
        }
        if let Some(ascii) = with_ascii_domain(&mailbox.address) {
            mailbox.address = ascii;
            rewrite = true;
        }
    }
    List { mailboxes, rewrite }
}

/// `bob@bücher.example` as every server takes it (RFC 5891): only a local part beyond ASCII needs
/// SMTPUTF8. `None`: nothing to change, or no domain.
fn with_ascii_domain(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    if domain.is_ascii() || !local.is_ascii() {
        return None;
    }
    let domain = idna::domain_to_ascii(domain).ok()?;
    Some(format!("{local}@{domain}"))
}

/// `a@b; c@d`, which no standard knows. In a group a semicolon is right: `Team: a@b, c@d;`.
fn is_separated_by_semicolons(value: &[u8]) -> bool {
    let (mut quoted, mut escaped, mut group, mut angle) = (false, false, false, false);
    let mut comments = 0_u32;
    for &octet in value {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match octet {
            b'\\' => escaped = quoted || comments > 0,
            b'"' if comments == 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' => comments = comments.saturating_add(1),
            b')' => comments = comments.saturating_sub(1),
            _ if comments > 0 => {}
            b'<' => angle = true,
            b'>' => angle = false,
            b':' if !angle => group = true,
            b';' if !std::mem::take(&mut group) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_of_groups_stay_and_others_go() {
        for (value, expected) in [
            ("a@b; c@d", true),
            ("a@b;", true),
            ("Ann <a@b>; Bob <c@d>", true),
            ("a@b, c@d", false),
            ("\"Doe; Ann\" <a@b>, c@d", false),
            ("a@b (x; y)", false),
            ("undisclosed-recipients:;", false),
            ("Team: a@b, c@d;, e@f", false),
            ("Team: a@b;; c@d", true),
            ("\"a\\\"; b\" <a@b>", false),
        ] {
            assert_eq!(
                is_separated_by_semicolons(value.as_bytes()),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn domains_in_any_script_have_an_ascii_form() {
        for (address, expected) in [
            ("bob@bücher.example", Some("bob@xn--bcher-kva.example")),
            ("bob@example.com", None),
            ("jürgen@bücher.example", None),
            ("bücher", None),
        ] {
            assert_eq!(with_ascii_domain(address).as_deref(), expected, "{address}");
        }
    }
}
