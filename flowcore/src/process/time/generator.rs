use std::time::Duration;

use super::event_time::Pace;
use super::{LATEST, Mark};
use crate::base::Timestamp;

/// Makes the watermark of one task's stream of the timestamps that it sends. Pure: it is shown a batch at
/// a time, and told the time.
///
/// There is a slot for each partition, or one for all. Two clocks are told apart: `now` is the engine's, which
/// never stands still, and says who is idle; `clock` is the topology's, and says where the future begins.
#[derive(Debug)]
pub(crate) struct Generator {
    pace: Pace,
    /// Never empty: the first is there before its partition is known.
    slots: Vec<Slot>,
    /// What was said last: it never goes back.
    said: Mark,
    batch: Batch,
}

#[derive(Debug)]
struct Slot {
    largest: Option<Timestamp>,
    /// When `largest` was last raised.
    raised: Timestamp,
    /// When it last had a tuple that was believed, or could not have had one.
    heard: Timestamp,
    idle: bool,
    /// Tuples in a row that have jumped too far, and the earliest of them.
    jumped: u32,
    landed: Timestamp,
}

/// The batch that is shown.
#[derive(Debug, Clone, Copy)]
struct Batch {
    now: Timestamp,
    /// No later timestamp is believed.
    limit: Timestamp,
    /// A largest timestamp before this is one of old data.
    old: Timestamp,
    seen: Seen,
}

/// What a batch had in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The earliest timestamp that was not late.
    pub(crate) earliest: Option<Timestamp>,
    /// How many tuples were too far ahead.
    pub(crate) ahead: u64,
}

/// Between which timestamps one more tuple of a batch changes nothing: not later than the latest, and not earlier
/// than the earliest, unless it is late.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    largest: Timestamp,
    earliest: Timestamp,
    watermark: Timestamp,
}

impl Known {
    /// Every timestamp changes something.
    pub(super) const NOTHING: Self =
        Self { largest: Timestamp::MIN, earliest: Timestamp::MAX, watermark: Timestamp::MIN };

    #[inline]
    pub(super) fn has(&self, timestamp: Timestamp) -> bool {
        timestamp <= self.largest && (timestamp >= self.earliest || timestamp < self.watermark)
    }
}

/// Tuples in a row that have to agree on a jump in old data.
const AGREE: u32 = 100;

impl Slot {
    fn new(now: Timestamp) -> Self {
        let landed = Timestamp::MAX;
        Self { largest: None, raised: now, heard: now, idle: false, jumped: 0, landed }
    }
}

impl Generator {
    pub(crate) fn new(pace: Pace, now: Timestamp) -> Self {
        let seen = Seen::default();
        let batch = Batch { now, limit: Timestamp::MIN, old: Timestamp::MIN, seen };
        Self { pace, slots: vec![Slot::new(now)], said: Mark::default(), batch }
    }

    /// A batch comes. Show its tuples next.
    pub(crate) fn begin(&mut self, now: Timestamp, clock: Timestamp) {
        let max_ahead = self.pace.max_ahead;
        let seen = Seen::default();
        self.batch = Batch { now, limit: clock + max_ahead, old: clock - max_ahead, seen };
    }

