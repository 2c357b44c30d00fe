//! Where the objects of a folder lie: in its own collection, and to a phone that looks at one folder
//! of a class only in all the others of that class as well.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{Source, collection_kind};
use crate::backend::dav::{Cursor, DavError, Href};
use crate::failure::{self, Failure};
use crate::sync::objects::ObjectView;

/// How far each collection of a source was seen. In a view it is the cursor.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Reached(BTreeMap<String, Cursor>);

impl Reached {
    pub(super) fn of(&self, home: &Href) -> Option<&Cursor> {
        self.0.get(home.as_str())
    }
}

impl Source<'_, '_> {
    /// The collections whose objects are shown here, the folder's own first.
    pub(super) fn homes(&self) -> impl Iterator<Item = &Href> {
        std::iter::once(&self.href).chain(&self.others)
    }

    /// The collection an object lies in.
    pub(super) fn home_of(&self, object: &Href) -> &Href {
        let mut others = self.others.iter();
        let home = others.find(|home| object.is_directly_in(home));
        home.unwrap_or(&self.href)
    }

    /// Whether it stands for its whole class.
    fn is_merged(&self) -> bool {
        self.space != self.folder.id
    }

    /// Whether nothing may be made in it, as far as is known.
    pub(in crate::command) fn takes_nothing(&self) -> bool {
        self.is_fixed(&self.href)
    }

    /// Whether an object may not be changed where it lies, as far as is known.
    ///
    /// # Errors
    /// The store's.
    pub(in crate::command) async fn is_read_only(&self, number: u32) -> Result<bool, Failure> {
        if self.others.is_empty() {
            return Ok(self.takes_nothing());
        }
        let store = &self.call.gateway.store;
        let rows = store
            .objects(self.call.user, &self.space, &[number])
            .await?;
        let href = rows.first().and_then(|row| Href::path(&row.href).ok());
        Ok(href.is_some_and(|href| self.is_fixed(self.home_of(&href))))
    }

    fn is_fixed(&self, home: &Href) -> bool {
        let kind = collection_kind(self.kind);
        let known = self.dav.known(self.call.user, home, kind);
        known.is_some_and(|known| known.read_only)
    }

    /// How far the collections were seen when a view was last looked at.
    pub(super) fn reached(&self, view: &ObjectView) -> Reached {
        let Some(octets) = view.cursor.as_deref() else {
            return Reached::default();
        };
        if self.is_merged() {
            return postcard::from_bytes(octets).unwrap_or_default();
        }
        let own = Cursor::decode(octets).map(|cursor| (self.href.as_str().to_owned(), cursor));
        Reached(own.into_iter().collect())
    }

    /// Notes how far a collection was seen; the view's cursor with it.
    pub(super) fn reach(&self, reached: &mut Reached, home: &Href, cursor: Cursor) -> Vec<u8> {
        if !self.is_merged() {
            let octets = cursor.encode();
            reached.0.insert(home.as_str().to_owned(), cursor);
            return octets;
        }
        reached.0.insert(home.as_str().to_owned(), cursor);
        postcard::to_stdvec(reached).unwrap_or_default()
    }

    /// Lets go of what lay in collections that are shown here no more: the table of folders says so,
    /// which takes proof (S7).
    pub(super) async fn leave(
        &self,
        view: &mut ObjectView,
        reached: &mut Reached,
    ) -> Result<(), Failure> {
        let before = reached.0.len();
        reached
            .0
            .retain(|home, _| self.homes().any(|known| known.as_str() == home));
        if reached.0.len() == before {
            return Ok(());
        }
        for (number, href) in self.placed(view).await? {
            if !self.homes().any(|home| href.is_directly_in(home)) {
                view.vanished(number);
            }
        }
        view.cursor = Some(postcard::to_stdvec(reached).unwrap_or_default());
        Ok(())
    }

    /// What the view believes to lie in a collection.
    pub(super) async fn present_in(
        &self,
        view: &ObjectView,
        home: &Href,
    ) -> Result<Vec<(u32, Href)>, Failure> {
        let mut all = self.placed(view).await?;
        all.retain(|(_, href)| href.is_directly_in(home));
        Ok(all)
    }

    /// What the view believes to be there and has no row any more: it has been gone for long.
    pub(super) async fn unplaced(&self, view: &ObjectView) -> Result<Vec<u32>, Failure> {
        let placed = self.placed(view).await?;
        let placed: BTreeSet<u32> = placed.into_iter().map(|(number, _)| number).collect();
        let mut present = view.present();
        present.retain(|number| !placed.contains(number));
        Ok(present)
    }

    async fn placed(&self, view: &ObjectView) -> Result<Vec<(u32, Href)>, Failure> {
        let store = &self.call.gateway.store;
        let present = view.present();
        let rows = store.objects(self.call.user, &self.space, &present);
        let place = |row: crate::store::ObjectRow| {
            let href = Href::path(&row.href).ok()?;
            Some((row.number, href))
        };
        Ok(rows.await?.into_iter().filter_map(place).collect())
    }

    /// Whether an error is about one of several collections and not about the server, nor about the
    /// folder's own.
    pub(super) fn is_its_own(&self, home: &Href, error: &DavError) -> bool {
        let its_own = error.is_final()
            || matches!(
                error,
                DavError::NotFound
                    | DavError::Protocol(_)
                    | DavError::Unsupported(_)
                    | DavError::Redirected(_)
                    | DavError::Unavailable(http::StatusCode::INTERNAL_SERVER_ERROR)
            );
        its_own && *home != self.href
    }

    /// Some objects lie where nothing can be read now. What else was seen there is forgotten, so that
    /// it is seen as new when it can be had, and what the phone holds stays (S7, T60).
    ///
    /// # Errors
    /// The store's.
    pub(in crate::command) async fn withhold(
        &self,
        view: &mut ObjectView,
        numbers: &[u32],
    ) -> Result<(), Failure> {
        if numbers.is_empty() {
            return Ok(());
        }
        let mut reached = self.reached(view);
        let placed = self.placed(view).await?;
        let named = placed.iter().filter(|(number, _)| numbers.contains(number));
        let homes: BTreeSet<Href> = named.map(|(_, href)| self.home_of(href).clone()).collect();
        for (number, href) in &placed {
            if homes.contains(self.home_of(href)) {
                view.unsee(*number);
            }
        }
        for home in &homes {
            view.cursor = self.without(&mut reached, home);
        }
        Ok(())
    }

    /// How far a collection was seen is not known any more; the view's cursor with it.
    pub(super) fn without(&self, reached: &mut Reached, home: &Href) -> Option<Vec<u8>> {
        reached.0.remove(home.as_str());
        if !self.is_merged() {
            return None;
        }
        Some(postcard::to_stdvec(reached).unwrap_or_default())
    }

    /// One of several collections cannot be looked at. The others go on and what it had stays, unless
    /// it is proven to be gone (S7); what speaks against the whole server is passed on (T60).
    pub(super) async fn spare(
        &self,
        view: &mut ObjectView,
        home: &Href,
        error: DavError,
    ) -> Result<(), Failure> {
        if !self.is_its_own(home, &error) {
            return Err(error.into());
        }
        if matches!(error, DavError::NotFound)
            && self
                .dav
                .is_gone(self.call.login, home)
                .await
                .unwrap_or(false)
        {
            for (number, _) in self.present_in(view, home).await? {
                view.vanished(number);
            }
            return Ok(());
        }
        let (collection, error) = (home.as_str(), failure::chain(&error));
        warn!(
            collection,
            error, "one of several collections cannot be looked at"
        );
        Ok(())
    }
}
