//! The style sheet: one file, whose name changes with what is in it, so that browsers may keep it.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, header};
use sha2::{Digest as _, Sha256};

use super::trouble::Trouble;

const STYLE: &str = include_str!("style.css");

static NAME: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE.as_bytes());
    let mut hash = URL_SAFE_NO_PAD.encode(digest);
    hash.truncate(12);
    format!("style-{hash}.css")
});

/// Where it is.
pub(super) fn path() -> String {
    format!("/account/{}", *NAME)
}

pub(super) async fn serve(Path(file): Path<String>) -> Response {
    if file != *NAME {
        return Trouble::NotFound.into_response();
    }
    let mut response = STYLE.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/css; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    response
}
