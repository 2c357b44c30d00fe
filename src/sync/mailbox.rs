//! One look at a mailbox: asks as little as the server's extensions allow and hands the view an
//! [`Observation`] in which every set is proof (S7, S25).
//!
//! - Nothing moved: one STATUS, nothing else.
//! - QRESYNC: one SELECT tells vanished messages and changed flags.
//! - CONDSTORE: changed flags by CHANGEDSINCE, absence by a SEARCH when the count says so.
//! - Neither: the window is listed and its flags are read anew.

use airgate_codec::imap::{Fetched, Flags, MailboxName, MailboxStatus, Uid, UidSet};
use tracing::warn;

use super::kin::Kin;
use super::notes;
use super::observe::{Match, Observation};
use super::plan;
use super::threads::Threads;
use super::view::{Cursor, ItemNumber, MailView};
use super::window::Window;
use crate::backend::Login;
use crate::backend::imap::{FetchItems, Imap, ImapError, Known, Search, Selected, Session};
use crate::failure::Failure;
use crate::identity::UserId;
use crate::item::{categories, identity};
use crate::store::{FingerprintBatch, Store};

/// A pass that would take more messages than this from a phone, and more than half of what it holds,
/// is looked at twice (S8).
const BRAKE_ABOVE: u64 = 20;

/// A mailbox as one device's chain sees it, and what it is asked through.
#[derive(Clone, Copy)]
pub struct Mailbox<'a> {
    pub imap: &'a Imap,
    pub login: &'a Login,
    pub store: &'a dyn Store,
    pub threads: &'a Threads,
    pub user: &'a UserId,
    /// The CollectionId.
    pub collection: &'a str,
    pub name: &'a MailboxName,
    /// No mailbox but a level above some: the listing said that nothing can be in it.
    pub level: bool,
    /// Its messages are notes ([`super::notes`]).
    pub notes: bool,
}

/// Whether what STATUS says leaves no room for a change since the cursor. A server without
/// HIGHESTMODSEQ never proves that: flags change behind its back.
pub fn unmoved(cursor: &Cursor, status: &MailboxStatus) -> bool {
    cursor.modseq != 0
        && status.highest_modseq.map(|modseq| modseq.get()) == Some(cursor.modseq)
        && status.uid_validity.map(|validity| validity.get()) == Some(cursor.uid_validity)
        && status.uid_next.map(Uid::get) == Some(cursor.uid_next)
        && status.messages == Some(cursor.messages)
}

