//! Where a user's calendars and address books are: .well-known (RFC 6764 5), the principal
//! (RFC 5397), its homes (RFC 4791 6.2.1, RFC 6352 7.1.1).

use std::sync::Arc;

use airgate_codec::dav::{Answer, Ask as Property, Href, propfind};
use http::StatusCode;
use tracing::debug;

use super::Dav;
use super::error::DavError;
use super::exchange::{Ask, Verb, send};
use crate::backend::Login;

/// What is known of a user.
#[derive(Debug, Default)]
pub(super) struct Homes {
    pub(super) list: Vec<Home>,
    pub(super) principal: Option<Href>,
    pub(super) addresses: Vec<String>,
    /// The server sends invitations itself (RFC 6638).
    pub(super) scheduling: bool,
}

/// A collection of collections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Home {
    pub(super) href: Href,
    pub(super) calendars: bool,
    pub(super) contacts: bool,
    /// It is itself the one calendar or address book: the operator's URL leads right to it.
    pub(super) single: bool,
}

/// Homes of one user: more than one is rare, more than this is nonsense.
const MOST_HOMES: usize = 16;

const WANTED: [Property; 5] = [
    Property::CurrentUserPrincipal,
    Property::CalendarHomes,
    Property::AddressbookHomes,
    Property::Addresses,
    Property::Types,
];

/// What is looked for at one start.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    calendars: bool,
    contacts: bool,
}

impl Dav {
    /// The user's homes, remembered for a while.
    ///
    /// # Errors
    /// [`DavError::NotFound`] where nothing leads to any.
    pub(super) async fn homes(&self, login: &Login) -> Result<Arc<Homes>, DavError> {
        if let Some(homes) = self.pool.homes(login) {
            return Ok(homes);
        }
        let settings = &self.pool.settings;
        let path = |start: &Option<super::Start>| start.as_ref().map(|start| start(&login.user));
        let (calendars, contacts) = (path(&settings.calendars), path(&settings.contacts));
        let mut homes = Homes::default();
        let both = Wanted {
            calendars: calendars.is_some(),
            contacts: contacts.is_some(),
        };
        match (calendars, contacts) {
            (Some(calendars), Some(contacts)) if calendars == contacts => {
                self.discover(login, &calendars, both, &mut homes).await?;
            }
            (calendars, contacts) => {
                for (start, wanted) in [
                    (
                        calendars,
                        Wanted {
                            contacts: false,
                            ..both
                        },
                    ),
                    (
                        contacts,
                        Wanted {
                            calendars: false,
                            ..both
                        },
                    ),
                ] {
                    if let Some(start) = start {
                        self.discover(login, &start, wanted, &mut homes).await?;
                    }
                }
            }
        }
        if let Some(home) = homes.list.iter().find(|home| home.calendars) {
            homes.scheduling = self.schedules(login, &home.href).await?;
        }
        let homes = Arc::new(homes);
        self.pool.set_homes(login, Some(Arc::clone(&homes)));
        Ok(homes)
    }

    /// Follows one start to the homes.
    async fn discover(
        &self,
        login: &Login,
        start: &str,
        wanted: Wanted,
        homes: &mut Homes,
    ) -> Result<(), DavError> {
        let path = |text: &str| {
            Href::path(text).map_err(|fault| DavError::Protocol(format!("{text}: {fault}")))
        };
        let mut starts = Vec::new();
        if matches!(start, "" | "/") {
            if wanted.calendars {
                starts.push(path("/.well-known/caldav")?);
            }
            if wanted.contacts {
                starts.push(path("/.well-known/carddav")?);
            }
            starts.push(path("/")?);
        } else {
            starts.push(path(start)?);
        }
        let mut last = DavError::NotFound;
        for start in starts {
            match self.look(login, &start, &WANTED).await {
                Ok(answer) => {
                    if self
                        .follow(login, start.clone(), answer, wanted, homes)
                        .await?
                    {
                        let has = |what: fn(&Home) -> bool| homes.list.iter().any(what);
                        if (!wanted.calendars || has(|home| home.calendars))
                            && (!wanted.contacts || has(|home| home.contacts))
                        {
                            return Ok(());
                        }
                    }
                }
                // A start that leads nowhere: the next may.
                Err(
                    error @ (DavError::NotFound
                    | DavError::Unsupported(_)
                    | DavError::Denied(_)
                    | DavError::Protocol(_)
                    | DavError::Redirected(_)
                    | DavError::Refused { .. }),
                ) => {
                    debug!(%start, %error, "no start of discovery");
                    last = error;
                }
                Err(error) => return Err(error),
            }
        }
        match homes.list.is_empty() {
            true => Err(last),
            // One kind was found, the other is not there.
            false => Ok(()),
        }
    }

