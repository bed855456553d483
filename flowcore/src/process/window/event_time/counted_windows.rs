use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

use super::contents::ByKey;
use super::report::with_keys;
use super::rules::{BEGINNING, Held, progress};
use super::{Admission, Arrival, Contents, Core, Fired, Firing, Rules};
use crate::base::{Timestamp, TokenSet};
use crate::process::observe::{Closes, OpenWindow, OpenWindows};
use crate::process::window::{ClosedWindow, CountWindows, Pane, WindowSpec};

/// Count windows over event time.
///
/// A tuple waits until the watermark has passed it, so that nothing earlier comes any more; then it counts. So
/// each counts once, in the order of timestamp and, within one, of arrival.
#[derive(Debug)]
pub struct CountedWindows<K, A> {
    spec: WindowSpec<u64>,
    rules: Rules,
    waiting: BTreeMap<i64, VecDeque<Waiting<K, A>>>,
    keys: ByKey<K, Counted<A>>,
    /// At the end of the input: keys whose last windows were not given yet.
    ending: Vec<(K, Counted<A>)>,
    watermark: i64,
    held: Held,
}

#[derive(Debug)]
struct Waiting<K, A> {
    key: K,
    contents: A,
    tokens: TokenSet,
}

/// The windows of one key.
#[derive(Debug)]
struct Counted<A> {
    windows: CountWindows<Dated<A>>,
    /// How many tokens they hold.
    kept: usize,
}

/// What a stretch holds, and its latest timestamp.
#[derive(Debug)]
struct Dated<A> {
    contents: A,
    tokens: TokenSet,
    latest: i64,
}

impl<A: Pane> Default for Dated<A> {
    fn default() -> Self {
        Self { contents: A::default(), tokens: TokenSet::default(), latest: BEGINNING }
    }
}

impl<A: Pane> Pane for Dated<A> {
    fn merge(&mut self, later: &Self) {
        self.contents.merge(&later.contents);
        self.tokens.append(later.tokens.share());
        self.latest = self.latest.max(later.latest);
    }

    fn absorb(&mut self, later: Self) {
        self.contents.absorb(later.contents);
        self.tokens.append(later.tokens);
        self.latest = self.latest.max(later.latest);
    }
}

impl<A: Pane> Counted<A> {
    fn new(spec: WindowSpec<u64>) -> Self {
        Self { windows: CountWindows::new(spec), kept: 0 }
    }

    /// Counts a tuple. It may be the last one of a window. Says how many tokens are not held any more.
    fn count(&mut self, tuple: Dated<A>) -> (Option<ClosedWindow<Dated<A>, u64>>, usize) {
        let (tokens, mut tuple) = (tuple.tokens.len(), Some(tuple));
        self.windows.add(Timestamp::MIN, |stretch| tuple.take().into_iter().for_each(|t| stretch.absorb(t)));
        let mut gone = 0;
        match tuple {
            // No window wants it.
            Some(between) => {
                between.tokens.ack();
                gone = tokens;
            }
            None => self.kept += tokens,
        }
        let closed = self.windows.close(Timestamp::MIN).next();
        if closed.is_some() {
            gone += self.recount();
        }
        (closed, gone)
    }

    /// The windows that are not full, when no more tuples come.
    fn unfinished(&mut self) -> Option<ClosedWindow<Dated<A>, u64>> {
        self.windows.flush().next()
    }

    /// How many tokens have left with a window.
    fn recount(&mut self) -> usize {
        let before = self.kept;
        self.kept = self.windows.panes().map(|stretch| stretch.tokens.len()).sum();
        before - self.kept
    }
}

fn fired<K, A>(key: K, closed: ClosedWindow<Dated<A>, u64>) -> Fired<K, A, u64> {
    let Dated { contents, tokens, latest } = closed.contents;
    Fired {
        window: closed.window,
        firing: Firing::OnTime,
        timestamp: Timestamp::from_millis(latest),
        contents: Contents::one(key, contents),
        tokens,
    }
}

impl<K: Hash + Eq + Clone, A: Pane> CountedWindows<K, A> {
    pub(in crate::process::window) fn new(spec: WindowSpec<u64>, rules: Rules) -> Self {
        Self {
            spec,
            rules,
            waiting: BTreeMap::new(),
            keys: ByKey::default(),
            ending: Vec::new(),
            watermark: BEGINNING,
            held: Held::default(),
        }
    }

