//! Sign-ins of browsers: sessions, browsers trusted for 30 days, links that work once. Browsers hold
//! the tokens, the store their SHA-256 (C11, C13), so that a stolen database signs nobody in (T47).

use std::fmt;

use async_trait::async_trait;

use super::Result;
use crate::identity::UserId;

/// SHA-256 of a token of 256 random bits.
pub type TokenHash = [u8; 32];

/// Seconds after which an idle session has ended (C13).
pub const SESSION_IDLE: i64 = 30 * 60;
/// Seconds after which any session has ended (C13).
pub const SESSION_LONGEST: i64 = 12 * 3600;

/// Which pages a session opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Area {
    /// A user's own.
    Account,
    /// The administrators'.
    Admin,
}

/// How far a sign-in has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// The password was right, the second step is still to come.
    Password,
    /// Signed in.
    Full,
}

/// One session.
#[derive(Clone, Eq, PartialEq)]
pub struct SessionRow {
    pub token_hash: TokenHash,
    pub user: UserId,
    /// Names it in lists; no secret.
    pub id: String,
    pub area: Area,
    pub stage: Stage,
    pub created: i64,
    pub last_seen: i64,
    /// When the second factor was last proved in this session (C12).
    pub proved_at: Option<i64>,
    /// What the browser says it is.
    pub agent: String,
    pub address: String,
    pub key_id: String,
    /// The mail password, sealed under server key and token: new passcodes need it. Empty where no
    /// mail password came with the sign-in.
    pub sealed_password: Vec<u8>,
}

impl SessionRow {
    /// Whether it is still good.
    pub fn alive(&self, now: i64) -> bool {
        now.saturating_sub(self.last_seen) < SESSION_IDLE
            && now.saturating_sub(self.created) < SESSION_LONGEST
    }
}

impl fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRow")
            .field("user", &self.user)
            .field("id", &self.id)
            .field("area", &self.area)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// A browser that need not do the second step at every sign-in (C11).
#[derive(Clone, Eq, PartialEq)]
pub struct TrustedBrowser {
    pub token_hash: TokenHash,
    pub user: UserId,
    /// Names it in lists; no secret.
    pub id: String,
    pub agent: String,
    pub address: String,
    pub created: i64,
    pub last_used: i64,
    pub expires_at: i64,
}

impl fmt::Debug for TrustedBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedBrowser({}, {})", self.user, self.id)
    }
}

/// Sessions, trusted browsers and links.
#[async_trait]
pub trait Sessions {
    async fn save_session(&self, row: &SessionRow) -> Result<()>;

    /// The session of a token, unless it has ended.
    async fn session(&self, token: &TokenHash, now: i64) -> Result<Option<SessionRow>>;

    /// Notes that it was used.
    async fn touch_session(&self, token: &TokenHash, now: i64) -> Result<()>;

    /// Puts a session in place of another, in one step: the token changes at each step up (T45).
    /// False when the old one has gone.
    async fn replace_session(&self, old: &TokenHash, new: &SessionRow) -> Result<bool>;

    /// Ends one session; false when there was none.
    async fn end_session(&self, token: &TokenHash) -> Result<bool>;

    /// Ends a user's sessions, all or all but one (C13). Returns how many.
    async fn end_sessions(&self, user: &UserId, but: Option<&TokenHash>) -> Result<u64>;

    /// A user's sessions, the newest first.
    async fn sessions_of(&self, user: &UserId, now: i64) -> Result<Vec<SessionRow>>;

    async fn trust_browser(&self, row: &TrustedBrowser) -> Result<()>;

    /// Whether this user trusts the browser with this token; notes the use.
    async fn browser_trusted(&self, user: &UserId, token: &TokenHash, now: i64) -> Result<bool>;

    /// The newest first.
    async fn trusted_browsers(&self, user: &UserId, now: i64) -> Result<Vec<TrustedBrowser>>;

    /// Ends the trust in one browser, or in all. Returns in how many.
    async fn distrust_browsers(&self, user: &UserId, id: Option<&str>) -> Result<u64>;

    /// Keeps something for whoever comes with a token, once.
    async fn add_link(
        &self,
        token: &TokenHash,
        user: &UserId,
        sealed: &[u8],
        expires_at: i64,
    ) -> Result<()>;

    /// Whether a link can still be taken.
    async fn link_waits(&self, token: &TokenHash, now: i64) -> Result<bool>;

    /// Takes it; nobody can a second time.
    async fn take_link(&self, token: &TokenHash, now: i64) -> Result<Option<(UserId, Vec<u8>)>>;
}
