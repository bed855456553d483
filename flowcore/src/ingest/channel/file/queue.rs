use std::collections::VecDeque;
use std::ops::Range;

use crate::event::Weigh;
use crate::ingest::ChannelState;

use super::log::Span;
use super::sequences::SequenceSet;

/// What an event takes in memory beside its weight.
const OVERHEAD: usize = 64;

/// How much a channel may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) events: usize,
    pub(super) transaction: usize,
    pub(super) bytes: usize,
    /// Bytes of events that wait in memory, so that they need not be read.
    pub(super) memory: usize,
}

impl Limits {
    /// A transaction has no more than there may be.
    pub(super) fn fitting(self) -> Self {
        Self { transaction: self.transaction.min(self.events), ..self }
    }
}

/// What events need, or have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) events: usize,
    pub(super) bytes: usize,
}

impl Room {
    pub(super) fn of<'a, T: Weigh + 'a>(events: impl IntoIterator<Item = &'a T>) -> Self {
        events
            .into_iter()
            .fold(Self::default(), |room, event| room.plus(Self { events: 1, bytes: event.weight() }))
    }

    pub(super) fn plus(self, more: Self) -> Self {
        let events = self.events.saturating_add(more.events);
        Self { events, bytes: self.bytes.saturating_add(more.bytes) }
    }

    fn memory(self) -> usize {
        self.bytes.saturating_add(self.events.saturating_mul(OVERHEAD))
    }
}

/// Events that wait, in the order of their sequence numbers.
#[derive(Debug)]
struct Stretch<T> {
    /// Without gaps where the events are in memory.
    sequences: Range<u64>,
    room: Room,
    span: Span,
    /// `None`: they are to be read.
    events: Option<VecDeque<T>>,
}

/// What a take has of one put.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) sequences: Range<u64>,
    pub(super) room: Room,
    span: Span,
}