impl Mailbox<'_> {
    /// Brings `view` up to date for a window. A `status` just read saves
    /// asking for it. After a change of UIDVALIDITY there are fingerprints to be kept with the view:
    /// those of the messages found again, under their new UIDs.
    ///
    /// # Errors
    /// Whatever the backend or the store says; the view is then to be thrown away.
    pub async fn look(
        &self,
        session: &mut Session,
        view: &mut MailView,
        window: Window,
        status: Option<&MailboxStatus>,
    ) -> Result<Option<FingerprintBatch>, Failure> {
        if self.level {
            vacate(view, window);
            return Ok(None);
        }
        if let (Some(cursor), true) = (view.cursor, view.window() == window) {
            let unmoved = match status {
                Some(status) => unmoved(&cursor, status),
                None if cursor.modseq == 0 => false,
                None => {
                    let mut answers = session.status(std::slice::from_ref(self.name)).await?;
                    match answers.pop() {
                        Some(status) => unmoved(&cursor, &status?),
                        None => false,
                    }
                }
            };
            if unmoved {
                return Ok(None);
            }
        }
        let mut renewed = self.examine(session, view, window, false).await?;
        let (lost, held) = plan::losses(view);
        if lost > BRAKE_ABOVE && lost * 2 > held {
            metrics::counter!("airgate_mass_change_brakes_total").increment(1);
            warn!(
                lost,
                held, "a pass would take most of a folder from a phone; looking again"
            );
            let mut fresh = self.imap.fresh_session(self.login).await?;
            renewed = self
                .examine(&mut fresh, view, window, true)
                .await?
                .or(renewed);
        }
        if self.notes {
            notes::recognise(session, self.name, view).await?;
        }
        Ok(renewed)
    }

    async fn examine(
        &self,
        session: &mut Session,
        view: &mut MailView,
        window: Window,
        list_anew: bool,
    ) -> Result<Option<FingerprintBatch>, Failure> {
        let known = view.cursor.filter(|_| !list_anew).and_then(|cursor| {
            Some(Known {
                uid_validity: airgate_codec::imap::UidValidity::new(cursor.uid_validity)?,
                modseq: airgate_codec::imap::ModSeq::new(cursor.modseq)?,
                uids: known_uids(view),
            })
        });
        let selected = session.select(self.name, known.as_ref()).await?;
        let mut renewed = None;
        if view
            .cursor
            .is_some_and(|cursor| cursor.uid_validity != selected.uid_validity.get())
        {
            metrics::counter!("airgate_resync_total", "reason" => "uidvalidity").increment(1);
            renewed = Some(FingerprintBatch {
                collection: self.collection.to_owned(),
                uid_validity: selected.uid_validity.get(),
                entries: self.renew(session, view, window.floor).await?,
            });
        }
        let now = Cursor {
            uid_validity: selected.uid_validity.get(),
            uid_next: selected.uid_next.get(),
            modseq: selected.highest_modseq.map_or(0, |modseq| modseq.get()),
            messages: selected.exists,
        };
        let follows = view.cursor.filter(|cursor| {
            !list_anew && view.window() == window && cursor.modseq != 0 && now.modseq != 0
        });
        let observation = match follows {
            Some(since) => {
                self.follow(session, view, window, since, now, selected)
                    .await?
            }
            None => self.list(session, view, window, now).await?,
        };
        view.observe(&observation, categories::is_visible);
        Ok(renewed)
    }

    /// UIDVALIDITY changed: finds the messages again by Message-ID, size and date (S15).
    async fn renew(
        &self,
        session: &mut Session,
        view: &mut MailView,
        floor: Option<i64>,
    ) -> Result<Vec<(u32, i64)>, Failure> {
        let old_validity = view.cursor.map_or(0, |cursor| cursor.uid_validity);
        let prints = self
            .store
            .fingerprints(self.user, self.collection, old_validity)
            .await?;
        let mut by_print: std::collections::HashMap<i64, Vec<ItemNumber>> =
            std::collections::HashMap::new();
        for (uid, print) in prints {
            if view.phone.items.contains(uid) {
                by_print.entry(print).or_default().push(view.number_of(uid));
            }
        }
        let mut matches: Vec<Match> = Vec::new();
        let mut kept = Vec::new();
        if !by_print.is_empty() {
            let inside = session.search(&around(floor)).await?;
            let items = FetchItems {
                size: true,
                internal_date: true,
                headers: Some(vec![identity::HEADER_FIELD]),
                ..FetchItems::default()
            };
            for message in session.fetch(&inside, &items).await? {
                let (Some(uid), Some(print)) = (message.uid, identity::fingerprint(&message))
                else {
                    continue;
                };
                // Two mails alike in all three cannot be told apart, and need not be.
                if let Some(number) = by_print.get_mut(&print).and_then(Vec::pop) {
                    matches.push((uid.get(), number));
                    kept.push((uid.get(), print));
                }
            }
        }
        view.renew(&matches);
        Ok(kept)
    }
}

/// Nothing is there: what the phone has of it is from when it was a mailbox.
fn vacate(view: &mut MailView, window: Window) {
    let observation = Observation {
        cursor: view.cursor.unwrap_or_default(),
        floor: window.floor,
        kin: window.conversations.then(UidSet::new),
        gone: known_uids(view),
        ..Observation::default()
    };
    view.observe(&observation, categories::is_visible);
}

/// Everything of the mailbox this view knows of.
fn known_uids(view: &MailView) -> UidSet {
    &(&(&view.server().items | &view.aged) | &view.hidden) | &view.phone.items
}

