//! Calendars and address books: the client on real servers, and the folders phones see of them.

mod attacks;
mod client;
mod faults;
mod folders;
mod push;

use airgate::backend::Login;
use airgate::backend::dav::{Dav, DavSettings, Origin, Start};
use airgate::backend::tls::{Trust, client_config};
use airgate::identity::UserId;
use secrecy::SecretString;

use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::backend::{Backend, Kind, User};

/// A server with Alice on it, and Airgate's client of it.
struct Rig {
    dav: Dav,
    login: Login,
    alice: User,
    server: DavServer,
    /// The mail server of the same name.
    _mail: Option<Backend>,
}

impl Rig {
    async fn start(kind: DavKind) -> Self {
        Self::start_with(kind, |settings| settings).await
    }

    async fn start_with(kind: DavKind, adjust: impl FnOnce(DavSettings) -> DavSettings) -> Self {
        let users = [User::alice()];
        let mail = match kind {
            DavKind::Cyrus => Some(Backend::start(Kind::Cyrus, &users)),
            _ => None,
        };
        let server = DavServer::start(kind, &users, mail.as_ref()).await;
        Self::around(server, mail, adjust)
    }

    fn around(
        server: DavServer,
        mail: Option<Backend>,
        adjust: impl FnOnce(DavSettings) -> DavSettings,
    ) -> Self {
        let alice = User::alice();
        let dav = Dav::new(adjust(settings(&server.url())));
        Self {
            dav,
            login: login(&alice, 1),
            alice,
            server,
            _mail: mail,
        }
    }
}

/// The settings for a URL of `http://127.0.0.1:port/path`.
fn settings(url: &str) -> DavSettings {
    let rest = url.strip_prefix("http://127.0.0.1:").expect("our own URL");
    let (port, path) = rest.split_once('/').unwrap_or((rest, ""));
    let origin = Origin {
        tls: false,
        host: "127.0.0.1".to_owned(),
        port: port.parse().expect("our own URL"),
    };
    let tls = client_config(&Trust::System).expect("a configuration");
    let mut settings = DavSettings::new(origin, tls);
    let path = format!("/{path}");
    let start: Start = std::sync::Arc::new(move |_| path.clone());
    settings.calendars = Some(Start::clone(&start));
    settings.contacts = Some(start);
    settings
}

fn login(user: &User, version: u64) -> Login {
    Login {
        user: UserId::parse(&user.name, None).expect("a user"),
        name: user.name.clone(),
        acts_for: None,
        secret: SecretString::from(user.password.clone()),
        version,
    }
}

/// A small event.
fn event(uid: &str, summary: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:20260301T090000Z\r\nDTEND:20260301T100000Z\r\n\
         SUMMARY:{summary}\r\nX-KEPT;A=\"b\":c\\, d\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// A small card.
fn card(uid: &str, name: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEND:VCARD\r\n")
}
