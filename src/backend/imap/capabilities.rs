//! What the server offers, as questions the session asks.

/// The capabilities of one connection, less those the settings hide. A name that is not here is not
/// used, whatever the server would understand.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Capabilities {
    pub condstore: bool,
    pub qresync: bool,
    pub esearch: bool,
    pub sort: bool,
    /// SORT with RETURN (RFC 5267).
    pub esort: bool,
    /// And with PARTIAL.
    pub context_sort: bool,
    /// Words are looked up in an index (RFC 6203).
    pub fuzzy: bool,
    /// Mailboxes that are not selected can be searched (RFC 7377).
    pub multisearch: bool,
    pub move_: bool,
    pub uidplus: bool,
    pub special_use: bool,
    pub list_extended: bool,
    pub list_status: bool,
    pub idle: bool,
    pub notify: bool,
    pub id: bool,
    pub compress: bool,
    pub literal_plus: bool,
    pub literal_minus: bool,
    pub object_id: bool,
    pub namespace: bool,
    pub utf8_accept: bool,
    pub enable: bool,
    pub unselect: bool,
    pub quota: bool,
    pub status_size: bool,
    pub starttls: bool,
    pub login_disabled: bool,
    pub sasl_ir: bool,
    pub imap4rev2: bool,
    /// Gmail's own extensions: labels instead of mailboxes.
    pub gmail: bool,
    /// Octets of a message APPEND takes, when the server has one number for all mailboxes.
    pub append_limit: Option<u64>,
    /// SASL mechanisms, in upper case.
    pub mechanisms: Vec<String>,
    /// Nothing was said yet: ask.
    pub(super) unknown: bool,
}

impl Capabilities {
    /// Before the server said any.
    pub(super) fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }

    /// Reads a CAPABILITY list, leaving out what `hide` names.
    pub fn read(names: &[String], hide: &[String]) -> Self {
        let mut found = Self::default();
        for name in names {
            if hide.iter().any(|hidden| hidden.eq_ignore_ascii_case(name)) {
                continue;
            }
            found.add(&name.to_ascii_uppercase());
        }
        // RFC 7162 3.2.3: QRESYNC implies CONDSTORE; RFC 7162 3.2.3 and RFC 5161: needs ENABLE.
        found.qresync &= found.enable && found.condstore;
        found
    }

    fn add(&mut self, name: &str) {
        match name {
            "CONDSTORE" => self.condstore = true,
            "QRESYNC" => self.qresync = true,
            "ESEARCH" => self.esearch = true,
            "SORT" => self.sort = true,
            "ESORT" => self.esort = true,
            "CONTEXT=SORT" => self.context_sort = true,
            "SEARCH=FUZZY" => self.fuzzy = true,
            "MULTISEARCH" => self.multisearch = true,
            "MOVE" => self.move_ = true,
            "UIDPLUS" => self.uidplus = true,
            "SPECIAL-USE" => self.special_use = true,
            "LIST-EXTENDED" => self.list_extended = true,
            "LIST-STATUS" => self.list_status = true,
            "IDLE" => self.idle = true,
            "NOTIFY" => self.notify = true,
            "ID" => self.id = true,
            "COMPRESS=DEFLATE" => self.compress = true,
            "LITERAL+" => self.literal_plus = true,
            "LITERAL-" => self.literal_minus = true,
            "OBJECTID" => self.object_id = true,
            "NAMESPACE" => self.namespace = true,
            "UTF8=ACCEPT" => self.utf8_accept = true,
            "ENABLE" => self.enable = true,
            "UNSELECT" => self.unselect = true,
            "QUOTA" => self.quota = true,
            "STATUS=SIZE" => self.status_size = true,
            "STARTTLS" => self.starttls = true,
            "LOGINDISABLED" => self.login_disabled = true,
            "SASL-IR" => self.sasl_ir = true,
            "IMAP4REV2" => self.imap4rev2 = true,
            "X-GM-EXT-1" => self.gmail = true,
            _ => {
                if let Some(mechanism) = name.strip_prefix("AUTH=") {
                    self.mechanisms.push(mechanism.to_owned());
                } else if let Some(limit) = name.strip_prefix("APPENDLIMIT=") {
                    self.append_limit = limit.parse().ok();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, hide: &[&str]) -> Capabilities {
        let names: Vec<String> = line.split(' ').map(Into::into).collect();
        let hide: Vec<String> = hide.iter().map(|&name| name.into()).collect();
        Capabilities::read(&names, &hide)
    }

    #[test]
    fn names_are_read_in_any_case_and_hidden_ones_are_not_there() {
        let line = "IMAP4rev1 sasl-ir LITERAL+ ENABLE CONDSTORE QRESYNC AUTH=plain AUTH=LOGIN APPENDLIMIT=35651584";
        let all = read(line, &[]);
        assert!(all.sasl_ir && all.literal_plus && all.qresync && all.condstore);
        assert_eq!(all.mechanisms, ["PLAIN", "LOGIN"]);
        assert_eq!(all.append_limit, Some(35_651_584));
        let less = read(line, &["condstore", "LITERAL+"]);
        assert!(!less.condstore && !less.literal_plus);
        assert!(!less.qresync, "QRESYNC is nothing without CONDSTORE");
    }
}