    /// A tuple of the batch.
    #[inline]
    pub(crate) fn observe(&mut self, slot: usize, timestamp: Timestamp) {
        let near = self.slots.get(slot).and_then(|slot| slot.largest).is_some_and(|at| timestamp <= at);
        if !near && !self.raise(slot, timestamp) {
            self.batch.seen.ahead += 1;
            return;
        }
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.heard = self.batch.now;
            slot.idle = false;
            slot.jumped = 0;
        }
        let late = self.said.watermark.is_some_and(|watermark| timestamp < watermark);
        if !late && self.batch.seen.earliest.is_none_or(|earliest| timestamp < earliest) {
            self.batch.seen.earliest = Some(timestamp);
        }
    }

    /// Which timestamps need not be [observed](Self::observe) in the rest of this batch, until one was.
    pub(super) fn known(&self, slot: usize) -> Known {
        let Batch { now, seen: Seen { earliest, .. }, .. } = self.batch;
        let slot = self.slots.get(slot).filter(|slot| slot.heard == now && !slot.idle && slot.jumped == 0);
        match (slot.and_then(|slot| slot.largest), earliest) {
            (Some(largest), Some(earliest)) => {
                Known { largest, earliest, watermark: self.said.watermark.unwrap_or(Timestamp::MIN) }
            }
            _ => Known::NOTHING,
        }
    }

    /// A timestamp that is larger than those before. False if it is not believed.
    fn raise(&mut self, slot: usize, timestamp: Timestamp) -> bool {
        let Batch { now, limit, old, .. } = self.batch;
        while self.slots.len() <= slot {
            self.slots.push(Slot::new(now));
        }
        let max_ahead = self.pace.max_ahead;
        let Some(slot) = self.slots.get_mut(slot).filter(|_| timestamp <= limit) else { return false };
        let jump = slot
            .largest
            .is_some_and(|largest| largest < old && timestamp > largest + max_ahead + now.since(slot.raised));
        if jump {
            slot.jumped += 1;
            slot.landed = if slot.jumped == 1 { timestamp } else { slot.landed.min(timestamp) };
            if slot.jumped < AGREE {
                return false;
            }
        }
        slot.largest = Some(if jump { slot.landed } else { timestamp });
        slot.raised = now;
        true
    }

    /// What the batch had in it.
    pub(crate) fn seen(&self) -> Seen {
        self.batch.seen
    }

    /// For this long, the task could not have sent anything, for want of room: nobody was idle meanwhile.
    pub(crate) fn was_blocked(&mut self, time: Duration) {
        for slot in self.slots.iter_mut().filter(|slot| !slot.idle) {
            slot.heard = slot.heard + time;
        }
    }

    /// What to say now. `hold` is the earliest timestamp that may be sent again: no watermark passes it.
    pub(crate) fn say(&mut self, now: Timestamp, hold: Option<Timestamp>) -> Mark {
        let idle_after = self.pace.idle_after;
        for slot in &mut self.slots {
            slot.idle |= now.since(slot.heard) >= idle_after;
        }
        let idle = self.slots.iter().all(|slot| slot.idle);
        // Without a timestamp comes first.
        let largest = if idle {
            self.slots.iter().map(|slot| slot.largest).max()
        } else {
            self.slots.iter().filter(|slot| !slot.idle).map(|slot| slot.largest).min()
        };
        let reached = largest.flatten().map(|largest| (largest - self.pace.lag).min(LATEST));
        let watermark = reached.map(|reached| hold.map_or(reached, |hold| reached.min(hold)));
        self.said = Mark { watermark: self.said.watermark.max(watermark), idle: idle && hold.is_none() };
        self.said
    }

    /// What was said last.
    pub(crate) fn said(&self) -> Mark {
        self.said
    }

    /// When the next slot is idle, if no tuple comes.
    pub(crate) fn idle_at(&self) -> Option<Timestamp> {
        let heard = self.slots.iter().filter(|slot| !slot.idle).map(|slot| slot.heard).min();
        heard.map(|heard| heard + self.pace.idle_after).filter(|at| *at < Timestamp::MAX)
    }

    /// The slot that holds back the others, since when it stands and when it will be idle.
    pub(crate) fn slowest(&self) -> Option<(usize, Timestamp, Option<Timestamp>)> {
        let active = self.slots.iter().enumerate().filter(|(_, slot)| !slot.idle);
        let (at, slot) = active.min_by_key(|(_, slot)| (slot.largest, slot.raised))?;
        let idle_at = Some(slot.heard + self.pace.idle_after).filter(|at| *at < Timestamp::MAX);
        Some((at, slot.raised, idle_at))
    }
}
