//! Changes of flags: deltas (S11), those that are alike together.

use std::collections::{BTreeMap, HashMap};

use airgate_codec::eas::email::{EmailChange, FollowUp};
use airgate_codec::eas::sync::ItemResponse;
use airgate_codec::imap::{Flag, Flags, UidSet};
use tracing::warn;

use super::{Target, changed, refusal, status};
use crate::command::follow_ups::{self, Kept};
use crate::command::send::receipt;
use crate::failure::{self, Failure};
use crate::item::categories;
use crate::sync::journal;

/// A change of flags as the phone means it.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(in crate::command::sync) struct Delta {
    seen: Option<bool>,
    /// The follow-up flag's status: 0 cleared, 1 complete, 2 active.
    follow_up: Option<u8>,
    /// There is more to the flag than flags can say, and it changed.
    pub(in crate::command::sync) details: bool,
    /// The categories there shall be.
    categories: Option<Vec<String>>,
}

/// A Change that names a message the phone holds.
pub(super) struct Flagging {
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

impl Target<'_, '_> {
    pub(super) fn flagging(&self, server_id: &str, change: &EmailChange) -> Result<Flagging, u16> {
        let (_, uid) = self.find(server_id).ok_or(status::NOT_FOUND)?;
        let uid = uid.ok_or(status::NOT_FOUND)?;
        let delta = Delta::of(change)?;
        let meaning = format!("{delta:?} {:?}", change.flag);
        let fingerprint = journal::fingerprint(&["change", server_id, &meaning]);
        Ok(Flagging {
            server_id: server_id.to_owned(),
            uid,
            delta,
            follow_up: change.flag.clone(),
            fingerprint,
        })
    }

    /// Carries out changes of flags in their order: of several changes of one message each builds on
    /// the one before.
    pub(super) async fn flag(
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
            if let Some(outcome) = self.done.take(&flagging.fingerprint) {
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
        let mut read = UidSet::new();
        for flagging in wanted {
            let uid = flagging.uid;
            let status = match failed.get(&uid) {
                None => {
                    let flags = present.get(&uid).cloned().unwrap_or_default();
                    if flagging.delta.seen == Some(true) && !flags.seen {
                        read.insert(uid);
                    }
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
        receipt::read(self.call, self.session, self.folder, &read).await;
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
}

impl Delta {
    /// The flags in a change, which must hold together.
    pub(in crate::command::sync) fn of(change: &EmailChange) -> Result<Self, u16> {
        Ok(Self {
            seen: change.read,
            follow_up: match &change.flag {
                Some(flag) => Some(follow_up(flag)?),
                None => None,
            },
            details: false,
            categories: change.categories.clone(),
        })
    }

    /// What the flags become.
    pub(in crate::command::sync) fn applied_to(&self, flags: &Flags) -> Flags {
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
