mod arrival;
mod counts;
mod outstanding;
mod patience;
mod reservation;

use std::sync::Arc;
use std::time::Duration;

use self::arrival::{Arrival, Unit};
use self::patience::Patience;
use super::metrics::Counter;
use super::{
    Batch, Channel, ChannelError, ComponentContext, Interceptor, PutError, PutErrorKind, ReplicatingSelector,
    Selector, Stopping,
};
use crate::base::{Backoff, Token};
use crate::event::Event;

pub(crate) use counts::WriteCounts;
pub(crate) use outstanding::Outstanding;

/// Between two tries when a channel stays full longer than its own waiting time.
const PAUSE: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));

/// Events that are put before others have their turn. To sleep and wake costs as much as a hundred events, and
/// so many still lie in the processor's cache.
const TURN: usize = 8192;

/// Where a source puts its events: through its interceptors, into every channel that its selector chooses,
/// or into none.
///
/// With one channel, whole batches move and nothing is copied; each further channel gets clones.
pub struct ChannelWriter<T: Send + 'static = Event> {
    channels: Vec<Arc<dyn Channel<T>>>,
    interceptors: Vec<Box<dyn Interceptor<T>>>,
    selector: Box<dyn Selector<T>>,
    context: ComponentContext,
    stopping: Stopping,
    copy: fn(&T) -> T,
    counts: Arc<WriteCounts>,
    outstanding: Option<Arc<Outstanding>>,
    /// One for each channel.
    patience: Vec<Patience>,
    /// Events since others had their turn.
    since_turn: usize,
    pauses: Backoff,
}

