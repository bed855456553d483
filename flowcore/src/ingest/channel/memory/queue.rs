use std::collections::VecDeque;
use std::ops::{Add, AddAssign};

use super::budget::ByteBudget;
use crate::base::Token;
use crate::event::Weigh;

/// How much a channel may hold, and how its bytes are counted.
#[derive(Debug)]
pub(super) struct Limits<T> {
    pub(super) events: usize,
    pub(super) transaction: usize,
    pub(super) bytes: usize,
    /// Shared with other channels, beside the own bytes.
    pub(super) budget: Option<ByteBudget>,
    pub(super) scale: Scale<T>,
}

impl<T> Limits<T> {
    fn allow(&self, room: Room) -> bool {
        let budget = self.budget.as_ref().map_or(usize::MAX, ByteBudget::limit);
        room.events <= self.transaction && room.bytes <= self.bytes.min(budget)
    }
}

impl<T> Clone for Limits<T> {
    fn clone(&self) -> Self {
        Self { budget: self.budget.clone(), ..*self }
    }
}

/// What events need, or have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) events: usize,
    pub(super) bytes: usize,
}

/// How the bytes of an event are counted.
#[derive(Debug)]
pub(super) struct Scale<T> {
    pub(super) slot: usize,
    pub(super) weigh: fn(&T, usize) -> usize,
}

impl<T: Weigh> Scale<T> {
    /// By their own weight.
    pub(super) fn own() -> Self {
        Self { slot: 1, weigh: |event, _| event.weight() }
    }
}

impl<T> Clone for Scale<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Scale<T> {}

impl Room {
    pub(super) fn of<T>(events: &[T], scale: Scale<T>) -> Self {
        let weight = |event| (scale.weigh)(event, scale.slot);
        let bytes = events.iter().fold(0usize, |sum, event| sum.saturating_add(weight(event)));
        Self { events: events.len(), bytes }
    }
}

impl Add for Room {
    type Output = Self;
    fn add(self, more: Self) -> Self {
        let events = self.events.saturating_add(more.events);
        Self { events, bytes: self.bytes.saturating_add(more.bytes) }
    }
}

impl AddAssign for Room {
    fn add_assign(&mut self, more: Self) {
        *self = *self + more;
    }
}

/// The events of one put, or what is left of them, with a share of its token.
#[derive(Debug)]
struct Segment<T> {
    first: u64,
    bytes: usize,
    /// By which they were counted: that of the channel may have changed since.
    scale: Scale<T>,
    events: VecDeque<T>,
    token: Token,
}

/// What a take has of one put.
#[derive(Debug)]
pub(super) struct Part<T> {
    first: u64,
    pub(super) room: Room,
    scale: Scale<T>,
    pub(super) token: Token,
}

/// Events that were taken, and from which puts they are.
#[derive(Debug)]
pub(super) struct Taken<T> {
    pub(super) events: Vec<T>,
    pub(super) parts: Vec<Part<T>>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Step<R> {
    Done(R),
    Wait,
    Closed,
}

/// The channel without its waiting: synchronous, for use under a lock. Tokens are answered by the caller
/// after the lock, since an answer runs foreign code.
#[derive(Debug)]
pub(super) struct Queue<T> {
    limits: Limits<T>,
    segments: VecDeque<Segment<T>>,
    /// The number of the next event: a take that comes back finds its place by it.
    next: u64,
    waiting: usize,
    taken: usize,
    reserved: usize,
    bytes: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(limits: Limits<T>) -> Self {
        let segments = VecDeque::new();
        Self { limits, segments, next: 0, waiting: 0, taken: 0, reserved: 0, bytes: 0, closed: false }
    }

    /// What it holds counts by the budget that it has from now on.
    pub(super) fn set_limits(&mut self, limits: Limits<T>) {
        if let Some(budget) = &limits.budget {
            budget.force(self.bytes);
        }
        let before = std::mem::replace(&mut self.limits, limits);
        if let Some(budget) = before.budget {
            budget.give_back(self.bytes);
        }
    }

    /// By which a put that begins now is counted.
    pub(super) fn scale(&self) -> Scale<T> {
        self.limits.scale
    }

