//! The CalDAV and CardDAV servers Airgate is tested in front of.

use std::net::SocketAddr;

use super::{Backend, User, cyrus, radicale, xandikos};
use crate::support::dav_client::DavClient;
use crate::support::process::loopback;

/// Which server a suite runs against.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DavKind {
    /// Plain, all components in every calendar.
    Radicale,
    /// Plain, git behind it, one user and no passwords.
    Xandikos,
    /// Scheduling; the mail server of the same name is in it.
    Cyrus,
}

/// A running DAV server of one of the kinds.
#[derive(Debug)]
pub enum DavServer {
    Radicale(radicale::Radicale),
    Xandikos(xandikos::Xandikos),
    /// By the port of the Cyrus that is the mail server.
    Cyrus(u16),
}

impl DavKind {
    pub const ALL: [Self; 3] = [Self::Radicale, Self::Xandikos, Self::Cyrus];
}

impl DavServer {
    /// Starts a server of the kind for these users, the first of whom is Alice; each has a calendar
    /// and an address book (Xandikos: Alice alone). For Cyrus, `mail` is it.
    ///
    /// # Panics
    /// When it cannot run here; the message says what to install.
    pub async fn start(kind: DavKind, users: &[User], mail: Option<&Backend>) -> Self {
        let available = match kind {
            DavKind::Radicale => radicale::Radicale::available(),
            DavKind::Xandikos => xandikos::Xandikos::available(),
            DavKind::Cyrus => cyrus::Cyrus::available(),
        };
        if let Err(missing) = available {
            panic!("{missing}; scripts/install-test-tools installs it");
        }
        match kind {
            DavKind::Radicale => Self::radicale(users, &radicale::Settings::default()).await,
            DavKind::Xandikos => {
                let alice = users.first().expect("somebody");
                Self::Xandikos(xandikos::Xandikos::start(alice))
            }
            DavKind::Cyrus => match mail {
                Some(mail @ Backend::Cyrus(cyrus)) => {
                    // Who never had mail has no calendars: it makes both at the first login.
                    for user in users {
                        mail.other_client(user).await.logout().await;
                    }
                    Self::Cyrus(cyrus.dav_port)
                }
                _ => panic!("Cyrus has its calendars beside its mail"),
            },
        }
    }

    /// A Radicale set up otherwise.
    pub async fn radicale(users: &[User], settings: &radicale::Settings) -> Self {
        let server = Self::Radicale(radicale::Radicale::start(users, settings));
        for user in users {
            let client = server.client(user);
            client
                .make_calendar(&server.calendar(user), "Calendar", &["VEVENT"])
                .await;
            client
                .make_calendar(&server.tasks(user), "Tasks", &["VTODO"])
                .await;
            client
                .make_addressbook(&server.contacts(user), "Contacts")
                .await;
        }
        server
    }

    pub fn port(&self) -> u16 {
        match self {
            Self::Radicale(server) => server.port,
            Self::Xandikos(server) => server.port,
            Self::Cyrus(port) => *port,
        }
    }

    pub fn address(&self) -> SocketAddr {
        loopback(self.port())
    }

    /// The value of Airgate's `--caldav` and `--carddav`.
    pub fn url(&self) -> String {
        let port = self.port();
        match self {
            // Whoever comes to its root sees a page.
            Self::Xandikos(server) => format!("http://127.0.0.1:{port}{}/", server.principal()),
            _ => format!("http://127.0.0.1:{port}"),
        }
    }

    /// Another program of the user, which goes behind Airgate's back.
    pub fn client(&self, user: &User) -> DavClient {
        DavClient::new(self.address(), user)
    }

    /// Kills it.
    pub fn stop(&mut self) {
        match self {
            Self::Radicale(server) => server.stop(),
            Self::Xandikos(server) => server.stop(),
            Self::Cyrus(_) => panic!("it ends with its mail server"),
        }
    }

    /// Starts it again with what it has.
    pub fn restart(&mut self) {
        match self {
            Self::Radicale(server) => server.restart(),
            Self::Xandikos(server) => server.restart(),
            Self::Cyrus(_) => panic!("it begins with its mail server"),
        }
    }

    /// The path of the collection that holds a user's calendars.
    pub fn calendars(&self, user: &User) -> String {
        match self {
            Self::Radicale(_) => format!("/{}/", user.name),
            Self::Xandikos(server) => format!("{}/calendars/", server.principal()),
            Self::Cyrus(_) => format!("/dav/calendars/user/{}/", user.name),
        }
    }

    /// And of the one with the address books.
    pub fn addressbooks(&self, user: &User) -> String {
        match self {
            Self::Radicale(_) => format!("/{}/", user.name),
            Self::Xandikos(server) => format!("{}/contacts/", server.principal()),
            Self::Cyrus(_) => format!("/dav/addressbooks/user/{}/", user.name),
        }
    }

    /// The user's calendar.
    pub fn calendar(&self, user: &User) -> String {
        let home = self.calendars(user);
        match self {
            Self::Cyrus(_) => format!("{home}Default/"),
            _ => format!("{home}calendar/"),
        }
    }

    /// The user's task list; on some servers it is the calendar.
    pub fn tasks(&self, user: &User) -> String {
        match self {
            Self::Radicale(_) => format!("{}tasks/", self.calendars(user)),
            _ => self.calendar(user),
        }
    }

    /// The user's address book.
    pub fn contacts(&self, user: &User) -> String {
        let home = self.addressbooks(user);
        match self {
            Self::Radicale(_) => format!("{home}contacts/"),
            Self::Xandikos(_) => format!("{home}addressbook/"),
            Self::Cyrus(_) => format!("{home}Default/"),
        }
    }
}
