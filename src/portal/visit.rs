//! Who looks at a page, in which language, with which forms. Made once for a request, before any page
//! runs; every answer gets its headers here.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderMap, Method, header};
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::cookies::Cookie;
use super::frame::Frame;
use super::token::Token;
use super::trouble::Trouble;
use super::words::Language;
use super::{Desk, headers, see_other};
use crate::clock;
use crate::gate::bearer::{self, Purpose};
use crate::identity::UserId;
use crate::store::{Area, SessionRow, Stage};

/// Where the request comes from; the front knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// One request of a browser.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) language: Language,
    pub(super) client: IpAddr,
    pub(super) path: String,
    pub(super) area: Area,
    pub(super) session: Option<Session>,
    /// Cookies and what the browser says it is.
    pub(super) headers: HeaderMap,
    /// What forms of this browser must carry (T45).
    pub(super) form_proof: String,
    /// Whether there is anything a phone's doing could be undone in.
    pub(super) undo: bool,
    /// Where the users' days begin.
    pub(super) zone: TimeZone,
    /// Seconds since 1970 UTC.
    pub(super) now: i64,
}

/// A session with the token only the browser has.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) token: Token,
    pub(super) row: SessionRow,
}

/// Someone who signed in, both steps where there are two.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) visit: Visit,
    pub(super) session: Session,
}

/// Seconds between two notes that a session is in use.
const NOTE_EVERY: i64 = 60;
/// How long a step up lasts (C12).
const PROOF_SECONDS: i64 = 5 * 60;
/// Longest User-Agent that is kept.
const MAX_AGENT: usize = 200;

/// Looks who it is and runs the page.
pub(super) async fn open(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut fresh = None;
    let client = request.extensions().get::<Client>().copied();
    let asked = Asked {
        client: client.map_or_else(|| IpAddr::from([0, 0, 0, 0]), |client| client.0),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        headers: request.headers().clone(),
    };
    let visit = match read(&desk, asked, &mut fresh).await {
        Ok(visit) => visit,
        Err(trouble) => {
            let mut response = trouble.into_response();
            headers::dress(response.headers_mut());
            return response;
        }
    };
    let frame = Frame::of(&visit, "");
    request.extensions_mut().insert(visit);
    let mut response = next.run(request).await;
    // Handlers say what is wrong, the page for it is made here, in the visitor's language.
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        response = trouble.page(frame);
    }
    if let Some(token) = fresh {
        Cookie::Visit.set(response.headers_mut(), &token.text());
    }
    headers::dress(response.headers_mut());
    response
}

/// What is looked at of a request.
struct Asked {
    client: IpAddr,
    method: Method,
    path: String,
    headers: HeaderMap,
}

async fn read(desk: &Desk, asked: Asked, fresh: &mut Option<Token>) -> Result<Visit, Trouble> {
    let Asked {
        client,
        method,
        path,
        headers,
    } = asked;
    let now = clock::now_seconds();
    let area = match path == "/admin" || path.starts_with("/admin/") {
        true => Area::Admin,
        false => Area::Account,
    };
    let cookie = session_cookie(area);
    let mut session = None;
    if let Some(token) = cookie.read(&headers).and_then(Token::read)
        && let Some(row) = desk.store.session(&token.hash(), now).await?
        && row.area == area
    {
        if now.saturating_sub(row.last_seen) >= NOTE_EVERY {
            desk.store.touch_session(&token.hash(), now).await?;
        }
        session = Some(Session { token, row });
    }
    let form_proof = match &session {
        Some(session) => session.token.form_proof(),
        None => {
            let known = Cookie::Visit.read(&headers).and_then(Token::read);
            let token = match known {
                Some(token) => token,
                // A form without a cookie that came with it is nobody's: no use in making one.
                None if method == Method::POST => return Err(Trouble::Forged),
                None => fresh.insert(Token::new()?).clone(),
            };
            token.form_proof()
        }
    };
    let chosen = Cookie::Language
        .read(&headers)
        .and_then(Language::from_code);
    let accepted = || {
        let header = headers.get(header::ACCEPT_LANGUAGE);
        Language::accepted(
            header
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default(),
        )
    };
    let language = chosen.unwrap_or_else(accepted);
    Ok(Visit {
        language,
        client,
        path,
        area,
        session,
        form_proof,
        headers,
        undo: desk.davs.calendars.is_some() || desk.davs.contacts.is_some(),
        zone: desk.settings.zone.clone(),
        now,
    })
}

pub(super) const fn session_cookie(area: Area) -> Cookie {
    match area {
        Area::Account => Cookie::Account,
        Area::Admin => Cookie::Admin,
    }
}

impl Visit {
    /// Where the audit trail says it came from.
    pub(super) fn by(&self) -> String {
        self.client.to_canonical().to_string()
    }

    /// What the browser calls this server.
    pub(super) fn host(&self) -> &str {
        let host = self.headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        host.strip_suffix(":443").unwrap_or(host)
    }

    /// What the browser says it is, cut to a length worth keeping.
    pub(super) fn agent(&self) -> String {
        let agent = self.headers.get(header::USER_AGENT);
        let agent = agent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        agent.chars().take(MAX_AGENT).collect()
    }

    /// Someone who has done the first step and has the second before them.
    pub(super) fn half_way(&self) -> Option<&Session> {
        let session = self.session.as_ref()?;
        (session.row.stage == Stage::Password).then_some(session)
    }
}

impl Session {
    /// The mail password this session was opened with.
    pub(super) fn password(&self, desk: &Desk) -> Option<SecretString> {
        let key = &desk.keys().vault;
        let token = self.token.bytes();
        let sealed = &self.row.sealed_password;
        bearer::open(key, Purpose::SessionPassword, token, &self.row.user, sealed).ok()
    }
}

impl Member {
    pub(super) fn user(&self) -> &UserId {
        &self.session.row.user
    }

    /// Whether the second factor (or, without one, the password) was proved just now (C12).
    pub(super) fn stepped_up(&self) -> bool {
        self.session
            .row
            .proved_at
            .is_some_and(|at| self.visit.now.saturating_sub(at) < PROOF_SECONDS)
    }

    /// # Errors
    /// The page that asks for the proof, which leads back to `to`.
    pub(super) fn must_step_up(&self, to: &str) -> Result<(), Trouble> {
        match self.stepped_up() {
            true => Ok(()),
            false => Err(Trouble::StepUp(to.to_owned())),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Trouble::NotFound)
    }
}

impl<S: Sync> FromRequestParts<S> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state)
            .await
            .map_err(Trouble::into_response)?;
        let root = match visit.area {
            Area::Account => "/account",
            Area::Admin => "/admin",
        };
        match visit.session.clone() {
            Some(session) if session.row.stage == Stage::Full => Ok(Self { visit, session }),
            Some(_) => Err(see_other(&format!("{root}/sign-in/code"))),
            None => Err(see_other(&format!("{root}/sign-in"))),
        }
    }
}
