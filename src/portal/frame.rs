//! What all pages share: language, who it is, the way around, times in words.

use std::time::Duration;

use airgate_codec::vobject::Stamp;
use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::style;
use super::visit::{Member, Visit};
use super::words::Language;
use crate::failure::chain;
use crate::store::{Area, Stage};

/// Around every page.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) language: Language,
    pub(super) languages: [Language; 3],
    /// `None` for guests.
    pub(super) user: Option<String>,
    pub(super) admin: bool,
    pub(super) form_proof: String,
    /// The part of the portal the page belongs to.
    pub(super) here: &'static str,
    /// Where a form about the frame itself leads back to.
    pub(super) path: String,
    /// Something that was just done.
    pub(super) notice: Option<&'static str>,
    pub(super) style: String,
    undo: bool,
    pub(super) zone: TimeZone,
    pub(super) now: i64,
}

/// A moment as templates have it: by value or by reference to whatever depth.
pub(super) trait At {
    fn seconds(&self) -> i64;
}

impl At for i64 {
    fn seconds(&self) -> i64 {
        *self
    }
}

impl<T: At> At for &T {
    fn seconds(&self) -> i64 {
        (**self).seconds()
    }
}

impl Frame {
    pub(super) fn of(visit: &Visit, here: &'static str) -> Self {
        let user = visit
            .session
            .as_ref()
            .filter(|session| session.row.stage == Stage::Full)
            .map(|session| session.row.user.to_string());
        Self {
            language: visit.language,
            languages: Language::ALL,
            user,
            admin: visit.area == Area::Admin,
            form_proof: visit.form_proof.clone(),
            here,
            path: visit.path.clone(),
            notice: None,
            style: style::path(),
            undo: visit.undo,
            zone: visit.zone.clone(),
            now: visit.now,
        }
    }

    pub(super) fn member(member: &Member, here: &'static str) -> Self {
        Self::of(&member.visit, here)
    }

    /// With a word on what was just done, if it is one of ours.
    #[must_use]
    pub(super) fn noting(mut self, done: &str) -> Self {
        self.notice = super::notices::of(done).map(|key| self.language.say(key));
        self
    }

    pub(super) fn t(&self, key: &'static str) -> &'static str {
        self.language.say(key)
    }

    pub(super) fn t1(&self, key: &'static str, one: &str) -> String {
        self.language.fill(key, &[one])
    }

    pub(super) fn t2(&self, key: &'static str, one: &str, two: &str) -> String {
        self.language.fill(key, &[one, two])
    }

    /// A wait in words.
    pub(super) fn wait(&self, wait: Duration) -> String {
        // Whole seconds, and never one: a plural says all.
        let seconds = wait.as_secs().saturating_add(1).max(2);
        match seconds {
            0..=90 => self.t1("wait.seconds", &seconds.to_string()),
            _ => self.t1("wait.minutes", &seconds.div_ceil(60).to_string()),
        }
    }

    /// How long ago, or the day.
    pub(super) fn ago(&self, at: impl At) -> String {
        let at = at.seconds();
        let passed = self.now.saturating_sub(at);
        match passed {
            ..60 => self.t("ago.now").to_owned(),
            60..3_600 => self.t1("ago.minutes", &(passed / 60).to_string()),
            3_600..86_400 => self.t1("ago.hours", &(passed / 3_600).to_string()),
            _ => self.day(at),
        }
    }

    /// A day, as `24 Nov 2026`.
    pub(super) fn day(&self, at: impl At) -> String {
        match Timestamp::from_second(at.seconds()) {
            Ok(at) => self.date(self.zone.to_datetime(at).date()),
            Err(_) => String::new(),
        }
    }

    /// A date or a time as a calendar has it, as `24 Nov 2026, 09:30`.
    pub(super) fn stamp(&self, stamp: Stamp) -> String {
        let day = stamp.date();
        let Ok(mut day) = Date::new(day.year, day.month, day.day) else {
            return String::new();
        };
        let Some(time) = stamp.time() else {
            return self.date(day);
        };
        let (mut hour, mut minute) = (time.hour, time.minute);
        if let Stamp::Utc(..) = stamp
            && let Ok(at) = TimeZone::UTC.to_timestamp(day.at(hour, minute, 0, 0))
        {
            let here = self.zone.to_datetime(at);
            (day, hour, minute) = (here.date(), here.hour(), here.minute());
        }
        format!("{}, {hour:02}:{minute:02}", self.date(day))
    }

    fn date(&self, day: Date) -> String {
        let months = self.t("date.months");
        let month = months
            .split(' ')
            .nth(usize::try_from(day.month()).unwrap_or(1).saturating_sub(1))
            .unwrap_or_default();
        self.language.fill(
            "date.day",
            &[&day.day().to_string(), month, &day.year().to_string()],
        )
    }

    /// For programs: `2026-11-24T12:00:00Z`.
    pub(super) fn machine(&self, at: impl At) -> String {
        let at = at.seconds();
        Timestamp::from_second(at).map_or_else(|_| String::new(), |at| at.to_string())
    }
}

/// A part of the portal, in the way around.
pub(super) struct Part {
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) here: bool,
}

/// The part that is there only where there are calendars or address books.
pub(super) const UNDO: &str = "undo";
/// Name, path and title of the parts, in order.
const PARTS: &[(&str, &str, &str)] = &[
    ("overview", "/account", "nav.overview"),
    ("set-up", "/account/set-up", "nav.set-up"),
    ("passcodes", "/account/passcodes", "nav.passcodes"),
    ("devices", "/account/devices", "nav.devices"),
    (UNDO, "/account/undo", "nav.undo"),
    ("two-step", "/account/two-step", "nav.two-step"),
    ("security", "/account/security", "nav.security"),
];
const ADMIN_PARTS: &[(&str, &str, &str)] = &[
    ("overview", "/admin", "admin.nav.users"),
    ("rules", "/admin/devices", "admin.nav.rules"),
    ("policy", "/admin/policy", "admin.nav.policy"),
    ("throttled", "/admin/throttled", "admin.nav.throttled"),
    ("audit", "/admin/audit", "admin.nav.audit"),
];

impl Frame {
    /// The way around for whoever is signed in.
    pub(super) fn parts(&self) -> Vec<Part> {
        let parts = if self.admin { ADMIN_PARTS } else { PARTS };
        let part = |(name, path, title): &(&'static str, &'static str, &'static str)| Part {
            path,
            title: self.t(title),
            here: *name == self.here,
        };
        let there = |part: &&(&str, _, _)| part.0 != UNDO || self.undo;
        parts.iter().filter(there).map(part).collect()
    }
}

/// Writes a page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(error = chain(&error), "a page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The same with status 200.
pub(super) fn show(template: &impl Template) -> Response {
    page(StatusCode::OK, template)
}
