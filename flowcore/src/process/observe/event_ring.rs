use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{Happening, TopologyEvent};
use crate::base::Timestamp;

/// The last events of a topology, and the last troubles of each component. Pure: it is told the time.
#[derive(Debug)]
pub(super) struct EventRing {
    events: VecDeque<TopologyEvent>,
    capacity: usize,
    /// The number of the first event that is still there.
    first: u64,
    troubles: HashMap<Arc<str>, Troubles>,
}

/// What troubled one component.
#[derive(Debug, Default)]
struct Troubles {
    last: VecDeque<TopologyEvent>,
    since: Option<Timestamp>,
    admitted: usize,
    suppressed: u64,
    total: u64,
}

/// A component has at most so many troubles in an interval; the others are counted.
const ADMITTED: usize = 5;
const INTERVAL: Duration = Duration::from_secs(10);
/// How many of its last troubles are kept for each component.
const LAST: usize = 10;

impl EventRing {
    /// With room for `capacity` events.
    pub(super) fn new(capacity: usize) -> Self {
        Self { events: VecDeque::new(), capacity: capacity.max(1), first: 0, troubles: HashMap::new() }
    }

    /// Something happened.
    pub(super) fn add(&mut self, now: Timestamp, what: Happening) {
        self.own_up(now, false);
        let event = TopologyEvent { at: now, what };
        if let Some(component) = event.what.trouble_of() {
            let troubles = self.troubles.entry(Arc::clone(component)).or_default();
            if !troubles.admit(now, &event) {
                return;
            }
        }
        self.push(event);
    }

    /// Says how many troubles were left out in intervals that are over, or in `all`.
    pub(super) fn own_up(&mut self, now: Timestamp, all: bool) {
        let over = |troubles: &Troubles| all || troubles.is_over(now);
        let left_out =
            self.troubles.iter_mut().filter(|(_, troubles)| troubles.suppressed > 0 && over(troubles));
        let mut events: Vec<_> = left_out
            .map(|(component, troubles)| Happening::Suppressed {
                component: Arc::clone(component),
                events: std::mem::take(&mut troubles.suppressed),
            })
            .collect();
        events.drain(..).for_each(|what| self.push(TopologyEvent { at: now, what }));
    }

    fn push(&mut self, event: TopologyEvent) {
        if self.events.len() == self.capacity {
            self.events.pop_front();
            self.first += 1;
        }
        self.events.push_back(event);
    }

    /// The number that the next event will have.
    pub(super) fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// The event `number`; if it is gone, how many are.
    pub(super) fn get(&self, number: u64) -> Result<Option<&TopologyEvent>, u64> {
        match number.checked_sub(self.first) {
            Some(at) => Ok(usize::try_from(at).ok().and_then(|at| self.events.get(at))),
            None => Err(self.first - number),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TopologyEvent> {
        self.events.iter()
    }

    /// The last troubles of one component, and how many there were in all.
    pub(super) fn troubles(&self, component: &str) -> (Vec<TopologyEvent>, u64) {
        let troubles = self.troubles.get(component);
        troubles.map(|troubles| (troubles.last.iter().cloned().collect(), troubles.total)).unwrap_or_default()
    }
}

impl Troubles {
    fn is_over(&self, now: Timestamp) -> bool {
        self.since.is_none_or(|since| now.since(since) >= INTERVAL || now < since)
    }

    /// Whether the event is one of those that are listed.
    fn admit(&mut self, now: Timestamp, event: &TopologyEvent) -> bool {
        self.total += 1;
        if self.is_over(now) {
            (self.since, self.admitted) = (Some(now), 0);
        }
        if self.admitted == ADMITTED {
            self.suppressed += 1;
            return false;
        }
        self.admitted += 1;
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(event.clone());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn trouble(component: &str, task: usize) -> Happening {
        Happening::Failed { component: component.into(), task, error: Vec::new() }
    }

    fn suppressed(ring: &EventRing) -> Vec<(i64, u64)> {
        let events = ring.iter().filter_map(|event| match event.what {
            Happening::Suppressed { events, .. } => Some((event.at.as_millis() / 1000, events)),
            _ => None,
        });
        events.collect()
    }

    #[test]
    fn a_component_has_five_troubles_in_ten_seconds_and_the_others_are_counted() {
        let mut ring = EventRing::new(100);
        (0..8).for_each(|task| ring.add(at(1), trouble("a", task)));
        ring.add(at(2), trouble("b", 0));
        assert_eq!((ring.end(), suppressed(&ring)), (6, Vec::new()));
        ring.add(at(11), Happening::Stopping);
        assert_eq!(suppressed(&ring), [(11, 3)], "said as soon as the interval is over");
        (0..6).for_each(|task| ring.add(at(12), trouble("a", task)));
        ring.own_up(at(13), true);
        assert_eq!(suppressed(&ring), [(11, 3), (13, 1)]);
        let (last, total) = ring.troubles("a");
        assert_eq!((last.len(), total), (10, 14));
        assert_eq!(ring.troubles("c"), (Vec::new(), 0));
    }

    #[test]
    fn what_does_not_trouble_anybody_is_always_listed_and_the_oldest_goes() {
        let mut ring = EventRing::new(3);
        for _ in 0..20 {
            ring.add(at(0), Happening::Stopping);
        }
        assert_eq!((ring.iter().count(), ring.end()), (3, 20));
        assert_eq!(ring.get(5), Err(12));
        assert_eq!(ring.get(17).unwrap().map(|event| &event.what), Some(&Happening::Stopping));
        assert_eq!(ring.get(20), Ok(None));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_a_component() {
        let mut ring = EventRing::new(100);
        (0..9).for_each(|task| ring.add(at(1000), trouble("a", task)));
        ring.add(at(0), trouble("a", 0));
        assert_eq!(ring.end(), 7, "five, how many were left out, and the new one");
    }
}
