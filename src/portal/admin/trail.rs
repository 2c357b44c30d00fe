//! Who is slowed down and why, and the audit trail.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::Admin;
use crate::gate::SlowedFor;
use crate::identity::UserId;
use crate::portal::Desk;
use crate::portal::frame::{Frame, show as show_page};
use crate::portal::happened;
use crate::portal::trouble::Trouble;

struct Slow {
    who: String,
    why: &'static str,
    wait: String,
}

#[derive(Template)]
#[template(path = "admin/throttled.html")]
struct Throttled {
    frame: Frame,
    rows: Vec<Slow>,
}

struct Event {
    at: i64,
    user: String,
    what: String,
    detail: String,
    address: String,
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Trail {
    frame: Frame,
    of: String,
    events: Vec<Event>,
}

/// Whose events.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    of: String,
}

/// Events on the page; `airgate audit` shows them all.
const EVENTS: u32 = 200;

pub(super) async fn throttled(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
) -> Result<Response, Trouble> {
    let frame = Frame::member(&member, "throttled");
    let rows = desk.gate.slowed().into_iter().map(|slowed| Slow {
        why: frame.t(match slowed.why {
            SlowedFor::Secrets => "admin.slow.address",
            SlowedFor::Passwords => "admin.slow.account",
            SlowedFor::Codes => "admin.slow.codes",
        }),
        who: slowed.who,
        wait: frame.wait(slowed.wait),
    });
    Ok(show_page(&Throttled {
        rows: rows.collect(),
        frame,
    }))
}

pub(super) async fn audit(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let frame = Frame::member(&member, "audit");
    let of = UserId::parse(&asked.of, None).ok();
    let rows = desk.store.recent_audit(of.as_ref(), EVENTS).await?;
    let events = rows.into_iter().map(|row| Event {
        at: row.at,
        // Of all users: there a device has no name but its own.
        what: happened::told(&row, &[], &frame),
        address: happened::from(&row, &frame),
        user: row.user.map_or_else(String::new, |user| user.to_string()),
        detail: row.detail,
    });
    Ok(show_page(&Trail {
        events: events.collect(),
        of: asked.of,
        frame,
    }))
}
