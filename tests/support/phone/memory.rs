//! What a phone knows: folders, items and keys, exactly as the server told it.
//!
//! A real phone forgives much; this one notes what a real one would stumble over or show wrongly,
//! as surprises: an item added twice, a change of something unknown.

use std::collections::{BTreeMap, BTreeSet};

use airgate_codec::eas::email::{Attachment, AttachmentChange, Email, EmailChange};
use airgate_codec::eas::folder_sync::{self, Folder, FolderType};
use airgate_codec::eas::sync::{self, ItemData, ItemResponse, ServerCommand};

use super::objects::Properties;
use super::{notes, objects};

/// A phone's own copy.
#[derive(Clone, Debug)]
pub struct Memory {
    pub policy_key: u32,
    pub folder_key: String,
    /// By server id.
    pub folders: BTreeMap<String, Folder>,
    /// By collection id.
    pub collections: BTreeMap<String, Held>,
    /// What should not have come.
    pub surprises: Vec<String>,
    /// Items this phone moved: the server tells of them once more in both folders, and that is
    /// nothing new. (Outlook takes the Add for another mail: it never gets into this set.)
    pub moved: BTreeSet<String>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            policy_key: 0,
            folder_key: "0".to_owned(),
            folders: BTreeMap::new(),
            collections: BTreeMap::new(),
            surprises: Vec::new(),
            moved: BTreeSet::new(),
        }
    }
}

/// One collection on the phone.
#[derive(Clone, Debug)]
pub struct Held {
    pub key: String,
    /// By server id.
    pub items: BTreeMap<String, Email>,
    /// Those that are no mails and no notes, by server id.
    pub objects: BTreeMap<String, Properties>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            key: "0".to_owned(),
            items: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }
}

impl Memory {
    /// The collection's key, `0` where it was never synced.
    pub fn key(&self, collection: &str) -> String {
        self.collections
            .get(collection)
            .map_or_else(|| "0".to_owned(), |held| held.key.clone())
    }

    /// The first folder of a type.
    pub fn folder_of(&self, kind: FolderType) -> Option<&Folder> {
        self.folders.values().find(|folder| folder.kind == kind)
    }

    /// The folder of a name.
    pub fn folder_named(&self, name: &str) -> Option<&Folder> {
        self.folders
            .values()
            .find(|folder| folder.display_name == name)
    }

    /// Takes over what FolderSync said.
    pub fn apply_folders(&mut self, response: &folder_sync::Response) {
        use folder_sync::status;
        match response.status {
            status::OK => {}
            status::INVALID_SYNC_KEY => {
                // All collections of it go as well, with their items.
                "0".clone_into(&mut self.folder_key);
                self.folders.clear();
                self.collections.clear();
                return;
            }
            _ => return,
        }
        if self.folder_key == "0" {
            self.folders.clear();
        }
        if let Some(key) = &response.sync_key {
            self.folder_key.clone_from(key);
        }
        let Some(changes) = &response.changes else {
            return;
        };
        // In the order they are written in.
        for folder in &changes.updates {
            let before = self
                .folders
                .insert(folder.server_id.clone(), folder.clone());
            if before.is_none() {
                self.surprise(format!("folder {} updated, not there", folder.display_name));
            }
        }
        for id in &changes.deletes {
            if !self.folders.contains_key(id) {
                self.surprise(format!("folder {id} deleted, which is not there"));
            }
            // Windows Phone drops what is below along with it.
            self.drop_folder(id);
        }
        for folder in &changes.adds {
            if folder.parent_id != "0" && !self.folders.contains_key(&folder.parent_id) {
                self.surprise(format!("folder {} before its parent", folder.display_name));
            }
            let before = self
                .folders
                .insert(folder.server_id.clone(), folder.clone());
            if before.is_some() {
                self.surprise(format!("folder {} added twice", folder.display_name));
            }
        }
        // A folder that a phone cannot tell from its sibling is a fault of its own.
        let mut names: Vec<_> = self
            .folders
            .values()
            .map(|folder| (folder.parent_id.clone(), folder.display_name.clone()))
            .collect();
        names.sort();
        for pair in names.windows(2) {
            if pair[0] == pair[1] {
                let text = format!("two folders called {}", pair[0].1);
                self.surprises.push(text);
            }
        }
    }