    /// From what a start said to homes; whether there are any.
    async fn follow(
        &self,
        login: &Login,
        start: Href,
        answer: Answer,
        wanted: Wanted,
        homes: &mut Homes,
    ) -> Result<bool, DavError> {
        if self.collect(&answer, wanted, homes) {
            return Ok(true);
        }
        let principal = answer
            .found
            .current_user_principal
            .as_deref()
            .and_then(|text| self.href(text));
        if let Some(principal) = principal {
            let answer = self.look(login, &principal, &WANTED).await?;
            homes.principal = Some(principal);
            if self.collect(&answer, wanted, homes) {
                return Ok(true);
            }
        }
        // Not a word of homes: the URL may be that of a home, or of the one calendar, itself.
        let types = answer.found.types.unwrap_or_default();
        let (single, known) = (types.calendar || types.addressbook, types.collection);
        if known && start.as_str() != "/" && !start.as_str().starts_with("/.well-known/") {
            homes.add(Home {
                href: start.into_collection(),
                calendars: wanted.calendars && (!single || types.calendar),
                contacts: wanted.contacts && (!single || types.addressbook),
                single,
            });
            return Ok(true);
        }
        Ok(false)
    }

    /// Takes the homes in; whether there were any.
    fn collect(&self, answer: &Answer, wanted: Wanted, homes: &mut Homes) -> bool {
        let found = &answer.found;
        for address in &found.addresses {
            if !homes.addresses.contains(address) {
                homes.addresses.push(address.clone());
            }
        }
        let mut any = false;
        for (wanted, texts, calendars) in [
            (wanted.calendars, &found.calendar_homes, true),
            (wanted.contacts, &found.addressbook_homes, false),
        ] {
            for href in texts.iter().filter_map(|text| self.href(text)) {
                if wanted {
                    any = true;
                    homes.add(Home {
                        href: href.into_collection(),
                        calendars,
                        contacts: !calendars,
                        single: false,
                    });
                }
            }
        }
        if any && homes.principal.is_none() {
            homes.principal = found
                .current_user_principal
                .as_deref()
                .and_then(|text| self.href(text));
        }
        any
    }

    /// Whether there is something of that name.
    pub(super) async fn probe(&self, login: &Login, href: &Href) -> Result<(), DavError> {
        self.look(login, href, &[Property::Types]).await.map(drop)
    }

    /// The properties of one resource.
    async fn look(
        &self,
        login: &Login,
        href: &Href,
        properties: &[Property],
    ) -> Result<Answer, DavError> {
        let ask = Ask::new(Verb::Propfind, href)
            .xml(propfind(properties))
            .depth("0");
        let mut first = None;
        let reply = send(&self.pool, login, &ask).await?;
        reply
            .answers(|answer| {
                // Behind a redirect it has another name than it was asked for by.
                first.get_or_insert(answer);
            })
            .await?;
        match first {
            Some(Answer {
                status: Some(404), ..
            })
            | None => Err(DavError::NotFound),
            Some(answer) => Ok(answer),
        }
    }

    /// `DAV: calendar-auto-schedule` (RFC 6638 2).
    async fn schedules(&self, login: &Login, home: &Href) -> Result<bool, DavError> {
        let reply = send(&self.pool, login, &Ask::new(Verb::Options, home)).await?;
        let headers = match reply.done().await {
            Ok(headers) => headers,
            // Quirk: servers that answer OPTIONS on some resources only.
            Err(DavError::Unsupported(_) | DavError::NotFound | DavError::Denied(_)) => {
                return Ok(false);
            }
            Err(DavError::Refused { status, .. }) if status != StatusCode::UNAUTHORIZED => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        Ok(headers
            .get_all("dav")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|class| class.trim().eq_ignore_ascii_case("calendar-auto-schedule")))
    }

    /// What a server calls a resource, if it is one of its own.
    pub(super) fn href(&self, text: &str) -> Option<Href> {
        match Href::parse(text, &self.pool.settings.origin) {
            Ok(href) => Some(href),
            Err(fault) => {
                debug!(
                    href = crate::backend::imap::printable(text),
                    %fault,
                    "a name that is not followed"
                );
                None
            }
        }
    }
}

impl Homes {
    fn add(&mut self, home: Home) {
        if let Some(known) = self.list.iter_mut().find(|known| known.href == home.href) {
            known.calendars |= home.calendars;
            known.contacts |= home.contacts;
        } else if self.list.len() < MOST_HOMES {
            self.list.push(home);
        }
    }
}
