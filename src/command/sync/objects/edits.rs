//! One change of one object: read, merged, written under the version it was read in, read again
//! (S12, S13).

use airgate_codec::eas::Raw;
use airgate_codec::eas::sync::ItemData;
use tracing::{info, warn};

use super::apply::{TRIES, Target, not_due, tell};
use crate::backend::dav::{DavError, Guard};
use crate::command::objects::{Read, mark_of, refusal};
use crate::command::sync::apply::status;
use crate::failure::{self, Failure};
use crate::item::object::{self, Base, Digest, Edit};
use crate::store::UndoReason;
use crate::sync::objects::{Lasts, Mark, Version};

/// What is to be done to an object.
pub(super) struct Doing<'d> {
    pub(super) number: u32,
    pub(super) edit: Edit<'d>,
    /// What the phone was told of the version its change builds on.
    pub(super) told: Option<Digest>,
}

/// What came of a command.
pub(super) struct Done {
    pub(super) status: u16,
    /// What the phone holds since; `None` where it holds what it held.
    pub(super) version: Option<Version>,
    /// What the server set.
    pub(super) answer: Raw,
}

impl Done {
    pub(super) fn status(status: u16) -> Self {
        Self {
            status,
            version: None,
            answer: Raw::default(),
        }
    }

    /// What the response says of the object.
    pub(super) fn data(&self) -> Option<ItemData> {
        (!self.answer.is_empty()).then(|| ItemData::Other(self.answer.clone()))
    }
}

impl Target<'_, '_, '_> {
    /// Carries out a change. Whatever is refused, the phone has changed its own copy: the truth is sent
    /// again.
    pub(super) async fn change(&mut self, doing: Doing<'_>) -> Result<Done, Failure> {
        let number = doing.number;
        let is_stub = doing.told.as_ref() == Some(&Digest::of_stub());
        let done = if is_stub || self.source.is_read_only(number).await? {
            // Words about a stub say nothing of what it stands for, whatever that is by now (T59).
            Done::status(status::CONFLICT)
        } else {
            self.attempt(&doing).await?
        };
        if done.version.is_some() || done.status == status::NOT_FOUND {
            return Ok(done);
        }
        let lasts = self
            .state
            .view
            .held_version(number)
            .map(|version| version.lasts);
        let version = Version {
            mark: Mark::of_phone(format!("refused {number} {:?}", doing.edit).as_bytes()),
            lasts: lasts.unwrap_or_default(),
        };
        self.state.view.phone_has_instead(number, version);
        if let Some(told) = doing.told {
            // What it was told before is still the best guess of what it will say unchanged.
            self.state.held.insert((number, version.mark), told);
        }
        Ok(Done {
            version: Some(version),
            ..done
        })
    }

    async fn attempt(&mut self, doing: &Doing<'_>) -> Result<Done, Failure> {
        let number = doing.number;
        let (dav, data, login) = (self.source.dav, self.source.data, self.source.call.login);
        for _ in 0..TRIES {
            let (href, etag, text) = match self.source.read_one(number).await? {
                Read::There { href, etag, text } => (href, etag, text),
                Read::Gone => {
                    self.state.view.vanished(number);
                    return Ok(Done::status(status::NOT_FOUND));
                }
                Read::Failed | Read::Withheld => return Ok(Done::status(status::SERVER_ERROR)),
            };
            let base = |client_wins| Base {
                told: doing.told.as_ref(),
                supported: &self.options.supported,
                client_wins,
            };
            let kind = self.source.kind;
            let manner = self.source.manner(self.bodies);
            let merged = base(self.options.client_wins);
            let edited = match object::edit(kind, &text, doing.edit, &merged, &manner) {
                Ok(edited) => edited,
                Err(refused) => {
                    info!(why = refused.why, "a change of a phone's is refused");
                    return Ok(Done::status(refused.status));
                }
            };
            if edited.lost {
                // The loser is kept (S13): the object as the phone wanted it.
                info!(
                    number,
                    "others changed what a phone changed, which gives way"
                );
                if let Ok(wanted) = object::edit(kind, &text, doing.edit, &base(true), &manner) {
                    self.keep(UndoReason::Lost, &href, &wanted.text).await?;
                }
            }
            if edited.changed {
                let kept = self.keep(UndoReason::Overwritten, &href, &text).await?;
                let announcer = self.announcer().await?;
                let call = self.source.call;
                let new = match &announcer {
                    Some(announcer) => announcer.text(call, Some(&text), edited.text),
                    None => edited.text,
                };
                let due = match &announcer {
                    Some(announcer) => {
                        let (old, new) = (Some(&*text), Some(new.as_slice()));
                        announcer.due(call, &href, old, new).await?
                    }
                    None => None,
                };
                let octets = new.into();
                match dav
                    .put(login, &href, octets, data, Guard::Match(&etag))
                    .await
                {
                    Ok(_) => {
                        self.state.wrote.insert(number);
                        tell(call, announcer, due).await;
                    }
                    Err(DavError::Precondition | DavError::NotFound) => {
                        not_due(call, due).await?;
                        self.forget(kept).await?;
                        continue;
                    }
                    Err(error) if refusal(&error) => {
                        not_due(call, due).await?;
                        self.forget(kept).await?;
                        warn!(error = %failure::chain(&error), "a change is refused");
                        return Ok(Done::status(match error {
                            DavError::Denied(_) => status::CONFLICT,
                            DavError::OverQuota => status::OUT_OF_SPACE,
                            _ => status::CONVERSION_ERROR,
                        }));
                    }
                    // Whether it was written nobody knows: the entry stays.
                    Err(error) => return Err(error.into()),
                }
            }
            let done = self.settle(number, edited.holds, edited.answer).await?;
            return Ok(match edited.lost {
                true => Done {
                    status: status::CONFLICT,
                    ..done
                },
                false => done,
            });
        }
        info!(
            number,
            "an object changes faster than it can be written (S13)"
        );
        Ok(Done::status(status::CONFLICT))
    }

    /// The phone holds this since it made an object what it is; what the server made of it is read, and
    /// where that shows otherwise it is told (S6).
    pub(super) async fn settle(
        &mut self,
        number: u32,
        holds: Digest,
        answer: Raw,
    ) -> Result<Done, Failure> {
        let (actual, truth) = match self.source.read_one(number).await? {
            Read::There { href, etag, text } => {
                let shown = self.source.show(number, &href, &text, self.bodies);
                let lasts = Lasts::from(shown.span);
                (Some((mark_of(&etag, &text), lasts)), Some(shown.digest))
            }
            // Written, and gone before we looked.
            Read::Gone => (None, None),
            Read::Failed | Read::Withheld => (
                self.state
                    .view
                    .server(number)
                    .map(|mark| (mark, Lasts::default())),
                None,
            ),
        };
        let mark = match actual {
            Some((mark, _)) if truth.as_ref() == Some(&holds) => mark,
            _ => Mark::of_phone(&postcard::to_stdvec(&holds).unwrap_or_default()),
        };
        self.state.view.phone_has(number, mark, actual);
        self.state.held.insert((number, mark), holds);
        let lasts = actual.map_or_else(Lasts::default, |(_, lasts)| lasts);
        Ok(Done {
            status: status::OK,
            version: Some(Version { mark, lasts }),
            answer: self.source.named(answer, number),
        })
    }
}
