//! Meetings come back quietly. A calendar server that schedules (RFC 6638) would take the restored object
//! for a new plan: invite everybody of the user's own meetings, and answer the organizers of others.
//! Nobody asked for that, so it is kept still by SCHEDULE-AGENT=CLIENT.

use crate::backend::Login;
use crate::backend::dav::{Data, Dav, DavError, Guard, Href};
use crate::failure;
use crate::item::meeting;
use crate::item::object::Kind;

/// How an object is written so that nobody hears of it.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// What is written at first, where that is other than the object.
    pub(super) first: Option<Vec<u8>>,
    /// The server then gets the object itself: it goes on to look after other people's meetings, else
    /// their updates would pass it by. The user's own it must not have back: it would invite.
    hands_back: bool,
    /// Those of the user's own meeting who are not told.
    pub(super) untold: usize,
}

/// How an object comes back.
pub(super) async fn quiet(
    dav: &Dav,
    login: &Login,
    kind: Kind,
    text: &[u8],
) -> Result<Quiet, DavError> {
    if kind != Kind::Event || !dav.scheduling(login).await? {
        return Ok(Quiet::default());
    }
    let mut me = vec![login.user.as_str().to_lowercase()];
    me.extend(dav.addresses(login).await?);
    let Some(people) = meeting::people_of(text, &me) else {
        return Ok(Quiet::default());
    };
    let first = meeting::silenced(text, &me).ok();
    Ok(Quiet {
        first: first.filter(|first| *first != text),
        hands_back: !people.organizes,
        untold: match people.organizes {
            true => people.others,
            false => 0,
        },
    })
}

/// The second write, after the first was taken.
pub(super) async fn hand_back(dav: &Dav, login: &Login, href: &Href, quiet: &Quiet, text: &[u8]) {
    if !quiet.hands_back || quiet.first.is_none() {
        return;
    }
    let written = async {
        let (etag, _) = dav.get(login, href).await?;
        let octets = text.to_vec().into();
        dav.put(login, href, octets, Data::ICalendar, Guard::Match(&etag))
            .await
    };
    if let Err(error) = written.await {
        // It is back all the same.
        tracing::warn!(error = %failure::chain(&error), "a meeting stays without its scheduling");
    }
}
