//! One collection of objects of a Sync request, from its key to its answer. The steps are those of a
//! mail collection; what they look at, apply and tell is in `command::objects` and below here.

mod apply;
mod edits;
mod page;

use std::collections::{BTreeMap, BTreeSet};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::status as common;
use airgate_codec::eas::sync::{Collection, ItemResponse};
use tracing::{info, warn};

use self::apply::{Applied, Target};
use super::collection::{Answer, head, status, window_of};
use super::page::{Budget, Told};
use crate::command::Call;
use crate::command::objects::{Cursors, Source, class_of};
use crate::failure::{self, Failure, Remedy};
use crate::item::object::{Digest, Kind};
use crate::item::options::BodyOptions;
use crate::store::{FolderRow, HeldChanges, HeldObject};
use crate::sync::chain::{Asked, Position};
use crate::sync::folders::merged;
use crate::sync::journal::Journal;
use crate::sync::objects::{Mark, ObjectOptions, ObjectView, fills};
use crate::sync::options::BadOptions;
use crate::sync::step::{Next, Step};

/// One step along the chain of a collection whose lease is held. A server that is down costs this
/// collection a temporary status (T60).
pub(super) async fn step(
    call: &Call<'_>,
    rows: &[FolderRow],
    (folder, kind): (&FolderRow, Kind),
    wanted: &Collection,
    asked: Asked,
    budget: &mut Budget,
    seen: &Cursors,
) -> Result<Answer, Failure> {
    let asked_key = wanted.sync_key.as_deref().unwrap_or_default();
    let class = class_of(folder.kind);
    let refused = |key: &str, status| Ok(Answer::refused(call, class, wanted, key, status));
    let store = call.gateway.store.as_ref();
    if merged::is_hidden(rows, folder, call.one_folder()) {
        // The phone was shown it when it was taken for another kind of client.
        return refused(asked_key, status::HIERARCHY_CHANGED);
    }
    let space = call.space(folder);
    let step = Step::open(store, call.user, call.device, &space, asked).await?;
    if wanted.conversation_mode.is_some() {
        return refused(asked_key, status::PROTOCOL_ERROR);
    }
    let known = match step.position {
        Position::Start => ObjectOptions::default().supporting(wanted.supported.as_deref()),
        _ => ObjectOptions::decode(step.options()),
    };
    let options = match wanted.options.as_deref() {
        Some(said) => match known.replaced_by(said, kind) {
            Ok(options) => options,
            Err(error) => {
                info!(%error, "options refused");
                let status = match error {
                    BadOptions::PartType => common::BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED,
                    _ => status::PROTOCOL_ERROR,
                };
                return refused(asked_key, status);
            }
        },
        None => known,
    };
    match step.position {
        Position::Refused => {
            metrics::counter!("airgate_resync_total", "reason" => "key").increment(1);
            refused("0", status::INVALID_SYNC_KEY)
        }
        Position::Start => {
            if wanted.get_changes == Some(true) && call.version >= ProtocolVersion::V14_0 {
                return refused("0", status::PROTOCOL_ERROR);
            }
            let next = Next {
                view: ObjectView::default().encode(),
                options: options.encode(),
                held: Some(HeldChanges {
                    afresh: true,
                    ..HeldChanges::default()
                }),
                ..Next::default()
            };
            match step.commit(next).await? {
                Some(key) => refused(&key.to_string(), status::OK),
                None => refused("0", status::SERVER_ERROR),
            }
        }
        Position::Current | Position::Replay => {
            let base = step.base().map(ObjectView::decode);
            let Some(Ok(base)) = base else {
                warn!("a stored view cannot be read; the phone starts this folder again (T51)");
                metrics::counter!("airgate_resync_total", "reason" => "state").increment(1);
                return refused("0", status::INVALID_SYNC_KEY);
            };
            let lost = match step.position {
                Position::Replay => step
                    .present()
                    .and_then(|view| ObjectView::decode(view).ok()),
                _ => None,
            };
            let mut view = base.clone();
            if let Some(lost) = &lost {
                view.take_moves_of(lost);
            }
            let round = async {
                let source = Source::open(call, rows, folder, kind).await?;
                let round = Round {
                    bodies: call.object_bodies(&options),
                    source,
                    wanted,
                    options,
                    step,
                    base,
                    lost,
                    state: State {
                        view,
                        ..State::default()
                    },
                };
                round.run(budget, seen).await
            };
            match round.await {
                Err(failure) if failure.remedy == Remedy::ResyncFolders => {
                    info!(error = %failure::chain(&failure), "a collection went away under a Sync");
                    refused(asked_key, status::HIERARCHY_CHANGED)
                }
                // A gateway that cannot write is no matter of one collection.
                Err(failure) if failure.blame == failure::Blame::Backend => {
                    info!(error = %failure::chain(&failure), "a collection cannot be had now (T60)");
                    refused(asked_key, status::SERVER_ERROR)
                }
                other => other,
            }
        }
    }
}

