//! Objects: read many at a time, written one at a time and never blindly (S13).

use std::collections::HashMap;

use airgate_codec::dav::{Answer, Data, Filter, Href, calendar_query, multiget};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::Dav;
use super::error::DavError;
use super::exchange::{Ask, MAX_OBJECT, Verb, send};
use super::types::{ETag, Got, Guard, NotGot};
use crate::backend::Login;

/// Objects asked for at a time: enough to hide the round trip, few enough that a batch of cards with
/// photos stays below the limit of a document.
const BATCH: usize = 50;

impl Dav {
    /// Reads objects of a collection; the answer has one entry for each, in the order they were asked
    /// for.
    ///
    /// # Errors
    /// The server as a whole; what is wrong with one object stands in its place.
    pub async fn multiget(
        &self,
        login: &Login,
        collection: &Href,
        data: Data,
        hrefs: &[Href],
    ) -> Result<Vec<Got>, DavError> {
        let mut got = Vec::with_capacity(hrefs.len());
        let mut rest = hrefs;
        let mut size = BATCH;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(size.min(rest.len()));
            match self.batch(login, collection, data, batch).await {
                Ok(found) => got.extend(found),
                Err(DavError::TooLarge) if batch.len() > 1 => {
                    size = batch.len() / 2;
                    continue;
                }
                // Quirk: servers that lack the report or choke on one of many objects.
                Err(
                    error @ (DavError::TooLarge
                    | DavError::Unsupported(_)
                    | DavError::Refused { .. }
                    | DavError::Denied(_)
                    | DavError::NotFound
                    | DavError::Protocol(_)),
                ) => {
                    let before = got.len();
                    for href in batch {
                        got.push(self.one(login, href).await?);
                    }
                    let mut singles = got.iter().skip(before);
                    if matches!(error, DavError::Denied(_))
                        && singles.all(|got| matches!(got.result, Err(NotGot::Failed(_))))
                    {
                        // No to all of them is a word about the collection, and none about an object.
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
            rest = later;
        }
        Ok(got)
    }

    /// Reads one object.
    ///
    /// # Errors
    /// [`DavError::NotFound`] is the server's word that it is gone.
    pub async fn get(&self, login: &Login, href: &Href) -> Result<(ETag, Bytes), DavError> {
        let any = HeaderValue::from_static("text/calendar, text/vcard, */*;q=0.1");
        let ask = Ask::new(Verb::Get, href).header(ACCEPT, any);
        let reply = send(&self.pool, login, &ask).await?;
        let etag = etag(&reply.headers).unwrap_or_default();
        let octets = reply.octets(MAX_OBJECT).await?;
        Ok((etag, octets))
    }

    /// Writes an object. Gives its new ETag if the server tells it, which it does only when it keeps
    /// the object as it was sent (RFC 4791 5.3.4).
    ///
    /// # Errors
    /// [`DavError::Precondition`] when it is not as the guard says.
    pub async fn put(
        &self,
        login: &Login,
        href: &Href,
        octets: Bytes,
        data: Data,
        guard: Guard<'_>,
    ) -> Result<Option<ETag>, DavError> {
        let kind = HeaderValue::from_static(data.media_type());
        let mut ask = Ask::new(Verb::Put, href).header(CONTENT_TYPE, kind);
        ask = match guard {
            Guard::New => ask.header(IF_NONE_MATCH, HeaderValue::from_static("*")),
            Guard::Match(etag) => ask.header(IF_MATCH, matching(etag)?),
        };
        ask.body = octets;
        let headers = send(&self.pool, login, &ask).await?.done().await?;
        Ok(etag(&headers))
    }

    /// Removes an object, with `etag` only in that version.
    ///
    /// # Errors
    /// [`DavError::NotFound`] when it was gone already.
    pub async fn delete(
        &self,
        login: &Login,
        href: &Href,
        etag: Option<&ETag>,
    ) -> Result<(), DavError> {
        let mut ask = Ask::new(Verb::Delete, href);
        if let Some(etag) = etag.filter(|etag| !etag.is_unknown()) {
            ask = ask.header(IF_MATCH, matching(etag)?);
        }
        send(&self.pool, login, &ask).await?.done().await?;
        Ok(())
    }

    /// Moves an object to another name of this server, where nothing may be yet.
    ///
    /// # Errors
    /// [`DavError::Precondition`] when something is there; [`DavError::Unsupported`] when the server
    /// does not move: then read, write and remove.
    pub async fn relocate(&self, login: &Login, from: &Href, to: &Href) -> Result<(), DavError> {
        let destination = self.pool.settings.url(to);
        let destination = HeaderValue::from_str(&destination)
            .map_err(|fault| DavError::Protocol(fault.to_string()))?;
        let ask = Ask::new(Verb::Move, from)
            .header(HeaderName::from_static("destination"), destination)
            .header(
                HeaderName::from_static("overwrite"),
                HeaderValue::from_static("F"),
            );
        send(&self.pool, login, &ask).await?.done().await?;
        Ok(())
    }

    /// The objects of a calendar with a component (VEVENT, VTODO) that may have an instance that ends
    /// after `from`, in seconds since 1970: all that have, and all series. `None` where the server
    /// cannot say.
    ///
    /// # Errors
    /// The server as a whole.
    pub async fn in_range(
        &self,
        login: &Login,
        collection: &Href,
        component: &str,
        from: i64,
    ) -> Result<Option<Vec<Href>>, DavError> {
        let Some(from) = moment(from) else {
            return Ok(None);
        };
        // Quirk: Xandikos looks at the first instance of a series only, so series are asked for by
        // themselves and judged by whoever asks.
        let (ranged, recurring) = (Filter::From(&from), Filter::Recurring);
        let mut found = Vec::new();
        for filter in [ranged, recurring] {
            match self.query(login, collection, component, filter).await? {
                Some(hrefs) => found.extend(hrefs),
                None => return Ok(None),
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(Some(found))
    }

    /// The objects of a calendar with a component that have a part before a moment. `None` where the
    /// server cannot say.
    ///
    /// # Errors
    /// The server as a whole.
    pub async fn before(
        &self,
        login: &Login,
        collection: &Href,
        component: &str,
        end: i64,
    ) -> Result<Option<Vec<Href>>, DavError> {
        match moment(end) {
            Some(end) => {
                let filter = Filter::Before(&end);
                self.query(login, collection, component, filter).await
            }
            None => Ok(None),
        }
    }

    /// The objects of a calendar with a component. `None` where the server cannot say.
    ///
    /// # Errors
    /// The server as a whole.
    pub async fn with_component(
        &self,
        login: &Login,
        collection: &Href,
        component: &str,
    ) -> Result<Option<Vec<Href>>, DavError> {
        self.query(login, collection, component, Filter::Any).await
    }

    async fn query(
        &self,
        login: &Login,
        collection: &Href,
        component: &str,
        filter: Filter<'_>,
    ) -> Result<Option<Vec<Href>>, DavError> {
        let ask = Ask::new(Verb::Report, collection)
            .xml(calendar_query(component, filter))
            .depth("1");
        let reply = send(&self.pool, login, &ask).await?;
        let mut found = Vec::new();
        let read = reply
            .answers(|answer| {
                if let Some(href) = self.href(&answer.href)
                    && href.is_directly_in(collection)
                    && answer.status.is_none_or(|status| status < 300)
                {
                    found.push(href);
                }
            })
            .await;
        match read {
            Ok(_) => Ok(Some(found)),
            // Quirk: a server that fails over one rule it cannot expand answers 500; the whole
            // collection is then judged by ourselves.
            Err(
                DavError::Unsupported(_)
                | DavError::Refused { .. }
                | DavError::Denied(_)
                | DavError::OverQuota
                | DavError::Unavailable(http::StatusCode::INTERNAL_SERVER_ERROR),
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn batch(
        &self,
        login: &Login,
        collection: &Href,
        data: Data,
        hrefs: &[Href],
    ) -> Result<Vec<Got>, DavError> {
        let ask = Ask::new(Verb::Report, collection)
            .xml(multiget(data, hrefs))
            // RFC 4791 7.9 ignores it. Quirk: Xandikos and others want it.
            .depth("1");
        let reply = send(&self.pool, login, &ask).await?;
        let mut answers: HashMap<Href, Answer> = HashMap::with_capacity(hrefs.len());
        reply
            .answers(|answer| {
                if let Some(href) = self.href(&answer.href) {
                    answers.insert(href, answer);
                }
            })
            .await?;
        let mut got = Vec::with_capacity(hrefs.len());
        for href in hrefs {
            got.push(match answers.remove(href) {
                Some(Answer {
                    status: Some(404 | 410),
                    ..
                }) => Got {
                    href: href.clone(),
                    result: Err(NotGot::Gone),
                },
                Some(answer) if answer.found.data.is_some() => {
                    let etag = ETag::new(answer.found.etag.unwrap_or_default());
                    let text = answer.found.data.unwrap_or_default();
                    Got {
                        href: href.clone(),
                        result: Ok((etag, with_line_ends(text))),
                    }
                }
                // Not a word of it, or not its content: that is not the same as gone.
                _ => self.one(login, href).await?,
            });
        }
        Ok(got)
    }

    /// One object by itself, its own faults in its place.
    async fn one(&self, login: &Login, href: &Href) -> Result<Got, DavError> {
        let result = match self.get(login, href).await {
            Ok(got) => Ok(got),
            Err(DavError::NotFound) => Err(NotGot::Gone),
            Err(
                error @ (DavError::Denied(_)
                | DavError::TooLarge
                | DavError::Refused { .. }
                | DavError::Unsupported(_)
                | DavError::Redirected(_)
                | DavError::Unavailable(http::StatusCode::INTERNAL_SERVER_ERROR)),
            ) => Err(NotGot::Failed(error.to_string())),
            Err(error) => return Err(error),
        };
        Ok(Got {
            href: href.clone(),
            result,
        })
    }
}

/// Seconds since 1970 as a time-range has them.
fn moment(seconds: i64) -> Option<String> {
    let at = Timestamp::from_second(seconds).ok()?;
    Some(at.strftime("%Y%m%dT%H%M%SZ").to_string())
}

fn etag(headers: &HeaderMap) -> Option<ETag> {
    let value = headers.get(ETAG)?.to_str().ok()?;
    Some(ETag::new(value)).filter(|etag| !etag.is_unknown())
}

fn matching(etag: &ETag) -> Result<HeaderValue, DavError> {
    HeaderValue::from_str(&etag.strong())
        .map_err(|_| DavError::Protocol("an ETag that no header can carry".into()))
}

/// XML turns CR LF into LF (XML 1.0 2.11); iCalendar and vCard want CR LF, and have it in the store.
fn with_line_ends(text: String) -> Bytes {
    if !text.contains('\n') {
        return text.into();
    }
    let mut octets = Vec::with_capacity(text.len() + text.len() / 32);
    let mut before = 0;
    for octet in text.bytes() {
        if octet == b'\n' && before != b'\r' {
            octets.push(b'\r');
        }
        octets.push(octet);
        before = octet;
    }
    octets.into()
}
