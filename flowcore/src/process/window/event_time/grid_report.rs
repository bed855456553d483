//! What tumbling and sliding windows tell about themselves.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

use super::grid_windows::GridWindows;
use super::report::with_keys;
use crate::base::Timestamp;
use crate::process::observe::{Closes, OpenWindow, OpenWindows};
use crate::process::window::Pane;

impl<K: Hash + Eq + Clone + Debug + 'static, A: Pane> GridWindows<K, A> {
    /// Reports the windows that hold something: first those that wait for late tuples alone.
    pub(super) fn report_open(&self, windows: &mut OpenWindows) {
        let mut open = self.open();
        while !windows.is_full() {
            let Some(start) = open.next() else { return };
            windows.add(self.open_window(start));
        }
        windows.leave_out(open.count() as u64);
    }

    /// The starts of the windows that hold something.
    fn open(&self) -> impl Iterator<Item = i64> {
        let mut from = if self.rules.keeps_fired() { self.kept_from } else { self.open_from };
        std::iter::from_fn(move || {
            let at = self.stretches.partition_point(|stretch| stretch.last < from);
            let start = self.stretches.get(at)?.first.max(from);
            from = start + self.grid.slide;
            Some(start)
        })
    }

    fn open_window(&self, start: i64) -> OpenWindow {
        let end = start + self.grid.size;
        let mut window =
            OpenWindow::in_event_time(Timestamp::from_millis(start), Timestamp::from_millis(end));
        if start < self.open_from {
            let over = Timestamp::from_millis(end + self.rules.lateness);
            window = window.fired().closes(Closes::Watermark(over));
        }
        let window = window.tuples(self.stretches_of(start).map(|stretch| stretch.tuples).sum());
        let opened = self.stretches_of(start).map(|stretch| stretch.opened).min();
        let window = opened.into_iter().fold(window, OpenWindow::opened);
        let mut stretches = self.stretches_of(start);
        if let (Some(only), None) = (stretches.next(), stretches.next()) {
            return with_keys(window, only.contents.len(), only.contents.keys());
        }
        let keys: HashSet<&K> =
            self.stretches_of(start).flat_map(|stretch| stretch.contents.keys()).collect();
        with_keys(window, keys.len(), keys)
    }
}
