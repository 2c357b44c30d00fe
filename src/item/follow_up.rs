//! What a follow-up flag says beyond being set: dates, a reminder, a text. IMAP has one bit and a
//! keyword for it ([`super::categories`]), so the rest is kept beside the mailbox.

use airgate_codec::eas::Moment;
use airgate_codec::eas::email::FollowUp;
use serde::{Deserialize, Serialize};

use super::categories::FOLLOW_UP;

/// Longest text kept of a flag; phones send the mail's subject.
const MAX_TEXT: usize = 255;

/// The part of a flag that IMAP cannot hold. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Details {
    flag_type: Option<String>,
    complete_time: Option<i64>,
    date_completed: Option<i64>,
    start_date: Option<i64>,
    due_date: Option<i64>,
    utc_start_date: Option<i64>,
    utc_due_date: Option<i64>,
    reminder_set: Option<bool>,
    reminder_time: Option<i64>,
    subject: Option<String>,
    ordinal_date: Option<i64>,
    sub_ordinal_date: Option<String>,
}

impl Details {
    /// What there is to keep of a flag; `None` when IMAP's own says it all.
    pub fn of(flag: &FollowUp) -> Option<Self> {
        if flag.status == 0 {
            return None;
        }
        let time = |moment: Option<Moment>| moment.map(|moment| moment.0);
        let text = |text: &Option<String>| {
            let text = text.as_deref()?;
            Some(text.chars().take(MAX_TEXT).collect::<String>())
        };
        let details = Self {
            flag_type: text(&flag.flag_type).filter(|kind| kind != FOLLOW_UP),
            complete_time: time(flag.complete_time),
            date_completed: time(flag.date_completed),
            start_date: time(flag.start_date),
            due_date: time(flag.due_date),
            utc_start_date: time(flag.utc_start_date),
            utc_due_date: time(flag.utc_due_date),
            reminder_set: flag.reminder_set,
            reminder_time: time(flag.reminder_time),
            subject: text(&flag.subject),
            ordinal_date: time(flag.ordinal_date),
            sub_ordinal_date: text(&flag.sub_ordinal_date),
        };
        (details != Self::default()).then_some(details)
    }

    /// Puts them into a flag read from IMAP. Whether it is set or complete is for IMAP to say: other
    /// programs change that without knowing of the rest.
    pub fn complete(self, flag: &mut FollowUp) {
        if flag.status == 0 {
            return;
        }
        let time = |time: Option<i64>| time.map(Moment);
        if self.flag_type.is_some() {
            flag.flag_type = self.flag_type;
        }
        if flag.status == 1 {
            flag.complete_time = time(self.complete_time).or(flag.complete_time);
            flag.date_completed = time(self.date_completed).or(flag.date_completed);
        }
        flag.start_date = time(self.start_date);
        flag.due_date = time(self.due_date);
        flag.utc_start_date = time(self.utc_start_date);
        flag.utc_due_date = time(self.utc_due_date);
        flag.reminder_set = self.reminder_set;
        flag.reminder_time = time(self.reminder_time);
        flag.subject = self.subject;
        flag.ordinal_date = time(self.ordinal_date);
        flag.sub_ordinal_date = self.sub_ordinal_date;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(status: u8) -> FollowUp {
        FollowUp {
            status,
            flag_type: Some(FOLLOW_UP.into()),
            start_date: Some(Moment(1)),
            due_date: Some(Moment(2)),
            utc_start_date: Some(Moment(3)),
            utc_due_date: Some(Moment(4)),
            reminder_set: Some(true),
            reminder_time: Some(Moment(5)),
            subject: Some("call back".into()),
            ..FollowUp::default()
        }
    }

    fn bare(status: u8) -> FollowUp {
        FollowUp {
            status,
            flag_type: Some(FOLLOW_UP.into()),
            ..FollowUp::default()
        }
    }

    #[test]
    fn a_flag_comes_back_whole() {
        let kept = Details::of(&due(2)).expect("dates are to be kept");
        let mut flag = bare(2);
        kept.complete(&mut flag);
        assert_eq!(flag, due(2));
    }

    #[test]
    fn a_plain_flag_needs_nothing() {
        assert_eq!(Details::of(&bare(2)), None);
        assert_eq!(Details::of(&due(0)), None, "a cleared flag says nothing");
    }

    #[test]
    fn what_imap_says_of_the_state_holds() {
        let kept = Details::of(&due(2)).expect("dates");
        let mut cleared = FollowUp::default();
        kept.clone().complete(&mut cleared);
        assert_eq!(cleared, FollowUp::default());
        // Completed by another program, which keeps no time: ours stays.
        let mut complete = FollowUp {
            complete_time: Some(Moment(9)),
            date_completed: Some(Moment(9)),
            ..bare(1)
        };
        kept.complete(&mut complete);
        assert_eq!(complete.complete_time, Some(Moment(9)));
        assert_eq!(complete.due_date, Some(Moment(2)));
        // Opened again: the time of completion goes.
        let done = FollowUp {
            complete_time: Some(Moment(7)),
            date_completed: Some(Moment(7)),
            ..due(1)
        };
        let mut open = bare(2);
        Details::of(&done).expect("dates").complete(&mut open);
        assert_eq!(open.complete_time, None);
    }
}
