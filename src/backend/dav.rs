//! The CalDAV and CardDAV client. It knows nothing of EAS.
//!
//! One [`Dav`] is one origin (scheme, host, port) as the operator named it; calendars and address
//! books of the same origin share one. Nothing a server says leads anywhere else: its hrefs are paths
//! of that origin, redirects leave it for nowhere (T34). An error never means "nothing there" (S7).
//!
//! Servers' ways are named where they are met: grep for "Quirk:".

mod auth;
mod changes;
mod collections;
mod error;
mod exchange;
mod homes;
mod manage;
mod meetings;
mod objects;
mod pool;
mod settings;
mod types;

use std::sync::Arc;

pub use airgate_codec::dav::{Data, Href, Origin};
pub use error::DavError;
pub use settings::{DavSettings, Deadlines, Start};
pub use types::{
    Collection, CollectionKind, Components, Cursor, Delta, ETag, Got, Guard, NewKind, NotGot,
};

use self::pool::Pool;
use crate::clock;
use crate::identity::UserId;

/// One DAV server. Clones share its connections and what was learnt.
#[derive(Clone)]
pub struct Dav {
    pool: Arc<Pool>,
}

/// The DAV servers there are: for calendars and for address books, often the same.
#[derive(Clone, Default)]
pub struct Davs {
    pub calendars: Option<Dav>,
    pub contacts: Option<Dav>,
}

impl Dav {
    /// A client without connections; nothing is tried yet.
    pub fn new(settings: DavSettings) -> Self {
        Self {
            pool: Pool::new(settings),
        }
    }

    pub fn settings(&self) -> &DavSettings {
        &self.pool.settings
    }

    /// Whether calendars or address books seem to be there, as far as it says so to whom it does not
    /// know: connects, and logs nobody in.
    ///
    /// # Errors
    /// The server cannot be reached, is not trusted, or speaks no HTTP.
    pub async fn greet(&self) -> Result<bool, DavError> {
        exchange::greet(&self.pool).await
    }

    /// Whether the server is being left alone after repeated failures (T60).
    pub fn is_resting(&self) -> bool {
        self.pool.breaker.is_open(clock::monotonic())
    }

    /// What a collection was at the last [`collections`](Self::collections); asks nobody.
    pub fn known(&self, user: &UserId, href: &Href, kind: CollectionKind) -> Option<Collection> {
        let all = self.pool.known(user)?;
        all.iter()
            .find(|known| known.href == *href && known.kind == kind)
            .cloned()
    }

    /// Closes the user's connections and forgets what was learnt (T46).
    pub fn forget(&self, user: &UserId) {
        self.pool.forget(user);
    }

    /// The same for everybody.
    pub fn forget_all(&self) {
        self.pool.forget_all();
    }

    /// Whether the two are the same client.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pool, &other.pool)
    }
}

impl Davs {
    /// The server that has the collections of this kind.
    pub const fn of(&self, kind: CollectionKind) -> Option<&Dav> {
        match kind {
            CollectionKind::Calendar => self.calendars.as_ref(),
            CollectionKind::AddressBook => self.contacts.as_ref(),
        }
    }

    /// Each server once.
    pub fn each(&self) -> impl Iterator<Item = &Dav> {
        let second = self.contacts.as_ref().filter(|contacts| {
            self.calendars
                .as_ref()
                .is_none_or(|calendars| !calendars.is(contacts))
        });
        self.calendars.iter().chain(second)
    }

    pub fn forget(&self, user: &UserId) {
        self.each().for_each(|dav| dav.forget(user));
    }

    pub fn forget_all(&self) {
        self.each().for_each(Dav::forget_all);
    }
}
