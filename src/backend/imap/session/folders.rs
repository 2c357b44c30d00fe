//! Mailboxes as such: which there are, how they stand, making and removing them.

use std::collections::HashMap;
use std::sync::Arc;

use airgate_codec::imap::{
    Code, Command, ListEntry, MailboxName, MailboxStatus, Namespaces, Status, Untagged,
};

use super::{FLIGHT, Session, is_unread};
use crate::backend::imap::capabilities::Capabilities;
use crate::backend::imap::connection::{Data, Prepared, nothing};
use crate::backend::imap::error::{ImapError, printable};

/// One mailbox of [`Session::list`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedMailbox {
    pub name: MailboxName,
    /// Between the levels of its name; `None` when there are none.
    pub delimiter: Option<char>,
    /// Can hold mail; false for a mere level of the hierarchy.
    pub selectable: bool,
    /// Can have mailboxes below it.
    pub inferiors: bool,
    pub special_use: Option<SpecialUse>,
    pub subscribed: bool,
    /// What tells the mailbox from others of its name, UIDVALIDITY and MAILBOXID, where the server
    /// tells it along (LIST-STATUS); else ask [`Session::status`].
    pub status: Option<MailboxStatus>,
}

/// What [`Session::listing`] found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listing {
    pub mailboxes: Vec<ListedMailbox>,
    /// `None` from a server without the extension.
    pub namespaces: Option<Namespaces>,
}

/// What a mailbox is for (RFC 6154 2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SpecialUse {
    All,
    Archive,
    Drafts,
    Flagged,
    Important,
    Junk,
    Sent,
    Trash,
}

impl Session {
    /// All mailboxes of the user, in one round trip where the server can. INBOX is always there.
    ///
    /// # Errors
    /// A listing that is not complete for sure (S7).
    pub async fn list(&mut self) -> Result<Vec<ListedMailbox>, ImapError> {
        Ok(self.listing().await?.mailboxes)
    }

    /// The same with the namespaces they are in (RFC 2342).
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn listing(&mut self) -> Result<Listing, ImapError> {
        match self.list_once().await {
            Err(error) if self.replace(&error).await? => self.list_once().await,
            other => other,
        }
    }

    /// How each mailbox stands, in the order asked, in one round trip. One that is selected is not
    /// any more then.
    ///
    /// # Errors
    /// Per mailbox: it is gone, or may not be looked at. As a whole: see [`ImapError`]; then
    /// nothing is known of any.
    pub async fn status(
        &mut self,
        names: &[MailboxName],
    ) -> Result<Vec<Result<MailboxStatus, ImapError>>, ImapError> {
        match self.status_once(names).await {
            Err(error) if self.replace(&error).await? => self.status_once(names).await,
            other => other,
        }
    }

    /// # Errors
    /// [`ImapError::MailboxExists`], [`ImapError::Denied`], ...
    pub async fn create(&mut self, name: &MailboxName) -> Result<(), ImapError> {
        let created = self.name(name, |c| c.atom("CREATE").mailbox(name)).await;
        match created {
            Ok(_) => Ok(()),
            // Without RFC 5530 the reason is only in words.
            Err(ImapError::Refused(why)) => match self.is_listed(name).await {
                Ok(true) => Err(ImapError::MailboxExists(name.clone())),
                // Quirk: Courier takes a name beyond the BMP for no name at all, in LIST as well.
                Ok(false) | Err(ImapError::Refused(_)) => Err(ImapError::BadName(why)),
                Err(other) => Err(other),
            },
            Err(other) => Err(other),
        }
    }

