//! What is done about meetings, whichever command brings it up: the user's calendars by UID, the
//! mails between calendars, and what others write of meetings.
//!
//! Exactly one of three sends what is due (design.md "Who invites"): up to 14.1 the phone itself; from
//! 16.0 on the calendar server where it schedules (RFC 6638), else we do. A server that would send
//! although it must not is silenced by SCHEDULE-AGENT=CLIENT.

pub(super) mod announcer;
pub(super) mod attendant;
pub(super) mod calendars;
pub(super) mod due;
pub(super) mod letters;
pub(super) mod mail;
