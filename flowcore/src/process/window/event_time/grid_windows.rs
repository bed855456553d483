use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use super::core::NOWHERE;
use super::near::{Near, by_word};
use super::rules::{BEGINNING, Held, progress};
use super::stretch::Stretch;
use super::table::Table;
use super::timers::Timers;
use super::unshown::Unshown;
use super::{Admission, Arrival, Contents, Core, Fired, Rules, Soon};
use crate::base::{Timestamp, TokenSet};
use crate::process::observe::OpenWindows;
use crate::process::window::Pane;
use crate::process::window::grid::Grid;

/// Tumbling and sliding windows.
///
/// What arrives lies in stretches, by key. A window is put together from its stretches when it gives a result:
/// adding a tuple is one look at the stretch that had the last one, and one at its key.
#[derive(Debug)]
pub struct GridWindows<K, A> {
    pub(super) grid: Grid,
    pub(super) rules: Rules,
    /// Those that hold something, in order.
    pub(super) stretches: VecDeque<Stretch<K, A>>,
    /// Which of them had the last tuple.
    pub(super) latest: usize,
    /// What was told, and how far the windows have followed.
    pub(super) told: i64,
    pub(super) watermark: i64,
    /// The start of the earliest window that has not given its result.
    pub(super) open_from: i64,
    /// The start of the earliest window that takes tuples.
    pub(super) kept_from: i64,
    /// The end of the earliest window that holds something and has not given its result.
    pub(super) next_end: i64,
    pub(super) held: Held,
    pub(super) unshown: Unshown<K>,
    /// Windows and keys with as many new tuples as a preview wants.
    pub(super) ripe: VecDeque<(i64, K)>,
    pub(super) timers: Timers,
    /// An empty table with the room that a window needed.
    pub(super) spare: Table<K, A>,
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
    pub(super) fn find_next_end(&self) -> i64 {
        let at = self.stretches.partition_point(|stretch| stretch.last < self.open_from);
        let Some(stretch) = self.stretches.get(at) else { return NEVER };
        stretch.first.max(self.open_from) + self.grid.size
    }
}

impl<K, A> Core<K, A> for GridWindows<K, A>
where
    K: Hash + Eq + Clone + Send + 'static,
    A: Pane + Send + 'static,
{
    type Bound = Timestamp;

    fn add(
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
        if !stretch.add((&key, NOWHERE), &mut self.held, &rules, add) {
            return Admission::Full;
        }
        if corrects {
            let before = stretch.late.len();
            keep(&mut stretch.late);
            self.held.tuples += stretch.late.len() - before;
        } else {
            stretch.keep(&mut self.held, keep);
        }
        match noted {
            Some(key) => self.note(&key, windows, now),
            None => Admission::Kept,
        }
    }

    fn finds(&self) -> bool {
        !self.rules.shows_early()
    }

    #[inline]
    fn find_few(
        &mut self,
        few: &mut Vec<Soon<K>>,
        soon: impl Iterator<Item = (K, Timestamp, u32)>,
        until: i64,
    ) {
        let Self { latest, open_from, grid: Grid { width, .. }, .. } = *self;
        let near = Near::of(self.stretches.make_contiguous(), latest, open_from, (width, until));
        let Some(near) = near else { return };
        few.extend(soon.map(|(key, timestamp, root)| {
            let (stretch, contents) = near.find(timestamp.as_millis());
            let hash = contents.approach(&key);
            Soon { key, timestamp, root, stretch, hash, guess: NOWHERE }
        }));
        for soon in few {
            if let Some(contents) = near.contents_of(soon.stretch) {
                soon.guess = contents.guess(soon.hash);
            }
        }
    }

    #[inline]
    fn add_few(&mut self, few: &[Soon<K>], mut each: impl FnMut(&mut A, Timestamp)) {
        let Self { held, rules, .. } = self;
        if held.tuples.saturating_add(few.len()) > rules.max_kept {
            return;
        }
        let stretches = self.stretches.make_contiguous();
        for Soon { key, timestamp, stretch, guess, .. } in few {
            let Some(stretch) = stretches.get_mut(*stretch as usize) else { return };
            if !stretch.add((key, *guess), held, rules, |pane| each(pane, *timestamp)) {
                return;
            }
        }
    }

    #[inline]
    fn keep_few(&mut self, few: &[Soon<K>], mut keep: impl FnMut(&mut TokenSet, u32, u64)) {
        let Some(last) = few.last() else { return };
        let Self { stretches, held, latest, .. } = self;
        let first = latest.wrapping_sub(1);
        let marks = few.iter().map(|soon| (soon.root, (soon.stretch as usize).wrapping_sub(first)));
        by_word(marks, |nth, word, bits| {
            if let Some(stretch) = stretches.get_mut(first.wrapping_add(nth)) {
                stretch.keep(held, |tokens| keep(tokens, word, bits));
            }
        });
        self.latest = last.stretch as usize;
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

    fn report(&self, windows: &mut OpenWindows)
    where
        K: Debug,
    {
        self.report_open(windows);
    }

    fn watermark(&self) -> Option<Timestamp> {
        (self.watermark > BEGINNING).then(|| Timestamp::from_millis(self.watermark))
    }
}
