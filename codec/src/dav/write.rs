//! What is asked: bodies of PROPFIND, PROPPATCH, MKCALENDAR, MKCOL and REPORT.

use quick_xml::escape::escape;

use super::href::Href;
use super::node::Namespace;

/// A property to ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ask {
    ETag,
    ContentType,
    Types,
    DisplayName,
    CTag,
    SyncToken,
    ResourceId,
    Colour,
    Order,
    Components,
    Reports,
    Privileges,
    Owner,
    CurrentUserPrincipal,
    CalendarHomes,
    AddressbookHomes,
    Addresses,
    DefaultCalendar,
}

/// The form of the objects in a collection.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Data {
    ICalendar,
    VCard,
}

/// A calendar or an address book to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewCollection<'a> {
    pub name: &'a str,
    /// VEVENT, VTODO, VJOURNAL; none for an address book.
    pub components: &'a [&'a str],
}

impl Ask {
    const fn name(self) -> (Namespace, &'static str) {
        use Namespace::{Apple, CalDav, CalendarServer, CardDav, Dav};
        match self {
            Self::ETag => (Dav, "getetag"),
            Self::ContentType => (Dav, "getcontenttype"),
            Self::Types => (Dav, "resourcetype"),
            Self::DisplayName => (Dav, "displayname"),
            Self::CTag => (CalendarServer, "getctag"),
            Self::SyncToken => (Dav, "sync-token"),
            Self::ResourceId => (Dav, "resource-id"),
            Self::Colour => (Apple, "calendar-color"),
            Self::Order => (Apple, "calendar-order"),
            Self::Components => (CalDav, "supported-calendar-component-set"),
            Self::Reports => (Dav, "supported-report-set"),
            Self::Privileges => (Dav, "current-user-privilege-set"),
            Self::Owner => (Dav, "owner"),
            Self::CurrentUserPrincipal => (Dav, "current-user-principal"),
            Self::CalendarHomes => (CalDav, "calendar-home-set"),
            Self::AddressbookHomes => (CardDav, "addressbook-home-set"),
            Self::Addresses => (CalDav, "calendar-user-address-set"),
            Self::DefaultCalendar => (CalDav, "schedule-default-calendar-URL"),
        }
    }
}

impl Data {
    /// The media type of an object.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::ICalendar => "text/calendar; charset=utf-8",
            Self::VCard => "text/vcard; charset=utf-8",
        }
    }

    /// The ending of the names of new objects.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::ICalendar => ".ics",
            Self::VCard => ".vcf",
        }
    }

    const fn namespace(self) -> Namespace {
        match self {
            Self::ICalendar => Namespace::CalDav,
            Self::VCard => Namespace::CardDav,
        }
    }

    const fn element(self) -> &'static str {
        match self {
            Self::ICalendar => "calendar-data",
            Self::VCard => "address-data",
        }
    }

    const fn multiget(self) -> &'static str {
        match self {
            Self::ICalendar => "calendar-multiget",
            Self::VCard => "addressbook-multiget",
        }
    }
}

/// PROPFIND (RFC 4918 14.20).
pub fn propfind(properties: &[Ask]) -> Vec<u8> {
    document(Namespace::Dav, "propfind", |xml| xml.properties(properties))
}

/// sync-collection (RFC 6578 3.2); without a token for all there is.
pub fn sync_collection(token: Option<&str>, limit: Option<u32>) -> Vec<u8> {
    document(Namespace::Dav, "sync-collection", |xml| {
        xml.text(Namespace::Dav, "sync-token", token.unwrap_or_default());
        xml.text(Namespace::Dav, "sync-level", "1");
        if let Some(limit) = limit {
            xml.within(Namespace::Dav, "limit", |xml| {
                xml.text(Namespace::Dav, "nresults", &limit.to_string());
            });
        }
        xml.properties(&[Ask::ETag]);
    })
}

/// calendar-multiget and addressbook-multiget (RFC 4791 7.9, RFC 6352 8.7).
pub fn multiget<'a>(data: Data, hrefs: impl IntoIterator<Item = &'a Href>) -> Vec<u8> {
    document(data.namespace(), data.multiget(), |xml| {
        xml.within(Namespace::Dav, "prop", |xml| {
            xml.empty(Namespace::Dav, "getetag");
            xml.empty(data.namespace(), data.element());
        });
        for href in hrefs {
            xml.text(Namespace::Dav, "href", href.as_str());
        }
    })
}

