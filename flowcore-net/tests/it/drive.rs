use std::net::SocketAddr;
use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::{Channel, MemoryChannel, Source};
use flowcore_net::ListenAddresses;
use flowcore_testkit::{RunningSource, bodies_of, take, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A source that runs, and where it listens.
pub(crate) struct Driven {
    source: RunningSource,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Driven {
    pub(crate) async fn new(source: impl Source<Event>, addresses: ListenAddresses) -> Self {
        Self::with_room(source, addresses, 10_000).await
    }

    /// Into a channel that has little room, and waits for more for a moment.
    pub(crate) async fn with_room(
        source: impl Source<Event>,
        mut addresses: ListenAddresses,
        room: usize,
    ) -> Self {
        let keep_alive = Duration::from_millis(50);
        let channel = MemoryChannel::builder().capacity(room).transaction(1000).keep_alive(keep_alive);
        let source = RunningSource::start(source, channel.build("memory")).await;
        let addresses = within(addresses.wait()).await.expect("the source listens");
        Self { source, addresses }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        within(TcpStream::connect(self.addresses[0])).await.unwrap()
    }

    /// So many events, in their order.
    pub(crate) async fn events(&self, count: usize) -> Vec<Event> {
        take(self.source.channel(), count).await
    }

    pub(crate) async fn bodies(&self, count: usize) -> Vec<String> {
        bodies_of(&self.events(count).await)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.source.channel().state().waiting
    }

    pub(crate) async fn stop(self) {
        self.source.stop().await;
    }
}

pub(crate) async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    within(stream.write_all(bytes)).await.unwrap();
}

/// The next bytes, so many.
pub(crate) async fn receive(stream: &mut TcpStream, count: usize) -> String {
    let mut bytes = vec![0; count];
    within(stream.read_exact(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Everything until the peer ends it.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A peer that left bytes unread resets the connection: that is an end too.
    let _ = within(stream.read_to_end(&mut bytes)).await;
    String::from_utf8(bytes).unwrap()
}
