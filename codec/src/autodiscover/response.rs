//! The three answers: a server, an address we do not serve, a request that is none.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::{FRAME, MOBILE_SYNC};

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Response<'a> {
    /// The server for this address.
    Server {
        address: &'a str,
        /// The ActiveSync URL.
        url: &'a str,
    },
    /// Nobody with this address has an account here: a protocol error ([MS-ASCMD] 2.2.3.177.1).
    Unserved { address: &'a str },
    /// What came cannot be answered in a phone's schema.
    Trouble {
        trouble: Trouble,
        /// Seconds since midnight UTC.
        time_of_day: u32,
        /// Finds the request in our log.
        id: u32,
    },
}

/// Errors before anybody looked for the address ([MS-OXDSCLI] 2.2.4.1.1.3.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// Not a request.
    Invalid,
    /// A schema that is not spoken here.
    Schema,
}

impl Trouble {
    const fn code(self) -> u16 {
        match self {
            Self::Invalid => 600,
            Self::Schema => 601,
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid Request",
            Self::Schema => "Provider is not available",
        }
    }
}

impl Response<'_> {
    /// The document.
    pub fn write(&self) -> Vec<u8> {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Autodiscover xmlns=\"{FRAME}\">"
        );
        // Writing to a String does not fail.
        let _ = match self {
            Self::Server { address, url } => {
                let (address, url) = (escape(*address), escape(*url));
                write!(
                    xml,
                    "<Response xmlns=\"{MOBILE_SYNC}\"><Culture>en:us</Culture>\
                     <User><DisplayName>{address}</DisplayName>\
                     <EMailAddress>{address}</EMailAddress></User>\
                     <Action><Settings><Server><Type>MobileSync</Type><Url>{url}</Url>\
                     <Name>{url}</Name></Server></Settings></Action></Response>"
                )
            }
            Self::Unserved { address } => write!(
                xml,
                "<Response xmlns=\"{MOBILE_SYNC}\"><Culture>en:us</Culture>\
                 <User><EMailAddress>{}</EMailAddress></User>\
                 <Action><Error><Status>2</Status>\
                 <Message>The e-mail address is not served here</Message>\
                 <DebugData>MailUser</DebugData></Error></Action></Response>",
                escape(*address)
            ),
            Self::Trouble {
                trouble,
                time_of_day,
                id,
            } => write!(
                xml,
                "<Response><Error Time=\"{:02}:{:02}:{:02}.000\" Id=\"{id}\">\
                 <ErrorCode>{}</ErrorCode><Message>{}</Message><DebugData/></Error></Response>",
                time_of_day / 3600 % 24,
                time_of_day / 60 % 60,
                time_of_day % 60,
                trouble.code(),
                trouble.message()
            ),
        };
        xml.push_str("</Autodiscover>");
        xml.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(response: &Response<'_>) -> String {
        String::from_utf8(response.write()).unwrap()
    }

    #[test]
    fn answers_are_escaped_and_name_the_one_server() {
        let url = "https://mail.example.com/Microsoft-Server-ActiveSync";
        let xml = text(&Response::Server {
            address: "a&b<c>\"'@d",
            url,
        });
        assert!(xml.contains("<EMailAddress>a&amp;b&lt;c&gt;&quot;&apos;@d</EMailAddress>"));
        assert!(xml.contains(&format!(
            "<Type>MobileSync</Type><Url>{url}</Url><Name>{url}</Name>"
        )));
    }

    #[test]
    fn errors_have_their_number_and_the_time() {
        for (trouble, code) in [(Trouble::Invalid, 600), (Trouble::Schema, 601)] {
            let xml = text(&Response::Trouble {
                trouble,
                time_of_day: 86_399,
                id: u32::MAX,
            });
            assert!(
                xml.contains("Time=\"23:59:59.000\" Id=\"4294967295\""),
                "{xml}"
            );
            assert!(xml.contains(&format!("<ErrorCode>{code}</ErrorCode>")));
        }
    }
}