#[derive(Debug)]
pub(super) struct Taken<T> {
    pub(super) events: Vec<T>,
    pub(super) parts: Vec<Part>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Step<R> {
    Done(R),
    Wait,
    /// The next events must be read first.
    Read,
    /// All that waits could not be read.
    Failed,
    Closed,
}

/// What is to be read next.
#[derive(Debug, Clone)]
pub(super) struct ReadRequest {
    first: u64,
    pub(super) span: Span,
    /// Those that are wanted, in order.
    pub(super) wanted: Vec<Range<u64>>,
}

/// Events that were read, from one put and without gaps.
#[derive(Debug)]
pub(super) struct Loaded<T> {
    pub(super) first: u64,
    pub(super) events: VecDeque<T>,
    pub(super) span: Span,
}

/// The channel without its waiting and its disk: synchronous, for use under a lock.
#[derive(Debug)]
pub(super) struct Queue<T> {
    limits: Limits,
    stretches: VecDeque<Stretch<T>>,
    taken_for_good: SequenceSet,
    waiting: usize,
    taken: usize,
    /// Of puts that are not published yet.
    reserved: usize,
    bytes: usize,
    /// Of the waiting events in memory.
    cached: usize,
    closed: bool,
    /// Segments that could not be read: what follows goes before them.
    aside: Vec<u64>,
}

impl<T: Weigh> Queue<T> {
    pub(super) fn new(limits: Limits, taken_for_good: SequenceSet) -> Self {
        let stretches = VecDeque::new();
        Self {
            limits,
            stretches,
            taken_for_good,
            waiting: 0,
            taken: 0,
            reserved: 0,
            bytes: 0,
            cached: 0,
            closed: false,
            aside: Vec::new(),
        }
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Whether a transaction may ever have this much.
    pub(super) fn allows(&self, room: Room) -> bool {
        room.events <= self.limits.transaction && room.bytes <= self.limits.bytes
    }

    /// Adds what a segment has, found at the start.
    pub(super) fn found(&mut self, sequences: Range<u64>, weight: u64, span: Span) {
        let all = sequences.end - sequences.start;
        let events = self.taken_for_good.count_missing(sequences.clone());
        if events > 0 {
            let bytes = u128::from(weight) * u128::from(events) / u128::from(all);
            let as_size = |number| usize::try_from(number).unwrap_or(usize::MAX);
            let room = Room { events: as_size(u128::from(events)), bytes: as_size(bytes) };
            // Records that lie about it all together have more than there can be.
            self.waiting = self.waiting.saturating_add(room.events);
            self.bytes = self.bytes.saturating_add(room.bytes);
            self.stretches.push_back(Stretch { sequences, room, span, events: None });
        }
    }

    pub(super) fn reserve(&mut self, room: Room) -> Step<()> {
        if self.closed {
            return Step::Closed;
        }
        let events = self.waiting + self.taken + self.reserved + room.events;
        if events > self.limits.events || self.bytes.saturating_add(room.bytes) > self.limits.bytes {
            return Step::Wait;
        }
        self.reserved += room.events;
        self.bytes = self.bytes.saturating_add(room.bytes);
        Step::Done(())
    }

    /// Gives back room that was reserved.
    pub(super) fn release(&mut self, room: Room) {
        self.reserved -= room.events;
        self.bytes = self.bytes.saturating_sub(room.bytes);
    }

    /// Makes events visible that are in the log now. Later ones have higher sequence numbers.
    pub(super) fn publish(&mut self, first: u64, events: Vec<T>, room: Room, span: Span) {
        self.reserved -= room.events;
        self.waiting = self.waiting.saturating_add(room.events);
        let sequences = first..first + events.len() as u64;
        if self.cached.saturating_add(room.memory()) <= self.limits.memory {
            self.cached = self.cached.saturating_add(room.memory());
            let events = Some(events.into());
            self.stretches.push_back(Stretch { sequences, room, span, events });
            return;
        }
        match self.stretches.back_mut() {
            Some(last) if last.events.is_none() && last.span.segment == span.segment => {
                last.sequences.end = sequences.end;
                last.span.to = span.to;
                last.room = last.room.plus(room);
            }
            _ => self.stretches.push_back(Stretch { sequences, room, span, events: None }),
        }
    }

    pub(super) fn take(&mut self, max: usize) -> Step<Taken<T>> {
        if self.waiting == 0 {
            let over = self.closed && self.taken == 0 && self.reserved == 0;
            return if over { Step::Closed } else { Step::Wait };
        }
        let max = max.clamp(1, self.limits.transaction);
        let mut taken = Taken { events: Vec::new(), parts: Vec::new() };
        let mut at = 0;
        while taken.events.len() < max {
            match self.stretches.get(at) {
                Some(stretch) if self.is_aside(stretch) => at += 1,
                Some(stretch) if stretch.events.is_some() => {
                    let Some(stretch) = self.stretches.remove(at) else { break };
                    if let Some(rest) = stretch.move_into(&mut taken, max) {
                        self.stretches.insert(at, rest);
                    }
                }
                None if taken.events.is_empty() => return Step::Failed,
                Some(_) | None => break,
            }
        }
        if taken.events.is_empty() {
            return Step::Read;
        }
        let room = taken.parts.iter().fold(Room::default(), |room, part| room.plus(part.room));
        self.waiting = self.waiting.saturating_sub(room.events);
        self.taken = self.taken.saturating_add(room.events);
        self.cached = self.cached.saturating_sub(room.memory());
        Step::Done(taken)
    }

    /// Taken events are gone, and their room is free.
    pub(super) fn forget(&mut self, parts: &[Part]) {
        for part in parts {
            self.taken = self.taken.saturating_sub(part.room.events);
            self.bytes = self.bytes.saturating_sub(part.room.bytes);
            self.taken_for_good.insert(part.sequences.clone());
        }
    }

    /// Taken events go back to where they were. Those that are not given are read again.
    pub(super) fn put_back(&mut self, mut events: Option<Vec<T>>, parts: Vec<Part>) {
        for Part { sequences, room, span } in parts.into_iter().rev() {
            let own = |events: &mut Vec<T>| events.split_off(events.len().saturating_sub(room.events)).into();
            let own: Option<VecDeque<T>> = events.as_mut().map(own);
            self.taken = self.taken.saturating_sub(room.events);
            self.waiting = self.waiting.saturating_add(room.events);
            if own.is_some() {
                self.cached = self.cached.saturating_add(room.memory());
            }
            let at = self.stretches.partition_point(|stretch| stretch.sequences.start < sequences.start);
            self.stretches.insert(at, Stretch { sequences, room, span, events: own });
        }
    }

    /// Sequence numbers that were given up: no event has them.
    pub(super) fn give_up(&mut self, sequences: Range<u64>) {
        self.taken_for_good.insert(sequences);
    }

    /// A segment cannot be read now.
    pub(super) fn set_aside(&mut self, segment: u64) {
        if !self.aside.contains(&segment) {
            self.aside.push(segment);
        }
    }

    /// What could not be read is tried again.
    pub(super) fn try_again(&mut self) {
        self.aside.clear();
    }

    /// How many segments cannot be read now.
    pub(super) fn aside(&self) -> usize {
        self.aside.len()
    }

    fn is_aside(&self, stretch: &Stretch<T>) -> bool {
        stretch.events.is_none() && self.aside.contains(&stretch.span.segment)
    }

    /// What to read before it is asked for; `None` while enough is in memory.
    pub(super) fn next_read(&self, enough: usize) -> Option<ReadRequest> {
        let mut ahead = 0;
        for stretch in &self.stretches {
            if self.is_aside(stretch) {
                continue;
            }
            if stretch.events.is_none() {
                let wanted = self.taken_for_good.missing(stretch.sequences.clone()).collect();
                return Some(ReadRequest { first: stretch.sequences.start, span: stretch.span, wanted });
            }
            ahead += stretch.room.memory();
            if ahead >= enough {
                return None;
            }
        }
        None
    }

    /// Puts what was read in the place of the stretch that was asked for. `lost` are those of it that cannot
    /// be read; what lies before `rest` of the span has been read, all of it without a `rest`.
    pub(super) fn load(
        &mut self,
        request: &ReadRequest,
        loaded: Vec<Loaded<T>>,
        lost: &[Range<u64>],
        rest: Option<(u64, u64)>,
    ) {
        let asked =
            |stretch: &Stretch<T>| stretch.events.is_none() && stretch.sequences.start == request.first;
        let Some(at) = self.stretches.iter().position(asked) else { return };
        let Some(mut old) = self.stretches.remove(at) else { return };
        // Puts may have made it longer meanwhile.
        let longer = old.span.to > request.span.to;
        self.waiting = self.waiting.saturating_sub(old.room.events);
        self.bytes = self.bytes.saturating_sub(old.room.bytes);
        for range in lost {
            self.taken_for_good.insert(range.clone());
            old.room.events -= usize::try_from(range.end - range.start).unwrap_or(0).min(old.room.events);
        }
        let mut at = at;
        for Loaded { first, events, span } in loaded {
            let room = Room::of(&events);
            old.room.events = old.room.events.saturating_sub(room.events);
            old.room.bytes = old.room.bytes.saturating_sub(room.bytes);
            let sequences = first..first + events.len() as u64;
            self.insert(at, Stretch { sequences, room, span, events: Some(events) });
            at += 1;
        }
        let end = request.wanted.last().map_or(old.sequences.start, |range| range.end);
        let rest = rest.or(longer.then_some((request.span.to, end)));
        if let Some((from, first)) = rest
            && old.room.events > 0
        {
            let span = Span { from, ..old.span };
            self.insert(at, Stretch { sequences: first..old.sequences.end, span, ..old });
        }
    }

    fn insert(&mut self, at: usize, stretch: Stretch<T>) {
        self.waiting = self.waiting.saturating_add(stretch.room.events);
        self.bytes = self.bytes.saturating_add(stretch.room.bytes);
        if stretch.events.is_some() {
            self.cached = self.cached.saturating_add(stretch.room.memory());
        }
        self.stretches.insert(at, stretch);
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn state(&self) -> ChannelState {
        ChannelState {
            waiting: self.waiting,
            taken: self.taken,
            capacity: self.limits.events,
            bytes: self.bytes,
        }
    }
}

impl<T: Weigh> Stretch<T> {
    /// Moves events that are in memory until `taken` has `max` of them; returns what is left.
    fn move_into(mut self, taken: &mut Taken<T>, max: usize) -> Option<Self> {
        let room = max - taken.events.len();
        let events = self.events.take()?;
        if events.len() <= room {
            taken.parts.push(Part { sequences: self.sequences, room: self.room, span: self.span });
            if taken.events.is_empty() {
                taken.events = events.into();
            } else {
                taken.events.extend(events);
            }
            return None;
        }
        let (mut events, before) = (events, taken.events.len());
        taken.events.extend(events.drain(..room));
        let own = Room::of(&taken.events[before..]);
        let split = self.sequences.start + room as u64;
        taken.parts.push(Part { sequences: self.sequences.start..split, room: own, span: self.span });
        self.sequences.start = split;
        self.room = Room { events: self.room.events - own.events, bytes: self.room.bytes - own.bytes };
        Some(Self { events: Some(events), ..self })
    }
}
