//! Signing in: the mail password, which the backend judges, then the second step for those who have
//! one; signing out.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use std::sync::Arc;

use super::cookies::Cookie;
use super::form::Form;
use super::frame::{Frame, page, show as show_page};
use super::trouble::Trouble;
use super::visit::{Session, Visit, session_cookie};
use super::{Desk, Done, known, onward, see_other};
use crate::gate::{CodeVerdict, Lane, Refusal};
use crate::store::{Area, Stage};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    name: String,
    root: &'static str,
    user: String,
    to: String,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct Code {
    frame: Frame,
    root: &'static str,
    recovery: bool,
    to: String,
    wrong: Option<&'static str>,
}

const fn root(area: Area) -> &'static str {
    match area {
        Area::Account => "/account",
        Area::Admin => "/admin",
    }
}

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Query(query): Query<Done>,
) -> Response {
    if let Some(session) = &visit.session {
        return match session.row.stage {
            Stage::Full => see_other(root(visit.area)),
            Stage::Password => see_other(&format!("{}/sign-in/code", root(visit.area))),
        };
    }
    show_page(&SignIn {
        frame: Frame::of(&visit, "sign-in").noting(&query.done),
        name: desk.settings.name.clone(),
        root: root(visit.area),
        user: String::new(),
        to: query.to,
        wrong: false,
    })
}

/// The first step.
pub(super) async fn password(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let root = root(visit.area);
    let (name, password) = (form.text("user"), form.secret("password"));
    let cookie = Cookie::Known.read(&visit.headers);
    let known = |user: &_| known::read(&desk.keys().credential, user, cookie);
    let login = match desk
        .gate
        .sign_in(name, &password, known, visit.client)
        .await
    {
        Ok(login) => login,
        Err(Refusal::Unauthorized) => {
            return Ok(page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &SignIn {
                    frame: Frame::of(&visit, "sign-in"),
                    name: desk.settings.name.clone(),
                    root,
                    user: name.to_owned(),
                    to: form.text("to").to_owned(),
                    wrong: true,
                },
            ));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let user = &login.user;
    let factor = desk.store.second_factor_of(user).await?.is_some();
    let admin = visit.area == Area::Admin;
    if admin && !(factor && desk.is_admin(user)) {
        return Err(Trouble::Forbidden);
    }
    // Passcodes follow a changed mail password (C5).
    desk.reseal(user, &password, &visit).await;
    // Administrators do the second step every time.
    let skip = !admin && factor && desk.trusts(&visit, user).await?;
    let stage = match factor && !skip {
        true => Stage::Password,
        false => Stage::Full,
    };
    let to = onward(form.text("to"), root);
    let mut response = match stage {
        Stage::Full => see_other(to),
        Stage::Password => see_other(&format!("{root}/sign-in/code?to={}", super::encoded(to))),
    };
    // Without a second factor the password is the proof a step up asks for.
    desk.open_session(
        &visit,
        user,
        stage,
        !factor,
        Some(&password),
        response.headers_mut(),
    )
    .await?;
    Ok(response)
}

pub(super) async fn show_code(visit: Visit, Query(query): Query<Done>) -> Response {
    second_step(&visit, false, &query.to, None)
}

pub(super) async fn show_recovery(visit: Visit, Query(query): Query<Done>) -> Response {
    second_step(&visit, true, &query.to, None)
}

fn second_step(
    visit: &Visit,
    recovery: bool,
    to: &str,
    wrong: Option<(StatusCode, &'static str)>,
) -> Response {
    let root = root(visit.area);
    if visit.half_way().is_none() {
        return see_other(root);
    }
    page(
        wrong.map_or(StatusCode::OK, |(status, _)| status),
        &Code {
            frame: Frame::of(visit, "sign-in"),
            root,
            recovery,
            to: onward(to, root).to_owned(),
            wrong: wrong.map(|(_, key)| visit.language.say(key)),
        },
    )
}

/// The second step.
pub(super) async fn code(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let Some(session) = visit.half_way().cloned() else {
        return Ok(see_other(root(visit.area)));
    };
    let lane = desk.lane(&visit, &session);
    let verdict = desk
        .gate
        .check_code(&session.row.user, form.text("code"), &lane, &visit.by())
        .await?;
    finish(&desk, &visit, &session, &form, verdict, false).await
}

/// A recovery code in place of the second step.
pub(super) async fn recovery(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let Some(session) = visit.half_way().cloned() else {
        return Ok(see_other(root(visit.area)));
    };
    let lane = desk.lane(&visit, &session);
    let verdict = desk
        .gate
        .check_recovery_code(&session.row.user, form.text("code"), &lane, &visit.by())
        .await?;
    finish(&desk, &visit, &session, &form, verdict, true).await
}

async fn finish(
    desk: &Desk,
    visit: &Visit,
    session: &Session,
    form: &Form,
    verdict: CodeVerdict,
    recovery: bool,
) -> Result<Response, Trouble> {
    let root = root(visit.area);
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    match verdict {
        CodeVerdict::Right => {}
        CodeVerdict::Slower { retry_after } => return Err(Trouble::Throttled(retry_after)),
        CodeVerdict::Used => {
            let wrong = (
                unprocessable,
                if recovery {
                    "code.used-recovery"
                } else {
                    "code.used"
                },
            );
            return Ok(second_step(visit, recovery, form.text("to"), Some(wrong)));
        }
        CodeVerdict::Wrong | CodeVerdict::NoFactor => {
            let wrong = (
                unprocessable,
                if recovery {
                    "code.wrong-recovery"
                } else {
                    "code.wrong"
                },
            );
            return Ok(second_step(visit, recovery, form.text("to"), Some(wrong)));
        }
    }
    let to = match recovery && visit.area == Area::Account {
        // What to do now, and how many codes are left.
        true => "/account/two-step?done=recovery-used",
        false => onward(form.text("to"), root),
    };
    let mut response = see_other(to);
    let headers = response.headers_mut();
    desk.lift_session(visit, session, true, headers).await?;
    if form.ticked("trust") && visit.area == Area::Account {
        desk.trust_browser(visit, &session.row.user, headers)
            .await?;
    }
    Ok(response)
}

pub(super) async fn sign_out(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    _form: Form,
) -> Result<Response, Trouble> {
    if let Some(session) = &visit.session {
        desk.store.end_session(&session.token.hash()).await?;
    }
    let mut response = see_other(&format!("{}/sign-in?done=signed-out", root(visit.area)));
    session_cookie(visit.area).clear(response.headers_mut());
    Ok(response)
}

impl Desk {
    /// How wrong codes of this browser are counted.
    pub(super) fn lane(&self, visit: &Visit, session: &Session) -> Lane {
        let cookie = Cookie::Known.read(&visit.headers);
        let user = &session.row.user;
        match (known::read(&self.keys().credential, user, cookie), cookie) {
            (Some(_), Some(cookie)) => Lane::KnownBrowser(cookie.to_owned()),
            _ => Lane::Portal,
        }
    }
}
