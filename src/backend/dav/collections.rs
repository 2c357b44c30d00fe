//! A user's calendars and address books, with all that is worth knowing, by one request a home.

use std::sync::atomic::Ordering;

use airgate_codec::dav::{Answer, Ask as Property, Href, propfind};

use super::Dav;
use super::error::DavError;
use super::exchange::{Ask, Verb, send};
use super::homes::{Home, Homes};
use super::types::{Collection, CollectionKind, Components, Cursor};
use crate::backend::Login;

/// Collections of one home. Above this a phone could show none of them.
const MOST_COLLECTIONS: usize = 1000;
/// Longest name that is shown.
const LONGEST_NAME: usize = 250;

const WANTED: [Property; 14] = [
    Property::Types,
    Property::DisplayName,
    Property::CTag,
    Property::SyncToken,
    Property::ResourceId,
    Property::Colour,
    Property::Order,
    Property::Components,
    Property::Reports,
    Property::Privileges,
    Property::Owner,
    Property::DefaultCalendar,
    Property::ETag,
    Property::CurrentUserPrincipal,
];

impl Dav {
    /// The user's collections and how far each is: one request a home once the homes are known.
    ///
    /// # Errors
    /// Any home that cannot be looked at: what is there is then not known (S7).
    pub async fn collections(&self, login: &Login) -> Result<Vec<Collection>, DavError> {
        let found = match self.list(login).await {
            // Perhaps the homes moved.
            Err(DavError::NotFound) if self.pool.homes(login).is_some() => {
                self.pool.set_homes(login, None);
                self.list(login).await?
            }
            other => other?,
        };
        self.pool.set_collections(login, &found);
        Ok(found)
    }

    /// Whether the server sends invitations and answers itself (RFC 6638).
    ///
    /// # Errors
    /// The user's homes cannot be found out.
    pub async fn scheduling(&self, login: &Login) -> Result<bool, DavError> {
        Ok(self.homes(login).await?.scheduling)
    }

    /// The addresses by which the server knows the user: `mailto:` ones without the scheme, in lower
    /// case.
    ///
    /// # Errors
    /// The user's homes cannot be found out.
    pub async fn addresses(&self, login: &Login) -> Result<Vec<String>, DavError> {
        let homes = self.homes(login).await?;
        let mail = homes.addresses.iter().filter_map(|uri| {
            let (scheme, address) = uri.split_once(':')?;
            scheme
                .eq_ignore_ascii_case("mailto")
                .then(|| address.to_lowercase())
        });
        Ok(mail.filter(|address| address.contains('@')).collect())
    }

    async fn list(&self, login: &Login) -> Result<Vec<Collection>, DavError> {
        let homes = self.homes(login).await?;
        let mut found = Vec::new();
        for home in &homes.list {
            let ask = Ask::new(Verb::Propfind, &home.href)
                .xml(propfind(&WANTED))
                .depth(if home.single { "0" } else { "1" });
            let mut answers = Vec::new();
            let reply = send(&self.pool, login, &ask).await?;
            reply
                .answers(|answer| {
                    if answers.len() < MOST_COLLECTIONS {
                        answers.push(answer);
                    }
                })
                .await?;
            let default = answers
                .iter()
                .find_map(|answer| answer.found.default_calendar.as_deref())
                .and_then(|text| self.href(text))
                .map(Href::into_collection);
            for answer in answers {
                if let Some(href) = self.href(&answer.href).map(Href::into_collection)
                    && (href == home.href) == home.single
                    && (home.single || href.is_below(&home.href))
                {
                    self.take(href, answer, home, &homes, default.as_ref(), &mut found);
                }
            }
        }
        Ok(found)
    }

    fn take(
        &self,
        href: Href,
        answer: Answer,
        home: &Home,
        homes: &Homes,
        default: Option<&Href>,
        found: &mut Vec<Collection>,
    ) {
        let properties = answer.found;
        let types = properties.types.unwrap_or_default();
        let kind = match types {
            types if types.special => return,
            types if types.calendar && home.calendars => CollectionKind::Calendar,
            types if types.addressbook && home.contacts => CollectionKind::AddressBook,
            _ => return,
        };
        if found.iter().any(|known| known.href == href) {
            return;
        }
        let components = match (kind, &properties.components) {
            (CollectionKind::AddressBook, _) => Components::default(),
            // Not a word, or an empty set: all (RFC 4791 5.2.3).
            (CollectionKind::Calendar, None) => Components::ALL,
            (CollectionKind::Calendar, Some(names)) if names.is_empty() => Components::ALL,
            (CollectionKind::Calendar, Some(names)) => Components::of(names),
        };
        let syncs = properties
            .reports
            .as_ref()
            .is_none_or(|reports| reports.iter().any(|report| report == "sync-collection"))
            && !self.pool.without_sync.load(Ordering::Relaxed);
        let token = properties.sync_token.filter(|_| syncs).map(Cursor::Token);
        let cursor = token.or_else(|| properties.ctag.map(Cursor::CTag));
        let owner = properties
            .owner
            .as_deref()
            .and_then(|text| self.href(text))
            .filter(|owner| {
                let own = |own: &Href| own.clone().into_collection();
                homes
                    .principal
                    .as_ref()
                    .is_some_and(|principal| own(principal) != own(owner))
            });
        let name = properties
            .display_name
            .unwrap_or_else(|| href.last_segment());
        let name: String = name.chars().take(LONGEST_NAME).collect();
        found.push(Collection {
            kind,
            name: match name.trim() {
                "" => href.last_segment(),
                name => name.to_owned(),
            },
            colour: properties.colour,
            components,
            // What the server says nothing about is tried.
            read_only: properties
                .privileges
                .is_some_and(|may| !may.write_content && !may.bind),
            order: properties.order,
            owner,
            default: default == Some(&href),
            resource_id: properties.resource_id,
            cursor,
            href,
        });
    }
}
