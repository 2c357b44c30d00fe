//! From a mail address to the server: Autodiscover as phones, Outlook and strangers ask for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::gate;
use crate::support::backend::{Kind, User};
use crate::support::raw::{self, RawAnswer};
use crate::support::schema;
use crate::support::server::Settings;
use crate::support::world::World;

const XML: &str = "/autodiscover/autodiscover.xml";
const JSON: &str = "/autodiscover/autodiscover.json";
const EAS: &str = "https://mail.example.com/Microsoft-Server-ActiveSync";
const PHONE: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006";
const OUTLOOK: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/// With Autodiscover for two domains.
fn discoverable(settings: Settings) -> Settings {
    settings
        .variable("AIRGATE_PUBLIC_URL", "https://mail.example.com")
        .variable("AIRGATE_DOMAINS", "example.com,example.org")
}

/// A request as phones write it.
fn asking(address: &str, schema: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover xmlns=\"http://schemas.microsoft.com/\
         exchange/autodiscover/mobilesync/requestschema/2006\"><Request>\
         <EMailAddress>{address}</EMailAddress>\
         <AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>"
    )
}

/// Sends a request with these credentials, a deceitful Host, and a body.
async fn ask(
    world: &World,
    method: &str,
    target: &str,
    login: Option<(&str, &str)>,
    body: &str,
) -> RawAnswer {
    let login = login.map_or_else(String::new, |(user, password)| {
        let text = STANDARD.encode(format!("{user}:{password}"));
        format!("Authorization: Basic {text}\r\n")
    });
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n{login}\
         X-Forwarded-Host: evil.test\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw::exchange(world.server.address(), request.as_bytes()).await;
    // Redirects, and names from the request, are never in an answer (T35).
    assert_eq!(answer.all("location"), [""; 0], "{target}");
    assert_eq!(answer.all("x-ms-location"), [""; 0], "{target}");
    assert!(!answer.text().contains("evil.test/"), "{}", answer.text());
    answer
}

/// The document of an answer, which follows the schema.
fn document(answer: &RawAnswer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.all("content-type"), ["text/xml; charset=utf-8"]);
    schema::assert_valid("Autodiscover", &answer.text(), "autodiscover-response.xsd");
    answer.text()
}

#[tokio::test]
async fn a_phone_that_signs_in_is_told_the_server() {
    let world = World::start_with(Kind::Dovecot, discoverable).await;
    let (name, password) = (world.alice.name.clone(), world.alice.password.clone());
    let login = Some((name.as_str(), password.as_str()));
    let served = format!("<Type>MobileSync</Type><Url>{EAS}</Url><Name>{EAS}</Name>");
    for target in [
        XML,
        "/Autodiscover/Autodiscover.xml",
        "/AutoDiscover/AutoDiscover.xml",
        "/AUTODISCOVER/AUTODISCOVER.XML/",
    ] {
        let answer = ask(&world, "POST", target, login, &asking(&name, PHONE)).await;
        let text = document(&answer);
        assert!(text.contains(&served), "{target}: {text}");
        assert!(text.contains("<EMailAddress>alice@example.com</EMailAddress>"));
    }
    // Another of her addresses; nothing at all; a login as some keyboards write it.
    let alias = asking("Sales@Example.org", PHONE);
    let text = document(&ask(&world, "POST", XML, login, &alias).await);
    assert!(text.contains(&served) && text.contains(">Sales@Example.org<"));
    let shouting = name.to_uppercase();
    for user in [name.as_str(), shouting.as_str()] {
        let answer = ask(&world, "POST", XML, Some((user, &password)), "").await;
        let text = document(&answer);
        assert!(text.contains(&served) && text.contains(">alice@example.com<"));
    }

    // An address of elsewhere is sent nowhere.
    let foreign = asking("alice@evil.test", PHONE);
    let text = document(&ask(&world, "POST", XML, login, &foreign).await);
    assert!(text.contains("<Status>2</Status>") && !text.contains("https://mail"));

    let own = asking(&name, PHONE);
    let bomb = format!("<!DOCTYPE a [<!ENTITY e \"ha\">]>{own}");
    for (body, code) in [
        (asking(&name, OUTLOOK), "601"),
        (asking(&name, "urn:nobody-knows"), "601"),
        (own[..own.len() - 9].to_owned(), "600"),
        ("hello".to_owned(), "600"),
        (asking("", PHONE), "600"),
        (bomb, "600"),
    ] {
        let text = document(&ask(&world, "POST", XML, login, &body).await);
        assert!(text.contains(&format!("<ErrorCode>{code}<")), "{text}");
    }
    // A browser, or a probe: challenged, then told that this is no request.
    assert_eq!(ask(&world, "GET", XML, None, "").await.status, 401);
    let text = document(&ask(&world, "GET", XML, login, "").await);
    assert!(text.contains("<ErrorCode>600<"), "{text}");
    assert_eq!(ask(&world, "OPTIONS", XML, login, "").await.status, 405);
    let large = "x".repeat(70_000);
    assert_eq!(ask(&world, "POST", XML, login, &large).await.status, 413);
}

