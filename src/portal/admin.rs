//! The pages of administrators (`/admin`): users and their devices, quarantine and rules, policies, who
//! is slowed down, the audit trail. A role of its own with a sign-in of its own; the second step is
//! done at every sign-in, and what changes something asks for a fresh proof (C12).

mod meanings;
mod policy;
mod rules;
mod trail;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::request::Parts;

use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, overview, sign_in, step_up};
use crate::gate::devices::Decision;

/// An administrator who signed in.
#[derive(Clone, Debug)]
pub(super) struct Admin(pub(super) Member);

impl FromRequestParts<Arc<Desk>> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let member = Member::from_request_parts(parts, desk).await?;
        // The role may have been taken away since.
        match desk.is_admin(member.user()) {
            true => Ok(Self(member)),
            false => Err(Trouble::Forbidden.into_response()),
        }
    }
}

impl Admin {
    /// For the audit trail: who, and from where.
    fn by(&self) -> String {
        format!("{} ({})", self.0.user(), self.0.visit.by())
    }

    fn decision<'a>(&self, by: &'a str) -> Decision<'a> {
        Decision {
            by,
            now: self.0.visit.now,
        }
    }
}

pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/admin", get(users::list))
        .route("/admin/language", post(overview::language))
        .route("/admin/sign-in", get(sign_in::show).post(sign_in::password))
        .route(
            "/admin/sign-in/code",
            get(sign_in::show_code).post(sign_in::code),
        )
        .route(
            "/admin/sign-in/recovery",
            get(sign_in::show_recovery).post(sign_in::recovery),
        )
        .route("/admin/sign-out", post(sign_in::sign_out))
        .route("/admin/confirm", get(step_up::show).post(step_up::confirm))
        .route("/admin/users/{user}", get(users::one))
        .route("/admin/users/{user}/factor-off", post(users::factor_off))
        .route("/admin/users/{user}/settings", post(users::settings))
        .route(
            "/admin/users/{user}/passcodes/revoke-all",
            post(users::revoke_all),
        )
        .route(
            "/admin/users/{user}/passcodes/{id}/revoke",
            post(users::revoke),
        )
        .route(
            "/admin/users/{user}/devices/{id}/{action}",
            get(users::ask).post(users::act),
        )
        .route("/admin/devices", get(rules::show).post(rules::add))
        .route("/admin/devices/rules/{id}/remove", post(rules::remove))
        .route("/admin/policy", get(policy::show).post(policy::set))
        .route("/admin/throttled", get(trail::throttled))
        .route("/admin/audit", get(trail::audit))
}
