//! Phones and cards for the tests.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::email::BodyType;
use jiff::tz::TimeZone;

use crate::item::contact;
use crate::item::object::{
    Base, Client, Created, Digest, Edit, Edited, Manner, Me, Refused, Rendered, Supported,
};
use crate::item::options::{BodyOptions, BodyPreference};

/// A kind of phone, and the user's zone.
pub(super) struct Phone {
    pub(super) version: ProtocolVersion,
    pub(super) device_type: &'static str,
    pub(super) agent: &'static str,
    pub(super) zone: TimeZone,
    pub(super) bodies: BodyOptions,
    pub(super) supported: Supported,
    pub(super) client_wins: bool,
}

impl Phone {
    pub(super) fn new(version: ProtocolVersion) -> Self {
        let mut bodies = BodyOptions::new(version);
        bodies.preferences.push(BodyPreference {
            kind: BodyType::Plain,
            truncation_size: None,
            all_or_none: false,
            preview: None,
        });
        Self {
            version,
            device_type: "Tests",
            agent: "Tests/1.0",
            zone: TimeZone::get("Europe/Berlin").expect("a zone"),
            bodies,
            supported: Supported::NotSaid,
            client_wins: false,
        }
    }

    pub(super) fn modern() -> Self {
        Self::new(ProtocolVersion::V16_1)
    }

    pub(super) fn iphone() -> Self {
        Self {
            device_type: "iPhone",
            agent: "Apple-iPhone12C1/2107.x",
            ..Self::modern()
        }
    }

    pub(super) fn manner(&self) -> Manner<'_> {
        Manner {
            version: self.version,
            bodies: &self.bodies,
            zone: &self.zone,
            me: Me {
                addresses: &[],
                name: None,
            },
            client: Client {
                device_type: self.device_type,
                agent: Some(self.agent),
            },
            now: Moment::parse("2026-11-24T12:00:00Z").expect("a moment"),
        }
    }

    pub(super) fn render(&self, text: &str) -> Rendered {
        contact::render(text.as_bytes(), &self.manner()).expect("a card")
    }

    pub(super) fn see(&self, text: &str) -> Contact {
        Contact::from_raw(&self.render(text).data).expect("ours")
    }

    /// What the phone's user sees, then changes.
    pub(super) fn change(&self, text: &str, change: impl FnOnce(&mut Contact)) -> Edited {
        self.change_told(text, text, change)
    }

    /// The same where the phone was told of another state of the card.
    pub(super) fn change_told(
        &self,
        told: &str,
        text: &str,
        change: impl FnOnce(&mut Contact),
    ) -> Edited {
        let mut contact = self.see(told);
        // No phone sends back what it was not made to.
        contact.body = None;
        change(&mut contact);
        self.edit(text, &contact, Some(&self.render(told).digest))
            .expect("a change that can be")
    }

    pub(super) fn edit(
        &self,
        text: &str,
        said: &Contact,
        told: Option<&Digest>,
    ) -> Result<Edited, Refused> {
        let base = Base {
            told,
            supported: &self.supported,
            client_wins: self.client_wins,
        };
        let data = said.to_raw(self.version);
        contact::edit(text.as_bytes(), Edit::Whole(&data), &base, &self.manner())
    }

    pub(super) fn create(&self, said: &Contact) -> Result<Created, Refused> {
        contact::create(&said.to_raw(self.version), "uid-1", &self.manner())
    }
}

/// A 3.0 card of these lines.
pub(super) fn card(lines: &[&str]) -> String {
    let mut text = "BEGIN:VCARD\r\nVERSION:3.0\r\n".to_owned();
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text + "END:VCARD\r\n"
}

pub(super) fn text(edited: &Edited) -> &str {
    str::from_utf8(&edited.text).expect("text")
}

pub(super) fn of(texts: &[(Field, &str)]) -> Contact {
    Contact {
        texts: texts
            .iter()
            .map(|(field, text)| (*field, (*text).to_owned()))
            .collect(),
        ..Contact::default()
    }
}

/// The lines that only one of two texts has, with `-` and `+`.
pub(super) fn difference(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line));
    let come = new.iter().filter(|line| !old.contains(line));
    gone.map(|line| format!("-{line}"))
        .chain(come.map(|line| format!("+{line}")))
        .collect()
}
