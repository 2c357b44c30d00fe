//! Addresses for instant messages: IMPP (RFC 4770) and the X- properties before it.

use airgate_codec::vobject::{ContentLine, Gone, PropertyId};

use super::card::{Card, clean};
use super::seats::Held;

/// The property of a service and the scheme of its addresses in IMPP.
const SERVICES: [(&str, &str); 11] = [
    ("X-JABBER", "xmpp:"),
    ("X-AIM", "aim:"),
    ("X-ICQ", "icq:"),
    ("X-MSN", "msnim:"),
    ("X-YAHOO", "ymsgr:"),
    ("X-SKYPE", "skype:"),
    ("X-SKYPE-USERNAME", "skype:"),
    ("X-GOOGLE-TALK", "gtalk:"),
    ("X-QQ", "qq:"),
    ("X-GADUGADU", "gg:"),
    // Outlook's, of any service.
    ("X-MS-IMADDRESS", "im:"),
];
/// Schemes that no X- property stands for. Apple writes `x-apple:` for all it does not know.
const SCHEMES: [&str; 4] = ["im:", "sip:", "sips:", "x-apple:"];

/// All of a card, each once.
pub(super) fn read(card: &Card) -> Vec<Held> {
    let mut held: Vec<Held> = Vec::new();
    let names = SERVICES.iter().map(|(name, _)| *name);
    for name in ["IMPP"].into_iter().chain(names) {
        for line in card.lines(name) {
            let value = shown(&line.property.text());
            if value.is_empty() {
                continue;
            }
            match held.iter_mut().find(|known| known.value == value) {
                Some(known) => known.twins.push(line.id()),
                None => held.push(Held {
                    line: line.id(),
                    twins: Vec::new(),
                    value,
                }),
            }
        }
    }
    held
}

/// An address as it is shown and compared: without the scheme.
pub(super) fn shown(text: &str) -> String {
    let text = clean(text.to_owned());
    match scheme(&text) {
        Some(length) => text.get(length..).unwrap_or_default().trim().to_owned(),
        None => text,
    }
}

/// The octets of the scheme in front, if it is one of those.
fn scheme(text: &str) -> Option<usize> {
    let services = SERVICES.iter().map(|(_, scheme)| *scheme);
    services.chain(SCHEMES).find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(scheme.len())
    })
}

/// A line for an address of a service that the phone does not name.
pub(super) fn line(card: &Card, text: &str) -> ContentLine {
    let address = match scheme(text) {
        Some(_) => text.to_owned(),
        None => format!("im:{text}"),
    };
    card.with_address(ContentLine::new("IMPP"), &address)
}

/// Gives a line, whatever it is, another address.
pub(super) fn set(card: &mut Card, line: PropertyId, text: &str) -> Result<(), Gone> {
    let old = card
        .component()
        .and_then(|card| card.properties().find(|property| property.id() == line))
        .ok_or(Gone)?;
    let head = card.document.head_of(line, &[])?;
    let value = old.value().trim();
    let new = match (old.name(), scheme(text), scheme(value)) {
        ("IMPP", None, Some(length)) => {
            let scheme = value.get(..length).unwrap_or_default();
            card.with_address(head, &format!("{scheme}{text}"))
        }
        ("IMPP", ..) => card.with_address(head, text),
        _ => card.with_text(head, &shown(text)),
    };
    card.document.replace(line, &new)
}
