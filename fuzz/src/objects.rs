//! Any octets as stored objects of all four classes: shown or not, edited or refused, never a panic.
//! What is shown can be said again and changes no octet (S12); what is made of it settles (S28).
//!
//! `src/item/tests/octets.rs` runs this too, on fixtures that come to harm. Both crates call the room
//! of items `crate::item`.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use jiff::tz::TimeZone;

use crate::item::object::{self, Base, Client, Digest, Edit, Kind, Manner, Me, Supported};
use crate::item::options::BodyOptions;

/// An object, what another one says of it, and who is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) kind: Kind,
    pub(crate) version: ProtocolVersion,
    pub(crate) zone: &'static str,
    pub(crate) text: &'a [u8],
    pub(crate) other: Option<&'a [u8]>,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::Event, Kind::Contact, Kind::Task, Kind::Note];
/// With an offset of quarters of an hour, a date line, and halves.
pub(crate) const ZONES: [&str; 4] = [
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
];
/// Between two objects.
const NEXT: &[u8] = b"\n\0\n";

/// The octets of a fuzzer: a class, a version, a zone, then an object, or two of them.
#[allow(dead_code, reason = "the tests make cases of their own")]
pub(crate) fn run(data: &[u8]) {
    let Some((&[kind, version, zone], text)) = data.split_first_chunk() else {
        return;
    };
    fn of<T: Copy>(all: &[T], number: u8) -> Option<T> {
        all.get(usize::from(number) % all.len().max(1)).copied()
    }
    let cut = text.windows(NEXT.len()).position(|part| part == NEXT);
    let (text, other) = match cut {
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            text.get(at + NEXT.len()..),
        ),
        None => (text, None),
    };
    if let (Some(kind), Some(version), Some(zone)) = (
        of(&KINDS, kind),
        of(&ProtocolVersion::ALL, version),
        of(&ZONES, zone),
    ) {
        case(Case {
            kind,
            version,
            zone,
            text,
            other,
        });
    }
}

/// T19, T23, T59, S12, S28.
pub(crate) fn case(case: Case<'_>) {
    let Case {
        kind,
        version,
        text,
        other,
        ..
    } = case;
    let bodies = BodyOptions::new(version);
    let zone = TimeZone::get(case.zone).expect("a zone");
    let me = ["alice@example.com".to_owned()];
    let manner = Manner {
        version,
        bodies: &bodies,
        zone: &zone,
        me: Me {
            addresses: &me,
            name: None,
        },
        client: Client {
            device_type: "Tests",
            agent: None,
        },
        now: Moment::parse("20260224T101500Z").expect("a moment"),
    };
    let edit = |text: &[u8], edit: Edit<'_>, told: Option<&Digest>| {
        let base = Base {
            told,
            supported: &Supported::NotSaid,
            client_wins: true,
        };
        object::edit(kind, text, edit, &base, &manner)
    };
    let Ok(rendered) = object::render(kind, text, &manner) else {
        return;
    };
    let said = Edit::Whole(&rendered.data);
    if let Ok(edited) = edit(text, said, Some(&rendered.digest)) {
        assert!(
            !edited.changed && !edited.lost,
            "S12: {} became {}",
            text.escape_ascii(),
            edited.text.escape_ascii()
        );
    }
    // What one object says, said of another: anything may come of it but a panic.
    if let Some(foreign) = other.and_then(|other| object::render(kind, other, &manner).ok())
        && let Ok(edited) = edit(text, Edit::Whole(&foreign.data), Some(&rendered.digest))
    {
        let again = object::render(kind, &edited.text, &manner);
        assert!(again.is_ok(), "{}", edited.text.escape_ascii());
    }
    let instance = Edit::DropInstance {
        id: "20260302T080000Z",
    };
    let _ = edit(text, instance, None);
    // A new one made of it, and of that one more, lose what a phone cannot say; from then on it stays.
    let mut data = rendered.data;
    let mut settled = None;
    for _ in 0..3 {
        let Ok(created) = object::create(kind, &data, "uid", &manner) else {
            return;
        };
        let seen = object::render(kind, &created.text, &manner).expect("our own can be shown");
        settled = Some((std::mem::replace(&mut data, seen.data), created.text));
    }
    if let Some((before, text)) = settled {
        assert_eq!(before, data, "S28: {}", text.escape_ascii());
    }
}
