//! What meetings need beyond other objects: an event by its UID, which is all that an invitation says
//! of it, and one taken away without a word to the organizer.

use airgate_codec::dav::{Data, Href, calendar_query_uid};
use bytes::Bytes;
use http::header::IF_MATCH;
use http::{HeaderName, HeaderValue};

use super::Dav;
use super::error::DavError;
use super::exchange::{Ask, Verb, send};
use super::types::{ETag, NotGot};
use crate::backend::Login;

/// Objects looked at: a server whose comparison is too generous gives a few others along.
const MOST: usize = 20;

impl Dav {
    /// Objects of a calendar that may be the event with this UID; the caller looks into them.
    ///
    /// # Errors
    /// The server as a whole.
    pub async fn with_uid(
        &self,
        login: &Login,
        collection: &Href,
        uid: &str,
    ) -> Result<Vec<(Href, ETag, Bytes)>, DavError> {
        let ask = Ask::new(Verb::Report, collection)
            .xml(calendar_query_uid(uid))
            .depth("1");
        let reply = send(&self.pool, login, &ask).await?;
        let mut hrefs = Vec::new();
        let read = reply
            .answers(|answer| {
                if let Some(href) = self.href(&answer.href)
                    && href.is_directly_in(collection)
                    && answer.status.is_none_or(|status| status < 300)
                    && hrefs.len() < MOST
                {
                    hrefs.push(href);
                }
            })
            .await;
        match read {
            Ok(_) => {}
            // Quirk: a server without such queries may still keep events under their UIDs, as nearly
            // all clients name them.
            Err(DavError::Unsupported(_) | DavError::Refused { .. }) => {
                hrefs = vec![collection.join(&format!("{uid}{}", Data::ICalendar.extension()))];
            }
            Err(error) => return Err(error),
        }
        if hrefs.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for got in self
            .multiget(login, collection, Data::ICalendar, &hrefs)
            .await?
        {
            match got.result {
                Ok((etag, octets)) => found.push((got.href, etag, octets)),
                Err(NotGot::Gone) => {}
                // Not to be found is no proof that there is none (S7).
                Err(NotGot::Failed(why)) => return Err(DavError::Protocol(why)),
            }
        }
        Ok(found)
    }

    /// Removes an attendee's event in that version; `quiet` tells a scheduling server not to decline
    /// in its stead (RFC 6638 8.1).
    ///
    /// # Errors
    /// [`DavError::NotFound`] when it was gone already, [`DavError::Precondition`] when it changed.
    pub async fn withdraw(
        &self,
        login: &Login,
        href: &Href,
        etag: &ETag,
        quiet: bool,
    ) -> Result<(), DavError> {
        let mut ask = Ask::new(Verb::Delete, href);
        if !etag.is_unknown() {
            let tag = HeaderValue::from_str(&etag.strong())
                .map_err(|fault| DavError::Protocol(fault.to_string()))?;
            ask = ask.header(IF_MATCH, tag);
        }
        if quiet {
            let name = HeaderName::from_static("schedule-reply");
            ask = ask.header(name, HeaderValue::from_static("F"));
        }
        send(&self.pool, login, &ask).await?.done().await?;
        Ok(())
    }
}
