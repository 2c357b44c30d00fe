//! Applies a phone's commands to a mailbox: flags as deltas (S11), deletions that never escalate
//! (S9), each outcome recorded so that a repeat changes nothing (S2).

use std::collections::{BTreeMap, HashMap};

use airgate_codec::eas::email::FollowUp;
use airgate_codec::eas::sync::{ApplicationData, Collection, Command, ItemResponse};
use airgate_codec::imap::{Flag, Flags, MailboxName, UidSet};
use tracing::warn;

use super::super::Call;
use super::super::follow_ups::{self, Kept};
use super::super::moved;
use crate::backend::imap::{Expunged, ImapError, Session};
use crate::failure::{self, Failure};
use crate::item::categories;
use crate::store::FolderRow;
use crate::sync::folders::Role;
use crate::sync::journal::{self, Journal, Outcome};
use crate::sync::server_id;
use crate::sync::view::{ItemNumber, MailView};

/// Sync's status of one item ([MS-ASCMD] 2.2.3.177.17).
mod status {
    pub(super) const OK: u16 = 1;
    pub(super) const SERVER_ERROR: u16 = 5;
    pub(super) const CONVERSION_ERROR: u16 = 6;
    pub(super) const NOT_FOUND: u16 = 8;
}

/// A mailbox opened for the phone's commands.
pub(super) struct Target<'a, 'b> {
    pub(super) call: &'a Call<'b>,
    pub(super) session: &'a mut Session,
    pub(super) folder: &'a FolderRow,
    /// Where deletions go; `None` in the trash itself and where there is none.
    pub(super) trash: Option<&'a FolderRow>,
    pub(super) view: &'a mut MailView,
    pub(super) journal: Journal,
}

/// What came of all commands together.
pub(super) struct Applied {
    pub(super) responses: Vec<ItemResponse>,
    /// Items to be sent whole, in the order asked for.
    pub(super) fetches: Vec<(String, Option<u32>)>,
    pub(super) journal: Journal,
}

/// A change of flags as the phone means it.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Delta {
    seen: Option<bool>,
    /// The follow-up flag's status: 0 cleared, 1 complete, 2 active.
    follow_up: Option<u8>,
    /// There is more to the flag than flags can say, and it changed.
    details: bool,
    /// The categories there shall be.
    categories: Option<Vec<String>>,
}

/// A Change that names a message the phone holds.
struct Flagging {
    server_id: String,
    uid: u32,
    delta: Delta,
    /// The whole follow-up flag as the phone sent it.
    follow_up: Option<FollowUp>,
    fingerprint: [u8; 16],
}

/// Messages whose flags change alike.
struct Group {
    add: Vec<Flag>,
    remove: Vec<Flag>,
    uids: UidSet,
}

/// A Delete that names a message the phone may hold.
struct Deletion {
    server_id: String,
    number: ItemNumber,
    uid: u32,
    fingerprint: [u8; 16],
}

