use std::net::SocketAddr;

use flowcore::event::Event;
use flowcore::ingest::{Channel, MemoryChannel};
use flowcore_testkit::{RunningSource, drain};
use flowcore_thrift::{ThriftSource, ThriftSourceConfig, ThriftSourceMonitor};

/// A source that runs, and what is known of it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) monitor: ThriftSourceMonitor,
    source: RunningSource,
}

pub(crate) fn config() -> ThriftSourceConfig {
    ThriftSourceConfig::new("127.0.0.1", 0)
}

impl Running {
    pub(crate) async fn start(config: ThriftSourceConfig) -> Self {
        let channel = MemoryChannel::builder().capacity(100_000).transaction(10_000).build("memory");
        Self::start_into(config, channel).await
    }

    pub(crate) async fn start_into(config: ThriftSourceConfig, channel: MemoryChannel) -> Self {
        let monitor = ThriftSourceMonitor::new();
        let source = RunningSource::start(ThriftSource::new(config.monitor(&monitor)), channel).await;
        Self { address: monitor.address().await, monitor, source }
    }

    pub(crate) fn channel(&self) -> &MemoryChannel {
        self.source.channel()
    }

    /// How many events it has put that nobody took.
    pub(crate) fn waiting(&self) -> usize {
        self.channel().state().waiting
    }

    /// Stops it, and gives all that it has put.
    pub(crate) async fn stop(self) -> Vec<Event> {
        drain(&self.source.stop().await).await
    }
}
