//! The mailboxes of a user as LIST, STATUS and NAMESPACE describe them, and which of them a phone is
//! to see.

use std::collections::{BTreeMap, BTreeSet};

use super::roles::Role;

/// One mailbox as LIST and STATUS describe it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listed {
    pub name: String,
    pub delimiter: Option<char>,
    pub selectable: bool,
    /// Can have no mailboxes below it.
    pub childless: bool,
    pub subscribed: bool,
    /// SPECIAL-USE, where the server tells.
    pub role: Option<Role>,
    pub uid_validity: Option<u32>,
    /// MAILBOXID (RFC 8474), where the server tells.
    pub mailbox_id: Option<String>,
}

/// All mailboxes the user can see, and how the server orders them (RFC 2342).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mailboxes {
    pub listed: Vec<Listed>,
    /// What the names of the user's own mailboxes begin with, where the server says so.
    pub personal: Option<Prefix>,
    /// What the names of other users' and of shared mailboxes begin with.
    pub foreign: Vec<Prefix>,
}

/// The prefix of a namespace, as in `INBOX.` or `Other Users/`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Prefix {
    pub text: String,
    pub delimiter: Option<char>,
}

/// Which mailboxes a phone is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Show {
    /// Of the user's own, only those he subscribed to, and those with a role.
    pub subscribed_only: bool,
    pub foreign: Foreign,
}

/// Which mailboxes of other users and of everybody a phone is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Foreign {
    #[default]
    All,
    Subscribed,
    None,
}

impl Listed {
    /// The last part of the mailbox's path.
    pub fn base_name(&self) -> &str {
        self.delimiter
            .and_then(|delimiter| self.name.rsplit_once(delimiter))
            .map_or(self.name.as_str(), |(_, name)| name)
    }

    /// The names above it, the nearest first.
    fn ancestors(&self) -> impl Iterator<Item = &str> {
        let ends: Vec<usize> = match self.delimiter {
            Some(delimiter) => self
                .name
                .rmatch_indices(delimiter)
                .map(|(at, _)| at)
                .collect(),
            None => Vec::new(),
        };
        ends.into_iter()
            .filter_map(|end| self.name.get(..end))
            .filter(|path| !path.is_empty())
    }
}

impl Mailboxes {
    /// The mailbox of that name.
    pub fn find(&self, name: &str) -> Option<&Listed> {
        self.listed.iter().find(|mailbox| mailbox.name == name)
    }

    /// `INBOX.` on servers that keep everything below the inbox (Courier, Cyrus of old), else
    /// nothing. Where the server does not say, the names do.
    pub fn personal_prefix(&self) -> String {
        if let Some(personal) = &self.personal {
            return personal.text.clone();
        }
        let Some(delimiter) = self.delimiter() else {
            return String::new();
        };
        let prefix = format!("INBOX{delimiter}");
        let mut others = self
            .listed
            .iter()
            .filter(|mailbox| mailbox.name != "INBOX" && !self.is_foreign(&mailbox.name))
            .peekable();
        let below_inbox = match others.peek() {
            // An empty account tells nothing, but a full stop is Courier's and old Cyrus's delimiter.
            None => delimiter == '.',
            Some(_) => others.all(|mailbox| mailbox.name.starts_with(&prefix)),
        };
        if below_inbox { prefix } else { String::new() }
    }

    /// What stands between the levels of the user's own mailboxes.
    pub fn delimiter(&self) -> Option<char> {
        self.personal
            .as_ref()
            .and_then(|personal| personal.delimiter)
            .or_else(|| self.listed.iter().find_map(|mailbox| mailbox.delimiter))
    }

    /// What stands between the levels of this name.
    pub fn delimiter_of(&self, name: &str) -> Option<char> {
        if let Some(listed) = self.find(name) {
            return listed.delimiter;
        }
        let foreign = self.foreign.iter().find(|prefix| prefix.covers(name));
        match foreign {
            Some(prefix) => prefix.delimiter,
            None => self.delimiter(),
        }
    }

    /// Whether the mailbox is another user's or everybody's.
    pub fn is_foreign(&self, name: &str) -> bool {
        self.foreign.iter().any(|prefix| prefix.covers(name))
    }

    /// The mailboxes a phone is shown, and the mere levels above them (not selectable). A mailbox
    /// above one that is shown is shown as well; a level without any is not. `special` has the names
    /// of those with a role.
    pub fn shown(&self, show: Show, special: &BTreeSet<String>) -> Vec<Listed> {
        let mut shown: BTreeMap<&str, &Listed> = self
            .listed
            .iter()
            .filter(|mailbox| mailbox.selectable && self.is_shown(mailbox, show, special))
            .map(|mailbox| (mailbox.name.as_str(), mailbox))
            .collect();
        // `INBOX.` itself is no level: what is below it stands at the root.
        let prefix = self.personal_prefix();
        let root = self
            .delimiter()
            .and_then(|delimiter| prefix.strip_suffix(delimiter))
            .unwrap_or_default();
        let above: BTreeMap<String, Option<char>> = shown
            .values()
            .flat_map(|mailbox| {
                let delimiter = mailbox.delimiter;
                mailbox.ancestors().map(move |name| (name, delimiter))
            })
            .filter(|(name, _)| *name != root && !shown.contains_key(name))
            .map(|(name, delimiter)| (name.to_owned(), delimiter))
            .collect();
        let mut levels = Vec::new();
        for (name, delimiter) in above {
            match self.find(&name) {
                Some(mailbox) if mailbox.selectable => {
                    shown.insert(mailbox.name.as_str(), mailbox);
                }
                found => levels.push(Listed {
                    delimiter: found.map_or(delimiter, |found| found.delimiter),
                    childless: found.is_some_and(|found| found.childless),
                    name,
                    ..Listed::default()
                }),
            }
        }
        shown.into_values().cloned().chain(levels).collect()
    }

    fn is_shown(&self, mailbox: &Listed, show: Show, special: &BTreeSet<String>) -> bool {
        if mailbox.name == "INBOX" || special.contains(&mailbox.name) {
            return true;
        }
        match (self.is_foreign(&mailbox.name), show.foreign) {
            (true, Foreign::None) => false,
            (true, Foreign::Subscribed) => mailbox.subscribed,
            _ => mailbox.subscribed || !show.subscribed_only,
        }
    }
}

impl Prefix {
    /// Whether a mailbox of this name is in the namespace; the prefix's own level is.
    fn covers(&self, name: &str) -> bool {
        let own = self
            .delimiter
            .and_then(|delimiter| self.text.strip_suffix(delimiter))
            .unwrap_or(&self.text);
        !self.text.is_empty() && (name.starts_with(&self.text) || name == own)
    }
}
