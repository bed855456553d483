use std::net::SocketAddr;

use flowcore::event::Event;
use flowcore::ingest::MemoryChannel;
use flowcore_rpc::{ListenConfig, SourceMonitor};
use flowcore_testkit::{RunningSource, drain};

use crate::lines::{Lines, LinesSource};

/// A source of lines, and what is known of it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) monitor: SourceMonitor,
    pub(crate) source: RunningSource,
}

pub(crate) fn config() -> ListenConfig {
    ListenConfig::new("127.0.0.1", 0)
}

impl Running {
    pub(crate) async fn start(config: ListenConfig) -> Self {
        Self::of(Lines::new(config), MemoryChannel::builder().capacity(10_000).build("memory")).await
    }

    pub(crate) async fn of(mut lines: Lines<ListenConfig>, channel: MemoryChannel) -> Self {
        let monitor = SourceMonitor::new();
        lines.config = lines.config.monitor(&monitor);
        let source = RunningSource::start(LinesSource::new(lines), channel).await;
        Self { address: monitor.address().await, monitor, source }
    }

    pub(crate) fn waiting(&self) -> usize {
        use flowcore::ingest::Channel;
        self.source.channel().state().waiting
    }

    /// Stops it, and gives all that it has put.
    pub(crate) async fn stop(self) -> Vec<Event> {
        drain(&self.source.stop().await).await
    }
}

pub(crate) fn words(range: std::ops::Range<usize>) -> Vec<Event> {
    range.map(|at| Event::new(format!("w{at}"))).collect()
}
