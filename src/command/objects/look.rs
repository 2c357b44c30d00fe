//! Looking at a collection: what changed at the backend is folded into the view, and what is new is
//! told apart into what the phone wants and what it does not.

use std::collections::BTreeSet;

use tracing::info;

use super::homes::Reached;
use super::{Cursors, Read, Source, kind_of, mark_of};
use crate::backend::dav::{Delta, Href};
use crate::clock;
use crate::command::Call;
use crate::failure::{self, Blame, Failure, Remedy};
use crate::item::object::{Kind, component};
use crate::item::options::BodyOptions;
use crate::store::{ChainRow, FolderRow};
use crate::sync::objects::{
    self, Lasts, Mark, ObjectOptions, ObjectView, Observation, Standing, Window,
};

/// The mass-change brake (S8): more objects than this, and more than half of the collection.
const BRAKE: usize = 20;
/// News that are read to find out whether the phone wants them; above it the server is asked for all
/// that lie in the window.
const READ_TO_JUDGE: usize = 16;
/// Slack at the beginning of a window: the server may count dates without a zone by another one.
const SLACK: i64 = 2 * 86_400;

impl Source<'_, '_> {
    /// Looks at the collection through this window; `seen` is how far the server says it is, and all
    /// that are shown in it. One that did not move costs nothing (S25).
    ///
    /// # Errors
    /// The server's, and then the view is not to be used.
    pub(in crate::command) async fn look(
        &mut self,
        view: &mut ObjectView,
        window: Window,
        bodies: &BodyOptions,
        seen: &Cursors,
    ) -> Result<(), Failure> {
        view.look_through(window);
        view.run_out(clock::now_seconds());
        let mut reached = self.reached(view);
        self.leave(view, &mut reached).await?;
        let (mut moved, mut fresh) = (Vec::new(), Vec::new());
        for home in self.homes() {
            let known = reached.of(home).cloned();
            if known.is_none() && *home != self.href {
                fresh.push(home.clone());
            }
            if known.is_none() || known.as_ref() != seen.of(self.call, self.kind, home).await {
                let (dav, login) = (self.dav, self.call.login);
                match dav.changes(login, home, known.as_ref()).await {
                    Ok(delta) => self.take(view, &mut reached, home, delta).await?,
                    Err(error) => self.spare(view, home, error).await?,
                }
                moved.push(home);
            }
        }
        if !moved.is_empty() && is_mass(view) {
            let (gone, all) = objects::losses(view);
            info!(
                gone,
                all, "much of a collection is gone, listing it again (S8)"
            );
            metrics::counter!("airgate_mass_changes_total").increment(1);
            for home in moved {
                match self.dav.changes(self.call.login, home, None).await {
                    Ok(whole) => self.take(view, &mut reached, home, whole).await?,
                    Err(error) => self.spare(view, home, error).await?,
                }
            }
        }
        if self.others.is_empty() {
            view.take_back_departed();
        }
        for home in fresh {
            self.probe(view, &home).await?;
        }
        self.judge(view, bodies).await
    }

    /// Folds in what one collection said.
    pub(super) async fn take(
        &self,
        view: &mut ObjectView,
        reached: &mut Reached,
        home: &Href,
        delta: Delta,
    ) -> Result<(), Failure> {
        let store = self.call.gateway.store.as_ref();
        let (user, collection) = (self.call.user, self.space.as_str());
        let own = delta.cursor.encode();
        let there: Vec<String> = delta
            .changed
            .iter()
            .map(|(href, _)| href.to_string())
            .collect();
        let numbers = store.number_objects(user, collection, &there).await?;
        let versions = numbers.into_iter().zip(&delta.changed);
        let changed = versions.map(|(number, (href, etag))| {
            if etag.is_unknown() {
                // Whether it changed only reading it shows: as long as the cursor stands it did not.
                let mut all = own.clone();
                all.extend(href.as_str().as_bytes());
                (number, Mark::of_phone(&all))
            } else {
                (number, Mark::of_etag(etag.as_str()))
            }
        });
        let changed: Vec<(u32, Mark)> = changed.collect();
        let named: Vec<String> = delta.gone.iter().map(ToString::to_string).collect();
        let rows = store.known_objects(user, collection, &named).await?;
        let all_known = rows.len() == named.len();
        let mut gone: Vec<u32> = rows.into_iter().map(|row| row.number).collect();
        let now = clock::now_seconds();
        store.note_gone(user, collection, &gone, now).await?;
        if !all_known {
            // One may have been gone for so long that its row went.
            gone.extend(self.unplaced(view).await?);
        }
        let alone = self.others.is_empty();
        if delta.complete {
            let listed: Vec<u32> = changed.iter().map(|(number, _)| *number).collect();
            let below = home.as_str();
            let note = store.note_gone_but(user, collection, below, &listed, now);
            note.await?;
            if !alone {
                // All there is of one collection says nothing of the others.
                let listed: BTreeSet<u32> = listed.into_iter().collect();
                let present = self.present_in(view, home).await?;
                let missing = present.into_iter().map(|(number, _)| number);
                gone.extend(missing.filter(|number| !listed.contains(number)));
                gone.extend(self.unplaced(view).await?);
            }
        }
        view.observe(&Observation {
            changed,
            gone,
            complete: delta.complete && alone,
            cursor: self.reach(reached, home, delta.cursor),
        });
        Ok(())
    }

