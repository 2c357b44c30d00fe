//! The last answer to each invitation, so that a request that comes again after its answer was lost
//! does nothing twice (S5, S17), and a change of mind is told each time.

use airgate_codec::eas::meeting_response::Reply as Asked;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::source::Source;
use crate::clock;
use crate::command::Call;
use crate::failure::Failure;
use crate::store::outbox;
use crate::sync::state;

/// The kind of outcome, in the store.
const KIND: &str = "meeting";
/// Format of what is stored.
const VERSION: u8 = 2;

/// What is known of an invitation's answers.
pub(super) struct Memory {
    /// Of the item answered.
    item: [u8; 32],
    /// Of this answer.
    answer: [u8; 32],
    last: Option<Last>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Last {
    answer: [u8; 32],
    /// How often the user made up their mind.
    number: u32,
    /// Of the text that was answered: an update is answered anew.
    plan: [u8; 32],
    calendar_id: Option<String>,
    /// It was about to be written into the calendar; what is said is written down (`meetings::due`).
    pending: bool,
}

impl Memory {
    pub(super) async fn of(call: &Call<'_>, asked: &Asked) -> Result<Self, Failure> {
        let fields = [
            asked.request_id.as_deref().unwrap_or_default(),
            asked.long_id.as_deref().unwrap_or_default(),
            asked.instance_id.as_deref().unwrap_or_default(),
        ];
        let item = hash(&fields);
        // Small, and without order or addresses in it.
        let said = format!("{:?} {:?}", asked.user_response, asked.send_response);
        let (user, device) = (call.user, Some(call.device));
        let store = &call.gateway.store;
        let now = clock::now_seconds();
        let found = store.recall(user, device, KIND, &item, now).await?;
        Ok(Self {
            item,
            answer: hash(&[&said]),
            last: found.and_then(|blob| state::decode(VERSION, &blob).ok()),
        })
    }

    /// The CalendarId that was answered, if this very answer was given last. `source` is what there is
    /// to be answered now.
    pub(super) fn repeated(
        &self,
        source: Option<&Source>,
        calendars: bool,
    ) -> Option<Option<String>> {
        let last = self
            .last
            .as_ref()
            .filter(|last| last.answer == self.answer)?;
        if last.pending && source.is_some() {
            return None;
        }
        // Without its event, or with the same plan of it, and with what was put into the calendar.
        let same = source.is_none_or(|source| {
            let there = source.kept.is_some() || !calendars || last.calendar_id.is_none();
            there && plan(&source.base()) == last.plan
        });
        same.then(|| last.calendar_id.clone())
    }

    /// What tells this answer's mail from the others about the meeting.
    pub(super) fn key(&self, uid: &str) -> [u8; 32] {
        let number = self.number().to_string();
        let mut hash = Sha256::new();
        hash.update(uid);
        hash.update(self.item);
        hash.update(self.answer);
        hash.update(number);
        hash.finalize().into()
    }

    /// Writes down that the calendar is about to be changed: an event that is gone afterwards cannot be
    /// answered again.
    pub(super) async fn intend(&self, call: &Call<'_>, base: &[u8]) -> Result<(), Failure> {
        self.write(call, base, None, true).await
    }

    pub(super) async fn keep(
        &self,
        call: &Call<'_>,
        base: &[u8],
        calendar_id: Option<&str>,
    ) -> Result<(), Failure> {
        self.write(call, base, calendar_id, false).await
    }

    async fn write(
        &self,
        call: &Call<'_>,
        base: &[u8],
        calendar_id: Option<&str>,
        pending: bool,
    ) -> Result<(), Failure> {
        let last = Last {
            answer: self.answer,
            number: self.number(),
            plan: plan(base),
            calendar_id: calendar_id.map(str::to_owned),
            pending,
        };
        let (user, device) = (call.user, Some(call.device));
        let expires = clock::now_seconds() + outbox::KEPT;
        let blob = state::encode(VERSION, &last);
        let store = &call.gateway.store;
        store
            .remember(user, device, KIND, &self.item, &blob, expires)
            .await?;
        Ok(())
    }

    fn number(&self) -> u32 {
        let last = self.last.as_ref();
        last.map_or(0, |last| {
            let again = last.answer == self.answer;
            last.number.saturating_add(u32::from(!again))
        })
    }
}

/// The lines that say which version of the meeting it is (RFC 5546 2.1.5).
fn plan(text: &[u8]) -> [u8; 32] {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("SEQUENCE") || line.starts_with("UID"))
        .collect();
    hash(&lines)
}

fn hash(fields: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}