    /// Takes over what Sync said; `sent` tells what the phone had asked with which key.
    pub fn apply_sync(&mut self, sent: &sync::Request, response: &sync::Response) {
        for collection in &response.collections {
            let id = &collection.head.collection_id;
            let asked = sent
                .collections
                .iter()
                .flatten()
                .find(|asked| asked.collection_id == *id);
            self.apply_collection(asked, collection, sent.window_size.is_some());
        }
    }

    fn apply_collection(
        &mut self,
        asked: Option<&sync::Collection>,
        collection: &sync::CollectionResponse,
        shared_window: bool,
    ) {
        use sync::status;
        let head = &collection.head;
        let mut surprises = Vec::new();
        let held = self
            .collections
            .entry(head.collection_id.clone())
            .or_default();
        match head.status {
            status::OK => {}
            status::INVALID_SYNC_KEY => {
                *held = Held::default();
                return;
            }
            _ => return,
        }
        if asked.is_some_and(|asked| asked.sync_key.as_deref() == Some("0")) {
            held.items.clear();
            held.objects.clear();
        }
        held.key.clone_from(&head.sync_key);
        // What the phone itself did, unless the server refuses it below.
        for command in asked.iter().flat_map(|asked| &asked.commands) {
            held.applied(command);
        }
        for response in &collection.responses {
            held.answered(response, asked);
        }
        for command in &collection.commands {
            let id = match command {
                ServerCommand::Add { server_id, .. }
                | ServerCommand::Change { server_id, .. }
                | ServerCommand::Delete { server_id }
                | ServerCommand::SoftDelete { server_id } => server_id,
            };
            if let (Some(surprise), false) = (held.told(command), self.moved.remove(id)) {
                surprises.push(format!("{surprise} in {}", head.collection_id));
            }
        }
        // Where one window is for all collections, a later one may get no room at all.
        if head.more_available && collection.commands.is_empty() && !shared_window {
            surprises.push(format!("more is available, but none came: {head:?}"));
        }
        self.surprises.append(&mut surprises);
    }

    /// Forgets a folder with all below it, and what was in them.
    pub fn drop_folder(&mut self, id: &str) {
        let children: Vec<String> = self
            .folders
            .values()
            .filter(|folder| folder.parent_id == id)
            .map(|folder| folder.server_id.clone())
            .collect();
        for child in children {
            self.drop_folder(&child);
        }
        self.folders.remove(id);
        self.collections.remove(id);
    }

    fn surprise(&mut self, what: String) {
        self.surprises.push(what);
    }
}

impl Held {
    fn applied(&mut self, command: &sync::Command) {
        match command {
            sync::Command::Delete {
                server_id,
                instance_id: None,
            } => {
                self.items.remove(server_id);
                self.objects.remove(server_id);
            }
            sync::Command::Change {
                server_id,
                data: sync::ApplicationData::Other(raw),
                ..
            } => {
                notes::wrote(self, server_id, raw, false);
                objects::wrote(self, server_id, raw);
            }
            sync::Command::Change {
                server_id, data, ..
            } => {
                let (Some(item), sync::ApplicationData::Email(change)) =
                    (self.items.get_mut(server_id), data)
                else {
                    return;
                };
                if change.read.is_some() {
                    item.read = change.read;
                }
                if change.flag.is_some() {
                    item.flag.clone_from(&change.flag);
                }
                if change.categories.is_some() {
                    item.categories.clone_from(&change.categories);
                }
                edit(item, change);
            }
            _ => {}
        }
    }

