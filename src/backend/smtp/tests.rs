//! The client against a scripted server on loopback: every step refused, cut and answered late.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{Envelope, Reports, Security, Smtp, SmtpError, SmtpSettings, is_address};
use crate::backend::Login;
use crate::backend::octets::{Octets, Sink, Spilt};
use crate::backend::sasl::{SaslFault, SecretKind};
use crate::backend::tls::{Trust, client_config};
use crate::failure::Failure;
use crate::identity::UserId;

const MAIL: &[u8] = b"Subject: x\r\n\r\n.hidden\r\n..\r\n.\r\nend\r\n";

fn login() -> Login {
    Login {
        user: UserId::parse("alice@example.com", None).unwrap(),
        name: "alice".into(),
        acts_for: None,
        secret: SecretString::from("wonder"),
        version: 1,
    }
}

fn envelope() -> Envelope {
    Envelope {
        from: Some("alice@example.com".into()),
        to: vec!["bob@example.com".into(), "carol@example.org".into()],
        reports: None,
    }
}

/// What the server does when it hears a line that begins so (`""`: the empty line), `greeting` and
/// `dot` aside; other lines are answered as usual.
type Script = &'static [(&'static str, &'static str)];

/// What a server heard.
#[derive(Debug, Default)]
struct Heard {
    lines: Vec<String>,
    /// The mail, unstuffed.
    mail: Option<Vec<u8>>,
}

/// An answer that hangs up instead.
const CUT: &str = "";
/// An answer that never comes.
const SILENCE: &str = "silence";

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    script: Script,
    greeted: bool,
    heard: &mut Heard,
) -> Option<S> {
    let find = |line: &str| {
        script
            .iter()
            .find(|(start, _)| match *start {
                "" => line.is_empty(),
                start => line.starts_with(start),
            })
            .map(|(_, answer)| *answer)
    };
    let mut stream = BufReader::new(stream);
    if greeted {
        let greeting = find("greeting").unwrap_or("220 mail.test\r\n");
        if greeting == SILENCE {
            std::future::pending::<()>().await;
        }
        stream.write_all(greeting.as_bytes()).await.ok()?;
        if greeting == CUT {
            return None;
        }
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        heard.lines.push(line.clone());
        let usual = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250-mail.test\r\n250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250 SIZE 1000\r\n",
            "AUTH" => "235 2.7.0 in\r\n",
            "DATA" => "354 go on\r\n",
            "QUIT" => return None,
            _ => "250 2.0.0 fine\r\n",
        };
        let answer = find(&line).unwrap_or(usual);
        if answer == CUT {
            return None;
        }
        if answer == SILENCE {
            std::future::pending::<()>().await;
        }
        stream.write_all(answer.as_bytes()).await.ok()?;
        if line == "STARTTLS" && answer.starts_with("220") {
            return Some(stream.into_inner());
        }
        if line == "DATA" && answer.starts_with("354") {
            let mut mail = Vec::new();
            loop {
                let mut line = Vec::new();
                if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                    return None;
                }
                if line == b".\r\n" {
                    break;
                }
                mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
            heard.mail = Some(mail);
            match find("dot").unwrap_or("250 2.0.0 queued\r\n") {
                CUT => return None,
                SILENCE => std::future::pending::<()>().await,
                answer => stream.write_all(answer.as_bytes()).await.ok()?,
            }
        }
    }
}

async fn listener() -> (TcpListener, SmtpSettings) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = client_config(&Trust::System).unwrap();
    let mut settings = SmtpSettings::new("127.0.0.1", port, Security::Plain, tls);
    settings.answer = Duration::from_secs(5);
    settings.final_answer = Duration::from_secs(5);
    (listener, settings)
}

/// Submits to a server that follows the script.
async fn submit_to(
    script: Script,
    change: impl FnOnce(&mut SmtpSettings),
    login: &Login,
    envelope: &Envelope,
    mail: &[u8],
) -> (Result<(), SmtpError>, Heard) {
    let (listener, mut settings) = listener().await;
    change(&mut settings);
    let server = async {
        let mut heard = Heard::default();
        let (stream, _) = listener.accept().await.unwrap();
        converse(stream, script, true, &mut heard).await;
        heard
    };
    let smtp = Smtp::new(settings);
    tokio::join!(smtp.submit(login, envelope, &mail), server)
}

