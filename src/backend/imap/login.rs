//! From a greeted connection to a session: login, then what the server can do, once per connection.

use std::sync::Arc;

use airgate_codec::imap::{Code, Response, Untagged};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, Data, Ended, Incoming, nothing, protocol};
use super::error::ImapError;
use super::settings::ImapSettings;
use crate::backend::Login;
use crate::backend::sasl::{Exchange, Mechanism, SecretKind};
use crate::clock;

/// Logs in and sets the session up; all within the login deadline.
///
/// # Errors
/// [`ImapError::LoginRefused`] only when the server blames the name or the secret.
pub(super) async fn log_in(
    connection: &mut Connection,
    settings: &ImapSettings,
    login: &Login,
) -> Result<(), ImapError> {
    let deadline = clock::deadline(settings.deadlines.login);
    let whole = async {
        ask_capabilities(connection).await?;
        authenticate(connection, settings, login, deadline).await?;
        ask_capabilities(connection).await?;
        introduce(connection).await?;
        if settings.compress && connection.capabilities().compress {
            compress(connection).await?;
        }
        Ok(())
    };
    match timeout_at(deadline, whole).await {
        // A server that hangs up while we log in is busy, overloaded or on its way down.
        Ok(Err(ImapError::Disconnected(why))) => Err(ImapError::LoginUnavailable(why)),
        Ok(result) => result,
        Err(_) => {
            connection.give_up();
            Err(ImapError::Timeout)
        }
    }
}

/// Asks only when the server has not told: most do in the greeting and with the login's OK.
pub(super) async fn ask_capabilities(connection: &mut Connection) -> Result<(), ImapError> {
    if connection.capabilities().unknown {
        connection
            .simple(None, |c| c.atom("CAPABILITY"), &mut nothing)
            .await?;
        if connection.capabilities().unknown {
            return Err(protocol("no answer to CAPABILITY"));
        }
    }
    Ok(())
}

async fn authenticate(
    connection: &mut Connection,
    settings: &ImapSettings,
    login: &Login,
    deadline: Instant,
) -> Result<(), ImapError> {
    let offered = connection.capabilities();
    let mechanism = Mechanism::choose(
        offered.mechanisms.iter().map(String::as_str),
        settings.secrets,
        login,
    );
    let plain_login = settings.secrets == SecretKind::Password
        && login.acts_for.is_none()
        && !offered.login_disabled;
    let ended = match mechanism {
        Some(mechanism) => {
            let exchange = Exchange::new(mechanism, login, &settings.host, settings.port)?;
            sasl(connection, exchange, deadline).await?
        }
        None if plain_login => {
            // T28 for the one way in that is not SASL: the checks are the same.
            Exchange::new(Mechanism::Login, login, &settings.host, settings.port)?;
            connection.forget_capabilities();
            let secret = login.secret.expose_secret();
            let prepared =
                connection.prepare(|c| c.atom("LOGIN").string(&login.name).string(secret))?;
            let mut ended = connection.flight(vec![prepared], &[], &mut nothing).await?;
            ended.pop().ok_or_else(|| protocol("no answer"))?
        }
        None => {
            let why = "no way to log in that we and the server share";
            return Err(ImapError::LoginUnavailable(why.into()));
        }
    };
    let refusal = ImapError::from_login_refusal(ended.status, ended.code.as_ref(), &ended.text);
    ended.ok(None).map(|_| ()).map_err(|_| refusal)
}

/// One AUTHENTICATE (RFC 9051 6.2.2).
async fn sasl(
    connection: &mut Connection,
    mut exchange: Exchange,
    deadline: Instant,
) -> Result<Ended, ImapError> {
    let mechanism = exchange.mechanism();
    let at_once = connection.capabilities().sasl_ir && mechanism.client_first();
    let initial = match at_once {
        true => Some(STANDARD.encode(exchange.say()?.as_slice())),
        false => None,
    };
    // What it offers to a stranger says nothing of what it offers to this user.
    connection.forget_capabilities();
    let command = connection.prepare(|c| {
        let c = c.atom("AUTHENTICATE").atom(mechanism.name());
        match &initial {
            Some(initial) => c.atom(initial),
            None => c,
        }
    })?;
    connection.launch(vec![command], |_| {})?;
    loop {
        match connection.next(deadline, &mut &[][..]).await? {
            Incoming::Response(Response::Continuation { .. }) => match exchange.say() {
                Ok(said) => connection.push_line(STANDARD.encode(said.as_slice()).as_bytes()),
                Err(fault) => {
                    connection.give_up();
                    return Err(fault.into());
                }
            },
            Incoming::Response(Response::Tagged {
                tag,
                status,
                code,
                text,
            }) => {
                connection.close(&tag, status)?;
                if let Some(Code::Capability(names)) = &code {
                    connection.learn(names);
                }
                return Ok(Ended { status, code, text });
            }
            Incoming::Response(response) => {
                if let Some(untagged) = connection.untagged(response)? {
                    connection.fold(untagged)?;
                }
            }
            _ => {
                connection.give_up();
                return Err(protocol("a literal during the login"));
            }
        }
    }
}

/// ID (some servers insist on it before SELECT) and ENABLE, in one flight. ENABLE comes before the
/// first SELECT: Dovecot 2.3 leaves HIGHESTMODSEQ out until a client has asked for CONDSTORE.
async fn introduce(connection: &mut Connection) -> Result<(), ImapError> {
    let offered = Arc::clone(connection.capabilities());
    let mut flight = Vec::new();
    if offered.id {
        flight.push(connection.prepare(|c| {
            let c = c.atom("ID").open();
            let c = c.string("name").string("Airgate");
            c.string("version")
                .string(env!("CARGO_PKG_VERSION"))
                .close()
        })?);
    }
    if offered.enable && offered.condstore {
        flight.push(connection.prepare(|c| {
            let c = c.atom("ENABLE").atom("CONDSTORE");
            if offered.qresync {
                c.atom("QRESYNC")
            } else {
                c
            }
        })?);
    }
    if flight.is_empty() {
        return Ok(());
    }
    let mut enabled = Vec::new();
    connection
        .flight(flight, &[], &mut |data| match data {
            Data::Untagged(Untagged::Enabled(names)) => {
                enabled.extend(names);
                None
            }
            Data::Untagged(Untagged::Id(_)) | Data::TooLarge => None,
            Data::Untagged(other) => Some(other),
        })
        .await?;
    // Neither is worth failing for: what was not enabled is not used.
    connection.capabilities_mut().qresync &= enabled.iter().any(|name| name == "QRESYNC");
    Ok(())
}

/// RFC 4978. A NO (the server compresses in TLS already, say) costs nothing.
async fn compress(connection: &mut Connection) -> Result<(), ImapError> {
    let asked = connection
        .simple(None, |c| c.atom("COMPRESS").atom("DEFLATE"), &mut nothing)
        .await;
    match asked {
        Ok(_) => connection.start_deflate(),
        Err(error) if error.is_fatal() => return Err(error),
        Err(_) => {}
    }
    Ok(())
}
