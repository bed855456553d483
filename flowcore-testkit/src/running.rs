use std::sync::Arc;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::{
    Channel, ChannelWriter, ComponentContext, MemoryChannel, Sink, Source, SourceError, Stopping,
};
use tokio::sync::watch;

use crate::within;

/// A source that has started and runs in a task of its own, and the channel that it fills.
///
/// ```
/// use flowcore::ingest::MemoryChannel;
/// use flowcore::ingest::source::SeqSource;
/// use flowcore_testkit::{RunningSource, take};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let channel = MemoryChannel::builder().capacity(1000).build("memory");
/// let source = RunningSource::start(SeqSource::new(), channel).await;
/// let first = take(source.channel(), 3).await;
/// assert_eq!(first[2].body, "2");
/// source.stop().await;
/// # }
/// ```
#[derive(Debug)]
pub struct RunningSource {
    channel: MemoryChannel,
    stop: watch::Sender<bool>,
    tasks: TaskSet<Result<(), SourceError>>,
}

#[expect(clippy::expect_used, clippy::panic, reason = "a test cannot go on without it")]
impl RunningSource {
    /// Returns when it has started.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(mut source: impl Source<Event>, channel: MemoryChannel) -> Self {
        let (stop, stopping) = watch::channel(false);
        let channels: Vec<Arc<dyn Channel>> = vec![Arc::new(channel.clone())];
        let mut out = ChannelWriter::new(channels, context(), Stopping::new(stopping));
        within(source.start(&context())).await.expect("the source starts");
        let mut tasks = TaskSet::new();
        tasks.spawn("source", async move {
            source.run(&mut out).await?;
            source.stop().await
        });
        Self { channel, stop, tasks }
    }

    /// What it fills.
    pub fn channel(&self) -> &MemoryChannel {
        &self.channel
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(self) -> MemoryChannel {
        self.channel
    }

    /// Stops it, and waits for its end.
    ///
    /// # Panics
    /// When it fails.
    pub async fn stop(mut self) -> MemoryChannel {
        self.stop.send_replace(true);
        match within(self.tasks.next()).await {
            Some((_, TaskEnd::Done(Ok(())))) => self.channel,
            other => panic!("the source ended with {other:?}"),
        }
    }
}

/// What a component of a test is told.
pub fn context() -> ComponentContext {
    ComponentContext::new("test", Clock::system())
}

/// A sink that has started.
///
/// # Panics
/// When it does not start.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub async fn started<T: Send + 'static, S: Sink<T>>(mut sink: S) -> S {
    sink.start(&context()).await.expect("the sink starts");
    sink
}

/// So many events out of a channel, in their order.
///
/// # Panics
/// When they do not come.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub async fn take(channel: &MemoryChannel, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        let take = within(channel.take(count - events.len())).await.expect("the channel is open");
        events.extend_from_slice(take.events());
        take.commit().await.expect("memory does not fail");
    }
    events
}

/// Closes a channel and gives everything that is in it.
///
/// # Panics
/// When a take cannot be committed.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub async fn drain(channel: &MemoryChannel) -> Vec<Event> {
    channel.close();
    let mut events = Vec::new();
    while let Ok(take) = channel.take(1000).await {
        events.extend_from_slice(take.events());
        take.commit().await.expect("memory does not fail");
    }
    events
}
