//! Where one is signed in, and the browsers that are trusted (C11, C13): listed, and ended one by one
//! or all at once. What happened lately, from the audit trail.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::agent;
use super::form::Form;
use super::frame::{Frame, show as show_page};
use super::happened;
use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, Done, see_other};
use crate::store::AuditAction;

struct Session {
    agent: String,
    address: String,
    last: i64,
    here: bool,
}

struct Browser {
    id: String,
    agent: String,
    address: String,
    created: i64,
    last: i64,
    expires: i64,
}

/// Something that happened.
struct Event {
    at: i64,
    what: String,
    address: String,
}

#[derive(Template)]
#[template(path = "security.html")]
struct Page {
    frame: Frame,
    sessions: Vec<Session>,
    browsers: Vec<Browser>,
    events: Vec<Event>,
}

const HERE: &str = "security";
/// Events that are shown.
const EVENTS: u32 = 30;

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    let (user, now) = (member.user(), member.visit.now);
    let frame = Frame::member(&member, HERE).noting(&query.done);
    let sessions = desk.store.sessions_of(user, now).await?;
    let browsers = desk.store.trusted_browsers(user, now).await?;
    let events = desk.store.recent_audit(Some(user), EVENTS).await?;
    let devices = desk.store.devices(user).await?;
    Ok(show_page(&Page {
        sessions: sessions
            .into_iter()
            .map(|row| Session {
                here: row.token_hash == member.session.row.token_hash,
                agent: agent::called(&row.agent, frame.t("browser.unknown")),
                address: row.address,
                last: row.last_seen,
            })
            .collect(),
        browsers: browsers
            .into_iter()
            .map(|row| Browser {
                agent: agent::called(&row.agent, frame.t("browser.unknown")),
                id: row.id,
                address: row.address,
                created: row.created,
                last: row.last_used,
                expires: row.expires_at,
            })
            .collect(),
        events: events
            .into_iter()
            // Every sign-in with passcodes does it: no news for people.
            .filter(|row| row.action != AuditAction::PasswordSealed)
            .map(|row| Event {
                at: row.at,
                what: happened::told(&row, &devices, &frame),
                address: happened::from(&row, &frame),
            })
            .collect(),
        frame,
    }))
}

/// Signs out everywhere else.
pub(super) async fn end_others(
    State(desk): State<Arc<Desk>>,
    member: Member,
    _form: Form,
) -> Result<Response, Trouble> {
    let kept = member.session.token.hash();
    desk.store.end_sessions(member.user(), Some(&kept)).await?;
    Ok(see_other("/account/security?done=others-ended"))
}

/// Ends the trust in one browser.
pub(super) async fn distrust(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Path(id): Path<String>,
    _form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/security")?;
    desk.store
        .distrust_browsers(member.user(), Some(&id))
        .await?;
    Ok(see_other("/account/security?done=distrusted"))
}

/// Ends it in all.
pub(super) async fn distrust_all(
    State(desk): State<Arc<Desk>>,
    member: Member,
    _form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/security")?;
    desk.store.distrust_browsers(member.user(), None).await?;
    Ok(see_other("/account/security?done=distrusted"))
}
