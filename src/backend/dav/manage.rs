//! Collections are made, renamed and removed.

use airgate_codec::dav::{Data, Href, NewCollection, make_addressbook, make_calendar, rename};

use super::Dav;
use super::error::DavError;
use super::exchange::{Ask, Verb, send};
use super::types::NewKind;
use crate::backend::Login;

impl NewKind {
    /// The form of what will be in it.
    pub const fn data(self) -> Data {
        match self {
            Self::Events | Self::Tasks => Data::ICalendar,
            Self::AddressBook => Data::VCard,
        }
    }
}

impl Dav {
    /// Makes a collection in the user's home under `segment`, a name of ours that makes a repeat find
    /// what was made before.
    ///
    /// # Errors
    /// [`DavError::Precondition`] when it is there already; [`DavError::Denied`] or
    /// [`DavError::Unsupported`] where the server makes none.
    pub async fn create_collection(
        &self,
        login: &Login,
        kind: NewKind,
        segment: &str,
        name: &str,
    ) -> Result<Href, DavError> {
        let homes = self.homes(login).await?;
        let wanted = |home: &&super::homes::Home| match kind {
            NewKind::Events | NewKind::Tasks => home.calendars && !home.single,
            NewKind::AddressBook => home.contacts && !home.single,
        };
        let home = homes.list.iter().find(wanted);
        let home = home.ok_or(DavError::Unsupported("a home for new collections"))?;
        let href = home.href.join(segment).into_collection();
        // Asked before: Quirk: Xandikos makes a collection that is there once more, without a word.
        if self.is_there(login, &href).await? {
            return Err(DavError::Precondition);
        }
        let components: &[&str] = match kind {
            NewKind::Events => &["VEVENT"],
            NewKind::Tasks => &["VTODO"],
            NewKind::AddressBook => &[],
        };
        let new = NewCollection { name, components };
        let ask = match kind {
            NewKind::Events | NewKind::Tasks => {
                Ask::new(Verb::Mkcalendar, &href).xml(make_calendar(new))
            }
            NewKind::AddressBook => Ask::new(Verb::Mkcol, &href).xml(make_addressbook(new)),
        };
        send(&self.pool, login, &ask).await?.done().await?;
        Ok(href)
    }

    /// Gives a collection another name; where it is stays as it was.
    ///
    /// # Errors
    /// [`DavError::Denied`] where the server does not let the user.
    pub async fn rename_collection(
        &self,
        login: &Login,
        collection: &Href,
        name: &str,
    ) -> Result<(), DavError> {
        let ask = Ask::new(Verb::Proppatch, collection).xml(rename(name));
        let reply = send(&self.pool, login, &ask).await?;
        let mut refused = None;
        reply
            .answers(|answer| refused = refused.max(answer.refused).max(answer.status))
            .await?;
        match refused {
            None | Some(..300) => Ok(()),
            Some(404 | 410) => Err(DavError::NotFound),
            Some(507) => Err(DavError::OverQuota),
            Some(status) => Err(DavError::Denied(status.to_string())),
        }
    }

    /// Removes a collection with all that is in it.
    ///
    /// # Errors
    /// [`DavError::NotFound`] when it was gone already.
    pub async fn delete_collection(
        &self,
        login: &Login,
        collection: &Href,
    ) -> Result<(), DavError> {
        self.delete(login, collection, None).await
    }

    /// Whether a collection that no list has any more is gone: it is not there, or no longer for this
    /// user (S7).
    ///
    /// # Errors
    /// The server cannot say.
    pub async fn is_gone(&self, login: &Login, collection: &Href) -> Result<bool, DavError> {
        match self.probe(login, collection).await {
            Ok(()) => Ok(false),
            Err(DavError::NotFound | DavError::Denied(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn is_there(&self, login: &Login, href: &Href) -> Result<bool, DavError> {
        match self.probe(login, href).await {
            Ok(()) => Ok(true),
            Err(DavError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