    /// Renames a mailbox and those below it. Renaming INBOX would move its mail; it is refused.
    ///
    /// # Errors
    /// [`ImapError::NoMailbox`], [`ImapError::MailboxExists`], ...
    pub async fn rename(&mut self, from: &MailboxName, to: &MailboxName) -> Result<(), ImapError> {
        if *from == MailboxName::inbox() {
            return Err(ImapError::Denied("INBOX cannot be renamed".into()));
        }
        self.leave().await?;
        let rename = |c: Command| c.atom("RENAME").mailbox(from).mailbox(to);
        let renamed = self.name(from, rename).await;
        match renamed {
            Ok(_) => Ok(()),
            Err(ImapError::MailboxExists(_)) => Err(ImapError::MailboxExists(to.clone())),
            Err(ImapError::Refused(why)) => {
                if self.is_listed(to).await? {
                    return Err(ImapError::MailboxExists(to.clone()));
                }
                match self.refused(why, from).await {
                    ImapError::Refused(why) => Err(ImapError::BadName(why)),
                    other => Err(other),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// A command that gives a mailbox its name. What "cannot" be (RFC 5530) is the name then.
    async fn name(
        &mut self,
        about: &MailboxName,
        write: impl FnOnce(Command) -> Command,
    ) -> Result<(), ImapError> {
        let prepared = self.connection()?.prepare(write)?;
        let ended = self.flight(vec![prepared], &mut nothing).await?.pop();
        let ended = ended.ok_or_else(|| self.broke("no answer"))?;
        if ended.status != Status::Ok && ended.code == Some(Code::Cannot) {
            return Err(ImapError::BadName(printable(&ended.text)));
        }
        ended.ok(Some(about)).map(drop)
    }

    /// Deletes a mailbox with the mail in it.
    ///
    /// # Errors
    /// [`ImapError::NoMailbox`], [`ImapError::Denied`], ...
    pub async fn delete(&mut self, name: &MailboxName) -> Result<(), ImapError> {
        self.leave().await?;
        let deleted = self
            .command(Some(name), |c| c.atom("DELETE").mailbox(name), &mut nothing)
            .await;
        match deleted {
            Ok(_) => Ok(()),
            Err(ImapError::Refused(why)) => Err(self.refused(why, name).await),
            Err(other) => Err(other),
        }
    }

    /// # Errors
    /// See [`ImapError`].
    pub async fn subscribe(&mut self, name: &MailboxName) -> Result<(), ImapError> {
        self.subscription("SUBSCRIBE", name).await
    }

    /// # Errors
    /// See [`ImapError`].
    pub async fn unsubscribe(&mut self, name: &MailboxName) -> Result<(), ImapError> {
        self.subscription("UNSUBSCRIBE", name).await
    }

    async fn subscription(
        &mut self,
        verb: &'static str,
        name: &MailboxName,
    ) -> Result<(), ImapError> {
        let write = |c: Command| c.atom(verb).mailbox(name);
        match self.command(Some(name), write, &mut nothing).await {
            Err(error) if self.replace(&error).await? => {
                self.command(Some(name), write, &mut nothing).await?;
            }
            other => {
                other?;
            }
        }
        Ok(())
    }

    async fn list_once(&mut self) -> Result<Listing, ImapError> {
        let offered = Arc::clone(self.capabilities());
        let mut gathered = Gathered::default();
        let connection = self.connection()?;
        let mut flight = Vec::new();
        if offered.namespace {
            flight.push(connection.prepare(|c| c.atom("NAMESPACE"))?);
        }
        flight.push(connection.prepare(|c| list_command(c, &offered, "*"))?);
        if !offered.list_extended {
            flight.push(connection.prepare(|c| c.atom("LSUB").string("").string("*"))?);
        }
        let ended = self.flight(flight, &mut |data| gathered.take(data)).await?;
        // Without its answer to NAMESPACE the names have to do.
        for ended in ended.into_iter().skip(usize::from(offered.namespace)) {
            ended.ok(None)?;
        }
        self.list_apart(&mut gathered).await?;
        if !gathered.entries.contains_key(&MailboxName::inbox()) {
            // Every user has one (RFC 9051 5.1): the listing is short or the pattern was taken oddly.
            self.command(
                None,
                |c| c.atom("LIST").string("").mailbox(&MailboxName::inbox()),
                &mut |data| gathered.take(data),
            )
            .await?;
        }
        if gathered.unread || !gathered.entries.contains_key(&MailboxName::inbox()) {
            return Err(self.broke("a listing of mailboxes that is not complete"));
        }
        Ok(gathered.finish(offered.list_extended))
    }

    /// Namespaces that `*` does not reach (Courier's `#shared.`) are listed by their prefix. A server
    /// that refuses to has none there for this user.
    async fn list_apart(&mut self, gathered: &mut Gathered) -> Result<(), ImapError> {
        let apart = gathered.unlisted();
        if apart.is_empty() {
            return Ok(());
        }
        let offered = Arc::clone(self.capabilities());
        let connection = self.connection()?;
        let mut flight = Vec::new();
        for prefix in &apart {
            flight.push(connection.prepare(|c| c.atom("LIST").string("").mailbox(prefix))?);
            if !offered.list_extended {
                flight.push(connection.prepare(|c| c.atom("LSUB").string("").mailbox(prefix))?);
            }
        }
        for ended in self.flight(flight, &mut |data| gathered.take(data)).await? {
            match ended.ok(None) {
                Ok(_) | Err(ImapError::Refused(_) | ImapError::Denied(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn status_once(
        &mut self,
        names: &[MailboxName],
    ) -> Result<Vec<Result<MailboxStatus, ImapError>>, ImapError> {
        let mut all = Vec::with_capacity(names.len());
        for part in names.chunks(FLIGHT) {
            self.status_flight(part, &mut all).await?;
        }
        Ok(all)
    }

    async fn status_flight(
        &mut self,
        names: &[MailboxName],
        all: &mut Vec<Result<MailboxStatus, ImapError>>,
    ) -> Result<(), ImapError> {
        let offered = Arc::clone(self.capabilities());
        let connection = self.connection()?;
        let mut flight = Vec::with_capacity(names.len() + 1);
        // STATUS is not meant for the mailbox that is selected (RFC 9051 6.3.11): of it Dovecot tells
        // what this session has seen so far, and of one that was deleted and made anew the old one.
        let there = connection
            .mailbox
            .as_ref()
            .is_some_and(|m| names.contains(&m.name));
        if there {
            flight.push(self.unselect()?);
        }
        let connection = self.connection()?;
        for name in names {
            flight.push(connection.prepare(|c| {
                let c = c.atom("STATUS").mailbox(name);
                c.atoms(status_items(&offered))
            })?);
        }
        let mut found: HashMap<MailboxName, MailboxStatus> = HashMap::new();
        let mut take = |data| match data {
            Data::Untagged(Untagged::StatusData(name, status)) if names.contains(&name) => {
                found.insert(name, status);
                None
            }
            Data::Untagged(other) => Some(other),
            Data::TooLarge => None,
        };
        let mut ended = self.flight(flight, &mut take).await?.into_iter();
        if there {
            ended.next();
        }
        for (name, ended) in names.iter().zip(ended) {
            let status = match ended.ok(Some(name)) {
                Ok(_) => found
                    .get(name)
                    .cloned()
                    .ok_or_else(|| ImapError::Protocol("no answer to STATUS".into())),
                Err(ImapError::Refused(why)) => Err(self.refused(why, name).await),
                Err(other) => Err(other),
            };
            all.push(status);
        }
        Ok(())
    }

    /// What a NO without a code means: Dovecot and others say "no such mailbox" in words only.
    pub(super) async fn refused(&mut self, why: String, name: &MailboxName) -> ImapError {
        // Quirk: Dovecot (Maildir) lists a mailbox that was deleted with others below it as if it
        // were one still, and says this when asked after it.
        if why.starts_with("Mailbox doesn't exist") {
            return ImapError::NoMailbox(name.clone());
        }
        match self.is_listed(name).await {
            Ok(true) => ImapError::Refused(why),
            Ok(false) => ImapError::NoMailbox(name.clone()),
            Err(error) => error,
        }
    }

    async fn is_listed(&mut self, name: &MailboxName) -> Result<bool, ImapError> {
        let mut gathered = Gathered::default();
        self.command(
            None,
            |c| c.atom("LIST").string("").mailbox(name),
            &mut |data| gathered.take(data),
        )
        .await?;
        // `*` and `%` in a name are wildcards here, so others may have come along.
        let exists = |entry: &ListEntry| !entry.has("\\NonExistent");
        Ok(gathered.unread || gathered.entries.get(name).is_some_and(exists))
    }

    /// Leaves whatever is selected. Some servers refuse to delete or rename what is, or what it is
    /// below; some hang up then (Courier).
    async fn leave(&mut self) -> Result<(), ImapError> {
        if self.connection()?.mailbox.is_none() {
            return Ok(());
        }
        let unselect = self.unselect()?;
        // Whatever it answers, none is selected then.
        self.flight(vec![unselect], &mut nothing).await?;
        Ok(())
    }

    /// The command that leaves the selected mailbox; from here on it counts as left.
    fn unselect(&mut self) -> Result<Prepared, ImapError> {
        self.selected = false;
        let connection = self.connection()?;
        connection.mailbox = None;
        let unselect = connection.capabilities().unselect;
        Ok(connection.prepare(|c| match unselect {
            true => c.atom("UNSELECT"),
            // A SELECT that fails leaves none selected (RFC 9051 6.3.2); CLOSE would purge (S9).
            false => c.atom("EXAMINE").string(""),
        })?)
    }
}

#[derive(Default)]
struct Gathered {
    entries: HashMap<MailboxName, ListEntry>,
    /// The order the server gave.
    order: Vec<MailboxName>,
    subscribed: Vec<MailboxName>,
    status: HashMap<MailboxName, MailboxStatus>,
    namespaces: Option<Namespaces>,
    unread: bool,
}

impl Gathered {
    fn take(&mut self, data: Data) -> Option<Untagged> {
        match data {
            Data::Untagged(Untagged::List(entry)) => {
                if !self.entries.contains_key(&entry.name) {
                    self.order.push(entry.name.clone());
                }
                self.entries.insert(entry.name.clone(), entry);
            }
            Data::Untagged(Untagged::Lsub(entry)) => {
                // `\Noselect` in LSUB: not subscribed itself, only something below it.
                if !entry.has("\\Noselect") {
                    self.subscribed.push(entry.name);
                }
            }
            Data::Untagged(Untagged::StatusData(name, status)) => {
                self.status.insert(name, status);
            }
            Data::Untagged(Untagged::Namespace(namespaces)) => self.namespaces = Some(namespaces),
            Data::Untagged(other) if is_unread(&other, b"LIST") => self.unread = true,
            Data::Untagged(other) => return Some(other),
            Data::TooLarge => self.unread = true,
        }
        None
    }

    /// Patterns for the namespaces of which nothing was listed.
    fn unlisted(&self) -> Vec<MailboxName> {
        let Some(namespaces) = &self.namespaces else {
            return Vec::new();
        };
        let all = namespaces.personal.iter();
        let all = all.chain(&namespaces.other_users).chain(&namespaces.shared);
        all.map(|namespace| namespace.prefix.as_str())
            .filter(|prefix| {
                !prefix.is_empty()
                    && !self
                        .order
                        .iter()
                        .any(|name| name.as_str().starts_with(prefix))
            })
            .take(MOST_APART)
            .map(|prefix| MailboxName::new(format!("{prefix}*")))
            .collect()
    }

    fn finish(mut self, extended: bool) -> Listing {
        let order = std::mem::take(&mut self.order);
        let listed = order.into_iter().filter_map(|name| {
            let entry = self.entries.remove(&name)?;
            let missing = entry.has("\\NonExistent");
            Some(ListedMailbox {
                delimiter: entry.delimiter,
                selectable: !missing && !entry.has("\\Noselect"),
                inferiors: entry.delimiter.is_some() && !entry.has("\\Noinferiors"),
                special_use: SpecialUse::of(&entry),
                subscribed: match extended {
                    true => entry.has("\\Subscribed"),
                    false => self.subscribed.contains(&name),
                },
                status: self.status.remove(&name),
                name,
            })
        });
        Listing {
            mailboxes: listed.collect(),
            namespaces: self.namespaces,
        }
    }
}

/// Namespaces listed apart from the rest: a command each, on every look.
const MOST_APART: usize = 16;

impl SpecialUse {
    fn of(entry: &ListEntry) -> Option<Self> {
        // The last names are XLIST's, which Gmail and old Dovecots spoke first.
        const NAMES: [(&str, SpecialUse); 11] = [
            ("\\All", SpecialUse::All),
            ("\\Archive", SpecialUse::Archive),
            ("\\Drafts", SpecialUse::Drafts),
            ("\\Flagged", SpecialUse::Flagged),
            ("\\Important", SpecialUse::Important),
            ("\\Junk", SpecialUse::Junk),
            ("\\Sent", SpecialUse::Sent),
            ("\\Trash", SpecialUse::Trash),
            ("\\AllMail", SpecialUse::All),
            ("\\Starred", SpecialUse::Flagged),
            ("\\Spam", SpecialUse::Junk),
        ];
        NAMES
            .iter()
            .find(|(name, _)| entry.has(name))
            .map(|(_, special_use)| *special_use)
    }
}

fn list_command(c: Command, offered: &Capabilities, pattern: &str) -> Command {
    let c = c.atom("LIST").string("").string(pattern);
    if !offered.list_extended {
        return c;
    }
    let c = c.atom("RETURN").open().atom("SUBSCRIBED");
    let c = if offered.special_use {
        c.atom("SPECIAL-USE")
    } else {
        c
    };
    let c = if offered.list_status {
        // What a mailbox is known again by, and no more: the rest is for [`Session::status`].
        let id = offered.object_id.then_some("MAILBOXID");
        c.atom("STATUS")
            .atoms(["UIDVALIDITY"].into_iter().chain(id))
    } else {
        c
    };
    c.close()
}

/// Items the server did not offer would make it refuse the whole command.
fn status_items(offered: &Capabilities) -> impl Iterator<Item = &'static str> {
    let always = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"];
    let modseq = offered.condstore.then_some("HIGHESTMODSEQ");
    // Not MAILBOXID: beside any item for which it opens the mailbox, Cyrus (3.6) answers it out of
    // memory it has freed, line ends and all. The listing asks for it.
    always.into_iter().chain(modseq)
}
