//! MeetingResponse ([MS-ASCMD] 2.2.1.11): the user's answer to an invitation, by the mail it came
//! with or by the event in the calendar.
//!
//! The calendar gets the answer, in every version. The organizer is told by one alone: up to 14.1 by
//! the phone, which mails itself; from 16.0 on by the calendar server where it schedules, else by a
//! mail of ours, and only where the phone asks for it (SendResponse). Words and another time only a
//! mail can carry. The invitation stays where it is: phones move it themselves (REFERENCE 8.3).

mod memory;
mod source;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::meeting_response::{
    Outcome, Reply as Asked, Request, Response, SendResponse, UserResponse, status,
};
use airgate_codec::eas::{Moment, status as common};
use tracing::{info, warn};

use self::memory::Memory;
use self::source::Source;
use super::meetings::attendant;
use super::meetings::calendars::{Added, Calendars, Changed, Kept, Word};
use super::meetings::due::{self, Due, Intent};
use super::meetings::mail;
use super::{Answer, Call, failures, malformed};
use crate::clock;
use crate::failure::{self, Failure, Remedy};
use crate::front::Reply;
use crate::item::meeting::{
    self, Answer as Decision, Choice, Incoming, NoMeeting, Words, subject_of_answer,
};

/// Answers in one request: more than a phone queues while it is offline.
const MAX_REPLIES: usize = 100;

/// Answers a MeetingResponse.
pub(super) async fn meeting_response(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::INVALID)),
    };
    if request.replies.is_empty() || request.replies.len() > MAX_REPLIES {
        return Ok(failures::status_reply(
            call.version,
            call.command,
            status::INVALID,
        ));
    }
    // One after the other: the second of two equal requests finds what the first did.
    let turn = call.gateway.meetings.take(call.user.clone()).await;
    due::catch_up_in(call, &turn).await;
    let calendars = Calendars::of(call).await?;
    let mut response = Response::default();
    for asked in &request.replies {
        let outcome = match one(call, calendars.as_ref(), asked).await {
            Ok(outcome) => outcome,
            Err(failure) if failure.remedy == Remedy::RetryLater => return Err(failure),
            Err(failure) => {
                warn!(error = %failure::chain(&failure), "a meeting cannot be answered");
                failed(asked, status::MAILBOX_ERROR)
            }
        };
        response.results.push(outcome);
    }
    Ok(Reply::wbxml(response.write(call.version)))
}

fn failed(asked: &Asked, status: u16) -> Outcome {
    Outcome {
        request_id: asked.request_id.clone(),
        status,
        ..Outcome::default()
    }
}

