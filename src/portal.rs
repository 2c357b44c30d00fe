//! The pages where people manage their sign-in, passcodes and devices (`/account`), and where
//! administrators do (`/admin`). Server-made HTML that works without scripts.
//!
//! It judges no secret itself: passwords, codes and recovery codes go to the gate (C18), and it
//! changes devices only through the gate's functions. Nothing else depends on this room.
//!
//! A request goes: the front's [`OtherRequest`] -> `visit` (who, which language, which forms) -> one
//! handler -> `headers` -> the front's [`Reply`]. A handler that changes something takes a `Form`,
//! which cannot be had without proof that a page of ours sent it (T45).

mod admin;
mod agent;
mod cookies;
mod devices;
mod form;
mod frame;
mod happened;
mod headers;
mod known;
mod link;
mod notices;
mod overview;
mod passcodes;
mod profile;
mod qr;
mod security;
mod sessions;
mod set_up;
mod sign_in;
mod step_up;
mod style;
mod token;
mod trouble;
mod two_step;
mod undo;
mod visit;
pub(crate) mod words;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderValue, Request, StatusCode, header};
use jiff::tz::TimeZone;
use secrecy::SecretString;
use tower_service::Service as _;
use tracing::warn;

use self::trouble::Trouble;
use self::visit::Client;
use crate::backend::dav::Davs;
use crate::failure::chain;
use crate::front::{OtherRequest, Reply};
use crate::gate::keys::ServerKeys;
use crate::gate::{Gate, issue};
use crate::identity::UserId;
use crate::store::{CredentialRow, Store};

/// The portal.
pub struct Portal {
    router: Router,
}

/// What the portal is put together from.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub gate: Arc<Gate>,
    /// Where what phones deleted goes back to.
    pub davs: Davs,
    pub settings: Settings,
}

/// What an operator decided.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name phones know the server by; `None` takes what the browser calls it.
    pub server: Option<String>,
    /// What the service is called, in pages and in people's authenticator apps.
    pub name: String,
    /// Where the users' days begin.
    pub zone: TimeZone,
    /// Who may see the pages of administrators.
    pub admins: Vec<UserId>,
    /// Passcodes a user may have.
    pub passcodes: usize,
    /// Certificate and key that configuration profiles are signed with.
    pub signing: Option<(PathBuf, PathBuf)>,
}

/// What all handlers share.
pub(crate) struct Desk {
    store: Arc<dyn Store>,
    gate: Arc<Gate>,
    davs: Davs,
    settings: Settings,
}

/// What the query of a page may say.
#[derive(Debug, Default, serde::Deserialize)]
struct Done {
    /// What was just done.
    #[serde(default)]
    done: String,
    /// Where to go on.
    #[serde(default)]
    to: String,
}

/// Largest page: a list of twenty-five passcodes is some 40 KiB.
const MAX_PAGE: usize = 4 * 1024 * 1024;

impl Portal {
    pub fn new(parts: Parts) -> Self {
        let desk = Arc::new(Desk {
            store: parts.store,
            gate: parts.gate,
            davs: parts.davs,
            settings: parts.settings,
        });
        Self {
            router: routes(desk),
        }
    }

