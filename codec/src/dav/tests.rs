//! Known answers of RFCs and servers, and what hostile servers send.

use std::fmt::Write as _;

use super::*;

/// Reads a document that comes in pieces of this size.
fn read_in(document: &[u8], size: usize) -> Result<(Vec<Answer>, Trailer), Fault> {
    let mut answers = Answers::default();
    let mut found = Vec::new();
    for piece in document.chunks(size) {
        found.extend(answers.feed(piece)?);
    }
    Ok((found, answers.finish()?))
}

fn read(document: &str) -> Result<(Vec<Answer>, Trailer), Fault> {
    let whole = read_in(document.as_bytes(), document.len().max(1));
    for size in [1, 7, 64] {
        assert_eq!(
            read_in(document.as_bytes(), size),
            whole,
            "in pieces of {size}: {document:.200}"
        );
    }
    whole
}

fn multistatus(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<d:multistatus xmlns:d=\"DAV:\" \
         xmlns:c=\"urn:ietf:params:xml:ns:caldav\" xmlns:s=\"http://calendarserver.org/ns/\">\
         {inside}</d:multistatus>\n"
    )
}

fn found(props: &str) -> Properties {
    let text = multistatus(&format!(
        "<d:response><d:href>/a/</d:href><d:propstat><d:prop>{props}</d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    ));
    read(&text).unwrap().0.remove(0).found
}

/// RFC 6578 3.8 and 3.10: what changed, what is gone, and a page that is not the last.
#[test]
fn sync_collection_of_the_rfc() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>
   <D:multistatus xmlns:D=\"DAV:\">
     <D:response>
       <D:href>http://webdav.example.com/home/cyrusdaboo/</D:href>
       <D:status>HTTP/1.1 507 Insufficient Storage</D:status>
       <D:error><D:number-of-matches-within-limits/></D:error>
     </D:response>
     <D:response>
       <D:href>/home/file.xml</D:href>
       <D:propstat>
         <D:prop>
           <D:getetag>\"00002-abcd1\"</D:getetag>
           <R:bigbox xmlns:R=\"urn:ns.example.com:boxschema\"><R:BoxType>Box</R:BoxType></R:bigbox>
         </D:prop>
         <D:status>HTTP/1.1 200 OK</D:status>
       </D:propstat>
     </D:response>
     <D:response>
       <D:href>/home/test.doc</D:href>
       <D:status>HTTP/1.1 404 Not Found</D:status>
     </D:response>
     <D:sync-token>http://example.com/ns/sync/1238</D:sync-token>
   </D:multistatus>";
    let (answers, trailer) = read(text).unwrap();
    assert_eq!(
        trailer.sync_token.as_deref(),
        Some("http://example.com/ns/sync/1238")
    );
    let said: Vec<_> = answers
        .iter()
        .map(|a| (a.href.as_str(), a.status, a.found.etag.as_deref()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "http://webdav.example.com/home/cyrusdaboo/",
                Some(507),
                None
            ),
            ("/home/file.xml", None, Some("\"00002-abcd1\"")),
            ("/home/test.doc", Some(404), None),
        ]
    );
    assert_eq!(answers[0].conditions, ["number-of-matches-within-limits"]);
}