#[tokio::test]
async fn t35_a_stranger_learns_nothing_of_users() {
    let world = World::start_with(Kind::Dovecot, discoverable).await;
    let body = asking("alice@example.com", PHONE);
    let mut told = Vec::new();
    for login in [
        None,
        Some(("alice@example.com", "wrong")),
        Some(("nobody@example.com", "wrong")),
        Some(("alice@evil.test", "wrong")),
    ] {
        for body in [body.as_str(), "", "hello"] {
            let answer = ask(&world, "POST", XML, login, body).await;
            assert_eq!(answer.status, 401, "{login:?}");
            assert_eq!(answer.all("www-authenticate"), ["Basic realm=\"Airgate\""]);
            told.push(answer.text());
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");

    // The JSON form asks for no login and says the same of everybody.
    let query = |user: &str| format!("{JSON}?Email={user}%40example.com&Protocol=ActiveSync");
    let alice = ask(&world, "GET", &query("alice"), None, "").await;
    let nobody = ask(&world, "GET", &query("nobody"), None, "").await;
    assert_eq!(alice.status, 200);
    let expected = format!(r#"{{"Protocol":"ActiveSync","Url":"{EAS}"}}"#);
    assert_eq!((alice.text(), nobody.text()), (expected.clone(), expected));
    assert_eq!(
        alice.all("content-type"),
        ["application/json; charset=utf-8"]
    );
}

#[tokio::test]
async fn t35_json_and_the_paths_that_only_look_like_it() {
    let world = World::start_with(Kind::Dovecot, discoverable).await;
    let at = |query: &str| format!("{JSON}?{query}");
    for (target, expected) in [
        (
            at("Email=a@example.com&Protocol=ActiveSync&RedirectCount=1"),
            EAS,
        ),
        (at("Email=a@example.org&Protocol=activesync"), EAS),
        (
            at("Email=a@example.com&Protocol=Autodiscoverv1"),
            "https://mail.example.com/autodiscover/autodiscover.xml",
        ),
        (
            "/Autodiscover/Autodiscover.json/v1.0/a@example.com?Protocol=ActiveSync".to_owned(),
            EAS,
        ),
        (
            format!("{JSON}/v1.0/a%40example.com/?Protocol=ActiveSync"),
            EAS,
        ),
    ] {
        let answer = ask(&world, "GET", &target, None, "").await;
        assert_eq!(answer.status, 200, "{target}");
        let url = format!(r#""Url":"{expected}""#);
        assert!(answer.text().contains(&url), "{target}: {}", answer.text());
    }
    for (target, status, code) in [
        (at(""), 400, "MandatoryParameterMissing"),
        (at("Email=a@example.com"), 400, "MandatoryParameterMissing"),
        (
            at("Email=a@example.com&Protocol=Ews"),
            400,
            "InvalidProtocol",
        ),
        (
            at("Email=a@evil.test&Protocol=ActiveSync"),
            404,
            "UserNotFound",
        ),
        (
            at(
                "@evil.test/mapi/nspi?&Email=autodiscover/autodiscover.json%3F@evil.test&Protocol=ActiveSync",
            ),
            404,
            "UserNotFound",
        ),
    ] {
        let answer = ask(&world, "GET", &target, None, "").await;
        assert_eq!(answer.status, status, "{target}");
        assert!(answer.text().contains(code), "{target}: {}", answer.text());
    }
    for (method, target, status) in [
        ("GET", "/autodiscover/autodiscover.json%3f@evil.test", 404),
        ("GET", "/autodiscover/autodiscover.json%253f@evil.test", 404),
        ("POST", "/autodiscover%2fautodiscover.xml", 404),
        ("POST", "/autodiscover/autodiscover%252exml", 404),
        (
            "POST",
            "/autodiscover/../autodiscover/autodiscover.xml",
            404,
        ),
        ("POST", "/autodiscover/autodiscover.svc", 404),
        ("GET", "/autodiscover/", 404),
        ("POST", JSON, 405),
        ("PUT", XML, 501),
        ("DELETE", JSON, 501),
        ("PROPFIND", XML, 501),
    ] {
        let answer = ask(&world, method, target, None, "").await;
        assert_eq!(answer.status, status, "{method} {target}");
    }
}

#[tokio::test]
async fn t36_autodiscover_stands_behind_the_same_gate() {
    let world = gate::world(|settings| discoverable(settings).only_passcodes()).await;
    let name = world.alice.name.clone();
    let body = asking(&name, PHONE);
    // C18: where only passcodes are taken, the right mail password is refused here too, and the mail
    // server is not even asked.
    let before = gate::logins(&world);
    let mail_password = Some((name.as_str(), world.alice.password.as_str()));
    let answer = ask(&world, "POST", XML, mail_password, &body).await;
    assert_eq!(answer.status, 401);
    assert_eq!(gate::logins(&world), before);

    // A passcode opens, and is not bound to any device by that (C3).
    let passcode = world.server.passcode(&world.alice, &[]);
    let login = Some((name.as_str(), passcode.code.as_str()));
    let answer = ask(&world, "POST", XML, login, &body).await;
    assert!(document(&answer).contains(EAS));
    let user = User {
        password: passcode.code.clone(),
        ..world.alice.clone()
    };
    let mut phone = world.new_phone(crate::support::phone::Profile::ios(), &user);
    phone.set_up().await;
    let revoked = world
        .server
        .verb_with(&["passcode", "revoke", &name, &passcode.id], "");
    assert!(revoked.status.success(), "{revoked:?}");
    let refused = async {
        while ask(&world, "POST", XML, login, &body).await.status != 401 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(7), refused)
        .await
        .expect("T46: within 5 s");
}

#[tokio::test]
async fn without_a_public_url_there_is_no_autodiscover() {
    let world = World::start(Kind::Dovecot).await;
    let login = Some((world.alice.name.as_str(), world.alice.password.as_str()));
    for (method, target) in [
        ("POST", XML.to_owned()),
        (
            "GET",
            format!("{JSON}?Email=a@example.com&Protocol=ActiveSync"),
        ),
    ] {
        let answer = ask(&world, method, &target, login, "").await;
        assert_eq!(answer.status, 404, "{target}");
    }
}
