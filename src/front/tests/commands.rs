//! What a phone, a browser and an operator get.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::gzip;
use super::support::*;
use crate::front::{Settings, TlsMode};

fn inflate(bytes: &[u8]) -> Vec<u8> {
    let mut inflater = gzip::Inflater::new(1 << 30);
    inflater.push(bytes).unwrap();
    inflater.finish().unwrap()
}

#[tokio::test]
async fn options_answer_with_the_headers_of_an_eas_server() {
    let server = Server::start().await;
    let ask = |auth: &str| {
        format!("OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: a\r\n{auth}\r\n")
    };
    let answer = server.ask(ask(AUTH).as_bytes()).await;
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("ms-server-activesync", "15.1"),
        ("ms-asprotocolversions", "14.1,16.1"),
        ("allow", "OPTIONS,POST"),
        ("public", "OPTIONS,POST"),
        ("content-length", "0"),
        ("cache-control", "private"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.header("content-type"), None);

    let answer = server.ask(ask("").as_bytes()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Basic realm=\"Airgate\"")
    );
    assert_eq!(answer.header("ms-server-activesync"), Some("15.1"));
    assert_eq!(answer.header("ms-asprotocolversions"), None);
}

#[tokio::test]
async fn paths_and_methods() {
    let server = Server::start().await;
    let query = format!("?Cmd=Sync&{QUERY}");
    for (method, path, status) in [
        ("POST", format!("/Microsoft-Server-ActiveSync{query}"), 200),
        ("POST", format!("/microsoft-server-activesync{query}"), 200),
        ("POST", format!("/MICROSOFT-SERVER-ACTIVESYNC/{query}"), 200),
        (
            "POST",
            format!("/Microsoft-Server-ActiveSync/default.eas{query}"),
            200,
        ),
        (
            "POST",
            format!("/Microsoft-Server-ActiveSync/Default.EAS{query}"),
            200,
        ),
        (
            "POST",
            "/Microsoft-Server-ActiveSync?Cmd=Sync&User=D\\alice&DeviceId=A&DeviceType={SP}|"
                .to_owned(),
            200,
        ),
        (
            "POST",
            format!("/Microsoft-Server-ActiveSync/other{query}"),
            404,
        ),
        ("POST", format!("/Microsoft-Server-ActiveSyncX{query}"), 404),
        ("POST", format!("//Microsoft-Server-ActiveSync{query}"), 404),
        (
            "POST",
            format!("/Microsoft-Server-Active%53ync{query}"),
            404,
        ),
        ("POST", "/Microsoft-Server-ActiveSync".to_owned(), 400),
        (
            "POST",
            format!("/Microsoft-Server-ActiveSync?Cmd=Frob&{QUERY}"),
            501,
        ),
        ("PUT", format!("/Microsoft-Server-ActiveSync{query}"), 501),
        ("DELETE", "/Microsoft-Server-ActiveSync".to_owned(), 501),
        ("PROPFIND", "/".to_owned(), 501),
        ("GET", "/".to_owned(), 200),
        ("GET", "/?utm=x".to_owned(), 200),
        ("GET", "/healthz".to_owned(), 200),
        ("GET", "/favicon.ico".to_owned(), 404),
        ("GET", "/metrics".to_owned(), 404),
        ("POST", "/".to_owned(), 404),
        ("OPTIONS", "*".to_owned(), 404),
        ("GET", "/Microsoft-Server-ActiveSync".to_owned(), 501),
    ] {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nMS-ASProtocolVersion: 14.1\r\n{AUTH}\
             Content-Length: 0\r\n\r\n"
        );
        let answer = server.ask(request.as_bytes()).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        let kind = answer.header("content-type").unwrap_or_default();
        assert_eq!(
            kind.contains("wbxml"),
            status == 200 && method == "POST",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn pages_for_people() {
    let server = Server::start().await;
    let page = server
        .ask(b"GET / HTTP/1.1\r\nHost: mail.example.com:443\r\n\r\n")
        .await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    assert!(page.text().contains("<b>mail.example.com</b>"));
    assert_eq!(page.header("ms-server-activesync"), None);
    let mut client = server.connect().await;
    client.send(b"HEAD / HTTP/1.0\r\n\r\n").await;
    let head = client.rest().await;
    assert!(head.starts_with(b"HTTP/1.0 200 OK\r\n") && head.ends_with(b"\r\n\r\n"));
    let help = server
        .ask(b"GET /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    assert!(help.text().contains("This address is for phones"));
}

#[tokio::test]
async fn wrong_credentials_get_a_challenge_and_keep_the_connection() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let request = String::from_utf8(post("Sync", "", b"some body")).unwrap();
    let wrong = STANDARD.encode("alice:wrong");
    for auth in [
        "",
        &format!("Authorization: Basic {wrong}\r\n"),
        "Authorization: Bearer x\r\n",
    ] {
        client.send(request.replace(AUTH, auth).as_bytes()).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").is_some());
    }
    client.send(request.as_bytes()).await;
    assert_eq!(client.answer().await.text(), "9");
    assert_eq!(server.commands(), 1);
    // A probe without anything, as monitoring does.
    let probe =
        b"POST /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(server.ask(probe).await.status, 401);
}

#[tokio::test]
async fn plain_and_packed_queries_behave_the_same_to_the_byte() {
    let server = Server::start().await;
    let mut packed = vec![141, 9, 9, 4, 4];
    packed.extend_from_slice(b"ABC1\x04\x07\0\0\0\x02SP\x08\x05alice\x07\x01\x02");
    let packed = STANDARD.encode(packed);
    let encoded = packed.replace('=', "%3D").replace('+', "%2B");
    let heads = [
        format!(
            "POST /Microsoft-Server-ActiveSync?Cmd=FolderSync&{QUERY} HTTP/1.1\r\n\
             MS-ASProtocolVersion: 14.1\r\nX-MS-PolicyKey: 7\r\nMS-ASAcceptMultiPart: T\r\n"
        ),
        format!("POST /Microsoft-Server-ActiveSync?{packed} HTTP/1.1\r\n"),
        format!("POST /Microsoft-Server-ActiveSync?{encoded} HTTP/1.1\r\n"),
        format!(
            "POST /Microsoft-Server-ActiveSync?{} HTTP/1.1\r\n",
            packed.trim_end_matches('=')
        ),
    ];
    let mut answers = Vec::new();
    for head in &heads {
        let request = format!("{head}Host: a\r\n{AUTH}Content-Length: 4\r\n\r\nbody");
        let mut answer = server.ask(request.as_bytes()).await;
        assert_eq!(answer.status, 200, "{head}: {}", answer.text());
        answer
            .headers
            .retain(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
        answers.push(format!("{answer:?}"));
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:#?}"
    );
    assert_eq!(server.commands(), 4);
}

#[tokio::test]
async fn answers_wear_the_right_headers() {
    let server = Server::start().await;
    let sync = server.ask(&post("Sync", "", b"x")).await;
    assert_eq!(
        sync.header("content-type"),
        Some("application/vnd.ms-sync.wbxml")
    );
    assert_eq!(sync.header("ms-server-activesync"), Some("15.1"));
    assert_eq!(sync.header("cache-control"), Some("private"));
    assert_eq!(sync.header("content-encoding"), None);
    assert!(sync.header("x-request-id").is_some() && sync.header("date").is_some());

    let empty = server
        .ask(&post("SendMail", "Accept-Encoding: gzip\r\n", b"x"))
        .await;
    assert_eq!(
        (empty.status, empty.header("content-length")),
        (200, Some("0"))
    );
    assert_eq!(empty.header("content-type"), None);
    assert_eq!(empty.header("content-encoding"), None);

    let provision = server.ask(&post("Provision", "", b"")).await;
    assert_eq!(provision.status, 449);
    assert_eq!(provision.reason, "Retry after sending a PROVISION command");
    assert_eq!(provision.header("content-length"), Some("0"));
    assert_eq!(provision.header("content-type"), None);

    let busy = server.ask(&post("MoveItems", "", b"")).await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("2")));
}

#[tokio::test]
async fn answers_are_gzipped_where_the_phone_takes_it() {
    let server = Server::start().await;
    let gzip = "Accept-Encoding: gzip, deflate\r\n";
    let sync = server.ask(&post("Sync", gzip, b"hello")).await;
    assert_eq!(sync.header("content-encoding"), Some("gzip"));
    assert_eq!(
        sync.header("content-type"),
        Some("application/vnd.ms-sync.wbxml")
    );
    assert_eq!(inflate(&sync.body), b"5");
    let multipart = server.ask(&post("ItemOperations", gzip, b"")).await;
    assert_eq!(
        multipart.header("content-type"),
        Some("application/vnd.ms-sync.multipart")
    );
    assert!(multipart.body.len() < 2000);
    assert_eq!(inflate(&multipart.body), vec![7; 100_000]);
    let plain = server
        .ask(&post(
            "ItemOperations",
            "Accept-Encoding: gzip;q=0\r\n",
            b"",
        ))
        .await;
    assert_eq!(plain.body, vec![7; 100_000]);
    let image = server
        .ask(&post("GetAttachment&AttachmentName=x", gzip, b""))
        .await;
    assert_eq!(image.header("content-encoding"), None);
}

#[tokio::test]
async fn streamed_answers_are_whole_or_visibly_broken() {
    let server = Server::start().await;
    let whole = server
        .ask(&post("GetAttachment&AttachmentName=x", "", b""))
        .await;
    assert_eq!(whole.header("content-length"), Some("150000"));
    assert_eq!(whole.header("content-type"), Some("image/png"));
    assert_eq!(whole.body, vec![b'x'; 150_000]);
    let multipart = "MS-ASAcceptMultiPart: T\r\n";
    let chunked = server
        .ask(&post("GetAttachment&AttachmentName=x", multipart, b""))
        .await;
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    assert_eq!(chunked.body.len(), 150_000);
    // A backend that breaks off, and one that promised more.
    for (name, headers, body) in [("broken", multipart, &b""[..]), ("short", "", b"short")] {
        let mut client = server.connect().await;
        let command = format!("GetAttachment&AttachmentName={name}");
        client.send(&post(&command, headers, body)).await;
        assert!(client.try_answer().await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn request_bodies_in_all_their_wrappings() {
    let server = Server::start().await;
    let head = |headers: &str| {
        format!(
            "POST /Microsoft-Server-ActiveSync?Cmd=Sync&{QUERY} HTTP/1.1\r\nHost: a\r\n\
             MS-ASProtocolVersion: 14.1\r\n{AUTH}{headers}\r\n"
        )
    };
    let mut client = server.connect().await;
    // Chunked, in pieces.
    client
        .send(head("Transfer-Encoding: chunked\r\n").as_bytes())
        .await;
    client.send(b"5;ext=1\r\nhello\r\n6\r").await;
    client.send(b"\n world\r\n0\r\nTrailer: x\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "11");
    // Expect: the server says when.
    client
        .send(head("Content-Length: 5\r\nExpect: 100-continue\r\n").as_bytes())
        .await;
    assert_eq!(client.answer().await.status, 100);
    client.send(b"hello").await;
    assert_eq!(client.answer().await.text(), "5");
    // gzip, with length and chunked.
    let body = gzip::deflate(&vec![b'a'; 100_000]);
    client
        .send(&post("Sync", "Content-Encoding: gzip\r\n", &body))
        .await;
    assert_eq!(client.answer().await.text(), "100000");
    client
        .send(head("Transfer-Encoding: chunked\r\nContent-Encoding: GZip\r\n").as_bytes())
        .await;
    client
        .send(format!("{:x}\r\n", body.len()).as_bytes())
        .await;
    client.send(&body).await;
    client.send(b"\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "100000");
    client
        .send(&post("Sync", "Content-Encoding: gzip\r\n", b""))
        .await;
    assert_eq!(client.answer().await.text(), "0");
    let seen = server.service.seen.lock().unwrap();
    assert_eq!(&seen[0][..], b"hello world");
}

#[tokio::test]
async fn expect_is_not_answered_before_the_gate() {
    let server = Server::start().await;
    let request = String::from_utf8(post("SendMail", "Expect: 100-continue\r\n", b"")).unwrap();
    let request = request
        .replace(AUTH, "")
        .replace("Content-Length: 0", "Content-Length: 40000000");
    let answer = server.ask(request.as_bytes()).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn t8_bombs_are_refused_after_the_gate_and_cheaply() {
    let server = Server::start().await;
    let zeros = gzip::deflate(&vec![0; 32 << 20]);
    let gzip_twice = gzip::deflate(&zeros);
    let sound = gzip::deflate(b"hello, hello, hello");
    let gzip = "Content-Encoding: gzip\r\n";
    for (name, headers, body, status) in [
        ("1000:1", gzip, &zeros[..], 413),
        (
            "two layers named",
            "Content-Encoding: gzip, gzip\r\n",
            &gzip_twice,
            415,
        ),
        (
            "two headers",
            "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n",
            &gzip_twice,
            415,
        ),
        ("deflate", "Content-Encoding: deflate\r\n", b"x", 415),
        ("zstd", "Content-Encoding: zstd\r\n", b"x", 415),
        ("brotli", "Content-Encoding: br\r\n", b"x", 415),
        ("cut", gzip, &sound[..sound.len() - 4], 400),
        ("no gzip at all", gzip, b"hello", 400),
        ("identity", "Content-Encoding: identity\r\n", b"hello", 200),
    ] {
        let answer = server.ask(&post("Sync", headers, body)).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
    }
    assert_eq!(server.commands(), 1);
    // Without credentials nothing is inflated: 401, whatever the body.
    let request = post("Sync", gzip, &zeros);
    let end = find(&request, AUTH.as_bytes()).unwrap();
    let anonymous = [&request[..end], &request[end + AUTH.len()..]].concat();
    assert_eq!(server.ask(&anonymous).await.status, 401);
}

#[tokio::test]
async fn bodies_have_a_limit_by_command() {
    let server = Server::limited(|limits| {
        limits.body = 2000;
        limits.max_message = 100_000;
    })
    .await;
    let body = vec![b'x'; 2001];
    let announced = server.ask(&post("FolderSync", "", &body)).await;
    assert_eq!(announced.status, 413);
    let gzip = gzip::deflate(&body);
    let inflated = server
        .ask(&post("FolderSync", "Content-Encoding: gzip\r\n", &gzip))
        .await;
    assert_eq!(inflated.status, 413);
    let chunked = String::from_utf8(post("FolderSync", "", b""))
        .unwrap()
        .replace("Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n");
    let mut client = server.connect().await;
    client.send(chunked.as_bytes()).await;
    client.send(b"7d1\r\n").await;
    client.send(&body).await;
    client.send(b"\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 413);
    // A mail may be larger, up to its own limit.
    assert_eq!(
        server
            .ask(&post("SendMail", "", &vec![b'x'; 100_000]))
            .await
            .status,
        200
    );
    let huge = vec![b'x'; 400_000];
    assert_eq!(server.ask(&post("SendMail", "", &huge)).await.status, 413);
    // Sync carries attachments only from 16.0 on.
    assert_eq!(
        server
            .ask(&post("Sync", "", &vec![b'x'; 3000]))
            .await
            .status,
        413
    );
    let modern = String::from_utf8(post("Sync", "", &vec![b'x'; 3000])).unwrap();
    let modern = modern.replace("14.1", "16.0");
    assert_eq!(server.ask(modern.as_bytes()).await.text(), "3000");
}

#[tokio::test]
async fn t65_a_panic_costs_one_request() {
    let server = Server::start().await;
    let mut neighbour = server.connect().await;
    neighbour.send(&post("Ping", "", b"")).await;
    server.service.held.notified().await;
    let mut client = server.connect().await;
    client.send(&post("Search", "", b"")).await;
    assert_eq!(client.answer().await.status, 500);
    // The connection itself goes on.
    client.send(&post("Sync", "", b"abc")).await;
    assert_eq!(client.answer().await.text(), "3");
    // The same in the gate, and in OPTIONS.
    let wrong = format!("Authorization: Basic {}\r\n", STANDARD.encode("panic:x"));
    let request = String::from_utf8(post("Sync", "", b""))
        .unwrap()
        .replace(AUTH, &wrong);
    assert_eq!(server.ask(request.as_bytes()).await.status, 500);
    let options =
        format!("OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: a\r\n{wrong}\r\n");
    assert_eq!(server.ask(options.as_bytes()).await.status, 500);
    server.shutdown.cancel();
    assert_eq!(neighbour.answer().await.text(), "over");
}

#[tokio::test]
async fn t41_the_client_is_who_the_trusted_proxy_says() {
    for (trusted, expected) in [
        (Vec::new(), "127.0.0.1"),
        (vec!["127.0.0.0/8"], "203.0.113.9"),
    ] {
        let settings = Settings {
            tls: TlsMode::Off,
            limits: default_limits(),
            trusted_proxies: trusted.iter().map(|text| text.parse().unwrap()).collect(),
        };
        let server = Server::custom(settings).await;
        let forwarded = "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n";
        let answer = server.ask(&post("FolderSync", forwarded, b"")).await;
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
}
