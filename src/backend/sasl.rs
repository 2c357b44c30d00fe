//! SASL, the client's side, for IMAP, SMTP and ManageSieve alike: PLAIN with an authorisation
//! identity (RFC 4616), LOGIN, XOAUTH2 and OAUTHBEARER (RFC 7628).
//!
//! This module makes and reads the octets; whoever holds the socket puts them in base64 and on the
//! line. The separators of each mechanism are refused inside its fields (T28): a NUL in a name would
//! let a user choose whose mailbox opens.

use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::backend::Login;

/// The mechanisms we speak.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mechanism {
    Plain,
    Login,
    XOAuth2,
    OAuthBearer,
}

/// What kind of secret a backend's logins carry; fixed per backend by the operator.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecretKind {
    #[default]
    Password,
    /// An OAuth access token.
    Token,
}

/// Why an exchange cannot be made or go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SaslFault {
    #[error("a login name or secret has a character its mechanism uses as a separator")]
    Separator,
    #[error("a login name or secret is empty")]
    Empty,
    #[error("the mechanism cannot say on whose behalf a master identity acts")]
    NoAuthorisationIdentity,
    #[error("the server asked more often than the mechanism allows")]
    TooManyChallenges,
}

/// One authentication under way. Its octets are wiped when it goes.
pub struct Exchange {
    mechanism: Mechanism,
    /// What is still to be said, in order.
    messages: std::vec::IntoIter<Zeroizing<Vec<u8>>>,
}

impl Mechanism {
    /// The best of what the server offers for this login, strongest first; `None` when none fits.
    /// `offered` are mechanism names as the server spells them (`PLAIN`), in any letter case.
    pub fn choose<'a>(
        offered: impl IntoIterator<Item = &'a str> + Clone,
        kind: SecretKind,
        login: &Login,
    ) -> Option<Self> {
        let candidates: &[Self] = match kind {
            SecretKind::Password if login.acts_for.is_some() => &[Self::Plain],
            SecretKind::Password => &[Self::Plain, Self::Login],
            SecretKind::Token => &[Self::OAuthBearer, Self::XOAuth2],
        };
        candidates.iter().copied().find(|mechanism| {
            offered
                .clone()
                .into_iter()
                .any(|name| name.eq_ignore_ascii_case(mechanism.name()))
        })
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }

    /// Whether the client speaks first, so that its message may travel with the command (SASL-IR).
    pub const fn client_first(self) -> bool {
        !matches!(self, Self::Login)
    }
}

impl Exchange {
    /// Prepares what `login` says to `host`:`port` by `mechanism`.
    ///
    /// # Errors
    /// A separator inside a field (T28), an empty field, or an `acts_for` the mechanism has no
    /// place for.
    pub fn new(
        mechanism: Mechanism,
        login: &Login,
        host: &str,
        port: u16,
    ) -> Result<Self, SaslFault> {
        let secret = login.secret.expose_secret();
        let authorisation = login.acts_for.as_deref();
        if login.name.is_empty() || secret.is_empty() || authorisation == Some("") {
            return Err(SaslFault::Empty);
        }
        let fields = [&login.name, secret, authorisation.unwrap_or_default()];
        // NUL ends PLAIN's fields, 0x01 those of the OAuth mechanisms; no field has use for either.
        if fields.iter().any(|field| field.contains(['\0', '\u{1}'])) {
            return Err(SaslFault::Separator);
        }
        let messages = match mechanism {
            Mechanism::Plain => vec![join(&[
                authorisation.unwrap_or_default(),
                "\0",
                &login.name,
                "\0",
                secret,
            ])],
            Mechanism::Login if authorisation.is_some() => {
                return Err(SaslFault::NoAuthorisationIdentity);
            }
            Mechanism::Login => vec![join(&[&login.name]), join(&[secret])],
            // The second message answers the JSON that explains a refusal; the server then ends.
            Mechanism::XOAuth2 => vec![
                join(&[
                    "user=",
                    authorisation.unwrap_or(&login.name),
                    "\u{1}auth=Bearer ",
                    secret,
                    "\u{1}\u{1}",
                ]),
                join(&[]),
            ],
            Mechanism::OAuthBearer => vec![
                join(&[
                    "n,a=",
                    &escape_saslname(authorisation.unwrap_or(&login.name)),
                    ",\u{1}host=",
                    host,
                    "\u{1}port=",
                    &port.to_string(),
                    "\u{1}auth=Bearer ",
                    secret,
                    "\u{1}\u{1}",
                ]),
                join(&["\u{1}"]),
            ],
        };
        Ok(Self {
            mechanism,
            messages: messages.into_iter(),
        })
    }

    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The next message: the initial response, then one per challenge. What a challenge says does
    /// not matter to these mechanisms.
    ///
    /// # Errors
    /// The server asks for more than the mechanism has to say.
    pub fn say(&mut self) -> Result<Zeroizing<Vec<u8>>, SaslFault> {
        self.messages.next().ok_or(SaslFault::TooManyChallenges)
    }
}

