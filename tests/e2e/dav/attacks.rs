//! Servers that lie, lead astray or want to be listened to for ever.

use std::time::{Duration, Instant};

use airgate::backend::Login;
use airgate::backend::dav::{Cursor, Data, Dav, DavError, DavSettings, Guard, Href};
use bytes::Bytes;

use super::{login, settings};
use crate::support::backend::User;
use crate::support::dav_script::{Asked, DavScript, found, multistatus, reply};

const CALENDAR: &str = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>";

fn client(script: &DavScript) -> (Dav, Login) {
    client_with(script, |settings| settings)
}

fn client_with(
    script: &DavScript,
    adjust: impl FnOnce(DavSettings) -> DavSettings,
) -> (Dav, Login) {
    let settings = adjust(settings(&script.url()));
    (Dav::new(settings), login(&User::alice(), 1))
}

/// A home at /home/ that was found out already: discovery itself is answered in passing.
fn home(asked: &Asked, listing: &str) -> String {
    match (asked.method.as_str(), asked.header("depth")) {
        ("OPTIONS", _) => reply("200 OK", "DAV: 1, calendar-access\r\n", ""),
        ("PROPFIND", Some("0")) => multistatus(&found(
            "/home/",
            "<c:calendar-home-set><d:href>/home/</d:href></c:calendar-home-set>",
        )),
        _ => multistatus(listing),
    }
}

#[tokio::test]
async fn t34_redirects_lead_nowhere_else() {
    let elsewhere = DavScript::start(|_| reply("200 OK", "", "")).await;
    let port = elsewhere.address().port();
    for status in ["301 M", "302 F", "307 T", "308 P"] {
        for target in [
            format!("http://127.0.0.1:{port}/home/"),
            format!("http://localhost:{port}/"),
            format!("//127.0.0.1:{port}/home/"),
            "https://127.0.0.1/home/".to_owned(),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://127.0.0.1@169.254.169.254/".to_owned(),
            "file:///etc/passwd".to_owned(),
            "/home/../../admin".to_owned(),
            String::new(),
        ] {
            let location = format!("Location: {target}\r\n");
            let answer = reply(status, &location, "");
            let script = DavScript::start(move |_| answer.clone()).await;
            let (dav, login) = client(&script);
            let error = dav.collections(&login).await.unwrap_err();
            assert!(
                matches!(error, DavError::Redirected(_)),
                "{target}: {error:?}"
            );
            assert_eq!(script.asked().len(), 1);
        }
    }
    assert!(elsewhere.asked().is_empty(), "no secret went elsewhere");
}

#[tokio::test]
async fn t34_redirects_at_home_are_followed_three_times() {
    let script = DavScript::start(|asked| match asked.path.as_str() {
        "/home/" if asked.header("depth") == Some("0") => {
            reply("301 M", "Location: /one\r\n", "moved")
        }
        "/one" => reply("302 F", "Location: /two\r\n", ""),
        "/two" => reply("308 P", "Location: /three/\r\n", ""),
        "/three/" => home(asked, ""),
        _ => home(asked, &found("/home/cal/", CALENDAR)),
    })
    .await;
    let (dav, login) = client(&script);
    let collections = dav.collections(&login).await.unwrap();
    assert_eq!(collections.len(), 1);
    let asked = script.asked();
    let methods: Vec<&str> = asked[..4]
        .iter()
        .map(|asked| asked.method.as_str())
        .collect();
    assert_eq!(
        methods, ["PROPFIND"; 4],
        "the method stays, and so does the body"
    );
    assert!(asked[3].body.contains("calendar-home-set"));

    let circle = DavScript::start(|_| reply("301 M", "Location: /home/\r\n", "")).await;
    let (dav, login) = client(&circle);
    let error = dav.collections(&login).await.unwrap_err();
    assert!(matches!(error, DavError::Redirected(_)), "{error:?}");
    assert_eq!(circle.asked().len(), 4);
}