impl Target<'_, '_> {
    /// Carries out the commands of one collection.
    ///
    /// # Errors
    /// A backend that is out of reach: nothing of what was not yet carried out is acknowledged.
    pub(super) async fn apply(mut self, wanted: &Collection) -> Result<Applied, Failure> {
        let mut responses = Vec::new();
        let mut fetches = Vec::new();
        let mut flaggings = Vec::new();
        let mut deletions = Vec::new();
        for command in &wanted.commands {
            match command {
                Command::Add {
                    class, client_id, ..
                } => responses.push(ItemResponse::Add {
                    class: *class,
                    client_id: client_id.clone(),
                    server_id: None,
                    status: status::CONVERSION_ERROR,
                    data: None,
                }),
                Command::Change {
                    server_id, data, ..
                } => match self.flagging(server_id, data) {
                    Ok(flagging) => flaggings.push(flagging),
                    Err(status) => responses.push(changed(server_id, status)),
                },
                Command::Delete { server_id, .. } => match self.find(server_id) {
                    Some((number, Some(uid))) => deletions.push(Deletion {
                        server_id: server_id.clone(),
                        number,
                        uid,
                        fingerprint: journal::fingerprint(&["delete", server_id]),
                    }),
                    // An orphan of the last generation: what is gone is as the phone wants it.
                    Some((number, None)) if self.view.orphans.contains(&number) => {
                        self.view.phone_deleted(number, None, true);
                    }
                    _ => responses.push(deleted(server_id, status::NOT_FOUND)),
                },
                Command::Fetch { server_id } => {
                    let uid = self.find(server_id).and_then(|(_, uid)| uid);
                    fetches.push((server_id.clone(), uid));
                }
            }
        }
        self.flag(flaggings, &mut responses).await?;
        self.delete(
            deletions,
            wanted.deletes_as_moves.unwrap_or(true),
            &mut responses,
        )
        .await?;
        Ok(Applied {
            responses,
            fetches,
            journal: self.journal,
        })
    }

    /// The number behind a ServerId of this collection, and its UID while the message is there.
    fn find(&self, text: &str) -> Option<(ItemNumber, Option<u32>)> {
        let (collection, number) = server_id::read(text)?;
        if collection != self.folder.id {
            return None;
        }
        let uid = self.view.uid_of(number).filter(|uid| {
            self.view.server().items.contains(*uid)
                || self.view.aged.contains(*uid)
                || self.view.phone.items.contains(*uid)
        });
        Some((number, uid))
    }

    fn flagging(&self, server_id: &str, data: &ApplicationData) -> Result<Flagging, u16> {
        let (_, uid) = self.find(server_id).ok_or(status::NOT_FOUND)?;
        let uid = uid.ok_or(status::NOT_FOUND)?;
        let change = data
            .clone()
            .into_email()
            .map_err(|_| status::CONVERSION_ERROR)?;
        let mut delta = Delta {
            seen: change.read,
            ..Delta::default()
        };
        if let Some(flag) = &change.flag {
            delta.follow_up = Some(follow_up(flag)?);
        }
        delta.categories.clone_from(&change.categories);
        let meaning = format!("{delta:?} {:?}", change.flag);
        let fingerprint = journal::fingerprint(&["change", server_id, &meaning]);
        Ok(Flagging {
            server_id: server_id.to_owned(),
            uid,
            delta,
            follow_up: change.flag,
            fingerprint,
        })
    }

    /// Carries out changes of flags in their order: of several changes of one message each builds on
    /// the one before.
    async fn flag(
        &mut self,
        flaggings: Vec<Flagging>,
        responses: &mut Vec<ItemResponse>,
    ) -> Result<(), Failure> {
        let mut rest = flaggings;
        while !rest.is_empty() {
            let mut seen = UidSet::new();
            let (round, later) = rest.into_iter().partition(|f| seen.insert(f.uid));
            self.flag_round(round, responses).await?;
            rest = later;
        }
        Ok(())
    }