/// One answer.
async fn one(
    call: &Call<'_>,
    calendars: Option<&Calendars>,
    asked: &Asked,
) -> Result<Outcome, Failure> {
    let instance = match instance(call, asked) {
        Ok(instance) => instance,
        Err(status) => return Ok(failed(asked, status)),
    };
    let memory = Memory::of(call, asked).await?;
    let source = source::find(call, calendars, asked).await?;
    // A repeat finds what it did itself: an event that is gone, a mail that was moved.
    if let Some(outcome) = memory.repeated(source.as_ref(), calendars.is_some()) {
        info!("an answer to a meeting came again");
        return Ok(named(call, asked, outcome));
    }
    let Some(source) = source else {
        return Ok(failed(asked, status::INVALID));
    };
    if instance.is_some() && source.mail.is_some() {
        // Occurrences are answered in the calendar ([MS-ASCMD] 2.2.3.87.3).
        return Ok(failed(asked, status::INVALID));
    }
    let me = match calendars {
        Some(calendars) => calendars.me.clone(),
        None => mail::addresses(call),
    };
    let decision = Decision {
        choice: choice(asked.user_response),
        me: &me,
        zone: &call.gateway.settings.time_zone,
        instance,
        now: clock::now_seconds(),
    };
    // Before anything is done: whether there is something to answer at all.
    let base = source.base();
    if let Err(why) = meeting::in_calendar(&base, &decision) {
        return Ok(failed(asked, said(why)));
    }
    let silent = SendResponse::default();
    let send = match &asked.send_response {
        Some(send) if call.version >= ProtocolVersion::V16_0 => Some(send),
        _ => leaves_it_to_us(call).then_some(&silent),
    };
    let words = words(call, send);
    let by_server = send.is_some()
        && words.comment.is_none()
        && words.proposed.is_none()
        && calendars.is_some_and(|calendars| calendars.scheduling);
    let word = if by_server {
        Word::Spread
    } else {
        Word::Silent
    };
    memory.intend(call, &base).await?;
    let due = match send {
        Some(_) if !by_server => due(call, &base, &source, &decision, words, &memory).await?,
        _ => None,
    };
    let written = match calendars {
        Some(calendars) => keep(calendars, &source, &decision, word).await,
        None => Ok(Ok(None)),
    };
    let kept = match written {
        Ok(Ok(kept)) => kept,
        Ok(Err(why)) => {
            forget(call, due).await?;
            return Ok(failed(asked, said(why)));
        }
        // What may pass comes again, and what was said is said in any case.
        Err(failure) if failure.remedy == Remedy::RetryLater => return Err(failure),
        Err(failure) => {
            forget(call, due).await?;
            return Err(failure);
        }
    };
    if let Some(letter) = source.mail.as_ref() {
        // The calendar's attendant must not put it back.
        let key = attendant::key(&letter.from, &letter.text);
        let store = call.gateway.store.as_ref();
        attendant::taken_in(store, call.user, &key).await?;
    }
    if let Some(due) = due
        && let Err(status) = due.tell(call, &me).await?
    {
        warn!(status, "the organizer of a meeting could not be told");
        return Ok(failed(asked, status::SERVER_ERROR));
    }
    let calendar_id = match (calendars, &kept) {
        (Some(calendars), Some(kept)) => Some(calendars.server_id(kept).await?),
        _ => None,
    };
    // Declined: there is none any more, though of a series only one occurrence may have gone.
    let calendar_id = calendar_id.filter(|_| decision.choice != Choice::Declined);
    memory.keep(call, &base, calendar_id.as_deref()).await?;
    Ok(named(call, asked, calendar_id))
}

/// A good outcome, with the names the phone used.
fn named(call: &Call<'_>, asked: &Asked, calendar_id: Option<String>) -> Outcome {
    // In the one form the schema has for it, whichever the phone used.
    let instance = instance(call, asked).ok().flatten();
    Outcome {
        request_id: asked.request_id.clone(),
        status: status::OK,
        calendar_id,
        instance_id: instance.map(Moment::to_separated),
    }
}

/// Writes the decision into the calendar; the event there now, if any.
async fn keep(
    calendars: &Calendars,
    source: &Source,
    decision: &Decision<'_>,
    word: Word,
) -> Result<Result<Option<Kept>, NoMeeting>, Failure> {
    let kept = match &source.kept {
        Some(kept) => kept.clone(),
        None => {
            let (Some(mail), false) = (&source.mail, decision.choice == Choice::Declined) else {
                return Ok(Ok(None));
            };
            let text = meeting::as_object(mail.text.as_bytes())
                .and_then(|text| meeting::in_calendar(&text, decision));
            let text = match text {
                Ok(Some(text)) => text,
                Ok(None) => return Ok(Ok(None)),
                Err(why) => return Ok(Err(why)),
            };
            match calendars.add(&source.uid, text, word).await? {
                Added::Made(kept) => return Ok(Ok(Some(kept))),
                Added::Nowhere => return Ok(Ok(None)),
                // Another program put the invitation there: it is answered where it is.
                Added::There(kept) => kept,
            }
        }
    };
    let change = |present: &[u8]| {
        // The mail may be an update that the calendar has not heard of yet.
        let newer = source.mail.as_ref().and_then(|mail| {
            let incoming = Incoming {
                text: mail.text.as_bytes(),
                from: &mail.from,
                me: decision.me,
                zone: decision.zone,
            };
            meeting::apply(Some(present), &incoming).ok().flatten()
        });
        meeting::in_calendar(newer.as_deref().unwrap_or(present), decision)
    };
    Ok(match calendars.change(kept, word, change).await? {
        Ok(Changed::Kept(kept) | Changed::Same(kept)) => Ok(Some(kept)),
        Ok(Changed::Gone) => Ok(None),
        Err(why) => Err(why),
    })
}

