//! How a backend is told who the user is (design.md section 5, "Backend login").

use secrecy::SecretString;

use crate::identity::UserId;

/// A user's identity towards the backends of one session. Never printed, never stored (C7, T48).
#[derive(Clone, Debug)]
pub struct Login {
    /// The user as Airgate knows them; pools are keyed by it (T50).
    pub user: UserId,
    /// The authentication identity the server sees: the login name.
    pub name: String,
    /// Authorisation identity, when a master identity logs in for the user.
    pub acts_for: Option<String>,
    pub secret: SecretString,
    /// Changes whenever the secret does: pools drop connections made with another version (T42).
    pub version: u64,
}