    /// Finds out which of the news the phone wants.
    async fn judge(&mut self, view: &mut ObjectView, bodies: &BodyOptions) -> Result<(), Failure> {
        let unsure = view.unsure();
        if view.window() == Window::All && !self.mixed {
            for number in unsure {
                view.judge(number, Standing::Inside);
            }
            return Ok(());
        }
        let mut unsure = unsure;
        if unsure.len() > READ_TO_JUDGE {
            if let Some(sorted) = self.sorted(view.window()).await? {
                for number in unsure {
                    if let Some(standing) = sorted.standing(number) {
                        view.judge(number, standing);
                    }
                }
            }
            unsure = view.unsure();
            // What the server cannot say is judged when it is told.
            if unsure.len() > READ_TO_JUDGE {
                return Ok(());
            }
        }
        let mut withheld = Vec::new();
        for (number, read) in self.read(&unsure).await? {
            match &read {
                Read::There { href, etag, text } => {
                    view.read(number, mark_of(etag, text));
                    let standing = self.standing(view.window(), number, href, text, bodies);
                    view.judge(number, standing);
                }
                Read::Gone => view.vanished(number),
                Read::Failed => view.judge(number, Standing::Inside),
                Read::Withheld => {
                    withheld.push(number);
                    continue;
                }
            }
            self.read.insert(number, read);
        }
        self.withhold(view, &withheld).await
    }

    /// Whether anything can be read of a collection that was not seen before, beside others: what a
    /// phone cannot be told must not wake it (S23).
    async fn probe(&mut self, view: &mut ObjectView, home: &Href) -> Result<(), Failure> {
        let there = self.present_in(view, home).await?;
        let Some(number) = view.any_news(there.into_iter().map(|(number, _)| number)) else {
            return Ok(());
        };
        match self.read_one(number).await? {
            Read::Withheld => self.withhold(view, &[number]).await,
            read => {
                self.read.insert(number, read);
                Ok(())
            }
        }
    }

    /// Whether the phone wants an object.
    fn standing(
        &self,
        window: Window,
        number: u32,
        href: &Href,
        text: &[u8],
        bodies: &BodyOptions,
    ) -> Standing {
        if !self.is_of_class(text) {
            return Standing::Other;
        }
        if window == Window::All {
            return Standing::Inside;
        }
        let lasts: Lasts = self.show(number, href, text, bodies).span.into();
        match window.holds(lasts) {
            true => Standing::Inside,
            false => Standing::Outside,
        }
    }

    /// What the server knows of the objects and a window; `None` where it cannot say.
    async fn sorted(&self, window: Window) -> Result<Option<Sorted>, Failure> {
        let Some(component) = component(self.kind) else {
            return Ok(None);
        };
        let from = match window {
            Window::Since(floor) => Some(floor.saturating_sub(SLACK)),
            Window::All => None,
            // Done or not is not a matter of time.
            Window::Open => return Ok(None),
        };
        let of_class = match self.mixed {
            true => self.numbers(component, Question::All).await?,
            false => None,
        };
        let Some(from) = from else {
            return Ok(of_class.map(|of_class| Sorted {
                inside: of_class.clone(),
                before: BTreeSet::new(),
                of_class: Some(of_class),
            }));
        };
        let Some(inside) = self.numbers(component, Question::From(from)).await? else {
            return Ok(None);
        };
        let before = self.numbers(component, Question::Before(from)).await?;
        Ok(Some(Sorted {
            inside,
            before: before.unwrap_or_default(),
            of_class,
        }))
    }