async fn submit(script: Script) -> (Result<(), SmtpError>, Heard) {
    submit_to(script, |_| {}, &login(), &envelope(), MAIL).await
}

#[tokio::test]
async fn t26_one_mail_arrives_byte_for_byte() {
    let (result, heard) = submit(&[]).await;
    result.unwrap();
    assert_eq!(heard.mail.as_deref(), Some(MAIL));
    assert_eq!(
        heard.lines,
        [
            "EHLO localhost",
            "AUTH PLAIN AGFsaWNlAHdvbmRlcg==",
            "MAIL FROM:<alice@example.com> SIZE=35",
            "RCPT TO:<bob@example.com>",
            "RCPT TO:<carol@example.org>",
            "DATA",
            "QUIT"
        ]
    );
}

#[tokio::test]
async fn t26_a_mail_that_begins_or_ends_oddly_is_still_one_mail() {
    for (mail, arrives) in [
        (
            &b".\r\nMAIL FROM:<x@y>"[..],
            &b".\r\nMAIL FROM:<x@y>\r\n"[..],
        ),
        (
            b"a: b\n\n.\nRCPT TO:<x@y>\n",
            b"a: b\r\n\r\n.\r\nRCPT TO:<x@y>\r\n",
        ),
        (
            b"a: b\r\n\r\nc\n.\r\nDATA\r\n",
            b"a: b\r\n\r\nc\r\n.\r\nDATA\r\n",
        ),
        (
            b"a: b\r\n\r\nc\r.\rDATA\r",
            b"a: b\r\n\r\nc\r\n.\r\nDATA\r\n",
        ),
    ] {
        let (result, heard) = submit_to(&[], |_| {}, &login(), &envelope(), mail).await;
        result.unwrap();
        assert_eq!(heard.mail.as_deref(), Some(arrives));
        assert_eq!(heard.lines.last().map(String::as_str), Some("QUIT"));
    }
}

/// Which of the outcomes an error is.
fn name(result: &Result<(), SmtpError>) -> &'static str {
    match result {
        Ok(()) => "sent",
        Err(SmtpError::NotNow(_)) => "not now",
        Err(SmtpError::LoginRefused(_)) => "login",
        Err(SmtpError::SenderRefused(_)) => "sender",
        Err(SmtpError::RecipientRefused { .. }) => "recipient",
        Err(SmtpError::Rejected(_)) => "rejected",
        Err(SmtpError::Unknown(_)) => "unknown",
        Err(SmtpError::Disconnected(_) | SmtpError::Timeout) => "cut",
        Err(_) => "other",
    }
}

#[tokio::test]
async fn s17_every_refusal_and_every_cut_is_told_apart() {
    let cases: [(Script, &str); 19] = [
        (&[("greeting", "421 busy\r\n")], "not now"),
        (&[("greeting", "554 go away\r\n")], "rejected"),
        (&[("greeting", CUT)], "cut"),
        (&[("EHLO", "421 4.3.2 closing\r\n")], "not now"),
        (&[("EHLO", "502 what\r\n")], "rejected"),
        (&[("EHLO", CUT)], "cut"),
        (&[("AUTH", "535 5.7.8 no\r\n")], "login"),
        (&[("AUTH", "454 4.7.0 later\r\n")], "not now"),
        (&[("AUTH", CUT)], "cut"),
        (&[("MAIL", "550 5.7.1 not you\r\n")], "sender"),
        (&[("MAIL", "451 4.3.0 later\r\n")], "not now"),
        (&[("RCPT TO:<carol", "550 5.1.1 who\r\n")], "recipient"),
        (&[("RCPT TO:<carol", "450 4.2.1 later\r\n")], "not now"),
        (&[("DATA", "554 no\r\n")], "rejected"),
        (&[("DATA", CUT)], "cut"),
        (&[("dot", "554 5.7.1 spam\r\n")], "rejected"),
        (&[("dot", "451 4.3.0 later\r\n")], "not now"),
        // Only here it is not known.
        (&[("dot", CUT)], "unknown"),
        (&[("dot", "nonsense\r\n")], "unknown"),
    ];
    for (script, outcome) in cases {
        let (result, heard) = submit(script).await;
        assert_eq!(name(&result), outcome, "{script:?} {result:?}");
        // A mail to one of two recipients is never sent.
        let at_the_dot = script.iter().any(|(step, _)| *step == "dot");
        assert_eq!(heard.mail.is_some(), at_the_dot, "{script:?}");
    }
}

