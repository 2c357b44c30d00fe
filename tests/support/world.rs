//! All of it together: a mail server, a submission server, Airgate in front, and phones.

use super::backend::dav::{DavKind, DavServer};
use super::backend::{Backend, Kind, User};
use super::dav_client::DavClient;
use super::other_client::OtherClient;
use super::phone::{Phone, Profile, Wire};
use super::server::{Server, Settings};
use super::smtp::SmtpSink;

/// A running world with Alice in it.
#[derive(Debug)]
pub struct World {
    // Dropped from the top: the server first, so that it does not log the others' end.
    pub server: Server,
    pub backend: Backend,
    pub smtp: SmtpSink,
    /// Where the calendars and address books are, if the test asked for some.
    pub dav: Option<DavServer>,
    pub alice: User,
}

impl World {
    /// A world on this kind of mail server.
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, |settings| settings).await
    }

    /// The same with a server set up otherwise.
    pub async fn start_with(kind: Kind, adjust: impl FnOnce(Settings) -> Settings) -> Self {
        let alice = User::alice();
        let users = [alice.clone(), User::new("bob@example.com")];
        let backend = Backend::start(kind, &users);
        Self::around(backend, &users, adjust).await
    }

    /// A world around a mail server that the test started; the first user is Alice.
    pub async fn around(
        backend: Backend,
        users: &[User],
        adjust: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let smtp = SmtpSink::start(users).await;
        let settings = Settings::new(&backend.imap_url()).smtp(&smtp.url());
        let server = adjust(settings).start();
        Self {
            server,
            backend,
            smtp,
            dav: None,
            alice: users.first().expect("somebody").clone(),
        }
    }

    /// A world with calendars and address books: Cyrus has them itself, else Dovecot has the mail.
    pub async fn with_dav(kind: DavKind) -> Self {
        Self::with_dav_and(kind, |settings| settings).await
    }

    /// The same with a server set up otherwise.
    pub async fn with_dav_and(kind: DavKind, adjust: impl FnOnce(Settings) -> Settings) -> Self {
        let users = [User::alice(), User::new("bob@example.com")];
        let mail = match kind {
            DavKind::Cyrus => Kind::Cyrus,
            _ => Kind::Dovecot,
        };
        let backend = Backend::start(mail, &users);
        let dav = DavServer::start(kind, &users, Some(&backend)).await;
        Self::around_dav(backend, dav, &users, adjust).await
    }

    /// A world around a mail server and a DAV server that the test started.
    pub async fn around_dav(
        backend: Backend,
        dav: DavServer,
        users: &[User],
        adjust: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let url = dav.url();
        let mut world = Self::around(backend, users, |settings| adjust(settings.dav(&url))).await;
        world.dav = Some(dav);
        world
    }

    /// The DAV server.
    ///
    /// # Panics
    /// When the world has none.
    pub fn dav(&self) -> &DavServer {
        self.dav.as_ref().expect("a world with a DAV server")
    }

    /// Another calendar and contacts program of Alice's.
    pub fn dav_client(&self) -> DavClient {
        self.dav().client(&self.alice)
    }

    /// A phone of Alice's, its account added.
    pub async fn phone(&self, profile: Profile) -> Phone {
        let mut phone = self.new_phone(profile, &self.alice);
        phone.set_up().await;
        phone
    }

    /// A phone out of the box.
    pub fn new_phone(&self, profile: Profile, user: &User) -> Phone {
        let wire = Wire::new(self.server.address(), self.server.trust());
        Phone::new(profile, user, wire)
    }

    /// Another mail program of Alice's.
    pub async fn other_client(&self) -> OtherClient {
        self.backend.other_client(&self.alice).await
    }

    /// Puts a mail into one of Alice's folders.
    pub async fn deliver(&self, folder: &str, message: &[u8]) {
        self.backend.deliver(&self.alice, folder, message).await;
    }

    /// Puts numbered mails into one of Alice's folders.
    pub async fn fill(&self, folder: &str, count: u64) {
        self.backend.fill(&self.alice, folder, count).await;
    }
}
