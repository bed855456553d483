use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::{Channel, ChannelWriter, ComponentContext, MemoryChannel, Source, Stopping};
use flowcore_thrift::{ThriftSource, ThriftSourceConfig, ThriftSourceMonitor};
use tokio::sync::watch;

/// A source that runs, and the channel that it fills.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) channel: MemoryChannel,
    pub(crate) monitor: ThriftSourceMonitor,
    stop: watch::Sender<bool>,
    tasks: TaskSet<()>,
}

pub(crate) fn config() -> ThriftSourceConfig {
    config_at(0)
}

pub(crate) fn config_at(port: u16) -> ThriftSourceConfig {
    ThriftSourceConfig::new("127.0.0.1", port)
}

impl Running {
    pub(crate) async fn start(config: ThriftSourceConfig) -> Self {
        let channel = MemoryChannel::builder().capacity(100_000).transaction(10_000).build("memory");
        Self::start_into(config, channel).await
    }

    pub(crate) async fn start_into(config: ThriftSourceConfig, channel: MemoryChannel) -> Self {
        let monitor = ThriftSourceMonitor::new();
        let (stop, stopping) = watch::channel(false);
        let context = ComponentContext::new("thrift", Clock::system());
        let channels: Vec<Arc<dyn Channel>> = vec![Arc::new(channel.clone())];
        let mut out = ChannelWriter::new(channels, context.clone(), Stopping::new(stopping));
        let mut source = ThriftSource::new(config.monitor(&monitor));
        let mut tasks = TaskSet::new();
        source.start(&context).await.unwrap();
        tasks.spawn("source", async move { source.run(&mut out).await.unwrap() });
        Self { address: monitor.address().await, channel, monitor, stop, tasks }
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(self) -> MemoryChannel {
        self.channel
    }

    /// Stops it, and waits for its end.
    pub(crate) async fn stop(mut self) -> MemoryChannel {
        self.stop.send_replace(true);
        while self.tasks.next().await.is_some() {}
        self.channel
    }
}

/// Everything in the channel.
pub(crate) async fn drain(channel: &MemoryChannel) -> Vec<Event> {
    channel.close();
    let mut events = Vec::new();
    while let Ok(take) = channel.take(1000).await {
        events.extend_from_slice(take.events());
        take.commit().await.unwrap();
    }
    events
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 30 s: {what}");
}
