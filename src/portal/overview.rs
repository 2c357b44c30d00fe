//! The first page, and the choice of language.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::cookies::Cookie;
use super::form::Form;
use super::frame::{Frame, show as show_page};
use super::trouble::Trouble;
use super::visit::{Member, Visit};
use super::words::Language;
use super::{Desk, Done, live, onward, see_other};
use crate::store::Stage;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    user: String,
    factor: bool,
    /// Recovery codes left.
    recovery: usize,
    passcodes: usize,
    devices: usize,
}

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    let user = member.user();
    let credentials = desk.store.credentials(user).await?;
    let codes = desk.store.recovery_codes(user).await?;
    Ok(show_page(&Page {
        frame: Frame::member(&member, "overview").noting(&query.done),
        user: user.to_string(),
        factor: desk.store.second_factor_of(user).await?.is_some(),
        recovery: codes.iter().filter(|code| code.used_at.is_none()).count(),
        passcodes: credentials
            .iter()
            .filter(|row| live(row, member.visit.now))
            .count(),
        devices: desk.store.devices(user).await?.len(),
    }))
}

/// The visitor's own choice goes before the browser's; letters to whoever is signed in follow it.
pub(super) async fn language(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Trouble> {
    let to = form.text("to");
    let fallback = if to.starts_with("/admin") {
        "/admin"
    } else {
        "/account"
    };
    let mut response = see_other(onward(to, fallback));
    if let Some(language) = Language::from_code(form.text("language")) {
        Cookie::Language.set(response.headers_mut(), language.code());
        let session = visit.session.as_ref();
        if let Some(session) = session.filter(|session| session.row.stage == Stage::Full) {
            let user = &session.row.user;
            let mut settings = desk.store.user_settings(user).await?;
            if settings.language.as_deref() != Some(language.code()) {
                settings.language = Some(language.code().to_owned());
                desk.store.set_user_settings(user, &settings).await?;
            }
        }
    }
    Ok(response)
}