impl<T: Send + 'static> ChannelWriter<T> {
    /// A writer into all of `channels`.
    pub fn new(channels: Vec<Arc<dyn Channel<T>>>, context: ComponentContext, stopping: Stopping) -> Self
    where
        T: Clone,
    {
        let selector = Box::new(ReplicatingSelector::all(channels.len()));
        let (interceptors, counts) = (Vec::new(), Arc::default());
        let patience = vec![Patience::default(); channels.len()];
        Self {
            channels,
            interceptors,
            selector,
            context,
            stopping,
            copy: T::clone,
            counts,
            outstanding: None,
            patience,
            since_turn: 0,
            pauses: PAUSE,
        }
    }

    /// Lets `selector` choose the channels, counted as they were given to [`new`](Self::new).
    #[must_use]
    pub fn with_selector(mut self, selector: Box<dyn Selector<T>>) -> Self {
        self.selector = selector;
        self
    }

    /// Sends every batch through `interceptors` first, in their order; starts them.
    #[must_use]
    pub fn with_interceptors(mut self, mut interceptors: Vec<Box<dyn Interceptor<T>>>) -> Self {
        for interceptor in &mut interceptors {
            interceptor.start(&self.context);
        }
        self.interceptors = interceptors;
        self
    }

    /// Counts in `counts`, which others may read.
    pub(crate) fn counting_in(mut self, counts: Arc<WriteCounts>) -> Self {
        self.counts = counts;
        self
    }

    /// Counts in `outstanding` what was not answered yet.
    pub(crate) fn awaiting_in(mut self, outstanding: Arc<Outstanding>) -> Self {
        self.outstanding = Some(outstanding);
        self
    }

    fn tracked(&self, token: Token) -> Token {
        match &self.outstanding {
            Some(outstanding) => outstanding.track(token),
            None => token,
        }
    }

    /// How long [`put`](Self::put) waits between its tries while a channel stays full, beyond the time that the
    /// channel itself waits for room (default: 10 ms, doubled up to a second).
    pub fn set_pauses(&mut self, pauses: Backoff) {
        self.pauses = pauses;
    }

    /// The source's name and clock.
    pub fn context(&self) -> &ComponentContext {
        &self.context
    }

    /// Waits until the source is to stop. Safe to cancel.
    pub async fn stopping(&mut self) {
        self.stopping.wait().await;
    }

    /// Whether the source is to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_set()
    }

    /// Events that were put. Those that the selector sent nowhere are not among them.
    pub fn written(&self) -> u64 {
        self.counts.written()
    }

    /// Puts a batch into all channels in one transaction each: room is reserved in all of them before the
    /// first one commits, so that a full channel causes no duplicate in another. Waits while a channel is
    /// full. The token is acknowledged when the events were delivered from every required channel; at once
    /// if no event is left to put. Channels that a selector only offers events to are asked when every
    /// required one has room; they have 10 ms to find some, one that was full lately has no time at all.
    ///
    /// # Errors
    /// [`PutError`] with the batch when a channel is closed, when the batch is larger than its transactions,
    /// or when the source is to stop and there is still no room.
    pub async fn put(&mut self, batch: Batch<T>) -> Result<(), PutError<Batch<T>>> {
        self.take_turns(batch.events.len()).await;
        let mut pause = self.pauses.clone();
        let Batch { events, token } = batch;
        let arrival = Arrival::of(Unit::Batch, events.len(), &self.context);
        let mut events = self.intercept(events);
        let count = events.len() as u64;
        loop {
            match self.reserve(events).await {
                Ok(reserved) => {
                    let (unrouted, not_taken) = (reserved.unrouted, reserved.not_taken);
                    reserved.submit(self.tracked(token), &self.context).await;
                    self.counts.put(count, unrouted, not_taken);
                    arrival.accepted(&self.context, &self.counts);
                    return Ok(());
                }
                Err(error) if error.kind.retries() && !self.is_stopping() => {
                    tracing::debug!(source = %self.context.name, %error, "put again after a pause");
                    events = error.refused;
                    self.context.counters.add(Counter::ChannelWriteFail, 1);
                    self.pause(pause.next_delay()).await;
                }
                Err(PutError { channel, kind, refused }) => {
                    self.context.counters.add(Counter::ChannelWriteFail, 1);
                    return Err(PutError { channel, kind, refused: Batch::new(refused, token) });
                }
            }
        }
    }

    /// Puts a batch like [`put`](Self::put), but tries once: for sources whose sender waits for the answer. A
    /// channel that is full has waited for room as long as it does, and then the batch is refused.
    ///
    /// # Errors
    /// [`PutError`] with the batch. When a required channel took it and then could not commit, the kind is
    /// [`PutErrorKind::Commit`] and the batch is empty: its token has failed.
    pub async fn put_once(&mut self, batch: Batch<T>) -> Result<(), PutError<Batch<T>>> {
        self.put_once_as(Unit::Batch, batch).await
    }

    /// Puts what a sender sent in one call like [`put_once`](Self::put_once). One event alone is counted as
    /// [`AppendReceived`](Counter::AppendReceived).
    ///
    /// # Errors
    /// As [`put_once`](Self::put_once).
    pub async fn put_sent(&mut self, events: Vec<T>) -> Result<(), PutError<Batch<T>>> {
        let unit = if events.len() == 1 { Unit::Event } else { Unit::Batch };
        self.put_once_as(unit, Batch::untracked(events)).await
    }

    async fn put_once_as(&mut self, unit: Unit, batch: Batch<T>) -> Result<(), PutError<Batch<T>>> {
        let arrival = Arrival::of(unit, batch.events.len(), &self.context);
        let put = self.try_once(batch).await;
        match &put {
            Ok(()) => arrival.accepted(&self.context, &self.counts),
            Err(_) => self.context.counters.add(Counter::ChannelWriteFail, 1),
        }
        put
    }

    async fn try_once(&mut self, batch: Batch<T>) -> Result<(), PutError<Batch<T>>> {
        self.take_turns(batch.events.len()).await;
        let Batch { events, token } = batch;
        let events = self.intercept(events);
        let count = events.len() as u64;
        let reserved = match self.reserve(events).await {
            Ok(reserved) => reserved,
            Err(PutError { channel, kind, refused }) => {
                return Err(PutError { channel, kind, refused: Batch::new(refused, token) });
            }
        };
        let (unrouted, not_taken) = (reserved.unrouted, reserved.not_taken);
        if let Err(error) = reserved.commit(self.tracked(token), &self.context).await {
            let (ChannelError::Closed { channel } | ChannelError::Storage { channel, .. }) = error;
            let refused = Batch::untracked(Vec::new());
            return Err(PutError { channel, kind: PutErrorKind::Commit, refused });
        }
        self.counts.put(count, unrouted, not_taken);
        Ok(())
    }

    /// A source that always finds room would keep its thread from the sinks.
    async fn take_turns(&mut self, events: usize) {
        self.since_turn += events;
        if self.since_turn > TURN {
            self.since_turn = events;
            tokio::task::yield_now().await;
        }
    }

    fn intercept(&mut self, events: Vec<T>) -> Vec<T> {
        self.interceptors.iter_mut().fold(events, |events, interceptor| interceptor.intercept(events))
    }

    async fn pause(&mut self, delay: Duration) {
        tokio::select! {
            () = self.context.clock.sleep(delay) => {}
            () = self.stopping.wait() => {}
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for ChannelWriter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelWriter")
            .field("source", &self.context.name)
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}