/// RFC 5801 4: `=` and `,` inside a saslname.
fn escape_saslname(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

fn join(pieces: &[&str]) -> Zeroizing<Vec<u8>> {
    // One exact allocation: a growing vector would leave copies of the secret behind.
    let mut joined = Zeroizing::new(Vec::with_capacity(
        pieces.iter().map(|piece| piece.len()).sum(),
    ));
    for piece in pieces {
        joined.extend_from_slice(piece.as_bytes());
    }
    joined
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::identity::UserId;

    fn login(name: &str, acts_for: Option<&str>, secret: &str) -> Login {
        Login {
            user: UserId::parse("alice@example.com", None).expect("a fixed name"),
            name: name.into(),
            acts_for: acts_for.map(Into::into),
            secret: SecretString::from(secret),
            version: 1,
        }
    }

    #[test]
    fn each_mechanism_says_what_its_rfc_says() {
        let own = login("alice", None, "wonder");
        let master = login("master", Some("alice"), "key");
        for (mechanism, login, messages) in [
            (Mechanism::Plain, &own, vec!["\0alice\0wonder"]),
            (Mechanism::Plain, &master, vec!["alice\0master\0key"]),
            (Mechanism::Login, &own, vec!["alice", "wonder"]),
            (
                Mechanism::XOAuth2,
                &own,
                vec!["user=alice\u{1}auth=Bearer wonder\u{1}\u{1}", ""],
            ),
            (
                Mechanism::OAuthBearer,
                &login("a=b,c", None, "t"),
                vec![
                    "n,a=a=3Db=2Cc,\u{1}host=mail.test\u{1}port=993\u{1}auth=Bearer t\u{1}\u{1}",
                    "\u{1}",
                ],
            ),
        ] {
            let mut exchange =
                Exchange::new(mechanism, login, "mail.test", 993).expect("sound fields");
            for message in messages {
                let said = exchange.say().expect("one more message");
                assert_eq!(said.as_slice(), message.as_bytes(), "{mechanism:?}");
            }
            assert_eq!(exchange.say().err(), Some(SaslFault::TooManyChallenges));
        }
    }

    #[test]
    fn t28_separators_are_refused_in_every_field_of_every_mechanism() {
        use Mechanism::{Login as LoginMechanism, OAuthBearer, Plain, XOAuth2};
        for mechanism in [Plain, LoginMechanism, XOAuth2, OAuthBearer] {
            for evil in ["a\0bob", "a\u{1}auth=Bearer x"] {
                for login in [
                    login(evil, None, "s"),
                    login("alice", None, evil),
                    login("alice", Some(evil), "s"),
                ] {
                    let fault = Exchange::new(mechanism, &login, "h", 1).err();
                    assert_eq!(fault, Some(SaslFault::Separator), "{mechanism:?} {evil:?}");
                }
            }
        }
        for login in [
            login("", None, "s"),
            login("a", Some(""), "s"),
            login("a", None, ""),
        ] {
            let fault = Exchange::new(Plain, &login, "h", 1).err();
            assert_eq!(fault, Some(SaslFault::Empty));
        }
    }

    #[test]
    fn the_choice_follows_the_kind_of_secret_and_the_master_needs_plain() {
        let own = login("alice", None, "s");
        let master = login("master", Some("alice"), "s");
        let all = ["login", "plain", "XOAUTH2", "OAUTHBEARER"];
        let password = SecretKind::Password;
        assert_eq!(
            Mechanism::choose(all, password, &own),
            Some(Mechanism::Plain)
        );
        assert_eq!(
            Mechanism::choose(["LOGIN"], password, &own),
            Some(Mechanism::Login)
        );
        assert_eq!(Mechanism::choose(["LOGIN"], password, &master), None);
        assert_eq!(
            Mechanism::choose(all, SecretKind::Token, &own),
            Some(Mechanism::OAuthBearer)
        );
        assert_eq!(Mechanism::choose(["PLAIN"], SecretKind::Token, &own), None);
    }
}