#[tokio::test]
async fn s17_a_cut_while_the_mail_is_written_is_certainly_not_sent() {
    let (listener, settings) = listener().await;
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 hi\r\n").await.unwrap();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return;
            }
            let answer: &[u8] = match line.trim_end() {
                "DATA" => b"354 go\r\n",
                line if line.starts_with("EHLO") => b"250 mail.test\r\n",
                _ => b"250 ok\r\n",
            };
            stream.write_all(answer).await.unwrap();
            if line.starts_with("DATA") {
                let mut first = String::new();
                stream.read_line(&mut first).await.unwrap();
                return;
            }
        }
    };
    // More than the system buffers between the two.
    let mail = b"0123456789abcdef\r\n".repeat(2_000_000);
    let (login, envelope) = (login(), envelope());
    let smtp = Smtp::new(settings);
    let mail = mail.as_slice();
    let (result, ()) = tokio::join!(smtp.submit(&login, &envelope, &mail), server);
    assert_eq!(name(&result), "cut", "{result:?}");
}

#[tokio::test]
async fn silence_before_the_dot_is_a_timeout_and_behind_it_unknown() {
    for (script, outcome) in [
        (&[("greeting", SILENCE)][..], "cut"),
        (&[("RCPT", SILENCE)][..], "cut"),
        (&[("dot", SILENCE)][..], "unknown"),
    ] {
        let (listener, mut settings) = listener().await;
        settings.answer = Duration::from_millis(100);
        settings.final_answer = Duration::from_millis(100);
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut heard = Heard::default();
            converse(stream, script, true, &mut heard).await;
        };
        let (login, envelope) = (login(), envelope());
        let smtp = Smtp::new(settings);
        let result = tokio::select! {
            result = smtp.submit(&login, &envelope, &MAIL) => result,
            () = async { server.await; std::future::pending().await } => Ok(()),
        };
        assert_eq!(name(&result), outcome, "{result:?}");
    }
}

#[tokio::test]
async fn logins_go_by_the_mechanism_the_server_knows() {
    let (result, heard) = submit(&[
        ("EHLO", "250-x\r\n250 AUTH LOGIN CRAM-MD5\r\n"),
        ("AUTH", "334 VXNlcm5hbWU6\r\n"),
        ("YWxpY2U=", "334 UGFzc3dvcmQ6\r\n"),
        ("d29uZGVy", "235 in\r\n"),
    ])
    .await;
    result.unwrap();
    assert_eq!(heard.lines[1..4], ["AUTH LOGIN", "YWxpY2U=", "d29uZGVy"]);

    let (result, heard) = submit_to(
        &[
            ("EHLO", "250-x\r\n250 AUTH XOAUTH2\r\n"),
            ("AUTH XOAUTH2", "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n"),
            ("MAIL", "250 ok\r\n"),
            ("", "535 5.7.8 token expired\r\n"),
        ],
        |settings| settings.secrets = SecretKind::Token,
        &login(),
        &envelope(),
        MAIL,
    )
    .await;
    assert_eq!(name(&result), "login", "{heard:?}");

    // A relay that asks nobody, and one that asks in a way we do not speak.
    let (result, heard) = submit(&[("EHLO", "250 x\r\n")]).await;
    result.unwrap();
    assert!(!heard.lines.iter().any(|line| line.starts_with("AUTH")));
    let (result, _) = submit(&[("EHLO", "250-x\r\n250 AUTH GSSAPI\r\n")]).await;
    assert!(matches!(result, Err(SmtpError::NoMechanism)), "{result:?}");
}