    /// Sets flags of messages named once each, those with the same change together.
    async fn flag_round(
        &mut self,
        flaggings: Vec<Flagging>,
        responses: &mut Vec<ItemResponse>,
    ) -> Result<(), Failure> {
        let present = self.present_flags(&flaggings).await?;
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        let mut wanted: Vec<Flagging> = Vec::new();
        for mut flagging in flaggings {
            let uid = flagging.uid;
            if let Some(outcome) = self.journal.outcome(&flagging.fingerprint).cloned() {
                // Carried out under this key before: the backend has it, the phone is to have it.
                let server = self.view.server().flags(uid);
                self.phone_flagged(&flagging, server.as_ref());
                if outcome.status != 1 {
                    responses.push(changed(&flagging.server_id, u16::from(outcome.status)));
                }
                continue;
            }
            if let Some(flag) = &flagging.follow_up {
                let validity = self.view.cursor.map_or(0, |cursor| cursor.uid_validity);
                let message = (self.folder.id.as_str(), validity, uid);
                let kept = follow_ups::keep(self.call, message, flag).await?;
                flagging.delta.details = kept == Kept::Changed;
            }
            let flags = present.get(&uid).cloned().unwrap_or_default();
            let (add, remove) = flagging.delta.commands(&flags);
            if !add.is_empty() || !remove.is_empty() {
                let key = format!("{add:?} {remove:?}");
                let group = groups.entry(key).or_insert_with(|| Group {
                    add,
                    remove,
                    uids: UidSet::new(),
                });
                group.uids.insert(uid);
            }
            wanted.push(flagging);
        }
        let mut failed: HashMap<u32, bool> = HashMap::new();
        for Group { add, remove, uids } in groups.into_values() {
            match self.session.store(&uids, &add, &remove).await {
                Ok(missing) => failed.extend(missing.iter().map(|uid| (uid, true))),
                Err(error) if refusal(&error) => {
                    warn!(error = %failure::chain(&error), "the backend refused a change of flags");
                    failed.extend(uids.iter().map(|uid| (uid, false)));
                }
                Err(error) => return Err(error.into()),
            }
        }
        for flagging in wanted {
            let uid = flagging.uid;
            let status = match failed.get(&uid) {
                None => {
                    let flags = present.get(&uid).cloned().unwrap_or_default();
                    let accepted = flagging.delta.applied_to(&flags);
                    let shown = self.view.server().items.contains(uid);
                    // A message outside the window keeps being outside, whatever its flags.
                    self.phone_flagged(&flagging, shown.then_some(&accepted));
                    status::OK
                }
                Some(gone) => {
                    self.phone_flagged(&flagging, None);
                    if *gone {
                        status::NOT_FOUND
                    } else {
                        status::SERVER_ERROR
                    }
                }
            };
            self.record(flagging.fingerprint, status);
            if status != status::OK {
                responses.push(changed(&flagging.server_id, status));
            }
        }
        Ok(())
    }

    /// The flags the messages have. Those of a message the phone was not told of yet (it moved it
    /// here itself) are not in the view and are asked for.
    async fn present_flags(
        &mut self,
        flaggings: &[Flagging],
    ) -> Result<HashMap<u32, Flags>, Failure> {
        let mut present = HashMap::new();
        let mut unknown = UidSet::new();
        for uid in flaggings.iter().map(|flagging| flagging.uid) {
            match self.view.server().flags(uid) {
                Some(flags) if self.view.phone.items.contains(uid) => {
                    present.insert(uid, flags);
                }
                _ => {
                    unknown.insert(uid);
                }
            }
        }
        if !unknown.is_empty() {
            let rows = self.session.fetch_flags(Some(&unknown), None).await?;
            present.extend(rows.into_iter().map(|(uid, flags)| (uid.get(), flags)));
        }
        Ok(present)
    }

    /// Notes what the phone now has on a message it holds. One it was not told of yet is told whole
    /// in this answer or the next.
    fn phone_flagged(&mut self, flagging: &Flagging, accepted: Option<&Flags>) {
        if let Some(held) = self.view.phone.flags(flagging.uid) {
            let wishes = flagging.delta.applied_to(&held);
            self.view.phone_flagged(flagging.uid, &wishes, accepted);
        }
    }

