//! Who is to tell others of a meeting, as its people say it (RFC 6638 7.1).

use airgate_codec::vobject::Document;

use crate::item::meeting::people;
use crate::item::meeting::stored::{self, NoMeeting};

/// Who sends what is due to somebody (RFC 6638 7.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Agent {
    /// Not the calendar server.
    Client,
    /// Nothing is said of it: the calendar server.
    Unsaid,
}

/// Who meets, as far as a calendar server that schedules is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Meeting {
    /// The user invites.
    pub organizes: bool,
    /// Attendees but for the user.
    pub others: usize,
}

/// Who meets; `None` where nobody does.
pub fn people_of(text: &[u8], me: &[String]) -> Option<Meeting> {
    let document = stored::read(text).ok()?;
    let calendar = stored::calendar(&document).ok()?;
    let organizer = stored::events(&calendar).find_map(|event| stored::organizer(&event))?;
    let mut others: Vec<String> = stored::events(&calendar)
        .flat_map(|event| event.all("ATTENDEE").collect::<Vec<_>>())
        .map(|person| people::address(&person).to_lowercase())
        .filter(|address| !stored::is_me(address, me))
        .collect();
    others.sort_unstable();
    others.dedup();
    Some(Meeting {
        organizes: stored::is_me(&organizer, me),
        others: others.len(),
    })
}

/// The text with which a scheduling server sends nothing: the phone does, or we do.
///
/// # Errors
/// [`NoMeeting::Unreadable`].
pub fn silenced(text: &[u8], me: &[String]) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    set_agent(&mut document, |address| {
        if stored::is_me(address, me) {
            Agent::Unsaid
        } else {
            Agent::Client
        }
    })?;
    Ok(document.to_bytes().to_vec())
}

/// The text with which the server sends again.
///
/// # Errors
/// [`NoMeeting::Unreadable`].
pub fn unsilenced(text: &[u8]) -> Result<Vec<u8>, NoMeeting> {
    let mut document = stored::read(text)?;
    set_agent(&mut document, |_| Agent::Unsaid)?;
    Ok(document.to_bytes().to_vec())
}

pub(super) fn set_agent(
    document: &mut Document,
    agent: impl Fn(&str) -> Agent,
) -> Result<(), NoMeeting> {
    let calendar = stored::calendar(document)?;
    let mut wrong = Vec::new();
    for event in stored::events(&calendar) {
        for person in ["ORGANIZER", "ATTENDEE"]
            .into_iter()
            .flat_map(|name| event.all(name))
        {
            let wanted = agent(&people::address(&person).to_lowercase());
            let said = person
                .parameters()
                .iter()
                .any(|p| p.name.starts_with("SCHEDULE-"));
            if said != (wanted == Agent::Client) || said && !person.says("SCHEDULE-AGENT", "CLIENT")
            {
                wrong.push((person, wanted));
            }
        }
    }
    for (person, wanted) in wrong {
        let mut line = stored::line(&person, |name| !name.starts_with("SCHEDULE-"));
        if wanted == Agent::Client {
            line = line.parameter("SCHEDULE-AGENT", "CLIENT");
        }
        document
            .replace(person.id(), &line)
            .map_err(|_| NoMeeting::Unreadable)?;
    }
    Ok(())
}
