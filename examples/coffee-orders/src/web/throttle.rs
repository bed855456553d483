use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::packet::{Dimension, Statistics};

/// Packets that wait for each branch and dimension: the bucket that is being filled, and the last state of
/// the one before, which would else be lost when a new bucket begins between two sendings.
const WAITING: usize = 2;

/// Decides what one client is sent, and when: for each branch and dimension at most one packet in each
/// interval, the newest of its bucket. What is replaced is forgotten, so that a slow client costs no memory.
///
/// Pure: `now` is any time that only grows, such as the time since the client came.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use coffee_orders::packet::{Dimension, Statistics};
/// use coffee_orders::web::Throttle;
///
/// let packet = |date: &str| {
///     let (branch, date) = ("all".to_owned(), date.to_owned());
///     Arc::new(Statistics { branch, dimension: Dimension::Orders, date, counts: Vec::new() })
/// };
/// let at = Duration::from_millis;
///
/// let mut throttle = Throttle::new(at(250));
/// throttle.offer(packet("20140928120000"));
/// assert!(throttle.take(at(0)).is_some());
/// throttle.offer(packet("20140928120000"));
/// assert!(throttle.take(at(100)).is_none());
/// assert_eq!(throttle.due(), Some(at(250)));
/// assert!(throttle.take(at(250)).is_some());
/// assert_eq!(throttle.due(), None);
/// ```
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    slots: HashMap<(String, Dimension), Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    /// Nothing is sent before.
    due: Duration,
    /// Oldest bucket first.
    waiting: VecDeque<Arc<Statistics>>,
}

impl Throttle {
    /// At most one packet for each branch and dimension in each `interval`.
    pub fn new(interval: Duration) -> Self {
        Self { interval, slots: HashMap::new() }
    }

    /// Takes in a packet. It replaces the one of its own bucket that waits; of more than two buckets that
    /// wait the oldest is forgotten.
    pub fn offer(&mut self, packet: Arc<Statistics>) {
        let key = (packet.branch.clone(), packet.dimension);
        let waiting = &mut self.slots.entry(key).or_default().waiting;
        let place = waiting.iter().position(|other| other.date >= packet.date).unwrap_or(waiting.len());
        match waiting.get_mut(place) {
            Some(same) if same.date == packet.date => *same = packet,
            _ => waiting.insert(place, packet),
        }
        if waiting.len() > WAITING {
            waiting.pop_front();
        }
    }

    /// The packet that is to be sent now: the one that has been due for longest.
    pub fn take(&mut self, now: Duration) -> Option<Arc<Statistics>> {
        let ready = self.slots.values_mut().filter(|slot| !slot.waiting.is_empty() && slot.due <= now);
        let slot = ready.min_by_key(|slot| slot.due)?;
        slot.due = now + self.interval;
        slot.waiting.pop_front()
    }

    /// When [`take`](Self::take) will next have something. `None` when nothing waits.
    pub fn due(&self) -> Option<Duration> {
        self.slots.values().filter(|slot| !slot.waiting.is_empty()).map(|slot| slot.due).min()
    }

    /// How many packets wait.
    pub fn waiting(&self) -> usize {
        self.slots.values().map(|slot| slot.waiting.len()).sum()
    }
}
