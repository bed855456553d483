use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, TaskSet};
use flowcore::event::Event;
use futures_util::StreamExt;
use redis::aio::{PubSub, PubSubSink};
use redis::{Msg, Value};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::SubscribeSourceConfig;
use crate::connection::Connection;
use crate::{Error, ErrorKind};

/// Messages in a bounded buffer, filled by a task: the connection is always read, so that nothing piles up
/// in it or in the server.
#[derive(Debug)]
pub(super) struct Subscription {
    config: SubscribeSourceConfig,
    dropped: Arc<AtomicU64>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    messages: mpsc::Receiver<Result<Event, Error>>,
    /// Ends the listener when it is dropped.
    _tasks: TaskSet<()>,
}

impl Subscription {
    pub(super) fn new(config: SubscribeSourceConfig) -> Self {
        Self { config, dropped: Arc::default(), running: None }
    }

    /// Subscribes: what is published after this has returned is seen.
    pub(super) async fn open(&mut self, clock: &Clock) -> Result<(), Error> {
        let mut listener = Listener::new(&self.config, clock, Arc::clone(&self.dropped));
        let first = listener.subscribe().await?;
        let (sender, receiver) = mpsc::channel(self.config.buffer);
        let mut tasks = TaskSet::new();
        tasks.spawn("redis subscription", listener.run(first, sender));
        self.running = Some(Running { messages: receiver, _tasks: tasks });
        Ok(())
    }

    /// Waits for at least one message. Safe to cancel. `None` when it is not open.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        let Some(running) = &mut self.running else { return Ok(None) };
        let mut messages = Vec::new();
        if running.messages.recv_many(&mut messages, self.config.batch).await == 0 {
            return Ok(None);
        }
        messages.into_iter().collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn close(&mut self) {
        self.running = None;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

struct Listener {
    connection: Connection,
    channels: Vec<String>,
    patterns: Vec<String>,
    channel_header: Option<Arc<str>>,
    dropped: Arc<AtomicU64>,
}

impl Listener {
    fn new(config: &SubscribeSourceConfig, clock: &Clock, dropped: Arc<AtomicU64>) -> Self {
        let names = config.channels.iter().chain(&config.patterns).cloned().collect::<Vec<_>>();
        let mut connection = Connection::new(&config.redis, format!("subscription to {}", names.join(", ")));
        connection = connection.for_ever();
        connection.set_clock(clock);
        Self {
            connection,
            channels: config.channels.clone(),
            patterns: config.patterns.clone(),
            channel_header: config.channel_header.as_deref().map(Arc::from),
            dropped,
        }
    }

    async fn run(mut self, mut pub_sub: PubSub, sender: mpsc::Sender<Result<Event, Error>>) {
        loop {
            if self.forward(pub_sub, &sender).await.is_err() {
                return;
            }
            tracing::warn!("a subscription broke: subscribing again");
            pub_sub = match self.subscribe().await {
                Ok(pub_sub) => pub_sub,
                Err(error) => {
                    // The reader is gone if this fails: nobody is left to tell.
                    let _ = sender.send(Err(error)).await;
                    return;
                }
            };
        }
    }

    async fn subscribe(&mut self) -> Result<PubSub, Error> {
        let waited = self.connection.clock().stopwatch();
        loop {
            match self.subscribe_once().await {
                Ok(pub_sub) => return Ok(pub_sub),
                Err(error) => self.connection.pause_after(error, waited, None).await?,
            }
        }
    }

    async fn subscribe_once(&mut self) -> Result<PubSub, Error> {
        if self.channels.is_empty() && self.patterns.is_empty() {
            return Err(self
                .connection
                .error(ErrorKind::Config)
                .caused_by("no channel and no pattern is named"));
        }
        let mut pub_sub = self.connection.pub_sub().await?;
        if !self.channels.is_empty() {
            let subscribed = pub_sub.subscribe(&self.channels).await;
            subscribed.map_err(|cause| self.connection.broken(cause))?;
        }
        if !self.patterns.is_empty() {
            let subscribed = pub_sub.psubscribe(&self.patterns).await;
            subscribed.map_err(|cause| self.connection.broken(cause))?;
        }
        self.connection.answered();
        Ok(pub_sub)
    }

    /// `Ok` when the connection broke, `Err` when nobody reads any more.
    async fn forward(&self, pub_sub: PubSub, sender: &mpsc::Sender<Result<Event, Error>>) -> Result<(), ()> {
        let (sink, mut messages) = pub_sub.split();
        let mut broken = std::pin::pin!(no_answer(sink, self.connection.clock().clone()));
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                () = &mut broken => None,
            };
            let Some(message) = message else { return Ok(()) };
            match sender.try_send(Ok(self.event(&message))) {
                Ok(()) => {}
                Err(TrySendError::Closed(_)) => return Err(()),
                Err(TrySendError::Full(_)) => self.count_dropped(),
            }
        }
    }

    fn count_dropped(&self) {
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        // With every power of two: often enough to be seen, never a flood.
        if dropped.is_power_of_two() {
            tracing::warn!(dropped, "messages were dropped: the buffer of the subscription is full");
        }
    }

    fn event(&self, message: &Msg) -> Event {
        let channel =
            self.channel_header.as_ref().map(|header| (Arc::clone(header), message.get_channel_name()));
        let body = message.get_payload_bytes();
        let event = Event::new(Bytes::copy_from_slice(body));
        match channel {
            Some((header, channel)) => event.with_header(header, channel),
            None => event,
        }
    }
}

/// Returns when the server answers no more: a connection that is gone without a word looks like silence.
async fn no_answer(mut sink: PubSubSink, clock: Clock) {
    const EVERY: Duration = Duration::from_secs(10);
    loop {
        clock.sleep(EVERY).await;
        match tokio::time::timeout(EVERY, sink.ping::<Value>()).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}