    /// Deletes: to the trash, or for good where the phone says so or the folder is the trash (S9).
    async fn delete(
        &mut self,
        deletions: Vec<Deletion>,
        moves: bool,
        responses: &mut Vec<ItemResponse>,
    ) -> Result<(), Failure> {
        let mut fresh = Vec::new();
        for deletion in deletions {
            match self.journal.outcome(&deletion.fingerprint).cloned() {
                Some(outcome) => {
                    let there = self.view.server().items.contains(deletion.uid);
                    self.view
                        .phone_deleted(deletion.number, Some(deletion.uid), !there);
                    if outcome.status != 1 {
                        responses.push(deleted(&deletion.server_id, u16::from(outcome.status)));
                    }
                }
                None => fresh.push(deletion),
            }
        }
        let uids: UidSet = fresh
            .iter()
            .map(|deletion| deletion.uid)
            .filter(|uid| self.view.server().items.contains(*uid) || self.view.aged.contains(*uid))
            .collect();
        let removed = if uids.is_empty() {
            Ok(Removed::Gone)
        } else {
            self.remove(&uids, moves).await
        };
        let status = match &removed {
            Ok(_) => status::OK,
            Err(error) if refusal(error) => {
                warn!(error = %failure::chain(error), "the backend refused a deletion");
                status::SERVER_ERROR
            }
            Err(_) => {
                removed?;
                return Ok(());
            }
        };
        for deletion in fresh {
            // A refused deletion makes the next plan send the message again: the phone has dropped
            // it, the backend has it.
            let gone = status == status::OK;
            self.view
                .phone_deleted(deletion.number, Some(deletion.uid), gone);
            if matches!(removed, Ok(Removed::Hidden)) {
                self.view.hidden.insert(deletion.uid);
            }
            self.record(deletion.fingerprint, status);
            if status != status::OK {
                responses.push(deleted(&deletion.server_id, status));
            }
        }
        Ok(())
    }

    async fn remove(&mut self, uids: &UidSet, moves: bool) -> Result<Removed, ImapError> {
        let in_trash = self.folder.role == Role::Trash as u8;
        if !moves || in_trash {
            return Ok(match self.session.expunge(uids).await? {
                Expunged::Removed => Removed::Gone,
                Expunged::Marked => Removed::Hidden,
            });
        }
        let Some(trash) = self.trash else {
            // An account without a trash: hidden, not destroyed (S9).
            self.session.store(uids, &[Flag::Deleted], &[]).await?;
            return Ok(Removed::Hidden);
        };
        let destination = MailboxName::new(trash.name.clone());
        let source = MailboxName::new(self.folder.name.clone());
        let validity = self.view.cursor.map_or(0, |cursor| cursor.uid_validity);
        let moved = moved::carry(
            self.call,
            self.session,
            &source,
            validity,
            uids,
            &destination,
        )
        .await?;
        moved::remember(self.call, &self.folder.id, validity, &trash.id, &moved).await;
        Ok(Removed::Gone)
    }

    fn record(&mut self, fingerprint: [u8; 16], status: u16) {
        let status = u8::try_from(status).unwrap_or(5);
        self.journal.record(
            fingerprint,
            Outcome {
                status,
                server_id: None,
            },
        );
    }
}

/// How messages were removed.
enum Removed {
    Gone,
    /// Still in the mailbox with `\Deleted`, for lack of UIDPLUS or of a trash.
    Hidden,
}

impl Delta {
    /// What the flags become.
    fn applied_to(&self, flags: &Flags) -> Flags {
        let (add, remove) = self.commands(flags);
        let mut flags = flags.clone();
        for (changes, on) in [(remove, false), (add, true)] {
            for flag in changes {
                match flag {
                    Flag::Seen => flags.seen = on,
                    Flag::Flagged => flags.flagged = on,
                    Flag::Answered => flags.answered = on,
                    Flag::Deleted => flags.deleted = on,
                    Flag::Draft => flags.draft = on,
                    Flag::Keyword(name) => {
                        flags.keywords.retain(|have| *have != name);
                        if on {
                            flags.keywords.push(name);
                        }
                    }
                }
            }
        }
        flags
    }

