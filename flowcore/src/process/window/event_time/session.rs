use super::rules::Rules;
use super::stretch::copy;
use super::{Contents, Fired, Firing};
use crate::base::{Timestamp, TokenSet};
use crate::process::observe::{Closes, OpenWindow};
use crate::process::window::{Pane, Window};

/// One session of one key.
#[derive(Debug)]
pub(super) struct Session<A> {
    pub(super) start: i64,
    /// The latest tuple. The session ends a gap behind it.
    pub(super) latest: i64,
    pub(super) contents: A,
    /// What waits for its next result.
    pub(super) tokens: TokenSet,
    pub(super) tuples: u64,
    /// Tuples that no result has shown.
    pub(super) unshown: u64,
    /// Whether the watermark has passed its end, and its result was given.
    pub(super) fired: bool,
    pub(super) opened: Timestamp,
}

impl<A: Pane> Session<A> {
    pub(super) fn at(position: i64, opened: Timestamp) -> Self {
        Self {
            start: position,
            latest: position,
            contents: A::default(),
            tokens: TokenSet::default(),
            tuples: 0,
            unshown: 0,
            fired: false,
            opened,
        }
    }

    pub(super) fn entries(&self) -> usize {
        self.contents.entries().max(1)
    }

    pub(super) fn extend_to(&mut self, position: i64) {
        self.start = self.start.min(position);
        self.latest = self.latest.max(position);
    }

    /// Takes over the session behind this one.
    pub(super) fn absorb(&mut self, later: Self) {
        self.latest = self.latest.max(later.latest);
        self.contents.absorb(later.contents);
        self.tokens.append(later.tokens);
        self.tuples += later.tuples;
        self.unshown += later.unshown;
        self.opened = self.opened.min(later.opened);
    }

    pub(super) fn add(&mut self, add: impl FnOnce(&mut A), keep: impl FnOnce(&mut TokenSet)) {
        add(&mut self.contents);
        keep(&mut self.tokens);
        self.tuples += 1;
        self.unshown += 1;
    }

    pub(super) fn open_window(&self, gap: i64, rules: &Rules) -> OpenWindow {
        let [start, end] = [self.start, self.latest + gap].map(Timestamp::from_millis);
        let window = OpenWindow::in_event_time(start, end).tuples(self.tuples).opened(self.opened);
        if !self.fired {
            return window;
        }
        let over = Timestamp::from_millis(self.look_at(gap, rules));
        window.fired().closes(Closes::Watermark(over))
    }

    /// The watermark at which it is looked at next.
    pub(super) fn look_at(&self, gap: i64, rules: &Rules) -> i64 {
        self.latest + gap + if self.fired { rules.lateness } else { 0 }
    }

    /// What it gives when it is looked at.
    pub(super) fn gives(&self, ended: bool, over: bool, rules: &Rules) -> Option<Firing> {
        if self.fired {
            return (over && self.unshown > 0).then_some(Firing::Late);
        }
        (ended && (self.unshown > 0 || !rules.discarding)).then_some(Firing::OnTime)
    }

    /// What it holds as a result, which takes it away if it is shown once. A preview answers for nothing
    /// otherwise.
    pub(super) fn show<K>(&mut self, key: K, gap: i64, firing: Firing, once: bool) -> Fired<K, A> {
        self.unshown = 0;
        let contents = if once { std::mem::take(&mut self.contents) } else { copy(&self.contents) };
        let answers = firing != Firing::Early || once;
        let tokens = if answers { std::mem::take(&mut self.tokens) } else { TokenSet::default() };
        let end = Timestamp::from_millis(self.latest + gap);
        let window = Window { start: Timestamp::from_millis(self.start), end, cut_short: false };
        let timestamp = Timestamp::from_millis(end.as_millis() - 1);
        Fired { window, firing, timestamp, contents: Contents::one(key, contents), tokens }
    }
}

/// The sessions of one key, in order. No two lie closer together than a gap.
#[derive(Debug)]
pub(super) struct Sessions<A> {
    pub(super) list: Vec<Session<A>>,
    /// The watermark at which they are looked at next.
    pub(super) look_at: i64,
}

impl<A: Pane> Sessions<A> {
    pub(super) fn none() -> Self {
        Self { list: Vec::new(), look_at: i64::MAX }
    }

    /// The sessions that a tuple at `position` belongs to, as a range: none, one, or two that become one.
    #[inline]
    pub(super) fn reached_from(&self, position: i64, gap: i64) -> std::ops::Range<usize> {
        let mut to = self.list.len();
        while to > 0 && self.list.get(to - 1).is_some_and(|session| session.start - gap >= position) {
            to -= 1;
        }
        let mut from = to;
        while from > 0 && self.list.get(from - 1).is_some_and(|session| position < session.latest + gap) {
            from -= 1;
        }
        from..to
    }

    pub(super) fn entries(&self, reached: &std::ops::Range<usize>) -> usize {
        let reached = self.list.get(reached.clone()).unwrap_or_default();
        reached.iter().map(Session::entries).sum()
    }

    /// Makes those in `reached` one that holds `position`, or opens one there.
    pub(super) fn join(
        &mut self,
        reached: std::ops::Range<usize>,
        position: i64,
        opened: Timestamp,
    ) -> Option<&mut Session<A>> {
        let at = reached.start;
        if reached.is_empty() {
            self.list.insert(at, Session::at(position, opened));
        } else {
            let behind = self.list.drain(at + 1..reached.end).collect::<Vec<_>>();
            let session = self.list.get_mut(at)?;
            for later in behind {
                session.absorb(later);
            }
            session.extend_to(position);
        }
        self.list.get_mut(at)
    }
}