    /// Counts what lies before `until`, up to the end of a window.
    fn count_until(&mut self, until: i64) -> Option<Fired<K, A, u64>> {
        while let Some((latest, Waiting { key, contents, tokens })) = self.take_waiting(until) {
            self.held.entries -= contents.entries().max(1);
            let keys = self.keys.len();
            let counted = self.keys.entry(key.clone()).or_insert_with(|| Counted::new(self.spec));
            let (closed, gone) = counted.count(Dated { contents, tokens, latest });
            self.held.tuples -= gone;
            self.held.entries += self.keys.len() - keys;
            if let Some(closed) = closed {
                return Some(fired(key, closed));
            }
        }
        None
    }

    /// Tuples that were not counted are reported as one window: the watermark has to pass them.
    fn report_waiting(&self, windows: &mut OpenWindows) {
        let (Some((&first, _)), Some((&last, _))) =
            (self.waiting.first_key_value(), self.waiting.last_key_value())
        else {
            return;
        };
        let [start, end] = [first, last + 1].map(Timestamp::from_millis);
        let passed = Closes::Watermark(Timestamp::from_millis(first + 1));
        let tuples = self.waiting.values().map(|tuples| tuples.len() as u64).sum();
        windows.add(OpenWindow::in_event_time(start, end).tuples(tuples).closes(passed));
    }

    fn take_waiting(&mut self, until: i64) -> Option<(i64, Waiting<K, A>)> {
        let mut first = self.waiting.first_entry().filter(|first| *first.key() < until)?;
        let at = *first.key();
        let tuple = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        tuple.map(|tuple| (at, tuple))
    }

    /// The windows that are not full, after everything was counted.
    fn unfinished(&mut self) -> Option<Fired<K, A, u64>> {
        self.ending.extend(std::mem::take(&mut self.keys));
        while let Some((key, counted)) = self.ending.last_mut() {
            if let Some(closed) = counted.unfinished() {
                self.held.tuples -= counted.recount();
                return Some(fired(key.clone(), closed));
            }
            self.ending.pop();
            self.held.entries -= 1;
        }
        None
    }
}

impl<K, A> Core<K, A> for CountedWindows<K, A>
where
    K: Hash + Eq + Clone + Send + 'static,
    A: Pane + Send + 'static,
{
    type Bound = u64;

    fn add(
        &mut self,
        arrival: Arrival<K>,
        keep: impl FnOnce(&mut TokenSet),
        add: impl FnOnce(&mut A),
    ) -> Admission {
        let Arrival { key, at, .. } = arrival;
        if at < self.watermark {
            return Admission::Late;
        }
        if self.held.tuples >= self.rules.max_kept || self.held.entries >= self.rules.max_entries {
            return Admission::Full;
        }
        let (mut contents, mut tokens) = (A::default(), TokenSet::default());
        add(&mut contents);
        keep(&mut tokens);
        self.held.tuples += tokens.len();
        self.held.entries += contents.entries().max(1);
        self.waiting.entry(at).or_default().push_back(Waiting { key, contents, tokens });
        Admission::Kept
    }

    fn advance(&mut self, watermark: Timestamp) {
        self.watermark = self.watermark.max(progress(watermark));
    }

    fn next(&mut self, _now: Timestamp) -> Option<Fired<K, A, u64>> {
        self.count_until(self.watermark)
    }

    fn flush(&mut self) -> Option<Fired<K, A, u64>> {
        let mut fired = self.count_until(-BEGINNING).or_else(|| self.unfinished())?;
        fired.window.cut_short = true;
        Some(fired)
    }

    fn wake_at(&self) -> Option<Timestamp> {
        None
    }

    fn report(&self, windows: &mut OpenWindows)
    where
        K: Debug,
    {
        self.report_waiting(windows);
        for (key, counted) in &self.keys {
            let mut open = counted.windows.open();
            while !windows.is_full() {
                let Some((window, _)) = open.next() else { break };
                windows.add(with_keys(window, 1, [key]));
            }
            windows.leave_out(open.count() as u64);
        }
    }

    fn watermark(&self) -> Option<Timestamp> {
        (self.watermark > BEGINNING).then(|| Timestamp::from_millis(self.watermark))
    }
}
