//! Links that work once, to carry a new passcode to an iPhone as a configuration profile. Whoever
//! opens the link sees a page with a button; only the button uses it up, so that previews and virus
//! scanners do not. The passcode lies in the store sealed under the link's token (T47).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use secrecy::SecretString;

use super::Desk;
use super::form::Form;
use super::frame::{Frame, page, show as show_page};
use super::profile::Profile;
use super::token::Token;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::gate::bearer::{self, Purpose};
use crate::identity::UserId;

/// A link that was laid.
pub(super) struct Link {
    pub(super) url: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct Page {
    frame: Frame,
    token: String,
    service: String,
    waits: bool,
}

/// Minutes a link waits.
pub(super) const MINUTES: i64 = 15;

impl Link {
    pub(super) async fn lay(
        desk: &Desk,
        visit: &Visit,
        user: &UserId,
        code: &SecretString,
    ) -> Result<Self, Trouble> {
        let token = Token::new()?;
        let key = &desk.keys().vault;
        let sealed = bearer::seal(key, Purpose::Link, token.bytes(), user, code)?;
        let expires_at = visit.now.saturating_add(MINUTES * 60);
        desk.store
            .add_link(&token.hash(), user, &sealed, expires_at)
            .await?;
        let host = visit.host();
        Ok(Self {
            url: format!("https://{host}/account/link/{}", *token.text()),
        })
    }
}

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Trouble> {
    let waits = match Token::read(&token) {
        Some(token) => desk.store.link_waits(&token.hash(), visit.now).await?,
        None => false,
    };
    let status = if waits {
        StatusCode::OK
    } else {
        StatusCode::GONE
    };
    Ok(page(status, &desk.link_page(&visit, token, waits)))
}

/// Gives the profile, once.
pub(super) async fn take(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(text): Path<String>,
    _form: Form,
) -> Result<Response, Trouble> {
    let token = Token::read(&text);
    let taken = match &token {
        Some(token) => desk.store.take_link(&token.hash(), visit.now).await?,
        None => None,
    };
    let (Some(token), Some((user, sealed))) = (token, taken) else {
        let mut gone = show_page(&desk.link_page(&visit, text, false));
        *gone.status_mut() = StatusCode::GONE;
        return Ok(gone);
    };
    let key = &desk.keys().vault;
    let code = bearer::open(key, Purpose::Link, token.bytes(), &user, &sealed)?;
    let profile = Profile {
        user: &user,
        server: &desk.server(&visit),
        service: &desk.settings.name,
        passcode: &code,
        words: visit.language,
    };
    let bytes = profile.signed(desk.settings.signing.as_ref()).await;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-apple-aspen-config"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"mail.mobileconfig\""),
    );
    Ok(response)
}

impl Desk {
    fn link_page(&self, visit: &Visit, token: String, waits: bool) -> Page {
        Page {
            frame: Frame::of(visit, "link"),
            token,
            service: self.settings.name.clone(),
            waits,
        }
    }
}