#[test]
fn properties_as_servers_write_them() {
    let radicale = found(
        "<d:resourcetype><c:calendar /><d:collection /></d:resourcetype>\
         <d:displayname>B&#252;ro &amp; <![CDATA[<Haus>]]></d:displayname>\
         <s:getctag>\"3f\"</s:getctag><d:sync-token>http://radicale.org/ns/sync/3f</d:sync-token>\
         <c:supported-calendar-component-set><c:comp name=\"VTODO\" /><c:comp name='vevent'/>\
         </c:supported-calendar-component-set><d:owner><d:href>/alice/</d:href></d:owner>\
         <d:supported-report-set><d:supported-report><d:report><d:sync-collection/></d:report>\
         </d:supported-report></d:supported-report-set>\
         <d:current-user-privilege-set><d:privilege><d:read /></d:privilege>\
         <d:privilege><d:all /></d:privilege></d:current-user-privilege-set>",
    );
    let types = radicale.types.unwrap();
    assert!(types.calendar && types.collection && !types.addressbook && !types.special);
    assert_eq!(radicale.display_name.as_deref(), Some("Büro & <Haus>"));
    assert_eq!(
        radicale.components.as_deref(),
        Some(&["VTODO".to_owned(), "VEVENT".to_owned()][..])
    );
    assert_eq!(
        radicale.reports.as_deref(),
        Some(&["sync-collection".to_owned()][..])
    );
    assert_eq!(radicale.owner.as_deref(), Some("/alice/"));
    let may = radicale.privileges.unwrap();
    assert!(may.read && may.write_content && may.bind && may.unbind);

    // Quirk: Xandikos leaves `report` out.
    let xandikos = found(
        "<d:supported-report-set><d:supported-report><d:sync-collection/></d:supported-report>\
         </d:supported-report-set>",
    );
    assert_eq!(
        xandikos.reports.as_deref(),
        Some(&["sync-collection".to_owned()][..])
    );

    // Read-only, as Cyrus says it; and what has no privileges at all says nothing.
    let cyrus = found(
        "<d:current-user-privilege-set><d:privilege><d:read/></d:privilege><d:privilege>\
         <c:read-free-busy/></d:privilege><d:privilege><d:read-acl/></d:privilege>\
         </d:current-user-privilege-set>",
    );
    let may = cyrus.privileges.unwrap();
    assert!(may.read && !may.write_content && !may.bind);
    assert_eq!(found("").privileges, None);
    // `write-content` of another namespace is nobody's.
    let odd = found(
        "<d:current-user-privilege-set xmlns:x=\"x\"><d:privilege><x:all/></d:privilege>\
         </d:current-user-privilege-set>",
    );
    assert_eq!(odd.privileges, Some(Privileges::default()));
}

#[test]
fn what_was_not_found_is_not_taken() {
    let text = multistatus(
        "<d:response><d:href>/a/x.ics</d:href>\
         <d:propstat><d:prop><d:getetag>\"1\"</d:getetag></d:prop>\
         <d:status>HTTP/1.1 200 OK</d:status></d:propstat>\
         <d:propstat><d:prop><c:calendar-data/><d:displayname>no</d:displayname></d:prop>\
         <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>\
         <d:response><d:href>/a/1</d:href><d:href>/a/2</d:href>\
         <d:status>HTTP/1.1 403 Forbidden</d:status></d:response>",
    );
    let (answers, _) = read(&text).unwrap();
    let first = &answers[0];
    assert_eq!(first.found.etag.as_deref(), Some("\"1\""));
    assert_eq!(
        (first.found.data.as_ref(), first.found.display_name.as_ref()),
        (None, None)
    );
    assert_eq!(first.refused, Some(404));
    let rest: Vec<_> = answers[1..]
        .iter()
        .map(|a| (a.href.as_str(), a.status))
        .collect();
    assert_eq!(rest, [("/a/1", Some(403)), ("/a/2", Some(403))]);
}

