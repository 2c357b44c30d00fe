//! What is known of a resource: the properties of its `propstat`s that were found.

use super::node::{Namespace, Node};

/// The properties Airgate asks for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Properties {
    /// With its quotes, exactly as it came (RFC 9110 8.8.3).
    pub etag: Option<String>,
    pub content_type: Option<String>,
    pub types: Option<Types>,
    pub display_name: Option<String>,
    /// `getctag`: changes whenever something in the collection does.
    pub ctag: Option<String>,
    pub sync_token: Option<String>,
    /// RFC 5842 3.1: what a resource keeps when it is renamed.
    pub resource_id: Option<String>,
    pub colour: Option<String>,
    pub order: Option<i64>,
    /// VEVENT, VTODO, VJOURNAL...; `None`: the server does not say, so all of them.
    pub components: Option<Vec<String>>,
    /// Local names of the reports that are offered: `sync-collection`, `calendar-query`...
    pub reports: Option<Vec<String>>,
    pub privileges: Option<Privileges>,
    pub owner: Option<String>,
    pub current_user_principal: Option<String>,
    pub calendar_homes: Vec<String>,
    pub addressbook_homes: Vec<String>,
    /// `calendar-user-address-set`: `mailto:` and other URIs.
    pub addresses: Vec<String>,
    /// `schedule-default-calendar-URL` (RFC 6638 9.2).
    pub default_calendar: Option<String>,
    /// The object itself, line ends as the document had them.
    pub data: Option<String>,
}

/// `resourcetype`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Types {
    pub collection: bool,
    pub calendar: bool,
    pub addressbook: bool,
    pub principal: bool,
    /// An inbox or outbox of RFC 6638, a subscription, a store of notifications: nothing to show.
    pub special: bool,
}

/// `current-user-privilege-set` (RFC 3744 5.4), as far as it decides what a phone may do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Privileges {
    pub read: bool,
    /// Objects may be changed.
    pub write_content: bool,
    /// Objects may be added.
    pub bind: bool,
    /// Objects may be removed.
    pub unbind: bool,
}

impl Properties {
    /// Takes in the `prop` of a `propstat` that was found.
    pub(super) fn take(&mut self, prop: &Node) {
        for node in &prop.children {
            self.one(node);
        }
    }

    fn one(&mut self, node: &Node) {
        use Namespace::{Apple, CalDav, CalendarServer, CardDav, Dav};
        let text = || node.value().map(str::to_owned);
        match (node.namespace, &*node.name) {
            (Dav, "getetag") => self.etag = text(),
            (Dav, "getcontenttype") => self.content_type = text(),
            (Dav, "resourcetype") => self.types = Some(Types::of(node)),
            (Dav, "displayname") => self.display_name = text(),
            (Dav, "sync-token") => self.sync_token = text(),
            (Dav, "resource-id") => self.resource_id = hrefs(node).next().map(str::to_owned),
            (Dav, "owner") => self.owner = hrefs(node).next().map(str::to_owned),
            (Dav, "supported-report-set") => self.reports = Some(reports(node)),
            (Dav, "current-user-privilege-set") => self.privileges = Some(Privileges::of(node)),
            (Dav, "current-user-principal") => {
                self.current_user_principal = hrefs(node).next().map(str::to_owned);
            }
            (CalendarServer, "getctag") => self.ctag = text(),
            (Apple, "calendar-color") => self.colour = text(),
            (Apple, "calendar-order") => self.order = node.value().and_then(|t| t.parse().ok()),
            (CalDav, "supported-calendar-component-set") => {
                let labels = node
                    .all(CalDav, "comp")
                    .filter_map(|comp| comp.label.as_ref());
                self.components = Some(labels.map(|label| label.to_ascii_uppercase()).collect());
            }
            (CalDav, "calendar-home-set") => {
                self.calendar_homes.extend(hrefs(node).map(str::to_owned));
            }
            (CardDav, "addressbook-home-set") => {
                self.addressbook_homes
                    .extend(hrefs(node).map(str::to_owned));
            }
            (CalDav, "calendar-user-address-set") => {
                self.addresses.extend(hrefs(node).map(str::to_owned));
            }
            (CalDav, "schedule-default-calendar-URL") => {
                self.default_calendar = hrefs(node).next().map(str::to_owned);
            }
            // The text as it is: blanks at its ends belong to nobody, but to cut is not ours.
            (CalDav, "calendar-data") | (CardDav, "address-data") => {
                self.data = Some(node.text.clone());
            }
            _ => {}
        }
    }
}

impl Types {
    fn of(node: &Node) -> Self {
        let has = |namespace, name| node.child(namespace, name).is_some();
        Self {
            collection: has(Namespace::Dav, "collection"),
            calendar: has(Namespace::CalDav, "calendar"),
            addressbook: has(Namespace::CardDav, "addressbook"),
            principal: has(Namespace::Dav, "principal"),
            special: has(Namespace::CalDav, "schedule-inbox")
                || has(Namespace::CalDav, "schedule-outbox")
                || has(Namespace::CalendarServer, "subscribed")
                || has(Namespace::CalendarServer, "notification")
                || has(Namespace::CalendarServer, "notifications"),
        }
    }
}

impl Privileges {
    /// Aggregates are spelt out by no server in the same way: `all` and `write` hold the others.
    fn of(node: &Node) -> Self {
        let mut found = Self::default();
        for privilege in node.all(Namespace::Dav, "privilege") {
            for what in &privilege.children {
                if what.namespace != Namespace::Dav {
                    continue;
                }
                match &*what.name {
                    "all" => found = Self::everything(),
                    "write" => {
                        found = Self {
                            read: found.read,
                            ..Self::everything()
                        }
                    }
                    "read" => found.read = true,
                    "write-content" => found.write_content = true,
                    "bind" => found.bind = true,
                    "unbind" => found.unbind = true,
                    _ => {}
                }
            }
        }
        found
    }

    const fn everything() -> Self {
        Self {
            read: true,
            write_content: true,
            bind: true,
            unbind: true,
        }
    }
}

/// The texts of the `href`s in an element.
fn hrefs(node: &Node) -> impl Iterator<Item = &str> {
    node.all(Namespace::Dav, "href").filter_map(Node::value)
}

/// `<supported-report><report><sync-collection/></report></supported-report>`... Quirk: Xandikos
/// leaves `report` out.
fn reports(node: &Node) -> Vec<String> {
    let supported = node.all(Namespace::Dav, "supported-report");
    supported
        .flat_map(
            |supported| match supported.child(Namespace::Dav, "report") {
                Some(report) => &report.children,
                None => &supported.children,
            },
        )
        .map(|what| what.name.to_string())
        .collect()
}