/// Whatever may be in a window that begins at `floor`, and a little more: a server compares days of
/// its own zone (RFC 9051 6.4.4), which begin up to 14 hours before and 12 after those of UTC.
fn around(floor: Option<i64>) -> Search {
    floor.map_or(Search::All, |floor| since(floor, -1))
}

/// Received on the day that many days after the floor's, or later.
const fn since(floor: i64, days: i64) -> Search {
    Search::Since(floor.saturating_add(days * DAY))
}

/// A day in seconds.
const DAY: i64 = 86_400;

/// The messages of the window, `\Deleted` ones included. Those of the days around its beginning are
/// asked for their INTERNALDATE, so that the window is right to the second in the user's zone.
async fn inside(session: &mut Session, floor: Option<i64>) -> Result<UidSet, ImapError> {
    let Some(floor) = floor else {
        return session.search(&Search::All).await;
    };
    let mut inside = session.search(&around(Some(floor))).await?;
    let sure = session.search(&since(floor, 2)).await?;
    let border = &inside - &sure;
    if !border.is_empty() {
        let items = FetchItems {
            internal_date: true,
            ..FetchItems::default()
        };
        inside -= received_before(&session.fetch(&border, &items).await?, floor);
    }
    Ok(inside)
}

/// Those of the messages that a window beginning at `floor` leaves out.
fn received_before(messages: &[Fetched], floor: i64) -> UidSet {
    let early = |message: &&Fetched| message.internal_date.is_some_and(|date| date < floor);
    let uids = messages
        .iter()
        .filter(early)
        .filter_map(|message| message.uid);
    uids.map(Uid::get).collect()
}