    /// The numbers of what all collections answer.
    async fn numbers(
        &self,
        component: &str,
        question: Question,
    ) -> Result<Option<BTreeSet<u32>>, Failure> {
        let (dav, login) = (self.dav, self.call.login);
        let mut names = Vec::new();
        for home in self.homes() {
            let found = match question {
                Question::All => dav.with_component(login, home, component).await?,
                Question::From(from) => dav.in_range(login, home, component, from).await?,
                Question::Before(end) => dav.before(login, home, component, end).await?,
            };
            let Some(found) = found else {
                return Ok(None);
            };
            names.extend(found.iter().map(ToString::to_string));
        }
        let store = self.call.gateway.store.as_ref();
        let rows = store.known_objects(self.call.user, &self.space, &names);
        let rows = rows.await?;
        Ok(Some(rows.into_iter().map(|row| row.number).collect()))
    }
}

/// Whether so much is gone that it is looked at twice (S8).
pub(super) fn is_mass(view: &ObjectView) -> bool {
    let (gone, all) = objects::losses(view);
    gone > BRAKE && gone.saturating_mul(2) > all
}

/// What a server is asked for of the objects with a component.
#[derive(Clone, Copy, Debug)]
enum Question {
    All,
    /// What has a part at this moment or later, and all series.
    From(i64),
    /// What has a part before.
    Before(i64),
}

/// What a server says of objects and a window.
///
/// Quirk: that it leaves one out proves nothing. Cyrus does not find what begins after 2038, however a
/// range is open. So out is only what is said to be of another class or to lie before.
struct Sorted {
    inside: BTreeSet<u32>,
    /// What begins before; what is inside may, too.
    before: BTreeSet<u32>,
    /// All of the class, in a collection that has others too.
    of_class: Option<BTreeSet<u32>>,
}

impl Sorted {
    /// Where an object stands; `None` where only reading it tells.
    fn standing(&self, number: u32) -> Option<Standing> {
        if self.inside.contains(&number) {
            return Some(Standing::Inside);
        }
        let of_class = self.of_class.as_ref();
        if of_class.is_some_and(|of_class| !of_class.contains(&number)) {
            return Some(Standing::Other);
        }
        self.before.contains(&number).then_some(Standing::Outside)
    }
}

/// Whether a Sync of a collection would show something to the phone whose chain this is; `seen` is how
/// far the server says the collection is. One that cannot be looked at now waits on (T60).
///
/// # Errors
/// A collection that is gone; the store's.
pub(in crate::command) async fn differs(
    call: &Call<'_>,
    rows: &[FolderRow],
    folder: &FolderRow,
    chain: &ChainRow,
    seen: &Cursors,
) -> Result<bool, Failure> {
    let Some(kind) = kind_of(folder) else {
        return Ok(false);
    };
    // A view that cannot be read, or was never filled: a Sync has something to say.
    let view = ObjectView::decode(&chain.view).ok();
    let Some(mut view) = view.filter(|view| view.cursor.is_some()) else {
        return Ok(true);
    };
    let options = ObjectOptions::decode(&chain.options);
    match count(call, rows, (folder, kind), &mut view, &options, seen).await {
        Err(failure)
            if failure.blame == Blame::Backend && failure.remedy != Remedy::ResyncFolders =>
        {
            info!(error = %failure::chain(&failure), "a collection cannot be compared now");
            Ok(false)
        }
        counted => Ok(counted? > 0),
    }
}

/// How many changes wait in a collection for the phone that holds this view.
///
/// # Errors
/// The server's.
pub(in crate::command) async fn waiting(
    call: &Call<'_>,
    rows: &[FolderRow],
    folder: (&FolderRow, Kind),
    view: &mut ObjectView,
    options: &ObjectOptions,
) -> Result<usize, Failure> {
    count(call, rows, folder, view, options, &Cursors::unknown()).await
}

async fn count(
    call: &Call<'_>,
    rows: &[FolderRow],
    (folder, kind): (&FolderRow, Kind),
    view: &mut ObjectView,
    options: &ObjectOptions,
    seen: &Cursors,
) -> Result<usize, Failure> {
    let mut source = Source::open(call, rows, folder, kind).await?;
    let window = call.object_window(kind, options);
    let bodies = call.object_bodies(options);
    source.look(view, window, &bodies, seen).await?;
    Ok(objects::waiting(view))
}
