//! Any bytes as an Autodiscover request: what is read is bounded, and what is answered to it is a
//! document with the address in it, escaped.

use airgate_codec::autodiscover::{Request, Response, Schema};

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(request, data);
}

fn request(data: &[u8]) {
    let Ok(request) = Request::read(data) else {
        return;
    };
    assert!(request.address.len() <= 1024);
    if request.schema != Schema::MobileSync {
        return;
    }
    let response = Response::Server {
        address: &request.address,
        url: "https://mail.example.com",
    };
    let xml = String::from_utf8(response.write()).expect("a document is text");
    // Whatever was asked, the answer has its own elements and no others.
    assert_eq!(xml.matches('<').count(), 25, "{xml}");
}
