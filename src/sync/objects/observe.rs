//! Folding what the backend said into a view.

use std::collections::{BTreeMap, BTreeSet};

use super::versions::Mark;
use super::view::{ObjectView, Standing};
use super::window::Window;

/// What one look at a collection found. All of it is proof, not a guess (S7): it comes from a complete,
/// successful answer.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    pub cursor: Vec<u8>,
    pub changed: Vec<(u32, Mark)>,
    /// Proven absent.
    pub gone: Vec<u32>,
    /// `changed` lists the whole collection: what is not in it is absent.
    pub complete: bool,
}

impl ObjectView {
    /// Takes in one observation. What the phone holds is not touched; the difference to it is what the
    /// next plan sends.
    pub fn observe(&mut self, seen: &Observation) {
        for (number, mark) in &seen.changed {
            if self.server(*number) != Some(*mark) {
                self.place(*number, *mark);
            }
        }
        for number in &seen.gone {
            self.remove(*number);
        }
        if seen.complete {
            let listed: BTreeSet<u32> = seen.changed.iter().map(|(number, _)| *number).collect();
            for number in self.present() {
                if !listed.contains(&number) {
                    self.remove(number);
                }
            }
        }
        self.cursor = Some(seen.cursor.clone());
    }

    /// Everything the backend had when we last looked.
    pub fn present(&self) -> Vec<u32> {
        let held = self.held.0.keys().filter(|n| !self.gone.contains(n));
        let others = self.news.0.keys().chain(self.outside.0.keys());
        let all: BTreeSet<u32> = held.chain(others).copied().collect();
        all.into_iter().collect()
    }

    /// The phone wants another part of the collection from now on, or time moved its beginning.
    pub fn look_through(&mut self, window: Window) {
        let before = std::mem::replace(&mut self.window, window);
        if before == window {
            return;
        }
        if !before.covers(window) {
            // Something may have come in. Only reading tells what.
            let outside: BTreeMap<u32, Mark> = std::mem::take(&mut self.outside.0);
            for (number, mark) in outside {
                if self.others.contains(&number) {
                    self.outside.0.insert(number, mark);
                } else {
                    self.place(number, mark);
                }
            }
        }
        let aged: Vec<(u32, Mark)> = self
            .held
            .0
            .iter()
            .filter(|(number, version)| {
                !window.holds(version.lasts)
                    && !self.gone.contains(number)
                    && !self.news.0.contains_key(number)
            })
            .map(|(number, version)| (*number, version.mark))
            .collect();
        for (number, mark) in aged {
            self.outside.0.entry(number).or_insert(mark);
        }
        self.unsure = self.news.0.keys().copied().collect();
    }

    /// After a look: what the phone moved away and the backend has all the same was brought back, and the
    /// phone shows it no more.
    pub fn take_back_departed(&mut self) {
        let there = |number: &u32| self.held.0.contains_key(number) && !self.gone.contains(number);
        let back: Vec<u32> = self.departed.iter().copied().filter(there).collect();
        for number in back {
            if let Some(mark) = self.server(number) {
                self.let_go(number);
                self.place(number, mark);
            }
        }
    }

    /// News of which nobody knows yet whether the phone wants them.
    pub fn unsure(&self) -> Vec<u32> {
        self.unsure.iter().copied().collect()
    }

    /// What was found about one of the news.
    pub fn judge(&mut self, number: u32, standing: Standing) {
        self.unsure.remove(&number);
        if standing == Standing::Inside {
            return;
        }
        if let Some(mark) = self.news.0.remove(&number) {
            self.outside.0.insert(number, mark);
        }
        if standing == Standing::Other {
            self.others.insert(number);
        }
    }

    /// An object proven absent while it was about to be told.
    pub fn vanished(&mut self, number: u32) {
        self.remove(number);
    }

    /// What was seen of an object and not told is forgotten: the next look finds it again. What the phone
    /// holds of it stays.
    pub fn unsee(&mut self, number: u32) {
        self.news.0.remove(&number);
        self.unsure.remove(&number);
    }

    /// One of the news, if there are any among these.
    pub fn any_news(&self, mut numbers: impl Iterator<Item = u32>) -> Option<u32> {
        numbers.find(|number| self.news.0.contains_key(number))
    }

    /// An object was read in this version, which may be newer than the one that was seen.
    pub fn read(&mut self, number: u32, mark: Mark) {
        if self.server(number) != Some(mark) {
            self.place(number, mark);
        }
    }
}
