use std::sync::Arc;

use super::wiring::{Connect, Timing};
use crate::base::{Clock, Timestamp};
use crate::process::Tuple;
use crate::process::batch::Load;
use crate::process::engine::{Counters, Edge};
use crate::process::observe::{EventLog, Happening};
use crate::process::time::{Cell, Generated, Generator, Mark, Observer, Unread};
use crate::process::topology::Stream;

/// The event time of a stream, as one sending task sees it: it makes watermarks of what is sent, or passes on
/// those of its bolt.
pub(super) struct StreamTime<T: Tuple + ?Sized> {
    own: Option<Own<T>>,
    mark: Mark,
    /// Since when a task that reads was not told the mark. By the engine's clock.
    behind_since: Option<Timestamp>,
    timer: Clock,
}

/// What makes watermarks.
struct Own<T: Tuple + ?Sized> {
    observer: Box<dyn Observer<T>>,
    generator: Generator,
    clock: Clock,
    held: bool,
    cell: Cell<Generated>,
    /// The slot that is the furthest behind, and its partition.
    slowest: Option<(usize, Option<Arc<str>>)>,
    reports: Reports,
}

/// Tuples whose timestamps are of no use, reported the first, second, fourth time and so on.
struct Reports {
    component: Arc<str>,
    task: usize,
    counters: Arc<Counters>,
    log: Arc<EventLog>,
    total: u64,
}

impl Reports {
    fn ahead(&mut self, tuples: u64) {
        self.counters.ahead.add(tuples);
        if self.is_due(tuples) {
            let Self { component, task, total, .. } = self;
            tracing::warn!(%component, task, tuples = *total, "timestamps too far ahead are not believed");
            let (component, task, tuples) = (Arc::clone(component), *task, *total);
            self.counters.troubles.add(1);
            self.log.add(Happening::WatermarkRefused { component, task, tuples });
        }
    }

    fn unread(&mut self, unread: &Unread) {
        if let (Some(panic), true) = (&unread.first, self.is_due(unread.tuples)) {
            let Self { component, task, total, .. } = self;
            tracing::warn!(%component, task, tuples = *total, %panic, "timestamps could not be read");
        }
    }

    fn is_due(&mut self, tuples: u64) -> bool {
        let before = self.total;
        self.total += tuples;
        tuples > 0 && before.checked_ilog2() < self.total.checked_ilog2()
    }
}

impl<T: Tuple + ?Sized> StreamTime<T> {
    /// `None` if the stream has no event time.
    pub(super) fn new(handle: &Stream<T>, edges: &mut [Edge<T>], with: &Connect) -> Option<Box<Self>> {
        let settings = &with.settings;
        let timer = settings.timer.clone();
        let own = handle.own_event_time().map(|time| {
            let (component, task) = (Arc::clone(&with.context.component), with.context.task);
            let cell = with.board.stream(&component, task, handle.name().output);
            let counters = Arc::clone(&with.counters);
            Own {
                observer: time.observer(),
                generator: Generator::new(time.pace(), timer.now()),
                clock: settings.clock.clone(),
                held: false,
                cell,
                slowest: None,
                reports: Reports { component, task, counters, log: Arc::clone(&with.log), total: 0 },
            }
        });
        if own.is_none() && !with.passes_on {
            return None;
        }
        for edge in edges {
            edge.tell_as(with.context.task);
        }
        Some(Box::new(Self { own, mark: Mark::default(), behind_since: None, timer }))
    }

    /// These tuples are about to be sent. Returns the earliest timestamp of them that is not late.
    pub(super) fn observe(&mut self, load: &Load<T>) -> Option<Timestamp> {
        let own = self.own.as_mut()?;
        own.generator.begin(self.timer.now(), own.clock.now());
        let unread = own.observer.show_all(&load.items, &mut own.generator);
        own.reports.unread(&unread);
        let seen = own.generator.seen();
        own.reports.ahead(seen.ahead);
        seen.earliest
    }

    /// Brings the mark up to date. `hold` gives the earliest timestamp, from one on, that may be sent again.
    pub(super) fn look(&mut self, edges: &mut [Edge<T>], hold: impl FnOnce(Timestamp) -> Option<Timestamp>) {
        let Some(own) = self.own.as_mut().filter(|_| !self.mark.is_end()) else { return };
        let now = self.timer.now();
        let hold = hold(own.generator.said().watermark.unwrap_or(Timestamp::MIN));
        let mark = own.generator.say(now, hold);
        own.held = hold.is_some_and(|hold| mark.watermark.is_none_or(|watermark| hold <= watermark));
        own.show();
        self.set(mark, edges);
    }

    /// The bolt has heard this, and emitted what it had to emit.
    pub(super) fn pass_on(&mut self, mark: Mark, edges: &mut [Edge<T>]) {
        if self.own.is_none() {
            self.set(mark, edges);
        }
    }

    /// The input has come to its end, and everything was sent.
    pub(super) fn end(&mut self, edges: &mut [Edge<T>]) {
        self.set(Mark::END, edges);
        if let Some(own) = &self.own {
            own.cell.show(Generated { mark: Mark::END, ..Generated::default() });
        }
    }

    fn set(&mut self, mark: Mark, edges: &mut [Edge<T>]) {
        if mark == self.mark {
            return;
        }
        self.mark = mark;
        for edge in edges {
            edge.set_mark(mark);
        }
        let now = &self.timer;
        self.behind_since.get_or_insert_with(|| now.now());
    }

    /// Something is about to be sent, which may take long for want of room. See [`has_sent`](Self::has_sent).
    pub(super) fn is_sending(&self) -> Timestamp {
        self.timer.now()
    }

    pub(super) fn has_sent(&mut self, since: Timestamp, edges: &[Edge<T>]) {
        self.was_blocked(since);
        if self.behind_since.is_some() && !edges.iter().any(Edge::is_behind) {
            self.behind_since = None;
        }
    }

    /// Since then, and until now, nothing could be sent.
    pub(super) fn was_blocked(&mut self, since: Timestamp) {
        if let Some(own) = &mut self.own {
            own.generator.was_blocked(self.timer.now().since(since));
        }
    }

    pub(super) fn timing(&self) -> Timing {
        let own = self.own.as_ref().filter(|_| !self.mark.is_end());
        Timing { behind_since: self.behind_since, look_at: own.and_then(|own| own.generator.idle_at()) }
    }
}

impl<T: Tuple + ?Sized> Own<T> {
    fn show(&mut self) {
        let mark = self.generator.said();
        let Some((slot, since, idle_at)) = self.generator.slowest() else {
            return self.cell.show(Generated { mark, is_held: self.held, ..Generated::default() });
        };
        if self.slowest.as_ref().is_none_or(|(known, partition)| *known != slot || partition.is_none()) {
            self.slowest = Some((slot, self.observer.partition(slot).map(Arc::from)));
        }
        let partition = self.slowest.as_ref().and_then(|(_, partition)| partition.clone());
        self.cell.show(Generated { mark, since, partition, idle_at, is_held: self.held });
    }
}
