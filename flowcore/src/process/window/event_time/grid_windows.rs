use std::collections::VecDeque;
use std::hash::Hash;

use super::contents::ByKey;
use super::rules::{BEGINNING, Held, progress};
use super::stretch::{Stretch, of_keys};
use super::timers::Timers;
use super::unshown::Unshown;
use super::{Admission, Arrival, Contents, Core, Fired, Firing, Rules};
use crate::base::{Timestamp, TokenSet};
use crate::process::window::grid::Grid;
use crate::process::window::{Pane, Window};

/// Tumbling and sliding windows.
///
/// What arrives lies in stretches, by key. A window is put together from its stretches when it gives a result:
/// adding a tuple is one look at the stretch that had the last one, and one at its key.
#[derive(Debug)]
pub struct GridWindows<K, A> {
    grid: Grid,
    rules: Rules,
    /// Those that hold something, in order.
    stretches: VecDeque<Stretch<K, A>>,
    /// Which of them had the last tuple.
    latest: usize,
    /// What was told, and how far the windows have followed.
    told: i64,
    watermark: i64,
    /// The start of the earliest window that has not given its result.
    open_from: i64,
    /// The start of the earliest window that takes tuples.
    kept_from: i64,
    /// The end of the earliest window that holds something and has not given its result.
    next_end: i64,
    held: Held,
    unshown: Unshown<K>,
    /// Windows and keys with as many new tuples as a preview wants.
    ripe: VecDeque<(i64, K)>,
    timers: Timers,
    /// An empty map with the room that a window needed.
    spare: ByKey<K, A>,
}

const NEVER: i64 = i64::MAX;

impl<K: Hash + Eq + Clone, A: Pane> GridWindows<K, A> {
    pub(in crate::process::window) fn new(grid: Grid, rules: Rules) -> Self {
        let open_from = grid.first_window_of(BEGINNING);
        Self {
            grid,
            rules,
            stretches: VecDeque::new(),
            latest: 0,
            told: BEGINNING,
            watermark: BEGINNING,
            open_from,
            kept_from: open_from,
            next_end: NEVER,
            held: Held::default(),
            unshown: Unshown::default(),
            ripe: VecDeque::new(),
            timers: Timers::default(),
            spare: <_>::default(),
        }
    }

    /// A tuple that is not for the stretch that had the last one, or that changes more than that stretch.
    fn add_anywhere(
        &mut self,
        arrival: Arrival<K>,
        keep: impl FnOnce(&mut TokenSet),
        add: impl FnOnce(&mut A),
    ) -> Admission {
        let Arrival { key, at, now } = arrival;
        let Some(start) = self.grid.pane_of(at) else { return Admission::Between };
        let last = self.grid.last_window_of(start);
        if last < self.kept_from {
            return Admission::Late;
        }
        if !self.turn_to(start, last, now) {
            return Admission::Full;
        }
        let Self { rules, open_from, .. } = *self;
        let Some(stretch) = self.stretches.get_mut(self.latest) else { return Admission::Full };
        let windows = stretch.first.max(self.kept_from)..=last;
        let corrects = *windows.start() < open_from;
        let noted = (corrects || rules.shows_early()).then(|| key.clone());
        if !stretch.add(key, &mut self.held, &rules, add) {
            return Admission::Full;
        }
        let tokens = if corrects { &mut stretch.late } else { &mut stretch.tokens };
        let before = tokens.len();
        keep(tokens);
        self.held.tuples += tokens.len() - before;
        match noted {
            Some(key) => self.note(&key, windows, now),
            None => Admission::Kept,
        }
    }

    /// The latest stretch is the one from `start` on, unless there is no room for it.
    fn turn_to(&mut self, start: i64, last: i64, now: Timestamp) -> bool {
        if self.held.tuples >= self.rules.max_kept {
            return false;
        }
        let at = self.stretches.partition_point(|other| other.start < start);
        if self.stretches.get(at).is_none_or(|other| other.start != start) {
            if self.held.entries >= self.rules.max_entries {
                return false;
            }
            let first = self.grid.first_window_of(start);
            let contents = std::mem::take(&mut self.spare);
            self.stretches.insert(at, Stretch { start, first, last, contents, ..Stretch::new(now) });
            self.next_end = self.find_next_end();
        }
        self.latest = at;
        true
    }