/// Which objects of a calendar are asked for (RFC 4791 7.8).
#[derive(Clone, Copy, Debug)]
pub enum Filter<'a> {
    /// Some part of it is at this moment or later, as `20261124T000000Z`.
    From(&'a str),
    /// Some part of it is before this moment.
    Before(&'a str),
    /// It has a rule.
    Recurring,
    /// Whatever it is.
    Any,
}

/// calendar-query for the ETags of what has a component that passes the filter.
pub fn calendar_query(component: &str, filter: Filter<'_>) -> Vec<u8> {
    let within = |xml: &mut Xml, name: &str, inside: &dyn Fn(&mut Xml)| {
        xml.labelled(Namespace::CalDav, "comp-filter", name, inside);
    };
    document(Namespace::CalDav, "calendar-query", |xml| {
        xml.properties(&[Ask::ETag]);
        xml.within(Namespace::CalDav, "filter", |xml| {
            within(xml, "VCALENDAR", &|xml| {
                within(xml, component, &|xml| match filter {
                    Filter::From(from) => {
                        xml.raw(&format!("<C:time-range start=\"{}\"/>", escape(from)));
                    }
                    Filter::Before(end) => {
                        xml.raw(&format!("<C:time-range end=\"{}\"/>", escape(end)));
                    }
                    Filter::Any => {}
                    Filter::Recurring => {
                        xml.labelled(Namespace::CalDav, "prop-filter", "RRULE", &|_| {});
                    }
                });
            });
        });
    })
}

/// calendar-query for events with a UID (RFC 4791 7.8.6). Servers compare in their own ways: what
/// comes is to be looked at.
pub fn calendar_query_uid(uid: &str) -> Vec<u8> {
    let uid_is = |xml: &mut Xml| xml.text(Namespace::CalDav, "text-match", uid);
    document(Namespace::CalDav, "calendar-query", |xml| {
        xml.properties(&[Ask::ETag]);
        xml.within(Namespace::CalDav, "filter", |xml| {
            xml.labelled(Namespace::CalDav, "comp-filter", "VCALENDAR", &|xml| {
                xml.labelled(Namespace::CalDav, "comp-filter", "VEVENT", &|xml| {
                    xml.labelled(Namespace::CalDav, "prop-filter", "UID", &uid_is);
                });
            });
        });
    })
}

/// MKCALENDAR (RFC 4791 5.3.1).
pub fn make_calendar(new: NewCollection<'_>) -> Vec<u8> {
    document(Namespace::CalDav, "mkcalendar", |xml| {
        xml.set(|xml| {
            xml.text(Namespace::Dav, "displayname", new.name);
            xml.within(
                Namespace::CalDav,
                "supported-calendar-component-set",
                |xml| {
                    for component in new.components {
                        xml.labelled(Namespace::CalDav, "comp", component, &|_| {});
                    }
                },
            );
        });
    })
}

/// Extended MKCOL for an address book (RFC 5689, RFC 6352 6.3.1).
pub fn make_addressbook(new: NewCollection<'_>) -> Vec<u8> {
    document(Namespace::Dav, "mkcol", |xml| {
        xml.set(|xml| {
            xml.within(Namespace::Dav, "resourcetype", |xml| {
                xml.empty(Namespace::Dav, "collection");
                xml.empty(Namespace::CardDav, "addressbook");
            });
            xml.text(Namespace::Dav, "displayname", new.name);
        });
    })
}

/// PROPPATCH of the name people see.
pub fn rename(name: &str) -> Vec<u8> {
    document(Namespace::Dav, "propertyupdate", |xml| {
        xml.set(|xml| xml.text(Namespace::Dav, "displayname", name));
    })
}

/// A document under construction. Text only ever gets in through [`escape`].
struct Xml(String);

fn document(namespace: Namespace, root: &str, inside: impl FnOnce(&mut Xml)) -> Vec<u8> {
    let mut xml = Xml("<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned());
    let name = qualified(namespace, root);
    xml.raw(&format!("<{name}"));
    for namespace in [
        Namespace::Dav,
        Namespace::CalDav,
        Namespace::CardDav,
        Namespace::CalendarServer,
        Namespace::Apple,
    ] {
        xml.raw(&format!(
            " xmlns:{}=\"{}\"",
            prefix(namespace),
            namespace.uri()
        ));
    }
    xml.raw(">");
    inside(&mut xml);
    xml.raw(&format!("</{name}>"));
    xml.0.into_bytes()
}

impl Xml {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    fn empty(&mut self, namespace: Namespace, name: &str) {
        self.raw(&format!("<{}/>", qualified(namespace, name)));
    }

    fn within(&mut self, namespace: Namespace, name: &str, inside: impl FnOnce(&mut Self)) {
        let name = qualified(namespace, name);
        self.raw(&format!("<{name}>"));
        inside(self);
        self.raw(&format!("</{name}>"));
    }

    fn labelled(
        &mut self,
        namespace: Namespace,
        name: &str,
        label: &str,
        inside: &dyn Fn(&mut Self),
    ) {
        let name = qualified(namespace, name);
        self.raw(&format!("<{name} name=\"{}\">", escape(label)));
        inside(self);
        self.raw(&format!("</{name}>"));
    }

    fn text(&mut self, namespace: Namespace, name: &str, text: &str) {
        self.within(namespace, name, |xml| xml.raw(&escape(legal(text))));
    }

    fn properties(&mut self, properties: &[Ask]) {
        self.within(Namespace::Dav, "prop", |xml| {
            for property in properties {
                let (namespace, name) = property.name();
                xml.empty(namespace, name);
            }
        });
    }

    fn set(&mut self, inside: impl FnOnce(&mut Self)) {
        self.within(Namespace::Dav, "set", |xml| {
            xml.within(Namespace::Dav, "prop", inside);
        });
    }
}

const fn prefix(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Dav | Namespace::Other => "D",
        Namespace::CalDav => "C",
        Namespace::CardDav => "A",
        Namespace::CalendarServer => "S",
        Namespace::Apple => "I",
    }
}

fn qualified(namespace: Namespace, name: &str) -> String {
    format!("{}:{name}", prefix(namespace))
}

/// Without what XML 1.0 has no way to say (2.2).
fn legal(text: &str) -> String {
    let illegal = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.replace(illegal, "")
}
