use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use crate::event::Event;
use crate::ingest::{Batch, ChannelWriter, PutErrorKind, Source, SourceError};

/// The most bytes that are asked for before there is something to write.
const MOST_ROOM: usize = 1 << 20;

/// Counts: the bodies are `0`, `1`, `2` and so on, for trying out an agent.
///
/// **Delivery:** nothing waits for the events after they are in the channel. **Order** is that of the
/// numbers. **When the channel is full** the same batch is put again until there is room. After the last
/// number the source stays there and does nothing. Clones count on together: one that is cloned for each
/// start goes on after a failure where it was; a new one begins at 0.
///
/// ```
/// use flowcore::ingest::source::SeqSource;
/// let source = SeqSource::new().batch_size(100).total_events(1_000_000);
/// # let _ = source;
/// ```
#[derive(Debug, Clone)]
pub struct SeqSource {
    batch_size: usize,
    total_events: u64,
    next: Arc<AtomicU64>,
}

impl SeqSource {
    /// One event a batch, without an end.
    pub fn new() -> Self {
        Self { batch_size: 1, total_events: i64::MAX.unsigned_abs(), next: Arc::default() }
    }

    /// Events that are put at once, at least 1 (`batchSize`, default 1).
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = events.max(1);
        self
    }

    /// How many there are (`totalEvents`, default 9223372036854775807).
    #[must_use]
    pub fn total_events(mut self, events: u64) -> Self {
        self.total_events = events;
        self
    }

    /// All numbers of a batch lie in one buffer.
    fn batch(&self, next: u64) -> Vec<Event> {
        let end = next.saturating_add(self.batch_size as u64).min(self.total_events);
        let mut digits = Digits::of(next);
        let room = self.batch_size.saturating_mul(digits.length + 1).saturating_add(Digits::MOST);
        let mut text = Vec::with_capacity(room.min(MOST_ROOM));
        for _ in next..end {
            digits.append_to(&mut text);
            digits.count_on();
        }
        let mut text = Bytes::from(text);
        let mut events = Vec::with_capacity(self.batch_size.min(MOST_ROOM));
        let mut number = next;
        while number < end {
            let width = number.checked_ilog10().unwrap_or(0) + 1;
            let longer = 10_u64.checked_pow(width).unwrap_or(u64::MAX);
            let until = longer.min(end);
            events.extend((number..until).map(|_| Event::new(text.split_to(width as usize))));
            number = until;
        }
        events
    }
}

/// A number as text.
struct Digits {
    /// What is from the last one on is of no meaning.
    bytes: [u8; Self::MOST],
    length: usize,
    /// By itself: what was changed a moment ago is slow to be read together with its neighbours.
    last: u8,
}

impl Digits {
    const MOST: usize = 20;

    fn of(number: u64) -> Self {
        let text = number.to_string();
        let mut bytes = [b'0'; Self::MOST];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Self { bytes, length: text.len(), last: bytes[text.len() - 1] }
    }

    /// All bytes are copied, and those that are too many cut off: a copy of known length needs no call.
    fn append_to(&self, text: &mut Vec<u8>) {
        let end = text.len() + self.length;
        text.extend_from_slice(&self.bytes);
        text.truncate(end);
        if let Some(last) = text.last_mut() {
            *last = self.last;
        }
    }

    /// To the next number.
    fn count_on(&mut self) {
        if self.last < b'9' {
            self.last += 1;
            return;
        }
        self.last = b'0';
        for digit in self.bytes[..self.length - 1].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        self.bytes[self.length - 1] = b'0';
        self.bytes[0] = b'1';
        self.length = (self.length + 1).min(Self::MOST);
    }
}

impl Default for SeqSource {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Source for SeqSource {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        while !out.is_stopping() {
            let next = self.next.load(Ordering::Relaxed);
            let events = self.batch(next);
            let count = events.len() as u64;
            if count == 0 {
                break;
            }
            match out.put(Batch::untracked(events)).await {
                Ok(()) => self.next.store(next + count, Ordering::Relaxed),
                Err(_) if out.is_stopping() => return Ok(()),
                Err(error) if error.kind == PutErrorKind::TooLarge => return Err(SourceError::fatal(error)),
                Err(error) => return Err(SourceError::retry(error)),
            }
        }
        out.stopping().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_the_numbers_in_their_order_across_batches_and_digits() {
        for (batch, next) in [(1, 0), (7, 0), (250, 0), (30, 990), (5, 99_998), (1, 9)] {
            let source = SeqSource::new().batch_size(batch).total_events(100_001);
            let bodies: Vec<Bytes> = source.batch(next).into_iter().map(|event| event.body).collect();
            let end = (next + batch as u64).min(100_001);
            assert_eq!(bodies, (next..end).map(|number| Bytes::from(number.to_string())).collect::<Vec<_>>());
        }
    }
}
