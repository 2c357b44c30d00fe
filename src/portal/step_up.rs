//! Proving again who it is before something that matters (C12): the code, or the mail password for
//! those without a second factor. It holds for five minutes.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;

use super::cookies::Cookie;
use super::form::Form;
use super::frame::{Frame, page};
use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, Done, known, onward, see_other};
use crate::gate::{CodeVerdict, Refusal};

#[derive(Template)]
#[template(path = "step_up.html")]
struct Page {
    frame: Frame,
    root: &'static str,
    factor: bool,
    to: String,
    wrong: Option<&'static str>,
}

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    ask(&desk, &member, &query.to, None).await
}

pub(super) async fn confirm(
    State(desk): State<Arc<Desk>>,
    member: Member,
    form: Form,
) -> Result<Response, Trouble> {
    let user = member.user();
    let factor = desk.store.second_factor_of(user).await?.is_some();
    let wrong = if factor {
        let lane = desk.lane(&member.visit, &member.session);
        let (code, by) = (form.text("code"), member.visit.by());
        match desk.gate.check_code(user, code, &lane, &by).await? {
            CodeVerdict::Right => None,
            CodeVerdict::Slower { retry_after } => return Err(Trouble::Throttled(retry_after)),
            CodeVerdict::Used => Some("code.used"),
            CodeVerdict::Wrong | CodeVerdict::NoFactor => Some("code.wrong"),
        }
    } else {
        let password = form.secret("password");
        let cookie = Cookie::Known.read(&member.visit.headers);
        let known = |user: &_| known::read(&desk.keys().credential, user, cookie);
        match desk
            .gate
            .sign_in(user.as_str(), &password, known, member.visit.client)
            .await
        {
            Ok(_) => None,
            Err(Refusal::Unauthorized) => Some("step-up.wrong-password"),
            Err(refusal) => return Err(refusal.into()),
        }
    };
    if wrong.is_some() {
        return ask(&desk, &member, form.text("to"), wrong).await;
    }
    let mut response = see_other(onward(form.text("to"), root(&member)));
    desk.lift_session(&member.visit, &member.session, true, response.headers_mut())
        .await?;
    Ok(response)
}

async fn ask(
    desk: &Desk,
    member: &Member,
    to: &str,
    wrong: Option<&'static str>,
) -> Result<Response, Trouble> {
    let root = root(member);
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok(page(
        status,
        &Page {
            frame: Frame::member(member, "confirm"),
            root,
            factor: desk.store.second_factor_of(member.user()).await?.is_some(),
            to: onward(to, root).to_owned(),
            wrong: wrong.map(|key| member.visit.language.say(key)),
        },
    ))
}

fn root(member: &Member) -> &'static str {
    match member.visit.area {
        crate::store::Area::Account => "/account",
        crate::store::Area::Admin => "/admin",
    }
}