#[tokio::test]
async fn t28_separators_in_a_secret_never_reach_the_server() {
    let mut evil = login();
    evil.secret = SecretString::from("wonder\0bob");
    let (result, heard) = submit_to(&[], |_| {}, &evil, &envelope(), MAIL).await;
    assert!(matches!(
        result,
        Err(SmtpError::Login(SaslFault::Separator))
    ));
    assert!(!heard.lines.iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn t26_nothing_but_addresses_reaches_the_envelope() {
    for evil in [
        "a@b>\r\nRCPT TO:<x@y",
        "a@b\nDATA",
        "a@b\r",
        "a b@c",
        "a@b c",
        "<a@b>",
        "a",
        "@b",
        "a@",
        "a@[]",
        "\"a\"b\"@c",
        "a\0@b",
    ] {
        assert!(!is_address(evil), "{evil:?}");
        for (from, to) in [("a@b", evil), (evil, "a@b")] {
            let envelope = Envelope {
                from: Some(from.into()),
                to: vec![to.into()],
                reports: None,
            };
            let (_listener, settings) = listener().await;
            let result = Smtp::new(settings).submit(&login(), &envelope, &MAIL).await;
            assert!(
                matches!(result, Err(SmtpError::BadAddress(_))),
                "{evil:?} {result:?}"
            );
        }
    }
    for good in [
        "a@b",
        "\"a b\"@c",
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "ü@b.de",
    ] {
        assert!(is_address(good), "{good}");
    }
}

#[tokio::test]
async fn limits_are_known_before_the_mail_travels() {
    let long = vec![b'a'; 1001];
    let (result, heard) = submit_to(&[], |_| {}, &login(), &envelope(), &long).await;
    assert!(matches!(result, Err(SmtpError::TooLarge { limit: 1000 })));
    assert!(!heard.lines.iter().any(|line| line.starts_with("MAIL")));

    let abroad = Envelope {
        to: vec!["jürgen@example.com".into()],
        ..envelope()
    };
    let (result, _) = submit_to(&[], |_| {}, &login(), &abroad, MAIL).await;
    assert!(matches!(
        result,
        Err(SmtpError::NeedsUtf8 { sender: false, .. })
    ));
}

#[tokio::test]
async fn what_a_server_offers_is_used() {
    let script: Script = &[(
        "EHLO",
        "250-x\r\n250-SIZE 5000\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n",
    )];
    let abroad = Envelope {
        to: vec!["jürgen@example.com".into(), "bob+x@example.com".into()],
        reports: Some(Reports {
            success: true,
            id: "<a=b@c>".into(),
        }),
        ..envelope()
    };
    let mail = "Subject: ü\r\n\r\nx\r\n".as_bytes();
    let (result, heard) = submit_to(script, |_| {}, &login(), &abroad, mail).await;
    result.unwrap();
    assert_eq!(
        heard.lines[1..4],
        [
            "MAIL FROM:<alice@example.com> SIZE=18 BODY=8BITMIME SMTPUTF8 RET=HDRS \
             ENVID=<a+3Db@c>",
            "RCPT TO:<jürgen@example.com> NOTIFY=SUCCESS,FAILURE,DELAY",
            "RCPT TO:<bob+x@example.com> NOTIFY=SUCCESS,FAILURE,DELAY \
             ORCPT=rfc822;bob+2Bx@example.com",
        ]
    );
    // Mail that nobody may answer has no way back (RFC 5321 4.5.5).
    let receipt = Envelope {
        from: None,
        ..envelope()
    };
    let (result, heard) = submit_to(&[], |_| {}, &login(), &receipt, MAIL).await;
    result.unwrap();
    assert!(
        heard
            .lines
            .iter()
            .any(|line| line.starts_with("MAIL FROM:<> SIZE="))
    );
    // Without them nothing is said of it.
    let plain = Envelope {
        to: vec!["bob@example.com".into()],
        ..abroad
    };
    let script = &[("EHLO", "250-x\r\n250 SIZE 5000\r\n")];
    let (result, heard) = submit_to(script, |_| {}, &login(), &plain, mail).await;
    result.unwrap();
    assert_eq!(
        heard.lines[1..3],
        [
            "MAIL FROM:<alice@example.com> SIZE=18",
            "RCPT TO:<bob@example.com>"
        ]
    );
}

/// A mail whose second half cannot be had.
struct Torn;

#[async_trait]
impl Octets for Torn {
    fn size(&self) -> u64 {
        100
    }

    fn is_eight_bit(&self) -> bool {
        false
    }

    async fn pour(&self, sink: &mut dyn Sink) -> Result<(), Spilt> {
        sink.take(b"Subject: x\r\n\r\nhalf\r\n").await?;
        Err(Failure::gateway("the backend is gone").into())
    }
}

#[tokio::test]
async fn s17_a_mail_that_cannot_be_read_to_its_end_is_not_sent() {
    let (listener, settings) = listener().await;
    let server = async {
        let mut heard = Heard::default();
        let (stream, _) = listener.accept().await.unwrap();
        converse(stream, &[], true, &mut heard).await;
        heard
    };
    let (login, envelope) = (login(), envelope());
    let smtp = Smtp::new(settings);
    let (result, heard) = tokio::join!(smtp.submit(&login, &envelope, &Torn), server);
    assert!(matches!(result, Err(SmtpError::Source(_))), "{result:?}");
    assert_eq!(heard.mail, None, "the final dot never came");
    assert_eq!(smtp.size_limit(), Some(1000));
}

/// A server certificate for `localhost` and a client that trusts it.
fn identity() -> (tokio_rustls::TlsAcceptor, Arc<rustls::ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), made.cert.pem()).unwrap();
    let client = client_config(&Trust::Authorities(file.path().to_owned())).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (tokio_rustls::TlsAcceptor::from(Arc::new(server)), client)
}