/// What a step changes.
#[derive(Default)]
struct State {
    view: ObjectView,
    /// What the phone holds by this step, by number and mark.
    held: BTreeMap<(u32, Mark), Digest>,
    /// Versions the phone made in an earlier try of this step.
    said: BTreeSet<(u32, Mark)>,
    /// What this step wrote at the backend.
    wrote: BTreeSet<u32>,
}

/// A round on a chain that is under way.
struct Round<'a, 'b> {
    source: Source<'a, 'b>,
    wanted: &'a Collection,
    options: ObjectOptions,
    bodies: BodyOptions,
    step: Step<'a>,
    /// The view this step goes on from.
    base: ObjectView,
    /// The view a repeat steps over.
    lost: Option<ObjectView>,
    state: State,
}

impl Round<'_, '_> {
    async fn run(mut self, budget: &mut Budget, seen: &Cursors) -> Result<Answer, Failure> {
        let call = self.source.call;
        let window = call.object_window(self.source.kind, &self.options);
        // A window that is full with other collections leaves this one its turn next time.
        let asked = window_of(self.wanted.window_size);
        let limit = |budget: &Budget| match budget.is_spent() {
            true => 0,
            false => asked.min(budget.changes),
        };
        let tells = self.wanted.get_changes.unwrap_or(true);
        let view = &mut self.state.view;
        // What a phone says is held against the collection as it is now; a page of a first Sync is not.
        if !(self.wanted.commands.is_empty() && tells && fills(view, window, limit(budget))) {
            self.source.look(view, window, &self.bodies, seen).await?;
        }
        let applied = if self.wanted.commands.is_empty() {
            Applied {
                responses: Vec::new(),
                journal: self.step.journal(),
            }
        } else {
            let target = Target {
                source: &mut self.source,
                state: &mut self.state,
                options: &self.options,
                bodies: &self.bodies,
                key: self.wanted.sync_key.as_deref().unwrap_or_default(),
                done: self.step.journal(),
                journal: self.step.journal(),
            };
            let applied = target.apply(&self.wanted.commands).await?;
            let State { view, wrote, .. } = &mut self.state;
            self.source.look_after(view, wrote).await?;
            applied
        };
        let (told, more) = if tells {
            let (bodies, limit) = (&self.bodies, limit(budget));
            page::tell(&mut self.source, &mut self.state, bodies, limit, budget).await?
        } else {
            (Vec::new(), false)
        };
        self.finish(applied.journal, applied.responses, told, more)
            .await
    }

    /// Commits what was done and makes the answer (S4).
    async fn finish(
        mut self,
        journal: Journal,
        responses: Vec<ItemResponse>,
        told: Vec<Told>,
        more: bool,
    ) -> Result<Answer, Failure> {
        let (call, wanted) = (self.source.call, self.wanted);
        let class = class_of(self.source.folder.kind);
        let asked = wanted.sync_key.clone().unwrap_or_default();
        let options = self.options.encode();
        let nothing_said = wanted.commands.is_empty()
            && told.is_empty()
            && self.step.position == Position::Current;
        let key = if nothing_said {
            if self.state.view != self.base || options != self.step.options() {
                let view = self.state.view.encode();
                self.step.keep(view, options, &[]).await?;
            }
            Some(asked.clone())
        } else {
            let held = self.held()?;
            let view = &self.state.view;
            let repeats = self
                .lost
                .as_ref()
                .is_some_and(|lost| lost.holds_the_same(view));
            let next = Next {
                view: view.encode(),
                options,
                journal,
                held: Some(held),
                repeats,
                ..Next::default()
            };
            self.step.commit(next).await?.map(|key| key.to_string())
        };
        let Some(key) = key else {
            // Another node was first; what we did to the backend it will find there.
            return Ok(Answer::refused(
                call,
                class,
                wanted,
                &asked,
                status::SERVER_ERROR,
            ));
        };
        let must_speak = key != asked || more;
        let mut head = head(call, class, wanted, key, status::OK);
        head.more_available = more;
        Ok(Answer {
            class,
            head,
            responses,
            told,
            must_speak,
        })
    }

    /// What changes of the versions held.
    fn held(&mut self) -> Result<HeldChanges, Failure> {
        let mut objects: BTreeMap<u32, HeldObject> = BTreeMap::new();
        for ((number, mark), digest) in &self.state.held {
            let object = objects.entry(*number).or_insert_with(|| HeldObject {
                number: *number,
                keep: self
                    .base
                    .held(*number)
                    .map(|mark| mark.0)
                    .into_iter()
                    .collect(),
                versions: Vec::new(),
            });
            let digest =
                postcard::to_stdvec(digest).map_err(|error| Failure::gateway(error.to_string()))?;
            object.versions.push((mark.0, digest));
        }
        for (number, mark) in &self.state.said {
            if let Some(object) = objects.get_mut(number) {
                object.keep.push(mark.0);
            }
        }
        let named = self.state.held.keys().chain(&self.state.said);
        let named = named.map(|(number, _)| *number);
        let forgotten = self
            .state
            .view
            .succeed(&self.base, self.lost.as_ref(), named);
        Ok(HeldChanges {
            afresh: false,
            objects: objects.into_values().collect(),
            forgotten,
        })
    }
}
