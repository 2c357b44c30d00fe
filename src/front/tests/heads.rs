//! T9: one request in, at most one out, and no second reading of where it ends.

use super::super::guard::Fault;
use super::support::*;

/// Sent behind each malformed head: nobody may answer it.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n";

fn get(lines: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

fn post_raw(lines: &str, rest: &str) -> String {
    format!(
        "POST /Microsoft-Server-ActiveSync?Cmd=Sync&{QUERY} HTTP/1.1\r\nHost: a\r\n\
         MS-ASProtocolVersion: 14.1\r\n{AUTH}{lines}\r\n{rest}"
    )
}

#[tokio::test]
async fn t9_malformed_heads_get_one_refusal_and_a_closed_connection() {
    let long_header = get(&format!("X: {}\r\n", "x".repeat(17_000)));
    let long_line = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(17_000));
    let many = get(&"X: y\r\n".repeat(64));
    let table: &[(&str, String, u16)] = &[
        // Where does the body end?
        (
            "length and encoding",
            post_raw(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
            400,
        ),
        (
            "encoding and length",
            post_raw(
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                "0\r\n\r\n",
            ),
            400,
        ),
        (
            "two lengths",
            post_raw("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
            400,
        ),
        (
            "two equal lengths",
            post_raw("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
            400,
        ),
        (
            "list of lengths",
            post_raw("Content-Length: 5, 5\r\n", "hello"),
            400,
        ),
        ("plus", post_raw("Content-Length: +5\r\n", "hello"), 400),
        ("minus", post_raw("Content-Length: -5\r\n", "hello"), 400),
        (
            "hex length",
            post_raw("Content-Length: 0x5\r\n", "hello"),
            400,
        ),
        (
            "fraction",
            post_raw("Content-Length: 5.0\r\n", "hello"),
            400,
        ),
        ("empty length", post_raw("Content-Length:\r\n", ""), 400),
        (
            "length with a blank inside",
            post_raw("Content-Length: 5 5\r\n", "hello"),
            400,
        ),
        (
            "length with other digits",
            post_raw("Content-Length: ５\r\n", "hello"),
            400,
        ),
        (
            "length past 64 bits",
            post_raw("Content-Length: 18446744073709551621\r\n", "hello"),
            400,
        ),
        (
            "encoding twice",
            post_raw(
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
            400,
        ),
        (
            "encoding identity",
            post_raw("Transfer-Encoding: identity\r\n", ""),
            400,
        ),
        (
            "encoding gzip, chunked",
            post_raw("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            400,
        ),
        (
            "encoding chunked, identity",
            post_raw("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
            400,
        ),
        (
            "encoding xchunked",
            post_raw("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
            400,
        ),
        (
            "encoding quoted",
            post_raw("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
            400,
        ),
        (
            "encoding with vertical tab",
            post_raw("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
            400,
        ),
        (
            "encoding empty",
            post_raw("Transfer-Encoding:\r\n", ""),
            400,
        ),
        (
            "encoding in 1.0",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
            400,
        ),
        // Where does a line end?
        (
            "bare LF everywhere",
            "GET /healthz HTTP/1.1\nHost: a\n\n".to_owned(),
            400,
        ),
        (
            "bare LF behind the request line",
            "GET /healthz HTTP/1.1\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "bare LF in the headers",
            get("X: y\nContent-Length: 5\r\n"),
            400,
        ),
        (
            "bare LF at the end",
            "GET /healthz HTTP/1.1\r\nHost: a\r\n\n".to_owned(),
            400,
        ),
        (
            "bare LF first",
            "\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        ("bare CR in a value", get("X: y\rZ: w\r\n"), 400),
        (
            "bare CR in the request line",
            "GET /healthz\r HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "CR CR LF",
            "GET /healthz HTTP/1.1\r\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        ("NUL in a value", get("X: a\0b\r\n"), 400),
        ("escape in a value", get("X: a\x1bb\r\n"), 400),
        ("DEL in a value", get("X: a\x7fb\r\n"), 400),
        (
            "many empty lines first",
            "\r\n\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        // Which header is it?
        (
            "folded with a blank",
            get("X: y\r\n Content-Length: 5\r\n"),
            400,
        ),
        ("folded with a tab", get("X: y\r\n\tz\r\n"), 400),
        (
            "folded first",
            "GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n".to_owned(),
            400,
        ),
        ("blank before the colon", get("Content-Length : 5\r\n"), 400),
        ("tab before the colon", get("Content-Length\t: 5\r\n"), 400),
        ("no colon", get("Content-Length\r\n"), 400),
        ("no name", get(": x\r\n"), 400),
        ("name with a blank", get("Content Length: 5\r\n"), 400),
        ("name with NUL", get("Content-Length\0: 5\r\n"), 400),
        ("name in other letters", get("Cöntent-Length: 5\r\n"), 400),
        ("name in parentheses", get("(X): 5\r\n"), 400),
        // What is asked, and of whom?
        ("no host", "GET /healthz HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("two hosts", get("Host: b\r\n"), 400),
        (
            "host with a path",
            "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n".to_owned(),
            400,
        ),
        (
            "host with a login",
            "GET /healthz HTTP/1.1\r\nHost: a@b\r\n\r\n".to_owned(),
            400,
        ),
        (
            "host list",
            "GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n".to_owned(),
            400,
        ),
        (
            "absolute form elsewhere",
            "GET http://evil.test/healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "absolute form without a path",
            "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "absolute form of another scheme",
            "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "authority form",
            "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "CONNECT",
            "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            501,
        ),
        (
            "TRACE",
            "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            501,
        ),
        (
            "asterisk with GET",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "fragment",
            "GET /healthz#x HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "raw bytes above ASCII in the target",
            "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "two blanks",
            "GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "tab for a blank",
            "GET\t/healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "blank behind the version",
            "GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "blank first",
            " GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "blank in the target",
            "GET /health z HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "no version (0.9)",
            "GET /healthz\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "method with odd letters",
            "G(T /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        (
            "HTTP/2.0",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            505,
        ),
        (
            "HTTP/1.2",
            "GET /healthz HTTP/1.2\r\nHost: a\r\n\r\n".to_owned(),
            505,
        ),
        (
            "HTTP/1.10",
            "GET /healthz HTTP/1.10\r\nHost: a\r\n\r\n".to_owned(),
            505,
        ),
        (
            "http/1.1",
            "GET /healthz http/1.1\r\nHost: a\r\n\r\n".to_owned(),
            400,
        ),
        ("a TLS hello", "\x16\x03\x01\x02\x00\x01".to_owned(), 400),
        (
            "Expect something else",
            post_raw("Content-Length: 5\r\nExpect: 200-ok\r\n", "hello"),
            417,
        ),
        ("long header", long_header, 431),
        ("long request line", long_line, 431),
        ("65 headers", many, 431),
    ];
    assert!(table.len() >= 60, "{}", table.len());
    let server = Server::start().await;
    for (name, head, status) in table {
        let mut client = server.connect().await;
        client.send(head.as_bytes()).await;
        client.send(SMUGGLED.as_bytes()).await;
        let answer = client
            .try_answer()
            .await
            .unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.status, *status, "{name}: {}", answer.text());
        assert_eq!(answer.header("connection"), Some("close"), "{name}");
        assert!(client.is_closed().await, "{name}: a second answer");
    }
    assert_eq!(server.commands(), 0);
}

#[tokio::test]
async fn t9_malformed_chunks_end_the_connection() {
    let server = Server::start().await;
    for body in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "0\r\nGET /healthz HTTP/1.1\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client
            .send(post_raw("Transfer-Encoding: chunked\r\n", body).as_bytes())
            .await;
        client.send(SMUGGLED.as_bytes()).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 400, "{body:?}");
        assert!(client.is_closed().await, "{body:?}: a second answer");
    }
    let long = format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(1100));
    let answer = server
        .ask(post_raw("Transfer-Encoding: chunked\r\n", &long).as_bytes())
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(server.commands(), 0);
}

#[tokio::test]
async fn heads_that_are_fine() {
    let server = Server::start().await;
    for (name, head) in [
        ("plain", get("")),
        ("an empty line first", format!("\r\n{}", get(""))),
        ("two empty lines first", format!("\r\n\r\n{}", get(""))),
        ("64 headers with the host", get(&"X: y\r\n".repeat(63))),
        (
            "absolute form of this host",
            "GET http://a/healthz HTTP/1.1\r\nHost: A\r\n\r\n".to_owned(),
        ),
        (
            "HTTP/1.0 with a host",
            "GET /healthz HTTP/1.0\r\nHost: a\r\n\r\n".to_owned(),
        ),
        (
            "HTTP/1.0 without",
            "GET /healthz HTTP/1.0\r\n\r\n".to_owned(),
        ),
        ("odd but legal header", get("X-~!$: \t v \t\r\nEmpty:\r\n")),
        ("bytes above ASCII in a value", get("X: ä\r\n")),
        ("a body with GET", get("Content-Length: 3\r\n") + "abc"),
    ] {
        let mut client = server.connect().await;
        // In two pieces, cut at every place in turn by the length of the name.
        let (one, two) = head.as_bytes().split_at(name.len().min(head.len() - 1));
        client.send(one).await;
        client.send(two).await;
        assert_eq!(client.answer().await.status, 200, "{name}");
    }
    // Byte by byte.
    let mut client = server.connect().await;
    for byte in get("Content-Length: 0\r\n").bytes() {
        client.send(&[byte]).await;
    }
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let chunked = post_raw("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
    let mut all = post("Sync", "", b"hello");
    all.extend_from_slice(chunked.as_bytes());
    all.extend_from_slice(get("").as_bytes());
    all.extend_from_slice(b"\r\nGET /\n");
    client.send(&all).await;
    assert_eq!(client.answer().await.text(), "5");
    assert_eq!(client.answer().await.text(), "3");
    assert_eq!(client.answer().await.text(), "ok\n");
    let last = client.answer().await;
    assert_eq!(
        (last.status, last.text()),
        (400, format!("{}\n", Fault::LineEnd))
    );
    assert!(client.is_closed().await);
}