    fn answered(&mut self, response: &ItemResponse, asked: Option<&sync::Collection>) {
        if let ItemResponse::Add {
            client_id,
            server_id: Some(id),
            status: sync::status::OK,
            data,
            ..
        } = response
        {
            let commands = || asked.iter().flat_map(|asked| &asked.commands);
            for command in commands() {
                if let sync::Command::Add {
                    client_id: name,
                    data: sync::ApplicationData::Other(raw),
                    ..
                } = command
                    && name == client_id
                {
                    notes::wrote(self, id, raw, true);
                    objects::wrote(self, id, raw);
                }
            }
            let mut commands = commands();
            let change = commands.find_map(|command| match command {
                sync::Command::Add {
                    client_id: name,
                    data: sync::ApplicationData::Email(change),
                    class: None,
                    ..
                } if name == client_id => Some(change),
                _ => None,
            });
            if let Some(change) = change {
                let told = data.as_ref().and_then(|data| data.to_email().ok());
                let mut item = told.unwrap_or_default();
                item.read = Some(change.read.unwrap_or(true));
                item.flag.clone_from(&change.flag);
                edit(&mut item, change);
                self.items.insert(id.clone(), item);
            }
        }
        if let ItemResponse::Change {
            server_id,
            status: sync::status::OK,
            data: Some(data),
            ..
        } = response
            && let Some(item) = self.items.get_mut(server_id)
            && let Ok(added) = data.to_email()
        {
            item.attachments.extend(added.attachments);
        }
        if let ItemResponse::Fetch {
            server_id,
            data: Some(ItemData::Email(fetched)),
            ..
        } = response
        {
            self.items.insert(server_id.clone(), (**fetched).clone());
        }
    }

    /// What is odd about it, if anything.
    fn told(&mut self, command: &ServerCommand) -> Option<String> {
        let note = notes::told(command);
        match note.as_ref().unwrap_or(command) {
            ServerCommand::Add {
                server_id,
                data: ItemData::Email(email),
            } => {
                let before = self.items.insert(server_id.clone(), (**email).clone());
                before.map(|_| format!("{server_id} added twice"))
            }
            ServerCommand::Change {
                server_id,
                data: ItemData::Email(email),
            } => match self.items.get_mut(server_id) {
                Some(item) => {
                    merge(item, email);
                    None
                }
                None => Some(format!("{server_id} changed, not there")),
            },
            ServerCommand::Delete { server_id } | ServerCommand::SoftDelete { server_id } => {
                let item = self.items.remove(server_id).is_some();
                let object = self.objects.remove(server_id).is_some();
                (!item && !object).then(|| format!("{server_id} deleted, not there"))
            }
            ServerCommand::Add { .. } | ServerCommand::Change { .. } => {
                objects::told(self, command)
            }
        }
    }
}

/// What a phone shows of a draft after it wrote it.
fn edit(item: &mut Email, change: &EmailChange) {
    for (shown, said) in [
        (&mut item.to, &change.to),
        (&mut item.cc, &change.cc),
        (&mut item.bcc, &change.bcc),
        (&mut item.reply_to, &change.reply_to),
        (&mut item.subject, &change.subject),
    ] {
        if said.is_some() {
            shown.clone_from(said);
        }
    }
    if change.importance.is_some() {
        item.importance = change.importance;
    }
    for one in &change.attachments {
        if let AttachmentChange::Delete { file_reference } = one {
            let kept = |attachment: &Attachment| attachment.file_reference != *file_reference;
            item.attachments.retain(kept);
        }
    }
}

/// A Change of mail carries what changed, or all of it; what is absent stays.
fn merge(item: &mut Email, change: &Email) {
    if change.subject.is_some() || change.body.is_some() {
        *item = change.clone();
        return;
    }
    if change.read.is_some() {
        item.read = change.read;
    }
    if change.flag.is_some() {
        item.flag.clone_from(&change.flag);
    }
    if change.categories.is_some() {
        item.categories.clone_from(&change.categories);
    }
    if change.last_verb.is_some() {
        item.last_verb = change.last_verb;
        item.last_verb_time = change.last_verb_time;
    }
}