/// Writes down what the organizer will be told.
async fn due(
    call: &Call<'_>,
    base: &[u8],
    source: &Source,
    decision: &Decision<'_>,
    words: Words<'_>,
    memory: &Memory,
) -> Result<Option<Due>, Failure> {
    let message = match meeting::to_organizer(base, decision, words) {
        Ok(message) => message,
        Err(why) => {
            info!(%why, "nobody can be told of an answer");
            return Ok(None);
        }
    };
    let proposes = words.proposed.is_some();
    let answer = due::Answer {
        counters: proposes,
        subject: subject_of_answer(decision.choice, proposes, &message.summary),
        text: message.text,
        to: message.to,
        words: words.comment.map(str::to_owned),
        answers: source
            .mail
            .as_ref()
            .and_then(|mail| mail.message_id.clone()),
        key: memory.key(&source.uid),
    };
    Due::enter(call, Intent::Answer(answer), None)
        .await
        .map(Some)
}

async fn forget(call: &Call<'_>, due: Option<Due>) -> Result<(), Failure> {
    match due {
        Some(due) => due.forget(call).await,
        None => Ok(()),
    }
}

/// iOS 12.4 to 13.6 mail no answers of their own up to 14.1 (REFERENCE.md 12, quirk 8).
fn leaves_it_to_us(call: &Call<'_>) -> bool {
    let agent = call.head.agent.as_deref().unwrap_or_default();
    let build = agent
        .strip_prefix("Apple-")
        .and_then(|rest| rest.split_once('/'))
        .map(|(_, build)| build.split('.').next().unwrap_or_default());
    let build: Option<u32> = build.and_then(|build| build.parse().ok());
    call.version < ProtocolVersion::V16_0
        && build.is_some_and(|build| (1607..=1707).contains(&build))
}

/// What the phone adds to yes or no.
fn words<'a>(call: &Call<'_>, send: Option<&'a SendResponse>) -> Words<'a> {
    let Some(send) = send else {
        return Words::default();
    };
    let text = send.body.as_ref().and_then(|body| body.data.as_deref());
    let times = send.proposed_start.zip(send.proposed_end);
    Words {
        comment: text.filter(|text| !text.trim().is_empty()),
        proposed: times
            .filter(|(start, end)| call.version >= ProtocolVersion::V16_1 && start <= end),
    }
}

/// The occurrence meant; versions before 14.1 know none.
fn instance(call: &Call<'_>, asked: &Asked) -> Result<Option<Moment>, u16> {
    match &asked.instance_id {
        Some(id) if call.version >= ProtocolVersion::V14_1 => {
            let at = Moment::parse(id).ok_or(common::INVALID_DATE_TIME)?;
            Ok(Some(at))
        }
        _ => Ok(None),
    }
}

const fn choice(response: UserResponse) -> Choice {
    match response {
        UserResponse::Accept => Choice::Accepted,
        UserResponse::Tentative => Choice::Tentative,
        UserResponse::Decline => Choice::Declined,
    }
}

const fn said(why: NoMeeting) -> u16 {
    match why {
        NoMeeting::Single => common::NO_RECURRENCE_IN_CALENDAR,
        NoMeeting::Unreadable | NoMeeting::Organizer | NoMeeting::NoOccurrence => status::INVALID,
    }
}