impl Mailbox<'_> {
    /// What changed since the last look, from a server that counts modifications.
    async fn follow(
        &self,
        session: &mut Session,
        view: &MailView,
        window: Window,
        last: Cursor,
        now: Cursor,
        selected: Selected,
    ) -> Result<Observation, ImapError> {
        let floor = window.floor;
        let known = known_uids(view);
        let (gone, flags) = if selected.resynced {
            (selected.vanished & &known, selected.flags)
        } else {
            let modseq = airgate_codec::imap::ModSeq::new(last.modseq);
            let flags = session.fetch_flags(None, modseq).await?;
            let as_many = now.messages == last.messages && now.uid_next == last.uid_next;
            let gone = if as_many || known.is_empty() {
                UidSet::new()
            } else {
                &known - &session.search(&Search::In(known.clone())).await?
            };
            (gone, flags)
        };
        let mut arrived = UidSet::new();
        if now.uid_next != last.uid_next {
            let new = Search::UidFrom(Uid::new(last.uid_next).unwrap_or(selected.uid_next));
            arrived = match floor {
                Some(_) => {
                    session
                        .search(&Search::And(vec![new, around(floor)]))
                        .await?
                }
                None => session.search(&new).await?,
            };
            // `n:*` always names the last message, however old it is (RFC 9051 9, seq-range).
            arrived.remove_range(..last.uid_next);
        }
        let mut flags: Vec<(u32, Flags)> = flags
            .into_iter()
            .map(|(uid, flags)| (uid.get(), flags))
            .collect();
        if !arrived.is_empty() {
            // QRESYNC tells the flags of known messages only; what came marked is not to be told of.
            let items = FetchItems {
                flags: true,
                internal_date: floor.is_some(),
                ..FetchItems::default()
            };
            let messages = session.fetch(&arrived, &items).await?;
            if let Some(floor) = floor {
                arrived -= received_before(&messages, floor);
            }
            flags.extend(messages.into_iter().filter_map(|message| {
                let marked = message.flags.filter(|flags| flags.deleted)?;
                Some((message.uid?.get(), marked))
            }));
        }
        let mut aged = UidSet::new();
        let mut kin = None;
        if window.conversations {
            let (known, inside) = dated(view, &arrived, &gone, &flags);
            let kin_of = Kin {
                threads: self.threads,
                user: self.user,
                inside: &inside,
                marked: &marked(&flags),
                gone: &gone,
                since: Uid::new(last.uid_next).filter(|_| now.uid_next != last.uid_next),
            };
            let found = kin_of.of(session, view).await?;
            arrived |= &(&found - &view.server().items) - &view.hidden;
            aged = &(&(&known - &found) - &inside) - &gone;
            kin = Some(found);
        }
        Ok(Observation {
            cursor: now,
            floor,
            kin,
            gone,
            arrived,
            aged,
            flags,
        })
    }

    /// The window as it is now: for the first look, another window, and servers that keep no count.
    async fn list(
        &self,
        session: &mut Session,
        view: &MailView,
        window: Window,
        now: Cursor,
    ) -> Result<Observation, ImapError> {
        let floor = window.floor;
        let known = known_uids(view);
        let mut inside = inside(session, floor).await?;
        let deleted = match floor {
            Some(_) => Search::And(vec![around(floor), Search::Deleted]),
            None => Search::Deleted,
        };
        let mut deleted = &session.search(&deleted).await? & &inside;
        let mut kin = None;
        if window.conversations {
            let known = view.kin.clone().unwrap_or_default().0;
            let there = session.search(&Search::In(known.clone())).await?;
            let kin_of = Kin {
                threads: self.threads,
                user: self.user,
                inside: &(&inside - &deleted),
                marked: &deleted,
                gone: &(&known - &there),
                since: view.cursor.and_then(|last| Uid::new(last.uid_next)),
            };
            let found = kin_of.of(session, view).await?;
            inside |= &found;
            if !found.is_empty() {
                let marked = Search::And(vec![Search::In(found.clone()), Search::Deleted]);
                deleted |= session.search(&marked).await?;
            }
            kin = Some(found);
        }
        let mut gone = UidSet::new();
        let mut aged = UidSet::new();
        if !known.is_empty() {
            let absent = &known - &inside;
            if !absent.is_empty() {
                let elsewhere = session.search(&Search::In(absent.clone())).await?;
                gone = &absent - &elsewhere;
                aged = elsewhere;
            }
        }
        let held = &view.phone.items & &inside;
        let mut flags: Vec<(u32, Flags)> = if held.is_empty() {
            Vec::new()
        } else {
            let rows = session.fetch_flags(Some(&held), None).await?;
            rows.into_iter()
                .map(|(uid, flags)| (uid.get(), flags))
                .collect()
        };
        flags.extend((&deleted - &held).iter().map(|uid| {
            (
                uid,
                Flags {
                    deleted: true,
                    ..Flags::default()
                },
            )
        }));
        // A message hidden until now that is no longer marked comes back.
        let unmarked = &(&view.hidden & &inside) - &deleted;
        flags.extend(
            (&unmarked - &held)
                .iter()
                .map(|uid| (uid, Flags::default())),
        );
        let arrived = &inside - &view.server().items;
        Ok(Observation {
            cursor: now,
            floor,
            kin,
            gone,
            arrived,
            aged,
            flags,
        })
    }
}

/// The kin known before, and the messages that are in the window by their date now, from what was
/// seen since.
fn dated(
    view: &MailView,
    arrived: &UidSet,
    gone: &UidSet,
    flags: &[(u32, Flags)],
) -> (UidSet, UidSet) {
    let kin = view.kin.clone().unwrap_or_default().0;
    let marked = marked(flags);
    let unmarked: UidSet = flags.iter().map(|(uid, _)| *uid).collect();
    let back = &(&(&view.hidden - &kin) & &unmarked) - &marked;
    let mut inside = &(&view.server().items - &kin) | &back;
    inside |= arrived;
    inside -= gone;
    inside -= marked;
    (kin, inside)
}

fn marked(flags: &[(u32, Flags)]) -> UidSet {
    let marked = flags.iter().filter(|(_, flags)| flags.deleted);
    marked.map(|(uid, _)| *uid).collect()
}