    /// The windows have something that they have not shown.
    fn note(&mut self, key: &K, windows: std::ops::RangeInclusive<i64>, now: Timestamp) -> Admission {
        let (mut start, last) = windows.into_inner();
        let mut admission = Admission::Kept;
        while start <= last {
            let fired = start < self.open_from;
            if fired || self.rules.shows_early() {
                let unshown = self.unshown.note(start, key.clone());
                if self.timers.note(fired, unshown, &self.rules, now) {
                    admission = Admission::Fires;
                    if fired {
                        self.timers.correct_at = Some(now);
                    } else {
                        self.ripe.push_back((start, key.clone()));
                    }
                }
            }
            start += self.grid.slide;
        }
        admission
    }

    /// Straight to the earliest open window that holds something, however long nothing arrived.
    fn find_next_end(&self) -> i64 {
        let at = self.stretches.partition_point(|stretch| stretch.last < self.open_from);
        let Some(stretch) = self.stretches.get(at) else { return NEVER };
        stretch.first.max(self.open_from) + self.grid.size
    }

    fn stretches_of(&self, window: i64) -> impl Iterator<Item = &Stretch<K, A>> + Clone {
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
    fn result(&mut self, until: i64) -> Option<Fired<K, A>> {
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
    fn follow(&mut self) {
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
    fn correction(&mut self, now: Timestamp) -> Option<Fired<K, A>> {
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

    fn preview(&mut self, now: Timestamp) -> Option<Fired<K, A>> {
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
            return of_keys(keys, self.stretches_of(start));
        }
        // Windows that discard do not overlap: this one is one stretch.
        let at = self.stretches.partition_point(|stretch| stretch.start < start);
        let Some(stretch) = self.stretches.get_mut(at) else { return Contents::many(<_>::default()) };
        let taken = keys.filter_map(|key| stretch.contents.remove_entry(&key));
        let taken: ByKey<K, A> = taken.collect();
        self.held.entries -= taken.values().map(Pane::entries).sum::<usize>();
        Contents::many(taken)
    }
}

fn joined(mut all: TokenSet, more: TokenSet) -> TokenSet {
    all.append(more);
    all
}

impl<K, A> Core<K, A> for GridWindows<K, A>
where
    K: Hash + Eq + Clone + Send + 'static,
    A: Pane + Send + 'static,
{
    type Bound = Timestamp;

    #[inline]
    fn add(
        &mut self,
        arrival: Arrival<K>,
        keep: impl FnOnce(&mut TokenSet),
        add: impl FnOnce(&mut A),
    ) -> Admission {
        let (width, open_from) = (self.grid.width, self.open_from);
        match self.stretches.get_mut(self.latest) {
            Some(stretch)
                if (stretch.start..stretch.start + width).contains(&arrival.at)
                    && stretch.first >= open_from
                    && self.held.tuples < self.rules.max_kept
                    && !self.rules.shows_early() =>
            {
                if !stretch.add(arrival.key, &mut self.held, &self.rules, add) {
                    return Admission::Full;
                }
                let before = stretch.tokens.len();
                keep(&mut stretch.tokens);
                self.held.tuples += stretch.tokens.len() - before;
                Admission::Kept
            }
            _ => self.add_anywhere(arrival, keep, add),
        }
    }

    fn advance(&mut self, watermark: Timestamp) {
        self.told = self.told.max(progress(watermark));
    }

    fn next(&mut self, now: Timestamp) -> Option<Fired<K, A>> {
        if let Some(fired) = self.correction(now).or_else(|| self.result(self.told)) {
            return Some(fired);
        }
        self.follow();
        self.preview(now)
    }

    fn flush(&mut self) -> Option<Fired<K, A>> {
        if let Some(at) = &mut self.timers.correct_at {
            *at = Timestamp::MIN;
        }
        if let Some(correction) = self.correction(Timestamp::MIN) {
            return Some(correction);
        }
        let mut fired = self.result(NEVER - 1)?;
        fired.window.cut_short = true;
        Some(fired)
    }

    fn give_back(&mut self, contents: Contents<K, A>) {
        self.spare = contents.into_spare();
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    fn watermark(&self) -> Option<Timestamp> {
        (self.watermark > BEGINNING).then(|| Timestamp::from_millis(self.watermark))
    }
}
