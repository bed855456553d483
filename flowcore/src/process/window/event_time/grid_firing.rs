//! What tumbling and sliding windows give, and when.

use std::hash::Hash;

use super::grid_windows::GridWindows;
use super::stretch::{Stretch, of_keys};
use super::table::Table;
use super::{Contents, Fired, Firing};
use crate::base::{Timestamp, TokenSet};
use crate::process::window::{Pane, Window};

impl<K: Hash + Eq + Clone, A: Pane> GridWindows<K, A> {
    pub(super) fn stretches_of(&self, window: i64) -> impl Iterator<Item = &Stretch<K, A>> + Clone {
        let bounds = [window, window + self.grid.size];
        let [from, to] = bounds.map(|at| self.stretches.partition_point(|stretch| stretch.start < at));
        self.stretches.range(from..to)
    }

    fn fired(&self, start: i64, firing: Firing, contents: Contents<K, A>, tokens: TokenSet) -> Fired<K, A> {
        let end = Timestamp::from_millis(start + self.grid.size);
        let window = Window { start: Timestamp::from_millis(start), end, cut_short: false };
        let timestamp = Timestamp::from_millis(end.as_millis() - 1);
        Fired { window, firing, timestamp, contents, tokens }
    }

    /// The next window whose end is not behind `until`.
    pub(super) fn result(&mut self, until: i64) -> Option<Fired<K, A>> {
        if self.next_end > until {
            return None;
        }
        let start = self.next_end - self.grid.size;
        self.unshown.forget(start);
        let tokens = self.take_tokens(start);
        let contents = self.take_contents(start);
        self.open_from = start + self.grid.slide;
        self.next_end = self.find_next_end();
        Some(self.fired(start, Firing::OnTime, contents, tokens))
    }

    /// What answers for the result of a window: a share, unless no later window needs it.
    fn take_tokens(&mut self, window: i64) -> TokenSet {
        let mut taken = TokenSet::default();
        let from = self.stretches.partition_point(|stretch| stretch.start < window);
        let end = window + self.grid.size;
        for stretch in self.stretches.range_mut(from..).take_while(|stretch| stretch.start < end) {
            if stretch.last == window {
                self.held.tuples -= stretch.tokens.len();
                taken.append(std::mem::take(&mut stretch.tokens));
            } else {
                taken.append(stretch.tokens.share());
            }
        }
        taken
    }

    fn take_contents(&mut self, window: i64) -> Contents<K, A> {
        let mut all = <_>::default();
        if !self.rules.keeps_fired() {
            let from = self.stretches.partition_point(|stretch| stretch.last < window);
            let to = self.stretches.partition_point(|stretch| stretch.last <= window);
            self.latest = self.latest.saturating_sub(to - from);
            for stretch in self.stretches.drain(from..to) {
                self.held.entries -= stretch.entries();
                stretch.absorb_into(&mut all);
            }
        }
        self.stretches_of(window).for_each(|stretch| stretch.merge_into(&mut all));
        Contents::many(all)
    }

    /// The windows have followed the watermark.
    pub(super) fn follow(&mut self) {
        if self.told == self.watermark {
            return;
        }
        self.watermark = self.told;
        self.open_from = self.open_from.max(self.grid.first_window_of(self.watermark));
        self.kept_from = self.kept_after(self.watermark);
        while let Some(over) = self.stretches.pop_front_if(|stretch| stretch.last < self.kept_from) {
            self.held.entries -= over.entries();
            self.held.tuples -= over.late.len();
            self.latest = self.latest.saturating_sub(1);
            over.late.ack();
        }
    }

    fn kept_after(&self, watermark: i64) -> i64 {
        self.kept_from.max(self.grid.first_window_of(watermark - self.rules.lateness))
    }

    /// A window that has given its result and has had tuples since.
    pub(super) fn correction(&mut self, now: Timestamp) -> Option<Fired<K, A>> {
        let first = self.unshown.first().filter(|&start| start < self.open_from);
        // Before a window goes, and before the next one answers for what lies in both.
        let presses = |start| start < self.kept_after(self.told) || self.next_end <= self.told;
        if first.is_some_and(presses) {
            self.timers.correct_at = Some(Timestamp::MIN);
        }
        self.timers.correct_at.filter(|&at| at <= now)?;
        let Some(start) = first else {
            self.timers.correct_at = None;
            self.settle_late();
            return None;
        };
        let late = self.stretches_of(start).map(|stretch| stretch.late.share());
        let tokens = late.fold(TokenSet::default(), joined);
        let keys = self.unshown.take(start);
        let contents = self.unshown_contents(start, keys);
        Some(self.fired(start, Firing::Late, contents, tokens))
    }

    /// All corrections were given. Some of what they answered for waits for other windows, too.
    fn settle_late(&mut self) {
        for stretch in &mut self.stretches {
            let late = std::mem::take(&mut stretch.late);
            if stretch.last >= self.open_from {
                stretch.tokens.append(late);
            } else {
                self.held.tuples -= late.len();
                late.ack();
            }
        }
    }

    pub(super) fn preview(&mut self, now: Timestamp) -> Option<Fired<K, A>> {
        while let Some((start, key)) = self.ripe.pop_front() {
            if start >= self.open_from {
                self.unshown.forget_key(start, &key);
                return Some(self.shown(start, std::iter::once(key)));
            }
        }
        self.timers.preview_at.filter(|&at| at <= now)?;
        let Some(start) = self.unshown.first_from(self.open_from) else {
            self.timers.preview_at = None;
            return None;
        };
        let keys = self.unshown.take(start);
        Some(self.shown(start, keys))
    }

    fn shown(&mut self, start: i64, keys: impl Iterator<Item = K>) -> Fired<K, A> {
        let tokens = if self.rules.discarding {
            // What is shown now is shown once: it has to be safe.
            let shares = self.stretches_of(start).map(|stretch| stretch.tokens.share());
            shares.fold(TokenSet::default(), joined)
        } else {
            TokenSet::default()
        };
        let contents = self.unshown_contents(start, keys);
        self.fired(start, Firing::Early, contents, tokens)
    }

    fn unshown_contents(&mut self, start: i64, keys: impl Iterator<Item = K>) -> Contents<K, A> {
        if !self.rules.discarding {
            return of_keys(keys, &self.stretches_of(start));
        }
        // Windows that discard do not overlap: this one is one stretch.
        let at = self.stretches.partition_point(|stretch| stretch.start < start);
        let Some(stretch) = self.stretches.get_mut(at) else { return Contents::many(<_>::default()) };
        let taken = keys.filter_map(|key| stretch.contents.remove(&key));
        let taken: Table<K, A> = taken.collect();
        self.held.entries -= taken.values().map(Pane::entries).sum::<usize>();
        Contents::many(taken)
    }
}

fn joined(mut all: TokenSet, more: TokenSet) -> TokenSet {
    all.append(more);
    all
}
