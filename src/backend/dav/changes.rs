//! What changed in a collection: sync-collection (RFC 6578), else all names and ETags.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use airgate_codec::dav::{Ask as Property, Href, propfind, sync_collection};
use http::StatusCode;
use sha2::{Digest as _, Sha256};
use tracing::debug;

use super::Dav;
use super::error::DavError;
use super::exchange::{Ask, Verb, send};
use super::types::{Cursor, Delta, ETag};
use crate::backend::Login;

/// Objects of one collection. A phone would not hold a tenth of them.
const MOST_OBJECTS: usize = 200_000;
/// Pages of one sync-collection: with a server's usual 100 to 1,000 a page, as many objects.
const MOST_PAGES: usize = 2_000;

/// What the pages of a sync-collection said so far; `None` for what is gone.
type Said = BTreeMap<Href, Option<ETag>>;

impl Dav {
    /// What happened in a collection since a cursor, or all there is.
    ///
    /// # Errors
    /// [`DavError::NotFound`] for a collection that is not there. Whatever breaks off half way is an
    /// error, never a short list (S7).
    pub async fn changes(
        &self,
        login: &Login,
        collection: &Href,
        since: Option<&Cursor>,
    ) -> Result<Delta, DavError> {
        if self.pool.without_sync.load(Ordering::Relaxed) {
            return self.listing(login, collection).await;
        }
        if let Some(Cursor::Token(token)) = since {
            match self.since(login, collection, Some(token)).await {
                Err(
                    error @ (DavError::TokenInvalid
                    | DavError::Precondition
                    | DavError::Refused { .. }
                    | DavError::Unavailable(StatusCode::INTERNAL_SERVER_ERROR)),
                ) => {
                    // Quirk: some servers forget tokens after days, or at a restart, and say so with
                    // 400, 409 or 412 instead of the condition of RFC 6578 3.2; Xandikos with 500.
                    debug!(%error, "the sync-token is not taken");
                }
                Err(DavError::Unsupported(_)) => {}
                other => return other,
            }
        }
        match self.since(login, collection, None).await {
            // Quirk: servers that do not know the report say so in many ways.
            Err(DavError::Unsupported(_) | DavError::Refused { .. } | DavError::TokenInvalid) => {
                let delta = self.listing(login, collection).await?;
                self.pool.without_sync.store(true, Ordering::Relaxed);
                Ok(delta)
            }
            other => other,
        }
    }

    /// sync-collection, page after page.
    async fn since(
        &self,
        login: &Login,
        collection: &Href,
        token: Option<&str>,
    ) -> Result<Delta, DavError> {
        let complete = token.is_none();
        let mut token = token.map(str::to_owned);
        let mut said = Said::new();
        for _ in 0..MOST_PAGES {
            let document = sync_collection(token.as_deref(), self.pool.settings.page);
            // RFC 6578 3.2 wants Depth 0. Quirk: some servers took the depth of a draft, 1; none
            // of those we test with.
            let ask = Ask::new(Verb::Report, collection).xml(document).depth("0");
            let reply = send(&self.pool, login, &ask).await?;
            let mut truncated = false;
            let trailer = reply
                .answers(|answer| {
                    let Some(href) = self.href(&answer.href) else {
                        return;
                    };
                    if href.clone().into_collection() == *collection {
                        // RFC 6578 3.6: there is more than the server gives at a time.
                        truncated |= answer.status == Some(507);
                        return;
                    }
                    if href.is_collection() || !href.is_directly_in(collection) {
                        return;
                    }
                    match answer.status {
                        Some(404 | 410) => said.insert(href, None),
                        Some(400..) => None,
                        _ => {
                            // Told without an ETag, it is looked at.
                            let etag = ETag::new(answer.found.etag.unwrap_or_default());
                            said.insert(href, Some(etag))
                        }
                    };
                })
                .await?;
            if said.len() > MOST_OBJECTS {
                return Err(DavError::TooLarge);
            }
            let Some(next) = trailer.sync_token else {
                return Err(DavError::Unsupported("sync-collection with a token"));
            };
            if !truncated {
                let (mut changed, mut gone) = (Vec::new(), Vec::new());
                for (href, etag) in said {
                    match etag {
                        Some(etag) => changed.push((href, etag)),
                        None => gone.push(href),
                    }
                }
                return Ok(Delta {
                    changed,
                    gone,
                    complete,
                    cursor: Cursor::Token(next),
                });
            }
            if token.as_ref() == Some(&next) {
                return Err(DavError::Protocol("a page that leads nowhere".into()));
            }
            token = Some(next);
        }
        Err(DavError::TooLarge)
    }

    /// All names and ETags by one PROPFIND.
    async fn listing(&self, login: &Login, collection: &Href) -> Result<Delta, DavError> {
        let wanted = [Property::ETag, Property::Types, Property::CTag];
        let ask = Ask::new(Verb::Propfind, collection)
            .xml(propfind(&wanted))
            .depth("1");
        let reply = send(&self.pool, login, &ask).await?;
        let mut changed = BTreeMap::new();
        let (mut ctag, mut seen, mut partial) = (None, false, false);
        reply
            .answers(|answer| {
                let Some(href) = self.href(&answer.href) else {
                    return;
                };
                if href.clone().into_collection() == *collection {
                    seen = true;
                    partial |= answer.status.is_some_and(|status| status >= 400);
                    ctag = answer.found.ctag;
                    return;
                }
                let is_collection = answer.found.types.is_some_and(|types| types.collection);
                if is_collection || href.is_collection() || !href.is_directly_in(collection) {
                    return;
                }
                match answer.status {
                    // Gone between two glances.
                    Some(404 | 410) => {}
                    Some(400..) => partial = true,
                    _ => {
                        let etag = ETag::new(answer.found.etag.unwrap_or_default());
                        changed.insert(href, etag);
                    }
                }
            })
            .await?;
        // A listing without the collection itself is not one of it (S7).
        if partial || !seen {
            return Err(DavError::Protocol("a listing that is not complete".into()));
        }
        if changed.len() > MOST_OBJECTS {
            return Err(DavError::TooLarge);
        }
        let cursor = match ctag {
            Some(ctag) => Cursor::CTag(ctag),
            None => Cursor::Listing(digest(&changed)),
        };
        Ok(Delta {
            changed: changed.into_iter().collect(),
            gone: Vec::new(),
            complete: true,
            cursor,
        })
    }
}

fn digest(listing: &BTreeMap<Href, ETag>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (href, etag) in listing {
        // Neither holds a NUL.
        hash.update(href.as_str());
        hash.update([0]);
        hash.update(etag.as_str());
        hash.update([0]);
    }
    hash.finalize().into()
}
