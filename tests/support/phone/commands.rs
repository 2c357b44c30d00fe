//! The commands a phone gives, as one line each for the tests.

use std::borrow::Cow;
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::compose_mail::{Failure, SendMail, SmartMail, Source, Verb};
use airgate_codec::eas::email::{BodyType, EmailChange, FollowUp};
use airgate_codec::eas::item_operations::{self, Content, Fetch, Operation, Outcome, Store};
use airgate_codec::eas::provision::{self, PolicyRequest, WAP_POLICY, WBXML_POLICY};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::settings::{self, DeviceInformation};
use airgate_codec::eas::{
    BodyPreference, Class, folder_sync, get_item_estimate, move_items, ping, sync,
};

use super::{Answer, Phone, Trouble, set};

/// Rounds of Sync before a phone gives up: the one that gives up first allows 100.
const ROUNDS: usize = 100;

impl Phone {
    /// Both phases of Provision, whatever the policy says.
    pub async fn provision(&mut self) -> provision::Response {
        let information = (self.version() >= ProtocolVersion::V14_1).then(|| DeviceInformation {
            model: Some(self.profile.name.to_owned()),
            user_agent: Some(self.profile.agent.to_owned()),
            os: Some(format!("{} 1.0", self.profile.name)),
            ..DeviceInformation::default()
        });
        let policy_type = if self.version() < ProtocolVersion::V12_0 {
            WAP_POLICY
        } else {
            WBXML_POLICY
        };
        let ask = provision::Request {
            device_information: information,
            policy: Some(PolicyRequest {
                policy_type: policy_type.to_owned(),
                key: None,
                status: None,
            }),
            ..provision::Request::default()
        };
        let first = self.provision_step(&ask).await;
        let Some(key) = first.policy.as_ref().and_then(|policy| policy.key) else {
            return first;
        };
        let acknowledge = provision::Request {
            policy: Some(PolicyRequest {
                policy_type: policy_type.to_owned(),
                key: Some(key.to_string()),
                status: Some(1),
            }),
            ..provision::Request::default()
        };
        self.memory.policy_key = key;
        let second = self.provision_step(&acknowledge).await;
        if let Some(key) = second.policy.as_ref().and_then(|policy| policy.key) {
            self.memory.policy_key = key;
        }
        second
    }

    async fn provision_step(&mut self, request: &provision::Request) -> provision::Response {
        let body = request.write(self.version());
        let answer = must(
            self.command(CommandName::Provision, body).await,
            "Provision",
        );
        provision::Response::read(&answer.body).expect("a Provision response")
    }

    /// FolderSync; what it says is taken over.
    pub async fn folder_sync(&mut self) -> folder_sync::Response {
        let response = must(self.try_folder_sync().await, "FolderSync");
        assert_eq!(response.status, folder_sync::status::OK, "{response:?}");
        response
    }

    /// # Errors
    /// No answer, or not 200.
    pub async fn try_folder_sync(&mut self) -> Result<folder_sync::Response, Trouble> {
        let request = folder_sync::Request {
            sync_key: self.memory.folder_key.clone(),
        };
        let body = request.write(self.version());
        let answer = self.command(CommandName::FolderSync, body).await?;
        let response = folder_sync::Response::read(&answer.body).expect("a FolderSync response");
        self.memory.apply_folders(&response);
        Ok(response)
    }

    /// What this phone says of a collection in every Sync, with its current key.
    pub fn collection(&self, folder: &str) -> sync::Collection {
        let collection_id = self.id(folder);
        let key = self.memory.key(&collection_id);
        let initial = key == "0";
        let old = self.version() < ProtocolVersion::V12_0;
        sync::Collection {
            class: (self.version() <= ProtocolVersion::V12_1)
                .then(|| self.class_of(&collection_id)),
            deletes_as_moves: Some(true),
            get_changes: (!initial && self.profile.says_get_changes).then_some(true),
            window_size: (!initial).then_some(self.profile.window),
            options: (!initial).then(|| {
                vec![sync::Options {
                    filter_type: Some(self.profile.filter),
                    truncation: old.then_some(7),
                    body_preferences: if old {
                        Vec::new()
                    } else {
                        self.profile.bodies.clone()
                    },
                    mime_support: Some(self.profile.mime_support),
                    ..sync::Options::default()
                }]
            }),
            sync_key: Some(key),
            collection_id,
            ..sync::Collection::default()
        }
    }