    /// What to set and clear on a message that has `present`: only what differs (S11).
    fn commands(&self, present: &Flags) -> (Vec<Flag>, Vec<Flag>) {
        let (mut add, mut remove) = match &self.categories {
            Some(wanted) => categories::category_change(present, wanted),
            None => (Vec::new(), Vec::new()),
        };
        if let Some(seen) = self.seen {
            if seen { &mut add } else { &mut remove }.push(Flag::Seen);
        }
        if let Some(status) = self.follow_up {
            let (set, clear) = categories::follow_up_change(status);
            add.extend(set);
            remove.extend(clear);
        }
        if self.details && self.follow_up != Some(0) {
            let (set, clear) = categories::follow_up_turn(present);
            add.extend(set);
            remove.extend(clear);
        }
        add.retain(|flag| !has(present, flag));
        remove.retain(|flag| has(present, flag));
        (add, remove)
    }
}

fn has(flags: &Flags, flag: &Flag) -> bool {
    match flag {
        Flag::Seen => flags.seen,
        Flag::Answered => flags.answered,
        Flag::Flagged => flags.flagged,
        Flag::Deleted => flags.deleted,
        Flag::Draft => flags.draft,
        Flag::Keyword(name) => flags.keywords.contains(name),
    }
}

/// The status of a follow-up flag that holds together ([MS-ASEMAIL] 2.2.2.34).
fn follow_up(flag: &FollowUp) -> Result<u8, u16> {
    let dates = [
        flag.start_date,
        flag.due_date,
        flag.utc_start_date,
        flag.utc_due_date,
    ];
    let given = dates.iter().flatten().count();
    let backwards = matches!((flag.utc_start_date, flag.utc_due_date), (Some(a), Some(b)) if b < a);
    if (given != 0 && given != dates.len()) || backwards {
        return Err(status::CONVERSION_ERROR);
    }
    if flag.status > 2 {
        Err(status::CONVERSION_ERROR)
    } else {
        Ok(flag.status)
    }
}

/// Whether the backend is well and says no to this one thing.
fn refusal(error: &ImapError) -> bool {
    matches!(
        error,
        ImapError::Denied(_)
            | ImapError::ReadOnly
            | ImapError::OverQuota
            | ImapError::Refused(_)
            | ImapError::NoMailbox(_)
            | ImapError::TooLarge
    )
}

fn changed(server_id: &str, status: u16) -> ItemResponse {
    ItemResponse::Change {
        class: None,
        server_id: server_id.to_owned(),
        instance_id: None,
        status,
        data: None,
    }
}

fn deleted(server_id: &str, status: u16) -> ItemResponse {
    ItemResponse::Delete {
        server_id: server_id.to_owned(),
        instance_id: None,
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s11_only_what_differs_is_set_or_cleared() {
        let present = Flags {
            seen: true,
            keywords: vec!["$Forwarded".into(), "Work".into()],
            ..Flags::default()
        };
        let delta = Delta {
            seen: Some(true),
            follow_up: Some(2),
            categories: Some(vec!["Home".into()]),
            details: false,
        };
        let (add, remove) = delta.commands(&present);
        assert_eq!(add, [Flag::Keyword("Home".into()), Flag::Flagged]);
        assert_eq!(remove, [Flag::Keyword("Work".into())]);
        let after = delta.applied_to(&present);
        assert_eq!(
            after.keywords,
            ["$Forwarded", "Home"],
            "unknown keywords are untouched"
        );
    }

    #[test]
    fn a_follow_up_flag_is_checked() {
        let flag = |status| FollowUp {
            status,
            ..FollowUp::default()
        };
        assert_eq!(
            [0, 1, 2].map(|status| follow_up(&flag(status))),
            [Ok(0), Ok(1), Ok(2)]
        );
        assert_eq!(follow_up(&flag(3)), Err(6));
        let moment = airgate_codec::eas::Moment(5);
        let lone = FollowUp {
            start_date: Some(moment),
            ..flag(2)
        };
        assert_eq!(
            follow_up(&lone),
            Err(6),
            "all four dates or none (EMAIL_R406)"
        );
    }
}