#[tokio::test]
async fn t30_t34_names_in_answers_are_paths_below_what_was_asked() {
    let listing = [
        "http://169.254.169.254/home/evil/",
        "//evil.example/home/evil/",
        "/home/../etc/",
        "/home/%2e%2e/etc/",
        "/home/..%2fetc/",
        "/other/cal/",
        "relative/",
        "/home/a%0d%0aX:%20y/",
        "/home/",
    ]
    .iter()
    .map(|href| found(href, CALENDAR))
    .collect::<String>()
        + &found("/home/good/", CALENDAR)
        + &found("/home/g%6Fod/", CALENDAR);
    let script = DavScript::start(move |asked| match asked.method.as_str() {
        "REPORT" if asked.body.contains("sync-collection") => multistatus(&format!(
            "{}{}{}{}<d:sync-token>1</d:sync-token>",
            found("/home/good/a.ics", "<d:getetag>\"1\"</d:getetag>"),
            found("/home/other/b.ics", "<d:getetag>\"1\"</d:getetag>"),
            found("/home/good/deep/c.ics", "<d:getetag>\"1\"</d:getetag>"),
            found(
                "http://evil.example/home/good/d.ics",
                "<d:getetag>\"1\"</d:getetag>"
            ),
        )),
        "REPORT" => multistatus(&found(
            "/home/other/b.ics",
            "<d:getetag>\"1\"</d:getetag><c:calendar-data>BEGIN</c:calendar-data>",
        )),
        "GET" => reply("404 N", "", ""),
        _ => home(asked, &listing),
    })
    .await;
    let (dav, login) = client(&script);
    let collections = dav.collections(&login).await.unwrap();
    let names: Vec<&str> = collections.iter().map(|c| c.href.as_str()).collect();
    assert_eq!(names, ["/home/good/"]);
    let href = &collections[0].href;
    let delta = dav.changes(&login, href, None).await.unwrap();
    let names: Vec<&str> = delta
        .changed
        .iter()
        .map(|(href, _)| href.as_str())
        .collect();
    assert_eq!(names, ["/home/good/a.ics"]);
    // An answer to what was not asked is no answer: the object is asked for by itself.
    let wanted = [delta.changed[0].0.clone()];
    let got = dav
        .multiget(&login, href, Data::ICalendar, &wanted)
        .await
        .unwrap();
    assert!(got[0].result.is_err());
    // A principal and homes elsewhere are none.
    let script = DavScript::start(|_| {
        multistatus(&found(
            "/home/",
            "<d:current-user-principal><d:href>http://evil.example/p/</d:href>\
             </d:current-user-principal><c:calendar-home-set><d:href>//evil.example/</d:href>\
             </c:calendar-home-set>",
        ))
    })
    .await;
    let (dav, login) = client(&script);
    assert!(dav.collections(&login).await.is_err());
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn t16_t17_hostile_documents_are_errors_and_soon() {
    let attributes: String = (0..80_000).map(|n| format!(" a{n}=\"\"")).collect();
    let spaces: String = (0..80_000).map(|n| format!(" xmlns:a{n}=\"b\"")).collect();
    for (name, inside) in [
        (
            "external",
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">".to_owned(),
        ),
        (
            "entities",
            "<d:response><d:href>&bomb;</d:href></d:response>".to_owned(),
        ),
        ("attributes", format!("<d:response{attributes}/>")),
        ("namespaces", format!("<d:response{spaces}/>")),
        ("depth", "<a>".repeat(10_000)),
        (
            "elements",
            format!("<d:response>{}", "<a/>".repeat(100_000)),
        ),
        ("no end", "<d:response>".to_owned()),
    ] {
        let script = DavScript::start(move |asked| home(asked, &inside)).await;
        let (dav, login) = client(&script);
        let begin = Instant::now();
        let error = dav.collections(&login).await.unwrap_err();
        assert!(
            matches!(error, DavError::Protocol(_) | DavError::Disconnected(_)),
            "{name}: {error:?}"
        );
        assert!(begin.elapsed() < Duration::from_secs(2), "{name}");
        // It says nothing of whether anything is there.
        assert!(
            dav.known(
                &login.user,
                &Href::path("/home/x/").unwrap(),
                airgate::backend::dav::CollectionKind::Calendar
            )
            .is_none()
        );
    }
}

#[tokio::test]
async fn s7_what_breaks_off_is_an_error_and_never_a_short_list() {
    let item = |n: usize| {
        found(
            &format!("/home/cal/{n}.ics"),
            "<d:getetag>\"1\"</d:getetag>",
        )
    };
    let listing: String = (0..50).map(item).collect();
    let listing = format!("{listing}<d:sync-token>t</d:sync-token>");
    let whole = multistatus(&listing);
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    let (head, body) = (head.to_owned(), body.to_owned());
    for keep in [0, 1, 200, body.len() / 2, body.len() - 1] {
        let cut = format!("{head}\r\n\r\n{}", &body[..keep]);
        let chunked = format!(
            "HTTP/1.1 207 M\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n",
            keep.max(1),
            &body[..keep.max(1)]
        );
        let shortened = reply("207 M", "", &body[..keep]);
        for (how, answer) in [("cut", cut), ("chunked", chunked), ("shortened", shortened)] {
            let ends = how != "shortened";
            let script = DavScript::start(move |asked| match asked.method.as_str() {
                "REPORT" => answer.clone(),
                _ => home(asked, ""),
            })
            .await;
            let (dav, login) = client_with(&script, |mut settings| {
                settings.deadlines.progress = Duration::from_millis(300);
                settings
            });
            let calendar = Href::path("/home/cal/").unwrap();
            let error = dav.changes(&login, &calendar, None).await.unwrap_err();
            assert!(
                matches!(
                    error,
                    DavError::Disconnected(_) | DavError::Timeout | DavError::Protocol(_)
                ),
                "{how} after {keep} ({ends}): {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn t40_a_refused_secret_is_not_tried_again() {
    let script =
        DavScript::start(|_| reply("401 U", "WWW-Authenticate: Basic realm=\"x\"\r\n", "no")).await;
    let (dav, login) = client(&script);
    for _ in 0..3 {
        let error = dav.collections(&login).await.unwrap_err();
        assert!(matches!(error, DavError::LoginRefused(_)), "{error:?}");
    }
    assert_eq!(script.asked().len(), 1);
    // Another secret is another matter.
    let other = super::login(&User::alice(), 2);
    let _ = dav.collections(&other).await.unwrap_err();
    assert_eq!(script.asked().len(), 2);
    // What is asked for and not spoken here is not the user's fault.
    let odd = DavScript::start(|_| reply("401 U", "WWW-Authenticate: Negotiate\r\n", "")).await;
    let (dav, login) = client(&odd);
    let error = dav.collections(&login).await.unwrap_err();
    assert!(matches!(error, DavError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn t32_no_password_crosses_an_open_network_unasked() {
    let digest = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", \
                  algorithm=SHA-256\r\nWWW-Authenticate: Basic realm=\"r\"\r\n";
    let script = DavScript::start(move |asked| match asked.header("authorization") {
        Some(value) if value.starts_with("Digest ") => home(asked, &found("/home/cal/", CALENDAR)),
        _ => reply("401 U", digest, ""),
    })
    .await;
    let (dav, login) = client_with(&script, |mut settings| {
        settings.exposed = true;
        settings
    });
    assert_eq!(dav.collections(&login).await.unwrap().len(), 1);
    let asked = script.asked();
    assert!(asked[0].header("authorization").is_none());
    let counts: Vec<String> = asked[1..]
        .iter()
        .map(|asked| {
            let value = asked.header("authorization").unwrap();
            assert!(value.starts_with("Digest ") && !value.contains("secret-of"));
            value.split("nc=").nth(1).unwrap()[..8].to_owned()
        })
        .collect();
    assert_eq!(
        counts,
        ["00000001", "00000002", "00000003"],
        "one challenge, no use twice"
    );
}

#[tokio::test]
async fn t50_a_connection_belongs_to_one_user() {
    let script = DavScript::start(|asked| home(asked, &found("/home/cal/", CALENDAR))).await;
    let (dav, alice) = client(&script);
    let bob = login(&User::new("bob@example.com"), 1);
    for _ in 0..3 {
        for login in [&alice, &bob] {
            dav.collections(login).await.unwrap();
        }
    }
    let changed = login(&User::alice(), 2);
    dav.collections(&changed).await.unwrap();
    let asked = script.asked();
    let connections: std::collections::BTreeSet<(usize, String)> = asked
        .iter()
        .map(|asked| {
            let who = asked.header("authorization").unwrap().to_owned();
            (asked.connection, who)
        })
        .collect();
    assert_eq!(
        connections.len(),
        3,
        "t42: another version, another connection"
    );
    let numbers: std::collections::BTreeSet<usize> =
        connections.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), 3, "and no connection for two");
}

#[tokio::test]
async fn pages_are_read_to_the_last() {
    let page = |asked: &Asked| {
        let token = asked
            .body
            .split("sync-token>")
            .nth(1)
            .and_then(|rest| rest.split("</").next())
            .unwrap_or_default()
            .trim_start_matches("http://t/")
            .to_owned();
        let at: usize = token.parse().unwrap_or(0);
        let more = found(
            &format!("/home/cal/{at}.ics"),
            "<d:getetag>\"1\"</d:getetag>",
        );
        let gone = "<d:response><d:href>/home/cal/0.ics</d:href>\
                    <d:status>HTTP/1.1 404 Not Found</d:status></d:response>";
        let cut = "<d:response><d:href>/home/cal/</d:href>\
                   <d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>";
        let end = match at {
            0..3 => cut,
            _ => gone,
        };
        multistatus(&format!(
            "{more}{end}<d:sync-token>http://t/{}</d:sync-token>",
            at + 1
        ))
    };
    let script = DavScript::start(page).await;
    let (dav, login) = client(&script);
    let calendar = Href::path("/home/cal/").unwrap();
    let delta = dav.changes(&login, &calendar, None).await.unwrap();
    let names: Vec<String> = delta
        .changed
        .iter()
        .map(|(h, _)| h.last_segment())
        .collect();
    assert_eq!(
        names,
        ["1.ics", "2.ics", "3.ics"],
        "0 is gone by the last page"
    );
    assert_eq!(delta.cursor, Cursor::Token("http://t/4".to_owned()));
    assert!(delta.complete);
    // A page that leads nowhere ends the matter.
    let circle = DavScript::start(|_| {
        multistatus(
            "<d:response><d:href>/home/cal/</d:href><d:status>HTTP/1.1 507 x</d:status>\
             </d:response><d:sync-token>t</d:sync-token>",
        )
    })
    .await;
    let (dav, login) = client(&circle);
    let since = Cursor::Token("t".to_owned());
    let error = dav
        .changes(&login, &calendar, Some(&since))
        .await
        .unwrap_err();
    assert!(matches!(error, DavError::Protocol(_)), "{error:?}");
    assert_eq!(circle.asked().len(), 1);
}

#[tokio::test]
async fn without_sync_collection_names_and_etags_are_compared() {
    for ctag in ["<s:getctag>c1</s:getctag>", ""] {
        let script = DavScript::start(move |asked| match asked.method.as_str() {
            "REPORT" => reply("501 Not Implemented", "", ""),
            "PROPFIND" if asked.path == "/home/cal/" => multistatus(&format!(
                "{}{}{}",
                found("/home/cal/", &format!("{CALENDAR}{ctag}")),
                found("/home/cal/a.ics", "<d:getetag>\"1\"</d:getetag>"),
                found("/home/cal/sub/", CALENDAR),
            )),
            _ => home(
                asked,
                &found(
                    "/home/cal/",
                    &format!("{CALENDAR}{ctag}<d:sync-token>t</d:sync-token>"),
                ),
            ),
        })
        .await;
        let (dav, login) = client(&script);
        let calendar = Href::path("/home/cal/").unwrap();
        let first = dav.changes(&login, &calendar, None).await.unwrap();
        assert!(first.complete);
        assert_eq!(first.changed.len(), 1);
        let cursor = dav.collections(&login).await.unwrap().remove(0).cursor;
        match ctag {
            "" => {
                assert!(matches!(first.cursor, Cursor::Listing(_)));
                assert_eq!(cursor, None, "only a look inside tells");
            }
            _ => assert_eq!(cursor, Some(first.cursor.clone())),
        }
        let before = script.asked().len();
        let again = dav
            .changes(&login, &calendar, Some(&first.cursor))
            .await
            .unwrap();
        assert_eq!(again, first);
        assert_eq!(script.asked().len(), before + 1, "it is not tried again");
    }
}

#[tokio::test]
async fn statuses_mean_what_they_mean() {
    let script = DavScript::start(|asked| {
        let status = asked.path.rsplit('/').next().unwrap_or_default();
        reply(&format!("{status} X"), "", "")
    })
    .await;
    let (dav, login) = client(&script);
    let put = async |status: &str| {
        let href = Href::path(&format!("/home/{status}")).unwrap();
        dav.put(
            &login,
            &href,
            Bytes::from_static(b"x"),
            Data::VCard,
            Guard::New,
        )
        .await
    };
    assert_eq!(put("201").await.unwrap(), None);
    for (status, expected) in [
        ("400", "Refused"),
        ("403", "Denied"),
        ("404", "NotFound"),
        ("405", "Unsupported"),
        ("409", "Refused"),
        ("410", "NotFound"),
        ("412", "Precondition"),
        ("413", "TooLarge"),
        ("415", "Refused"),
        ("422", "Refused"),
        ("423", "Unavailable"),
        ("429", "Unavailable"),
        ("500", "Unavailable"),
        ("501", "Unsupported"),
        ("507", "OverQuota"),
        ("303", "Refused"),
    ] {
        let error = put(status).await.unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "{status}: {error:?}"
        );
    }
    // T60: a server that says again and again that it cannot is left alone.
    for _ in 0..5 {
        let error = put("503").await.unwrap_err();
        assert!(matches!(error, DavError::Unavailable(_)), "{error:?}");
    }
    let before = script.asked().len();
    let error = put("201").await.unwrap_err();
    assert!(matches!(error, DavError::BreakerOpen { .. }), "{error:?}");
    assert_eq!(script.asked().len(), before);
    assert!(dav.is_resting());
}
