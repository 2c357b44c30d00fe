//! The servers of calendars and address books: can they be reached, does one let the user in, and what
//! is there. Where none is named, whether the domain says that there are some.

use super::Options;
use super::dns::Resolver;
use super::report::Section;
use crate::backend::Login;
use crate::backend::dav::{Collection, CollectionKind, Cursor, Dav, DavError};
use crate::config::{Config, DavUrl};
use crate::failure;
use crate::server;

pub(super) async fn examine(
    config: &Config,
    login: Option<&Login>,
    options: &Options,
) -> Vec<Section> {
    let davs = match server::dav(config) {
        Ok(davs) => davs,
        Err(error) => {
            let mut section = Section::new("Calendars and address books");
            section.problem(format!("{error:#}"), "See backend.ca_file.");
            return vec![section];
        }
    };
    if davs.each().next().is_none() {
        return vec![none_named(config, options).await];
    }
    let mut sections = Vec::new();
    for dav in davs.each() {
        let has = |kind| davs.of(kind).is_some_and(|other| other.is(dav));
        let (title, url) = match (
            has(CollectionKind::Calendar),
            has(CollectionKind::AddressBook),
        ) {
            (true, true) => ("CalDAV and CardDAV server", &config.caldav),
            (true, false) => ("CalDAV server", &config.caldav),
            _ => ("CardDAV server", &config.carddav),
        };
        let mut section = Section::new(format!("{title} {}", place(url.as_ref())));
        if url.as_ref().is_some_and(DavUrl::is_exposed) {
            section.warn(
                "calendars and contacts travel to it without encryption",
                "Use https:// where the server can.",
            );
        }
        one(dav, login, &mut section).await;
        sections.push(section);
    }
    sections
}

async fn one(dav: &Dav, login: Option<&Login>, section: &mut Section) {
    match dav.greet().await {
        Ok(_) => section.good("it can be reached and speaks HTTP"),
        Err(error) => {
            section.problem(failure::chain(&error), trouble(&error));
            return;
        }
    }
    let Some(login) = login else {
        section.note(
            "what is on it was not asked",
            "It tells after a login only: run airgate doctor --user alice@example.com.",
        );
        return;
    };
    let collections = match dav.collections(login).await {
        Ok(collections) => collections,
        Err(error) => {
            section.problem(
                format!(
                    "nothing is found for {}: {}",
                    login.user,
                    failure::chain(&error)
                ),
                trouble(&error),
            );
            return;
        }
    };
    section.good(format!("{} can sign in", login.user));
    describe(&collections, section);
    match dav.scheduling(login).await {
        Ok(true) => section.good("it sends invitations itself"),
        Ok(false) => section.note(
            "it sends no invitations",
            "Airgate sends them for phones by the submission server.",
        ),
        Err(error) => section.warn(failure::chain(&error), ""),
    }
}

/// What there is, as a phone will be shown it.
fn describe(collections: &[Collection], section: &mut Section) {
    let names = |kind| {
        let all = collections.iter().filter(move |found| found.kind == kind);
        let names: Vec<String> = all
            .map(|found| match found.read_only {
                true => format!("{} (read-only)", found.name),
                false => found.name.clone(),
            })
            .collect();
        names
    };
    for (kind, what) in [
        (CollectionKind::Calendar, "calendars"),
        (CollectionKind::AddressBook, "address books"),
    ] {
        let names = names(kind);
        if !names.is_empty() {
            section.good(format!("{what}: {}", names.join(", ")));
        }
    }
    if collections.is_empty() {
        section.warn(
            "there is no calendar and no address book",
            "Make one with another program, or let phones make them.",
        );
        return;
    }
    let weak = |found: &&Collection| !matches!(found.cursor, Some(Cursor::Token(_)));
    match collections.iter().filter(weak).count() {
        0 => section.good("sync-collection: a Sync costs what has changed"),
        _ => section.note(
            "some collections do not offer sync-collection",
            "After each change all names in them are compared, which costs with their size.",
        ),
    }
}

/// The domain may say where its calendars are (RFC 6764).
async fn none_named(config: &Config, options: &Options) -> Section {
    let mut section = Section::new("Calendars and address books");
    let domain = config
        .default_domain
        .as_ref()
        .or_else(|| config.domains.first());
    if let (Some(domain), false) = (domain, options.offline) {
        let resolver = options.resolver.map_or(Resolver::System, Resolver::Server);
        for (service, key) in [("_caldavs", "caldav"), ("_carddavs", "carddav")] {
            if let Some(url) = resolver.dav(service, domain).await {
                section.note(
                    format!("{domain} says that it has some at {url}"),
                    format!("Set {key} = \"{url}\"."),
                );
            }
        }
    }
    if section.findings.is_empty() {
        section.note(
            "no server is named: phones get mail only",
            "Set caldav and carddav to https://dav.example.com where there is one.",
        );
    }
    section
}

fn place(url: Option<&DavUrl>) -> String {
    let Some(url) = url else {
        return String::new();
    };
    let scheme = if url.tls { "https" } else { "http" };
    format!("{scheme}://{}:{}", url.host, url.port)
}

fn trouble(error: &DavError) -> &'static str {
    match error {
        DavError::LoginRefused(_) => {
            "Its users may be others than the IMAP server's: check name and password in another calendar \
             program."
        }
        DavError::NotFound | DavError::Protocol(_) => {
            "Name the path where the user's calendars are, such as \
             https://dav.example.com/calendars/{user}/."
        }
        DavError::Redirected(_) => {
            "Airgate follows no server elsewhere with a user's password: name the server that it leads to."
        }
        DavError::Unreachable(why) if why.contains("TLS") => {
            "If its certificate is from a private authority, name that in backend.ca_file."
        }
        DavError::Unreachable(_) | DavError::Timeout => {
            "Check host and port, and whether a firewall is in between."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::doctor::Grade;
    use crate::backend::dav::{Components, Href};

    #[test]
    fn what_is_there_is_told_by_name() {
        let collection = |name: &str, kind, read_only, cursor| Collection {
            href: Href::path("/a/").unwrap(),
            kind,
            name: name.to_owned(),
            colour: None,
            components: Components::default(),
            read_only,
            order: None,
            owner: None,
            default: false,
            resource_id: None,
            cursor,
        };
        let token = Some(Cursor::Token(String::new()));
        let (calendar, book) = (CollectionKind::Calendar, CollectionKind::AddressBook);
        for (found, grades, text) in [
            (vec![], vec![Grade::Warning], "no calendar"),
            (
                vec![
                    collection("Work", calendar, false, token.clone()),
                    collection("Holidays", calendar, true, token.clone()),
                    collection("Friends", book, false, token),
                ],
                vec![Grade::Good, Grade::Good, Grade::Good],
                "calendars: Work, Holidays (read-only)",
            ),
            (
                vec![collection("Work", calendar, false, None)],
                vec![Grade::Good, Grade::Note],
                "calendars: Work",
            ),
        ] {
            let mut section = Section::new("");
            describe(&found, &mut section);
            let said: Vec<Grade> = section.findings.iter().map(|found| found.grade).collect();
            assert_eq!(said, grades);
            let first = &section.findings[0];
            assert!(format!("{first:?}").contains(text), "{first:?}");
        }
    }
}
