use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::event_ring::EventRing;
use super::{Happening, TopologyEvent};
use crate::base::Clock;

/// What happens in a topology, for those who read along and for those who ask later.
#[derive(Debug)]
pub(crate) struct EventLog {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    ring: EventRing,
    /// Readers that wait for the next event, by number.
    waiting: HashMap<u64, Waker>,
    readers: u64,
    closed: bool,
}

impl EventLog {
    pub(crate) fn new(capacity: usize, clock: Clock) -> Arc<Self> {
        let (ring, waiting) = (EventRing::new(capacity), HashMap::new());
        Arc::new(Self { clock, state: Mutex::new(State { ring, waiting, readers: 0, closed: false }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, what: Happening) {
        let mut state = self.state();
        if !state.closed {
            state.ring.add(self.clock.now(), what);
            state.wake();
        }
    }

    /// All tasks have ended: streams end when they have been read.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if !state.closed {
            let now = self.clock.now();
            state.ring.own_up(now, true);
            state.ring.add(now, Happening::Ended);
            state.closed = true;
            state.wake();
        }
    }

    pub(crate) fn recent(&self) -> Vec<TopologyEvent> {
        let mut state = self.state();
        state.ring.own_up(self.clock.now(), false);
        state.ring.iter().cloned().collect()
    }

    /// The last troubles of one component, and how many there were in all.
    pub(crate) fn troubles(&self, component: &str) -> (Vec<TopologyEvent>, u64) {
        self.state().ring.troubles(component)
    }

    pub(crate) fn follow(self: &Arc<Self>) -> TopologyEvents {
        let mut state = self.state();
        state.readers += 1;
        TopologyEvents { reader: state.readers, next: state.ring.end(), log: Arc::clone(self) }
    }
}

impl State {
    fn wake(&mut self) {
        self.waiting.drain().for_each(|(_, waker)| waker.wake());
    }
}

/// The events of a running topology from now on, as a [`Stream`]: see
/// [`TopologyHandle::events`](crate::process::TopologyHandle::events).
#[derive(Debug)]
#[must_use = "streams do nothing unless they are polled"]
pub struct TopologyEvents {
    log: Arc<EventLog>,
    reader: u64,
    next: u64,
}

impl Stream for TopologyEvents {
    type Item = TopologyEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TopologyEvent>> {
        let log = Arc::clone(&self.log);
        let mut state = log.state();
        match state.ring.get(self.next) {
            Ok(Some(event)) => {
                self.next += 1;
                Poll::Ready(Some(event.clone()))
            }
            Err(events) => {
                self.next += events;
                Poll::Ready(Some(TopologyEvent { at: log.clock.now(), what: Happening::Missed { events } }))
            }
            Ok(None) if state.closed => Poll::Ready(None),
            Ok(None) => {
                state.waiting.insert(self.reader, cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for TopologyEvents {
    fn drop(&mut self) {
        self.log.state().waiting.remove(&self.reader);
    }
}