async fn by_starttls(before: Script, after: Script) -> (Result<(), SmtpError>, Heard, Heard) {
    let (acceptor, tls) = identity();
    let (listener, mut settings) = listener().await;
    settings.host = "localhost".into();
    settings.security = Security::StartTls;
    settings.tls = tls;
    let server = async {
        let (mut clear, mut secret) = (Heard::default(), Heard::default());
        let (stream, _): (TcpStream, _) = listener.accept().await.unwrap();
        if let Some(stream) = converse(stream, before, true, &mut clear).await
            && let Ok(stream) = acceptor.accept(stream).await
        {
            converse(stream, after, false, &mut secret).await;
        }
        (clear, secret)
    };
    let (login, envelope) = (login(), envelope());
    let smtp = Smtp::new(settings);
    let (result, (clear, secret)) = tokio::join!(smtp.submit(&login, &envelope, &MAIL), server);
    (result, clear, secret)
}

#[tokio::test]
async fn t31_after_starttls_nothing_said_before_counts() {
    const OFFERS: &str = "250-x\r\n250-AUTH LOGIN\r\n250-SIZE 1\r\n250 STARTTLS\r\n";
    let scripts: [Script; 2] = [
        &[("EHLO", OFFERS), ("STARTTLS", "220 go\r\n")],
        &[
            ("EHLO", OFFERS),
            ("STARTTLS", "220 go\r\n250 SIZE 1\r\n235 in\r\n"),
        ],
    ];
    for before in scripts {
        let (result, clear, secret) = by_starttls(before, &[]).await;
        assert_eq!(clear.lines, ["EHLO localhost", "STARTTLS"]);
        match result {
            // The words that travelled with the go-ahead are dropped, the mail goes its way.
            Ok(()) => {
                assert_eq!(secret.mail.as_deref(), Some(MAIL));
                assert_eq!(secret.lines[1], "AUTH PLAIN AGFsaWNlAHdvbmRlcg==");
            }
            // Or the handshake fails on them, when they come in another segment.
            Err(SmtpError::Unreachable(_)) => assert!(secret.lines.is_empty()),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn t31_a_stripped_starttls_sends_no_secret() {
    let (result, clear, _) = by_starttls(&[("EHLO", "250-x\r\n250 AUTH PLAIN\r\n")], &[]).await;
    assert!(matches!(result, Err(SmtpError::NoStartTls)), "{result:?}");
    assert_eq!(clear.lines, ["EHLO localhost"]);
    let before: Script = &[
        ("EHLO", "250-x\r\n250 STARTTLS\r\n"),
        ("STARTTLS", "454 not now\r\n"),
    ];
    let (result, clear, _) = by_starttls(before, &[]).await;
    assert_eq!(name(&result), "not now");
    assert!(!clear.lines.iter().any(|line| line.starts_with("AUTH")));
}