    pub(super) fn budget(&self) -> Option<&ByteBudget> {
        self.limits.budget.as_ref()
    }

    /// Whether a transaction may ever have this much.
    pub(super) fn allows(&self, room: Room) -> bool {
        self.limits.allow(room)
    }

    pub(super) fn reserve(&mut self, room: Room) -> Step<()> {
        if self.closed {
            return Step::Closed;
        }
        let held = Room { events: self.waiting + self.taken + self.reserved, bytes: self.bytes } + room;
        if held.events > self.limits.events || held.bytes > self.limits.bytes {
            return Step::Wait;
        }
        if self.limits.budget.as_ref().is_some_and(|budget| !budget.take(room.bytes)) {
            return Step::Wait;
        }
        self.reserved += room.events;
        self.bytes += room.bytes;
        Step::Done(())
    }

    /// Gives back room that was reserved.
    pub(super) fn release(&mut self, room: Room) {
        self.reserved -= room.events;
        self.free(room.bytes);
    }

    fn free(&mut self, bytes: usize) {
        self.bytes -= bytes;
        if let Some(budget) = &self.limits.budget {
            budget.give_back(bytes);
        }
    }

    /// Makes events visible that `room` was reserved for, by `scale`; there is at least one.
    pub(super) fn publish(&mut self, events: Vec<T>, room: Room, scale: Scale<T>, token: Token) {
        self.reserved -= room.events;
        self.waiting += room.events;
        let segment = Segment { first: self.next, bytes: room.bytes, scale, events: events.into(), token };
        self.next += room.events as u64;
        self.segments.push_back(segment);
    }

    pub(super) fn take(&mut self, max: usize) -> Step<Taken<T>> {
        if self.waiting == 0 {
            let over = self.closed && self.taken == 0 && self.reserved == 0;
            return if over { Step::Closed } else { Step::Wait };
        }
        let max = max.clamp(1, self.limits.transaction);
        let mut taken = Taken { events: Vec::new(), parts: Vec::new() };
        while taken.events.len() < max {
            let Some(segment) = self.segments.pop_front() else { break };
            if let Some(rest) = segment.move_into(&mut taken, max) {
                self.segments.push_front(rest);
            }
        }
        self.waiting -= taken.events.len();
        self.taken += taken.events.len();
        Step::Done(taken)
    }

    /// Taken events are gone, and their room is free.
    pub(super) fn forget(&mut self, parts: &[Part<T>]) {
        let mut bytes = 0;
        for part in parts {
            self.taken -= part.room.events;
            bytes += part.room.bytes;
        }
        self.free(bytes);
    }

    /// Taken events go back to where they were.
    pub(super) fn put_back(&mut self, mut events: Vec<T>, parts: Vec<Part<T>>) {
        for Part { first, room, scale, token } in parts.into_iter().rev() {
            let own = events.split_off(events.len().saturating_sub(room.events));
            self.taken -= room.events;
            self.waiting += room.events;
            let at = self.segments.partition_point(|segment| segment.first < first);
            self.segments.insert(at, Segment { first, bytes: room.bytes, scale, events: own.into(), token });
        }
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn state(&self) -> super::ChannelState {
        super::ChannelState {
            waiting: self.waiting,
            taken: self.taken,
            capacity: self.limits.events,
            bytes: self.bytes,
        }
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        self.free(self.bytes);
    }
}

impl<T> Segment<T> {
    /// Moves events until `taken` has `max` of them; returns what is left.
    fn move_into(mut self, taken: &mut Taken<T>, max: usize) -> Option<Self> {
        let (room, scale) = (max - taken.events.len(), self.scale);
        if self.events.len() <= room {
            let own = Room { events: self.events.len(), bytes: self.bytes };
            taken.parts.push(Part { first: self.first, room: own, scale, token: self.token });
            if taken.events.is_empty() {
                taken.events = self.events.into();
            } else {
                taken.events.extend(self.events);
            }
            return None;
        }
        let before = taken.events.len();
        taken.events.extend(self.events.drain(..room));
        let own = Room::of(&taken.events[before..], scale);
        taken.parts.push(Part { first: self.first, room: own, scale, token: self.token.share() });
        self.first += room as u64;
        self.bytes -= own.bytes;
        Some(self)
    }
}