    /// Sends a Sync and takes over what it says.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_sync(&mut self, request: sync::Request) -> Result<sync::Response, Trouble> {
        let mut sent = self.prepare(&self.line(CommandName::Sync), request.write(self.version()));
        let minutes = request.wait.map_or(0, |minutes| minutes * 60);
        let seconds = request.heartbeat.unwrap_or(minutes);
        sent.held = Duration::from_secs(u64::from(seconds));
        self.last_sync = Some((sent.clone(), request.clone()));
        let answer = self.command_with(&sent).await?;
        Ok(self.take_sync(&request, &answer))
    }

    /// Repeats the last Sync byte by byte, as a phone does whose answer was lost. What it says is
    /// taken over by the memory as it is: [`Self::crash`] first where the answer had come.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn repeat_sync(&mut self) -> Result<sync::Response, Trouble> {
        let (sent, request) = self.last_sync.clone().expect("a Sync to repeat");
        let answer = self.command_with(&sent).await?;
        Ok(self.take_sync(&request, &answer))
    }

    fn take_sync(&mut self, request: &sync::Request, answer: &Answer) -> sync::Response {
        let response = sync::Response::read(&answer.body).expect("a Sync response");
        self.memory.apply_sync(request, &response);
        response
    }

    /// One Sync of these collections.
    pub async fn sync_collections(&mut self, collections: Vec<sync::Collection>) -> sync::Response {
        let request = sync::Request {
            collections: Some(collections),
            ..sync::Request::default()
        };
        must(self.try_sync(request).await, "Sync")
    }

    /// One Sync of one folder.
    pub async fn sync(&mut self, folder: &str) -> sync::Response {
        let collection = self.collection(folder);
        self.sync_collections(vec![collection]).await
    }

    /// Syncs a folder until there is no more, from key 0 where it must. Gives the rounds it took.
    ///
    /// # Panics
    /// When it takes more rounds than a phone has patience, or a status is not 1.
    pub async fn sync_all(&mut self, folder: &str) -> usize {
        for round in 1..=ROUNDS {
            let initial = self.memory.key(&self.id(folder)) == "0";
            let response = self.sync(folder).await;
            assert_eq!(response.status, None, "{response:?}");
            if initial {
                continue;
            }
            match response.collections.first() {
                None => return round,
                Some(collection) => {
                    assert_eq!(collection.head.status, sync::status::OK, "{response:?}");
                    if !collection.head.more_available {
                        return round;
                    }
                }
            }
        }
        panic!("no end after {ROUNDS} rounds");
    }

    /// A Sync that carries commands of the phone.
    pub async fn do_in(&mut self, folder: &str, commands: Vec<sync::Command>) -> sync::Response {
        let mut collection = self.collection(folder);
        collection.commands = commands;
        self.sync_collections(vec![collection]).await
    }

    /// Marks an item read or not.
    pub async fn mark_read(&mut self, folder: &str, item: &str, read: bool) -> sync::Response {
        let change = EmailChange {
            read: Some(read),
            ..EmailChange::default()
        };
        self.do_in(folder, vec![changed(item, change)]).await
    }

    /// Sets or clears an item's follow-up flag.
    pub async fn flag(&mut self, folder: &str, item: &str, active: bool) -> sync::Response {
        let flag = if active {
            FollowUp {
                status: 2,
                flag_type: Some("Flag for follow up".to_owned()),
                ..FollowUp::default()
            }
        } else {
            FollowUp::default()
        };
        let change = EmailChange {
            flag: Some(flag),
            ..EmailChange::default()
        };
        self.do_in(folder, vec![changed(item, change)]).await
    }

    /// Writes a new draft.
    pub async fn add_draft(&mut self, client_id: &str, draft: EmailChange) -> sync::Response {
        self.do_in("Drafts", vec![added(client_id, draft)]).await
    }

    /// Edits a draft.
    pub async fn edit_draft(&mut self, item: &str, change: EmailChange) -> sync::Response {
        self.do_in("Drafts", vec![changed(item, change)]).await
    }

    /// Deletes items: to the trash, or for good.
    pub async fn delete(
        &mut self,
        folder: &str,
        items: &[String],
        for_good: bool,
    ) -> sync::Response {
        let mut collection = self.collection(folder);
        collection.deletes_as_moves = Some(!for_good);
        collection.commands = items
            .iter()
            .map(|item| sync::Command::Delete {
                server_id: item.clone(),
                instance_id: None,
            })
            .collect();
        self.sync_collections(vec![collection]).await
    }

    /// The shortest Sync there is: the same again. Needs 12.1 and an earlier one.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_empty_sync(&mut self) -> Result<sync::Response, Trouble> {
        let sent = self.prepare(&self.line(CommandName::Sync), Vec::new());
        let answer = self.command_with(&sent).await?;
        // What is told is told of the collections of the stored request, whose keys are ours.
        let request = self
            .last_sync
            .as_ref()
            .map_or_else(sync::Request::default, |(_, request)| request.clone());
        Ok(self.take_sync(&request, &answer))
    }

    /// One item to several folders at once, which cannot be. The phone's copy stays as it is.
    pub async fn move_to_each(
        &mut self,
        from: &str,
        item: &str,
        folders: &[String],
    ) -> move_items::Response {
        let moves = folders.iter().map(|folder| move_items::Move {
            source_item: item.to_owned(),
            source_folder: self.id(from),
            destination_folder: folder.clone(),
        });
        let request = move_items::Request {
            moves: moves.collect(),
        };
        let body = request.write(self.version());
        let answer = must(
            self.command(CommandName::MoveItems, body).await,
            "MoveItems",
        );
        move_items::Response::read(&answer.body).expect("a MoveItems response")
    }

    /// MoveItems; gives the new ids, the phone's copy follows.
    pub async fn move_items(
        &mut self,
        from: &str,
        to: &str,
        items: &[String],
    ) -> move_items::Response {
        let (from, to) = (self.id(from), self.id(to));
        let request = move_items::Request {
            moves: items
                .iter()
                .map(|item| move_items::Move {
                    source_item: item.clone(),
                    source_folder: from.clone(),
                    destination_folder: to.clone(),
                })
                .collect(),
        };
        let body = request.write(self.version());
        let answer = must(
            self.command(CommandName::MoveItems, body).await,
            "MoveItems",
        );
        let response = move_items::Response::read(&answer.body).expect("a MoveItems response");
        for moved in &response.results {
            if moved.status != move_items::status::OK {
                continue;
            }
            let Some(new) = &moved.destination_item else {
                continue;
            };
            let item = self
                .memory
                .collections
                .get_mut(&from)
                .and_then(|held| held.items.remove(&moved.source_item));
            self.memory.carry(&from, &moved.source_item, &to, new);
            if let (Some(item), Some(held)) = (item, self.memory.collections.get_mut(&to)) {
                held.items.insert(new.clone(), item);
            }
            self.memory.moved.insert(moved.source_item.clone());
            if self.profile.device_type != "WindowsOutlook15" {
                self.memory.moved.insert(new.clone());
            }
        }
        response
    }

    /// How many changes the server counts for a folder.
    pub async fn estimate(&mut self, folder: &str) -> get_item_estimate::Response {
        let collection = self.collection(folder);
        let old = self.version() <= ProtocolVersion::V12_1;
        let request = get_item_estimate::Request {
            collections: vec![get_item_estimate::Collection {
                class: old.then(|| self.class_of(&collection.collection_id)),
                sync_key: collection.sync_key,
                collection_id: collection.collection_id,
                filter_type: old.then_some(self.profile.filter),
                conversation_mode: None,
                options: (!old).then(|| {
                    vec![sync::Options {
                        filter_type: Some(self.profile.filter),
                        ..sync::Options::default()
                    }]
                }),
            }],
        };
        let body = request.write(self.version());
        let answer = must(
            self.command(CommandName::GetItemEstimate, body).await,
            "GetItemEstimate",
        );
        get_item_estimate::Response::read(&answer.body).expect("a GetItemEstimate response")
    }

    /// Waits for news in these folders.
    pub async fn ping(&mut self, folders: &[&str], heartbeat: u32) -> ping::Response {
        let request = ping::Request {
            heartbeat: Some(heartbeat),
            folders: Some(
                folders
                    .iter()
                    .map(|folder| ping::Folder {
                        id: self.id(folder),
                        class: Some(Class::Email),
                    })
                    .collect(),
            ),
        };
        must(self.try_ping(&request).await, "Ping")
    }

    /// # Errors
    /// No answer, or not 200.
    pub async fn try_ping(&mut self, request: &ping::Request) -> Result<ping::Response, Trouble> {
        let mut sent = self.prepare(&self.line(CommandName::Ping), request.write(self.version()));
        sent.held = Duration::from_secs(u64::from(request.heartbeat.unwrap_or(60)));
        let answer = self.command_with(&sent).await?;
        Ok(ping::Response::read(&answer.body).expect("a Ping response"))
    }

    /// The whole body of an item, as this kind.
    pub async fn fetch_body(&mut self, folder: &str, item: &str, kind: BodyType) -> Option<String> {
        let fetch = Fetch {
            store: Some(Store::Mailbox),
            collection_id: Some(self.id(folder)),
            server_id: Some(item.to_owned()),
            options: item_operations::FetchOptions {
                mime_support: (kind == BodyType::Mime).then_some(2),
                body_preferences: vec![BodyPreference::of(kind)],
                ..item_operations::FetchOptions::default()
            },
            ..Fetch::default()
        };
        let (response, _) = self.item_operations(vec![fetch], false).await;
        match response.outcomes.into_iter().next() {
            Some(Outcome::Fetch {
                properties: Some(item_operations::Properties::Item(sync::ItemData::Email(email))),
                ..
            }) => email.body.and_then(|body| body.data),
            other => panic!("no body of {item}: {other:?}"),
        }
    }

    /// An attachment's bytes, inline in the answer or in a part of it.
    pub async fn fetch_attachment(&mut self, reference: &str, multipart: bool) -> Vec<u8> {
        let fetch = Fetch {
            store: Some(Store::Mailbox),
            file_reference: Some(reference.to_owned()),
            ..Fetch::default()
        };
        let (response, answer) = self.item_operations(vec![fetch], multipart).await;
        match response.outcomes.into_iter().next() {
            Some(Outcome::Fetch {
                properties: Some(item_operations::Properties::Attachment(attachment)),
                ..
            }) => match attachment.content {
                Some(Content::Data(data)) => data,
                Some(Content::Part(part)) => {
                    let index = usize::try_from(part).expect("a small number") - 1;
                    answer.parts[index].to_vec()
                }
                None => panic!("no content of {reference}"),
            },
            other => panic!("no attachment {reference}: {other:?}"),
        }
    }

    /// ItemOperations with these fetches.
    pub async fn item_operations(
        &mut self,
        fetches: Vec<Fetch>,
        multipart: bool,
    ) -> (item_operations::Response, Answer) {
        let request = item_operations::Request {
            operations: fetches
                .into_iter()
                .map(|fetch| Operation::Fetch(Box::new(fetch)))
                .collect(),
        };
        let mut line = self.line(CommandName::ItemOperations);
        line.accept_multipart = multipart;
        let sent = self.prepare(&line, request.write(self.version()));
        let answer = must(self.command_with(&sent).await, "ItemOperations");
        let response =
            item_operations::Response::read(&answer.body).expect("an ItemOperations response");
        (response, answer)
    }

    /// Settings: who the phone is, and who the user is.
    pub async fn settings(&mut self) -> settings::Response {
        let request = settings::Request {
            asks: vec![
                settings::Ask::DeviceInformation(DeviceInformation {
                    model: Some(self.profile.name.to_owned()),
                    os: Some(format!("{} 1.0", self.profile.name)),
                    user_agent: Some(self.profile.agent.to_owned()),
                    ..DeviceInformation::default()
                }),
                settings::Ask::UserInformation,
            ],
        };
        let body = request.write(self.version());
        let answer = must(self.command(CommandName::Settings, body).await, "Settings");
        settings::Response::read(&answer.body).expect("a Settings response")
    }

    /// Sends a mail and insists that it worked.
    pub async fn send_mail(&mut self, client_id: &str, mime: &[u8]) {
        let failure = must(self.try_send_mail(client_id, mime).await, "SendMail");
        assert_eq!(failure, None);
    }

    /// Sends a mail, in the form of the version; gives the status of a refusal.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_send_mail(
        &mut self,
        client_id: &str,
        mime: &[u8],
    ) -> Result<Option<u16>, Trouble> {
        let mut line = self.line(CommandName::SendMail);
        let sent = if self.version() < ProtocolVersion::V14_0 {
            line.save_in_sent = true;
            let mut sent = self.prepare(&line, mime.to_vec());
            set(&mut sent.headers, "content-type", "message/rfc822");
            sent
        } else {
            let mail = SendMail {
                client_id: client_id.to_owned(),
                save_in_sent_items: true,
                mime: Cow::Borrowed(mime),
                ..SendMail::default()
            };
            self.prepare(&line, mail.write(self.version()))
        };
        refusal(self.command_with(&sent).await?)
    }

    /// Replies to or forwards an item; gives the status of a refusal.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_smart(
        &mut self,
        verb: Verb,
        client_id: &str,
        (folder, item): (&str, &str),
        mime: &[u8],
    ) -> Result<Option<u16>, Trouble> {
        let source = Source {
            folder_id: Some(self.id(folder)),
            item_id: Some(item.to_owned()),
            ..Source::default()
        };
        self.try_smart_from(verb, client_id, source, mime).await
    }

    /// The same for an original named in any way.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_smart_from(
        &mut self,
        verb: Verb,
        client_id: &str,
        source: Source,
        mime: &[u8],
    ) -> Result<Option<u16>, Trouble> {
        if self.version() >= ProtocolVersion::V14_0 {
            let mail = smart_mail(verb, client_id, source, mime);
            return self.try_smart_mail(&mail).await;
        }
        let mut line = self.line(name_of(verb));
        line.save_in_sent = true;
        line.collection_id = source.folder_id;
        line.item_id = source.item_id;
        line.long_id = source.long_id;
        line.occurrence = source.instance_id;
        let mut sent = self.prepare(&line, mime.to_vec());
        set(&mut sent.headers, "content-type", "message/rfc822");
        refusal(self.command_with(&sent).await?)
    }

    /// A SmartReply or SmartForward as it is (14.0 and later).
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_smart_mail(&mut self, mail: &SmartMail<'_>) -> Result<Option<u16>, Trouble> {
        let body = mail.write(self.version());
        self.try_compose(name_of(mail.verb), body).await
    }

    /// Any body of the sending commands.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn try_compose(
        &mut self,
        name: CommandName,
        body: Vec<u8>,
    ) -> Result<Option<u16>, Trouble> {
        let sent = self.prepare(&self.line(name), body);
        refusal(self.command_with(&sent).await?)
    }
}