    /// Whether a path is the portal's.
    pub fn serves(path: &str) -> bool {
        ["/account", "/admin"].into_iter().any(|root| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Answers a request for one of the portal's pages.
    pub async fn answer(&self, request: OtherRequest) -> Reply {
        let Ok(request) = incoming(request) else {
            return Reply::bad_request("This address is none.\n");
        };
        match self.router.clone().call(request).await {
            Ok(response) => outgoing(response).await,
            Err(never) => match never {},
        }
    }
}

fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/account", get(overview::show))
        .route("/account/language", post(overview::language))
        .route(
            "/account/sign-in",
            get(sign_in::show).post(sign_in::password),
        )
        .route(
            "/account/sign-in/code",
            get(sign_in::show_code).post(sign_in::code),
        )
        .route(
            "/account/sign-in/recovery",
            get(sign_in::show_recovery).post(sign_in::recovery),
        )
        .route("/account/sign-out", post(sign_in::sign_out))
        .route(
            "/account/confirm",
            get(step_up::show).post(step_up::confirm),
        )
        .route("/account/two-step", get(two_step::show))
        .route(
            "/account/two-step/begin",
            get(two_step::begin).post(two_step::begun),
        )
        .route(
            "/account/two-step/app",
            get(two_step::app).post(two_step::make),
        )
        .route("/account/two-step/scan", get(two_step::scan))
        .route(
            "/account/two-step/code",
            get(two_step::code).post(two_step::confirm),
        )
        .route("/account/two-step/recovery", post(two_step::recovery))
        .route(
            "/account/two-step/off",
            get(two_step::show_off).post(two_step::off),
        )
        .route("/account/passcodes", get(passcodes::list))
        .route(
            "/account/passcodes/new",
            get(passcodes::new).post(passcodes::make),
        )
        .route("/account/passcodes/revoke-all", post(passcodes::revoke_all))
        .route("/account/passcodes/{id}/rename", post(passcodes::rename))
        .route("/account/passcodes/{id}/revoke", post(passcodes::revoke))
        .route("/account/link/{token}", get(link::show).post(link::take))
        .route("/account/devices", get(devices::list))
        .route(
            "/account/devices/{id}/{action}",
            get(devices::ask).post(devices::act),
        )
        .route("/account/undo", get(undo::list))
        .route("/account/undo/restore", get(undo::ask).post(undo::restore))
        .route("/account/security", get(security::show))
        .route("/account/security/end-others", post(security::end_others))
        .route(
            "/account/security/distrust-all",
            post(security::distrust_all),
        )
        .route("/account/security/distrust/{id}", post(security::distrust))
        .route("/account/set-up", get(set_up::choose))
        .route("/account/set-up/{family}", get(set_up::family))
        .route("/account/{file}", get(style::serve))
        .merge(admin::routes())
        .fallback(async || Trouble::NotFound)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(from_fn_with_state(Arc::clone(&desk), visit::open))
        .with_state(desk)
}

fn incoming(request: OtherRequest) -> Result<Request<Body>, http::Error> {
    let path = match request.path.trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    let uri = match &request.query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut made = Request::builder()
        .method(request.method)
        .uri(uri)
        .extension(Client(request.client))
        .body(Body::from(request.body))?;
    *made.headers_mut() = request.headers;
    Ok(made)
}

async fn outgoing(response: Response) -> Reply {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_PAGE).await else {
        return Reply::internal_error();
    };
    let kind = parts.headers.remove(header::CONTENT_TYPE);
    let kind = kind.as_ref().and_then(|kind| kind.to_str().ok());
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut reply = Reply::document(
        parts.status,
        kind.unwrap_or("text/plain; charset=utf-8"),
        bytes,
    );
    let mut last = None;
    for (name, value) in parts.headers {
        // A name stands only before the first of its values.
        if name.is_some() {
            last = name;
        }
        if let Some(name) = &last {
            reply = reply.with_header(name.clone(), value);
        }
    }
    reply
}

/// "See there" (303): after a form, so that a reload does not send it again.
fn see_other(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let value = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/account"));
    response.headers_mut().insert(header::LOCATION, value);
    response
}

/// Text as one part of a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                out.push(char::from(byte));
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

/// Text as one part of a path.
fn segment(text: &str) -> String {
    encoded(text).replace('/', "%2F")
}

/// A path of ours to go on to, from a query or a form; never another host (an open redirect).
fn onward<'a>(to: &'a str, root: &'a str) -> &'a str {
    let ours = Portal::serves(to) && !to.contains("//") && !to.contains(['\\', '\r', '\n']);
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic());
    match ours && plain {
        true => to,
        false => root,
    }
}

/// Whether a passcode can be used.
fn live(row: &CredentialRow, now: i64) -> bool {
    row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now)
}

impl Desk {
    /// The server's keys as they are now; they may be exchanged while it runs (C17).
    fn keys(&self) -> ServerKeys {
        self.gate.keys()
    }

    fn is_admin(&self, user: &UserId) -> bool {
        self.settings.admins.contains(user)
    }

    /// Puts the mail password somebody just signed in with behind their passcodes (C5). It is right,
    /// so this can only help; where it fails the phones go on with what they have.
    async fn reseal(&self, user: &UserId, password: &SecretString, visit: &visit::Visit) {
        let store = self.store.as_ref();
        let by = visit.by();
        let done = issue::change_mail_password(store, user, password, &by, visit.now).await;
        if let Err(error) = done {
            warn!(
                user = user.as_str(),
                error = chain(&error),
                "the mail password could not be put behind the passcodes"
            );
        }
    }

    /// The name phones reach us by.
    fn server(&self, visit: &visit::Visit) -> String {
        let named = self.settings.server.clone();
        named.unwrap_or_else(|| visit.host().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_are_served_and_led_on_to() {
        for (path, ours) in [
            ("/account", true),
            ("/account/", true),
            ("/account/devices", true),
            ("/admin/users", true),
            ("/accounts", false),
            ("/administrator", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(Portal::serves(path), ours, "{path}");
        }
        for (to, lands) in [
            ("/account/passcodes", "/account/passcodes"),
            ("/account/passcodes?x=1", "/account/passcodes?x=1"),
            ("//evil.example/account", "/account"),
            ("https://evil.example", "/account"),
            ("/account//evil", "/account"),
            ("/account/\\evil", "/account"),
            ("/account/\r\nSet-Cookie: x", "/account"),
            ("/account/ä", "/account"),
            ("", "/account"),
        ] {
            assert_eq!(onward(to, "/account"), lands, "{to}");
        }
    }
}
