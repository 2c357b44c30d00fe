//! Browsers a user signed in with before: a cookie that only the server key can make, so that guesses
//! of strangers delay strangers and not the owner (T39). It opens nothing.
//!
//! ```text
//! base64url(mark 16 | HMAC-SHA256(server key, user | mark), first 16)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::gate::BrowserMark;
use crate::gate::keys::ServerKey;
use crate::identity::UserId;

const MARK: usize = 16;
const PURPOSE: &[u8] = b"airgate known browser 1";

/// The cookie for a browser the user just signed in with.
///
/// # Errors
/// When the operating system gives no random numbers.
pub(super) fn make(key: &ServerKey, user: &UserId) -> Result<String, getrandom::Error> {
    let mut mark = [0; MARK];
    getrandom::fill(&mut mark)?;
    let mut bytes = mark.to_vec();
    bytes.extend_from_slice(&seal(key, user, &mark));
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The browser's mark, if the cookie was made for this user.
pub(super) fn read(key: &ServerKey, user: &UserId, cookie: Option<&str>) -> Option<BrowserMark> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie?).ok()?;
    let (mark, rest) = bytes.split_first_chunk::<MARK>()?;
    let right: bool = seal(key, user, mark).ct_eq(rest).into();
    right.then_some(*mark)
}

fn seal(key: &ServerKey, user: &UserId, mark: &BrowserMark) -> [u8; MARK] {
    let mac = key.authenticate(PURPOSE, &[user.as_str().as_bytes(), mark]);
    std::array::from_fn(|place| mac.get(place).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::keys::ServerKeys;

    #[test]
    fn t39_a_known_browser_is_known_for_its_user_only() {
        let keys = ServerKeys::ephemeral().unwrap();
        let [alice, bob] = ["alice", "bob"].map(|name| UserId::parse(name, None).unwrap());
        let cookie = make(&keys.credential, &alice).unwrap();
        let known = |key, user, cookie: &str| read(key, user, Some(cookie)).is_some();
        assert!(known(&keys.credential, &alice, &cookie));
        assert!(!known(&keys.credential, &bob, &cookie));
        assert!(!known(&keys.vault, &alice, &cookie));
        assert!(!known(&keys.credential, &alice, "AAAA"));
        assert!(!known(&keys.credential, &alice, &"A".repeat(43)));
        assert!(read(&keys.credential, &alice, None).is_none());
    }
}
