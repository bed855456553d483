use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{
    Batch, Channel, ChannelError, ComponentContext, Interceptor, PutError, PutErrorKind, PutTransaction,
    ReplicatingSelector, Selector, Stopping,
};
use crate::base::{Backoff, Token};
use crate::event::Event;
use crate::ingest::selector::Route;

/// Between two tries when a channel stays full longer than its own waiting time.
const PAUSE: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
/// How long an optional channel may take to find room.
const OPTIONAL_WAIT: Duration = Duration::from_millis(10);

type Reserved<T> = Vec<(Box<dyn PutTransaction<T>>, bool)>;

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
    written: Arc<AtomicU64>,
}

impl<T: Send + 'static> ChannelWriter<T> {
    /// A writer into all of `channels`.
    pub fn new(channels: Vec<Arc<dyn Channel<T>>>, context: ComponentContext, stopping: Stopping) -> Self
    where
        T: Clone,
    {
        let selector = Box::new(ReplicatingSelector::all(channels.len()));
        let (interceptors, written) = (Vec::new(), Arc::default());
        Self { channels, interceptors, selector, context, stopping, copy: T::clone, written }
    }

    /// Lets `selector` choose the channels, counted as they were given to [`new`](Self::new).
    #[must_use]
    pub fn with_selector(mut self, selector: Box<dyn Selector<T>>) -> Self {
        self.selector = selector;
        self
    }

    /// Sends every batch through `interceptors` first, in their order.
    #[must_use]
    pub fn with_interceptors(mut self, interceptors: Vec<Box<dyn Interceptor<T>>>) -> Self {
        self.interceptors = interceptors;
        self
    }

    /// Counts in `written`, which others may read.
    pub(crate) fn counting_in(mut self, written: Arc<AtomicU64>) -> Self {
        self.written = written;
        self
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

    /// Events that were put.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Puts a batch into all channels in one transaction each: room is reserved in all of them before the
    /// first one commits. Waits while a channel is full. The token is acknowledged when the events were
    /// delivered from every required channel; at once if no event is left to put. Channels that a selector
    /// only offers events to are not waited for, and may go without.
    ///
    /// # Errors
    /// [`PutError`] with the batch when a channel is closed, when the batch is larger than its transactions,
    /// or when the source is to stop and there is still no room.
    pub async fn put(&mut self, batch: Batch<T>) -> Result<(), PutError<Batch<T>>> {
        let mut pause = PAUSE;
        let Batch { mut events, token } = batch;
        for interceptor in &mut self.interceptors {
            events = interceptor.intercept(events);
        }
        let count = events.len() as u64;
        loop {
            match self.reserve(events).await {
                Ok(transactions) => {
                    commit(transactions, token, &self.context).await;
                    self.written.fetch_add(count, Ordering::Relaxed);
                    return Ok(());
                }
                Err(error) if error.kind.retries() && !self.is_stopping() => {
                    tracing::debug!(source = %self.context.name, %error, "put again after a pause");
                    events = error.refused;
                    self.pause(pause.next_delay()).await;
                }
                Err(PutError { channel, kind, refused }) => {
                    return Err(PutError { channel, kind, refused: Batch::new(refused, token) });
                }
            }
        }
    }

    async fn pause(&mut self, delay: Duration) {
        tokio::select! {
            () = self.context.clock.sleep(delay) => {}
            () = self.stopping.wait() => {}
        }
    }

    async fn reserve(&self, events: Vec<T>) -> Result<Reserved<T>, PutError<Vec<T>>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        match self.selector.fixed_route() {
            Some(route) => self.reserve_whole(events, route.within(self.channels.len())).await,
            None => self.reserve_by_event(events).await,
        }
    }

    /// Every channel of `route` gets all events; the last required one gets the originals.
    async fn reserve_whole(&self, events: Vec<T>, route: Route) -> Result<Reserved<T>, PutError<Vec<T>>> {
        let last = route.last_required();
        let mut reserved = Vec::with_capacity(self.channels.len());
        for (at, channel) in self.channels.iter().enumerate() {
            if Some(at) != last && (route.requires(at) || route.offers(at)) {
                let copy = events.iter().map(self.copy).collect();
                if let Err(error) = self.reserve_one(channel, copy, route.requires(at), &mut reserved).await {
                    return Err(PutError { refused: events, ..error });
                }
            }
        }
        if let Some(channel) = last.and_then(|at| self.channels.get(at)) {
            self.reserve_one(channel, events, true, &mut reserved).await?;
        }
        Ok(reserved)
    }

    /// Every channel gets copies of the events that the selector sends there.
    async fn reserve_by_event(&self, events: Vec<T>) -> Result<Reserved<T>, PutError<Vec<T>>> {
        let routes: Vec<Route> = events.iter().map(|event| self.selector.route(event)).collect();
        let mut reserved = Vec::with_capacity(self.channels.len());
        for (at, channel) in self.channels.iter().enumerate() {
            for (required, chosen) in
                [(true, Route::requires as fn(Route, usize) -> bool), (false, Route::offers)]
            {
                let pairs = events.iter().zip(&routes).filter(|(_, route)| chosen(**route, at));
                let copy: Vec<T> = pairs.map(|(event, _)| (self.copy)(event)).collect();
                if copy.is_empty() {
                    continue;
                }
                if let Err(error) = self.reserve_one(channel, copy, required, &mut reserved).await {
                    return Err(PutError { refused: events, ..error });
                }
            }
        }
        Ok(reserved)
    }

    async fn reserve_one(
        &self,
        channel: &Arc<dyn Channel<T>>,
        events: Vec<T>,
        required: bool,
        into: &mut Reserved<T>,
    ) -> Result<(), PutError<Vec<T>>> {
        if required {
            into.push((reserve_in(channel, events).await?, true));
            return Ok(());
        }
        tokio::select! {
            biased;
            reserved = reserve_in(channel, events) => match reserved {
                Ok(transaction) => into.push((transaction, false)),
                Err(error) => tracing::debug!(source = %self.context.name, %error, "an optional channel goes without"),
            },
            () = self.context.clock.sleep(OPTIONAL_WAIT) => {
                tracing::debug!(source = %self.context.name, "a full optional channel goes without");
            }
        }
        Ok(())
    }
}

async fn reserve_in<T: Send + 'static>(
    channel: &Arc<dyn Channel<T>>,
    events: Vec<T>,
) -> Result<Box<dyn PutTransaction<T>>, PutError<Vec<T>>> {
    let (channel, kind) = match channel.begin_put().await {
        Ok(mut transaction) => return transaction.put(events).await.map(|()| transaction),
        Err(ChannelError::Closed { channel }) => (channel, PutErrorKind::Closed),
        Err(ChannelError::Storage { channel, .. }) => (channel, PutErrorKind::Storage),
    };
    Err(PutError { channel, kind, refused: events })
}

async fn commit<T: Send + 'static>(reserved: Reserved<T>, token: Token, context: &ComponentContext) {
    for (transaction, required) in reserved {
        let share = if required { token.share() } else { Token::untracked() };
        // Not an error of the put: the token of the batch fails with it, and so the source is told.
        if let Err(error) = transaction.commit(share).await {
            tracing::error!(source = %context.name, %error, "a commit failed");
        }
    }
    token.ack();
}

impl<T: Send + 'static> std::fmt::Debug for ChannelWriter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelWriter")
            .field("source", &self.context.name)
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}
