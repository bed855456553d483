//! Event time declared on streams and on the components that they stand for.

use std::sync::Arc;

use super::{BoltBuilder, SpoutBuilder, Stream};
use crate::base::Timestamp;
use crate::process::output::Wiring;
use crate::process::time::{EventTime, TimestampOf};
use crate::process::{Emitter, Spout, Tuple};

/// Event time. See [`EventTime`].
impl<T: Tuple + ?Sized> Stream<T> {
    /// Gives the stream an event time of its own. Declare it before what reads the stream. Without one, a
    /// bolt's stream passes on the watermark of its bolt.
    pub fn event_time(&self, time: EventTime<T>) -> &Self {
        self.set_timestamps(time.timestamp_of());
        self.set_event_time(time);
        self
    }

    /// Says where a tuple's timestamp is, for windows, on a stream that passes on the watermark of its bolt:
    /// one that [`map`](Self::map) has made, for example. Streams of `filter`, `inspect` and `branch` know it
    /// from the stream that they were made of.
    pub fn timestamped_by(&self, timestamp: impl Fn(&T) -> Timestamp + Send + Sync + 'static) -> &Self {
        self.set_timestamps(Arc::new(timestamp));
        self
    }

    /// Where a tuple's timestamp is: from [`event_time`](Self::event_time) or
    /// [`timestamped_by`](Self::timestamped_by). `None` if nobody has said.
    pub fn timestamp_of(&self) -> Option<TimestampOf<T>> {
        self.timestamps()
    }
}

impl<S, T> SpoutBuilder<S>
where
    S: Spout,
    S::Out: Wiring<Handles = Stream<T>>,
    T: Tuple + ?Sized,
{
    /// Gives its stream an event time. See [`EventTime`]. On a spout with several outputs, call it on each of
    /// its streams.
    #[must_use]
    pub fn event_time(self, time: EventTime<T>) -> Self {
        self.streams().event_time(time);
        self
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "it stands for a bolt that is part of the topology anyway"
)]
impl<B, T: Tuple + ?Sized> BoltBuilder<B, Emitter<T>> {
    /// Gives its stream an event time of its own, in place of the watermark of the bolt. See [`EventTime`].
    pub fn event_time(self, time: EventTime<T>) -> Self {
        Stream::event_time(&self, time);
        self
    }

    /// Says where a tuple's timestamp is, on a stream that passes on the watermark of the bolt. See
    /// [`Stream::timestamped_by`].
    pub fn timestamped_by(self, timestamp: impl Fn(&T) -> Timestamp + Send + Sync + 'static) -> Self {
        Stream::timestamped_by(&self, timestamp);
        self
    }

    /// Its tuples are those of `origin`, and so are their timestamps.
    pub(super) fn timed_like(self, origin: &Stream<T>) -> Self {
        self.inherit_timestamps(origin);
        self
    }
}