#[test]
fn objects_come_as_they_are() {
    let object = "BEGIN:VCALENDAR\r\nSUMMARY:Grüße & <mehr>\r\n";
    for written in [
        "BEGIN:VCALENDAR&#13;\nSUMMARY:Gr&#xFC;&#xdf;e &amp; &lt;mehr&gt;&#13;\n",
        "<![CDATA[BEGIN:VCALENDAR\r\nSUMMARY:Grüße & <mehr>\r\n]]>",
        "BEGIN:VCALENDAR\r\nSUMMARY:Grüße <!-- a --><![CDATA[& ]]>&lt;mehr>\r\n",
    ] {
        let properties = found(&format!("<c:calendar-data>{written}</c:calendar-data>"));
        assert_eq!(properties.data.as_deref(), Some(object), "{written}");
    }
    // Long ones, in pieces that end within characters and references.
    let long = "ä&amp;€".repeat(60_000);
    let text = multistatus(&format!(
        "<d:response><d:href>/a</d:href><d:propstat><d:prop><c:calendar-data>{long}\
         </c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    ));
    for size in [1013, 65_536, text.len()] {
        let (answers, _) = read_in(text.as_bytes(), size).unwrap();
        let data = answers[0].found.data.as_ref().unwrap();
        assert!(*data == "ä&€".repeat(60_000), "in pieces of {size}");
    }
}

#[test]
fn prefixes_mean_nothing_and_namespaces_all() {
    let default = "<multistatus xmlns=\"DAV:\"><response><href>/a</href><propstat><prop>\
                   <X:getctag xmlns:X=\"http://calendarserver.org/ns/\">7</X:getctag>\
                   <getctag>not this</getctag></prop><status>HTTP/1.1 200 OK</status></propstat>\
                   </response></multistatus>";
    assert_eq!(read(default).unwrap().0[0].found.ctag.as_deref(), Some("7"));
    let nobody = "<multistatus><response><href>/a</href></response></multistatus>";
    assert_eq!(read(nobody), Err(Fault::Root("multistatus")));
    let undeclared = "<d:multistatus/>";
    assert!(matches!(read(undeclared), Err(Fault::Syntax(_))));
    assert_eq!(read(&multistatus("")).unwrap().0, []);
}

#[test]
fn s7_a_document_that_breaks_off_is_a_fault() {
    let text =
        multistatus("<d:response><d:href>/a</d:href></d:response><d:sync-token>1</d:sync-token>");
    let whole = text.trim_end().len();
    for end in 0..whole {
        let read = read_in(&text.as_bytes()[..end], 64);
        assert!(read.is_err(), "after {end} of {whole}");
    }
    for broken in [
        "",
        "no xml at all",
        "<html><body>503</body></html>",
        "<d:multistatus xmlns:d=\"DAV:\"></d:response></d:multistatus>",
        "<d:multistatus xmlns:d=\"DAV:\"/><d:multistatus xmlns:d=\"DAV:\"/>",
        "<d:multistatus xmlns:d=\"DAV:\"/>text",
        "<d:multistatus xmlns:d=\"DAV:\"><d:href>a & b</d:href></d:multistatus>",
        "<d:multistatus xmlns:d=\"DAV:\"><></></d:multistatus>",
    ] {
        assert!(read(broken).is_err(), "{broken}");
    }
    let latin =
        b"<multistatus xmlns=\"DAV:\"><response><href>/\xFC</href></response></multistatus>";
    assert_eq!(read_in(latin, 64), Err(Fault::Encoding));
}

#[test]
fn t16_no_document_type_and_no_entity_but_xmls_own() {
    let body = multistatus("<d:response><d:href>&e;</d:href></d:response>");
    let body = body.split_once("?>\n").unwrap().1;
    for doctype in [
        "<!DOCTYPE a>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE a [<!ENTITY e SYSTEM \"http://127.0.0.1/\">]>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1/\"> %p;]>",
        "<!DOCTYPE a [<!ENTITY e \"ha\"><!ENTITY f \"&e;&e;&e;&e;\">]>",
        "<!doctype a>",
        "<!ENTITY e \"x\">",
    ] {
        let text = format!("<?xml version=\"1.0\"?>{doctype}{body}");
        assert_eq!(read(&text), Err(Fault::DocType), "{doctype}");
    }
    let inside = multistatus("<d:response><!DOCTYPE a></d:response>");
    assert_eq!(read(&inside), Err(Fault::DocType));
    for entity in [
        "&e;",
        "&nbsp;",
        "&#xD800;",
        "&#0;",
        "&#99999999999;",
        "&",
        "&#;",
    ] {
        let text = multistatus(&format!(
            "<d:response><d:href>{entity}</d:href></d:response>"
        ));
        assert_eq!(read(&text), Err(Fault::Entity), "{entity}");
        let text = multistatus(&format!("<d:response name=\"{entity}\"/>"));
        assert_eq!(read(&text), Err(Fault::Entity), "{entity}");
    }
}

#[test]
fn t17_storms_are_cut_short() {
    let deep = |levels: usize| {
        let levels = levels - 1;
        multistatus(&format!(
            "{}{}",
            "<a>".repeat(levels),
            "</a>".repeat(levels)
        ))
    };
    assert_eq!(read(&deep(MAX_DEPTH)).unwrap().0, []);
    assert_eq!(read(&deep(MAX_DEPTH + 1)), Err(Fault::Depth));
    assert_eq!(read(&deep(10_000)), Err(Fault::Depth));
    let with = |count: usize, name: &str| {
        let mut text = String::new();
        for n in 0..count {
            let _ = write!(text, " {name}{n}=\"b\"");
        }
        multistatus(&format!("<d:response{text}/>"))
    };
    assert!(read(&with(64, "a")).is_ok());
    assert_eq!(read(&with(65, "a")), Err(Fault::Attributes));
    assert_eq!(read(&with(65, "xmlns:a")), Err(Fault::Attributes));
    assert_eq!(
        read_in(with(80_000, "a").as_bytes(), 16_384),
        Err(Fault::Tag)
    );
    assert_eq!(
        read_in(with(80_000, "xmlns:a").as_bytes(), 16_384),
        Err(Fault::Tag)
    );
    // Bindings that pile up level by level.
    let mut piled = String::new();
    for n in 0..40 {
        let _ = write!(piled, "<a xmlns:a{n}=\"b\" xmlns:b{n}=\"b\">");
    }
    assert_eq!(read(&multistatus(&piled)), Err(Fault::Attributes));
    // A tag, a comment, an instruction without end; one octet at a time is no worse.
    for begin in ["<a", "<!-- ", "<? ", "<a b=\"", "</"] {
        let text = multistatus(&format!("{begin}{}", "x".repeat(2 * MAX_TAG)));
        assert_eq!(read_in(text.as_bytes(), 4096), Err(Fault::Tag), "{begin}");
        assert_eq!(read_in(text.as_bytes(), 1), Err(Fault::Tag), "{begin}");
    }
    let many = multistatus(&format!("<d:response>{}", "<a/>".repeat(20_000)));
    assert_eq!(read_in(many.as_bytes(), 4096), Err(Fault::Elements));
    // Many answers are no storm: what is read is handed on.
    let answer = "<d:response><d:href>/a</d:href><d:status>HTTP/1.1 404 x</d:status></d:response>";
    let list = multistatus(&answer.repeat(20_000));
    assert_eq!(read_in(list.as_bytes(), 16_384).unwrap().0.len(), 20_000);
    let mut endless = Answers::default();
    let piece = vec![b' '; 1024 * 1024];
    endless.feed(b"<multistatus xmlns=\"DAV:\">").unwrap();
    let fault = (0..64).find_map(|_| endless.feed(&piece).err());
    assert_eq!(fault, Some(Fault::TooLong));
}

fn origin() -> Origin {
    Origin {
        tls: true,
        host: "dav.example.com".to_owned(),
        port: 443,
    }
}

#[test]
fn t30_names_have_one_form_and_stay_below() {
    for (text, expected) in [
        ("/a/b.ics", Ok("/a/b.ics")),
        (" /a/b/ ", Ok("/a/b/")),
        ("https://dav.example.com/a", Ok("/a")),
        ("https://DAV.example.com:443/a", Ok("/a")),
        ("HTTPS://dav.example.com", Ok("/")),
        (
            "/alice%40example.com/%7Ex/%2d",
            Ok("/alice@example.com/~x/-"),
        ),
        (
            "/alice@example.com/a b/ü",
            Ok("/alice@example.com/a%20b/%C3%BC"),
        ),
        ("/a/%e4%b8%ad.ics", Ok("/a/%E4%B8%AD.ics")),
        ("/a/b%2Fc.ics", Ok("/a/b%2Fc.ics")),
        ("/a/(1),;=%3B.ics", Ok("/a/(1),;=%3B.ics")),
        ("/a//b", Ok("/a//b")),
        ("a/b", Err(BadHref::Relative)),
        ("", Err(BadHref::Relative)),
        ("//evil.example/a", Err(BadHref::Elsewhere)),
        ("///a", Err(BadHref::Elsewhere)),
        ("http://dav.example.com/a", Err(BadHref::Elsewhere)),
        ("https://dav.example.com:8443/a", Err(BadHref::Elsewhere)),
        ("https://evil.example/a", Err(BadHref::Elsewhere)),
        (
            "https://dav.example.com@evil.example/a",
            Err(BadHref::Elsewhere),
        ),
        ("https://user@dav.example.com/a", Err(BadHref::Elsewhere)),
        ("ftp://dav.example.com/a", Err(BadHref::Elsewhere)),
        ("/a/../b", Err(BadHref::Upwards)),
        ("/a/%2e%2E/b", Err(BadHref::Upwards)),
        ("/a/..%2f..%2Fb", Err(BadHref::Upwards)),
        ("/a/x%5c..%5cb", Err(BadHref::Upwards)),
        ("/a/./b", Err(BadHref::Upwards)),
        ("/a/..", Err(BadHref::Upwards)),
        ("/a?b", Err(BadHref::Query)),
        ("/a#b", Err(BadHref::Query)),
        ("/a%", Err(BadHref::Character)),
        ("/a%2", Err(BadHref::Character)),
        ("/a%zz", Err(BadHref::Character)),
        ("/a%00b", Err(BadHref::Character)),
        ("/a%0d%0aX: y", Err(BadHref::Character)),
        ("/a\r\nHost: evil", Err(BadHref::Character)),
    ] {
        let read = Href::parse(text, &origin());
        let read = read.as_ref().map(Href::as_str).map_err(|fault| *fault);
        assert_eq!(read, expected, "{text:?}");
        if let Ok(normal) = expected {
            assert_eq!(Href::path(normal).unwrap().as_str(), normal, "settled");
        }
    }
    let long = format!("/{}", "ü".repeat(1000));
    assert_eq!(Href::path(&long), Err(BadHref::Long));
    let local = Origin {
        tls: false,
        host: "::1".to_owned(),
        port: 5232,
    };
    assert_eq!(
        Href::parse("http://[::1]:5232/a", &local).unwrap().as_str(),
        "/a"
    );
    assert_eq!(
        Href::parse("http://[::1]/a", &local),
        Err(BadHref::Elsewhere)
    );
}

#[test]
fn t30_what_lies_in_what() {
    let path = |text: &str| Href::path(text).unwrap();
    let home = path("/alice/");
    for (text, below, directly) in [
        ("/alice/x.ics", true, true),
        ("/alice/cal/", true, true),
        ("/alice/cal/x.ics", true, false),
        ("/alice/", false, false),
        ("/alice", false, false),
        ("/alicia/x", false, false),
        ("/bob/x", false, false),
        ("/", false, false),
    ] {
        let href = path(text);
        assert_eq!(
            (href.is_below(&home), href.is_directly_in(&home)),
            (below, directly),
            "{text}"
        );
    }
    let named = home.join("../a b/ü?.ics");
    assert_eq!(named.as_str(), "/alice/..%2Fa%20b%2F%C3%BC%3F.ics");
    assert_eq!(named.last_segment(), "../a b/ü?.ics");
    assert_eq!(path("/a/b/").parent(), Some(path("/a/")));
    assert_eq!(path("/a").parent(), Some(path("/")));
}

#[test]
fn t30_what_is_asked_is_xml_whatever_is_in_it() {
    let hostile = "</D:displayname><D:evil/>&e;\"'\u{0}\u{b}]]>\u{ffff}";
    let name = NewCollection {
        name: hostile,
        components: &["VEVENT\"/><evil"],
    };
    let href = Href::path("/a/b&c.ics").unwrap();
    for document in [
        make_calendar(name),
        make_addressbook(name),
        rename(hostile),
        sync_collection(Some(hostile), Some(10)),
        multiget(Data::VCard, [&href]),
        calendar_query(hostile, Filter::From(hostile)),
        calendar_query(hostile, Filter::Before(hostile)),
        calendar_query("VEVENT", Filter::Recurring),
        calendar_query("VEVENT", Filter::Any),
        propfind(&[Ask::ETag, Ask::Types]),
    ] {
        let text = String::from_utf8(document).unwrap();
        assert!(!text.contains("evil/>") && !text.contains("&e;"), "{text}");
        let mut tree = Tree::default();
        tree.feed(text.as_bytes()).unwrap();
        let root = tree.finish().unwrap();
        assert_ne!(root.namespace, Namespace::Other, "{text}");
    }
    let text = String::from_utf8(multiget(Data::ICalendar, [&href])).unwrap();
    assert!(text.contains("<D:href>/a/b&amp;c.ics</D:href>"), "{text}");
}

#[test]
fn conditions_say_why() {
    let document =
        b"<?xml version=\"1.0\"?><D:error xmlns:D=\"DAV:\"><D:valid-sync-token/></D:error>";
    assert_eq!(conditions(document), ["valid-sync-token"]);
    for other in [
        &b""[..],
        b"<html/>",
        b"no",
        b"<!DOCTYPE x><D:error xmlns:D=\"DAV:\"/>",
    ] {
        assert!(conditions(other).is_empty());
    }
}