/// A smart command that saves and adds the original.
pub fn smart_mail<'a>(
    verb: Verb,
    client_id: &str,
    source: Source,
    mime: &'a [u8],
) -> SmartMail<'a> {
    SmartMail {
        verb,
        client_id: Some(client_id.to_owned()),
        source,
        account_id: None,
        save_in_sent_items: true,
        replace_mime: false,
        mime: Some(Cow::Borrowed(mime)),
        template_id: None,
        body: None,
        forwardees: None,
    }
}

const fn name_of(verb: Verb) -> CommandName {
    match verb {
        Verb::SendMail => CommandName::SendMail,
        Verb::SmartReply => CommandName::SmartReply,
        Verb::SmartForward => CommandName::SmartForward,
    }
}

/// An Add of a draft.
pub fn added(client_id: &str, draft: EmailChange) -> sync::Command {
    sync::Command::Add {
        class: None,
        client_id: client_id.to_owned(),
        data: sync::ApplicationData::Email(Box::new(draft)),
        send: false,
    }
}

/// A Change of one item.
pub fn changed(item: &str, change: EmailChange) -> sync::Command {
    sync::Command::Change {
        server_id: item.to_owned(),
        instance_id: None,
        data: sync::ApplicationData::Email(Box::new(change)),
        send: false,
    }
}

/// Success of the sending commands has no body.
fn refusal(answer: Answer) -> Result<Option<u16>, Trouble> {
    if answer.body.is_empty() {
        return Ok(None);
    }
    let failure = Failure::read(&answer.body).expect("a failure of a sending command");
    Ok(Some(failure.status))
}

fn must<T>(result: Result<T, Trouble>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(Trouble::NoAnswer(fault)) => panic!("{what}: {fault}"),
        Err(Trouble::Http(answer)) => {
            panic!("{what}: HTTP {}: {}", answer.status, answer.text())
        }
    }
}
