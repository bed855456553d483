use super::{ClosedWindow, Pane, WindowAxis, WindowSpec, Windows};
use crate::base::{Timestamp, TokenSet};
use crate::process::observe::OpenWindows;

/// An aggregate, and the tokens of the tuples in it. Its tokens go with the last window that it is in, shares
/// of them with the windows before.
#[derive(Debug, Default)]
pub(super) struct Kept<A> {
    pub(super) aggregate: A,
    pub(super) tokens: TokenSet,
    tuples: usize,
}

impl<A: Pane> Pane for Kept<A> {
    fn merge(&mut self, later: &Self) {
        self.aggregate.merge(&later.aggregate);
        self.tokens.append(later.tokens.share());
        self.tuples += later.tuples;
    }

    fn absorb(&mut self, later: Self) {
        self.aggregate.absorb(later.aggregate);
        self.tokens.append(later.tokens);
        self.tuples += later.tuples;
    }
}

/// Windows that hold back the acknowledgement of what is in them, up to a limit.
#[derive(Debug)]
pub(super) struct KeptWindows<A, B> {
    windows: Windows<Kept<A>, B>,
    tuples: usize,
    entries: usize,
    pub(super) max_kept: usize,
    pub(super) max_entries: usize,
}

impl<A: Pane, B: WindowAxis> KeptWindows<A, B> {
    const MAX_KEPT: usize = 1_000_000;

    pub(super) fn new(spec: WindowSpec<B>) -> Self {
        let windows = Windows::new(spec);
        Self { windows, tuples: 0, entries: 0, max_kept: Self::MAX_KEPT, max_entries: usize::MAX }
    }

    /// Lets `add` put a tuple into its pane and `keep` its token; neither in a gap between windows, where
    /// the tuple is done with.
    #[inline]
    pub(super) fn add(&mut self, now: Timestamp, keep: impl FnOnce(&mut TokenSet), add: impl FnOnce(&mut A)) {
        let new_entries = self.windows.add(now, |kept| {
            let before = kept.aggregate.entries();
            add(&mut kept.aggregate);
            keep(&mut kept.tokens);
            kept.tuples += 1;
            kept.aggregate.entries().saturating_sub(before)
        });
        if let Some(new) = new_entries {
            self.tuples += 1;
            self.entries += new;
        }
    }

    #[inline]
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.windows.is_due(now)
    }

    pub(super) fn next_close(&self) -> Option<Timestamp> {
        self.windows.next_close()
    }

    pub(super) fn close(&mut self, now: Timestamp) -> Option<ClosedWindow<Kept<A>, B>> {
        let closed = self.windows.close(now).next();
        self.recount();
        closed
    }

    pub(super) fn flush(&mut self) -> Option<ClosedWindow<Kept<A>, B>> {
        let closed = self.windows.flush().next();
        self.recount();
        closed
    }

    fn recount(&mut self) {
        self.tuples = self.windows.panes().map(|kept| kept.tuples).sum();
        self.entries = self.windows.panes().map(|kept| kept.aggregate.entries()).sum();
    }

    pub(super) fn open_windows(&self, windows: &mut OpenWindows) {
        let mut open = self.windows.open();
        while !windows.is_full() {
            let Some((window, panes)) = open.next() else { return };
            windows.add(window.tuples(panes.map(|kept| kept.tuples as u64).sum()));
        }
        windows.leave_out(open.count() as u64);
    }

    /// Count windows are never full: only more input closes them, and they are bounded by their size.
    pub(super) fn is_full(&self) -> bool {
        B::TIMED && (self.tuples >= self.max_kept || self.entries >= self.max_entries)
    }
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
